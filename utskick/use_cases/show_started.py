"""What a package dispatch that was just started will do: counts only, so no log is due."""

from dataclasses import dataclass

from utskick.domain.calendar import LocalMoment
from utskick.domain.dispatches import Dispatch, DispatchId, RecipientState
from utskick.domain.occasions import Occasion
from utskick.domain.rules import Rules
from utskick.domain.units import Actor
from utskick.records import Store


@dataclass(frozen=True, slots=True, kw_only=True)
class StartedOccasion:
    """`warning` if it is early or late in the day."""

    occasion: Occasion
    warning: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class StartedPackage:
    dispatch: Dispatch
    occasions: tuple[StartedOccasion, ...]
    recipients: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ShowStarted:
    store: Store
    rules: Rules

    def __call__(self, dispatch_id: DispatchId, *, actor: Actor) -> StartedPackage:
        """Raises `NotFound`."""
        with self.store.transaction() as records:
            dispatch = records.dispatches.get_for(actor.unit_id, dispatch_id)
            recipients = records.dispatches.count_recipients(dispatch.id, RecipientState.ACTIVE)
        return StartedPackage(
            dispatch=dispatch,
            occasions=tuple(
                StartedOccasion(
                    occasion=occasion,
                    warning=self.rules.window.warning_for(
                        LocalMoment(occasion.local_date, occasion.local_time)
                    ),
                )
                for occasion in dispatch.occasions
            ),
            recipients=recipients,
        )
