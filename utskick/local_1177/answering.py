"""formular.1177.se: opening a form, answering it, pausing, and confirming."""

from dataclasses import replace
from sqlite3 import Row

from fastapi import APIRouter, HTTPException, Response, status

from utskick.local_1177.answers import (
    CannotAnswer,
    ChangedSince,
    Incomplete,
    confirm,
    is_purged,
    require_answerable,
    save_draft,
    saved_answers,
)
from utskick.local_1177.drafts import (
    Answers,
    TabDraft,
    differing,
    merge,
    read_answers,
    read_draft,
)
from utskick.local_1177.form_pages import ask_page, closed_page, questions_page, read_only_page
from utskick.local_1177.questions import problems, questions_of
from utskick.local_1177.visits import PostedFields, ResidentVisit, Visiting

router = APIRouter(include_in_schema=False)


@router.get("/formular/{form_id}")
async def show(form_id: str, visit: Visiting) -> Response:
    """The questions, with what was filled in when the visit was lost, if it was."""
    form = _form(visit, form_id)
    draft = _draft_of_lost_visit(visit, form)
    if form["status"] == "COMPLETED" and draft is None and visit.may_act_for(form["person_ref"]):
        return read_only_page(visit, form, "sent.html")
    try:
        require_answerable(visit.world.state, form, by=visit.person, now=visit.world.clock())
    except CannotAnswer as error:
        visit.forget_unsaved(form_id)
        left = draft.answers if draft else {}
        return closed_page(visit, form, error, left=left, status_code=status.HTTP_200_OK)
    if draft and draft.asked:
        return ask_page(visit, form, draft, keys=draft.asked)
    saved = saved_answers(form)
    return questions_page(visit, form, draft or TabDraft(saved, saved), resumed=draft is not None)


@router.post("/formular/{form_id}")
async def save(form_id: str, visit: Visiting, posted: PostedFields) -> Response:
    """Keep the answers; then ask which of two to keep, pause (Pausa), or go on to the review."""
    form = _form(visit, form_id)
    questions = questions_of(visit.world.state, form["template_id"])
    draft = read_draft(posted, questions)
    merged = merge(saved_answers(form), draft)
    try:
        save_draft(
            visit.world.state, form, merged.answers, by=visit.person, now=visit.world.clock()
        )
    except CannotAnswer as error:
        return closed_page(visit, form, error, left=draft.answers)
    visit.forget_unsaved(form_id)
    if merged.conflicts:
        return ask_page(visit, form, replace(draft, base=merged.answers), keys=merged.conflicts)
    if posted.get("steg") == "pausa":
        return visit.go("/?sparat=ja")
    found = problems(questions, merged.answers)
    if found:
        return questions_page(visit, form, TabDraft(merged.answers, merged.answers), found=found)
    return visit.go(f"/formular/{form_id}/granska")


@router.get("/formular/{form_id}/granska")
async def review(form_id: str, visit: Visiting) -> Response:
    """What is saved, to be confirmed; if other answers were to be when the visit was lost, ask."""
    form = _form(visit, form_id)
    if form["status"] == "COMPLETED" or not visit.may_act_for(form["person_ref"]):
        return visit.go(f"/formular/{form_id}")
    lost = visit.session.unsaved.get(f"/formular/{form_id}/bekrafta")
    if lost is None:
        return read_only_page(visit, form, "review.html")
    questions = questions_of(visit.world.state, form["template_id"])
    reviewed = read_answers(lost.get("visade", ""), questions)
    if reviewed != saved_answers(form):
        return _ask_about_reviewed(visit, form, reviewed)
    return read_only_page(visit, form, "review.html", resumed=True)


@router.post("/formular/{form_id}/bekrafta")
async def confirm_answers(form_id: str, visit: Visiting, posted: PostedFields) -> Response:
    """Send in what the review showed, and nothing else. A second click changes nothing."""
    form = _form(visit, form_id)
    saved = saved_answers(form)
    questions = questions_of(visit.world.state, form["template_id"])
    reviewed = read_answers(posted.get("visade", ""), questions)
    if form["status"] == "COMPLETED" and reviewed == saved:
        return visit.go(f"/formular/{form_id}/kvitto")
    try:
        confirm(visit.world.state, form, reviewed, by=visit.person, now=visit.world.clock())
    except ChangedSince:
        return _ask_about_reviewed(visit, form, reviewed)
    except Incomplete as error:
        return questions_page(visit, form, TabDraft(saved, saved), found=error.problems)
    except CannotAnswer as error:
        return closed_page(visit, form, error, left=reviewed)
    visit.forget_unsaved(form_id)
    return visit.go(f"/formular/{form_id}/kvitto")


@router.get("/formular/{form_id}/kvitto")
async def receipt(form_id: str, visit: Visiting) -> Response:
    return read_only_page(visit, _form(visit, form_id), "receipt.html")


def _form(visit: ResidentVisit, form_id: str) -> Row:
    """The form; from now on its person is answered for, whoever was so in another tab.

    Raises 404 unless it is a form of the person, or of a child that they answer for; and 410 when
    it was sent in so long ago that residents see it no more.
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
    if is_purged(form, now=visit.world.clock()):
        raise HTTPException(status.HTTP_410_GONE)
    return form


def _draft_of_lost_visit(visit: ResidentVisit, form: Row) -> TabDraft | None:
    fields = visit.session.unsaved.get(f"/formular/{form['id']}")
    if fields is None:
        return None
    return read_draft(fields, questions_of(visit.world.state, form["template_id"]))


def _ask_about_reviewed(visit: ResidentVisit, form: Row, reviewed: Answers) -> Response:
    saved = saved_answers(form)
    return ask_page(visit, form, TabDraft(reviewed, saved), keys=differing(reviewed, saved))
