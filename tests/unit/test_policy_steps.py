"""Steps of a ladder in the policy file: what they may say, and what is refused with its line."""

from __future__ import annotations

import re
from datetime import timedelta
from pathlib import Path

import pytest

from redphone.core.policy import EscalationStep
from redphone.core.policy.file import PolicyUnreadable, load_policy
from redphone.core.policy.page import markdown
from redphone.core.policy.steps import strangers

TEXT = (Path(__file__).parents[2] / "policies" / "urgent-support.toml").read_text()
LOCKOUT = 'escalation = ["L2 Support", "Security Team", "Account Manager"]'
LINE = TEXT[: TEXT.index(LOCKOUT)].count("\n") + 1


def with_steps(steps: str, text: str = TEXT) -> str:
    assert text.count(LOCKOUT) == 1
    return text.replace(LOCKOUT, f"escalation = [{steps}]")


def steps(written: str) -> tuple[EscalationStep, ...]:
    return load_policy(with_steps(written)).issue_types["account-lockout"].steps


def test_a_step_is_a_team_a_list_of_teams_or_a_table() -> None:
    """EMG-5: old files are read as ever."""
    table = (
        '{ teams = ["A"], people = ["CTO@ours.example"], roles = ["executive"], '
        "account_manager = true, all_must_acknowledge = true, repeat = 2, "
        "only_in_business_hours = true }"
    )

    assert steps(f'"A", ["B", "C"], {table}') == (
        EscalationStep(teams=("A",)),
        EscalationStep(teams=("B", "C")),
        EscalationStep(
            teams=("A",),
            people=("cto@ours.example",),
            roles=("executive",),
            account_manager=True,
            all_must_acknowledge=True,
            repeat=2,
            only_in_business_hours=True,
        ),
    )


@pytest.mark.parametrize(
    ("written", "says"),
    [
        ('{ roles = ["king"] }', 'There is no role "king". Write one of admin, executive,'),
        ('{ people = ["ana"] }', '"ana" is no e-mail address.'),
        ("{ repeat = 1 }", "This step names nobody."),
        ('{ teams = ["A"], repeat = 99 }', '"repeat" is 99. Write a whole number from 1 to 20.'),
        ('{ teams = ["A"], repeats = 1 }', 'Did you mean "repeat"?'),
        ('{ teams = "A" }', '"teams" should be a list'),
        ("7", 'A step of "escalation" is a team in quotes'),
        ("", '"escalation" has no step.'),
    ],
)
def test_what_a_step_can_t_say_is_refused_with_its_line(written: str, says: str) -> None:
    with pytest.raises(PolicyUnreadable) as refused:
        load_policy(with_steps(written), filename="house.toml")

    assert f"house.toml:{LINE}: " in str(refused.value)
    assert says in str(refused.value)


def test_a_team_that_the_file_s_own_list_does_not_have_is_refused() -> None:
    listed = re.sub(r"# teams = \[.*?\]", 'teams = ["L1 Support", "CTO"]', TEXT, count=1)

    with pytest.raises(PolicyUnreadable) as refused:
        load_policy(listed, filename="house.toml")

    problem = f"house.toml:{LINE + listed.count(chr(10)) - TEXT.count(chr(10))}: There is no team"
    assert f'{problem} "L2 Support" in [ladder] teams.' in str(refused.value)


def test_a_person_whom_the_desk_does_not_know_is_named_with_the_line() -> None:
    text = with_steps('"A", { people = ["ana@ours.example", "who@ours.example"] }')
    policy = load_policy(text)

    (problem,) = strangers(text, policy, known={"ana@ours.example"})

    assert problem.line == LINE
    assert problem.message.startswith('Nobody of the desk signs in as "who@ours.example".')


def test_customers_read_how_a_step_is_called_and_no_colleague_s_address() -> None:
    step = '{ roles = ["executive"], people = ["ana@ours.example"], all_must_acknowledge = true }'
    page = markdown(load_policy(with_steps(f'"A", {step}')))

    assert "A → executives and a colleague (until each has answered)" in page
    assert "ana@ours.example" not in page


def test_the_question_comes_after_half_an_hour_unless_the_file_says_otherwise() -> None:
    without = TEXT.replace('still_on_it_after = "30 min"', "")
    sooner = with_steps('"A"').replace(
        'escalation = ["A"]', 'still_on_it_after = "10 min"\nescalation = ["A"]'
    )

    assert load_policy(without).still_on_it_after(["system-outage"]) == timedelta(minutes=30)
    both = load_policy(sooner).still_on_it_after(["system-outage", "account-lockout"])
    assert both == timedelta(minutes=10)
