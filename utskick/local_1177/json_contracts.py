"""The contracts as JSON over HTTP, beside SOAP, for callers that have not changed yet."""

import json
import logging
from collections.abc import Callable, Mapping
from http import HTTPStatus
from typing import Any

from utskick.local_1177.forms import NoSuchForm
from utskick.local_1177.moments import contract_time
from utskick.local_1177.neighbours import Call, World
from utskick.local_1177.people import full_name
from utskick.local_1177.questions import questions_of
from utskick.local_1177.replies import Reply
from utskick.local_1177.state import transaction

JSON_PATHS = {
    f"/{neighbour}/{contract}": (neighbour, contract)
    for neighbour, contract in (
        ("forms", "CreateFormRequest"),
        ("forms", "GetForms"),
        ("forms", "GetForm"),
        ("forms", "GetFormTemplates"),
        ("inbox", "IsActiveUser"),
        ("inbox", "AddMessageToPatientPortalInbox"),
        ("persons", "GetPersonsForProfile"),
    )
}
WORDS = {
    "mallen finns inte": "TEMPLATE_UNKNOWN",
    "mallen är inte publicerad": "TEMPLATE_ARCHIVED",
    "enheten får inte använda mallen": "TEMPLATE_NOT_AVAILABLE",
    "invånaren är okänd": "SUBJECT_UNKNOWN",
    "ett datum går inte att läsa": "INVALID_DATE",
    "sista svarsdagen har passerat": "INVALID_DATE",
}

log = logging.getLogger(__name__)


def json_call(
    world: World,
    contract: str,
    handler: Callable[[World, Call], Mapping[str, Any]],
    body: bytes,
    reference: str,
) -> Reply:
    try:
        asked = json.loads(body)
        if contract == "GetPersonsForProfile":
            asked = {"personId": asked["personIds"], "ignoreReferredIdentity": True}
        with transaction(world.state):
            answered = dict(handler(world, Call(asked, world.clock(), reference)))
    except NoSuchForm:
        return _reply(HTTPStatus.NOT_FOUND, {"error": "no such form"})
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        log.warning("%s: a call that breaks the contract (%s)", contract, type(error).__name__)
        return _reply(HTTPStatus.BAD_REQUEST, {"error": "the call breaks the contract"})
    return _reply(HTTPStatus.OK, _as_before(world, contract, answered))


def _reply(status: HTTPStatus, content: Mapping[str, Any]) -> Reply:
    body = json.dumps(content, ensure_ascii=False).encode()
    return Reply(status, body, content_type="application/json")


def _as_before(world: World, contract: str, answered: dict[str, Any]) -> dict[str, Any]:
    match contract:
        case "CreateFormRequest":
            if "comment" in answered:
                words = [w for phrase, w in WORDS.items() if phrase in answered["comment"]]
                answered["comment"] = " ".join(words)
        case "GetForms":
            answered["forms"] = [_form(world, form) for form in answered["forms"]]
        case "GetForm":
            return _answered(world, answered["form"])
        case "GetFormTemplates":
            newest = {t["templateId"]: t for t in reversed(answered["formTemplates"])}
            answered["formTemplates"] = [_template(world, each) for each in newest.values()]
        case "AddMessageToPatientPortalInbox":
            answered.setdefault("resultText", "")
        case "GetPersonsForProfile":
            records = answered["requestedPersonRecord"]
            return {"requestedPersonRecords": [_person(each) for each in reversed(records)]}
    return answered


def _form(world: World, form: dict[str, Any]) -> dict[str, Any]:
    template = form.pop("formTemplate")
    del form["healthcare_facility_CareUnitName"]
    form |= {"templateId": template["templateId"], "templateName": template["formName"]}
    kept = world.state.execute(
        "SELECT completed_at FROM form WHERE id = ?", (form["formId"],)
    ).fetchone()
    if kept["completed_at"]:
        form["completedDateTime"] = contract_time(kept["completed_at"])
    return form


def _answered(world: World, form: dict[str, Any]) -> dict[str, Any]:
    row = world.state.execute("SELECT * FROM form WHERE id = ?", (form["formId"],)).fetchone()
    pages = form.pop("answeredPages", [])
    shown = _form(world, form) | {"formText": row["banner"], "answers": []}
    answers = json.loads(row["answers"]) if pages else {}
    shown["answers"] = [
        {"questionId": q.key, "question": q.text, "answer": q.shown(answers[q.key])}
        for q in questions_of(world.state, row["template_id"])
        if q.key in answers
    ]
    guardian = world.state.execute(
        "SELECT * FROM person WHERE ref = ?", (row["proxy_ref"],)
    ).fetchone()
    if guardian:
        number = guardian["personnummer"]
        shown["proxy"] = {"subjectOfCare": number, "name": full_name(guardian)}
    return shown


def _template(world: World, template: dict[str, Any]) -> dict[str, Any]:
    row = world.state.execute(
        "SELECT catalogue FROM template WHERE id = ?", (template["templateId"],)
    ).fetchone()
    return {
        "templateId": template["templateId"],
        "templateName": template["formName"],
        "residentName": template["formTitle"],
        "templateVersion": template["templateVersion"],
        "publishStatus": template["publishStatus"],
        "catalogue": row["catalogue"],
    }


def _person(record: dict[str, Any]) -> dict[str, Any]:
    person = record.get("personRecord")
    if person and not person["protectedPersonIndicator"]:
        del person["protectedPersonIndicator"]
    return record
