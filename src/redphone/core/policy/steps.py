"""A step of a ladder as a table of the policy file: whom it names, and how it is called.

Source: EMG-1 to EMG-5; clauses.md, row 16.
"""

from __future__ import annotations

import re
from collections.abc import Collection

from redphone.core.policy import ROLES, EscalationStep, Policy
from redphone.core.policy.fields import Fields, Problem, Problems

_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")


def step_table(fields: Fields) -> EscalationStep | None:
    """One step written in braces; None, with a problem, when it names nobody."""
    step = EscalationStep(
        teams=fields.texts("teams", ()),
        people=_people(fields),
        roles=_roles(fields),
        account_manager=fields.flag("account_manager", default=False),
        all_must_acknowledge=fields.flag("all_must_acknowledge", default=False),
        repeat=fields.maybe_number("repeat", at_most=20),
        only_in_business_hours=fields.flag("only_in_business_hours", default=False),
    )
    fields.done()
    if step.callees:
        return step
    fields.problems.add(
        fields.path, 'This step names nobody. Give it "teams", "people", "roles" or the like.'
    )
    return None


def _people(fields: Fields) -> tuple[str, ...]:
    people = fields.texts("people", ())
    for index, email in enumerate(people):
        if not _EMAIL.fullmatch(email):
            fields.problems.add(
                (*fields.path, "people", index),
                f'"{email}" is no e-mail address. Write the one that the person signs in with.',
            )
    return tuple(email.lower() for email in people)


def _roles(fields: Fields) -> tuple[str, ...]:
    roles = fields.texts("roles", ())
    for index, role in enumerate(roles):
        if role not in ROLES:
            fields.problems.add(
                (*fields.path, "roles", index),
                f'There is no role "{role}". Write one of {", ".join(sorted(ROLES))}.',
            )
    return roles


def check_teams(policy: Policy, problems: Problems) -> None:
    """Report every team that a ladder calls and that the file's own list of teams has not.

    A file without such a list may name any team: each gets a rota when somebody is put on it.
    """
    known = policy.ladder.teams
    if not known:
        return
    for slug, kind in policy.issue_types.items():
        table = ("issue_types", slug)
        named = [
            ((*table, "escalation", number), team)
            for number, step in enumerate(kind.steps)
            for team in step.teams
        ]
        named += [((*table, "beside", number), team) for number, team in enumerate(kind.beside)]
        for path, team in named:
            if team not in known:
                says = f'There is no team "{team}" in [ladder] teams. Add or change it.'
                problems.add(path, says)


def strangers(text: str, policy: Policy, *, known: Collection[str]) -> tuple[Problem, ...]:
    """A problem for each person whom a step names and who is none of the desk's own people.

    `known` are the addresses with which those sign in, in lower case.
    """
    problems = Problems(text)
    for slug, kind in policy.issue_types.items():
        for number, step in enumerate(kind.steps):
            for place, email in enumerate(step.people):
                if email not in known:
                    problems.add(
                        ("issue_types", slug, "escalation", number, "people", place),
                        f'Nobody of the desk signs in as "{email}". Add them, or change it.',
                    )
    return tuple(sorted(problems.found))
