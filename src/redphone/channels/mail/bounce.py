"""Mails from mail servers: what did not arrive, where, and why.

Machine-readable fields first (RFC 3464); after them the words in which older servers say it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

from redphone.channels.mail.bounce_reasons import HARD, reason
from redphone.channels.mail.incoming import Bounce
from redphone.channels.mail.mime import Taken

MOST = 50
"""Receivers that are read out of one report."""

LONGEST = 64 * 1024
"""Characters of a server's words that are looked through."""

ADDRESS = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~.-]{1,200}@[A-Za-z0-9.-]{1,200}[A-Za-z0-9]"
_ADDRESS = re.compile(ADDRESS)
_STATUS = re.compile(r"(?<![\d.])([245]\.\d{1,2}\.\d{1,3})(?![\d.])")
_REPLY = re.compile(r"(?<![\d.\-])([45][0-5]\d)(?=[ \-])")
_ID = re.compile(r"(?im)^message-id:\s*(<[^<>\s]{1,500}>)")

_SERVERS = re.compile(
    r"mailer-?daemon|post[-_]?master|mail deliver\w* (?:sub)?system|mail-?admin|"
    r"mail administrator|"
    r"mta-?(?:admin|daemon)|complaints@|microsoft exchange|system administrator|smtp gateway|"
    r"administrator@|mrelay|dsn@|bounce|no-?reply.*amazonses",
    re.IGNORECASE,
)
_SUBJECTS = re.compile(
    r"undeliver|non.?deliver|delivery (?:status|failure|report|notification|has failed|failed|"
    r"problem|error|incomplete)|failure (?:notice|delivery)|returned? (?:mail|to sender)|mail "
    r"(?:delivery|system|failure|could not)|could not (?:be delivered|send message|deliver)|"
    r"couldn.t be delivered|not delivered|message (?:status|delivery)|warning: (?:could not send|"
    r"message)|rejected mail|bounced? (?:mail|message)|\bndn\b|\bdsn\b|unzustellbar|"
    r"nicht zugestellt|non remis|no se puede entregar|imposs.*remettre|mancata consegna|"
    r"недоставленное|failed (?:to deliver|delivery|mail)|mail could not|there was an error "
    r"sending|permanent fatal error|(?:send|user) failure|mail delivered? fail|"
    r"delivery.*(?:delayed|expired)|permanent delivery failure|dispatch error|"
    r"e-?mail (?:could not|delivery)|notice of (?:non|un)",
    re.IGNORECASE,
)
_SAYS_SO = re.compile(
    r"did not reach|could not be (?:delivered|sent)|couldn.t be delivered|was not delivered|not "
    r"delivered|permanent(?:ly)? (?:fatal |error|fail)|delivery .{0,60}fail|failed (?:to deliver|"
    r"permanently)|undeliverable|unable to deliver|wasn.t able to deliver|had .{0,20}errors|"
    r"returned (?:to|mail)|rejected|following (?:address|recipient|error|failed)|unknown user|"
    r"error message below|invalid user|action not taken|user unknown|mailbox .{0,30}full|"
    r"giving up|could not deliver|transcript of session|"
    r"i'?m not going to try again|error(?:s)? .{0,40}(?:occurred|delivering)|can.?t be delivered",
    re.IGNORECASE,
)
_ORIGINAL = re.compile(
    r"(?im)^(?:[-\s]*(?:original message|returned message|message header|this is a copy of the "
    r"message|below this line is a copy|message follows|the header of the original|original "
    r"e-?mail|content of the message|undelivered message|unsent message|headers? (?:follow|of)|"
    r"copy of the message|received headers?|returned mail|start of returned|text of message|"
    r"message text follows|here is a copy|below is a copy|\*+ original message|original mail)"
    r".{0,120}|received: (?:from|by) .*|return-path: ?<.*|message-id: ?<.*)$"
)
_DELAYED = re.compile(
    r"warning|delay(?:ed)?|will (?:be retried|keep trying|continue)|"
    r"you do not need to (?:resend|do "
    r"anything)|no action is required|not yet been delivered|still trying",
    re.IGNORECASE,
)
_GROUPS = re.compile(r"\n[ \t]*\n+")


def is_bounce(taken: Taken) -> str:
    """The sign that a mail server tells of a mail that did not arrive; "" when there is none."""
    if taken.reports and (
        taken.report_type in {"delivery-status", ""} or taken.content_type != "multipart/report"
    ):
        return "It has a delivery report in it (RFC 3464)."
    if taken.has("x-failed-recipients"):
        return "It names receivers whom a mail did not reach (X-Failed-Recipients)."
    sender, subject = taken.first("from"), taken.first("subject")
    is_named = bool(_SERVERS.search(sender))
    if taken.content_type == "multipart/report" and taken.report_type == "delivery-status":
        return "It is a delivery report (RFC 3464)."
    said = "\n".join(taken.plain)[:LONGEST] or "\n".join(taken.html)[:LONGEST]
    if is_named and (_SUBJECTS.search(subject) or _SAYS_SO.search(said)):
        return "A mail server says that a mail did not arrive."
    if _has_no_return(taken) and _SUBJECTS.search(subject):
        return "It says in its subject that a mail did not arrive, and takes no answer."
    if _in_json(taken):
        return "A mail service reports a bounce."
    return ""


def _has_no_return(taken: Taken) -> bool:
    return taken.first("return-path").replace(" ", "") == "<>"


def bounces(taken: Taken) -> tuple[Bounce, ...]:
    """The receivers that a report names, each with what is said of them."""
    said = _said(taken)
    original = _original_id(taken)
    found = [each for report in taken.reports for each in _of_report(report, said, original)]
    found = found or list(_of_json(taken))
    if not found:
        found = list(_of_words(taken, said, original))
    unique = {each.address.lower(): each for each in reversed(found)}
    return tuple(reversed(unique.values()))[:MOST]


def _said(taken: Taken) -> str:
    """The server's own words, without the mail that came back."""
    text = "\n".join(taken.plain)[:LONGEST]
    if not text.strip() and taken.html:
        text = re.sub(r"<[^<>]{0,2000}>", " ", "\n".join(taken.html)[:LONGEST])
    cut = _ORIGINAL.search(text)
    head = text[: cut.start()] if cut else text
    return head if head.strip() else text


def _original_id(taken: Taken) -> str:
    """The id of the mail that bounced: out of what came back of it."""
    for text in [*taken.originals, *taken.plain]:
        if found := _ID.search(text[:LONGEST]):
            return found[1]
    return next(iter(re.findall(r"<[^<>\s]+>", taken.first("in-reply-to"))), "")


def _of_report(report: str, said: str, original: str) -> Iterator[Bounce]:
    groups = [_fields(group) for group in _GROUPS.split(report[:LONGEST].strip())]
    whole = groups[0] if groups else {}
    others = frozenset(_receiver(fields).lower() for fields in groups) - {""}
    for fields in groups:
        address = _receiver(fields)
        if not address and "status" not in fields and "action" not in fields:
            continue
        action = fields.get("action", whole.get("action", "")).split(" ")[0].lower()
        status = next(iter(_STATUS.findall(fields.get("status", ""))), "")
        detail = fields.get("diagnostic-code", "").partition(";")[2].strip()
        detail = detail or fields.get("diagnostic-code", "")
        near = _near(said, address, others)
        category = fields.get("x-powermta-bouncecategory", "").lower()
        yield _bounce(address, status, action, detail, near, original, category)


_CATEGORIES = {
    "bad-domain": "hostunknown",
    "bad-mailbox": "userunknown",
    "inactive-mailbox": "suspend",
    "message-expired": "expired",
    "no-answer-from-host": "networkerror",
    "policy-related": "policyviolation",
    "quota-issues": "mailboxfull",
    "routing-errors": "systemerror",
    "spam-related": "spamdetected",
}
"""What PowerMTA has made of it itself."""


def _fields(group: str) -> dict[str, str]:
    unfolded = re.sub(r"\n[ \t]+", " ", group)
    lines = (line.partition(":") for line in unfolded.split("\n"))
    return {name.strip().lower(): value.strip() for name, colon, value in lines if colon}


def _receiver(fields: dict[str, str]) -> str:
    for name in ("final-recipient", "x-actual-recipient", "original-recipient"):
        value = fields.get(name, "")
        if found := _ADDRESS.search(value.partition(";")[2] or value):
            return found[0].strip("\"'")
    return ""


def _near(said: str, address: str, others: frozenset[str] = frozenset()) -> str:
    """What a server says of one receiver: from the line that names it to one that names others."""
    if not address:
        return said
    lines = said.split("\n")
    name = address.lower()
    first = next((n for n, line in enumerate(lines) if name in line.lower()), None)
    if first is None:
        return said
    last = first + 1
    while last < len(lines) and not _names_other(lines[last], name, others):
        last += 1
    return "\n".join(lines[first:last])


def _names_other(line: str, name: str, others: frozenset[str]) -> bool:
    folded = line.lower()
    return name not in folded and any(other in folded for other in others if other != name)


def _bounce(
    address: str,
    status: str,
    action: str,
    detail: str,
    near: str,
    original: str,
    category: str = "",
) -> Bounce:
    told = detail if len(detail) > 8 else f"{detail}\n{near}"
    in_words = _STATUS.findall(detail) or _STATUS.findall(near)
    # A server elsewhere says more exactly why than the one that passes it on.
    is_vague = not status or status.endswith((".0.0", ".4.7"))
    if in_words and (is_vague or status[0] != in_words[0][0]):
        status = in_words[0]
    bare = _ADDRESS.sub(" someone ", told)
    reply = next(iter(_REPLY.findall(bare)), "")
    why = reason(bare, status, reply)
    if why == "undefined" or (told is detail and why in {"systemerror", "expired"}):
        why = _more_exactly(why, reason(_ADDRESS.sub(" someone ", near), status, reply))
    why = _as_of_command(why, f"{detail}\n{near}", status, reply)
    why = _CATEGORIES.get(category, why)
    is_temporary = status.startswith("4") or (not status and reply.startswith("4"))
    is_final = action not in {"delayed", "delivered", "relayed", "expanded"}
    return Bounce(
        address=address,
        status=status,
        reply_code=reply,
        reason="delivered" if action in {"delivered", "relayed", "expanded"} else why,
        is_hard=is_final and why in HARD and not is_temporary,
        is_final=is_final,
        detail=" ".join(told.split())[:500],
        original_message_id=original,
    )


_VAGUE = frozenset({"undefined", "systemerror", "expired", "policyviolation"})


def _more_exactly(why: str, other: str) -> str:
    return why if why != "undefined" and other in _VAGUE else other


_NOT_OF_THE_ADDRESS = frozenset({"1.0", "1.7", "1.8", "1.9"})
_AT_RCPT = re.compile(
    r"(?i)does not like recipient|\[?rcpt[ _]to|remote smtp server has rejected address|"
    r"mail\.local"
)
_REJECTED = re.compile(r"(?i)recipient address rejected|address rejected")
_COMMAND = re.compile(
    r"(?i)in reply to (?:the )?(?:end of )?(rcpt|mail|data|helo|ehlo)|after (?:end of )?(rcpt|"
    r"mail|"
    r"data|helo|ehlo|initial connection)|did not like our (rcpt|mail|data|ehlo|helo)|"
    r"smtp command\s+(data|rcpt|mail)|"
    r">>> (rcpt|mail|data|helo|ehlo)[^\n]*\s+<<< (?:5|4)"
)


def _as_of_command(why: str, said: str, status: str, reply: str) -> str:
    """What "no such user" means by the command that it answers.

    A server that knew the receiver at first, and refused the mail once it saw more of it, has
    filtered it. So may have one of whom only its last words came down to us.
    """
    found = _COMMAND.search(said)
    command = next((each for each in found.groups() if each), "").lower() if found else ""
    if why == "undefined" and _REJECTED.search(said) and command == "rcpt":
        return "userunknown"
    if why == "undefined" and command == "initial connection":
        return "blocked"
    subject = status.partition(".")[2]
    is_told = subject.startswith("1.") and subject not in _NOT_OF_THE_ADDRESS
    if why != "userunknown" or is_told:
        return why
    if command == "rcpt" or _AT_RCPT.search(said):
        return why
    if command == "mail":
        return "rejected"
    return "filtered" if command == "data" or reply else why


_JSON = json.JSONDecoder(strict=False)


def _in_json(taken: Taken) -> dict[str, Any]:
    """What a mail service notifies of a bounce, when it comes by mail (Amazon SES through SNS)."""
    text = next(iter(taken.plain), "").strip()
    if not text.startswith("{") or "bouncedRecipients" not in text[:LONGEST]:
        return {}
    try:
        found, _ = _JSON.raw_decode(text.replace("\n", ""))
    except (ValueError, RecursionError):
        return {}
    inner = found.get("Message") if isinstance(found, dict) else None
    if isinstance(inner, str):
        try:
            found = _JSON.decode(inner)
        except (ValueError, RecursionError):
            return {}
    bounce = found.get("bounce") if isinstance(found, dict) else None
    return found if isinstance(bounce, dict) else {}


def _of_json(taken: Taken) -> Iterator[Bounce]:
    found = _in_json(taken)
    named = found["bounce"].get("bouncedRecipients") if found else None
    mail = found.get("mail")
    original = str(mail.get("messageId", "")) if isinstance(mail, dict) else ""
    for each in named if isinstance(named, list) else ():
        if isinstance(each, dict):
            detail = str(each.get("diagnosticCode", "")).partition(";")[2].strip()
            status, address = str(each.get("status", "")), str(each.get("emailAddress", ""))
            action = str(each.get("action", ""))
            yield _bounce(address, status, action, detail, detail, original)


def _of_words(taken: Taken, said: str, original: str) -> Iterator[Bounce]:
    """The receivers that a report in plain words names; the mail's own, where it names none."""
    ours = {address.lower() for address in _ADDRESS.findall(" ".join(taken.all("from")))}
    ours |= {address.lower() for address in _ADDRESS.findall(" ".join(taken.all("to")))}
    named = [a for line in taken.all("x-failed-recipients") for a in _ADDRESS.findall(line)]
    named = named or re.findall(rf"(?i)rcpt to: ?<?({ADDRESS})", said)
    named = named or re.findall(rf"(?m)^[ \t]*<?({ADDRESS})>?[^:\n]{{0,200}}:", said)
    named = named or [a for a in _ADDRESS.findall(said) if a.lower() not in ours]
    if not named:
        named = [
            address
            for text in [*taken.originals, *taken.plain]
            for line in re.findall(r"(?im)^to:(.*)$", text[:LONGEST])
            for address in _ADDRESS.findall(line)
        ]
    action = "delayed" if _is_only_late(taken, said) else "failed"
    others = frozenset(address.lower() for address in named)
    for address in list(dict.fromkeys(named))[:MOST] or [""]:
        near = _near(said, address, others)
        found = _bounce(address.strip("\"'"), "", action, "", near, original)
        if found.reason == "undefined" and near != said:
            found = _bounce(found.address, "", action, "", said, original)
        yield found


def _is_only_late(taken: Taken, said: str) -> bool:
    subject = taken.first("subject")
    return bool(_DELAYED.search(subject)) and not re.search(r"(?i)fail|undeliver|return", subject)
