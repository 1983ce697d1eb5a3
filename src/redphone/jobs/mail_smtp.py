"""The SMTP and LMTP door: mail for our own addresses, answered 250 only after its commit.

It relays nothing. Who sends too fast is slowed down; only the absurd is put off, by a 4xx that
makes an honest server come again. A database that is away is a 451, never a lost mail.
"""

from __future__ import annotations

import asyncio
import ipaddress
import logging
import math
import ssl
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from aiosmtpd.lmtp import LMTP
from aiosmtpd.smtp import SMTP, Envelope, Session

from redphone import clock
from redphone.channels.mail.arrived import Arrived
from redphone.jobs.mail_gather import Gather, Peer

log = logging.getLogger(__name__)

LONGEST_LINE = 1024 * 1024
"""Bytes. Programs write lines far longer than the 998 that they may; no mail is lost for that."""

TIMEOUT = 300.0
"""Seconds for one command, and for all the data of one mail."""

MOST_CONNECTIONS = 100
MOST_FROM_ONE = 40

MOST_HELD = 512 * 1024 * 1024
"""Bytes that all connections together hold of mails that are not committed yet."""

ALWAYS_HELD = 1024 * 1024
"""So much of one mail is held all the same: only large ones are put off when memory is short."""

ABSURD = 4
"""Times the largest size: who goes on after that, perhaps within one line, is cut off."""

MOST_RECIPIENTS = 20
COMMANDS = {"MAIL": 2000, "RCPT": 10_000, "DATA": 2000, "RSET": 4000, "*": 50}
"""How often each may be said on one connection."""

A_MINUTE = 60.0
SLOWED_FROM = 3000
PUT_OFF_FROM = 20_000
"""Mails of one peer in a minute: from here on each is delayed, from there on put off."""

LONGEST_DELAY = 5.0

NOT_OURS = "550 5.7.1 This desk takes mail for its own addresses only."
AWAY = "451 4.3.0 The desk can't keep your mail at this moment. Try again; by phone at any hour."


@dataclass(slots=True)
class Gate:
    """Who is connected, how much each peer has sent this minute, and what all hold in memory."""

    most: int = MOST_CONNECTIONS
    most_from_one: int = MOST_FROM_ONE
    slowed_from: int = SLOWED_FROM
    put_off_from: int = PUT_OFF_FROM
    most_held: int = MOST_HELD
    held: int = 0
    here: Counter[str] = field(default_factory=Counter)
    _sent: Counter[str] = field(default_factory=Counter)
    _since: float = field(default_factory=time.monotonic)

    def enter(self, peer: str) -> bool:
        """Whether one more connection of this peer is let in."""
        if self.here.total() >= self.most or self.here[peer] >= self.most_from_one:
            return False
        self.here[peer] += 1
        return True

    def leave(self, peer: str) -> None:
        self.here[peer] -= 1
        if self.here[peer] <= 0:
            del self.here[peer]

    def delay(self, peer: str) -> float | None:
        """How many seconds the next mail of this peer has to wait; None: it shall come again."""
        now = time.monotonic()
        if now - self._since >= A_MINUTE:
            self._sent.clear()
            self._since = now
        self._sent[peer] += 1
        if self._sent[peer] > self.put_off_from:
            return None
        over = self._sent[peer] - self.slowed_from
        return min(max(0, over) * 0.01, LONGEST_DELAY)


@dataclass(slots=True)
class Door:
    """What the server does with mail. `addresses` gives ours, None while they aren't known."""

    gather: Gather
    addresses: Callable[[], frozenset[str] | None]
    kind: str = "smtp"
    checks_dns: bool = False
    gate: Gate = field(default_factory=Gate)
    taken: int = 0

    async def handle_RCPT(
        self,
        server: SMTP,
        session: Session,
        envelope: Envelope,
        address: str,
        options: list[str],
    ) -> str:
        ours = self.addresses()
        if ours is None:
            return AWAY
        if plain(address) not in ours:
            return NOT_OURS
        # LMTP answers for each recipient apart; a copy for the next one is the same mail to us.
        most = 1 if self.kind == "lmtp" else MOST_RECIPIENTS
        if len(envelope.rcpt_tos) >= most:
            return "452 4.5.3 Too many recipients in one mail. Send the others a copy."
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        ip = peer_of(session)
        delay = self.gate.delay(ip)
        if delay is None:
            return "451 4.7.1 Too many mails in a minute. Try again; by phone at any hour."
        if delay:
            await asyncio.sleep(delay)
        peer = self._peer(ip, session)
        try:
            outcome = await self.gather.bring(self._arrived(peer, session, envelope), peer)
        except Exception as error:  # Whatever it is, the sender keeps the mail and comes again.
            log.warning("a mail of %s was put off: %s", ip, error)
            return AWAY
        self.taken += 1
        return f"250 2.0.0 {'Taken' if outcome.is_new else 'Known'}: {outcome.mail}"

    def _peer(self, ip: str, session: Session) -> Peer:
        is_near = self.kind == "lmtp" or is_near_by(ip)
        return Peer(
            ip=ip,
            helo=str(session.host_name or ""),
            is_near=is_near,
            is_proven_here=self.checks_dns and not is_near,
        )

    def _arrived(self, peer: Peer, session: Session, envelope: Envelope) -> Arrived:
        content = envelope.original_content or b""
        notes = {"peer": peer.ip, "helo": peer.helo[:200], "tls": "yes" if session.ssl else "no"}
        return Arrived(
            raw=content,
            door=self.kind,
            at=clock.now(),
            mail_from=envelope.mail_from or "",
            recipients=tuple(plain(each) for each in envelope.rcpt_tos),
            notes={name: value for name, value in notes.items() if value},
        )

    async def handle_exception(self, error: Exception) -> str:
        log.error("a mail session failed", exc_info=error)
        return AWAY


def plain(address: str) -> str:
    """An address as ours are written: no capitals, nothing behind a plus sign."""
    name, at, domain = address.strip().lower().rpartition("@")
    return f"{name.partition('+')[0]}{at}{domain}"


def peer_of(session: Session) -> str:
    """The address of whoever is connected; "local" by a socket of this machine."""
    return _name(session.peer)


def is_near_by(ip: str) -> bool:
    """Whether a peer is a machine of the operator's own network."""
    try:
        return not ipaddress.ip_address(ip).is_global
    except ValueError:
        return True


class Line(SMTP):
    """One connection, counted at the gate."""

    line_length_limit = LONGEST_LINE
    _is_in = False
    _came_from = ""
    _held = 0
    _is_cut = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        upgraded = self._original_transport is not None
        if not upgraded:
            self._came_from = _peer_name(transport)
            self._is_in = self.event_handler.gate.enter(self._came_from)
            if not self._is_in:
                log.warning("too many connections: %s is put off", self._came_from)
                assert isinstance(transport, asyncio.Transport)
                transport.write(b"421 4.7.0 Too many connections. Try again.\r\n")
                # The session itself is still set up, and ends with the transport.
                transport.close()
        super().connection_made(transport)

    def data_received(self, data: bytes) -> None:
        if self._is_cut:
            return
        gate = self.event_handler.gate
        self._held += len(data)
        gate.held += len(data)
        if self._held > ABSURD * (self.data_size_limit or math.inf):
            self._cut(b"552 5.3.4 That is no mail.\r\n")
        elif self._held > ALWAYS_HELD and gate.held > gate.most_held:
            log.warning("too much mail at once: %s is put off", self._came_from)
            self._cut(b"421 4.3.1 Too much mail at once. Try again; by phone at any hour.\r\n")
        else:
            super().data_received(data)

    def _cut(self, why: bytes) -> None:
        self._is_cut = True
        assert isinstance(self.transport, asyncio.Transport)
        self.transport.write(why)
        # What was read goes with the session, which ends with the transport.
        self.transport.close()

    def _set_post_data_state(self) -> None:
        self._let_go()
        super()._set_post_data_state()  # type: ignore[no-untyped-call]

    def _let_go(self) -> None:
        self.event_handler.gate.held -= self._held
        self._held = 0

    def connection_lost(self, error: Exception | None) -> None:
        self._let_go()
        if self._is_in:
            self._is_in = False
            self.event_handler.gate.leave(self._came_from)
        super().connection_lost(error)


class LmtpLine(Line, LMTP):
    """The same for LMTP."""


def _peer_name(transport: asyncio.BaseTransport) -> str:
    return _name(transport.get_extra_info("peername"))


def _name(peer: Any) -> str:
    return str(peer[0]) if isinstance(peer, tuple) and peer else "local"


def line(
    door: Door, *, largest: int, tls: ssl.SSLContext | None = None, timeout: float = TIMEOUT
) -> Callable[[], Any]:
    """What makes the protocol of each new connection."""
    kind = LmtpLine if door.kind == "lmtp" else Line

    def connect() -> Any:
        return kind(
            door,
            data_size_limit=largest,
            enable_SMTPUTF8=True,
            hostname="redphone",
            ident="Redphone",
            tls_context=tls,
            timeout=timeout,
            command_call_limit=COMMANDS,
            loop=asyncio.get_running_loop(),
        )

    return connect


def tls_context(cert: str, key: str) -> ssl.SSLContext | None:
    """What STARTTLS is spoken with; None without a certificate."""
    if not cert:
        return None
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(cert, key or None)
    return context
