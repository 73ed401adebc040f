"""formular.1177.se: opening a form, answering it, pausing, and confirming."""

import json
from collections.abc import Mapping
from datetime import timedelta
from sqlite3 import Row
from typing import Annotated

from fastapi import APIRouter, HTTPException, Query, Response, status

from utskick.local_1177.answers import (
    CannotAnswer,
    Incomplete,
    confirm,
    require_answerable,
    save_draft,
)
from utskick.local_1177.forms import add_form
from utskick.local_1177.moments import today, years_old_on
from utskick.local_1177.people import full_name, person_by_ref
from utskick.local_1177.questions import problems, questions_of
from utskick.local_1177.templates import why_not_sendable
from utskick.local_1177.visits import FromOwnPage, Posted, Visit, Visiting

router = APIRouter(include_in_schema=False)

A_MONTH = timedelta(days=31)


@router.get("/formular/{form_id}")
async def show(form_id: str, visit: Visiting) -> Response:
    form = _form(visit, form_id)
    if form["status"] == "COMPLETED":
        return _read_only(visit, form, "sent.html")
    try:
        require_answerable(visit.world.state, form, by=visit.person, now=visit.world.clock())
    except CannotAnswer as error:
        return _closed(visit, form, error, status_code=status.HTTP_200_OK)
    return _questions_page(visit, form, json.loads(form["answers"]), found={})


@router.post("/formular/{form_id}")
async def save(form_id: str, visit: Visiting, posted: Posted) -> Response:
    """Keep the answers; then pause (Pausa), or go on to the review."""
    form = _form(visit, form_id)
    questions = questions_of(visit.world.state, form["template_id"])
    answers = {q.key: posted.get(f"svar-{q.key}", "").strip() for q in questions}
    given = {key: answer for key, answer in answers.items() if answer}
    try:
        save_draft(visit.world.state, form, given, by=visit.person, now=visit.world.clock())
    except CannotAnswer as error:
        return _closed(visit, form, error)
    if posted.get("steg") == "pausa":
        return visit.go("/?sparat=ja")
    found = problems(questions, given)
    if found:
        return _questions_page(visit, form, given, found=found)
    return visit.go(f"/formular/{form_id}/granska")


@router.get("/formular/{form_id}/granska")
async def review(form_id: str, visit: Visiting) -> Response:
    return _read_only(visit, _form(visit, form_id), "review.html")


@router.post("/formular/{form_id}/bekrafta", dependencies=[FromOwnPage])
async def confirm_answers(form_id: str, visit: Visiting) -> Response:
    form = _form(visit, form_id)
    try:
        confirm(visit.world.state, form, by=visit.person, now=visit.world.clock())
    except Incomplete as error:
        return _questions_page(visit, form, json.loads(form["answers"]), found=error.problems)
    except CannotAnswer as error:
        return _closed(visit, form, error)
    return visit.go(f"/formular/{form_id}/kvitto")


@router.get("/formular/{form_id}/kvitto")
async def receipt(form_id: str, visit: Visiting) -> Response:
    return _read_only(visit, _form(visit, form_id), "receipt.html")


@router.get("/etjanst/{template_id}")
async def form_link(
    template_id: str,
    visit: Visiting,
    external_application: Annotated[str, Query(alias="externalApplication")] = "",
) -> Response:
    """A form link (formulärlänk). Opening one makes nothing yet: the button does."""
    subject = visit.subject
    offer = _offer(visit, template_id, external_application.rpartition("_")[2])
    return visit.page("link.html", offer=offer, subject_name=full_name(subject))


@router.post("/etjanst/{template_id}")
async def open_form(template_id: str, visit: Visiting, posted: Posted) -> Response:
    """Make a new form of the template. Answer within a year, as for forms that staff send."""
    subject = visit.subject
    offer = _offer(visit, template_id, posted.get("unit", ""))
    now = visit.world.clock()
    expires = years_old_on(today(now), 1)
    form_id = add_form(
        visit.world.state,
        template_id=template_id,
        unit=offer["hsa_id"],
        person_ref=subject["ref"],
        expire_date=f"{expires:%Y%m%d}",
        keep_until=f"{expires + A_MONTH:%Y%m%d}",
        banner="",
        now=now,
    )
    return visit.go(f"/formular/{form_id}")


def _form(visit: Visit, form_id: str) -> Row:
    """The form; from now on its person is answered for, whoever was so in another tab.

    Raises 404 unless it is a form of the person, or of a child that they answer for.
    """
    subject = visit.subject
    form: Row | None = visit.world.state.execute(
        "SELECT form.*, template.resident_name, template.description, unit.name AS unit_name,"
        " unit.phone FROM form JOIN template ON template.id = template_id"
        " JOIN unit ON hsa_id = form.unit WHERE form.id = ?",
        (form_id,),
    ).fetchone()
    if form is None:
        raise HTTPException(status.HTTP_404_NOT_FOUND)
    if visit.may_act_for(form["person_ref"]):
        visit.act_for(form["person_ref"])
    elif form["person_ref"] != subject["ref"]:
        raise HTTPException(status.HTTP_404_NOT_FOUND)
    return form


def _offer(visit: Visit, template_id: str, unit: str) -> Row:
    """The template and the unit of a form link. Raises 404 when the unit may not send it."""
    offer: Row | None = visit.world.state.execute(
        "SELECT template.id, resident_name, description, hsa_id, unit.name AS unit_name"
        " FROM template, unit WHERE template.id = ? AND hsa_id = ?",
        (template_id, unit),
    ).fetchone()
    if offer is None or why_not_sendable(visit.world.state, template_id, unit):
        raise HTTPException(status.HTTP_404_NOT_FOUND)
    return offer


def _questions_page(
    visit: Visit, form: Row, answers: Mapping[str, str], *, found: Mapping[str, str]
) -> Response:
    return visit.page(
        "form.html",
        status_code=status.HTTP_422_UNPROCESSABLE_CONTENT if found else status.HTTP_200_OK,
        form=form,
        questions=questions_of(visit.world.state, form["template_id"]),
        answers=answers,
        problems=found,
    )


def _closed(
    visit: Visit, form: Row, error: CannotAnswer, *, status_code: int = status.HTTP_409_CONFLICT
) -> Response:
    return visit.page(
        "closed.html", status_code=status_code, form=form, advice=error.resident_message
    )


def _read_only(visit: Visit, form: Row, name: str) -> Response:
    answers = json.loads(form["answers"])
    shown = [
        (question.text, question.shown(answers[question.key]))
        for question in questions_of(visit.world.state, form["template_id"])
        if question.key in answers
    ]
    proxy = person_by_ref(visit.world.state, form["proxy_ref"])
    return visit.page(name, form=form, shown=shown, proxy=proxy)
