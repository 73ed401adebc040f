"""The pages of one form: its questions, what to keep of two answers, its answers, and its end."""

import json
from collections.abc import Collection, Mapping
from sqlite3 import Row

from fastapi import Response, status

from utskick.local_1177.answers import CannotAnswer, saved_answers
from utskick.local_1177.drafts import Answers, TabDraft, differing
from utskick.local_1177.people import person_by_ref
from utskick.local_1177.questions import questions_of
from utskick.local_1177.visits import ResidentVisit

NOTHING_FOUND: Mapping[str, str] = {}


def questions_page(
    visit: ResidentVisit,
    form: Row,
    draft: TabDraft,
    *,
    found: Mapping[str, str] = NOTHING_FOUND,
    resumed: bool = False,
) -> Response:
    """The form with the draft's answers. `found`: what stands in the way of sending it in."""
    return visit.page(
        "form.html",
        status_code=status.HTTP_422_UNPROCESSABLE_CONTENT if found else status.HTTP_200_OK,
        form=form,
        questions=questions_of(visit.world.state, form["template_id"]),
        answers=draft.answers,
        base=_carried(draft.base),
        problems=found,
        resumed=resumed,
    )


def ask_page(
    visit: ResidentVisit, form: Row, draft: TabDraft, *, keys: Collection[str]
) -> Response:
    """Ask which answer to keep: the saved one, in `draft.base`, or this tab's."""
    questions = enumerate(questions_of(visit.world.state, form["template_id"]), start=1)
    return visit.page(
        "which_answer.html",
        status_code=status.HTTP_409_CONFLICT,
        form=form,
        questions=[(number, question) for number, question in questions if question.key in keys],
        draft=draft,
        base=_carried(draft.base),
    )


def read_only_page(
    visit: ResidentVisit, form: Row, name: str, *, resumed: bool = False
) -> Response:
    answers = saved_answers(form)
    return visit.page(
        name,
        form=form,
        shown=_shown(visit, form, answers),
        reviewed=_carried(answers),
        proxy=person_by_ref(visit.world.state, form["proxy_ref"]),
        resumed=resumed,
    )


def closed_page(
    visit: ResidentVisit,
    form: Row,
    error: CannotAnswer,
    *,
    left: Answers,
    status_code: int = status.HTTP_409_CONFLICT,
) -> Response:
    """Why the form cannot be answered. `left`: what the tab has, shown unless it was sent in."""
    sent_in = saved_answers(form) if form["status"] == "COMPLETED" else {}
    unsent = differing(sent_in, left)
    return visit.page(
        "closed.html",
        status_code=status_code,
        form=form,
        advice=error.resident_message,
        shown=_shown(visit, form, {key: left[key] for key in left if key in unsent}),
    )


def _shown(visit: ResidentVisit, form: Row, answers: Answers) -> list[tuple[str, str]]:
    return [
        (question.text, question.shown(answers[question.key]))
        for question in questions_of(visit.world.state, form["template_id"])
        if question.key in answers
    ]


def _carried(answers: Answers) -> str:
    """As a page carries answers in a hidden field; see `drafts.read_answers`."""
    return json.dumps(dict(answers), ensure_ascii=False)
