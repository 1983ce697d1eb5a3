"""What somebody has to settle or to accept before an imported schedule is saved."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field

from redphone.actions.import_trial import Trial
from redphone.actions.rota import RotaError


class Unimportable(RotaError):
    """This schedule can't be imported like that."""


class SourceBroken(Unimportable):
    """Nothing could be read:"""


class NobodyIsNamed(Unimportable):
    """The schedule puts nobody on call in the year to come. There is nothing to save."""


class NotSomebodyOfTheDesk(Unimportable):
    """Say for each of these who they are here:"""


class SomethingIsLost(Unimportable):
    """Not all of it can be taken over. Accept by name what is left out:"""


class ItDiffers(Unimportable):
    """The plan names others than the source does. Look at each difference, then accept them."""


class APlanStands(Unimportable):
    """The team has a plan already, which this would take the place of. Say that it may:"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Consent:
    """What somebody knows and wants all the same.

    `lost` names what may be left out, `differences` that the proof was looked at, `replaces` that
    the team's present plan ends, `holes` that the holes ahead are known.
    """

    lost: Collection[str] = field(default_factory=tuple)
    differences: bool = False
    replaces: bool = False
    holes: bool = False


def require(trial: Trial, consent: Consent, *, standing: str) -> None:
    """Let a trial pass of which all is settled or accepted. `standing` is the plan it would end.

    Raises:
        SourceBroken, NobodyIsNamed, NotSomebodyOfTheDesk, SomethingIsLost, ItDiffers,
        APlanStands: the first thing that is not.
    """
    if trial.found.broken:
        raise SourceBroken(trial.found.broken)
    if not trial.rota.layers and not trial.rota.overrides:
        raise NobodyIsNamed
    if trial.unmatched:
        unknown = (each.who.name or each.who.key for each in trial.unmatched)
        raise NotSomebodyOfTheDesk(_listed(unknown))
    lost = [each.name for each in trial.found.lost if each.name not in consent.lost]
    if lost:
        raise SomethingIsLost(_listed(lost))
    if trial.proof and not trial.proof.holds and not consent.differences:
        raise ItDiffers
    if standing and not consent.replaces:
        raise APlanStands(f"{standing}.")


def _listed(names: Iterable[str]) -> str:
    found = list(dict.fromkeys(names))
    more = f" and {len(found) - 20} more" if len(found) > 20 else ""
    return "; ".join(found[:20]) + more + "."
