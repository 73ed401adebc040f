"""What a resident answered, as GetForm gives it: pages of questions."""

from collections.abc import Iterator, Sequence

from pydantic import Field

from utskick.adapters.answer_parts import AnswerPart, parts_of


class _Alternative(AnswerPart):
    number: int = Field(alias="answerAlternativeNumber")
    text: str = Field(alias="alternativeValue")


class _Given(AnswerPart):
    """A number says which of the question's alternatives was chosen."""

    number: int | None = Field(default=None, alias="answerAlternativeNumber")
    text: str = Field(default="", alias="value")


class _Question(AnswerPart):
    """Several answers are a multiple choice."""

    number: int | str = Field(alias="questionNumber")
    text: str = Field(alias="subject")
    given: object = Field(alias="answers")
    alternatives: object = Field(alias="answerAlternatives")

    @property
    def answer(self) -> str:
        texts = {each.number: each.text for each in parts_of(_Alternative, self.alternatives)}
        given = [_in_words(each, texts) for each in parts_of(_Given, self.given)]
        return "\n".join(each for each in given if each)


def answered_questions(form: object) -> tuple[tuple[str, str], ...]:
    """Each question once with its answer, one line for each that was chosen; empty: none given.

    The page that a resident is at may be among the answered ones, too.
    """
    questions: dict[tuple[int | str, str], str] = {}
    for question in _questions(form):
        key = question.number, question.text
        questions[key] = questions.get(key) or question.answer
    return tuple((text, answer) for (_, text), answer in questions.items())


def _questions(form: object) -> Iterator[_Question]:
    current = _inside([form], "currentPage")
    pages = [*_inside([form], "answeredPages"), *current]
    yield from parts_of(_Question, _inside(_inside(pages, "questionBlocks"), "questions"))


def _inside(parts: Sequence[object], name: str) -> list[object]:
    """All that these parts hold by that name."""
    held = [part.get(name) for part in parts if isinstance(part, dict)]
    return [each for value in held if value for each in _as_list(value)]


def _as_list(value: object) -> list[object]:
    return value if isinstance(value, list) else [value]


def _in_words(given: _Given, texts: dict[int, str]) -> str:
    """An alternative that is not there is shown by its number rather than not at all."""
    if given.number is None:
        return given.text
    chosen = texts.get(given.number, f"Svarsalternativ {given.number}")
    return chosen if given.text in ("", chosen, str(given.number)) else f"{chosen}: {given.text}"
