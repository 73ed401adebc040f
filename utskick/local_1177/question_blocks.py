"""What was answered, as GetForm gives it: a choice by its number, everything else as a value."""

from collections.abc import Mapping, Sequence
from typing import Any

from utskick.local_1177.questions import Question

CHOICES = ("choice", "yes_no")


def page_of(questions: Sequence[Question], answers: Mapping[str, str]) -> dict[str, Any]:
    """The only page of a form, with every question, answered or not."""
    numbered = enumerate(questions, start=1)
    return {
        "questionBlocks": [
            {"questions": [_question(number, each, answers) for number, each in numbered]}
        ],
    }


def _question(number: int, question: Question, answers: Mapping[str, str]) -> dict[str, Any]:
    return {
        "answers": _answers(question, answers.get(question.key)),
        "answerAlternatives": [
            {"alternativeValue": label, "answerAlternativeNumber": place}
            for place, label in enumerate(_labels(question), start=1)
        ],
        "input": "CHOICE" if question.kind in CHOICES else "TEXT",
        "questionNumber": number,
        "subject": question.text,
    }


def _answers(question: Question, answer: str | None) -> list[dict[str, Any]]:
    if not answer:
        return []
    if question.kind in CHOICES:
        place = [value for value, _ in question.options].index(answer)
        return [{"answerAlternativeNumber": place + 1}]
    return [{"value": answer}]


def _labels(question: Question) -> list[str]:
    return [label for _, label in question.options] if question.kind in CHOICES else []
