"""What REST alone is asked and answers. The specs are in `domain.specs`, dispatches in `views`."""

from datetime import date, datetime
from typing import Annotated
from uuid import UUID

from fastapi import Body
from pydantic import BaseModel, Field

from utskick.domain.answers import AnswerKnown
from utskick.domain.deliveries import DELIVERY_LABELS, FormStatus
from utskick.domain.errors import Problem, UtskickError
from utskick.domain.recipients import JudgedRows
from utskick.domain.seen_sheets import ListQuestion
from utskick.domain.specs import Day, DispatchSpec, FormSpec, ListedRecipient, Spec
from utskick.records import FollowedUp
from utskick.use_cases.stop_dispatch import Stopped
from utskick.web.views import WaysOnView, ways_on_view

ONE_OF_TWO = Problem(
    "mottagaren", "ska anges på ett sätt.", "Ange antingen personnummer eller recipient_id."
)
_LEAVE_OUT = (
    "Visa det som ska vara med och spara filen, eller ange utan_dolda=true, så tas bara det som"
    " syns och inte är överstruket."
)
EMPTY = Problem("innehållet", "är tomt.", "Skicka utskicket som YAML eller JSON.")

_UNIT = "SE2321000131-E000000000101"
_NUMBER = "19121212-1212"

PackageBody = Annotated[
    DispatchSpec,
    Body(
        openapi_examples={
            "grundplåtens förval": {
                "summary": "Grundplåtens förval, en mottagare",
                "value": {
                    "unit": _UNIT,
                    "package": "vuxenpsykiatri-infor-besok",
                    "start": {"date": "2027-02-01", "time": "08:30"},
                    "recipients": [_NUMBER],
                },
            },
            "egna val": {
                "summary": "Egna tillfällen, formulär och texter",
                "value": {
                    "unit": _UNIT,
                    "package": "vuxenpsykiatri-infor-besok",
                    "title": "Inför ditt besök i februari",
                    "forms": ["phq-9", "gad-7"],
                    "occasions": [
                        {"date": "2027-02-01", "time": "08:30"},
                        {"date": "2027-02-08", "time": "08:30", "answer_by": "2027-02-14"},
                    ],
                    "answer_by": "2027-02-28",
                    "purge_after": "2027-08-31",
                    "inbox_message": "Hej! {{ enhet }} ber dig svara senast"
                    " {{ besvaras_senast }}. Ring {{ kontakt }} om du undrar något.",
                    "form_banner": "Ring oss om du inte hinner svara före besöket.",
                    "error_addresses": ["mottagningen@example.org"],
                    "leave_out_unreachable": True,
                    "recipients": [_NUMBER],
                },
            },
        }
    ),
]
FormBody = Annotated[
    FormSpec,
    Body(
        openapi_examples={
            "ett formulär": {
                "summary": "Ett formulär, nu",
                "value": {"unit": _UNIT, "form": "phq-9", "recipients": [_NUMBER]},
            }
        }
    ),
]


class RemoveRecipientBody(Spec):
    personnummer: str | None = Field(
        default=None, description="Den som ska tas bort", examples=[_NUMBER]
    )
    recipient_id: UUID | None = Field(
        default=None, description="I stället för personnummer: id ur mottagarlistan"
    )


class FollowUpBody(Spec):
    """Empty fields match everything."""

    form_name: str = Field(default="", description="Del av formulärets namn", examples=["PHQ"])
    package_name: str = Field(default="", description="Del av paketutskickets namn")
    personnummer: str | None = Field(
        default=None, description="Bara den här mottagaren", examples=[_NUMBER]
    )
    sent_from: Day | None = Field(default=None, description="Skickat tidigast")
    sent_to: Day | None = Field(default=None, description="Skickat senast")
    form_status: FormStatus | None = Field(
        default=None, description="Hur långt invånaren kommit, av dem där det är känt"
    )
    answer: AnswerKnown | None = Field(
        default=None,
        description="Besvarade, obesvarade, eller de där 1177 inte har svarat på vilket",
    )
    purge_after_to: Day | None = Field(default=None, description="Gallras efter, till och med")


RemoveBody = Annotated[
    RemoveRecipientBody,
    Body(
        openapi_examples={
            "personnummer": {
                "summary": "Den som har personnumret",
                "value": {"personnummer": _NUMBER},
            },
            "recipient_id": {
                "summary": "En rad i den mottagarlista som visas",
                "value": {"recipient_id": "e4b1f7a0-2c8d-4f3e-b6a5-90d7c3e8f152"},
            },
        }
    ),
]
FindBody = Annotated[
    FollowUpBody,
    Body(
        openapi_examples={
            "obesvarade": {
                "summary": "Obesvarade PHQ-9, skickade i februari",
                "value": {
                    "form_name": "PHQ",
                    "sent_from": "2027-02-01",
                    "sent_to": "2027-02-28",
                    "answer": "unanswered",
                },
            },
            "en mottagare": {
                "summary": "Allt till en mottagare",
                "value": {"personnummer": _NUMBER},
            },
        }
    ),
]


class RemovedView(BaseModel):
    on_their_way: int = Field(description="Formulär som redan var på väg")


class StoppedView(BaseModel):
    on_their_way: int = Field(description="Formulär som redan var på väg, och kommer fram")
    sent: int = Field(description="Formulär som är skickade, av det som stoppades mitt i")
    left: int = Field(description="Formulär som är kvar, av det som stoppades mitt i")
    notified: int = Field(
        description="Personer som har fått alla sina formulär och nu får sitt inkorgsmeddelande"
    )
    ways_on: list[WaysOnView] = Field(description="Vad som kan göras med det som är kvar")


class SentByHandView(BaseModel):
    registered: bool = Field(description="Falskt om schemaläggaren är nere: det skickas strax")
    warnings: list[str] = Field(
        default=[], description="Sådant som inte hindrar, men som du bör veta"
    )


class UploadedView(BaseModel):
    upload_id: UUID = Field(description="Anges i operatörens flöde, i stället för innehållet")


class RefusedRowView(BaseModel):
    row: int = Field(description="Radens nummer i filen", examples=[7])
    personnummer: str = Field(description="Maskerat", examples=["1991••••-••••"])
    reason: str = Field(description="Varför raden inte är med")
    remedy: str = Field(description="Vad du kan göra åt det")


class ReadListView(BaseModel):
    sheet: str = Field(description="Bladet som lästes; tomt om filen inte har blad")
    listed_recipients: list[ListedRecipient] = Field(
        description="Att ange under samma namn i ett paketutskick eller formulär"
    )
    refused: list[RefusedRowView] = Field(description="Varje rad som inte är med")
    notes: list[str] = Field(description="Vad personalen bör veta om filen")


def of_list_file(error: UtskickError) -> Problem:
    """Why a list file was not read, and how to ask for it if it can be."""
    match error:
        case ListQuestion(sheets=sheets, staff_message=sentence) if sheets:
            return Problem("filen", sentence, f"Ange ett av dem som blad: {', '.join(sheets)}.")
        case ListQuestion(staff_message=sentence):
            return Problem("filen", sentence, _LEAVE_OUT)
        case _:
            return Problem("filen", error.staff_message, "")


def read_list_view(read: JudgedRows) -> ReadListView:
    """What a list file holds, for a system that then hands in a dispatch."""
    return ReadListView(
        sheet=read.sheet,
        listed_recipients=[
            ListedRecipient(personnummer=each.personnummer.digits, row=each.row, sheet=read.sheet)
            for each in read.accepted
        ],
        refused=[
            RefusedRowView(
                row=each.row, personnummer=each.masked, reason=each.reason, remedy=each.remedy
            )
            for each in read.refused
        ],
        notes=list(read.notes),
    )


def stopped_view(stopped: Stopped) -> StoppedView:
    """What a stop has done, and what it has left."""
    return StoppedView(
        on_their_way=stopped.on_their_way,
        sent=stopped.sent,
        left=stopped.left,
        notified=stopped.notified,
        ways_on=[ways_on_view(each) for each in stopped.ways if each.any],
    )


class FollowedUpView(BaseModel):
    delivery_id: UUID = Field(description="Utskickets id för formuläret")
    form_name: str = Field(description="Formulärets namn")
    package_name: str = Field(description="Paketutskickets namn")
    occasion_number: int = Field(description="Vilket av utskickets tillfällen")
    personnummer: str = Field(description="Mottagaren", examples=[_NUMBER])
    state: str = Field(description="Hur utskicket gick", examples=["Skickat"])
    form_status: str = Field(
        description="Hur långt invånaren kommit; Ej kontrollerat om det är okänt",
        examples=["Besvarat"],
    )
    form_status_at: datetime | None = Field(description="När 1177 svarade det")
    sent_at: datetime | None = Field(description="När det skickades")
    answer_by: date = Field(description="Besvaras senast")
    purge_after: date = Field(description="Gallras efter")


def followed_up_view(found: FollowedUp) -> FollowedUpView:
    """One row of Uppföljning, where staff see whom it is about."""
    return FollowedUpView(
        delivery_id=found.delivery_id,
        form_name=found.form_name,
        package_name=found.package_name,
        occasion_number=found.occasion_number,
        personnummer=found.personnummer.formatted,
        state=DELIVERY_LABELS[found.state],
        form_status=found.status_in_words,
        form_status_at=found.form_status_at,
        sent_at=found.sent_at,
        answer_by=found.answer_by,
        purge_after=found.purge_after,
    )
