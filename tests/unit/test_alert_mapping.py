"""Does a door's own mapping find what it says, and say what is wrong with it? Source: POL-6."""

from __future__ import annotations

import json
from typing import Any

import pytest

from redphone.channels import alerts
from redphone.channels.alerts import mapping
from redphone.channels.alerts.alert import Alert, Change, NotReadable

BODY = {
    "sender": {"name": "probe-7"},
    "rows": [
        {"h": "db-1", "p": "disk full", "st": "gone", "n": [4, 5], "lab": {"k8s.io/name": "db"}},
        {"h": "web-1", "p": "slow", "st": "bad"},
    ],
}


def read(parts: dict[str, str], told: Any = BODY) -> tuple[Alert, ...]:
    return alerts.receive("generic", json.dumps(told).encode(), {}, mapping=parts)


def test_paths_and_templates_say_where_the_parts_of_each_alert_are() -> None:
    first, second = read(
        {
            "each": "rows",
            "title": "{h}: {p}",
            "key": "{h}/{p}",
            "status": "st",
            "resolved": "gone, over",
            "component": 'lab["k8s.io/name"]',
            "source": "sender.name",
            "severity": "n[-1]",
        }
    )

    assert (first.title, first.key, first.change) == (
        "db-1: disk full",
        "db-1/disk full",
        Change.RESOLVED,
    )
    assert (first.component, first.source, first.severity) == ("db", "probe-7", "5")
    assert (second.change, second.component) == (Change.FIRING, "")
    assert second.words.startswith("web-1: slow")


def test_what_a_mapping_leaves_out_is_found_as_without_one() -> None:
    (alert,) = read({"title": "what"}, {"what": "Disk", "severity": "high", "status": "resolved"})

    assert (alert.title, alert.severity, alert.change) == ("Disk", "high", Change.RESOLVED)


def test_a_path_that_leads_nowhere_is_no_reason_to_lose_an_alert() -> None:
    (alert,) = read({"title": "{no.such} {thing}", "key": "nor[3].this"}, {"message": "Disk full"})

    assert alert.title == "Disk full"
    assert alert.key


def test_a_list_that_is_not_there_is_refused_by_name() -> None:
    with pytest.raises(NotReadable, match="'alarms'"):
        read({"each": "alarms", "title": "p"})


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("a.b", 1),
        ("$.a.b", 1),
        ("c[0].d", 2),
        ("c[-1].d", 3),
        ("c[9].d", None),
        ('e["f.g"]', 4),
        ("a.b.c", None),
        ("", None),
        ("a b", None),
        ("c[", None),
    ],
)
def test_a_path_leads_to_a_value_or_to_none(path: str, value: Any) -> None:
    told = {"a": {"b": 1}, "c": [{"d": 2}, {"d": 3}], "e": {"f.g": 4}}

    assert mapping.look_up(told, path) == value


def test_a_mapping_that_can_be_used_has_no_problems() -> None:
    parts = {"each": "a[0].b", "title": "{h}: {p}", "resolved": "ok, [anything]"}

    assert mapping.problems(parts) == []


def test_the_problems_of_a_mapping_name_the_part_and_the_path() -> None:
    parts = {"titel": "x", "title": "a[", "key": "{a b}", "words": "x" * 501}

    found = mapping.problems(parts)

    assert len(found) == 4
    assert "'titel'" in found[0]
    assert "'a['" in found[1]
    assert "'a b'" in found[2]
    assert "500" in found[3]
