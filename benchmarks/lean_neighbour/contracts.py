"""The national contracts' answers, with their field names, as far as a caller of ours reads them.

A call that breaks the contract raises `KeyError`, `TypeError` or `ValueError`.
"""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

from benchmarks.lean_neighbour.world import Form, World
from utskick.local_1177.form_contract import (
    answer_to_orders,
    created,
    is_wanted,
    why_no_dates,
)
from utskick.local_1177.json_contracts import WORDS
from utskick.local_1177.moments import contract_time, stored, today

_METHODS = ["SMS", "Email"]


def create_form_request(world: World, call: dict[str, Any]) -> dict[str, Any]:
    """A form for each request: twice asked is two forms."""
    made, refusals = [], []
    for order in call["formRequests"]:
        unit, template = order["healthcare_facility_CareUnit"], order["templateId"]
        expires, keep = order["expireDate"], order["keepUntil"]
        refusal = _why_no_dates(expires, keep, today(datetime.now(UTC)))
        refusal = refusal or world.catalogue.why_not_sendable(template, unit)
        if refusal:
            refusals.append(WORDS[refusal])
        else:
            form_id = world.make_form(unit, order["subjectOfCare"], template, expires, keep)
            made.append(created(form_id, order))
    return answer_to_orders(made, refusals)


def get_forms(world: World, call: dict[str, Any]) -> dict[str, Any]:
    """What the unit has given the person."""
    found = world.forms_of(call["healthcare_facility_CareUnit"], call["subjectOfCare"])
    return {"forms": [_described(world, form) for form in found if is_wanted(form.template, call)]}


def get_form_templates(world: World, call: dict[str, Any]) -> dict[str, Any]:
    versions = world.catalogue.available(call["healthcare_facility_CareUnit"])
    newest = {version["id"]: version for version in reversed(versions)}
    return {
        "formTemplates": [
            {
                "templateId": template["id"],
                "templateName": template["name"],
                "templateVersion": template["version"],
                "publishStatus": template["publish_status"],
            }
            for template in newest.values()
        ]
    }


def is_active_user(_world: World, call: dict[str, Any]) -> dict[str, Any]:
    """Everybody has an account."""
    _subject(call)
    return {"status": True, "activeNotificationMethods": _METHODS}


def add_message(world: World, call: dict[str, Any]) -> dict[str, Any]:
    """Twice asked is two messages."""
    world.messages.append((call["message"]["organisationUnit"]["unitId"], _subject(call)))
    notified = _METHODS if call["notify"] else []
    return {"notificationSent": notified, "resultCode": "OK", "resultText": ""}


def get_persons_for_profile(_world: World, call: dict[str, Any]) -> dict[str, Any]:
    """Everybody is there, alive and unprotected."""
    return {
        "requestedPersonRecords": [
            {
                "requestedPersonalIdentity": {
                    "root": wanted["root"],
                    "extension": wanted["extension"],
                },
                "personRecord": {"name": {"givenName": "", "surname": ""}, "guardians": []},
            }
            for wanted in call["personIds"]
        ]
    }


CONTRACTS: Mapping[str, Callable[[World, dict[str, Any]], dict[str, Any]]] = {
    "/forms/CreateFormRequest": create_form_request,
    "/forms/GetForms": get_forms,
    "/forms/GetFormTemplates": get_form_templates,
    "/inbox/IsActiveUser": is_active_user,
    "/inbox/AddMessageToPatientPortalInbox": add_message,
    "/persons/GetPersonsForProfile": get_persons_for_profile,
}


def _subject(call: dict[str, Any]) -> str:
    subject: str = call["subjectOfCareId"]
    return subject


def _described(world: World, form: Form) -> dict[str, Any]:
    return {
        "formId": form.id,
        "templateId": form.template,
        "templateName": world.catalogue.templates[form.template]["name"],
        "createdDateTime": contract_time(stored(datetime.fromtimestamp(form.made_at, UTC))),
        "expireDate": form.expires,
        "keepUntil": form.keep_until,
        "formStatus": "ONGOING",
        "healthcare_facility_CareUnit": form.unit,
        "subjectOfCare": form.subject,
    }


_why_no_dates = lru_cache(maxsize=1000)(why_no_dates)
"""A run asks with the same two dates all along."""
