"""A policy that calls somebody whom the desk does not know is not published."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from tests.conftest import NOON, POLICY_FILE

from redphone.actions import policies
from redphone.core.policy.file import PolicyUnreadable

if TYPE_CHECKING:
    from tests.conftest import Cast

pytestmark = pytest.mark.django_db(transaction=True)

LOCKOUT = 'escalation = ["L2 Support", "Security Team", "Account Manager"]'


def naming(*people: str) -> str:
    named = ", ".join(f'"{each}"' for each in people)
    return POLICY_FILE.read_text().replace(LOCKOUT, f"escalation = [{{ people = [{named}] }}]")


def test_somebody_unknown_is_refused_with_the_line(cast: Cast) -> None:
    """EMG-5: a customer is none of the desk's people either."""
    text = naming(cast.ana.email, "who@ours.example", cast.mira.email)

    with pytest.raises(PolicyUnreadable) as refused:
        policies.publish(text=text, filename="house.toml", at=NOON)

    line = text[: text.index("escalation = [{ people")].count("\n") + 1
    assert f"house.toml:{line}: " in str(refused.value)
    assert "who@ours.example" in str(refused.value)
    assert cast.mira.email in str(refused.value)
    assert cast.ana.email not in str(refused.value)


def test_one_who_leaves_later_does_not_stop_the_desk_from_starting(cast: Cast) -> None:
    text = naming(cast.ana.email)
    policies.publish(text=text, filename="house.toml", at=NOON)
    cast.ana.is_active = False
    cast.ana.save()

    assert policies.publish(text=text, filename="house.toml", at=NOON)
