"""The form service: forminteraction 2.0, with the contract's field names and limits.

A form is `ONGOING` from its birth, `PENDING_COMPLETION` once answers are saved but not
confirmed, and `COMPLETED` when the resident has confirmed them.
"""

import json
import sqlite3
from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import uuid4

from utskick.local_1177.form_contract import (
    answer_to_orders,
    created,
    form_described,
    is_wanted,
    templates_described,
    why_no_dates,
)
from utskick.local_1177.moments import contract_time, stored, today
from utskick.local_1177.neighbours import Call, World
from utskick.local_1177.people import find_person, full_name
from utskick.local_1177.question_blocks import page_of
from utskick.local_1177.questions import questions_of
from utskick.local_1177.templates import (
    ARCHIVED,
    available_versions,
    newest_version,
    why_not_sendable,
)

FORMS = """
    SELECT form.*, person.personnummer, unit.name AS unit_name,
        template.name, template.resident_name, template.description
    FROM form JOIN person ON person.ref = form.person_ref JOIN unit ON hsa_id = form.unit
    JOIN template ON template.id = form.template_id
"""


class NoSuchForm(Exception):
    """There is no such form."""


def create_form_request(world: World, call: Call) -> dict[str, Any]:
    """Make a form for each request. There is no idempotency key: twice asked is two forms."""
    made, remarks = [], []
    for order in call.fields["formRequests"]:
        why = _why_refused(world.state, order, call.now)
        if why:
            remarks.append(f"{_about(world.state, order)} har inte skapats: {why}.")
            continue
        made.append(created(_create(world, order, call), order))
        if world.kept_dates.says_so:
            remarks.append(f"{_about(world.state, order)} har fått andra datum.")
    return answer_to_orders(made, remarks)


def get_forms(world: World, call: Call) -> dict[str, Any]:
    """The forms that a unit has given a person, or all units, or everybody."""
    rows = world.state.execute(
        f"{FORMS} WHERE coalesce(person.personnummer = ?, 1)"
        " AND coalesce(form.unit = ?, 1) ORDER BY created_at",
        (call.fields.get("subjectOfCare"), call.fields.get("healthcare_facility_CareUnit")),
    )
    wanted = [form for form in rows if is_wanted(form["template_id"], call.fields)]
    return {"forms": [_described(world.state, form) for form in wanted]}


def get_form(world: World, call: Call) -> dict[str, Any]:
    """One form; once it is completed with its answers. By whom they were given is not said.

    Raises `NoSuchForm`.
    """
    form = world.state.execute(f"{FORMS} WHERE form.id = ?", (call.fields["formId"],)).fetchone()
    if form is None:
        raise NoSuchForm
    described = _described(world.state, form)
    if form["banner"]:
        described["formText"] = form["banner"]
    if form["status"] == "COMPLETED":
        questions = questions_of(world.state, form["template_id"])
        described["answeredPages"] = [page_of(questions, json.loads(form["answers"]))]
    return {"form": described}


def get_form_templates(world: World, call: Call) -> dict[str, Any]:
    """Everything that is the unit's to use, and of each every version."""
    unit, wanted = call.fields["healthcare_facility_CareUnit"], call.fields.get("publishedStatus")
    return templates_described(
        version
        for version in available_versions(world.state, unit)
        if is_wanted(version["id"], call.fields)
        and (not wanted or version["publish_status"] in wanted)
    )


def add_form(
    state: sqlite3.Connection,
    *,
    template_id: str,
    unit: str,
    person_ref: int,
    expire_date: str,
    keep_until: str,
    banner: str,
    reference: str = "",
    now: datetime,
) -> str:
    """Give a person a new form, and say its id. Asks nothing: see `why_not_sendable` first."""
    form_id = str(uuid4())
    state.execute(
        "INSERT INTO form (id, template_id, template_version, unit, person_ref, created_at,"
        " expire_date, keep_until, banner, reference) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            form_id,
            template_id,
            newest_version(state, template_id),
            unit,
            person_ref,
            stored(now),
            expire_date,
            keep_until,
            banner,
            reference,
        ),
    )
    return form_id


def _why_refused(state: sqlite3.Connection, order: Mapping[str, Any], now: datetime) -> str | None:
    if refusal := why_no_dates(order["expireDate"], order["keepUntil"], today(now)):
        return refusal
    if _person_ref(state, order) is None:
        return "invånaren är okänd"
    return why_not_sendable(
        state,
        order["templateId"],
        order["healthcare_facility_CareUnit"],
        order.get("templateVersion"),
    )


def _about(state: sqlite3.Connection, order: Mapping[str, Any]) -> str:
    """Free text that names whom it is about, as people write it."""
    number = order.get("subjectOfCare", "")
    person = find_person(state, number)
    name = full_name(person) if person else "okänd"
    return f"Formulär till {name}, {number[:8]}-{number[8:]},"


def _person_ref(state: sqlite3.Connection, order: Mapping[str, Any]) -> int | None:
    person = state.execute(
        "SELECT ref FROM person WHERE personnummer = ? AND in_register",
        (order.get("subjectOfCare"),),
    ).fetchone()
    return int(person["ref"]) if person else None


def _create(world: World, order: Mapping[str, Any], call: Call) -> str:
    person_ref = _person_ref(world.state, order)
    assert person_ref is not None
    expire_date, keep_until = world.kept_dates.of(order["expireDate"], order["keepUntil"])
    return add_form(
        world.state,
        template_id=order["templateId"],
        unit=order["healthcare_facility_CareUnit"],
        person_ref=person_ref,
        expire_date=expire_date,
        keep_until=keep_until,
        banner=order.get("formText") or "",
        reference=call.reference,
        now=call.now,
    )


def _described(state: sqlite3.Connection, form: sqlite3.Row) -> dict[str, Any]:
    return form_described(
        form_id=form["id"],
        template=_version_of(state, form),
        created_at=contract_time(form["created_at"]),
        expires=form["expire_date"],
        keep_until=form["keep_until"],
        status=form["status"],
        unit=form["unit"],
        unit_name=form["unit_name"],
        subject=form["personnummer"],
    )


def _version_of(state: sqlite3.Connection, form: sqlite3.Row) -> Mapping[str, Any]:
    """Of the template that the form was made from; `Archived` if that is no more."""
    version = state.execute(
        "SELECT publish_status FROM template_version WHERE template_id = ? AND version = ?",
        (form["template_id"], form["template_version"]),
    ).fetchone()
    return {
        "id": form["template_id"],
        "name": form["name"],
        "resident_name": form["resident_name"],
        "description": form["description"],
        "version": form["template_version"],
        "publish_status": version["publish_status"] if version else ARCHIVED,
    }
