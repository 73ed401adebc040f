"""Reading what a page has posted into the spec that a use case takes."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError
from starlette.datastructures import FormData, UploadFile

from utskick.domain.calendar import ImpossibleTime, parse_date
from utskick.domain.errors import Problem, SpecRefused
from utskick.domain.languages import OTHER_LANGUAGES
from utskick.domain.long_lists import ListView
from utskick.domain.message_advice import OFFERS, Rule, with_sentence
from utskick.domain.message_problems import place_of_language
from utskick.domain.personnummer import InvalidPersonnummer, Personnummer
from utskick.domain.rules import Rules
from utskick.domain.specs import problems_of
from utskick.domain.writing import as_kept

ADD = "lagg-till-mening"
"""The button of a sentence that is offered; with its rule."""
AnySpec = TypeVar("AnySpec", bound=BaseModel)


def text(posted: FormData, name: str, default: str = "") -> str:
    """A field's text, in the way that texts are kept."""
    return as_kept(as_typed(posted, name, default))


def as_typed(posted: FormData, name: str, default: str = "") -> str:
    """Where a character may mean something: a file's content, pasted."""
    value = posted.get(name, default)
    return value.replace("\r\n", "\n") if isinstance(value, str) else default


_LONGEST_SOUGHT = 200
_LAST_PAGE = 10_000


def sought_in(posted: FormData) -> tuple[str, int]:
    """What is sought, and which page of it. By post, as it may be a person's number."""
    typed = text(posted, "sida")
    number = int(typed) if typed.isascii() and typed.isdigit() and len(typed) < len("10000") else 1
    return text(posted, "sok")[:_LONGEST_SOUGHT], max(1, min(number, _LAST_PAGE))


_LOOK = ("lista", "fraga-lista")
"""The buttons of a long list: where it is gathered or shown, and at the question."""


def view_in(posted: FormData) -> ListView:
    """How a long list is looked at, after the pressed button."""
    kind, page = text(posted, "lista_visa"), text(posted, "lista_sida")
    view = ListView.of(text(posted, "lista_sok"), kind, page)
    pressed, how = act(posted)
    if pressed in _LOOK:
        return view.turned(how)
    return view.turned("") if looks(posted) else view


def looks(posted: FormData) -> bool:
    """Whether somebody looks for something; without script Enter there presses another button."""
    return act(posted)[0] in _LOOK or text(posted, "lista_sok") != text(posted, "lista_sokt")


def texts(posted: FormData, name: str) -> list[str]:
    """A field that comes several times."""
    return [value for value in posted.getlist(name) if isinstance(value, str)]


async def file(posted: FormData, name: str) -> bytes | None:
    """An uploaded file's content, if one was chosen."""
    upload = posted.get(name)
    if not isinstance(upload, UploadFile) or not upload.filename:
        return None
    await upload.seek(0)
    return await upload.read()


def act(posted: FormData) -> tuple[str, str]:
    """The button that was pressed, and what it was about: `ta-bort 3`."""
    name, _, about = text(posted, "gor").partition(" ")
    return name, about


def read_day(posted: FormData, name: str, *, problems: list[Problem]) -> date | None:
    """A date, or `None` for an empty field; a fault is added to the problems."""
    typed = text(posted, name).strip()
    if not typed:
        return None
    try:
        return parse_date(typed)
    except ImpossibleTime:
        problems.append(Problem(name, "datumet är inte giltigt.", "Skriv det som ÅÅÅÅ-MM-DD."))
        return None


def read_days(
    posted: FormData, first: str, last: str, *, problems: list[Problem]
) -> tuple[date | None, date | None]:
    """As `read_day`, from when and until when: in the wrong order they would find nothing."""
    since, until = (read_day(posted, name, problems=problems) for name in (first, last))
    if since and until and until < since:
        problems.append(
            Problem(last, "datumet är före det första.", "Byt plats på dem, eller töm det ena.")
        )
    return since, until


def read_personnummer(
    posted: FormData, name: str, *, problems: list[Problem], rules: Rules, now: datetime
) -> Personnummer | None:
    """As `read_day`, a personnummer."""
    typed = text(posted, name).strip()
    if not typed:
        return None
    try:
        return rules.personnummer(typed, now)
    except InvalidPersonnummer as error:
        problems.append(Problem(name, error.reason, error.remedy))
        return None


def read_spec(kind: type[AnySpec], values: Mapping[str, Any]) -> AnySpec:
    """Empty fields are as they stand: emptied. Raises `SpecRefused` with every field's problem."""
    try:
        return kind.model_validate(values)
    except ValidationError as error:
        faults = error.errors(include_input=False, include_url=False, include_context=False)
        raise SpecRefused(problems_of(faults)) from None


def read_translations(posted: FormData) -> dict[str, str]:
    """The message's boxes in other languages, the emptied ones too."""
    return {
        code: text(posted, field)
        for code in OTHER_LANGUAGES
        if (field := place_of_language(code)) in posted
    }


def read_message(posted: FormData) -> str:
    """The message's box, with the sentence whose button was pressed."""
    message = text(posted, "inbox_message")
    pressed, rule = act(posted)
    return with_sentence(message, Rule(rule)) if pressed == ADD and rule in {*OFFERS} else message
