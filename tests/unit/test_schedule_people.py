"""Who of the desk the people of a source are: by address, by whole name, and never by a guess."""

from __future__ import annotations

import pytest

from redphone.channels.schedules.found import Who
from redphone.channels.schedules.matching import Colleague, match

ANA = Colleague(id=1, name="Ana Reyes", email="ana@desk.example")
BO = Colleague(id=2, name="Bo Lindqvist", email="bo@desk.example")
BO_2 = Colleague(id=3, name="bo lindqvist", email="bo.l@desk.example")


@pytest.mark.parametrize(
    ("who", "people", "by"),
    [
        (Who(key="P1", name="Somebody", email="ana@desk.example"), (1,), "e-mail"),
        (Who(key="Ana@Desk.Example", name="Ana@Desk.Example"), (1,), "e-mail"),
        (Who(key="P1", name="  ana   REYES "), (1,), "name"),
        (Who(key="@Ana Reyes", name="@Ana Reyes"), (1,), "name"),
        (Who(key="Ana Reyes, Bo Lindqvist", name=""), (1, 2), "names"),
        (Who(key="P1", name="Ana"), (), ""),
        (Who(key="P1", name="Reyes, Ana"), (), ""),
        (Who(key="Ana Reyes, Xan", name=""), (), ""),
        (Who(key="P1", name="Ana Reyes", email="ana@elsewhere.example"), (1,), "name"),
    ],
)
def test_somebody_is_found_by_address_or_whole_name(
    who: Who, people: tuple[int, ...], by: str
) -> None:
    (found,) = match([who], [ANA, BO], {})

    assert (found.people, found.by) == (people, by)


def test_a_name_that_two_share_is_neither() -> None:
    (found,) = match([Who(key="Bo Lindqvist", name="Bo Lindqvist")], [ANA, BO, BO_2], {})

    assert found.people == ()


def test_what_was_chosen_by_hand_wins() -> None:
    (found,) = match([Who(key="P1", name="Ana Reyes")], [ANA, BO], {"P1": 2})

    assert (found.people, found.by) == ((2,), "choice")
