"""Mails that say that a mail of ours didn't arrive: what they are known by, and for whom.

A bounce is told from its form first (a delivery status part), then from who sends it and in which
words. A person who forwards a bounce to us writes a report, and is taken for a person.
"""

from __future__ import annotations

import re

from redphone.channels.mail.bounce_reason import BY_CATEGORY, BY_EXIT, HARD, reason_of, stand_in
from redphone.channels.mail.bounce_report import Failure, failures, notification
from redphone.channels.mail.bounce_text import (
    Told,
    command_in,
    diagnosis_in,
    notice,
    reply_in,
    status_in,
    told,
    vagueness,
)
from redphone.channels.mail.headers import message_ids
from redphone.channels.mail.incoming import Bounce
from redphone.channels.mail.mime import Part

LONGEST_DETAIL = 500
LONGEST_NOTICE = 10_000

_DIALECTS = {
    "exchange": "RCPT",
    "notes": "RCPT",
    "imail": "RCPT",
    "carrier": "RCPT",
    "x-notes": "RCPT",
}
"""Servers that tell of an address refused at once, without saying at which command."""

_WHOLE = frozenset({"notes", "mobile"})
"""Servers that tell why before the address, or apart from it."""

_REFUSED = re.compile(r"was automatically rejected:\s*(.{3,500})", re.S)
"""What Dovecot writes above the reason for which a rule or a quota refused a mail."""

_REASONS = {"group": "rejected"}
"""Servers whose notices have one cause only: a closed group."""

_DAEMON = re.compile(
    r"mailer[-_. ]?daemon|post_?master|poostmaster|mail delivery|mail ?deliver(y)? system|"
    r"mailerdaemon|system administrator|\bbounces?\b@|mail-daemon|interscan|mailmarshal"
    r"|mailscanner|email security",
    re.I,
)
_SUBJECT = re.compile(
    r"undeliver|deliver\w*[ -]*(status|fail|problem|error|notif|unable|has|report|delay"
    r"|incomplete)"
    r"|failure (notice|notification|delivery)|fail\w*[ -]+(notice|deliver|mail)"
    r"|returned[ -]mail"
    r"|returning message|non[- ]?deliver|mail system error|could ?n[o']t be delivered"
    r"|not delivered"
    r"|message you sent blocked|delayed mail|warning: (message|could)|can ?not be delivered"
    r"|message delivery has failed|unzustellbar|zustellung|nicht zugestellt|non remis"
    r"|недоставлен"
    r"|не доставлено|配信|送信できません|エラー"
    r"|no entregado|no se ha podido|impossibile|onbestelbaar"
    r"|bounce|postmaster notify|see transcript|errors from|mail failure|user unknown"
    r"|rejected|delivery|undelivered",
    re.I,
)
_WORDS = re.compile(
    r"(could not|couldn't|cannot|can't|not able|unable|failed|wasn't able|have not been"
    r"|not been|was not|were not"
    r"|did not)[^.!?]{0,120}(deliver|reach|sent|recipient)|permanent(ly)? (fatal )?(error"
    r"|fail)|delivery"
    r"[^.!?]{0,60}(fail|delay|status)|undeliver|unknown user|user unknown|mailbox (is )?full"
    r"|no such user"
    r"|transcript of (the )?session|error message below|rejected your message|was not delivered"
    r"|message (has been |was )?(rejected|blocked|delayed)|final-recipient|failure reasons"
    r"|送信できません|配信できません|不能|не может быть доставлено|"
    r"group you tried to contact|(error|failure)s? (occurred|while)|did not receive"
    r"|delivery errors|(was|were|been) rejected|could not be delivered|had trouble"
    r"|invalid (user|address)|unable to|<<< [45]\d\d|\b5\d\d[ -]",
    re.I,
)


_LATE = re.compile(r"delayed|network error|error|failure|expired", re.I)


def bounce_sign(root: Part, text: str) -> str:
    """Which sign makes a mail a bounce, in words; "" if it is none."""
    headers = root.headers
    report_type = root.parameters.get("report-type", "").lower()
    if report_type in ("feedback-report", "disposition-notification"):
        return ""
    sender = headers.text("from")
    if _is_forwarded(root):
        return ""
    if report_type == "delivery-status" or _status_parts(root):
        return "It has a delivery status report."
    if headers.get("x-failed-recipients"):
        return "Its header names recipients that it failed to reach."
    if "sns.amazonaws" in sender and notification(text):
        return "It is a bounce notification as JSON."
    is_daemon = bool(_DAEMON.search(sender)) or sender.strip() in ("", "<>")
    is_null = headers.get("return-path").replace(" ", "") == "<>" or "<>" in sender
    if not (is_daemon or is_null):
        return ""
    if headers.has("user-agent") and not re.search(r"daemon|mail ?deliver", sender, re.I):
        # A postmaster may write to us, too; a mail system seldom has a mail program.
        return ""
    subject = bool(_SUBJECT.search(headers.text("subject")))
    words = bool(_WORDS.search(text[:5_000]))
    words = words or bool(subject and _LATE.search(text[:5_000]))
    answered = bool(re.search(r"^\W*[45]\d\d[ -]", text[:5_000], re.M))
    if is_daemon and headers.has("from") and words and (subject or answered):
        return "A mail system wrote it, about a delivery that failed."
    if is_null and words and (subject or _DAEMON.search(sender)):
        return "It has no return address and tells of a delivery that failed."
    if is_daemon and "final-recipient:" in text.lower() and "action:" in text.lower():
        return "A mail system wrote it, with delivery status fields."
    return ""


def bounces(root: Part, text: str) -> tuple[Bounce, ...]:
    """The addresses that a bounce is about, each with what is known of its failure."""
    short = notice(text)[:LONGEST_NOTICE]
    reported = _reported(root, text)
    in_text = told(short)
    ours = _original_ids(root, text)
    if not reported:
        reported = [Failure(address=one.address, action=_action(root, short)) for one in in_text]
    named = re.findall(r"[^\s<>,;]+@[^\s<>,;]+", root.headers.get("x-failed-recipients"))
    if named and not any("@" in failure.address for failure in reported):
        reported = reported or [Failure(address=address) for address in named[:100]]
        for failure, address in zip(reported, named, strict=False):
            failure.address = address
    if not reported:
        reported = [Failure(action=_action(root, short))]
    is_alone = len(reported) == 1
    dialect = _dialect(root, short)
    found = []
    for failure in reported:
        words = _words_on(failure, in_text, short, is_alone=is_alone)
        found.append(_bounce(failure, words, short, ours, dialect, is_alone=is_alone))
    return tuple({(one.address.lower(), one.status): one for one in found}.values())


def _bounce(
    failure: Failure, words: str, whole: str, original: str, dialect: str, *, is_alone: bool
) -> Bounce:
    if is_alone and (match := _REFUSED.search(whole)):
        failure.diagnostic, words = match[1].strip(), match[1]
    status = _status(failure, words, dialect)
    reply = _reply(failure, words, whole if is_alone else "", status)
    diagnosis = failure.diagnostic if len(failure.diagnostic) > 5 else diagnosis_in(words)
    if dialect in _WHOLE:
        diagnosis, reply = whole, ""
    command = (
        _DIALECTS.get(dialect, "")
        or _DIALECTS.get(failure.kind, "")
        or command_in(words)
        or command_in(whole)
    )
    reason = _REASONS.get(dialect, "") or _by_program(failure)
    for text in dict.fromkeys((diagnosis, words, whole)):
        if reason in ("", "undefined", "onhold"):
            found = reason_of(status=status, reply=reply, text=text, command=command)
            # That something is said of unknown meaning counts only where it is said of this one.
            is_vague = found == "undefined" or (
                found == "onhold" and text is whole is not diagnosis
            )
            reason = reason or "undefined" if is_vague else found
    if dialect == "inbound" and reason == "userunknown":
        reason = "filtered"
    if not status:
        status = stand_in(reason, reply=reply)
    return Bounce(
        address=failure.address,
        status=status,
        reply_code=reply,
        reason=reason,
        is_hard=reason in HARD,
        is_final=failure.action != "delayed",
        detail=" ".join(diagnosis.split())[:LONGEST_DETAIL],
        original_message_id=original,
    )


def _by_program(failure: Failure) -> str:
    """The reason that a server names in a way of its own: a category, the number of an exit."""
    category = failure.fields.get("x-powermta-bouncecategory", "").lower()
    by_exit = BY_EXIT.get(failure.diagnostic, "") if failure.kind == "x-unix" else ""
    return BY_CATEGORY.get(category, "") or by_exit


def _status(failure: Failure, words: str, dialect: str) -> str:
    """The code that tells most: the server's own answer before the notice's field."""
    field = "" if dialect == "opensmtpd" else failure.status
    answered = status_in(failure.diagnostic) or status_in(words)
    if answered and (not field or vagueness(answered) <= vagueness(field)):
        return answered
    return field


def _reply(failure: Failure, words: str, whole: str, status: str) -> str:
    for text in (failure.diagnostic, words, whole):
        reply = reply_in(text, status)
        if reply:
            return reply
    return ""


def _reported(root: Part, text: str) -> list[Failure]:
    for part in _status_parts(root):
        found = failures(part.text()[0])
        if found:
            return found
    if "ecipient" in text:
        found = failures(text)
        if found:
            return [one for one in found if one.address] or found
    return notification(text)


def _status_parts(root: Part) -> list[Part]:
    names = ("message/delivery-status", "message/global-delivery-status")
    return [part for part in root.walk() if part.content_type in names and part.level == 0]


def _words_on(failure: Failure, found: list[Told], whole: str, *, is_alone: bool) -> str:
    for one in found:
        if one.address.lower() == failure.address.lower():
            return one.text
    return whole if is_alone else failure.diagnostic


def _action(root: Part, text: str) -> str:
    said = root.headers.text("subject") + "\n" + text[:2_000]
    late = re.search(
        r"\bdelay|warning (message|only)|still being retried|temporary failure report"
        r"|will be retried|no action is required|do not need to re-?send",
        said,
        re.I,
    )
    return (
        "delayed"
        if late and not re.search(r"permanent(ly)? (error|fail)", said, re.I)
        else "failed"
    )


def _dialect(root: Part, text: str) -> str:
    """The server's habit of writing, where codes or words mean something else in it."""
    sender = root.headers.text("from").lower()
    if "This is the MAILER-DAEMON, please DO NOT REPLY" in text:
        return "opensmtpd"
    if text.strip() == "This message could not be delivered.":
        return "inbound"
    if "groups.google.com/support" in text:
        return "group"
    if "did not reach the following recipient" in text or "MSEXCH:" in text:
        return "exchange"
    if re.search(r"^The user\(s\) (?:account is|is limited)", text, re.M):
        return "mobile"
    if "Failure Reasons" in text:
        return "notes"
    if re.match(r"\s*unknown user:", text, re.I):
        return "imail"
    if re.search(r"@(vtext|vzwpix)\.com\b", sender):
        return "carrier"
    return ""


def _is_forwarded(root: Part) -> bool:
    """Whether a person passes on a bounce: then its report lies in a mail within the mail."""
    subject = root.headers.text("subject").lower()
    return subject.startswith(("fwd:", "fw:", "wg:", "tr:", "rv:")) and not _DAEMON.search(
        root.headers.text("from")
    )


def _original_ids(root: Part, text: str) -> str:
    """The Message-ID of the mail that came back, "" if the notice doesn't hold it."""
    for part in root.walk():
        if part.level > 0 and part.headers.get("message-id"):
            found = message_ids(part.headers.get("message-id"))
        elif part.content_type in ("text/rfc822-headers", "message/rfc822-headers"):
            said = re.search(r"^message-id:\s*(<[^>\s]+>)", part.text()[0], re.I | re.M)
            found = message_ids(said[1]) if said else ()
        else:
            continue
        if found:
            return found[0]
    said = re.search(r"^[ \t>]*message-id:\s*(<[^>\s]{3,250}>)", text, re.I | re.M)
    if said:
        return said[1]
    replied = message_ids(root.headers.get("in-reply-to"))
    return replied[0] if replied else ""
