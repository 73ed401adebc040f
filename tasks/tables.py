"""Tables for operators: numbers and reasons, nobody's name."""

from collections.abc import Mapping, Sequence

from utskick.adapters.prefect_deployments import as_written
from utskick.domain.deliveries import REFUSAL_LABELS, DeliveryState
from utskick.records import FormSummary
from utskick.use_cases.dry_run import DryRun


def written_out(
    rows: Sequence[Mapping[str, str | int]], *names: str
) -> list[dict[str, str | int]]:
    """The columns of `names` as they were typed: Prefect's pages take each cell for Markdown."""
    return [
        {
            column: as_written(str(cell)) if column in names else cell
            for column, cell in row.items()
        }
        for row in rows
    ]


def occasion_table(tried: DryRun) -> list[dict[str, str | int]]:
    """Each occasion of a dry run."""
    return [
        {
            "Tillfälle": each.occasion.number,
            "Skickas": f"{each.occasion.local:%Y-%m-%d %H:%M}",
            "Besvaras senast": f"{each.answer_by.day}",
            "Mottagare": tried.recipients,
        }
        for each in tried.occasions
    ]


def form_table(forms: Sequence[FormSummary]) -> list[dict[str, str | int]]:
    """Per form: planned, sent, and not sent by reason."""
    return [
        {
            "Formulär": as_written(form.form_name),
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
