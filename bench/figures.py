"""A figure, its aim, and the table of all of them."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from rich.console import Console
from rich.table import Table

FILE = Path(__file__).parents[1] / "build" / "bench.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """One measurement. `aim` says what is hoped for, "" when nothing is; `ok` if it was met."""

    name: str
    value: float
    unit: str
    aim: str = ""
    ok: bool = True


def at_least(name: str, value: float, unit: str, aim: float) -> Figure:
    return Figure(name=name, value=round(value, 3), unit=unit, aim=f"≥ {aim}", ok=value >= aim)


def below(name: str, value: float, unit: str, aim: float) -> Figure:
    return Figure(name=name, value=round(value, 3), unit=unit, aim=f"< {aim}", ok=value < aim)


def plain(name: str, value: float, unit: str) -> Figure:
    return Figure(name=name, value=round(value, 3), unit=unit)


def percentile(values: Sequence[float], share: float) -> float:
    """The value that this share of all values does not exceed (nearest rank)."""
    ordered = sorted(values)
    return ordered[max(0, math.ceil(len(ordered) * share) - 1)]


def write(figures: Sequence[Figure]) -> None:
    """Print the table and write the file."""
    FILE.parent.mkdir(exist_ok=True)
    FILE.write_text(json.dumps([asdict(each) for each in figures], indent=1) + "\n")
    table = Table("figure", "value", "unit", "aim", "")
    for each in figures:
        met = "" if not each.aim else "met" if each.ok else "NOT MET"
        table.add_row(each.name, f"{each.value:g}", each.unit, each.aim, met)
    Console().print(table)
