"""What really happened, for whoever checks a run; and an answer from a resident at will."""

import json
from sqlite3 import Row
from typing import Any

from fastapi import APIRouter, HTTPException, status
from pydantic import BaseModel, Field

from utskick.local_1177.answers import CannotAnswer, confirm, save_draft
from utskick.local_1177.moments import contract_time
from utskick.local_1177.neighbours import SharedWorld, World
from utskick.local_1177.people import find_person, person_by_ref
from utskick.local_1177.questions import questions_of
from utskick.local_1177.state import transaction

router = APIRouter(prefix="/control", tags=["control"])


class Someone(BaseModel):
    personnummer: str


class AnswerOrder(BaseModel):
    """Without `answers` each question gets one that is accepted. `by`: a guardian."""

    form_id: str = Field(alias="formId")
    answers: dict[str, str] | None = None
    by: str | None = None


@router.get("/truth")
async def show_truth(world: SharedWorld) -> dict[str, Any]:
    """Every form and message there is, to check a run by. Persons are opaque numbers."""
    forms = world.state.execute(
        "SELECT form.*, template.name AS template_name FROM form"
        " JOIN template ON template.id = template_id ORDER BY form.rowid"
    )
    messages = world.state.execute("SELECT * FROM message ORDER BY id")
    everything = {"forms": [_form(f) for f in forms], "messages": [_message(m) for m in messages]}
    return {"counts": {kind: len(things) for kind, things in everything.items()}} | everything


@router.post("/truth/person")
async def show_truth_of_person(someone: Someone, world: SharedWorld) -> dict[str, Any]:
    """One person's forms and messages, with their texts."""
    person = find_person(world.state, someone.personnummer)
    if person is None:
        raise HTTPException(status.HTTP_404_NOT_FOUND, "no such person")
    forms = world.state.execute(
        "SELECT form.*, template.name AS template_name FROM form"
        " JOIN template ON template.id = template_id WHERE person_ref = ? ORDER BY form.rowid",
        (person["ref"],),
    )
    messages = world.state.execute(
        "SELECT * FROM message WHERE person_ref = ? ORDER BY id", (person["ref"],)
    )
    return {
        "personRef": person["ref"],
        "forms": [_form(form) | _form_texts(form) for form in forms],
        "messages": [_message(message) | _message_texts(message) for message in messages],
    }


@router.post("/answer", status_code=status.HTTP_204_NO_CONTENT)
async def answer(order: AnswerOrder, world: SharedWorld) -> None:
    """Answer and confirm a form as its resident would, or a guardian."""
    form = _form_row(world, order.form_id)
    answers = order.answers
    if answers is None:
        questions = questions_of(world.state, form["template_id"])
        answers = {question.key: question.an_answer() for question in questions}
    by = (
        find_person(world.state, order.by)
        if order.by
        else person_by_ref(world.state, form["person_ref"])
    )
    if by is None:
        raise HTTPException(status.HTTP_404_NOT_FOUND, "no such person")
    now = world.clock()
    try:
        with transaction(world.state):
            save_draft(world.state, form, answers, by=by, now=now)
            confirm(world.state, _form_row(world, order.form_id), answers, by=by, now=now)
    except CannotAnswer as error:
        raise HTTPException(status.HTTP_409_CONFLICT, str(error)) from error


def _form_row(world: World, form_id: str) -> Row:
    form: Row | None = world.state.execute(
        "SELECT * FROM form WHERE id = ?", (form_id,)
    ).fetchone()
    if form is None:
        raise HTTPException(status.HTTP_404_NOT_FOUND, "no such form")
    return form


def _form(form: Row) -> dict[str, Any]:
    return {
        "formId": form["id"],
        "unit": form["unit"],
        "templateId": form["template_id"],
        "templateName": form["template_name"],
        "createdDateTime": contract_time(form["created_at"]),
        "personRef": form["person_ref"],
        "reference": form["reference"],
    }


def _form_texts(form: Row) -> dict[str, Any]:
    return {
        "expireDate": form["expire_date"],
        "keepUntil": form["keep_until"],
        "formText": form["banner"],
        "formStatus": form["status"],
        "answers": json.loads(form["answers"]),
        "answeredBy": form["proxy_ref"] or form["person_ref"],
    }


def _message(message: Row) -> dict[str, Any]:
    return {
        "unit": message["unit"],
        "personRef": message["person_ref"],
        "createdDateTime": contract_time(message["created_at"]),
        "notified": message["notified"].split(),
    }


def _message_texts(message: Row) -> dict[str, Any]:
    return {
        "unitName": message["unit_name"],
        "messageDescription": message["heading"],
        "messageText": message["text"],
        "ssoLink": json.loads(message["link"]),
    }
