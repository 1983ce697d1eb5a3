"""Who is asking, and what they may see."""

from __future__ import annotations

from dataclasses import dataclass

from redphone.core.stream import DeskError
from redphone.records.models.person import Role

STAFF = frozenset(Role.values) - {Role.CUSTOMER.value}
"""The roles of the desk's own people."""

MANAGERS = frozenset({Role.SUPPORT_MANAGER.value, Role.EXECUTIVE.value, Role.ADMIN.value})
"""Those who answer for the desk."""


class NotYours(DeskError):
    """There is nothing here that you may see. Check the address, or sign in as someone else."""


class NotAllowed(DeskError):
    """Your role may not do this. Ask someone whose role may."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asker:
    """Who is asking. `person_id` and `role` are None for someone who has not signed in.

    `customer_id` is the organisation that they belong to, for a customer's people.
    """

    person_id: int | None = None
    role: str | None = None
    customer_id: int | None = None

    @property
    def is_staff(self) -> bool:
        """Whether they are one of the desk's own people, who may see every case."""
        return self.role in STAFF

    @property
    def is_customer(self) -> bool:
        return self.role == Role.CUSTOMER and self.customer_id is not None

    @property
    def is_manager(self) -> bool:
        return self.role in MANAGERS

    @property
    def is_admin(self) -> bool:
        return self.role == Role.ADMIN

    @property
    def actor(self) -> str:
        """The name under which entries know them."""
        return f"person:{self.person_id}" if self.person_id else "anonymous"


ANYONE = Asker()
"""Someone who has not signed in."""


def require_staff(asker: Asker) -> None:
    """Raises: NotYours, for everyone but the desk's own people."""
    if not asker.is_staff:
        raise NotYours


def require_role(asker: Asker, *roles: str) -> None:
    """An admin may do whatever one of the desk's own people may.

    Raises:
        NotYours: they are none of the desk's own people.
        NotAllowed: their role is not among these.
    """
    require_staff(asker)
    if not asker.is_admin and asker.role not in roles:
        raise NotAllowed
