"""Mails that no one of this project wrote: what of them is read right, in figures.

The figures are written to the output (`pytest -s`). The reasons of bounces were written against
two thirds of the mails; the last third, told by a hash of their names, was looked at in two
halves: what each half gave before anyone looked is in docs/decisions/0051-bounces.md.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from redphone.channels.mail.incoming import Kind, Mail
from redphone.channels.mail.quoted import new_words
from redphone.channels.mail.receive import receive

NO_MAIL = {".json", ".md", ".csv", ".html", ".png"}
REPORTS = {"multipart/report", "message/delivery-status"}


def corpus() -> Path:
    for folder in Path(__file__).resolve().parents:
        for found in (folder / "shared/real/email", folder.parent / "shared/real/email"):
            if found.is_dir():
                return found
    pytest.skip("the real mails (shared/real/email) are not beside this repository")


def mails(*folders: str) -> list[Path]:
    return [
        file
        for folder in sorted(corpus().iterdir())
        if folder.is_dir() and (not folders or folder.name in folders)
        for file in sorted(folder.iterdir())
        if file.suffix not in NO_MAIL and "COPYING" not in file.name
    ]


def say(words: str) -> None:
    sys.stdout.write(f"\n{words}\n")


def test_every_real_mail_is_read_and_none_is_lost() -> None:
    lost = []
    for file in mails():
        raw = file.read_bytes()
        read = receive(raw)
        _, _, body = raw.replace(b"\r\n", b"\n").partition(b"\n\n")
        has_something = bool(read.text.strip() or read.files or read.bounces or read.unreadable)
        if "could not be read (" in read.unreadable or (body.strip() and not has_something):
            lost.append(file.name)

    say(f"real mails: {len(mails())} read, {len(lost)} lost {lost}")
    assert lost == []


def test_bounces_are_told_with_status_code_and_reason() -> None:
    expected = json.loads((corpus() / "sisimai-expected.json").read_text())
    kinds = right = total = 0
    wrong = []
    for name, wanted in expected.items():
        file = corpus() / "sisimai" / name
        if not file.exists():
            continue
        total += 1
        read = receive(file.read_bytes())
        is_kind = read.kind is kind_for(wanted)
        is_right = is_kind and (read.kind is not Kind.BOUNCE or told(read) == facts(wanted))
        kinds, right = kinds + is_kind, right + is_right
        wrong += [] if is_right else [name]

    say(f"bounces: {total} expected, {kinds} of the right kind, {right} with every field: {wrong}")
    assert kinds >= 0.97 * total
    assert right >= 0.97 * total


def kind_for(wanted: list[dict[str, str]]) -> Kind:
    special = {"feedback": Kind.FEEDBACK, "vacation": Kind.AUTO_REPLY}
    return special.get(wanted[0]["reason"], Kind.BOUNCE)


def told(read: Mail) -> list[tuple[str, str, str, str]]:
    return sorted(
        (one.status, one.reply_code, one.reason, str(int(one.is_hard))) for one in read.bounces
    )


def facts(wanted: list[dict[str, str]]) -> list[tuple[str, str, str, str]]:
    return sorted(
        (one["dsn"], one["replycode"], one["reason"], one["hardbounce"]) for one in wanted
    )


def test_line_ends_make_no_difference_to_a_bounce() -> None:
    pairs = 0
    for file in mails("sisimai-dos-mac"):
        same = corpus() / "sisimai" / file.name.partition("__")[2]
        if same.exists():
            pairs += 1
            read, other = receive(file.read_bytes()), receive(same.read_bytes())
            assert (read.kind, told(read)) == (other.kind, told(other)), file.name

    say(f"bounces with other line ends: {pairs} the same")


def test_no_mail_of_a_person_is_taken_for_a_bounce() -> None:
    others = [file for file in mails() if not file.parent.name.startswith("sisimai")]
    taken = [
        file.name
        for file in others
        if receive(raw := file.read_bytes()).kind is Kind.BOUNCE
        and not any(kind.encode() in raw for kind in REPORTS)
    ]

    say(f"mails of other folders: {len(others)}, taken for bounces without a report: {taken}")
    assert taken == []


def test_quoted_history_is_cut_as_the_folder_that_tells_expects() -> None:
    right = total = 0
    for file in mails("replies-discourse"):
        if not file.name.startswith("emails__"):
            continue
        wanted = file.with_name(file.name.replace("emails__", "trimmed__"))
        if wanted.exists():
            total += 1
            right += plain(new_words(plain(file.read_text()))) == plain(wanted.read_text())

    say(f"replies with an expectation: {right} of {total} cut exactly")
    assert right >= 0.9 * total


def plain(text: str) -> str:
    lines = text.replace("\r\n", "\n").strip().split("\n")
    return "\n".join(line.rstrip() for line in lines)


def test_the_first_paragraph_is_never_lost() -> None:
    """The first paragraph that is no quote and no line above one stays, whatever is cut."""
    lost, shorter = [], 0
    replies = [
        file
        for file in mails()
        if file.parent.name.startswith("replies-")
        and not file.name.startswith(("elided__", "before__", "embedded__", "trimmed__"))
    ]
    for file in replies:
        text = plain(file.read_text(errors="replace")).replace("\xa0", " ")
        kept = new_words(text)
        shorter += len(kept) < len(text)
        first = next((one for one in text.split("\n\n") if is_own(one)), "").split("\n")[0]
        if first.strip() not in kept:
            lost.append(file.name)

    say(f"replies: {len(replies)}, cut {shorter}, first paragraph lost in {lost}")
    assert lost == []


def is_own(paragraph: str) -> bool:
    last = paragraph.rstrip().split("\n")[-1]
    return bool(paragraph.strip()) and ">" not in paragraph and not last.endswith(":")


def test_another_parsers_reading_of_broken_mails_agrees() -> None:
    """Subject and sender always; the text wherever both hold that there is one."""
    agreed = dict.fromkeys(("subject", "sender", "text", "files"), 0)
    files = [file for file in mails("stalwart") if file.with_suffix(".json").exists()]
    for file in files:
        wanted = json.loads(file.with_suffix(".json").read_text())
        read = receive(file.read_bytes())
        fields = {str(one["name"]): one["value"] for one in wanted["parts"][0]["headers"]}
        subject = fields.get("subject")
        subject = subject.get("Text", "") if isinstance(subject, dict) else ""
        bodies = [wanted["parts"][at]["body"] for at in wanted["text_body"]]
        texts = [" ".join(body["Text"].split())[:60] for body in bodies if "Text" in body]
        agreed["subject"] += " ".join(subject.split()) == read.subject
        agreed["sender"] += read.sender in json.dumps(fields.get("from"))
        agreed["text"] += all(text in " ".join(read.text.split()) for text in texts)
        agreed["files"] += len(wanted["attachments"]) == len(read.files)

    say(f"stalwart's reading of {len(files)} mails agrees: {agreed}")
    assert agreed["subject"] == agreed["sender"] == len(files)
    assert agreed["text"] >= 0.85 * len(files)
