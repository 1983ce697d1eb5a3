"""A telephone provider to try calls and SMS with: a real HTTP program of the same wire format.

It takes calls and SMS, calls back signed as a real one does, and plays what it is told to say.
What it rang is kept, so that "rang twice" can be asked. It can be slow, say yes and do nothing,
refuse, and lose its answer after having taken something.
"""

from __future__ import annotations

import secrets
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from email.utils import formatdate
from enum import StrEnum
from typing import Any
from urllib.parse import urlencode, urljoin
from xml.etree import ElementTree

import urllib3

from redphone.channels.hotline.signature import sign

Deliver = Callable[[str, dict[str, str], str], tuple[int, str]]
"""Posts a form to an address, with its signature: the status and the body of the answer."""

RINGING = ("queued", "initiated", "ringing")
LIVE = (*RINGING, "in-progress")


class Mood(StrEnum):
    """How the provider is: what it does with a request.

    IDLE takes it with a 201 and nothing ever comes of it; LOSES takes it and gives no answer, and
    FORGETS gives none and has not taken it; CRASHES takes it and says 500, MUMBLES says 200 and
    nothing of it. DENIES is an account that is out of money.
    """

    WELL = "well"
    IDLE = "idle"
    SLOW = "slow"
    BUSY = "busy"
    DOWN = "down"
    LOSES = "loses"
    FORGETS = "forgets"
    CRASHES = "crashes"
    MUMBLES = "mumbles"
    DENIES = "denies"


@dataclass
class Rung:
    """One call or SMS. `heard` is what was said on the line; `keys` where a key is posted to."""

    sid: str
    kind: str
    form: dict[str, str]
    status: str = "queued"
    direction: str = "outbound-api"
    created: str = field(default_factory=lambda: formatdate(usegmt=True))
    heard: list[str] = field(default_factory=list)
    keys: str = ""

    @property
    def to(self) -> str:
        return self.form["To"]

    @property
    def is_live(self) -> bool:
        return self.status in LIVE

    def as_json(self) -> dict[str, Any]:
        body = {"body": self.form["Body"]} if self.kind == "text" else {}
        return {
            "sid": self.sid,
            "to": self.to,
            "from": self.form.get("From", ""),
            "status": self.status,
            "direction": self.direction,
            "date_created": self.created,
        } | body


@dataclass
class Exchange:
    """The provider itself. `dead` are numbers that it refuses, each with its code.

    `public` is the desk's address; `is_double` has it tell everything twice, and in disorder;
    `moved_to` is where it sends everybody instead.
    """

    public: str
    deliver: Deliver
    account: str = "AC" + "0" * 32
    token: str = "only for tests"
    mood: Mood = Mood.WELL
    slow_s: float = 0.0
    dead: dict[str, int] = field(default_factory=dict)
    is_double: bool = False
    moved_to: str = ""
    on_taken: Callable[[Rung], None] = lambda rung: None
    rung: list[Rung] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)
    lock: threading.RLock = field(default_factory=threading.RLock)

    def calls(self, to: str = "") -> list[Rung]:
        """The calls that were made, to one number or to all."""
        return [each for each in self.rung if each.kind == "call" and to in ("", each.to)]

    def texts(self, to: str = "") -> list[Rung]:
        """The SMS that were sent."""
        return [each for each in self.rung if each.kind == "text" and to in ("", each.to)]

    def named(self, sid: str) -> Rung | None:
        return next((each for each in self.rung if each.sid == sid), None)

    def take(self, kind: str, form: dict[str, str]) -> Rung:
        """Keep one call or SMS, as if it were on its way."""
        sid = ("CA" if kind == "call" else "SM") + secrets.token_hex(16)
        made = Rung(sid=sid, kind=kind, form=form)
        with self.lock:
            self.rung.append(made)
        if self.mood is not Mood.IDLE:
            self.on_taken(made)
        return made

    # ── What telephones do ───────────────────────────────────────────────────────────────────

    def tell(self, rung: Rung, status: str, **more: str) -> list[int]:
        """Tell the desk what became of it; the status of each answer."""
        rung.status = status
        url = rung.form.get("StatusCallback")
        if not url:
            return []
        name = "CallStatus" if rung.kind == "call" else "MessageStatus"
        form = self._about(rung) | {name: status} | more
        told = [form, form] if self.is_double else [form]
        if self.is_double and status == "ringing":
            told.append(form | {name: "initiated"})
        return [self._post(url, each)[0] for each in told]

    def pick_up(self, rung: Rung) -> str:
        """Somebody, or a voicemail box, answers; what they hear."""
        if inline := rung.form.get("Twiml"):
            rung.status = "in-progress"
            return self._play(rung, inline)
        self.tell(rung, "in-progress")
        return self._ask(rung, rung.form["Url"], {})

    def press(self, rung: Rung, key: str) -> str:
        """A key on the line; what is heard next, "" when nobody waits for one."""
        if not rung.keys or not rung.is_live:
            return ""
        return self._ask(rung, rung.keys, {"Digits": key})

    def hang_up(self, rung: Rung) -> None:
        """The line is over, by whoever was rung."""
        self.tell(rung, "completed", CallDuration="12")

    def write(self, sender: str, body: str, *, to: str = "", sid: str = "") -> tuple[int, str]:
        """An SMS to the desk: the status, and the words that were sent back."""
        form = {
            "MessageSid": sid or "SM" + secrets.token_hex(16),
            "AccountSid": self.account,
            "From": sender,
            "To": to or "+15005550006",
            "Body": body,
        }
        status, answer = self._post(f"{self.public}/phone/sms", form)
        if status != 200:
            return status, answer
        root = ElementTree.fromstring(answer)
        return status, " ".join("".join(each.itertext()).strip() for each in root)

    def _about(self, rung: Rung) -> dict[str, str]:
        sid = "CallSid" if rung.kind == "call" else "MessageSid"
        sent = {"To": rung.to, "From": rung.form.get("From", "")}
        return {sid: rung.sid, "AccountSid": self.account, **sent}

    def _ask(self, rung: Rung, url: str, more: dict[str, str]) -> str:
        form = self._about(rung) | {"CallStatus": "in-progress"} | more
        status, answer = self._post(url, form)
        if status != 200:
            self.hang_up(rung)
            return f"an application error has occurred ({status})"
        return self._play(rung, answer, url)

    def _play(self, rung: Rung, twiml: str, url: str = "") -> str:
        """What a document says; the line stays open while it waits for a key."""
        # Our own desk's answer, and a parser that loads nothing from elsewhere.
        root = ElementTree.fromstring(twiml)
        gather = root.find("Gather")
        rung.keys = urljoin(url, gather.get("action", url)) if gather is not None else ""
        within = gather if gather is not None else root
        says = [" ".join((each.text or "").split()) for each in within.iter("Say")]
        heard = " ".join(dict.fromkeys(says))
        rung.heard.append(heard)
        if gather is None:
            self.hang_up(rung)
        return heard

    def _post(self, url: str, form: dict[str, str]) -> tuple[int, str]:
        return self.deliver(url, form, sign(self.token, url, form))


def over_http(*, public: str, reached: str) -> Deliver:
    """Callbacks over the network. `reached` is where the desk really is."""
    pool = urllib3.PoolManager(retries=False, timeout=15.0)

    def deliver(url: str, form: dict[str, str], signature: str) -> tuple[int, str]:
        try:
            answer = pool.request(
                "POST",
                reached + url.removeprefix(public),
                body=urlencode(form),
                headers={
                    "Content-Type": "application/x-www-form-urlencoded",
                    "X-Twilio-Signature": signature,
                },
            )
        except urllib3.exceptions.HTTPError as error:
            return 502, type(error).__name__
        return answer.status, answer.data.decode("utf-8", "replace")

    return deliver
