"""A booking system during a storm: it books visits, moves them away and back, and cancels them."""

from collections.abc import Sequence
from datetime import time, timedelta
from random import Random

from sqlalchemy import Engine, text

from tests.chaos.visits import day_of, hand_in, standings, start_visits
from utskick.domain.personnummer import Personnummer
from utskick.domain.visit_messages import VisitMessage, VisitStamp
from utskick.domain.visits import VisitState
from utskick.wiring import Services

_MOMENTS_AFTER_S = (12, 24, 36, 48)
"""Some are there at once; what comes after one has passed is sent at the next full minute."""
_FORMS = 2
_AWAY = timedelta(days=7)
_CANCELS, _MOVES_AWAY = 0.15, 0.4
_TWICE = text(
    "SELECT count(*) FROM (SELECT delivery.person_id FROM delivery"
    " JOIN dispatch ON dispatch.id = delivery.dispatch_id"
    " WHERE dispatch.kind = 'visit' AND delivery.state IN ('sent', 'manual')"
    " GROUP BY delivery.person_id, delivery.template_id HAVING count(*) > :moments) AS twice"
)


class BookingSystem:
    """Each person has one visit, called by their place in the list. `said` counts messages."""

    def __init__(self, services: Services, numbers: Sequence[str], chance: Random) -> None:
        self.said = 0
        self._services = services
        self._numbers = numbers
        self._chance = chance
        self._booked: set[int] = set()

    def speak(self) -> None:
        """Say one thing about somebody's visit. Raises what the database raises."""
        if not standings(self._services):
            start_visits(self._services, forms=_FORMS, after_s=_MOMENTS_AFTER_S)
        drawn, place = self._chance.random(), self._chance.randrange(len(self._numbers))
        self._say(place, away=drawn < _MOVES_AWAY, cancelled=drawn < _CANCELS)

    @property
    def has_booked(self) -> bool:
        return bool(self._booked)

    def finish(self) -> None:
        """No visit is left that lies days ahead."""
        for place in sorted(self._booked):
            self._say(place, cancelled=True)

    def sent_twice(self, engine: Engine) -> int:
        """Persons who have a form more often than the package has moments before a visit."""
        with engine.connect() as connection:
            found = connection.scalar(_TWICE, {"moments": len(_MOMENTS_AFTER_S)})
        return found or 0

    def _say(self, place: int, *, away: bool = False, cancelled: bool = False) -> None:
        (standing,) = standings(self._services)
        self.said += 1
        message = VisitMessage(
            reference=f"b{place}",
            state=VisitState.CANCELLED if cancelled else VisitState.BOOKED,
            personnummer=Personnummer(self._numbers[place]),
            day=day_of(standing) + (_AWAY if away else timedelta()),
            at=time(23, 59),
            stamp=VisitStamp(sequence=self.said),
        )
        hand_in(self._services, message)
        (self._booked.discard if cancelled else self._booked.add)(place)
