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


def show_started(
    dispatch_id: DispatchId, *, actor: Actor, store: Store, rules: Rules
) -> StartedPackage:
    """Raises `NotFound`."""
    with store.transaction() as records:
        dispatch = records.dispatches.get_for(actor.unit_id, dispatch_id)
        recipients = records.dispatches.count_recipients(dispatch.id, RecipientState.ACTIVE)
    return StartedPackage(
        dispatch=dispatch,
        occasions=tuple(
            StartedOccasion(
                occasion=occasion,
                warning=rules.window.warning_for(
                    LocalMoment(occasion.local_date, occasion.local_time)
                ),
            )
            for occasion in dispatch.occasions
        ),
        recipients=recipients,
    )
