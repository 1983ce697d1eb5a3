"""Tags of the pages of on-call. A calendar draws thousands of parts: these write them at once."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from functools import lru_cache

from django import template
from django.utils.html import escape
from django.utils.safestring import SafeString

from redphone.web import walls, words
from redphone.web.responder import calendar_days
from redphone.web.responder.calendar_days import Cell, Piece

register = template.Library()


@register.simple_tag(takes_context=True)
def wall(context: template.Context, then: datetime | None, zone: str) -> SafeString:
    """A moment by the clock of a zone: "Mon 23 Nov, 09:00"; in UTC to the second on hovering."""
    if then is None:
        return SafeString("–")
    return _time(then, walls.moment(then, walls.zone(zone), _at(context, then)))


@register.simple_tag(takes_context=True)
def stretch(
    context: template.Context, starts_at: datetime, ends_at: datetime, zone: str
) -> SafeString:
    """From when until when: "Mon 23 Nov, 09:00 until 17:00"; the day once where it is one."""
    within = walls.zone(zone)
    same = starts_at.astimezone(within).date() == ends_at.astimezone(within).date()
    end = (
        walls.clock(ends_at, within)
        if same
        else walls.moment(ends_at, within, _at(context, ends_at))
    )
    return SafeString(f"{wall(context, starts_at, zone)} until {_time(ends_at, end)}")


def _at(context: template.Context, otherwise: datetime) -> datetime:
    found = context["at"]
    return found if isinstance(found, datetime) else otherwise


def _time(then: datetime, shown: str) -> SafeString:
    return SafeString(
        f'<time datetime="{then.isoformat()}" title="{words.exact(then)}">{shown}</time>'
    )


@register.filter
def zone_words(name: str) -> str:
    """A zone's name as people write it: "America/New York"."""
    return name.replace("_", " ")


@register.simple_tag
def day_piece(piece: Piece) -> SafeString:
    """A stretch's part of a day, as an item of a list: hours, who, and what is special."""
    stretch = piece.stretch
    names = "Nobody" if stretch.kind == "hole" else words.people_list(list(stretch.says))
    marks = "".join(f' <span class="mark">{escape(mark)}</span>' for mark in stretch.marks)
    now = ' <span class="tag green">now</span>' if piece.is_now else ""
    return SafeString(
        f'<li class="piece {piece.tone}"><a href="{escape(stretch.href)}">'
        f'<span class="hours">{escape(piece.hours)}</span> <b>{escape(names)}</b></a>'
        f"{now}{marks}</li>"
    )


@register.simple_tag
def day_strip(cell: Cell, at: datetime) -> SafeString:
    """A day drawn from midnight to midnight; the list beside it says the same in words."""
    line = calendar_days.now_line(cell.day, at)
    return SafeString(_strip(cell, "" if line is None else f'<rect class="now" x="{line}"/>'))


def _strip(cell: Cell, more: str = "") -> str:
    drawn = "".join(
        f'<rect class="{piece.tone}" x="{piece.x}" width="{piece.width}"/>'
        for piece in cell.pieces
    )
    return (
        f'<svg class="day-strip" viewBox="0 0 {calendar_days.MINUTES} 10" '
        f'preserveAspectRatio="none" aria-hidden="true" focusable="false">{drawn}{more}</svg>'
    )


@register.simple_tag
def strip_cells(cells: Iterable[Cell], by: str) -> SafeString:
    """A row of a month in narrow cells: initials of who is on call, or somebody's hours."""
    return SafeString("".join(_strip_cell(cell, by) for cell in cells))


def _strip_cell(cell: Cell, by: str) -> str:
    away = any(piece.stretch.kind == "away" for piece in cell.pieces)
    short = cell.initials if by == "team" else ("away " if away else "") + cell.hours
    said = _said(cell.names, cell.has_hole, away)
    marks = (
        (" data-hole" if cell.has_hole else "")
        + (" data-same" if cell.is_same else "")
        + (" data-today" if cell.day.is_today else "")
        + (" data-weekend" if cell.day.is_weekend else "")
    )
    hole = '<b class="hole">!</b>' if cell.has_hole else ""
    return (
        f'<td data-label="{cell.day.name}"{marks} title="{said}">{_strip(cell)}'
        f'<span class="short" aria-hidden="true">{escape(short)}{hole}</span>'
        f'<span class="said">{said}</span></td>'
    )


@lru_cache(maxsize=4096)
def _said(names: tuple[str, ...], has_hole: bool, is_away: bool) -> str:
    """What a narrow cell says in full, ready to be written."""
    parts = [words.people_list(list(names))] if names else []
    parts += ["away"] if is_away else []
    parts += ["hours with nobody"] if has_hole else []
    return str(escape(", ".join(parts) or "no duty"))


@register.simple_tag
def hours(length: timedelta) -> str:
    """Hours on call, whole ones: "168 h"."""
    return f"{round(length / timedelta(hours=1)):,} h"
