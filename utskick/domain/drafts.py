"""Drafts (utkast): what staff have filled in to be sent, and not started yet."""

import re
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import NewType, Self
from uuid import UUID

from utskick.domain.errors import UtskickError
from utskick.domain.personnummer import Personnummer
from utskick.domain.units import HsaId

DraftId = NewType("DraftId", UUID)
FilledFields = Mapping[str, Sequence[str]]
"""What has been filled in, by the names of the pages' own fields."""

SAME_SITTING = timedelta(minutes=30)
"""Whoever comes back to a draft later than this after its last change opens it anew."""
_MARK = re.compile(r"(\d{1,9})\.([A-Za-z0-9_-]{1,20})", re.ASCII)
_PAGE_BYTES = 9


class DraftKind(StrEnum):
    """Which pages it is of: Starta Paketutskick, Skicka formulär, Skicka NAFS formulär."""

    PACKAGE = "package"
    FORM = "form"
    NAFS = "nafs"


@dataclass(frozen=True, slots=True)
class SeenVersion:
    """The version that a page shows, and which page it is; 0 where there was no draft yet."""

    number: int = 0
    page: str = field(default_factory=lambda: secrets.token_urlsafe(_PAGE_BYTES))

    def __str__(self) -> str:
        return f"{self.number}.{self.page}"

    @classmethod
    def read(cls, text: str) -> Self | None:
        """`None` for what no page of ours has shown."""
        found = _MARK.fullmatch(text)
        return cls(int(found[1]), found[2]) if found else None


@dataclass(frozen=True, slots=True, kw_only=True)
class DraftContent:
    """`what` is the package or form as staff know it, and `numbers` those on the list."""

    what: str = field(default="", repr=False)
    numbers: tuple[Personnummer, ...] = field(default=(), repr=False)
    fields: FilledFields = field(default_factory=dict, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """`saved_from` is the page that saved it last, `typing` whether by itself while one typed."""

    id: DraftId
    kind: DraftKind
    unit_id: HsaId
    owner: str
    changed_at: datetime
    content: DraftContent
    version: int = 1
    saved_from: str = ""
    typing: bool = False

    def takes(self, seen: SeenVersion, *, typing: bool) -> bool:
        """Whether what that page says may take the place of what is kept.

        It must have shown the latest version, or have made it and not heard of it: what is saved
        by itself must then not undo what a button has done.
        """
        if seen.number == self.version:
            return True
        return seen.page == self.saved_from and (self.typing or not typing)

    def changed(
        self, content: DraftContent, *, seen: SeenVersion, typing: bool, now: datetime
    ) -> Self:
        return replace(
            self,
            content=content,
            version=self.version + 1,
            saved_from=seen.page,
            typing=typing,
            changed_at=now,
        )

    def taken_over(self, by: str) -> Self:
        """A version of its own, so that nothing of whoever had it is saved over it."""
        return replace(self, owner=by, version=self.version + 1, saved_from="")


@dataclass(frozen=True, slots=True)
class DraftInUse:
    """A draft as a page has it: what is started must be what that page has shown."""

    id: DraftId
    seen: SeenVersion


class DraftChanged(UtskickError):
    """Saved by somebody else, or from another page, since this page showed it."""

    def __init__(self, draft: Draft, *, by: str) -> None:
        self.draft = draft
        self.by = by
        super().__init__("the draft has been changed since")
        self.staff_message = (
            f"Utkastet har ändrats av {by} sedan den här sidan visades, så inget är startat eller"
            " sparat över det."
        )


class NotOwnDraft(UtskickError):
    """A colleague of the unit has it."""

    def __init__(self, draft: Draft, *, owner: str) -> None:
        self.draft = draft
        self.owner = owner
        super().__init__("somebody else of the unit has the draft")
        self.staff_message = f"Utkastet är {owner}s. Ta över det för att fortsätta på det."


class DraftStarted(UtskickError):
    """There is no draft any more: it has become a dispatch."""

    def __init__(self, dispatch_id: UUID) -> None:
        self.dispatch_id = dispatch_id
        super().__init__(f"the draft has become dispatch {dispatch_id}")
        self.staff_message = "Utkastet är redan startat."
