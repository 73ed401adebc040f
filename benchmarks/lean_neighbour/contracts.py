"""The national contracts' answers, as far as a caller of ours reads them.

A call that lacks what it must have raises `KeyError`, `UnicodeError` or `ValueError`.
"""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from functools import lru_cache

from benchmarks.lean_neighbour.messages import HOLE, Texts, parts_of
from benchmarks.lean_neighbour.world import Form, World
from utskick.local_1177.form_contract import (
    answer_to_orders,
    form_described,
    templates_described,
    why_no_dates,
)
from utskick.local_1177.moments import contract_time, stored, today
from utskick.rivta.contracts import (
    ADD_MESSAGE,
    CREATE_FORM_REQUEST,
    GET_FORM_TEMPLATES,
    GET_FORMS,
    GET_PERSONS,
    IS_ACTIVE_USER,
    Contract,
)
from utskick.rivta.envelopes import answer

_METHODS = ["SMS", "Email"]
_MADE = answer(
    CREATE_FORM_REQUEST,
    {
        "formRequestResponses": [
            {"formId": HOLE, "healthcare_facility_CareUnit": HOLE, "subjectOfCare": HOLE}
        ],
        "resultCode": "OK",
    },
)
_ACTIVE = answer(IS_ACTIVE_USER, {"status": True, "activeNotificationMethods": _METHODS})
_LEFT = {
    True: answer(ADD_MESSAGE, {"notificationSent": _METHODS, "resultCode": "OK"}),
    False: answer(ADD_MESSAGE, {"resultCode": "OK"}),
}
_IDENTITY = {"root": HOLE, "extension": HOLE}
_BEFORE_PERSONS, _PERSON, _AFTER_PERSONS = parts_of(
    answer(
        GET_PERSONS,
        {
            "requestedPersonRecord": [
                {
                    "requestedPersonalIdentity": _IDENTITY,
                    "personRecord": {
                        "personalIdentity": _IDENTITY,
                        "protectedPersonIndicator": False,
                        "testIndicator": True,
                        "primaryIdentity": True,
                    },
                }
            ]
        },
    ),
    "requestedPersonRecord",
)


def create_form_request(world: World, call: Texts) -> bytes:
    """One form for each call: twice asked is two forms."""
    (unit,), (template,) = call["healthcare_facility_CareUnit"], call["templateId"]
    (expires,), (keep), (subject,) = call["expireDate"], call["keepUntil"], call["subjectOfCare"]
    keep_until = "".join(keep)
    why = _why_no_dates(expires, keep_until, today(datetime.now(UTC)))
    why = why or world.catalogue.why_not_sendable(template, unit)
    if why:
        return answer(CREATE_FORM_REQUEST, answer_to_orders([], [why]))
    form_id = world.make_form(unit, subject, template, expires, keep_until)
    return _MADE % (form_id.encode(), unit.encode(), subject.encode())


def get_forms(world: World, call: Texts) -> bytes:
    """What the unit has given the person."""
    (unit,), (subject,) = call["healthcare_facility_CareUnit"], call["subjectOfCare"]
    wanted = call.get("templateIds")
    found = [
        form for form in world.forms_of(unit, subject) if not wanted or form.template in wanted
    ]
    return answer(GET_FORMS, {"forms": [_described(world, form) for form in found]})


def get_form_templates(world: World, call: Texts) -> bytes:
    (unit,) = call["healthcare_facility_CareUnit"]
    return answer(GET_FORM_TEMPLATES, templates_described(world.catalogue.available(unit)))


def is_active_user(_world: World, call: Texts) -> bytes:
    """Everybody has an account."""
    (_,) = call["subjectOfCareId"]
    return _ACTIVE


def add_message(world: World, call: Texts) -> bytes:
    """Twice asked is two messages."""
    (unit,), (subject,) = call["unitId"], call["subjectOfCareId"]
    world.messages.append((unit, subject))
    return _LEFT["true" in call.get("notify", ())]


def get_persons_for_profile(_world: World, call: Texts) -> bytes:
    """Everybody is there, alive and unprotected."""
    wanted = zip(call["root"], call["extension"], strict=True)
    identities = [(root.encode(), extension.encode()) for root, extension in wanted]
    records = [_PERSON % (*identity, *identity) for identity in identities]
    return b"".join((_BEFORE_PERSONS, *records, _AFTER_PERSONS))


Handler = Callable[[World, Texts], bytes]
CONTRACTS: Mapping[str, tuple[str, Contract, Handler]] = {
    contract.path: (service, contract, handler)
    for service, contract, handler in (
        ("forms", CREATE_FORM_REQUEST, create_form_request),
        ("forms", GET_FORMS, get_forms),
        ("forms", GET_FORM_TEMPLATES, get_form_templates),
        ("inbox", IS_ACTIVE_USER, is_active_user),
        ("inbox", ADD_MESSAGE, add_message),
        ("persons", GET_PERSONS, get_persons_for_profile),
    )
}
"""By path: which service answers, and how."""


def _described(world: World, form: Form) -> dict[str, object]:
    return form_described(
        form_id=form.id,
        template=world.catalogue.templates[form.template],
        created_at=contract_time(stored(datetime.fromtimestamp(form.made_at, UTC))),
        expires=form.expires,
        keep_until=form.keep_until,
        status="ONGOING",
        unit=form.unit,
        unit_name="Mottagningen",
        subject=form.subject,
    )


_why_no_dates = lru_cache(maxsize=1000)(why_no_dates)
"""A run asks with the same two dates all along."""
