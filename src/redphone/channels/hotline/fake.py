"""A voice provider to try the hotline with: places calls, hears our TwiML, tells us what happens.

It is a real HTTP program: it posts signed callbacks to the desk's own address and does what the
answers say (Say, Play, Pause, Gather, Record, Dial, Redirect, Hangup, Reject). What the people on
the line do is a `Script`. Callbacks that nobody hears can be dropped, or kept back to be sent in
another order; any can be sent again.
"""

from __future__ import annotations

import contextlib
import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from urllib.parse import urlencode, urljoin, urlsplit
from xml.etree import ElementTree

import urllib3

from redphone.channels.hotline.script import Heard, Pickup, Script
from redphone.channels.hotline.signature import sign

MOST_STEPS = 100
"""Documents that one call may take; a menu that leads back to itself would have no end."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Post:
    """One callback: the address as we know it, its form, and whether somebody hears the answer."""

    url: str
    form: dict[str, str]
    is_heard: bool

    @property
    def step(self) -> str:
        return urlsplit(self.url).path.strip("/").rpartition("/")[2]


@dataclass
class Provider:
    """The provider, as one desk knows it.

    `public` is the desk's address as it calls itself, which is signed; `reached` where it really
    is. `account` is our name at the provider. `recording_url` is where recordings lie. `tell` is
    told what is heard on the line; what `drops` says yes to is never sent.
    """

    public: str
    token: str
    reached: str = ""
    account: str = "AC" + "0" * 32
    recording_url: str = "https://api.twilio.com/recordings/"
    tell: Callable[[Heard], None] = lambda heard: None
    drops: Callable[[Post], bool] = lambda post: False
    _pool: urllib3.PoolManager = field(
        default_factory=lambda: urllib3.PoolManager(retries=False, timeout=30.0)
    )

    def call(
        self, script: Script, *, caller: str, called: str, rehearsal: bool = False
    ) -> PlacedCall:
        """Place a call and play it to its end."""
        placed = PlacedCall(self, script, caller, called)
        placed.play(f"{self.public}/hotline/voice/{'?rehearsal=1' if rehearsal else ''}")
        return placed

    def send(self, post: Post, *, token: str | None = None) -> urllib3.BaseHTTPResponse:
        """Send one callback, signed; once more if it was sent before."""
        reached = (self.reached or self.public) + post.url.removeprefix(self.public)
        return self._pool.request(
            "POST",
            reached,
            body=urlencode(post.form),
            headers={
                "Content-Type": "application/x-www-form-urlencoded; charset=utf-8",
                "X-Twilio-Signature": sign(token or self.token, post.url, post.form),
            },
        )

    def close(self) -> None:
        self._pool.clear()


class Broken(Exception):
    """The desk's answer is nothing that a provider could play: the caller hears an error."""


class _Ended(Exception):
    """The caller's line is over."""


class PlacedCall:
    """One call. `posts` are the callbacks in the order in which they were made."""

    def __init__(self, provider: Provider, script: Script, caller: str, called: str) -> None:
        self.sid = "CA" + secrets.token_hex(16)
        self.posts: list[Post] = []
        self.heard: list[Heard] = []
        self.dialled: list[str] = []
        self._provider, self._script = provider, script
        self._form = {
            "CallSid": self.sid,
            "AccountSid": provider.account,
            "From": caller or "+266696687",
            "To": called,
            "Direction": "inbound",
            "ApiVersion": "2010-04-01",
        }

    @property
    def says(self) -> str:
        """All that the caller has heard."""
        return "\n".join(each.what for each in self.heard if each.who == "caller hears")

    def play(self, url: str) -> None:
        with contextlib.suppress(_Ended):
            self._go(url, {"CallStatus": "ringing"})
        status = f"{self._provider.public}/hotline/status/"
        self._tell(status, {"CallStatus": "completed", "CallDuration": "42"})

    # ── One document after the other ─────────────────────────────────────────────────────────

    def _go(self, url: str, more: dict[str, str]) -> None:
        for _ in range(MOST_STEPS):
            following = self._document(url, self._ask(url, more))
            if following is None:
                return
            url, more = following
        raise Broken(f"{self.sid} goes round in circles.")

    def _ask(self, url: str, more: dict[str, str]) -> ElementTree.Element:
        return self._read(self._post(url, {"CallStatus": "in-progress"} | more))

    def _read(self, answer: urllib3.BaseHTTPResponse) -> ElementTree.Element:
        if answer.status != 200:
            raise Broken(f"{answer.status}: {answer.data[:200].decode('utf-8', 'replace')}")
        # Our own desk's answer, and a parser that loads nothing from elsewhere.
        root = ElementTree.fromstring(answer.data)
        if root.tag != "Response":
            raise Broken(f"<{root.tag}> is no <Response>.")
        return root

    def _document(self, url: str, root: ElementTree.Element) -> tuple[str, dict[str, str]] | None:
        """Play one document; where to go on, or None at its end."""
        for verb in root:
            match verb.tag:
                case "Say" | "Play" | "Pause":
                    self._hear("caller hears", verb)
                case "Gather":
                    if (found := self._gather(verb, "caller")) is not None:
                        return urljoin(url, verb.get("action", url)), found
                case "Record":
                    if (found := self._record(verb)) is not None:
                        return urljoin(url, verb.get("action", url)), found
                case "Dial":
                    return urljoin(url, verb.get("action", url)), self._dial(verb)
                case "Redirect":
                    return urljoin(url, (verb.text or "").strip()), {}
                case "Hangup" | "Reject":
                    self._say("line", "the desk hangs up")
                    return None
                case _:
                    raise Broken(f"<{verb.tag}> is no verb that we know.")
        return None

    def _hear(self, who: str, verb: ElementTree.Element) -> None:
        words = " ".join((verb.text or "").split())
        self._say(who, words if verb.tag == "Say" else f"({verb.tag.lower()}) {words}")

    def _say(self, who: str, what: str) -> None:
        heard = Heard(who=who, what=what)
        self.heard.append(heard)
        self._provider.tell(heard)

    def _gather(self, verb: ElementTree.Element, who: str) -> dict[str, str] | None:
        """Ask for keys or words; None when nothing came and the document goes on."""
        for inner in verb:
            self._hear(f"{who} hears", inner)
        words = " ".join("".join(verb.itertext()).split())
        did = self._script.asked(words)
        if did.hangs_up:
            self._say(who, "hangs up")
            raise _Ended
        most = int(verb.get("numDigits", "99"))
        if did.digits:
            self._say(who, f"presses {did.digits}")
            return {"Digits": did.digits.split(verb.get("finishOnKey", "#"))[0][:most]}
        if did.speech and "speech" in verb.get("input", "dtmf"):
            self._say(who, f"says: {did.speech}")
            return {"SpeechResult": did.speech, "Confidence": "0.9"}
        return None

    def _record(self, verb: ElementTree.Element) -> dict[str, str] | None:
        did = self._script.recorded()
        if not did.speech:
            if did.hangs_up:
                self._say("caller", "hangs up")
                raise _Ended
            return None
        self._say("caller", f"says after the tone: {did.speech}")
        name = "RE" + secrets.token_hex(16)
        told = {
            "RecordingSid": name,
            "RecordingUrl": f"{self._provider.recording_url}{name}",
            "RecordingDuration": str(max(1, len(did.speech) // 12)),
        }
        if callback := verb.get("recordingStatusCallback"):
            self._tell(callback, {**told, "RecordingStatus": "completed"})
        if callback := verb.get("transcribeCallback"):
            said = {"TranscriptionText": did.speech, "TranscriptionStatus": "completed"}
            where = {key: told[key] for key in ("RecordingSid", "RecordingUrl")}
            self._tell(callback, {**where, **said})
        if did.hangs_up:
            self._say("caller", "hangs up")
            action = verb.get("action", "")
            self._post(action, {**told, "Digits": "hangup", "CallStatus": "completed"})
            raise _Ended
        return told

    # ── The other line ───────────────────────────────────────────────────────────────────────

    def _dial(self, verb: ElementTree.Element) -> dict[str, str]:
        number = verb.find("Number")
        rung = (number.text if number is not None else verb.text or "") or ""
        self.dialled.append(rung)
        pickup = self._script.rung(rung)
        self._say("line", f"rings {rung}: {pickup.status}")
        child = {"CallSid": "CA" + secrets.token_hex(16), "ParentCallSid": self.sid, "To": rung}
        child |= {"From": verb.get("callerId", self._form["From"]), "Direction": "outbound-dial"}
        if pickup.caller_hangs_up:
            self._say("caller", "hangs up")
            self._leg(number, child, "canceled")
            raise _Ended
        joined = pickup.status == "answered" and self._whisper(number, child, pickup)
        status = "completed" if joined else pickup.status
        self._leg(number, child, status if status != "answered" else "completed")
        if joined:
            self._say("line", "the caller and the person on call are joined")
        told = {
            "DialCallStatus": "completed" if pickup.status == "answered" else pickup.status,
            "DialCallSid": child["CallSid"],
            "DialBridged": "true" if joined else "false",
        }
        return told | ({"DialCallDuration": "35"} if joined else {})

    def _whisper(
        self, number: ElementTree.Element | None, child: dict[str, str], pickup: Pickup
    ) -> bool:
        """What the person who picked up hears, and whether the lines are joined after it."""
        url = number.get("url") if number is not None else None
        if not url:
            return True
        more = {**child, "CallStatus": "in-progress"}
        for _ in range(MOST_STEPS):
            following = self._callee(url, self._read(self._post(url, more)), pickup)
            if isinstance(following, bool):
                return following
            url, digits = following
            more = {**child, "CallStatus": "in-progress", "Digits": digits}
        return False

    def _callee(
        self, url: str, root: ElementTree.Element, pickup: Pickup
    ) -> bool | tuple[str, str]:
        for verb in root:
            match verb.tag:
                case "Say" | "Play" | "Pause":
                    self._hear("person on call hears", verb)
                case "Gather":
                    for inner in verb:
                        self._hear("person on call hears", inner)
                    if pickup.does.digits:
                        self._say("person on call", f"presses {pickup.does.digits}")
                        return urljoin(url, verb.get("action", url)), pickup.does.digits
                case "Hangup":
                    return False
                case _:
                    raise Broken(f"<{verb.tag}> is no verb for a whisper.")
        return True

    def _leg(self, number: ElementTree.Element | None, child: dict[str, str], status: str) -> None:
        callback = number.get("statusCallback") if number is not None else None
        if callback:
            self._tell(callback, {**child, "CallStatus": status})

    def _post(self, url: str, more: dict[str, str]) -> urllib3.BaseHTTPResponse:
        """A callback whose answer somebody hears."""
        post = Post(url=url, form=self._form | more, is_heard=True)
        self.posts.append(post)
        return self._provider.send(post)

    def _tell(self, url: str, more: dict[str, str]) -> None:
        """A callback that only tells something: it may get lost."""
        post = Post(url=url, form=self._form | more, is_heard=False)
        self.posts.append(post)
        if not self._provider.drops(post):
            self._provider.send(post)
