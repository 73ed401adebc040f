"""What `/openapi.json` says of the answers: an example of each, and every refusal in its words."""

from datetime import datetime
from typing import Any
from uuid import UUID

from utskick.domain.calendar import STOCKHOLM
from utskick.domain.errors import (
    AlreadyEnded,
    KeyReused,
    LastRecipient,
    NotFound,
    NothingAhead,
    NothingLeft,
    OccasionPassed,
    Problem,
    SpecRefused,
    StartBlocked,
    UnknownToken,
    WrongStatus,
)
from utskick.domain.personnummer import SENTENCES, InvalidPersonnummer, PersonnummerProblem
from utskick.domain.rate_limits import Limit, TooOften
from utskick.domain.recipient_tables import SeveralNumberColumns
from utskick.domain.specs import problems_of
from utskick.domain.tokens import ExpiredToken, OutOfScope, Scope, UnconfirmedToken
from utskick.ports import TemporaryFailure
from utskick.use_cases.remove_recipient import AlreadyRemoved
from utskick.web.bodies import EMPTY, ONE_OF_TWO, of_list_file
from utskick.web.errors import RefusedView, refusal_of
from utskick.web.guards import TooLarge
from utskick.web.views import StartedView

Responses = dict[int | str, dict[str, Any]]

_JSON = "application/json"
_DESCRIPTIONS = {
    401: "Nyckeln saknas, är fel, har återkallats eller gått ut, eller är inte bekräftad",
    403: "Nyckeln får inte användas till det",
    404: "Finns inte, eller hör till en annan enhet",
    409: "Går inte som det är nu; inget är gjort",
    413: "För stort",
    422: "Något i det du skickade är fel; inget är sparat",
    429: "För ofta; inget är gjort. Försök igen efter Retry-After sekunder",
    503: "En tjänst svarar inte; försök igen om en stund",
}

_OCCASION = {
    "id": "c2f0d9b4-6a53-4e1f-8a77-5b1d2e9f4c30",
    "number": 1,
    "sends_at": "2027-02-01T08:30:00+01:00",
    "answer_by": "2028-02-01",
    "state": "Planerat",
    "late": False,
    "waits": True,
}
_DISPATCH = {
    "id": "7a1c52de-98f4-4b0a-9d0e-3f6a1c0b7e21",
    "name": "Vuxenpsykiatri, inför besök",
    "title": "Formulär inför ditt besök",
    "status": "Pågående",
    "occasions": [_OCCASION],
    "forms": [],
}
_SENT = {
    "status": "Klar",
    "occasions": [_OCCASION | {"state": "Skickat", "waits": False}],
    "forms": [
        {
            "name": "PHQ-9 Nedstämdhet",
            "planned": 40,
            "sent": 39,
            "refused": {"1177 tog inte emot formuläret": 1},
        }
    ],
}
_RESTARTED = _DISPATCH | {"registered": True}
_STARTED = _RESTARTED | {"awaits_approval": False, "not_checked": 0, "warnings": []}
_LISTED = [_DISPATCH | _SENT | {"number_of_recipients": 40}]
_WAYS_ON = {
    "occasion_id": _OCCASION["id"],
    "number": 1,
    "sent": 77,
    "on_their_way": 3,
    "left": 80,
    "unnotified": 2,
    "may_send": True,
    "may_notify": True,
    "may_end": True,
}
_OPENED = _DISPATCH | {
    "may_restart": False,
    "ways_on": [],
    "not_checked": 0,
    "recipients": [
        {
            "id": "e4b1f7a0-2c8d-4f3e-b6a5-90d7c3e8f152",
            "personnummer": "1912••••-••••",
            "state": "Mottagare",
            "reason": "",
            "notified_by": ["SMS", "Email"],
        }
    ],
}
_TRIED = {
    "name": "Vuxenpsykiatri, inför besök",
    "title": "Inför ditt besök",
    "forms": ["Frågor om ditt mående"],
    "occasions": [
        {
            "number": 1,
            "sends_at": "2027-02-01T08:30:00+01:00",
            "answer_by": "2028-02-01",
            "message": "Hej!\n\nVuxenpsykiatriska mottagningen ber dig att svara på …",
        }
    ],
    "number_of_recipients": 20,
    "number_left_out": 0,
    "awaits_approval": False,
    "warnings": [],
}
_REMOVED = {"on_their_way": 0}
_STOPPED = {"on_their_way": 3, "sent": 77, "left": 80, "notified": 19, "ways_on": [_WAYS_ON]}
_SENT_BY_HAND = {"registered": True, "warnings": []}
_FOLLOWED_UP = [
    {
        "delivery_id": "5d9e0c3b-71f2-4a86-bd14-8c2f6e7a9b03",
        "form_name": "PHQ-9 Nedstämdhet",
        "package_name": "Vuxenpsykiatri, inför besök",
        "occasion_number": 1,
        "personnummer": "19121212-1212",
        "state": "Skickat",
        "form_status": "Besvarat",
        "form_status_at": "2027-02-03T10:15:00+01:00",
        "sent_at": "2027-02-01T08:30:02+01:00",
        "answer_by": "2028-02-01",
        "purge_after": "2028-03-01",
    }
]
_READ_LIST = {
    "sheet": "Mottagare",
    "listed_recipients": [{"personnummer": "191212121212", "row": 2, "sheet": "Mottagare"}],
    "refused": [
        {
            "row": 3,
            "personnummer": "1991••••-••••",
            "reason": "Kontrollsiffran stämmer inte.",
            "remedy": "Kontrollera om någon siffra blivit fel.",
        }
    ],
    "notes": [],
}
_UPLOADED = {"upload_id": "f3a8b6d2-0e47-4c95-a1f8-6b7d9c2e5a40"}


def answers(example: object, **described: Any) -> dict[str, Any]:
    return {"content": {_JSON: {"example": example}}, **described}


def refusals(*errors: Exception) -> Responses:
    """What a route may raise, as it is answered."""
    found: Responses = {}
    for error in errors:
        status_code, shown = refusal_of(error)
        refusal = {
            "model": RefusedView,
            "description": _DESCRIPTIONS[status_code],
            "content": {_JSON: {"examples": {}}},
        }
        examples = found.setdefault(status_code, refusal)["content"][_JSON]["examples"]
        example = shown.model_dump(mode="json", exclude_defaults=True)
        examples[type(error).__name__] = {"value": example}
    return found


def mistyped(kind: str, *place: str) -> SpecRefused:
    return SpecRefused(problems_of([{"type": kind, "loc": place}]))


_A_TYPO = PersonnummerProblem.WRONG_CHECK_DIGIT
_NOT_FOUND = NotFound("dispatch")
_TOO_LARGE = TooLarge()
_STOPPED_BEFORE = WrongStatus("change", "stopped", label="Stoppad")
_ONE_DISPATCH = refusals(_NOT_FOUND, mistyped("uuid_parsing", "dispatch_id"))

EVERYWHERE = refusals(
    UnknownToken(),
    UnconfirmedToken(),
    ExpiredToken(),
    OutOfScope(Scope.START),
    TooOften(Limit.TOKEN, retry_after_s=12),
    TemporaryFailure("away"),
)

START_DISPATCH = SEND_FORM = {
    201: answers(_STARTED),
    200: answers(_STARTED, model=StartedView, description="Var redan startat; inget görs om"),
    **refusals(
        StartBlocked(archived=["AUDIT"], unsubscribed=[]),
        KeyReused(),
        AlreadyEnded(
            UUID(str(_DISPATCH["id"])),
            label="Stoppad",
            sent=77,
            may_restart=False,
            has_a_rest=True,
        ),
        _TOO_LARGE,
        SpecRefused(
            [
                Problem("recipients, rad 3 (1991••••-••••)", *SENTENCES[_A_TYPO]),
                *problems_of([{"type": "date_parsing", "loc": ("answer_by",)}]),
            ]
        ),
    ),
}
TRY_DISPATCH = {
    200: answers(_TRIED),
    **refusals(
        StartBlocked(archived=["AUDIT"], unsubscribed=[]),
        _TOO_LARGE,
        SpecRefused([Problem("recipients, rad 3 (1991••••-••••)", *SENTENCES[_A_TYPO])]),
    ),
}
LIST_DISPATCHES = {
    200: answers(
        _LISTED,
        headers={
            "Link": {
                "description": 'Nästa sida, som `</api/paketutskick?sida=2&antal=50>; rel="next"`;'
                " saknas på den sista",
                "schema": {"type": "string"},
            }
        },
    ),
    **refusals(mistyped("greater_than_equal", "sida")),
}
SHOW_DISPATCH = {200: answers(_OPENED), **_ONE_DISPATCH}
STOP_DISPATCH = {200: answers(_STOPPED), **_ONE_DISPATCH, **refusals(_STOPPED_BEFORE)}
RESTART_DISPATCH = {
    200: answers(_RESTARTED),
    **_ONE_DISPATCH,
    **refusals(
        OccasionPassed(datetime(2027, 2, 1, 8, 30, tzinfo=STOCKHOLM)),
        NothingAhead(stopped=[1]),
        WrongStatus("restart", "ongoing", label="Pågående"),
    ),
}
REMOVE_RECIPIENT = {
    200: answers(_REMOVED),
    **refusals(
        _NOT_FOUND,
        LastRecipient(),
        AlreadyRemoved(),
        WrongStatus("remove a recipient", "completed", label="Klar"),
        _TOO_LARGE,
        InvalidPersonnummer(_A_TYPO),
        SpecRefused([ONE_OF_TWO]),
    ),
}
_ONE_OCCASION = refusals(
    _NOT_FOUND, NothingLeft(label="Planerat"), mistyped("uuid_parsing", "occasion_id")
)
SEND_MISSED_OCCASION = {
    200: answers(_SENT_BY_HAND),
    **refusals(
        _NOT_FOUND,
        NothingLeft(label="Planerat"),
        WrongStatus("send", "aborted", label="Avbruten"),
        mistyped("uuid_parsing", "occasion_id"),
    ),
}
NOTIFY_RECIPIENTS = END_OCCASION = {200: answers(_SENT_BY_HAND), **_ONE_OCCASION}
FOLLOW_UP = {
    200: answers(_FOLLOWED_UP),
    **refusals(_TOO_LARGE, InvalidPersonnummer(_A_TYPO), mistyped("date_parsing", "sent_from")),
}
UPLOAD_SPEC = {201: answers(_UPLOADED), **refusals(_TOO_LARGE, SpecRefused([EMPTY]))}
READ_RECIPIENT_LIST = {
    200: answers(_READ_LIST),
    **refusals(_TOO_LARGE, SpecRefused([of_list_file(SeveralNumberColumns((2, 3)))])),
}
