"""What REST and the command show of a dispatch: Swedish labels, masked personnummer."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

from pydantic import BaseModel, Field

from utskick.domain.deliveries import LABELS_FOR_SYSTEMS, Refusal
from utskick.domain.dispatches import Dispatch, RecipientState
from utskick.domain.occasions import OccasionState
from utskick.records import FormSummary
from utskick.use_cases.dry_run import DryRun
from utskick.use_cases.open_dispatch import Shown
from utskick.use_cases.restart_dispatch import Restarted
from utskick.use_cases.submissions import Started
from utskick.use_cases.ways_on import WaysOn
from utskick.wiring import Services

_RECIPIENT_LABELS = {
    RecipientState.ACTIVE: "Mottagare",
    RecipientState.LEFT_OUT: "Utelämnad",
    RecipientState.REMOVED: "Borttagen",
}


class FormView(BaseModel):
    name: str = Field(description="Formulärets namn")
    planned: int = Field(description="Antal, i alla tillfällen hittills")
    sent: int = Field(description="Antal skickade")
    refused: dict[str, int] = Field(description="Skäl till att det inte skickats → antal")


class OccasionView(BaseModel):
    id: UUID = Field(description="Tillfällets id")
    number: int = Field(description="Vilket i ordningen, från 1")
    sends_at: datetime = Field(description="När det skickas")
    answer_by: date = Field(description="Besvaras senast")
    state: str = Field(description="Tillfällets status", examples=["Planerat"])
    late: bool = Field(description="Sant om det skickades efter utsatt tid")
    waits: bool = Field(default=False, description="Sant om det ska skickas och inte har börjat")


@dataclass(frozen=True, slots=True)
class Seen:
    """When it is shown, and what counts as late then."""

    now: datetime
    late_after: timedelta


def seen(wired: Services, now: datetime) -> Seen:
    """Now, here."""
    return Seen(now, wired.rules.late_after)


class WaysOnView(BaseModel):
    occasion_id: UUID = Field(description="Tillfällets id")
    number: int = Field(description="Tillfället, från 1")
    sent: int = Field(description="Formulär som är skickade")
    on_their_way: int = Field(description="Formulär som är på väg, eller kontrolleras")
    left: int = Field(description="Formulär som är kvar")
    unnotified: int = Field(description="Personer som har formulär men inget inkorgsmeddelande")
    may_send: bool = Field(description="Om det som är kvar kan skickas (skicka-nu)")
    may_notify: bool = Field(description="Om de som har fått formulär kan meddelas (meddela)")
    may_end: bool = Field(description="Om tillfället kan avslutas (avsluta)")


class DispatchView(BaseModel):
    id: UUID = Field(description="Utskickets id")
    name: str = Field(description="Paketutskickets eller formulärets namn")
    title: str = Field(description="Titel som visas för invånaren")
    status: str = Field(description="Utskickets status", examples=["Pågående"])
    occasions: list[OccasionView] = Field(description="Utskickstillfällena i ordning")
    forms: list[FormView] = Field(description="Ingående formulär, och hur det har gått för dem")
    number_of_recipients: int | None = Field(default=None, description="Antal i mottagarlistan")


class RecipientView(BaseModel):
    id: UUID = Field(description="Mottagarens id i det här utskicket")
    personnummer: str = Field(description="Maskerat")
    state: str = Field(description="Mottagarens status", examples=["Mottagare"])
    reason: str = Field(default="", description="Varför mottagaren är utelämnad")
    notified_by: list[str] | None = Field(
        description="Hur 1177 aviserar: SMS, Email eller inget. null: inte kontrollerat än"
    )


class OpenedView(DispatchView):
    may_restart: bool = Field(description="Om ett stoppat utskick kan återstartas")
    ways_on: list[WaysOnView] = Field(
        description="Vad som kan göras med tillfällen som missats eller stoppats mitt i"
    )
    not_checked: int = Field(
        description="Mottagare som inte är kontrollerade hos 1177 än: det görs före utskicket"
    )
    recipients: list[RecipientView] = Field(description="Mottagarlistan, även borttagna")


class RestartedView(DispatchView):
    registered: bool = Field(
        description="Falskt om schemaläggaren är nere: tillfällena läggs in när den är tillbaka"
    )


class StartedView(RestartedView):
    awaits_approval: bool = Field(
        description="Sant om en kollega måste godkänna utskicket i Utskick innan något skickas"
    )
    not_checked: int = Field(
        description="Mottagare som inte är kontrollerade hos 1177 än: det görs före utskicket"
    )
    warnings: list[str] = Field(description="Sådant som inte hindrar, men som du bör veta")


class TriedOccasionView(BaseModel):
    number: int = Field(description="Vilket i ordningen, från 1")
    sends_at: datetime = Field(description="När det skulle skickas")
    answer_by: date = Field(description="Besvaras senast")
    message: str = Field(description="Inkorgsmeddelandet, som invånaren får det")


class DryRunView(BaseModel):
    name: str = Field(description="Paketutskickets namn")
    title: str = Field(description="Rubriken som invånaren ser")
    forms: list[str] = Field(description="Ingående formulär, som invånaren ser dem")
    occasions: list[TriedOccasionView] = Field(description="Utskickstillfällena i ordning")
    number_of_recipients: int = Field(description="Antal som skulle få formulär")
    number_left_out: int = Field(description="Antal som inte kan nås")
    awaits_approval: bool = Field(
        description="Sant om en kollega skulle behöva godkänna utskicket först"
    )
    warnings: list[str] = Field(description="Sådant som inte hindrar, men som du bör veta")


def dry_run_view(tried: DryRun) -> DryRunView:
    """What would be started."""
    return DryRunView(
        name=tried.dispatch.name,
        title=tried.dispatch.heading,
        forms=[form.resident_name for form in tried.dispatch.forms],
        occasions=[
            TriedOccasionView(
                number=each.occasion.number,
                sends_at=each.occasion.local,
                answer_by=each.answer_by.day,
                message=each.message,
            )
            for each in tried.occasions
        ],
        number_of_recipients=tried.recipients,
        number_left_out=tried.left_out,
        awaits_approval=tried.awaits_approval,
        warnings=list(tried.warnings),
    )


def form_views(forms: Sequence[FormSummary]) -> list[FormView]:
    """Each form: how many were planned, sent, and refused for which reasons."""
    return [
        FormView(
            name=form.form_name,
            planned=form.planned,
            sent=form.sent,
            refused=_refused(form),
        )
        for form in forms
    ]


def _refused(form: FormSummary) -> dict[str, int]:
    counted: Counter[str] = Counter()
    for why, number in form.refused_because.items():
        counted[LABELS_FOR_SYSTEMS[why]] += number
    return dict(counted)


def ways_on_view(ways: WaysOn) -> WaysOnView:
    """What can be done about one occasion, with numbers."""
    return WaysOnView(
        occasion_id=ways.occasion.id,
        number=ways.occasion.number,
        sent=ways.sent,
        on_their_way=ways.on_their_way,
        left=ways.left,
        unnotified=ways.unnotified.complete + ways.unnotified.partly,
        may_send=ways.may_send,
        may_notify=ways.may_notify,
        may_end=ways.may_end,
    )


def dispatch_view(
    dispatch: Dispatch,
    seen: Seen,
    forms: Sequence[FormSummary] = (),
    *,
    recipients: int | None = None,
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
                answer_by=dispatch.last_day(occasion).day,
                state=dispatch.appearance(occasion, now=seen.now, late_after=seen.late_after),
                late=occasion.late,
                waits=occasion.state is OccasionState.PLANNED and dispatch.awaits_run(occasion),
            )
            for occasion in dispatch.occasions
        ],
        forms=form_views(forms),
        number_of_recipients=recipients,
    )


def opened_view(shown: Shown, seen: Seen) -> OpenedView:
    """A dispatch with its recipients, masked."""
    return OpenedView(
        **dispatch_view(shown.dispatch, seen, shown.forms).model_dump(),
        may_restart=shown.dispatch.may_restart(now=seen.now),
        ways_on=[ways_on_view(each) for each in shown.ways if each.any],
        not_checked=sum(
            each.state is RecipientState.ACTIVE and each.notified_by is None
            for each in shown.recipients
        ),
        recipients=[
            RecipientView(
                id=recipient.id,
                personnummer=str(recipient.personnummer),
                state=_RECIPIENT_LABELS[recipient.state],
                reason=LABELS_FOR_SYSTEMS[Refusal(recipient.left_out_because)]
                if recipient.left_out_because
                else "",
                notified_by=None if recipient.notified_by is None else list(recipient.notified_by),
            )
            for recipient in shown.recipients
        ],
    )


def started_view(started: Started, seen: Seen) -> StartedView:
    """What came of handing in a spec."""
    return StartedView(
        **dispatch_view(started.dispatch, seen).model_dump(),
        awaits_approval=started.awaits_approval,
        not_checked=started.unchecked,
        warnings=list(started.warnings),
        registered=started.registered,
    )


def restarted_view(restarted: Restarted, seen: Seen) -> RestartedView:
    """A dispatch that goes on, with what it has sent so far."""
    return RestartedView(
        **dispatch_view(restarted.dispatch, seen, restarted.so_far).model_dump(),
        registered=restarted.registered,
    )
