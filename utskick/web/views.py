"""What REST and the command tell of a dispatch: Swedish labels, masked personnummer."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from pydantic import BaseModel, Field

from utskick.domain.deliveries import REFUSAL_LABELS, Refusal
from utskick.domain.dispatches import Dispatch, RecipientState
from utskick.records import FormSummary
from utskick.use_cases.list_dispatches import Shown
from utskick.use_cases.start_dispatch import Started

_RECIPIENT_LABELS = {
    RecipientState.ACTIVE: "Mottagare",
    RecipientState.LEFT_OUT: "Utelämnad",
    RecipientState.REMOVED: "Borttagen",
}


class FormView(BaseModel):
    name: str
    planned: int
    sent: int
    refused: dict[str, int] = Field(description="Skäl → antal")


class OccasionView(BaseModel):
    id: UUID
    number: int
    sends_at: datetime
    state: str
    late: bool


class DispatchView(BaseModel):
    id: UUID
    name: str
    title: str
    status: str
    occasions: list[OccasionView]
    forms: list[FormView]
    number_of_recipients: int | None = Field(default=None, description="I listan")


class RecipientView(BaseModel):
    id: UUID
    personnummer: str = Field(description="Maskerat")
    state: str
    reason: str = ""
    notified_by: list[str]


class OpenedView(DispatchView):
    recipients: list[RecipientView]


class StartedView(DispatchView):
    warnings: list[str]
    registered: bool = Field(
        description="Falskt om schemaläggaren är nere: tillfällena läggs in när den är tillbaka"
    )


def form_views(forms: Sequence[FormSummary]) -> list[FormView]:
    """Each form: how many were planned, sent, and refused for which reasons."""
    return [
        FormView(
            name=form.form_name,
            planned=form.planned,
            sent=form.sent,
            refused={REFUSAL_LABELS[why]: n for why, n in form.refused_because.items()},
        )
        for form in forms
    ]


def dispatch_view(
    dispatch: Dispatch, forms: Sequence[FormSummary] = (), *, recipients: int | None = None
) -> DispatchView:
    """A dispatch without its recipients, but perhaps with their number."""
    return DispatchView(
        id=dispatch.id,
        name=dispatch.name,
        title=dispatch.title,
        status=dispatch.label,
        occasions=[
            OccasionView(
                id=occasion.id,
                number=occasion.number,
                sends_at=occasion.local,
                state=occasion.label,
                late=occasion.late,
            )
            for occasion in dispatch.occasions
        ],
        forms=form_views(forms),
        number_of_recipients=recipients,
    )


def opened_view(shown: Shown) -> OpenedView:
    """A dispatch with its recipients, masked."""
    return OpenedView(
        **dispatch_view(shown.dispatch, shown.forms).model_dump(),
        recipients=[
            RecipientView(
                id=recipient.id,
                personnummer=str(recipient.personnummer),
                state=_RECIPIENT_LABELS[recipient.state],
                reason=REFUSAL_LABELS[Refusal(recipient.left_out_because)]
                if recipient.left_out_because
                else "",
                notified_by=list(recipient.notified_by),
            )
            for recipient in shown.recipients
        ],
    )


def started_view(started: Started) -> StartedView:
    """What came of handing in a spec."""
    return StartedView(
        **dispatch_view(started.dispatch).model_dump(),
        warnings=list(started.warnings),
        registered=started.registered,
    )
