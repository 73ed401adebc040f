"""The questions of a form, and what counts as an answer."""

import json
import re
import sqlite3
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

WHOLE_NUMBER = re.compile(r"-?[0-9]{1,9}")
YES_NO = (("ja", "Ja"), ("nej", "Nej"))
LONGEST_TEXT = 4000


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """`kind`: choice, yes_no, scale, number or text. `options`: pairs of value and label."""

    key: str
    text: str
    kind: str
    required: bool
    options: tuple[tuple[str, str], ...]
    min: int | None
    max: int | None
    min_label: str
    max_label: str
    max_length: int

    def problem(self, answer: str) -> str | None:
        """What is wrong with an answer, in Swedish, or `None`."""
        if not answer:
            return "Du behöver svara på frågan." if self.required else None
        if self.kind == "text":
            return (
                f"Svaret får ha högst {self.max_length} tecken. Korta det, så går det bra."
                if len(answer) > self.max_length
                else None
            )
        if self.options:
            chosen = answer in dict(self.options)
            return None if chosen else "Välj ett av svaren i listan."
        return None if self._is_in_range(answer) else self._range_hint()

    def shown(self, answer: str) -> str:
        """The answer as it is read: a label rather than its value."""
        return dict(self.options).get(answer, answer)

    def an_answer(self) -> str:
        """Some answer that is accepted, for forms that a test fills in."""
        if self.options:
            return self.options[0][0]
        return "Ett svar" if self.kind == "text" else str(self.min or 0)

    def _is_in_range(self, answer: str) -> bool:
        if not WHOLE_NUMBER.fullmatch(answer):
            return False
        number = int(answer)
        return (self.min is None or number >= self.min) and (
            self.max is None or number <= self.max
        )

    def _range_hint(self) -> str:
        if self.min is None or self.max is None:
            return "Skriv ett helt tal med siffror."
        return f"Skriv ett helt tal från {self.min} till {self.max}."


def questions_of(state: sqlite3.Connection, template_id: str) -> Sequence[Question]:
    row = state.execute("SELECT questions FROM template WHERE id = ?", (template_id,)).fetchone()
    return [_question(question) for question in json.loads(row["questions"])]


def problems(questions: Sequence[Question], answers: Mapping[str, str]) -> dict[str, str]:
    """Question key → Swedish sentence, for every answer that stands in the way."""
    found = {
        question.key: question.problem(answers.get(question.key, "")) for question in questions
    }
    return {key: problem for key, problem in found.items() if problem}


def _question(raw: dict[str, Any]) -> Question:
    return Question(
        key=raw["key"],
        text=raw["text"],
        kind=raw["kind"],
        required=bool(raw.get("required")),
        options=_options(raw),
        min=raw.get("min"),
        max=raw.get("max"),
        min_label=raw.get("min_label") or "",
        max_label=raw.get("max_label") or "",
        max_length=raw.get("max_length") or LONGEST_TEXT,
    )


def _options(raw: dict[str, Any]) -> tuple[tuple[str, str], ...]:
    if raw["kind"] == "yes_no":
        return YES_NO
    if raw["kind"] == "scale":
        return tuple((str(n), str(n)) for n in range(raw["min"], raw["max"] + 1))
    return tuple((str(option["value"]), option["label"]) for option in raw.get("options") or ())
