"""A conversation from its first word to its end: what is written, who is found, nothing twice."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import datetime, timedelta
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from django.db import connection
from tests.conftest import NOON

from redphone.actions import cases, chat, chat_desk, deliveries, incidents, verify
from redphone.actions.chat import Message, Sent, Writer
from redphone.channels.chat.fake import Visitor
from redphone.channels.mail.fake import FakeMail
from redphone.core.attend import NobodyWaits
from redphone.core.command import AlreadyAcknowledged
from redphone.core.report import Attached
from redphone.records import migrations, states
from redphone.records.models import (
    Attachment,
    CaseRow,
    ChatSight,
    Delivery,
    EntryRow,
    HeldMessage,
    IncidentRow,
    Report,
)

if TYPE_CHECKING:
    from tests.conftest import Cast

    from redphone.core.incident import Incident
    from redphone.records.models import Person
    from redphone.records.verdicts import Finding

WORDS = "Nobody can log in, it is down for everyone."


def after(minutes: float) -> datetime:
    return NOON + timedelta(minutes=minutes)


def writer(person: Person) -> Writer:
    return Writer(
        actor=person.actor,
        scope=person.actor,
        sender=person.pk,
        customer=person.customer_id,
        contact=person.email,
    )


def message(text: str, *, number: str = "", is_remark: bool = False) -> Message:
    return Message(id=number or str(uuid.uuid4()), text=text, is_remark=is_remark)


@pytest.fixture
def talk(cast: Cast) -> str:
    """Jon, of a Pro customer, has opened a chat at noon."""
    return str(chat.start(message(WORDS), writer(cast.jon), at=NOON).case)


def say(case: str, who: Person, text: str, minute: float, number: str = "") -> Sent:
    return chat.say(message(text, number=number), writer(who), case=case, at=after(minute))


def answer(case: str, who: Person, text: str, minute: float, number: str = "") -> Sent:
    sent = message(text, number=number)
    return chat_desk.answer(sent, case=case, by=who.actor, at=after(minute))


def incident_of(case: str) -> Incident:
    row = CaseRow.objects.select_related("incident").get(ref=case)
    assert row.incident is not None
    return states.load_incident(row.incident.state)


def said(case: str) -> list[tuple[str, str]]:
    rows = EntryRow.objects.filter(stream=case, words__isnull=False).order_by("seq")
    return [(row.kind, row.words.text) for row in rows if row.words]


def holds(minute: float) -> None:
    """The ledger holds water: every stream adds up, by both reckonings."""
    found: list[Finding] = []
    verify.verify(at=after(minute), found=found.append)
    assert not found, "\n".join(map(str, found))


def test_a_chat_is_a_case_from_its_first_word(talk: str) -> None:
    """FAQ-2, FAQ-3: clocks start at once; its page waits two minutes for somebody to come."""
    row = CaseRow.objects.get(ref=talk)

    assert (row.channel, row.plan, row.off_channel) == ("chat", "pro", False)
    assert row.next_due_kind == "first_response"
    assert incident_of(talk).asks == ()
    assert incident_of(talk).held_until == after(2)
    holds(1)


@pytest.mark.parametrize("who", ["mira", None])
def test_an_enterprise_customer_s_or_a_stranger_s_chat_pages_at_once(
    cast: Cast, who: str | None
) -> None:
    """clauses.md, row 8: taken on the plan's own clocks, marked as off-channel."""
    unknown = Writer(actor="anonymous", scope="a key of their own")
    by = writer(cast.mira) if who else unknown

    case = chat.start(message(WORDS), by, at=NOON).case

    assert CaseRow.objects.get(ref=case).off_channel
    assert len(incident_of(str(case)).asks) == 1
    holds(1)


def test_the_transcript_is_the_timeline(cast: Cast, talk: str) -> None:
    answer(talk, cast.ana, "I am Ana. I look at it now.", 1)
    say(talk, cast.jon, "Thank you! It says 502.", 1.5)
    answer(talk, cast.bo, "It is the load balancer.", 3)

    assert said(talk) == [
        ("opened", WORDS),
        ("responded", "I am Ana. I look at it now."),
        ("added", "Thank you! It says 502."),
        ("responded", "It is the load balancer."),
    ]
    assert CaseRow.objects.get(ref=talk).first_response_at == after(1)
    assert incident_of(talk).chats[0].holder == cast.bo.actor
    holds(4)


def test_the_same_message_twice_is_one(cast: Cast, talk: str) -> None:
    first, second = str(uuid.uuid4()), str(uuid.uuid4())
    for _ in range(3):
        say(talk, cast.jon, "It says 502.", 1, number=first)
        answer(talk, cast.ana, "Seen.", 1, number=second)

    assert [kind for kind, _ in said(talk)] == ["opened", "added", "responded"]


def test_opening_the_same_chat_twice_is_one_case(cast: Cast) -> None:
    once = message(WORDS)

    first = chat.start(once, writer(cast.jon), at=NOON)
    again = chat.start(once, writer(cast.jon), at=after(1))
    and_again = chat.say(once, writer(cast.jon), case=str(first.case), at=after(1))

    assert first.case == again.case
    assert (first.is_new, again.is_new, and_again.is_new) == (True, False, False)
    assert CaseRow.objects.count() == 1


def test_another_s_message_id_finds_nothing_of_theirs(cast: Cast) -> None:
    once = message(WORDS)

    mine = chat.start(once, writer(cast.jon), at=NOON)
    theirs = chat.start(once, writer(cast.mira), at=NOON)

    assert mine.case != theirs.case


def test_a_bad_line_loses_and_doubles_nothing(cast: Cast, talk: str) -> None:
    """The answer is lost after the commit, or the message before it: both are sent again."""
    fates = iter(["lost", "no answer", "fine", "no answer", "lost", "fine", "fine", "fine"])

    def post(number: str, text: str) -> bool:
        fate = next(fates)
        if fate != "lost":
            say(talk, cast.jon, text, 1, number=number)
        return fate == "fine"

    jon = Visitor(post)
    for text in ("one", "two", "three"):
        jon.type(text)
    while jon.waiting:
        jon.go_on()

    assert [words for kind, words in said(talk) if kind == "added"] == ["one", "two", "three"]


def test_picking_up_takes_the_incident_and_says_nothing_for_anybody(cast: Cast, talk: str) -> None:
    chat_desk.pick_up(case=talk, by=cast.ana.actor, at=after(1))

    state = incident_of(talk)
    assert state.engaged_at == after(1)
    assert state.chats[0].since == NOON
    assert CaseRow.objects.get(ref=talk).first_response_at is None
    holds(2)


def test_an_answer_by_mail_or_phone_ends_the_wait_too(cast: Cast, talk: str) -> None:
    words = "We have talked."
    cases.respond(case=talk, by=cast.ana.actor, words=words, at=after(1), through="phone")

    with pytest.raises(NobodyWaits):
        chat_desk.settle(case=talk, by=cast.ana.actor, at=after(2))
    assert incident_of(talk).chats[0].since is None
    holds(3)


def test_a_flood_is_stored_and_joined_and_none_of_it_is_refused(cast: Cast, talk: str) -> None:
    texts = [f"line {number}" for number in range(30)]
    ids = [str(uuid.uuid4()) for _ in texts]

    sent = [
        say(talk, cast.jon, text, 1 + place / 100, number=number)
        for place, (text, number) in enumerate(zip(texts, ids, strict=True))
    ]
    again = say(talk, cast.jon, texts[-1], 1.5, number=ids[-1])

    assert [each.is_held for each in sent].count(True) == 10
    assert not again.is_new
    assert HeldMessage.objects.count() == 10
    assert chat.write_held(at=after(1.9)) == 0
    answer(talk, cast.ana, "One moment.", 2)
    assert chat.write_held(at=after(2.6)) == 1

    added = [words for kind, words in said(talk) if kind == "added"]
    assert len(added) == 21
    assert "\n".join(added).split("\n") == texts
    assert say(talk, cast.jon, texts[25], 3, number=ids[25]).is_new is False
    # Whoever answered meanwhile had not seen the rest.
    assert incident_of(talk).chats[0].since == after(2.6)
    assert not HeldMessage.objects.exists()
    holds(4)


def test_a_file_in_a_flood_is_kept(cast: Cast, talk: str) -> None:
    for number in range(25):
        say(talk, cast.jon, f"line {number}", 1 + number / 100)
    picture = Attached(name="screen.png", content_type="image/png", content=b"a picture")
    sent = Message(id=str(uuid.uuid4()), text="Look!", files=(picture,))

    chat.say(sent, writer(cast.jon), case=talk, at=after(1.5))
    answer(talk, cast.ana, "We look at it.", 2)
    chat.write_held(at=after(3))

    kept = Attachment.objects.get(stream=talk)
    assert bytes(kept.content) == b"a picture"
    added = [words for kind, words in said(talk) if kind == "added"]
    assert "\n".join(added).split("\n") == [*(f"line {n}" for n in range(25)), "Look!"]
    holds(4)


def test_a_message_of_a_megabyte_is_kept_whole_and_shown_short(cast: Cast, talk: str) -> None:
    text = "log line\n" * 120_000

    say(talk, cast.jon, text, 1)

    kind, words = said(talk)[-1]
    assert kind == "added"
    assert len(words) < 9_000
    assert bytes(Attachment.objects.get(stream=talk).content).decode() == text


def test_nothing_readable_is_still_a_case_with_its_raw_message(cast: Cast) -> None:
    sent = chat.start(message("\x00\u202e\x07"), writer(cast.jon), at=NOON)

    report = Report.objects.get(case_ref=sent.case)
    assert bytes(report.raw) == "\x00\u202e\x07".encode()
    assert "unreadable" in report.notes
    holds(1)


def test_a_telephone_number_becomes_the_way_to_reach_them(cast: Cast, talk: str) -> None:
    say(talk, cast.jon, "Call me: +44 20 7946 0321 please", 1)

    entry = EntryRow.objects.get(stream=talk, kind="added")
    assert entry.data["fields"] == ["contact"]


def test_supervisor_review_is_marked(cast: Cast, talk: str) -> None:
    """FAQ-8: the words are marked where they stand; reviewing is a later machinery's work."""
    say(talk, cast.jon, "I want a Supervisor  review.", 1)

    entry = EntryRow.objects.get(stream=talk, kind="added")
    assert entry.data["asks_for"] == "supervisor review"


def resolve(case: str, who: Person, minute: float) -> None:
    words = "Service is restored and checked."
    incidents.resolve(incident=incident_of(case).ref, by=who.actor, words=words, at=after(minute))


def test_words_on_a_resolved_case_bring_it_back_within_the_day(cast: Cast, talk: str) -> None:
    """POL-8: the same clock goes on, and the ladder rings at once."""
    answer(talk, cast.ana, "On it.", 1)
    resolve(talk, cast.ana, 60)

    sent = say(talk, cast.jon, "It is down again!", 120)

    assert sent.has_reopened
    state = incident_of(talk)
    assert state.status == "open"
    assert "reopened" in [ask.reason for ask in state.asks]
    assert state.chats[0].since == after(120)
    holds(121)


def test_a_word_of_thanks_on_a_resolved_case_rings_nobody(cast: Cast, talk: str) -> None:
    answer(talk, cast.ana, "On it.", 1)
    resolve(talk, cast.ana, 60)

    thanks = message("Thank you, all is well.", is_remark=True)
    sent = chat.say(thanks, writer(cast.jon), case=talk, at=after(61))

    assert sent.case == talk
    assert incident_of(talk).status == "resolved"
    assert said(talk)[-1] == ("added", "Thank you, all is well.")
    holds(62)


def test_words_after_the_day_open_a_new_case_that_names_the_old(cast: Cast, talk: str) -> None:
    answer(talk, cast.ana, "On it.", 1)
    resolve(talk, cast.ana, 60)
    once = message("It is down again!")

    first = chat.say(once, writer(cast.jon), case=talk, at=after(60 + 25 * 60))
    again = chat.say(once, writer(cast.jon), case=talk, at=after(60 + 25 * 60 + 1))

    assert first.case == again.case != talk
    assert Report.objects.get(case_ref=first.case).notes["goes on from"] == talk


def test_a_declined_case_is_not_brought_back_by_its_customer(cast: Cast, talk: str) -> None:
    """FAQ-5, FAQ-8: what they write is a case of its own, which a person looks at."""
    cases.decline(case=talk, by=cast.ana.actor, reason="It was a test.", at=after(1))

    sent = say(talk, cast.jon, "It is not a test!", 2)

    assert sent.case != talk
    assert incident_of(talk).status == "declined"
    holds(3)


def test_one_customer_s_word_reopens_nobody_else_s_incident(cast: Cast, talk: str) -> None:
    shared = incident_of(talk).ref
    other = cast.report(cast.mira).case
    cases.move(case=str(other), to=shared, by=cast.ana.actor, why="The same.", at=after(1))
    resolve(talk, cast.ana, 60)

    sent = say(talk, cast.jon, "It is down again!", 61)

    assert sent.case != talk
    assert IncidentRow.objects.get(ref=shared).status == "resolved"
    holds(62)


def test_a_chat_that_moves_waits_in_the_incident_it_joins(cast: Cast, talk: str) -> None:
    taken = cast.report(cast.mira)
    before = incident_of(talk).ref
    incidents.acknowledge(incident=str(taken.incident), by=cast.bo.actor, at=after(0.5))

    cases.move(case=talk, to=str(taken.incident), by=cast.ana.actor, why="The same.", at=after(1))

    assert incident_of(talk).chats[0].since == after(1)
    left = IncidentRow.objects.get(ref=before)
    assert (left.status, left.state["chats"]) == ("declined", [])
    holds(1.5)


def mails(person: Person, minute: float) -> list[str]:
    """The subjects of what this person is sent when a worker comes by at that minute."""
    mail = FakeMail()
    deliveries.send_waiting(channel=lambda: mail, now=lambda: after(minute))
    return [message.subject for message in mail.messages if message.to == person.email]


def test_an_answer_that_nobody_sees_in_the_chat_is_mailed(cast: Cast, talk: str) -> None:
    """Whoever has left the page still gets the answer; whoever reads it there gets no mail."""
    mails(cast.jon, 0.5)
    answer(talk, cast.ana, "I look at it now.", 1)
    answer(talk, cast.ana, "It is the load balancer.", 2)
    first = EntryRow.objects.filter(stream=talk, kind="responded").order_by("seq")[0]
    chat_desk.seen(case=talk, by_desk=False, seq=first.seq, at=after(2))

    assert mails(cast.jon, 3.9) == []
    assert mails(cast.jon, 6) == [f"{talk}: Ana Reyes has answered"]
    rows = Delivery.objects.filter(stream=talk, purpose="reply").order_by("seq")
    assert [row.state for row in rows] == ["stale", "sent"]


def test_a_page_that_claims_to_have_seen_what_is_not_there_yet_is_not_believed(
    cast: Cast, talk: str
) -> None:
    chat_desk.seen(case=talk, by_desk=False, seq=10_000, at=after(1))
    chat_desk.seen(case=talk, by_desk=False, seq=-1, at=after(1))
    chat_desk.seen(case="RP-99999", by_desk=False, seq=3, at=after(1))

    head = CaseRow.objects.get(ref=talk).head
    assert list(ChatSight.objects.values_list("case", "seq")) == [(talk, head)]


def test_rows_of_before_there_was_a_chat_hold_water_after_the_upgrade(cast: Cast) -> None:
    cast.report(cast.mira)
    before = "update incident set state = state - 'chats' - 'taken' - 'held_until'"
    folder = Path(migrations.__file__).parent
    name = next(folder.glob("*_chat.py")).stem
    migration = import_module(f"redphone.records.migrations.{name}")
    with connection.cursor() as cursor:
        cursor.execute(before)
        cursor.execute(migration.KNOWN_BEFORE)

    holds(1)


def test_a_chat_that_no_ladder_looks_after_is_found(cast: Cast, talk: str) -> None:
    """The check has its own way from the words to the ladder, and does not believe the state."""
    answer(talk, cast.ana, "I look at it now.", 1)
    say(talk, cast.jon, "Are you there?", 5)
    holds(6)
    with connection.cursor() as cursor:
        cursor.execute("update incident set state = jsonb_set(state, '{chats}', '[]')")

    found: list[Finding] = []
    verify.verify(at=after(6), found=found.append)

    seq = EntryRow.objects.get(stream=talk, kind="added").seq
    assert ("chat-unwatched", talk, seq) in [(f.rule, f.stream, f.seq) for f in found]


def test_the_same_message_by_four_lines_at_once_is_one(cast: Cast, talk: str) -> None:
    """Two tries that overlap, two tabs, a proxy that repeats: they meet under the case's lock."""
    number = str(uuid.uuid4())
    calls: list[Callable[[], object]] = [
        *[lambda: say(talk, cast.jon, "Are you there?", 1, number=number)] * 4,
        *[lambda: answer(talk, cast.ana, "I am.", 1, number="one of Ana's")] * 4,
        lambda: cases.respond(case=talk, by=cast.bo.actor, words="By mail.", at=after(1)),
        lambda: incidents.acknowledge(incident=incident_of(talk).ref, by=cast.bo.actor, at=NOON),
    ]
    with ThreadPoolExecutor(10) as pool:
        for done in [pool.submit(_on_its_own_line, call) for call in calls]:
            with suppress(AlreadyAcknowledged):
                done.result(timeout=20)

    assert sorted(words for _, words in said(talk)[1:]) == ["Are you there?", "By mail.", "I am."]
    holds(1.5)


def _on_its_own_line(call: Callable[[], object]) -> None:
    try:
        call()
    finally:
        connection.close()
