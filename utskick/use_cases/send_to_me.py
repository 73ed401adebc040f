"""Skicka till mig: a package dispatch as it stands, now, to one's own test resident."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from utskick.domain.calendar import LocalMoment
from utskick.domain.errors import NotFound
from utskick.domain.personnummer import Personnummer
from utskick.domain.rules import Rules
from utskick.domain.specs import DispatchSpec, OccasionSpec
from utskick.domain.units import Actor
from utskick.use_cases.start_dispatch import StartDispatch
from utskick.use_cases.submissions import Started, submission_key

_SOON = timedelta(minutes=2)


@dataclass(frozen=True, slots=True, kw_only=True)
class SendToMe(StartDispatch):
    """Sent as everything is sent, so that what arrives is what residents would get."""

    def has_resident(self, actor: Actor) -> bool:
        """Whether the settings name one for the person."""
        return actor.name in self.rules.trial_residents

    async def send_to_me(self, spec: DispatchSpec, *, actor: Actor, now: datetime) -> Started:
        """Within two minutes. Raises as a start, and `NotFound` for whoever has no resident.

        Pressed twice in a minute, it is one.
        """
        if not self.has_resident(actor):
            raise NotFound("test resident")
        resident = self.rules.personnummer(self.rules.trial_residents[actor.name], now)
        trial = trial_of(spec, resident, rules=self.rules, now=now)
        return await self(trial, actor=actor, submission_key=submission_key(trial), now=now)


def trial_of(
    spec: DispatchSpec, resident: Personnummer, *, rules: Rules, now: datetime
) -> DispatchSpec:
    """The same forms and texts, for the resident alone, at one occasion soon.

    It takes no other's place, and nothing keeps it from the resident who has tried before.
    """
    soon = (now + _SOON).astimezone(rules.zone).replace(second=0, microsecond=0)
    local = LocalMoment(soon.date(), soon.time())
    return spec.model_copy(
        update={
            "recipients": [resident.digits],
            "listed_recipients": [],
            "start": None,
            "occasions": [OccasionSpec(date=f"{local.date}", time=f"{local.time:%H:%M}")],
            "answer_by": None,
            "purge_after": None,
            "replaces": None,
            "replaces_as_seen": "",
            "adds_to": None,
            "leave_out_who_has_it": False,
            "leave_out_recently_sent": False,
        }
    )
