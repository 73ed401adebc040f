"""Tables for operators: numbers and reasons, nobody's name."""

from collections.abc import Sequence

from utskick.domain.deliveries import REFUSAL_LABELS, DeliveryState
from utskick.records import FormSummary


def form_table(forms: Sequence[FormSummary]) -> list[dict[str, str | int]]:
    """Per form: planned, sent, and not sent by reason."""
    return [
        {
            "Formulär": form.form_name,
            "Planerade": form.planned,
            "Skickade": form.sent,
            "Ej skickade": form.refused,
            "Skäl": ", ".join(
                f"{REFUSAL_LABELS[w]}: {n}" for w, n in form.refused_because.items()
            ),
            "Osäkra": form.by_state.get(DeliveryState.MANUAL, 0)
            + form.by_state.get(DeliveryState.UNKNOWN, 0),
        }
        for form in forms
    ]
