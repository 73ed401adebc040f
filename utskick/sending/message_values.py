"""What the names in an inbox message stand for."""

from datetime import datetime

from utskick.domain.dispatches import Dispatch
from utskick.domain.message_names import MessageValues
from utskick.domain.occasions import Occasion
from utskick.domain.schedules import AnswerBy
from utskick.domain.units import Unit


def values_for(
    dispatch: Dispatch, occasion: Occasion, unit: Unit, *, now: datetime
) -> MessageValues:
    """The values at one occasion."""
    sent_on = max(now, occasion.sends_at).astimezone(occasion.zone).date()
    return values_of(
        unit,
        heading=dispatch.heading,
        forms=len(dispatch.forms),
        answer_by=dispatch.last_day(occasion, sent_on=sent_on),
        occasion=occasion.number,
        occasions=len(dispatch.occasions),
    )


def values_of(
    unit: Unit, *, heading: str, forms: int, answer_by: AnswerBy, occasion: int, occasions: int
) -> MessageValues:
    """The values, from what they are made of."""
    return {
        "enhet": unit.name,
        "kontakt": unit.phone,
        "titel": heading,
        "antal_formular": forms,
        "besvaras_senast": answer_by,
        "tillfalle": occasion,
        "antal_tillfallen": occasions,
        "forsta_tillfallet": occasion == 1,
        "sista_tillfallet": occasion == occasions,
    }
