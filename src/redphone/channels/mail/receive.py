"""A mail as bytes, read into what the doors act on. Whatever the bytes are, it is a mail."""

from __future__ import annotations

import re

from redphone.channels.mail.automatic import automatic, is_list
from redphone.channels.mail.body import Body, read_body
from redphone.channels.mail.bounce import bounce_sign, bounces
from redphone.channels.mail.headers import Headers, addresses, message_ids, moment, one_line
from redphone.channels.mail.incoming import Kind, Mail
from redphone.channels.mail.mime import LONGEST_TEXT, Part, read_mime
from redphone.channels.mail.quoted import new_words

MOST_REFERENCES = 50
MOST_CASES = 20

_FOR = ("to", "cc", "delivered-to", "x-original-to", "envelope-to", "x-envelope-to", "resent-to")
_FROM = ("from", "sender", "reply-to", "x-original-from", "return-path")
_CASE = re.compile(r"\b(RP|INC)-([1-9]\d{0,9})\b", re.I)


def receive(raw: bytes) -> Mail:
    """Read one mail. It never raises: what could not be read is said in `unreadable`."""
    try:
        root, cuts = read_mime(raw)
        return _mail(root, read_body(root), cuts)
    except Exception as error:
        # No mail may be lost to a mistake of ours: it still opens a case, with its bytes kept.
        return unread(raw, f"{type(error).__name__}: {error}"[:300])


def _mail(root: Part, body: Body, cuts: list[str]) -> Mail:
    headers = root.headers
    sender_name, sender = _sender(headers)
    text = body.text()
    kind, why = _kind(root, text, sender)
    words = new_words(body.unquoted()) if kind is Kind.HUMAN else text
    subject = headers.text("subject")
    ref = headers.text("x-redphone-ref")
    return Mail(
        kind=kind,
        why=why,
        sender=sender,
        sender_name=sender_name,
        reply_to=next((address for _, address in addresses(headers.all("reply-to"))), ""),
        to=_receivers(headers),
        subject=subject,
        message_id=next(iter(message_ids(headers.get("message-id"))), ""),
        in_reply_to=message_ids(headers.get("in-reply-to"))[:MOST_REFERENCES],
        references=_references(headers),
        case_refs=_case_refs(ref, subject, words),
        is_ours=bool(ref) and headers.get("auto-submitted").lower().startswith("auto-generated"),
        sent_at=moment(headers.get("date")),
        words=words,
        text=text,
        html=body.html(),
        files=tuple(body.files),
        bounces=bounces(root, text) if kind is Kind.BOUNCE else (),
        authentication=_authentication(headers),
        unreadable=_unreadable(root, body, text, cuts),
        defects=tuple(_defects(headers, body, cuts)),
        hops=sum(1 for name, _ in headers.fields if name == "received"),
        is_list=is_list(headers),
    )


def _kind(root: Part, text: str, sender: str) -> tuple[Kind, str]:
    """Bounce before auto-reply before machine before person; and the sign that told."""
    if why := bounce_sign(root, text):
        return Kind.BOUNCE, why
    return automatic(root, sender) or (Kind.HUMAN, "Nothing says that a machine wrote it.")


def _sender(headers: Headers) -> tuple[str, str]:
    """The name and the address that it says it is from."""
    name = ""
    for field in _FROM:
        for found, address in addresses(headers.all(field)):
            return name or found, address
        if field == "from":
            name = one_line(headers.text("from").strip('<>" '))
    return name, ""


def _receivers(headers: Headers) -> tuple[str, ...]:
    found: dict[str, str] = {}
    for field in _FOR:
        for _, address in addresses(headers.all(field)):
            found.setdefault(address.lower(), address)
    return tuple(found.values())


def _references(headers: Headers) -> tuple[str, ...]:
    """The ids of the thread, oldest first: its root and the latest, if there are many."""
    found = message_ids(headers.get("references"))
    return found if len(found) <= MOST_REFERENCES else (found[0], *found[1 - MOST_REFERENCES :])


def _case_refs(*texts: str) -> tuple[str, ...]:
    found = [
        f"{match[1].upper()}-{match[2]}"
        for text in texts
        for match in _CASE.finditer(text[:50_000])
    ]
    return tuple(dict.fromkeys(found))[:MOST_CASES]


def _authentication(headers: Headers) -> tuple[tuple[str, str], ...]:
    """Each server's name with the results that it wrote down, the latest server first."""
    found = []
    for value in headers.all("authentication-results")[:20]:
        server, _, results = one_line(value).partition(";")
        if results:
            found.append((server.strip().split(" ")[0].lower(), results.strip()))
    return tuple(found)


def _unreadable(root: Part, body: Body, text: str, cuts: list[str]) -> str:
    """Why a responder may not see all that was sent, as a sentence; "" if there is no reason."""
    if cuts:
        return f"Not all of this mail was read: {'; '.join(cuts)}."
    if body.is_broken:
        return "The parts of this mail are broken, so that all of it is shown as it came."
    if text.strip():
        return ""
    if body.is_encrypted:
        return "This mail is encrypted, and the desk has no key for it."
    if body.files:
        return ""
    return "" if root.headers.fields else "This mail is empty."


def _defects(headers: Headers, body: Body, cuts: list[str]) -> list[str]:
    found = [f"no {name}" for name in ("from", "date", "message-id") if not headers.has(name)]
    if headers.has("date") and moment(headers.get("date")) is None:
        found.append("its date is none")
    found += [f"its charset is not {charset or 'told'}" for charset in dict.fromkeys(body.misread)]
    return found + cuts


def unread(raw: bytes, why: str) -> Mail:
    """A mail of which nothing is known but its bytes, and why."""
    text = raw[:LONGEST_TEXT].decode("utf-8", errors="replace").replace("\x00", "")
    return Mail(
        kind=Kind.HUMAN,
        why="It could not be read, so that a person has to.",
        sender="",
        sender_name="",
        reply_to="",
        to=(),
        subject="",
        message_id="",
        in_reply_to=(),
        references=(),
        case_refs=(),
        is_ours=False,
        sent_at=None,
        words=text,
        text=text,
        html="",
        files=(),
        bounces=(),
        authentication=(),
        unreadable=f"This mail could not be read ({why}).",
        defects=("could not be read",),
        hops=0,
        is_list=False,
    )
