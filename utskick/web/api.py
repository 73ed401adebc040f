"""REST for the units' own systems: the verbs of the manual, with a token for each unit.

A personnummer is only ever in a body, never in an address. Addresses are Swedish, as the pages'.
"""

import asyncio
from datetime import date, datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Header, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from utskick.domain.deliveries import DELIVERY_LABELS, FORM_STATUS_LABELS, FormStatus
from utskick.domain.dispatches import DispatchId, RecipientId
from utskick.domain.errors import SpecRefused, UnknownToken
from utskick.domain.occasions import OccasionId
from utskick.domain.personnummer import Personnummer, parse_personnummer
from utskick.domain.specs import DispatchSpec, FormSpec, Spec
from utskick.domain.units import Actor
from utskick.records import FollowUpQuery
from utskick.use_cases.follow_up import follow_up
from utskick.use_cases.list_dispatches import list_dispatches, show_dispatch
from utskick.use_cases.remove_recipient import remove_recipient
from utskick.use_cases.restart_dispatch import restart_dispatch
from utskick.use_cases.send_form import send_form
from utskick.use_cases.send_missed_occasion import send_missed_occasion
from utskick.use_cases.start_dispatch import Started, start_dispatch
from utskick.use_cases.stop_dispatch import stop_dispatch
from utskick.use_cases.upload_spec import upload_spec
from utskick.web.views import (
    DispatchView,
    OpenedView,
    StartedView,
    dispatch_view,
    opened_view,
    started_view,
)
from utskick.wiring import Services

router = APIRouter(prefix="/api")

_CREATED = 201
_ALREADY = 200


def _services(request: Request) -> Services:
    services = request.app.state.services
    assert isinstance(services, Services)
    return services


Wired = Annotated[Services, Depends(_services)]


def _now(wired: Wired) -> datetime:
    return wired.clock.now()


def _caller(
    wired: Wired, authorization: Annotated[str, Header(description="Bearer <nyckel>")] = ""
) -> Actor:
    """The unit whose token it is. Raises `UnknownToken`."""
    kind, _, token = authorization.partition(" ")
    if kind.lower() != "bearer" or not token:
        raise UnknownToken
    with wired.store.transaction() as records:
        return Actor("rest", records.tokens.unit_of(token.strip()))


Now = Annotated[datetime, Depends(_now)]
Caller = Annotated[Actor, Depends(_caller)]
Key = Annotated[
    str,
    Header(
        alias="Idempotency-Key",
        description="Samma nyckel ger samma utskick; utan den räknas samma innehåll som samma.",
    ),
]


@router.post("/paketutskick", name="start-dispatch", status_code=_CREATED)
async def start(
    spec: DispatchSpec,
    response: Response,
    caller: Caller,
    wired: Wired,
    now: Now,
    idempotency_key: Key = "",
) -> StartedView:
    """Starta paketutskick. 200 in place of 201 when the very same had been started before."""
    key = _submission_key(spec, idempotency_key, wired)
    started = await start_dispatch(
        spec, actor=caller, submission_key=key, with_=wired.starting, now=now
    )
    return _answer(started, response)


@router.post("/formular", name="send-form", status_code=_CREATED)
async def send(
    spec: FormSpec,
    response: Response,
    caller: Caller,
    wired: Wired,
    now: Now,
    idempotency_key: Key = "",
) -> StartedView:
    """Skicka formulär, or Skicka NAFS formulär: one form, now."""
    key = _submission_key(spec, idempotency_key, wired)
    started = await send_form(
        spec, actor=caller, submission_key=key, with_=wired.starting, now=now
    )
    return _answer(started, response)


@router.get("/paketutskick", name="list-dispatches")
def list_all(caller: Caller, wired: Wired) -> list[DispatchView]:
    """Pågående Paketutskick; ended ones too, for seven days."""
    listed = list_dispatches(actor=caller, store=wired.store)
    return [
        dispatch_view(each.dispatch, each.forms, recipients=each.recipients) for each in listed
    ]


@router.get("/paketutskick/{dispatch_id}", name="show-dispatch")
def show(dispatch_id: UUID, caller: Caller, wired: Wired, now: Now) -> OpenedView:
    """One dispatch with its recipients, masked. Logged for each of them."""
    return opened_view(
        show_dispatch(DispatchId(dispatch_id), actor=caller, store=wired.store, now=now)
    )


class StoppedView(BaseModel):
    on_their_way: int = Field(description="Formulär som redan var på väg")


@router.post("/paketutskick/{dispatch_id}/stoppa", name="stop-dispatch")
def stop(dispatch_id: UUID, caller: Caller, wired: Wired, now: Now) -> StoppedView:
    """Stoppa paketutskick, at once, also in the middle of a send."""
    on_their_way = stop_dispatch(
        DispatchId(dispatch_id),
        actor=caller,
        store=wired.store,
        scheduler=wired.scheduler,
        now=now,
    )
    return StoppedView(on_their_way=on_their_way)


@router.post("/paketutskick/{dispatch_id}/aterstarta", name="restart-dispatch")
def restart(dispatch_id: UUID, caller: Caller, wired: Wired, now: Now) -> DispatchView:
    """Återstarta paketutskick, while its next occasion lies ahead."""
    restarted = restart_dispatch(
        DispatchId(dispatch_id),
        actor=caller,
        store=wired.store,
        scheduler=wired.scheduler,
        rules=wired.rules,
        now=now,
    )
    return dispatch_view(restarted.dispatch, restarted.so_far)


class RemoveRecipient(Spec):
    """One of the two."""

    personnummer: str | None = Field(default=None, examples=["19121212-1212"])
    recipient_id: UUID | None = None


@router.post("/paketutskick/{dispatch_id}/ta-bort-mottagare", name="remove-recipient")
def remove(
    dispatch_id: UUID, body: RemoveRecipient, caller: Caller, wired: Wired, now: Now
) -> StoppedView:
    """Ta bort mottagare från mottagarlistan."""
    recipient: RecipientId | Personnummer
    if body.personnummer is not None:
        recipient = _personnummer(body.personnummer, wired, now)
    elif body.recipient_id is not None:
        recipient = RecipientId(body.recipient_id)
    else:
        raise SpecRefused(problems=[])
    on_their_way = remove_recipient(
        DispatchId(dispatch_id), recipient, actor=caller, store=wired.store, now=now
    )
    return StoppedView(on_their_way=on_their_way)


class SentByHandView(BaseModel):
    registered: bool = Field(description="Falskt om schemaläggaren är nere: det skickas strax")


@router.post("/tillfallen/{occasion_id}/skicka-nu", name="send-missed-occasion")
def send_missed(occasion_id: UUID, caller: Caller, wired: Wired, now: Now) -> SentByHandView:
    """Send what is left of a missed occasion."""
    registered = send_missed_occasion(
        OccasionId(occasion_id),
        actor=caller,
        store=wired.store,
        scheduler=wired.scheduler,
        rules=wired.rules,
        now=now,
    )
    return SentByHandView(registered=registered)


class FollowUpBody(Spec):
    """What to look for; empty fields match everything."""

    form_name: str = Field(default="", description="Del av formulärets namn")
    package_name: str = Field(default="", description="Del av paketutskickets namn")
    personnummer: str | None = Field(default=None, examples=["19121212-1212"])
    sent_from: date | None = None
    sent_to: date | None = None
    form_status: FormStatus | None = None
    purge_after_to: date | None = Field(default=None, description="Gallras efter, till och med")


class FollowedUpView(BaseModel):
    model_config = ConfigDict(use_enum_values=True)

    delivery_id: UUID
    form_name: str
    package_name: str
    occasion_number: int
    personnummer: str
    state: str
    form_status: str
    sent_at: datetime | None
    answer_by: date
    purge_after: date


@router.post("/uppfoljning", name="follow-up")
async def find(body: FollowUpBody, caller: Caller, wired: Wired, now: Now) -> list[FollowedUpView]:
    """Uppföljning: single forms. Asked with a body, as it may hold a personnummer."""
    number = _personnummer(body.personnummer, wired, now) if body.personnummer else None
    query = FollowUpQuery(
        **body.model_dump(exclude={"personnummer"}),
        personnummer=number,
    )
    found = await follow_up(
        query, actor=caller, store=wired.store, forms=wired.forms, rules=wired.rules, now=now
    )
    return [
        FollowedUpView(
            delivery_id=each.delivery_id,
            form_name=each.form_name,
            package_name=each.package_name,
            occasion_number=each.occasion_number,
            personnummer=each.personnummer.formatted,
            state=DELIVERY_LABELS[each.state],
            form_status=FORM_STATUS_LABELS[each.form_status] if each.form_status else "",
            sent_at=each.sent_at,
            answer_by=each.answer_by,
            purge_after=each.purge_after,
        )
        for each in found
    ]


class UploadedView(BaseModel):
    upload_id: UUID = Field(description="Anges i operatörens flöde Starta paketutskick")


@router.post("/uppladdningar", name="upload-spec", status_code=_CREATED)
async def upload(request: Request, caller: Caller, wired: Wired, now: Now) -> UploadedView:
    """Hand over a spec, YAML or JSON, for an operator to start by its id."""
    content = await request.body()
    upload_id = await asyncio.to_thread(
        upload_spec, content, actor=caller, store=wired.store, now=now
    )
    return UploadedView(upload_id=upload_id)


def _submission_key(spec: DispatchSpec | FormSpec, given: str, wired: Services) -> str:
    return wired.store.seal((given or spec.model_dump_json()).encode())


def _personnummer(text: str, wired: Services, now: datetime) -> Personnummer:
    return parse_personnummer(
        text,
        accept_coordination_numbers=wired.rules.accept_coordination_numbers,
        today=now.astimezone(wired.rules.zone).date(),
    )


def _answer(started: Started, response: Response) -> StartedView:
    if started.already:
        response.status_code = _ALREADY
    return started_view(started)
