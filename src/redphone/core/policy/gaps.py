"""Where the policy leads nowhere: nobody told, nothing to use, hours that nobody covers.

Source: clauses.md, rows 9, 11 and 16.
"""

from __future__ import annotations

from collections.abc import Iterator

from redphone.core.policy import OTHER_EMERGENCY, Policy
from redphone.core.policy.finding import Finding, Severity, cadences, joined
from redphone.core.spans import SpanUnit


def windows_are_uncovered(policy: Policy) -> Iterator[Finding]:
    """Hours in which an emergency waits, or comes where nobody looks. Source: FAQ-3; row 9."""
    for plan in policy.plans.values():
        if all(target.within.unit is not SpanUnit.WALL for target in plan.first_response):
            yield Finding(
                rule="window-uncovered",
                clause=joined(target.clause for target in plan.first_response),
                severity=Severity.WARNING,
                message=f"A {plan.name} emergency outside business hours waits for the opening.",
                suggestion='Add "outside_business_hours" to its first response.',
            )
        elif plan.channels == ("chat",) and policy.chat_pages_after is None:
            yield Finding(
                rule="window-uncovered",
                clause=joined(
                    [plan.channels_clause, *(target.clause for target in plan.first_response)]
                ),
                severity=Severity.WARNING,
                message=(
                    f"{plan.name} is promised an answer at any hour and its only channel is chat: "
                    "nobody is said to watch it at night."
                ),
                suggestion='Say when an unread chat pages: chat_pages_after = "2 min" in [reach].',
            )


def runbooks_are_orphans(policy: Policy) -> Iterator[Finding]:
    """A runbook that no issue type begins with. Source: RUN-1 to RUN-7; row 11."""
    used = {each.runbook for each in policy.issue_types.values()}
    hinted = {rule.runbook for rule in policy.triage.rules}
    for runbook in policy.runbooks.values():
        if runbook.slug in used:
            continue
        how = " Only words in a report suggest it." if runbook.slug in hinted else ""
        yield Finding(
            rule="runbook-orphan",
            clause=runbook.clause,
            severity=Severity.WARNING,
            message=f'No issue type begins with the runbook "{runbook.name}".{how}',
            suggestion=(
                "Add an issue type for it to the table, or make it a type's runbook. "
                "Read so far: people attach it by hand."
            ),
        )


def types_have_no_runbook(policy: Policy) -> Iterator[Finding]:
    """An issue type without a runbook to begin with. Source: EMG-1 to EMG-5; row 11."""
    for issue_type in policy.issue_types.values():
        if issue_type.runbook is None:
            yield Finding(
                rule="type-without-runbook",
                clause=issue_type.clause,
                severity=Severity.NOTE,
                message=f"{issue_type.name} has no runbook to begin with.",
                suggestion='Give it a "runbook", or leave the choice to the incident manager.',
            )


def kinds_have_no_type(policy: Policy) -> Iterator[Finding]:
    """A kind of emergency that the table doesn't handle. Source: FAQ-1; row 11."""
    for kind in policy.triage.emergencies:
        if kind.issue_type is None:
            yield Finding(
                rule="kind-without-type",
                clause=kind.clause,
                severity=Severity.WARNING,
                message=f'A "{kind.name}" is an emergency and no issue type is meant for it.',
                suggestion=(
                    "Add a row to the table and name it as the kind's issue_type. "
                    "Read so far: it is an Other Emergency."
                ),
            )


def types_have_no_kind(policy: Policy) -> Iterator[Finding]:
    """A row of the table that the list of emergencies leaves out. Source: FAQ-1; row 11."""
    meant = {kind.issue_type for kind in policy.triage.emergencies}
    for issue_type in policy.issue_types.values():
        if meant and issue_type.slug not in meant | {OTHER_EMERGENCY}:
            yield Finding(
                rule="type-without-kind",
                clause=joined(
                    [issue_type.clause, *(kind.clause for kind in policy.triage.emergencies)]
                ),
                severity=Severity.WARNING,
                message=(
                    f"{issue_type.name} is in the table and not among the kinds of emergency."
                ),
                suggestion="Add it to the kinds. Read so far: what the table names is one.",
            )


def promises_have_no_channel(policy: Policy) -> Iterator[Finding]:
    """A promise that nobody is told by. Source: POL-4, FAQ-2."""
    for plan in policy.plans.values():
        if not plan.channels:
            yield Finding(
                rule="promise-without-channel",
                clause=plan.channels_clause,
                severity=Severity.WARNING,
                message=f"{plan.name} is promised a first response and has no way to report.",
                suggestion=f'Name at least one channel in [plans.{plan.slug}] "channels".',
            )
    for issue_type in policy.issue_types.values():
        if not cadences(issue_type):
            yield Finding(
                rule="promise-without-channel",
                clause=issue_type.clause,
                severity=Severity.WARNING,
                message=f"{issue_type.name} says nothing of how affected customers are told.",
                suggestion='Add "updates" with how ("by"), whom ("to") and how often ("every").',
            )


def promises_have_no_owner(policy: Policy) -> Iterator[Finding]:
    """A promise that nobody is there to keep, or that nobody is owed. Source: POL-5, FAQ-8."""
    for plan in policy.plans.values():
        if plan.escalation is None or not plan.escalation.by:
            yield Finding(
                rule="promise-without-owner",
                clause=plan.channels_clause,
                severity=Severity.WARNING,
                message=f"{plan.name} customers who aren't satisfied have nobody to turn to.",
                suggestion=f"Add [plans.{plan.slug}.escalation] with at least one way in.",
            )
    reporting = [each for each in policy.issue_types.values() if each.post_incident_report]
    if reporting and not any(plan.post_incident_report for plan in policy.plans.values()):
        yield Finding(
            rule="promise-without-owner",
            clause=joined([policy.report.clause, *(each.clause for each in reporting)]),
            severity=Severity.WARNING,
            message="Some issue types call for a post-incident report and no plan is owed one.",
            suggestion='Give a plan its "post_incident_report".',
        )


def endings_are_open(policy: Policy) -> Iterator[Finding]:
    """A type without any time for its end, so without a "no progress". Source: EMG-2; row 16."""
    for issue_type in policy.issue_types.values():
        if issue_type.resolve_within is None and issue_type.contain_within is None:
            yield Finding(
                rule="ending-open",
                clause=issue_type.clause,
                severity=Severity.NOTE,
                message=(
                    f"{issue_type.name} has no resolution target, so its last step is never "
                    "called for want of progress."
                ),
                suggestion='Give it "resolve_within", even if only as a target.',
            )


def ladders_have_no_times(policy: Policy) -> Iterator[Finding]:
    """Arrows without times. Source: EMG-1 to EMG-5; row 16."""
    climbing = [each for each in policy.issue_types.values() if len(each.steps) > 1]
    if policy.ladder.clause is None and climbing:
        yield Finding(
            rule="ladder-without-times",
            clause=joined(each.clause for each in climbing),
            severity=Severity.WARNING,
            message="The escalation paths are arrows; the source doesn't say when to climb.",
            suggestion=(
                "Give the times in the source and their clause in [ladder]. Read so far: a page "
                f"unanswered for {policy.ladder.unanswered_after} goes on; the last step is "
                f"called at {policy.ladder.no_progress_at:.0%} of the resolution target."
            ),
        )


def first_steps_wait(policy: Policy) -> Iterator[Finding]:
    """A ladder that begins only in business hours, for what is to be answered at any hour.

    Source: EMG-1 to EMG-5; row 16.
    """
    for each in policy.issue_types.values():
        by_wall = each.respond_within.within.unit is SpanUnit.WALL
        if by_wall and each.steps and all(s.only_in_business_hours for s in each.steps[:1]):
            yield Finding(
                rule="first-step-waits",
                clause=each.clause,
                severity=Severity.WARNING,
                message=(
                    f"{each.name} is to be answered within {each.respond_within.within} at any "
                    "hour, and its first step is called in business hours only."
                ),
                suggestion='Take "only_in_business_hours" out of its first step.',
            )
