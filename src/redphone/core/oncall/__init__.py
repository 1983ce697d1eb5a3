"""Who is on call at a moment and over a span of time."""

from redphone.core.oncall.resolve import holes, on_call
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

__all__ = [
    "Absence",
    "Because",
    "Layer",
    "OnHolidays",
    "Override",
    "Rota",
    "Shift",
    "Source",
    "Span",
    "Unit",
    "Window",
    "holes",
    "on_call",
]
