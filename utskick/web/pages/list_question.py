"""What staff are asked of a file before anybody in it is taken.

What can be taken travels with the page's form, so that the file need not be chosen again.
"""

from dataclasses import asdict
from typing import Self

from pydantic import BaseModel, ValidationError

from utskick.domain.recipients import (
    NumberCell,
    TooManyRecipients,
    WorkbookTooLarge,
    bare,
)
from utskick.domain.rules import Rules
from utskick.domain.seen_sheets import FoundList, ListQuestion

_MOST_CARRIED = 1_000_000
"""Characters: a few of the longest lists."""


class _Cell(BaseModel):
    row: int
    text: str
    unclear: bool = False
    name: str = ""


class _Option(BaseModel):
    cells: list[_Cell]
    headings: int = 0
    sheet: str = ""
    notes: list[str] = []
    count: int = 0


class AskedOfList(BaseModel):
    """`sentence` says what there is; each of the `options` is a button."""

    sentence: str
    options: list[_Option]

    @classmethod
    def of(cls, asked: ListQuestion, *, rules: Rules) -> Self:
        """Raises `TooManyRecipients` or `WorkbookTooLarge` for what no list has room for."""
        options = [_option(each) for each in asked.options]
        fewest = min((len(each.cells) for each in options), default=0)
        if fewest > rules.max_recipients + rules.limits.refused_rows:
            raise TooManyRecipients(count=fewest, allowed=rules.max_recipients)
        question = cls(sentence=asked.staff_message, options=options)
        if len(question.carried) > _MOST_CARRIED:
            raise WorkbookTooLarge
        return question

    @classmethod
    def read(cls, carried: str) -> Self | None:
        """Nothing for what no page of ours has carried."""
        if not carried:
            return None
        try:
            return cls.model_validate_json(carried)
        except ValidationError:
            return None

    @property
    def carried(self) -> str:
        return self.model_dump_json(exclude_defaults=True)

    @property
    def buttons(self) -> list[str]:
        """What each option says, in order."""
        return [
            f"Ta bara med {_those(o.count)} som syns på bladet {o.sheet}" for o in self.options
        ]

    def chosen(self, number: str) -> FoundList | None:
        """The option that was pressed."""
        if number not in map(str, range(len(self.options))):
            return None
        option = self.options[int(number)]
        return FoundList(
            cells=tuple(NumberCell(**cell.model_dump()) for cell in option.cells),
            headings=option.headings,
            sheet=option.sheet,
            notes=tuple(option.notes),
        )


def _option(found: FoundList) -> _Option:
    cells = [_Cell(**asdict(cell) | {"text": bare(cell.text)}) for cell in found.cells]
    return _Option(
        cells=cells,
        headings=found.headings,
        sheet=found.sheet,
        notes=list(found.notes),
        count=found.count,
    )


def _those(count: int) -> str:
    return "den enda" if count == 1 else f"de {count}"
