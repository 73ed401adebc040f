"""What `/openapi.json` says of the answers about visits."""

from utskick.domain.errors import NotFound, Problem, SpecRefused, StartBlocked, WrongStatus
from utskick.domain.personnummer import InvalidPersonnummer, PersonnummerProblem
from utskick.domain.rate_limits import Limit, TooOften
from utskick.domain.visit_tables import NoVisitColumn
from utskick.domain.visits import OtherPerson
from utskick.use_cases.change_visits import NoStanding
from utskick.web.bodies import of_list_file
from utskick.web.guards import TooLarge
from utskick.web.openapi import answers, mistyped, refusals

_VISIT = {
    "reference": "B-10432",
    "personnummer": "1912••••-••••",
    "starts_at": "2027-03-01T10:30:00+01:00",
    "place": "Rum 3",
    "state": "Bokat",
    "sends": [
        {
            "days_before": 3,
            "time": "09:00",
            "sends_at": "2027-02-26T09:00:00+01:00",
            "state": "Planerat",
        }
    ],
}
_CANCELLED = _VISIT | {"state": "Avbokat", "sends": []}
_READ = {
    "rows": [
        {"place": "rad 2", "reference": "B-10432", "change": "Nytt", "reason": "", "remedy": ""},
        {
            "place": "rad 3",
            "reference": "",
            "change": "Tas inte emot",
            "reason": "Besökets tid saknas.",
            "remedy": "Skriv den som HH:MM, till exempel 09:30.",
        },
    ],
    "counts": {"Nytt": 1, "Tas inte emot": 1},
    "notes": [],
}
_STANDING = {
    "id": "7a1c52de-98f4-4b0a-9d0e-3f6a1c0b7e21",
    "name": "Före besök",
    "package": "fore-besok",
    "status": "Pågående",
    "sends": ["3 dagar före besöket kl. 09:00"],
}
_NOT_FOUND = NotFound("visit")
_REFUSED = SpecRefused([Problem("besöket", OtherPerson().staff_message, "")])
_ONE_STANDING = refusals(_NOT_FOUND, mistyped("uuid_parsing", "standing_id"))

PUT_VISIT = {
    200: answers({"change": "Flyttat", "visit": _VISIT}),
    **refusals(
        _NOT_FOUND,
        NoStanding(),
        _REFUSED,
        InvalidPersonnummer(PersonnummerProblem.WRONG_CHECK_DIGIT),
        TooOften(Limit.TOKEN_LOOK_UPS, retry_after_s=12),
        TooLarge(),
    ),
}
CANCEL_VISIT = {
    200: answers({"change": "Avbokat", "visit": _CANCELLED}),
    **refusals(mistyped("greater_than_equal", "sequence")),
}
SHOW_VISIT = {
    200: answers(_VISIT),
    **refusals(_NOT_FOUND, mistyped("string_too_long", "referens")),
}
READ_VISITS = {
    200: answers(_READ),
    **refusals(
        _NOT_FOUND, NoStanding(), TooLarge(), SpecRefused([of_list_file(NoVisitColumn(["Tid"]))])
    ),
}
LIST_STANDING = {200: answers([_STANDING]), **refusals(mistyped("string_type", "unit"))}
START_STANDING = {
    201: answers(_STANDING),
    **refusals(
        StartBlocked(archived=["AUDIT"], unsubscribed=[]),
        TooLarge(),
        mistyped("missing", "package"),
    ),
}
STOP_STANDING = {
    200: answers({"on_their_way": 0}),
    **_ONE_STANDING,
    **refusals(WrongStatus("stop", "stopped", label="Stoppad")),
}
RESTART_STANDING = {
    200: answers(_STANDING),
    **_ONE_STANDING,
    **refusals(WrongStatus("restart", "ongoing", label="Pågående")),
}
