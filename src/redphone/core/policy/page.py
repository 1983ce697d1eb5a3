"""The policy as customers read it, written from the data alone.

`markdown`, `html_body` and `html_page` say the same; the body is for a page of the desk's own. The
first mention of a clause is its anchor (`#FAQ-3`), later ones lead to it. All text of the policy
is escaped: nothing in the file can become a link, a tag or a heading.

Source: POL-1 to POL-10, EMG-1 to EMG-5, RUN-1 to RUN-7, FAQ-1 to FAQ-8.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date, time
from urllib.parse import quote

from redphone.core.policy import (
    Cadence,
    EscalationStep,
    HoursSource,
    IssueType,
    Named,
    Plan,
    Policy,
    Strength,
    Target,
)
from redphone.core.policy.text import (
    Block,
    Clause,
    Heading,
    Items,
    Line,
    Link,
    Paragraph,
    Piece,
    Strong,
    Table,
    as_html,
    as_html_page,
    as_markdown,
)

_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_ASKED = {
    "description": "a clear description of the problem",
    "started_at": "when it started",
    "error_messages": "error messages or screenshots",
    "steps_to_reproduce": "the steps that lead to it",
    "business_impact": "what it does to your business, and how urgent it is",
    "users_affected": "how many users are affected",
    "tried_already": "what you have tried already",
    "contact": "how to reach you best",
}
_CHANNELS = {
    "button": "the “Report a critical issue” button in your account",
    "chat": "the emergency chat in the product",
}
_EVERY = {"1 h": "hour", "1 min": "minute", "24 h": "day"}
_ENOUGH = ("description", "contact")


def markdown(policy: Policy) -> str:
    """The page as Markdown (CommonMark with tables), anchors included."""
    return as_markdown(_page(policy))


def html_body(policy: Policy) -> str:
    """The page's content as HTML, from its first heading on, without `<body>` or `<main>`."""
    return as_html(_page(policy))


def html_page(policy: Policy, *, stylesheet: str = "") -> str:
    """A whole HTML page without any script or style of its own; `stylesheet` is a URL to link."""
    return as_html_page(_page(policy), title=policy.name, stylesheet=stylesheet)


def _page(policy: Policy) -> tuple[Block, ...]:
    return (
        Heading(level=1, text=policy.name),
        Paragraph(
            line=(
                f"This is what {policy.company} promises when something urgent happens. Version "
                f"{policy.version}. ",
                Strong(text="(promised)"),
                " means that it is owed to you, and if we miss it we tell you so. ",
                Strong(text="(our aim)"),
                " means that it is a goal that we hold ourselves to.",
            )
        ),
        *_reporting(policy),
        *_emergencies(policy),
        *_plans(policy),
        *_every_issue(policy),
        *_hours(policy.hours),
        *_issue_types(policy),
        *_reports(policy),
        *_escalations(policy),
        *_runbooks(policy),
    )


# ── Sections ────────────────────────────────────────────────────────────────────────────────────


def _reporting(policy: Policy) -> Iterator[Block]:
    """Source: POL-6, FAQ-2, FAQ-6; clauses.md, rows 8 and 26."""
    yield Heading(level=2, text="How to report an emergency")
    yield Paragraph(
        line=(
            "At any hour, by telephone: ",
            Link(text=policy.hotline, href=f"tel:{quote(policy.hotline)}"),
            " ",
            Clause(id=policy.hotline_clause),
        )
    )
    yield Items(lines=tuple(_ways_in(policy, plan) for plan in policy.plans.values()))
    yield Paragraph(
        line=("We take an emergency on any other way too: none is refused for how it reached us.",)
    )
    enough = [_asked(key) for key in policy.triage.ask_for if key in _ENOUGH]
    if enough:
        yield Paragraph(
            line=(
                f"To begin with, {_and(enough)} is enough. What else you can tell us helps: ",
                Clause(id=policy.triage.ask_for_clause),
            )
        )
    yield Items(lines=tuple((_asked(key),) for key in policy.triage.ask_for if key not in _ENOUGH))


def _ways_in(policy: Policy, plan: Plan) -> Line:
    pieces: list[Piece] = [Strong(text=plan.name), ": "]
    for index, channel in enumerate(plan.channels):
        pieces.append(", " if index else "")
        match channel:
            case "hotline":
                pieces.append("the hotline")
            case "email":
                pieces += ["mail to ", _mail(policy.email)]
            case _:
                pieces.append(_CHANNELS.get(channel, channel))
    return (*pieces, " ", Clause(id=plan.channels_clause))


def _asked(key: str) -> str:
    return _ASKED.get(key, key.replace("_", " "))


def _emergencies(policy: Policy) -> Iterator[Block]:
    """Source: FAQ-1, POL-10; clauses.md, row 2."""
    triage = policy.triage
    yield Heading(level=2, text="What is an emergency")
    yield Items(
        lines=tuple((kind.name, " ", Clause(id=kind.clause)) for kind in triage.emergencies)
    )
    if triage.not_emergencies:
        yield Paragraph(
            line=(
                f"Not an emergency, as a rule: {_and(triage.not_emergencies)}. ",
                Clause(id=triage.not_emergencies_clause),
            )
        )
    yield Paragraph(
        line=(
            "What you report as urgent is treated as an emergency until a person has decided "
            "otherwise. Someone looks at it ",
            *_kept(triage.confirm_within),
            ".",
        )
    )


def _plans(policy: Policy) -> Iterator[Block]:
    """Source: FAQ-3, POL-2, POL-4, FAQ-7."""
    plans = tuple(policy.plans.values())
    yield Heading(level=2, text="What you can count on")
    rows = (
        ("First answer by a person", [_first_response(plan) for plan in plans]),
        ("Updates until it is resolved", [_pace(plan.updates) for plan in plans]),
        ("Post-incident report", [_report_due(plan) for plan in plans]),
        ("Review of an escalation", [_review(plan) for plan in plans]),
    )
    yield Table(
        caption="Promises and aims by plan",
        head=("", *(plan.name for plan in plans)),
        rows=tuple(((what,), *cells) for what, cells in rows),
    )
    default = policy.plans.get(policy.default_plan)
    if default and len(plans) > 1:
        yield Paragraph(
            line=(f"Until we know who is calling, the promises for {default.name} hold.",)
        )


def _first_response(plan: Plan) -> Line:
    return _each("; ", [_kept(target) for target in plan.first_response])


def _pace(cadences: tuple[Cadence, ...]) -> Line:
    return _each("; ", [_told(each) for each in cadences]) if cadences else ("none",)


def _report_due(plan: Plan) -> Line:
    return _kept(plan.post_incident_report) if plan.post_incident_report else ("none",)


def _review(plan: Plan) -> Line:
    if plan.escalation is None:
        return ("none",)
    review, while_open = plan.escalation.review_within, plan.escalation.while_open
    if while_open is None:
        return _kept(review)
    return (*_kept(review), "; ", *_kept(while_open), " while the emergency is open")


def _every_issue(policy: Policy) -> Iterator[Block]:
    """Source: POL-1, POL-3, POL-4, POL-7 to POL-9, FAQ-4, FAQ-5."""
    yield Heading(level=2, text="For every urgent issue")
    lines: list[Line] = []
    if policy.handled_by:
        clause = Clause(id=policy.handled_by_clause)
        lines.append((f"It is handled by {policy.handled_by}. ", clause))
    lines += [("Updates: ", *_told(each), ".") for each in policy.urgent_updates]
    lines.append(("An incident manager takes it ", *_kept(policy.incident_manager), "."))
    if policy.executive_review:
        lines.append(("An executive looks at it ", *_kept(policy.executive_review), "."))
    lines += [(says, " ", Clause(id=clause)) for clause, says in policy.plain_statements]
    lines.append(
        (f"What comes back within {policy.reopen_within} goes on as the same emergency.",)
    )
    yield Items(lines=tuple(lines))


def _hours(hours: HoursSource) -> Iterator[Block]:
    """Source: FAQ-3, FAQ-7, FAQ-8; clauses.md, row 6."""
    yield Heading(level=2, text="Business hours")
    clause: Line = (" ", Clause(id=hours.clause)) if hours.clause else ()
    yield Paragraph(
        line=(
            "Emergencies are taken at any hour. Where a promise speaks of business hours or "
            f"business days, these are meant, in the time zone {hours.time_zone}.",
            *clause,
        )
    )
    yield Table(
        caption="Business hours",
        head=("Day", "Open"),
        rows=tuple(
            ((day,), (_windows(windows),)) for day, windows in zip(_DAYS, hours.week, strict=True)
        ),
    )
    if hours.holidays:
        yield Paragraph(line=(f"Closed on public holidays ({hours.holidays}).",))
    if hours.closed_on:
        yield Paragraph(line=(f"Closed too on {_days(hours.closed_on)}.",))
    if hours.open_on:
        yield Paragraph(line=(f"Open all the same on {_days(hours.open_on)}.",))


def _days(days: tuple[date, ...]) -> str:
    return _and(f"{day.day} {day:%B %Y}" for day in sorted(days))


def _windows(windows: tuple[tuple[time, time], ...]) -> str:
    said = [
        f"{opens:%H:%M} to {closes:%H:%M}".replace("to 00:00", "to 24:00")
        for opens, closes in windows
    ]
    return _and(said) if said else "closed"


def _issue_types(policy: Policy) -> Iterator[Block]:
    """Source: EMG-1 to EMG-5; POL-2 for what fits none of them."""
    yield Heading(level=2, text="Kinds of emergency")
    for each in policy.issue_types.values():
        yield Heading(level=3, text=each.name)
        yield Paragraph(line=(each.definition, ". ", Clause(id=each.clause)))
        yield Items(lines=tuple(_facts(policy, each)))


def _facts(policy: Policy, each: IssueType) -> Iterator[Line]:
    yield (Strong(text="Someone is at work on it"), ": ", *_kept(each.respond_within))
    steps = " → ".join(_step(step) for step in each.steps)
    yield (Strong(text="Who is called"), f": {steps}")
    if each.beside:
        yield (Strong(text="Called beside"), f": {_and(each.beside)}")
    for cadence in each.updates:
        yield (Strong(text="You are told"), ": ", *_told(cadence))
    if each.status_page:
        yield (Strong(text="Status page"), ": ", *_told(each.status_page))
    else:
        yield (Strong(text="Status page"), ": not used, unless we decide so")
    if each.contain_within:
        yield (Strong(text="Contained"), ": ", *_kept(each.contain_within))
    if each.resolve_within:
        plans = [policy.plans[slug].name for slug in each.plans if slug in policy.plans]
        whom = f", for {_and(plans)} customers" if plans else ""
        yield (Strong(text="Resolved"), ": ", *_kept(each.resolve_within), whom)
    else:
        yield (Strong(text="Resolved"), ": we work on it until it is; no time is promised")


def _step(step: EscalationStep) -> str:
    """Whom a step calls, and how. People are not named to customers: they are "a colleague"."""
    people = ("a colleague",) if len(step.people) == 1 else ("colleagues",)
    named = [str(callee) for callee in step.callees if callee.kind is not Named.PERSON]
    how = [
        "until each has answered" if step.all_must_acknowledge else "",
        f"{step.repeat + 1} times" if step.repeat else "",
        "in business hours only" if step.only_in_business_hours else "",
    ]
    said = ", ".join(each for each in how if each)
    return _and([*named, *(people if step.people else ())]) + (f" ({said})" if said else "")


def _reports(policy: Policy) -> Iterator[Block]:
    """Source: POL-5, FAQ-7; clauses.md, row 18."""
    owed = [plan for plan in policy.plans.values() if plan.post_incident_report]
    if not owed:
        return
    yield Heading(level=2, text="Post-incident reports")
    always = [each.name for each in policy.issue_types.values() if each.post_incident_report]
    late = policy.report.after_missed_resolution
    missed = ["every emergency that took longer than we said"] if late else []
    yield Paragraph(
        line=(
            f"{_and([plan.name for plan in owed])} customers who were affected get a report after "
            f"{_and([*always, *missed])}. Its sections: {_and(policy.report.sections)}. ",
            Clause(id=policy.report.clause),
        )
    )


def _escalations(policy: Policy) -> Iterator[Block]:
    """Source: FAQ-8, POL-7."""
    yield Heading(level=2, text="If you are not satisfied")
    yield Items(
        lines=tuple(
            (
                Strong(text=plan.name),
                f": {_or(plan.escalation.by)}. ",
                Clause(id=plan.escalation.review_within.clause),
            )
            for plan in policy.plans.values()
            if plan.escalation
        )
    )
    yield Paragraph(
        line=(
            "You can always write to ",
            _mail(policy.escalations),
            ". Give your case number if you have it, and why you escalate.",
        )
    )


def _runbooks(policy: Policy) -> Iterator[Block]:
    """Source: RUN-1 to RUN-7."""
    yield Heading(level=2, text="What we do, step by step")
    for runbook in policy.runbooks.values():
        yield Heading(level=3, text=runbook.name)
        yield Paragraph(line=(Clause(id=runbook.clause),))
        yield Items(lines=tuple((step,) for step in runbook.steps), ordered=True)


# ── Sentences ───────────────────────────────────────────────────────────────────────────────────


def _kept(target: Target) -> Line:
    """A target with its strength and clause: "within 15 min (promised) FAQ-3"."""
    outside = target.outside_business_hours
    within = f"within {target.within}"
    if outside:
        within += (
            f" in business hours; outside them within {outside}, "
            f"or {target.within} after the next opening if that is sooner"
        )
    return (f"{within} {_strength(target)} ", Clause(id=target.clause))


def _told(cadence: Cadence) -> Line:
    """A cadence with its strength and clause: "every 30 min, by email (promised) POL-4"."""
    ways = {"direct": f", directly to {cadence.to}", "email": f", by email to {cadence.to}"}
    every = _EVERY.get(str(cadence.every), cadence.every)
    words = f"every {every}{ways.get(cadence.by, '')} {_strength(cadence)} "
    return (words, Clause(id=cadence.clause))


def _strength(kept: Target | Cadence) -> str:
    return "(promised)" if kept.strength is Strength.PROMISE else "(our aim)"


def _mail(address: str) -> Link:
    return Link(text=address, href=f"mailto:{quote(address, safe='@')}")


def _each(between: str, lines: list[Line]) -> Line:
    pieces: list[Piece] = []
    for index, line in enumerate(lines):
        pieces += [between, *line] if index else [*line]
    return tuple(pieces)


def _and(words: Iterable[str]) -> str:
    return _series(words, "and")


def _or(words: Iterable[str]) -> str:
    return _series(words, "or")


def _series(words: Iterable[str], last: str) -> str:
    """Words as a sentence lists them: "a, b and c"."""
    *first, end = tuple(words) or ("",)
    return f"{', '.join(first)} {last} {end}" if first else end
