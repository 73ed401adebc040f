"""The national contracts' answers, with their field names, as far as a caller of ours reads them.

A call that breaks the contract raises `KeyError`, `TypeError` or `ValueError`.
"""

from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from typing import Any

from benchmarks.lean_neighbour.world import Form, World

_METHODS = ["SMS", "Email"]


def create_form_request(world: World, call: dict[str, Any]) -> dict[str, Any]:
    """A form for each request: twice asked is two forms."""
    created, refusals = [], []
    for order in call["formRequests"]:
        unit, subject = order["healthcare_facility_CareUnit"], order["subjectOfCare"]
        template, expires, keep = order["templateId"], order["expireDate"], order["keepUntil"]
        refusal = _why_no_dates(expires, keep) or world.catalogue.why_not_sendable(template, unit)
        if refusal:
            refusals.append(refusal)
            continue
        form_id = world.make_form(unit, subject, template, expires, keep)
        created.append(
            {
                "formId": form_id,
                "healthcare_facility_CareUnit": unit,
                "subjectOfCare": subject,
            }
        )
    answer = {"formRequestResponses": created, "resultCode": "INFO" if created else "ERROR"}
    if not refusals:
        return answer | {"resultCode": "OK"}
    return answer | {"comment": " ".join(dict.fromkeys(refusals))}


def get_forms(world: World, call: dict[str, Any]) -> dict[str, Any]:
    """What the unit has given the person; no `templateIds` means of all templates."""
    wanted = call.get("templateIds")
    found = world.forms_of(call["healthcare_facility_CareUnit"], call["subjectOfCare"])
    return {"forms": [_described(form) for form in found if not wanted or form.template in wanted]}


def get_form_templates(world: World, call: dict[str, Any]) -> dict[str, Any]:
    unit = call["healthcare_facility_CareUnit"]
    return {
        "formTemplates": [
            {
                "templateId": template.id,
                "templateName": template.name,
                "residentName": template.resident_name,
                "templateVersion": template.version,
                "publishStatus": "Archived" if template.archived else "Published",
                "catalogue": template.catalogue,
            }
            for template in world.catalogue.available(unit)
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


def _described(form: Form) -> dict[str, Any]:
    return {
        "formId": form.id,
        "templateId": form.template,
        "createdDateTime": form.created,
        "expireDate": form.expires,
        "keepUntil": form.keep_until,
        "formStatus": "ONGOING",
        "healthcare_facility_CareUnit": form.unit,
        "subjectOfCare": form.subject,
    }


@lru_cache(maxsize=1000)
def _why_no_dates(expires: str, keep_until: str) -> str | None:
    """Kept, as a day off by the time zone matters to nobody here."""
    try:
        _day(keep_until)
        passed = _day(expires) < datetime.now(UTC).date() - timedelta(days=1)
    except ValueError:
        return "INVALID_DATE"
    return "INVALID_DATE" if passed else None


def _day(text: str) -> date:
    if len(text) != len("YYYYMMDD") or not text.isdigit():
        raise ValueError("not a date of eight digits")
    return date.fromisoformat(text)
