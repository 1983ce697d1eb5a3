"""Reading the policy file: text in, a `Policy` or every problem with its line out.

The shape of the file is told here once more than in `policy.schema`, which tells it to editors; a
test holds the two together.

Source: POL-1 to POL-10, EMG-1 to EMG-5, RUN-1 to RUN-7, FAQ-1 to FAQ-8.
"""

from __future__ import annotations

import hashlib
import re
import tomllib
from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType

from redphone.core.policy import (
    AN_EMERGENCY,
    NOT_AN_EMERGENCY,
    OTHER_EMERGENCY,
    Cadence,
    Coaching,
    EmergencyKind,
    EscalationReview,
    EscalationStep,
    HoursSource,
    IssueType,
    LadderRules,
    Plan,
    Policy,
    ReportRules,
    Runbook,
    Sign,
    Strength,
    Target,
    TriageRule,
    TriageRules,
    Turn,
    WordGroup,
)
from redphone.core.policy.fields import REQUIRED, Fields, Problem, Problems
from redphone.core.policy.steps import check_teams, step_table
from redphone.core.policy.week import read_week
from redphone.core.spans import SpanUnit

STATUS_PAGE = "status page"
SECOND_STEPS = ("on confirmation",)
_HOLIDAYS = re.compile(r"[A-Z]{2}(-[A-Z0-9]{1,3})?")
_SYNTAX = re.compile(r"(?P<what>.*?) \(at (?:line (?P<line>\d+), column \d+|end of document)\)")


class PolicyUnreadable(Exception):
    """The policy file has problems. Mend each line that the message names.

    `problems` are all of them, in the order of the file.
    """

    def __init__(self, filename: str, problems: tuple[Problem, ...]) -> None:
        self.problems = problems
        super().__init__("\n".join(f"{filename}:{each.line}: {each.message}" for each in problems))


def load_policy(text: str, *, filename: str = "policy") -> Policy:
    """Read a policy from the text of its file; `filename` is only for the messages.

    Raises:
        PolicyUnreadable: with `file:line: what is wrong. what to do` for every problem.
    """
    try:
        raw = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise PolicyUnreadable(filename, (_syntax_problem(text, error),)) from None
    problems = Problems(text)
    policy = _policy(Fields(raw, (), problems), digest=hashlib.sha256(text.encode()).hexdigest())
    if policy is None or problems.found:
        raise PolicyUnreadable(filename, tuple(sorted(set(problems.found))))
    return policy


def _syntax_problem(text: str, error: tomllib.TOMLDecodeError) -> Problem:
    match = _SYNTAX.fullmatch(str(error))
    line = int(match["line"]) if match and match["line"] else text.count("\n") + 1
    what = match["what"] if match else str(error)
    return Problem(
        line=line, message=f"This is not TOML: {what}. Look for a missing quote, bracket or comma."
    )


def _policy(top: Fields, *, digest: str) -> Policy | None:
    """The whole file; None when so much is missing that no value can be made."""
    plans = {slug: _plan(slug, fields) for slug, fields in top.named_tables("plans").items()}
    types = {slug: _type(slug, each) for slug, each in top.named_tables("issue_types").items()}
    books = {slug: _runbook(slug, each) for slug, each in top.named_tables("runbooks").items()}
    default_plan = top.text("unknown_caller_plan")
    reach, urgent, warnings = top.table("reach"), top.table("urgent"), top.table("warnings")
    at_least = warnings.span("at_least", "1 min", wall=True)
    at_most = warnings.span("at_most", "1 h", wall=True)
    if at_least.length > at_most.length:
        warnings.wrong("at_least", '"at_least" is longer than "at_most". Swap the two.')
    policy = Policy(
        name=top.text("name"),
        version=top.text("version"),
        company=top.text("company"),
        hotline=reach.text("hotline"),
        hotline_clause=reach.clause("hotline_clause"),
        email=reach.text("email"),
        escalations=reach.text("escalations"),
        chat_pages_after=reach.maybe_span("chat_pages_after", wall=True),
        hours=_hours(top.table("business_hours")),
        triage=_triage(top.table("triage"), types),
        coaching=_coaching(top.table("coaching")),
        plans=MappingProxyType(plans),
        default_plan=default_plan,
        handled_by=urgent.text("handled_by", ""),
        handled_by_clause=urgent.clause(
            "handled_by_clause", "" if not urgent.has("handled_by") else REQUIRED
        ),
        urgent_updates=_cadences(urgent, "updates"),
        incident_manager=_target(urgent.table("incident_manager")),
        executive_review=_maybe_target(urgent, "executive_review"),
        status_page_default=_maybe_status_page(urgent),
        ladder=_ladder(top.table("ladder")),
        issue_types=MappingProxyType(types),
        runbooks=MappingProxyType(books),
        report=_report(top.table("post_incident_report")),
        reopen_within=top.span("reopen_within", "24 h", wall=True),
        warn_share=warnings.share("share_left", 1 / 3),
        warn_at_least=at_least,
        warn_at_most=at_most,
        plain_statements=tuple(_statement(each) for each in top.tables("statements")),
        digest=digest,
    )
    for fields in (reach, urgent, warnings, top):
        fields.done()
    _check_names(top, policy)
    check_teams(policy, top.problems)
    _check_triage(top, policy)
    return policy


def _check_names(top: Fields, policy: Policy) -> None:
    """Every name that points somewhere has to be there: plans, types and runbooks."""
    add = top.problems.add
    if policy.default_plan and policy.default_plan not in policy.plans:
        add(
            ("unknown_caller_plan",),
            f'There is no plan "{policy.default_plan}". Add or change it.',
        )
    if policy.issue_types and OTHER_EMERGENCY not in policy.issue_types:
        add(
            ("issue_types",),
            f'There is no issue type "{OTHER_EMERGENCY}". Add it, for what fits no type.',
        )
    for index, kind in enumerate(policy.triage.emergencies):
        if kind.issue_type and kind.issue_type not in policy.issue_types:
            path = ("triage", "emergencies", index, "issue_type")
            add(path, f'There is no issue type "{kind.issue_type}". Add or change it.')
    for slug, issue_type in policy.issue_types.items():
        table = ("issue_types", slug)
        if issue_type.runbook and issue_type.runbook not in policy.runbooks:
            add(
                (*table, "runbook"),
                f'There is no runbook "{issue_type.runbook}". Add or change it.',
            )
        for position, plan in enumerate(issue_type.plans):
            if plan not in policy.plans:
                add((*table, "plans", position), f'There is no plan "{plan}". Add or change it.')
        for book in sorted({word.runbook for word in issue_type.words if word.runbook}):
            if book not in policy.runbooks:
                add((*table, "words"), f'There is no runbook "{book}". Add or change it.')


def _check_triage(top: Fields, policy: Policy) -> None:
    """Every word group that a rule asks for has to be there, and every type a sign speaks for."""
    rules, known = policy.triage, {group.name for group in policy.triage.groups}
    for asked in sorted({name for rule in rules.rules for name in rule.together_with} - known):
        top.problems.add(("triage",), f'There is no word group "{asked}". Add or change it.')
    kinds = {*policy.issue_types, AN_EMERGENCY, NOT_AN_EMERGENCY}
    for index, sign in enumerate(rules.signs):
        if sign.speaks_for not in kinds:
            path = ("triage", "signs", index, "speaks_for")
            add = top.problems.add
            add(path, f'There is no issue type "{sign.speaks_for}". Add or change it.')


def _target(fields: Fields, *, clause: str | None = None) -> Target:
    """One promise; inside an issue type the clause may be left out, and is then the row's."""
    target = Target(
        within=fields.span("within"),
        outside_business_hours=fields.maybe_span("outside_business_hours", wall=True),
        clause=fields.clause() if clause is None else fields.clause(default=clause),
        strength=Strength(fields.choice("strength", list(Strength))),
        source_says=fields.text("source_says", ""),
    )
    _check_outside(fields, target)
    fields.done()
    return target


def _check_outside(fields: Fields, target: Target) -> None:
    """Outside business hours may only be slower: a later report never gets an earlier deadline.

    Source: FAQ-3; clauses.md, row 7.
    """
    outside = target.outside_business_hours
    if outside is None:
        return
    if target.within.unit is not SpanUnit.WALL:
        fields.wrong(
            "outside_business_hours",
            '"outside_business_hours" goes with a span by the wall. Write "within" like "30 min".',
        )
    elif outside.length < target.within.length:
        fields.wrong(
            "outside_business_hours",
            f"{outside} outside business hours is shorter than {target.within} inside. "
            "Make it as long or longer.",
        )


def _maybe_target(fields: Fields, key: str, *, clause: str | None = None) -> Target | None:
    table = fields.maybe_table(key)
    return None if table is None else _target(table, clause=clause)


def _cadence(fields: Fields, *, by: str | None = None, clause: str | None = None) -> Cadence:
    cadence = Cadence(
        every=fields.span("every", wall=True),
        by=by or fields.choice("by", ("direct", "email")),
        to=fields.text("to"),
        clause=fields.clause() if clause is None else fields.clause(default=clause),
        strength=Strength(fields.choice("strength", list(Strength))),
        source_says=fields.text("source_says", ""),
    )
    fields.done()
    return cadence


def _cadences(fields: Fields, key: str, *, clause: str | None = None) -> tuple[Cadence, ...]:
    return tuple(_cadence(each, clause=clause) for each in fields.tables(key))


def _maybe_status_page(fields: Fields, *, clause: str | None = None) -> Cadence | None:
    table = fields.maybe_table("status_page")
    return None if table is None else _cadence(table, by=STATUS_PAGE, clause=clause)


def _plan(slug: str, fields: Fields) -> Plan:
    plan = Plan(
        slug=slug,
        name=fields.text("name"),
        channels=fields.texts("channels"),
        channels_clause=fields.clause("channels_clause"),
        first_response=tuple(_target(each) for each in fields.tables("first_response")),
        updates=_cadences(fields, "updates"),
        post_incident_report=_maybe_target(fields, "post_incident_report"),
        escalation=_escalation(fields),
    )
    if not plan.first_response:
        fields.wrong(
            "first_response",
            f'The plan "{slug}" promises no first response. Add at least one to "first_response".',
        )
    fields.done()
    return plan


def _escalation(fields: Fields) -> EscalationReview | None:
    table = fields.maybe_table("escalation")
    if table is None:
        return None
    review = EscalationReview(
        by=table.texts("by"),
        review_within=_target(table.table("review_within")),
        while_open=_maybe_target(table, "while_open"),
    )
    table.done()
    return review


def _type(slug: str, fields: Fields) -> IssueType:
    clause = fields.clause()
    steps = _steps(fields)
    issue_type = IssueType(
        slug=slug,
        clause=clause,
        name=fields.text("name"),
        definition=fields.text("definition"),
        respond_within=_target(fields.table("respond_within"), clause=clause),
        steps=steps,
        beside=fields.texts("beside", ()),
        updates=_cadences(fields, "updates", clause=clause),
        status_page=_maybe_status_page(fields, clause=clause),
        resolve_within=_maybe_target(fields, "resolve_within", clause=clause),
        contain_within=_maybe_target(fields, "contain_within", clause=clause),
        runbook=fields.text("runbook", "") or None,
        post_incident_report=fields.flag("post_incident_report", default=False),
        notification_regulations=fields.flag("notification_regulations", default=False),
        plans=fields.texts("plans", ()),
        words=_words(fields, "words", speaks_for=slug),
        still_on_it_after=fields.maybe_span("still_on_it_after", wall=True),
    )
    fields.done()
    return issue_type


def _steps(fields: Fields) -> tuple[EscalationStep, ...]:
    """The ladder: each step a team, a list of teams that are called together, or a table."""
    written = fields.raw("escalation", list)
    if written is None:
        return ()
    if not written:
        fields.wrong("escalation", '"escalation" has no step. Name at least one team.')
    steps = [_step(fields, index, item) for index, item in enumerate(written)]
    return tuple(step for step in steps if step is not None)


def _step(fields: Fields, index: int, item: object) -> EscalationStep | None:
    path = (*fields.path, "escalation", index)
    if isinstance(item, dict):
        return step_table(Fields(item, path, fields.problems))
    teams = tuple(item) if isinstance(item, list) else (item,)
    if teams and all(isinstance(team, str) and team.strip() for team in teams):
        return EscalationStep(teams=teams)
    fields.problems.add(
        path,
        'A step of "escalation" is a team in quotes, a list of teams called together, '
        "or a table in braces.",
    )
    return None


def _words(fields: Fields, key: str, *, speaks_for: str) -> tuple[TriageRule, ...]:
    rules: dict[tuple[str, ...], TriageRule] = {}
    for group in fields.tables(key):
        shared = TriageRule(
            phrase="",
            speaks_for=speaks_for,
            weight=group.number("weight", at_most=5),
            clause=group.clause(),
            runbook=group.text("runbook", "") or None,
            together_with=group.texts("together_with", ()),
            topic=group.flag("topic", default=False),
        )
        for index, phrase in enumerate(group.texts("phrases")):
            known = (phrase.lower(), *shared.together_with)
            if known in rules:
                group.problems.add(
                    (*group.path, "phrases", index),
                    f'"{phrase}" speaks for "{speaks_for}" twice. Keep one of the two.',
                )
            rules[known] = replace(shared, phrase=phrase.lower())
        group.done()
    return tuple(rules.values())


def _triage(fields: Fields, types: Mapping[str, IssueType]) -> TriageRules:
    against = _words(fields, "not_emergency_words", speaks_for=NOT_AN_EMERGENCY)
    urgent = _words(fields, "emergency_words", speaks_for=AN_EMERGENCY)
    rules = TriageRules(
        confirm_within=_target(fields.table("confirm_within")),
        emergencies=tuple(_emergency(each) for each in fields.tables("emergencies")),
        not_emergencies=fields.texts("not_emergencies"),
        not_emergencies_clause=fields.clause("not_emergencies_clause"),
        ask_for=fields.texts("ask_for"),
        ask_for_clause=fields.clause("ask_for_clause"),
        rules=(*(rule for each in types.values() for rule in each.words), *urgent, *against),
        groups=tuple(_group(each) for each in fields.tables("groups")),
        turns=tuple(_turn(each) for each in fields.tables("turns")),
        signs=tuple(_sign(each) for each in fields.tables("signs")),
    )
    fields.done()
    return rules


def _group(fields: Fields) -> WordGroup:
    group = WordGroup(name=fields.text("name"), phrases=fields.texts("phrases"))
    fields.done()
    return group


def _turn(fields: Fields) -> Turn:
    turn = Turn(
        says=fields.text("says"),
        clause=fields.clause(),
        weight=fields.maybe_number("weight", at_most=5),
        phrases=fields.texts("phrases"),
        unless=fields.texts("unless", ()),
        before=fields.flag("before", default=False),
    )
    fields.done()
    return turn


def _sign(fields: Fields) -> Sign:
    sign = Sign(
        field=fields.text("field"),
        values=fields.texts("values"),
        speaks_for=fields.text("speaks_for"),
        weight=fields.number("weight", at_most=5),
        clause=fields.clause(),
    )
    fields.done()
    return sign


def _emergency(fields: Fields) -> EmergencyKind:
    kind = EmergencyKind(
        name=fields.text("name"),
        clause=fields.clause(),
        issue_type=fields.text("issue_type", "") or None,
    )
    fields.done()
    return kind


def _hours(fields: Fields) -> HoursSource:
    holidays = fields.text("holidays", "")
    if holidays and not _HOLIDAYS.fullmatch(holidays):
        fields.wrong(
            "holidays",
            f'"{holidays}" is not a country. Write it like "US", or with a part of it, "US-NY".',
        )
    zone, week = read_week(fields)
    hours = HoursSource(
        name=fields.text("name", "Business hours"),
        time_zone=zone,
        week=week,
        holidays=holidays,
        closed_on=fields.dates("closed_on"),
        open_on=fields.dates("open_on"),
        clause=fields.maybe_clause(),
    )
    fields.done()
    return hours


def _ladder(fields: Fields) -> LadderRules:
    rules = LadderRules(
        unanswered_after=fields.span("unanswered_after", wall=True),
        no_progress_at=fields.share("no_progress_at"),
        still_on_it_after=fields.span("still_on_it_after", "30 min", wall=True),
        teams=fields.texts("teams", ()),
        rounds=fields.number("rounds", 3, at_most=100),
        second_step=fields.choice("second_step", SECOND_STEPS),
        clause=fields.maybe_clause(),
    )
    fields.done()
    return rules


def _coaching(fields: Fields) -> Coaching:
    coaching = Coaching(
        after=fields.number("after", at_most=1000),
        within=fields.span("within", wall=True),
        clause=fields.clause(),
    )
    fields.done()
    return coaching


def _report(fields: Fields) -> ReportRules:
    rules = ReportRules(
        sections=fields.texts("sections"),
        after_missed_resolution=fields.flag("after_missed_resolution", default=True),
        clause=fields.clause(),
    )
    fields.done()
    return rules


def _runbook(slug: str, fields: Fields) -> Runbook:
    runbook = Runbook(
        slug=slug, clause=fields.clause(), name=fields.text("name"), steps=fields.texts("steps")
    )
    if fields.has("steps") and not runbook.steps:
        fields.wrong("steps", '"steps" is empty. Write at least one step.')
    fields.done()
    return runbook


def _statement(fields: Fields) -> tuple[str, str]:
    statement = (fields.clause(), fields.text("says"))
    fields.done()
    return statement
