"""A form open in several tabs: what a tab has, what is saved, and what follows from both.

A page carries the answers that were saved when it was shown (`grund`), so each question shows who
has changed it since. Where both have, the resident is asked; nothing is overwritten unseen.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from utskick.local_1177.questions import Question

Answers = Mapping[str, str]
"""Question key → answer, for the questions that have one."""

OURS, SAVED = "mitt", "sparat"
"""What a choice between two answers is called in a posted form."""


@dataclass(frozen=True, slots=True)
class TabDraft:
    """What a tab has, and what was saved when it was shown.

    `asked`: the questions that it was to choose between two answers for. `undecided`: those of
    them without a choice.
    """

    answers: Answers
    base: Answers
    asked: frozenset[str] = frozenset()
    undecided: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Merged:
    """`answers` can be saved: of `conflicts` they hold what is saved already."""

    answers: Answers
    conflicts: frozenset[str]


def read_draft(posted: Mapping[str, str], questions: Sequence[Question]) -> TabDraft:
    """From the posted fields of a form's page, or of the page that asks which answers to keep."""
    base = read_answers(posted.get("grund", ""), questions)
    keys = [question.key for question in questions]
    asked = frozenset(key for key in keys if f"mitt-{key}" in posted)
    if not asked:
        return TabDraft(_given({key: _typed(posted.get(f"svar-{key}", "")) for key in keys}), base)
    choices = {key: posted.get(f"val-{key}", "") for key in asked}
    ours = {key: _typed(posted[f"mitt-{key}"]) for key in asked if choices[key] != SAVED}
    undecided = frozenset(key for key in asked if choices[key] not in (OURS, SAVED))
    return TabDraft(_given({**base, **ours}), base, asked, undecided)


def read_answers(text: str, questions: Sequence[Question]) -> Answers:
    """What a page carried as JSON; anything else than answers to the questions is nothing."""
    try:
        carried = json.loads(text)
    except ValueError:
        return {}
    if not isinstance(carried, dict):
        return {}
    return _given({q.key: str(carried.get(q.key) or "") for q in questions})


def merge(saved: Answers, draft: TabDraft) -> Merged:
    """Question by question: what only one side has changed since `base` is as that side has it."""
    merged, conflicts = {}, set()
    for key in {*saved, *draft.answers}:
        now, ours = saved.get(key, ""), draft.answers.get(key, "")
        before = draft.base.get(key, "")
        if ours != now and (key in draft.undecided or before not in (now, ours)):
            conflicts.add(key)
        merged[key] = ours if before == now and key not in conflicts else now
    return Merged(_given(merged), frozenset(conflicts))


def differing(one: Answers, other: Answers) -> frozenset[str]:
    """The questions that two sets of answers differ about."""
    return frozenset(key for key in {*one, *other} if one.get(key, "") != other.get(key, ""))


def _given(answers: Answers) -> dict[str, str]:
    return {key: answer for key, answer in answers.items() if answer}


def _typed(field: str) -> str:
    """A browser posts each line break as two characters."""
    return field.replace("\r\n", "\n").strip()
