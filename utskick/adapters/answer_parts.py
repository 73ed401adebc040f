"""Parts of contracts' answers, each read alone: an odd one costs none of the others."""

from typing import TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError


class AnswerPart(BaseModel):
    """What is read of a part. What we have no use for is passed over."""

    model_config = ConfigDict(frozen=True, strict=True)


AnswerPartT = TypeVar("AnswerPartT", bound=AnswerPart)


def part_of(kind: type[AnswerPartT], part: object) -> AnswerPartT | None:
    """`None` if it cannot be read."""
    try:
        return kind.model_validate(part)
    except ValidationError:
        return None


def parts_of(kind: type[AnswerPartT], parts: object) -> list[AnswerPartT]:
    """Those of a list that can be read."""
    read = [part_of(kind, part) for part in parts] if isinstance(parts, list) else []
    return [part for part in read if part is not None]
