"""What staff may refer to in an inbox message, and what it stands for."""

from collections.abc import Mapping
from datetime import datetime

from utskick.domain.calendar import default_answer_by
from utskick.domain.dispatches import Dispatch
from utskick.domain.occasions import Occasion
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
"""Nothing of these is the recipient's own, so that one rendering serves all."""


def values_for(
    dispatch: Dispatch, occasion: Occasion, unit: Unit, *, now: datetime
) -> Mapping[str, str]:
    """The placeholders' values at one occasion."""
    sent_on = max(now, occasion.sends_at).astimezone(occasion.zone).date()
    answer_by = dispatch.answer_by or default_answer_by(sent_on)
    return {
        "enhet": unit.name,
        "kontakt": unit.phone,
        "titel": dispatch.heading,
        "antal_formular": str(len(dispatch.forms)),
        "besvaras_senast": f"{answer_by:%Y-%m-%d}",
        "tillfalle": str(occasion.number),
        "antal_tillfallen": str(len(dispatch.occasions)),
    }
