"""What a notice of failed delivery says in its text: addresses, codes, what was refused.

Most servers write for people first; some write nothing else.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

LONGEST_NOTICE = 15_000
MOST_ADDRESSES = 50

ADDRESS = r"[\w.!#$%&'*+/=?^`{|}~-]{1,100}@[\w-]{1,63}(?:\.[\w-]{1,63}){0,10}"

_RETURNED = re.compile(
    r"^[ \t]*(?:"
    r"[-_=*\s]{0,40}(?:(?:the |this is (?:a |the )?|below (?:this line )?is (?:a |the )?"
    r"|here is (?:a )?"
    r"|included is a |text of )?(?:copy of (?:your |the |a )?|header of the )?"
    r"(?:original|returned|unsent|undelivered|your)? ?(?:message|mail)(?: headers?)?"
    r"(?:,? including all (?:the )?headers| follows?| is following| text follows| header| info"
    r"| attached)?[\s.:]*[-_=]{2,40}"
    r"|(?:original |unsent |returned )?(?:message|mail)(?: headers?)? follows?[.:]?"
    r"|-{2,}.{0,20}(?:copy of|original (?:message|mail)|returned message"
    r"|below this line).{0,60}"
    r"|(?:below|included|attached) is a copy of .{0,50}"
    r"|original message headers:?|received: ?(?:from|by) .*|return-path: ?<.*"
    r"|--+ ?original message ?-*"
    r")[ \t.]*)$",
    re.IGNORECASE | re.MULTILINE,
)
_LINE = re.compile(
    rf"^[ \t*>]*(?:(?:to|rcpt to|(?:failed )?recipients?(?: address)?|address|addressed to"
    rf"|user|e-?mail):[ \t]*)?(?:\S{{1,40}}:)?(?:<({ADDRESS})>|({ADDRESS}))"
    r"[ \t]*(?=$|[:;,.\[(]|\.\.\.|error\b|on \w{3},|[-–]|[ \t]<|was |of|has )(.*)$",
    re.IGNORECASE | re.MULTILINE,
)
_ANY = re.compile(
    rf"(?:(?:deliver\w* (?:your (?:mail|message) )?to|message to|recipients?:?|unknown user:|"
    rf"rcpt to:|undeliverable to|addressed to:|sent to|user|mail to|failed:|account|address)"
    rf"[ \t]*:?\s*)<?({ADDRESS})>?",
    re.IGNORECASE,
)
_COMMANDS = (
    (re.compile(r"in reply to (?:the )?(?:end of )?(data|rcpt|mail|helo|ehlo)", re.I), None),
    (re.compile(r"\[(rcpt|mail|data)_?\w*\]", re.I), None),
    (re.compile(r"after (?:end of )?(data|rcpt|mail|helo|ehlo|pipelined)", re.I), None),
    (re.compile(r"did not like our (?:final )?(data|rcpt|mail|helo|ehlo)", re.I), None),
    (re.compile(r"smtp command\s+(data|rcpt|mail|helo|ehlo)", re.I), None),
    (re.compile(r"\bin (data|rcpt|mail|helo|ehlo) ?(?:to|from)?\s*$", re.I | re.M), None),
    (re.compile(r"\(state 1[2-3]\)"), "MAIL"),
    (re.compile(r"\(state 14\)"), "RCPT"),
    (re.compile(r"\(state 1[5-8]\)"), "DATA"),
    (re.compile(r"does not like recipient|server has rejected address", re.I), "RCPT"),
    (re.compile(r"failed after i sent the message|message rejected by", re.I), "DATA"),
    (re.compile(r"i sent the (?:message|sender)|rejected mail from", re.I), "MAIL"),
    (re.compile(r"after initial connection|refused to talk to me|wasn't able to establish an"
                r"|connected to .{0,60} but (?:greeting|my name)", re.I), "CONN"),
)  # fmt: skip
_REFUSAL = re.compile(
    r">>> ?(data|rcpt|mail|helo|ehlo)[^\n]*\n(?:[> \t]*\n)*[> ]*<<< ?[45]\d\d", re.I
)
_START = re.compile(
    r"(?:did not reach the following recipient|was not delivered to|could not be delivered to"
    r"|following (?:recipients?|address(?:es|\(es\))?)[^\n:]{0,60}|addressed to"
    r"|unable to deliver to"
    r"|delivering your (?:mail|message) to)[^\n:<]{0,20}:",
    re.I,
)
_GAVE_UP = re.compile(
    r"I'm\s+not\s+going\s+to\s+try\s+again;\s+this\s+message\s+has\s+been\s+in\s+the\s+queue\s+too\s+long\."
)
_ANSWERED = re.compile(r"^[ \t>]*(?:Received )?(?:<<<|Out:)\s*[45]\d\d", re.M)
_STATUS = re.compile(r"(?<![\d.])([245])\.([0-7])\.(\d{1,3})(?![\d.]*\d)")
_REPLY = re.compile(
    r"(?<![\d.#\[/-])([45]\d\d)(?=[ \t\n:;,'\"-]|$|\)|\.\s)(?![ \t]*(?:bytes|day|sec|min"
    r"|hour|x\b))"
)
_REPLIES = frozenset(
    [
        "421",
        "422",
        "430",
        "432",
        "450",
        "451",
        "452",
        "453",
        "454",
        "455",
        "456",
        "458",
        "459",
        "500",
        "501",
        "502",
        "503",
        "504",
        "510",
        "511",
        "512",
        "517",
        "520",
        "521",
        "523",
        "525",
        "530",
        "531",
        "533",
        "534",
        "535",
        "538",
        "540",
        "541",
        "543",
        "547",
        "550",
        "551",
        "552",
        "553",
        "554",
        "555",
        "556",
        "557",
    ]
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """One address in a notice, and what is said about it."""

    address: str
    text: str


def notice(text: str) -> str:
    """The notice without the mail that it returns."""
    text = text[:LONGEST_NOTICE]
    for match in _RETURNED.finditer(text):
        if text[: match.start()].strip():
            return text[: match.start()]
    return text


def told(text: str) -> list[Told]:
    """The addresses in a notice with the words on each, in order, each once.

    The transcript of a session is meant first, then lines that begin with an address, then those
    that name one in a sentence.
    """
    if transcript := _transcript(text):
        return transcript
    started = _START.search(text)
    text = text[started.end() :] if started and "@" in text[started.end() :] else text
    found = [(match.start(), match[1] or match[2]) for match in _LINE.finditer(text)]
    if not found:
        found = [(match.start(), match[1]) for match in _ANY.finditer(text)][:1]
    if not found:
        found = [(match.start(), match[0]) for match in re.finditer(ADDRESS, text)][:1]
    parts: dict[str, str] = {}
    names: dict[str, str] = {}
    for index, (start, address) in enumerate(found[:MOST_ADDRESSES]):
        end = found[index + 1][0] if index + 1 < len(found) else len(text)
        key = address.lower()
        names.setdefault(key, address)
        parts[key] = parts.get(key, "") + text[start:end] + "\n"
    return [Told(address=names[key], text=words) for key, words in parts.items()]


def _transcript(text: str) -> list[Told]:
    """The addresses in the transcript of an SMTP session, with what was asked and answered."""
    if not _ANSWERED.search(text):
        return []
    asked = answered = ""
    parts: dict[str, str] = {}
    for line in text.split("\n"):
        line = line.strip().removeprefix("> ").removeprefix("Sent ").removeprefix("Received ")
        if match := re.match(r"(?:>>>|In:)\s*(.*)", line):
            asked, answered = line.replace("In: ", ">>> "), ""
            if match := re.match(rf"(?:>>>|In:)\s*RCPT TO:\s*<({ADDRESS})>", line, re.I):
                parts.setdefault(match[1], "")
        elif re.match(r"(?:<<<|Out:)\s*[45]\d\d", line):
            answered = answered or line.replace("Out: ", "<<< ")
            if "Out:" in line and parts:
                parts[next(iter(parts))] += f"{asked}\n{answered}\n"
        elif match := re.match(rf"[45]\d\d (?:\d\.\d\.\d )?<?({ADDRESS})>?\.\.\.(.*)", line):
            own = match[2] if reply_in(match[2], "") else answered or line
            parts[match[1]] = parts.get(match[1], "") + f"{asked}\n<<< {own.lstrip('< ')}\n"
    return [Told(address=one, text=words) for one, words in parts.items() if words]


def diagnosis_in(text: str) -> str:
    """What the other server said, where the notice says so in a sentence; else all of it."""
    found = re.search(
        r"(?:error that the other server returned was"
        r"|the response (?:from the remote server )?was"
        r"|remote (?:host|server) (?:said|returned|responded)|responded with failure"
        r"|reason for the problem|server message)\s*:?\s*(.+)",
        text,
        re.I | re.S,
    )
    text = found[1] if found else text
    # Qmail adds this to every trouble that it met until the end.
    rest = _GAVE_UP.sub("", text)
    return rest if re.search(r"[a-z]{4}", re.sub(ADDRESS, "", rest)) else text


def command_in(text: str) -> str:
    """The SMTP command whose answer was the refusal: RCPT, DATA, MAIL, CONN; "" if unknown."""
    refused = _REFUSAL.search(text)
    if refused:
        return _command(refused[1])
    text = re.sub(r"[ \t]*\n[ \t]+", " ", text)
    for pattern, command in _COMMANDS:
        found = pattern.search(text)
        if found:
            return command or _command(found[1])
    return ""


def status_in(text: str) -> str:
    """The enhanced status code in a text that tells most: a whole "5.0.0" only if no other."""
    found = [match[0] for match in _STATUS.finditer(text) if match[1] in "45"]
    return min(found, key=vagueness, default="")


def vagueness(status: str) -> int:
    """How little a status code tells: 0 for one that names a trouble."""
    _, _, rest = status.partition(".")
    if rest == "0.0":
        return 2
    return 1 if rest.endswith(".0") or rest.startswith("0.") or rest == "4.7" else 0


def reply_in(text: str, status: str) -> str:
    """The first SMTP reply code in a text, if it is of the same class as the status code."""
    text = re.sub(r"https?://\S+", " ", text)
    for match in _REPLY.finditer(text):
        if match[1] in _REPLIES and (not status or status[0] == match[1][0]):
            return match[1]
    return ""


def _command(word: str) -> str:
    word = word.upper()
    if word in ("HELO", "EHLO"):
        return "CONN"
    return "DATA" if word == "PIPELINED" else word
