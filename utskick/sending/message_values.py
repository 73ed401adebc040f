"""What staff may refer to in an inbox message, and what it stands for."""

from collections.abc import Mapping
from datetime import datetime

from utskick.domain.dispatches import Dispatch
from utskick.domain.occasions import Occasion
from utskick.domain.schedules import AnswerBy
from utskick.domain.units import Unit

PLACEHOLDERS = (
    "enhet",
    "kontakt",
    "titel",
    "antal_formular",
    "besvaras_senast",
    "tillfalle",
    "antal_tillfallen",
)
"""None of them differs between recipients, so that one rendering serves all."""


def values_for(
    dispatch: Dispatch, occasion: Occasion, unit: Unit, *, now: datetime
) -> Mapping[str, str]:
    """The placeholders' values at one occasion."""
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
) -> Mapping[str, str]:
    """The placeholders' values, from what they are made of."""
    return {
        "enhet": unit.name,
        "kontakt": unit.phone,
        "titel": heading,
        "antal_formular": str(forms),
        "besvaras_senast": str(answer_by),
        "tillfalle": str(occasion),
        "antal_tillfallen": str(occasions),
    }
