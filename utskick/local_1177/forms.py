"""The form service: forminteraction 2.0, with the contract's field names and limits.

A form is `ONGOING` from its birth, `PENDING_COMPLETION` once answers are saved but not
confirmed, and `COMPLETED` when the resident has confirmed them.
"""

import json
import sqlite3
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
from utskick.local_1177.questions import questions_of
from utskick.local_1177.templates import available_templates, why_not_sendable

FORMS = """
    SELECT form.*, template.name AS template_name, person.personnummer FROM form
    JOIN template ON template.id = form.template_id JOIN person ON person.ref = form.person_ref
"""


class NoSuchForm(Exception):
    """There is no such form."""


def create_form_request(
    state: sqlite3.Connection, call: dict[str, Any], now: datetime
) -> dict[str, Any]:
    """Make a form for each request. There is no idempotency key: twice asked is two forms."""
    made, refusals = [], []
    for order in call["formRequests"]:
        refusal = _why_refused(state, order, now)
        if refusal:
            refusals.append(refusal)
        else:
            made.append(created(_create(state, order, call["reference"], now), order))
    return answer_to_orders(made, refusals)


def get_forms(state: sqlite3.Connection, call: dict[str, Any], _now: datetime) -> dict[str, Any]:
    """The forms that the unit has given the person."""
    rows = state.execute(
        f"{FORMS} WHERE person.personnummer = ? AND unit = ? ORDER BY created_at",
        (call["subjectOfCare"], call["healthcare_facility_CareUnit"]),
    )
    return {"forms": [_described(form) for form in rows if is_wanted(form["template_id"], call)]}


def get_form(state: sqlite3.Connection, call: dict[str, Any], _now: datetime) -> dict[str, Any]:
    """One form; once it is completed with its answers, and its `proxy` if a guardian answered.

    Raises `NotFound`.
    """
    form = state.execute(f"{FORMS} WHERE form.id = ?", (call["formId"],)).fetchone()
    if form is None:
        raise NoSuchForm
    answers = json.loads(form["answers"]) if form["status"] == "COMPLETED" else {}
    described = _described(form) | {
        "formText": form["banner"],
        "answers": [
            {
                "questionId": question.key,
                "question": question.text,
                "answer": question.shown(answers[question.key]),
            }
            for question in questions_of(state, form["template_id"])
            if question.key in answers
        ],
    }
    return described | _proxy(state, form)


def get_form_templates(
    state: sqlite3.Connection, call: dict[str, Any], _now: datetime
) -> dict[str, Any]:
    """Everything that is the unit's to use."""
    return templates_described(available_templates(state, call["healthcare_facility_CareUnit"]))


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
        "INSERT INTO form (id, template_id, unit, person_ref, created_at, expire_date,"
        " keep_until, banner, reference) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            form_id,
            template_id,
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


def _why_refused(state: sqlite3.Connection, order: dict[str, Any], now: datetime) -> str | None:
    if refusal := why_no_dates(order["expireDate"], order["keepUntil"], today(now)):
        return refusal
    if _person_ref(state, order) is None:
        return "SUBJECT_UNKNOWN"
    return why_not_sendable(
        state,
        order["templateId"],
        order["healthcare_facility_CareUnit"],
        order.get("templateVersion"),
    )


def _person_ref(state: sqlite3.Connection, order: dict[str, Any]) -> int | None:
    person = state.execute(
        "SELECT ref FROM person WHERE personnummer = ? AND in_register", (order["subjectOfCare"],)
    ).fetchone()
    return int(person["ref"]) if person else None


def _create(
    state: sqlite3.Connection, order: dict[str, Any], reference: str, now: datetime
) -> str:
    person_ref = _person_ref(state, order)
    assert person_ref is not None
    return add_form(
        state,
        template_id=order["templateId"],
        unit=order["healthcare_facility_CareUnit"],
        person_ref=person_ref,
        expire_date=order["expireDate"],
        keep_until=order["keepUntil"],
        banner=order.get("formText") or "",
        reference=reference,
        now=now,
    )


def _described(form: sqlite3.Row) -> dict[str, Any]:
    described = form_described(
        form_id=form["id"],
        template_id=form["template_id"],
        template_name=form["template_name"],
        created_at=contract_time(form["created_at"]),
        expires=form["expire_date"],
        keep_until=form["keep_until"],
        status=form["status"],
        unit=form["unit"],
        subject=form["personnummer"],
    )
    if form["completed_at"]:
        described["completedDateTime"] = contract_time(form["completed_at"])
    return described


def _proxy(state: sqlite3.Connection, form: sqlite3.Row) -> dict[str, Any]:
    guardian = state.execute(
        "SELECT personnummer, given_name, surname FROM person WHERE ref = ?", (form["proxy_ref"],)
    ).fetchone()
    if guardian is None:
        return {}
    name = f"{guardian['given_name']} {guardian['surname']}"
    return {"proxy": {"subjectOfCare": guardian["personnummer"], "name": name}}
