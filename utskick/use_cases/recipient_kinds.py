"""Of what kinds the recipients of a dispatch may be, for whoever looks in a long list of them."""

from collections.abc import Callable, Mapping, Sequence

from utskick.domain.deliveries import DeliveryState
from utskick.domain.dispatches import Recipient, RecipientId, RecipientState
from utskick.domain.long_lists import ListKind
from utskick.domain.occasions import OccasionId
from utskick.domain.personnummer import Personnummer
from utskick.records import OccasionCell

_ByState = Mapping[DeliveryState, int]


def who(recipient: Recipient) -> tuple[str, Personnummer]:
    return recipient.name, recipient.personnummer


def kinds_of_dispatch(
    cells: Mapping[tuple[RecipientId, OccasionId], _ByState],
) -> list[ListKind[Recipient]]:
    """What there may be to see to, at whatever occasion."""
    states: dict[RecipientId, set[DeliveryState]] = {}
    for (recipient_id, _), by_state in cells.items():
        states.setdefault(recipient_id, set()).update(by_state)

    def fared(state: DeliveryState) -> Callable[[Recipient], bool]:
        return lambda each: state in states.get(each.id, ())

    return [
        ListKind("utan-avisering", "Ingen avisering", _unnotified),
        ListKind("ej-skickade", "Ej skickade", fared(DeliveryState.REFUSED)),
        ListKind("osakra", "Osäkra", fared(DeliveryState.MANUAL)),
        ListKind("utelamnade", "Utelämnade", lambda each: bool(each.left_out_because)),
        ListKind("borttagna", "Borttagna", lambda each: each.state is RecipientState.REMOVED),
    ]


def kinds_of_occasion(
    forms: Mapping[RecipientId, Sequence[OccasionCell]],
    messages: Mapping[RecipientId, DeliveryState],
) -> list[ListKind[Recipient]]:
    """How they may have fared: in a form of theirs, or in their message."""

    def some(*states: DeliveryState) -> Callable[[Recipient], bool]:
        return lambda each: (
            messages.get(each.id) in states or any(cell.state in states for cell in forms[each.id])
        )

    def all_sent(each: Recipient) -> bool:
        return all(cell.state is DeliveryState.SENT for cell in forms[each.id])

    return [
        ListKind("skickade", "Skickade", all_sent),
        ListKind("ej-skickade", "Ej skickade", some(DeliveryState.REFUSED)),
        ListKind("osakra", "Osäkra", some(DeliveryState.MANUAL)),
        ListKind("kontrolleras", "Kontrolleras", some(DeliveryState.UNKNOWN)),
        ListKind("kvar", "Kvar", some(DeliveryState.PLANNED, DeliveryState.SENDING)),
    ]


def _unnotified(recipient: Recipient) -> bool:
    return recipient.state is RecipientState.ACTIVE and recipient.notified_by == ()
