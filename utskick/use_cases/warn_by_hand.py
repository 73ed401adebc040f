"""What staff should know before they send an occasion by hand: it is sent at whatever hour."""

from dataclasses import dataclass
from datetime import datetime

from utskick.domain.occasions import OccasionId
from utskick.domain.rules import Rules
from utskick.domain.units import Actor
from utskick.records import Store


@dataclass(frozen=True, slots=True, kw_only=True)
class WarnByHand:
    store: Store
    rules: Rules

    def __call__(self, occasion_id: OccasionId, *, actor: Actor, now: datetime) -> list[str]:
        """Whether it is early or late in the day to notify anybody. Raises `NotFound`."""
        with self.store.transaction() as records:
            dispatch, _ = records.dispatches.of_occasion(occasion_id)
            dispatch = records.dispatches.get_for(actor.unit_id, dispatch.id)
            unit = records.units.get(actor.unit_id)
        notifies = dispatch.creates_inbox_message
        warning = self.rules.warning_now(now, unit=unit) if notifies else None
        return [warning] if warning else []
