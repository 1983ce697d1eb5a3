"""Who is on call at a moment and over a span of time."""

from redphone.core.oncall.effect import Change, effect
from redphone.core.oncall.resolve import explain, on_call
from redphone.core.oncall.rota import (
    Absence,
    Because,
    Layer,
    OnHolidays,
    Override,
    Rota,
    Shift,
    Source,
    Span,
    Unit,
    Window,
)
from redphone.core.oncall.sweep import holes, spans

__all__ = [
    "Absence",
    "Because",
    "Change",
    "Layer",
    "OnHolidays",
    "Override",
    "Rota",
    "Shift",
    "Source",
    "Span",
    "Unit",
    "Window",
    "effect",
    "explain",
    "holes",
    "on_call",
    "spans",
]
