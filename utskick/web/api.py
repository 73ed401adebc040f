"""REST for the units' own systems: the verbs of the manual, with a token for each unit.

A personnummer is only ever in a body, never in an address. Addresses and descriptions are
Swedish: the units' suppliers read them in `/openapi.json`.
"""

import asyncio
from datetime import datetime
from functools import partial
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Request, Response

from utskick.domain.dispatches import DispatchId, RecipientId
from utskick.domain.errors import SpecRefused, UtskickError
from utskick.domain.occasions import OccasionId
from utskick.domain.personnummer import Personnummer
from utskick.domain.rate_limits import Limit, TooOften
from utskick.domain.seen_sheets import Wish
from utskick.records import DispatchQuery, FollowUpQuery
from utskick.use_cases.submissions import Started, submission_key
from utskick.web import openapi, visits_api
from utskick.web.bodies import (
    EMPTY,
    ONE_OF_TWO,
    FindBody,
    FollowedUpView,
    FormBody,
    PackageBody,
    ReadListView,
    RemoveBody,
    RemovedView,
    RemoveRecipientBody,
    SentByHandView,
    StoppedView,
    UploadedView,
    followed_up_view,
    of_list_file,
    read_list_view,
    stopped_view,
)
from utskick.web.callers import Caller, IdempotencyKey, Now, Wired, take_look_ups
from utskick.web.pages.form_body import watch
from utskick.web.reading import read_apart
from utskick.web.token_first import TokenFirst
from utskick.web.views import (
    DispatchView,
    DryRunView,
    OpenedView,
    RestartedView,
    StartedView,
    dispatch_view,
    dry_run_view,
    opened_view,
    restarted_view,
    seen,
    started_view,
)
from utskick.wiring import Services

router = APIRouter(prefix="/api", responses=openapi.EVERYWHERE, route_class=TokenFirst)
router.routes.extend(visits_api.router.routes)

_CREATED = 201
_ALREADY = 200


@router.post(
    "/paketutskick",
    name="start-dispatch",
    status_code=_CREATED,
    responses=openapi.START_DISPATCH,
    summary="Starta paketutskick",
    description="Alla fel i innehållet kommer på en gång, och inget är sparat då.",
    response_description="Startat",
)
async def start(
    spec: PackageBody,
    response: Response,
    caller: Caller,
    wired: Wired,
    now: Now,
    idempotency_key: IdempotencyKey = "",
) -> StartedView:
    take_look_ups(spec, caller, wired)
    key = submission_key(spec, given=idempotency_key)
    started = await wired.start_dispatch(spec, actor=caller, submission_key=key, now=now)
    return _answer(started, response, wired, now)


@router.post(
    "/paketutskick/prova",
    name="try-dispatch",
    responses=openapi.TRY_DISPATCH,
    summary="Prova ett paketutskick",
    description="Samma kontroll som vid start, med varje datum och text som invånaren skulle få."
    " Inget sparas och inget skickas.",
    response_description="Det som skulle startas",
)
async def try_out(spec: PackageBody, caller: Caller, wired: Wired, now: Now) -> DryRunView:
    take_look_ups(spec, caller, wired)
    return dry_run_view(await wired.start_dispatch.dry_run(spec, actor=caller, now=now))


@router.post(
    "/formular",
    name="send-form",
    status_code=_CREATED,
    responses=openapi.SEND_FORM,
    summary="Skicka formulär",
    description="Ett formulär, vanligt eller NAFS, nu.",
    response_description="Skickas nu",
)
async def send(
    spec: FormBody,
    response: Response,
    caller: Caller,
    wired: Wired,
    now: Now,
    idempotency_key: IdempotencyKey = "",
) -> StartedView:
    take_look_ups(spec, caller, wired)
    key = submission_key(spec, given=idempotency_key)
    started = await wired.send_form(spec, actor=caller, submission_key=key, now=now)
    return _answer(started, response, wired, now)


@router.get(
    "/paketutskick",
    name="list-dispatches",
    summary="Pågående paketutskick",
    description="De senaste först, en sida i taget. Avslutade finns kvar i sju dagar.",
    response_description="Enhetens utskick",
    responses=openapi.LIST_DISPATCHES,
)
def list_all(
    response: Response,
    caller: Caller,
    wired: Wired,
    now: Now,
    *,
    sida: Annotated[int, Query(ge=1, le=10_000, description="Vilken sida, från 1")] = 1,
    antal: Annotated[int, Query(ge=1, le=200, description="Högst så många på en sida")] = 50,
) -> list[DispatchView]:
    query = DispatchQuery(page=sida, per_page=antal)
    found = wired.list_dispatches(query, actor=caller)
    if sida < found.pages:
        response.headers["Link"] = f'</api/paketutskick?sida={sida + 1}&antal={antal}>; rel="next"'
    return [
        dispatch_view(each.dispatch, seen(wired, now), each.forms, recipients=each.recipients)
        for each in found.listed
    ]


@router.get(
    "/paketutskick/{dispatch_id}",
    name="show-dispatch",
    responses=openapi.SHOW_DISPATCH,
    summary="Visa ett utskick",
    description="Med mottagarlistan, maskerad. Att den visas loggas för var och en på den.",
    response_description="Utskicket och dess mottagare",
)
def show(dispatch_id: UUID, caller: Caller, wired: Wired, now: Now) -> OpenedView:
    return opened_view(
        wired.open_dispatch.show_dispatch(DispatchId(dispatch_id), actor=caller, now=now),
        seen(wired, now),
    )


@router.post(
    "/paketutskick/{dispatch_id}/stoppa",
    name="stop-dispatch",
    responses=openapi.STOP_DISPATCH,
    summary="Stoppa paketutskick",
    description="Gäller genast, även mitt i en sändning. Det som redan är på väg kommer fram.",
    response_description="Stoppat",
)
def stop(dispatch_id: UUID, caller: Caller, wired: Wired, now: Now) -> StoppedView:
    return stopped_view(wired.stop_dispatch(DispatchId(dispatch_id), actor=caller, now=now))


@router.post(
    "/paketutskick/{dispatch_id}/aterstarta",
    name="restart-dispatch",
    responses=openapi.RESTART_DISPATCH,
    summary="Återstarta paketutskick",
    description="Går tills nästa tillfälles datum har passerat. Har klockslaget passerat samma dag"
    " skickas tillfället genast.",
    response_description="Återstartat: vad som är skickat och vad som återstår",
)
def restart(dispatch_id: UUID, caller: Caller, wired: Wired, now: Now) -> RestartedView:
    return restarted_view(
        wired.restart_dispatch(DispatchId(dispatch_id), actor=caller, now=now),
        seen(wired, now),
    )


@router.post(
    "/paketutskick/{dispatch_id}/ta-bort-mottagare",
    name="remove-recipient",
    responses=openapi.REMOVE_RECIPIENT,
    summary="Ta bort mottagare",
    description="Ange personnummer eller recipient_id. Går även i ett stoppat utskick, och när"
    " något är kvar av ett missat eller stoppat tillfälle. Den sista mottagaren kan inte"
    " tas bort.",
    response_description="Borttagen",
)
def remove(
    dispatch_id: UUID, body: RemoveBody, caller: Caller, wired: Wired, now: Now
) -> RemovedView:
    on_their_way = wired.remove_recipient(
        DispatchId(dispatch_id), _recipient(body, wired, now), actor=caller, now=now
    )
    return RemovedView(on_their_way=on_their_way)


@router.post(
    "/tillfallen/{occasion_id}/skicka-nu",
    name="send-missed-occasion",
    responses=openapi.SEND_MISSED_OCCASION,
    summary="Skicka det som är kvar",
    description="Skickar nu det som är kvar av ett tillfälle som missats eller stoppats mitt i."
    " Ingen får något två gånger. Ett stoppat utskick fortsätter då, även senare tillfällen.",
    response_description="Skickas nu",
)
def send_missed(occasion_id: UUID, caller: Caller, wired: Wired, now: Now) -> SentByHandView:
    warnings = wired.warn_by_hand(OccasionId(occasion_id), actor=caller, now=now)
    registered = wired.send_missed_occasion(OccasionId(occasion_id), actor=caller, now=now)
    return SentByHandView(registered=registered, warnings=warnings)


@router.post(
    "/tillfallen/{occasion_id}/meddela",
    name="notify-recipients",
    responses=openapi.NOTIFY_RECIPIENTS,
    summary="Meddela dem som redan fått sina formulär",
    description="Lämnar inkorgsmeddelandet till dem som fått alla eller en del av sina formulär"
    " vid ett tillfälle som stoppats mitt i, en gång till var och en.",
    response_description="Meddelas nu",
)
def notify(occasion_id: UUID, caller: Caller, wired: Wired, now: Now) -> SentByHandView:
    warnings = wired.warn_by_hand(OccasionId(occasion_id), actor=caller, now=now)
    registered = wired.notify_recipients(OccasionId(occasion_id), actor=caller, now=now)
    return SentByHandView(registered=registered, warnings=warnings)


@router.post(
    "/tillfallen/{occasion_id}/avsluta",
    name="end-occasion",
    responses=openapi.END_OCCASION,
    summary="Avsluta ett tillfälle",
    description="Det som är kvar skickas aldrig. De som har fått något formulär får sitt"
    " inkorgsmeddelande.",
    response_description="Avslutat",
)
def end(occasion_id: UUID, caller: Caller, wired: Wired, now: Now) -> SentByHandView:
    registered = wired.end_occasion(OccasionId(occasion_id), actor=caller, now=now)
    return SentByHandView(registered=registered)


@router.post(
    "/uppfoljning",
    name="follow-up",
    responses=openapi.FOLLOW_UP,
    summary="Uppföljning",
    description=(
        "Högst 500 enskilda formulär. Tomma fält matchar allt. Varje visad person loggas."
        " Den som söker på svar får i huvudet Utskick-Ej-Kontrollerade veta hur många som inte är"
        " med, därför att 1177 inte har svarat på om de är besvarade."
    ),
    response_description="De senaste först; osäkra före alla andra",
)
async def find(
    body: FindBody, caller: Caller, wired: Wired, now: Now, response: Response
) -> list[FollowedUpView]:
    number = wired.rules.personnummer(body.personnummer, now) if body.personnummer else None
    query = FollowUpQuery(**body.model_dump(exclude={"personnummer"}), personnummer=number)
    found = await wired.follow_up(query, actor=caller, now=now)
    not_checked = await asyncio.to_thread(wired.follow_up.passed_over, query, actor=caller)
    response.headers["Utskick-Ej-Kontrollerade"] = str(not_checked)
    return [followed_up_view(each) for each in found]


_ANY_TEXT = {"schema": {"type": "string"}, "example": "unit: SE2321000131-E000000000101\n…"}


@router.post(
    "/uppladdningar",
    name="upload-spec",
    status_code=_CREATED,
    responses=openapi.UPLOAD_SPEC,
    summary="Ladda upp ett utskick",
    description="Ett paketutskick eller formulär som YAML eller JSON. En operatör startar det"
    " sedan i Prefect med id:t, så att inget personnummer passerar där.",
    response_description="Uppladdat",
    openapi_extra={"requestBody": {"required": True, "content": {"application/yaml": _ANY_TEXT}}},
)
async def upload(request: Request, caller: Caller, wired: Wired, now: Now) -> UploadedView:
    wired.rate_limits.take(Limit.UPLOADS, caller.unit_id)
    content = await request.body()
    if not content.strip():
        raise SpecRefused([EMPTY])
    upload_id = await asyncio.to_thread(wired.upload_spec, content, actor=caller, now=now)
    return UploadedView(upload_id=upload_id)


_ANY_FILE = {
    "schema": {"type": "string", "format": "binary"},
    "example": "Namn;Personnummer\nTestperson;19121212-1212\n",
}


@router.post(
    "/mottagarlistor",
    name="read-recipient-list",
    responses=openapi.READ_RECIPIENT_LIST,
    summary="Läs en mottagarlista",
    description="En fil med mottagare (text, CSV eller Excel), läst som på sidan: bara det som"
    " syns. Inget sparas. Svarets listed_recipients anges sedan i utskicket, så att alla fel"
    " nämner filens egna rader.",
    response_description="Vilka som är med, och varje rad som inte är det",
    openapi_extra={
        "requestBody": {"required": True, "content": {"application/octet-stream": _ANY_FILE}}
    },
)
async def read_recipient_list(
    request: Request,
    caller: Caller,
    wired: Wired,
    now: Now,
    *,
    blad: Annotated[
        str, Query(max_length=100, description="Vilket blad, om flera har personnummer")
    ] = "",
    utan_dolda: Annotated[
        bool, Query(description="Ta bara det som syns och inte är överstruket, utan att fråga")
    ] = False,
) -> ReadListView:
    raw = await request.body()
    watch(request)
    wish = Wish(blad, leave_out_hidden=utan_dolda)
    try:
        read = await read_apart(
            partial(wired.import_recipients, raw, wish=wish, now=now), actor=caller, wired=wired
        )
    except TooOften:
        raise
    except UtskickError as error:
        raise SpecRefused([of_list_file(error)]) from None
    return read_list_view(read)


def _recipient(
    body: RemoveRecipientBody, wired: Services, now: datetime
) -> RecipientId | Personnummer:
    if body.personnummer and not body.recipient_id:
        return wired.rules.personnummer(body.personnummer, now)
    if body.recipient_id and not body.personnummer:
        return RecipientId(body.recipient_id)
    raise SpecRefused([ONE_OF_TWO])


def _answer(started: Started, response: Response, wired: Services, now: datetime) -> StartedView:
    if started.already:
        response.status_code = _ALREADY
    return started_view(started, seen(wired, now))
