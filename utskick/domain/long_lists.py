"""Long lists of people: what is looked for among them, and the part that is shown at a time.

Names and numbers are sealed where they are kept, so they are looked through here and not there.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Generic, Self, TypeVar

from utskick.domain.personnummer import Personnummer
from utskick.domain.writing import comparable, plain

Row = TypeVar("Row")

PER_PAGE = 50
FEW = 10
"""So many are seen at a glance, and need no looking for."""
ALL = "alla"
_LONGEST_SOUGHT = 100
_LAST_PAGE = 10_000


@dataclass(frozen=True, slots=True)
class ListView:
    """How somebody looks at a list: whose name or number holds `text`, of which `kind`.

    `whole`: not a page at a time, say to print it.
    """

    text: str = ""
    kind: str = ALL
    page: int = 1
    whole: bool = False

    @classmethod
    def of(cls, text: str, kind: str, page: str, whole: str = "") -> Self:
        """As a page's fields have it, whatever was posted."""
        known = page.isascii() and page.isdigit() and len(page) <= len(str(_LAST_PAGE))
        number = int(page) if known else 1
        return cls(text[:_LONGEST_SOUGHT], kind or ALL, max(1, number), bool(whole))

    def turned(self, how: str) -> Self:
        """As the pressed button says: `visa KIND`, `sida 2`, `hela`; from the start else."""
        match how.split(" ", 1):
            case "visa", kind:
                return replace(self, kind=kind, page=1, whole=False)
            case "sida", page if page.isascii() and page.isdigit():
                return replace(self, page=max(1, min(int(page), _LAST_PAGE)), whole=False)
            case ["hela"]:
                return replace(self, page=1, whole=True)
            case _:
                return replace(self, page=1, whole=False)


@dataclass(frozen=True, slots=True)
class ListKind(Generic[Row]):
    """Some of a list: `key` names it, `label` says what they have in common."""

    key: str
    label: str
    holds: Callable[[Row], bool]


@dataclass(frozen=True, slots=True, kw_only=True)
class Chip:
    """A kind that there is any of, with how many."""

    key: str
    label: str
    count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ListPart(Generic[Row]):
    """The `rows` of a page; `found` of the `total` are what was looked for."""

    view: ListView
    rows: Sequence[Row]
    found: int
    total: int
    chips: Sequence[Chip]

    @property
    def pages(self) -> int:
        return 1 if self.view.whole else pages_of(self.found)

    @property
    def long(self) -> bool:
        """Whether it is worth looking in."""
        return self.total > FEW

    @property
    def first(self) -> int:
        return (self.view.page - 1) * PER_PAGE + 1 if self.rows else 0

    @property
    def last(self) -> int:
        return self.first + len(self.rows) - 1 if self.rows else 0


def pages_of(found: int) -> int:
    """How many pages it takes; an empty list has one."""
    return max(1, -(-found // PER_PAGE))


def look_at(
    rows: Sequence[Row],
    view: ListView,
    *,
    who: Callable[[Row], tuple[str, Personnummer]],
    kinds: Iterable[ListKind[Row]] = (),
) -> ListPart[Row]:
    """The part of a list that is looked at. Of a page beyond the end, the last."""
    chips, chosen = [Chip(key=ALL, label="Alla", count=len(rows))], rows
    for kind in kinds:
        some = [row for row in rows if kind.holds(row)]
        if some:
            chips.append(Chip(key=kind.key, label=kind.label, count=len(some)))
        if kind.key == view.kind:
            chosen = some
    known = view.kind if view.kind in {chip.key for chip in chips} else ALL
    sought = _sought(view.text)
    found = [row for row in (chosen if known != ALL else rows) if sought(*who(row))]
    page = min(view.page, pages_of(len(found)))
    begins = 0 if view.whole else (page - 1) * PER_PAGE
    return ListPart(
        view=replace(view, kind=known, page=page),
        rows=found if view.whole else found[begins : begins + PER_PAGE],
        found=len(found),
        total=len(rows),
        chips=chips,
    )


def _sought(text: str) -> Callable[[str, Personnummer], bool]:
    """Each word begins a part of the name, or is a part of the number."""
    words = comparable(plain(text)).split()
    digits = ["".join(filter(str.isdecimal, word)) for word in words]

    def holds(name: str, number: Personnummer) -> bool:
        named = comparable(name).replace("-", " ").split()
        return all(
            any(part.startswith(word) for part in named) or (bool(d) and d in number.digits)
            for word, d in zip(words, digits, strict=True)
        )

    return holds
