"""Why a mail bounced: one word, from its codes and from what the server said.

The words are those of Sisimai, a widely used list; `HARD` are the ones where another try at the
same address is in vain.
"""

from __future__ import annotations

import re

from redphone.channels.mail.bounce_phrases import said, says, says_filtered, says_unknown, sure

HARD = frozenset({"hasmoved", "hostunknown", "notaccept", "userunknown"})

NUMBERS = {
    "undefined": "900", "onhold": "901", "syntaxerror": "902", "norelaying": "909",
    "filtered": "910", "userunknown": "911", "hostunknown": "912", "hasmoved": "916",
    "rejected": "918", "suspend": "921", "mailboxfull": "922", "exceedlimit": "923",
    "systemerror": "930", "systemfull": "931", "notaccept": "932", "mesgtoobig": "934",
    "mailererror": "939", "networkerror": "944", "toomanyconn": "945", "speeding": "945",
    "expired": "947", "contenterror": "960", "securityerror": "970", "blocked": "971",
    "virusdetected": "971", "policyviolation": "972", "authfailure": "973", "requireptr": "973",
    "badreputation": "975", "failedstarttls": "976", "notcompliantrfc": "977",
    "spamdetected": "980",
}  # fmt: skip
"""The last number of the status that stands in where a notice gives none (5.0.911).

No RFC has these; they are Sisimai's, so that programs made for its results can read ours.
"""

BY_STATUS = {
    "1.0": "userunknown", "1.1": "userunknown", "1.2": "hostunknown", "1.3": "userunknown",
    "1.4": "filtered", "1.6": "hasmoved", "1.7": "rejected", "1.8": "rejected",
    "1.9": "systemerror", "1.10": "notaccept", "2.0": "filtered", "2.1": "suspend",
    "2.2": "mailboxfull", "2.3": "exceedlimit", "2.4": "filtered", "3.0": "systemerror",
    "3.1": "systemfull", "3.2": "notaccept", "3.3": "systemerror", "3.4": "mesgtoobig",
    "3.5": "systemerror", "4.0": "networkerror", "4.1": "networkerror", "4.2": "networkerror",
    "4.3": "systemerror", "4.4": "hostunknown", "4.5": "networkerror", "4.6": "networkerror",
    "4.7": "expired", "4.8": "networkerror", "5.0": "syntaxerror", "5.1": "syntaxerror",
    "5.2": "syntaxerror", "5.3": "toomanyconn", "5.4": "syntaxerror", "5.5": "syntaxerror",
    "6.0": "contenterror", "6.1": "contenterror", "6.2": "contenterror", "6.3": "contenterror",
    "6.5": "contenterror", "6.6": "contenterror", "6.7": "contenterror", "6.8": "contenterror",
    "6.9": "contenterror", "7.0": "securityerror", "7.1": "securityerror",
    "7.2": "filtered", "1.90": "speeding", "2.121": "speeding", "2.122": "speeding",
    "4.14": "networkerror", "4.300": "expired", "4.310": "hostunknown", "4.312": "hostunknown",
    "4.316": "expired", "6.11": "contenterror", "7.12": "rejected", "7.64": "norelaying",
    "7.133": "rejected", "7.134": "rejected", "7.136": "rejected", "7.124": "rejected",
    "7.501": "spamdetected", "7.502": "spamdetected", "7.503": "spamdetected",
    "7.506": "blocked", "7.508": "toomanyconn", "7.509": "authfailure", "7.511": "blocked",
    "7.513": "blocked", "7.606": "blocked", "7.700": "blocked", "7.705": "blocked",
    "7.708": "blocked", "7.750": "blocked",
    "7.3": "securityerror", "7.4": "securityerror", "7.5": "securityerror",
    "7.6": "securityerror", "7.7": "securityerror", "7.8": "securityerror",
    "7.9": "securityerror", "7.13": "suspend", "7.17": "hasmoved", "7.20": "authfailure",
    "7.21": "authfailure", "7.22": "authfailure", "7.23": "authfailure", "7.24": "authfailure",
    "7.25": "requireptr", "7.26": "authfailure", "7.27": "notaccept", "7.28": "speeding",
    "7.29": "authfailure", "7.30": "failedstarttls",
}  # fmt: skip
"""What the last two numbers of an enhanced status code mean (RFC 3463, 7372, 7505 and IANA)."""

_TOLD_BY_STATUS = frozenset({
    "1.6", "1.7", "1.8", "2.2", "2.3", "3.4", "7.13", "7.20", "7.21", "7.22", "7.23", "7.24",
    "7.25", "7.26", "7.27", "7.28", "7.30",
})  # fmt: skip
"""Codes that are used for one thing only, so that they beat every phrase."""

_BEFORE_UNKNOWN = (
    "mailboxfull", "mesgtoobig", "exceedlimit", "suspend", "hasmoved", "norelaying",
    "hostunknown",
)  # fmt: skip
_STRONGER_THAN_UNKNOWN = (
    "mailboxfull",
    "norelaying",
    "hasmoved",
    "blocked",
    "notaccept",
    "speeding",
)


BY_CATEGORY = {
    "bad-mailbox": "userunknown", "bad-domain": "hostunknown", "quota-issues": "mailboxfull",
    "inactive-mailbox": "suspend", "spam-related": "spamdetected",
    "content-related": "contenterror", "policy-related": "policyviolation",
    "virus-related": "virusdetected", "routing-errors": "networkerror",
    "message-expired": "expired", "bad-connection": "networkerror",
    "protocol-errors": "syntaxerror", "relaying-issues": "norelaying",
}  # fmt: skip
"""PowerMTA's own categories (its field X-PowerMTA-BounceCategory)."""

BY_EXIT = {
    "65": "contenterror", "67": "userunknown", "68": "hostunknown", "69": "systemerror",
    "70": "systemerror", "71": "systemerror", "72": "systemerror", "73": "systemerror",
    "74": "systemerror", "75": "systemerror", "76": "networkerror", "77": "systemerror",
    "78": "systemerror",
}  # fmt: skip
"""What a program that delivers mail means by the number it ends with (sysexits.h)."""

_MICROSOFT = re.compile(r"1\.(10|[1-9]\d\d)")
"""Codes that Microsoft's servers give besides the standard's, for addresses."""


def reason_of(*, status: str, reply: str, text: str, command: str) -> str:
    """The reason for a refusal, "undefined" if nothing tells.

    `command` is the SMTP command that was refused ("RCPT", "DATA", "MAIL", "CONN"), "" if it is
    not known. An address that is refused only after the mail was sent exists for all we know: a
    filter behind it said no.
    """
    text = plain(text)
    detail = status.partition(".")[2]
    if detail in _TOLD_BY_STATUS:
        return BY_STATUS[detail]
    if command == "MAIL" and detail in ("1.0", "1.1") and not says("blocked", text):
        return "rejected"
    if detail.startswith("7.") and command == "RCPT" and says_unknown(text) and not sure(text):
        return _by_phrase(status, text, "")
    if detail == "5.0" and says_unknown(text) and not _is_stronger(text):
        return "userunknown"
    if _MICROSOFT.fullmatch(detail) and says_unknown(text):
        return "userunknown"
    if detail in ("1.1", "1.0", "1.3") and not _is_stronger(text):
        if detail == "1.0" and says("rejected", text):
            return "rejected"
        return "userunknown"
    found = _by_phrase(status, text, command)
    if found or (found := BY_STATUS.get(detail, "") or _by_reply(reply, command)):
        return found
    return "onhold" if re.search(r"[^\W\d_]{3}", text) else "undefined"


def stand_in(reason: str, *, reply: str) -> str:
    """The status for a reason where the notice gives none."""
    return f"{'4' if reply.startswith('4') else '5'}.0.{NUMBERS.get(reason, '900')}"


def plain(text: str) -> str:
    """A diagnosis as its phrases are looked for: lower case, one line, no addresses or links."""
    # Each line of an answer begins with its codes again (RFC 5321); they would part a sentence.
    text = re.sub(r"(?<!\d)[45]\d\d[- ][45]\.\d\.\d{1,3}(?!\d)", " ", text)
    text = re.sub(r"https?://([^\s/]{1,100})\S*", r" \1 ", text)
    text = re.sub(r"<?[\w.+=/-]{1,80}@[\w.-]{1,120}>?", " ", text)
    return re.sub(r"\s+", " ", text).lower().replace("’", "'").strip()


def _is_stronger(text: str) -> bool:
    return any(says(reason, text) for reason in _STRONGER_THAN_UNKNOWN)


def _by_phrase(status: str, text: str, command: str) -> str:
    unknown = says_unknown(text)
    if first := sure(text):
        return first
    for reason in _BEFORE_UNKNOWN:
        if says(reason, text):
            return reason
    if unknown and not any(says(reason, text) for reason in ("authfailure", "rejected")):
        return "userunknown" if command == "RCPT" else "filtered"
    if status.endswith("2.1"):
        return "filtered" if command not in ("MAIL", "CONN") else ""
    found = said(text)
    if found in ("", "systemerror", "securityerror") and says_filtered(text):
        return "filtered"
    return found


def _by_reply(reply: str, command: str) -> str:
    if reply in ("550", "551", "553") and command == "RCPT":
        return "userunknown"
    if reply == "552":
        return "mailboxfull" if command == "RCPT" else "mesgtoobig"
    if reply in ("500", "501", "502", "503", "504"):
        return "syntaxerror"
    if reply == "421":
        return "expired"
    return "blocked" if command == "CONN" else ""
