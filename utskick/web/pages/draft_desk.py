"""Where somebody fills in a draft: what is kept of it, and what a page has just posted of it.

A page carries the draft's id in its address, and which version it shows. All that it does not
show is the draft's.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Annotated
from uuid import UUID, uuid4

from fastapi import Depends, Request, Response
from starlette.datastructures import FormData

from utskick.domain.drafts import (
    Draft,
    DraftChanged,
    DraftContent,
    DraftId,
    DraftInUse,
    DraftKind,
    FilledFields,
    NotOwnDraft,
    SeenVersion,
)
from utskick.domain.errors import NotFound
from utskick.domain.personnummer import Personnummer
from utskick.web.callers import Now, Wired
from utskick.web.pages.frame import fragment
from utskick.web.pages.posted import looks, text, texts
from utskick.web.pages.visitors import FOR_UNIT, Staff, StaffVisitor
from utskick.wiring import Services

PAGES = {
    DraftKind.PACKAGE: "/starta-paketutskick",
    DraftKind.FORM: "/skicka-formular",
    DraftKind.NAFS: "/skicka-nafs-formular",
}
CONFIRMED = {
    "/starta-paketutskick": "startat",
    "/skicka-formular": "skickat",
    "/skicka-nafs-formular": "skickat",
}
"""Where each of them says what was started."""
_NEVER_SHOWN = SeenVersion(number=999_999_999, page="")
_OF_THE_REQUEST = frozenset({"csrf", FOR_UNIT, "gor", "version", "rutor", "fil", "igen", "varnad"})
_LOOKED_AT = frozenset({"lista_sok", "lista_sokt", "lista_visa", "lista_sida"})
_NEVER_POSTED = frozenset(
    {
        "package",
        "ersatter",
        "ersatter_som",
        "fler_till",
        "flyttat",
        "mottagare",
        "tillagd",
        "rapport",
        "fraga_om_fil",
        "kontroll",
    }
)
"""What no page shows in a field."""
_CONFLICT = 409


def address_of(draft: Draft) -> str:
    """Where it is filled in."""
    return f"{PAGES[draft.kind]}/utkast/{draft.id}"


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownDraft:
    """What a page has of its draft. `saved_at` is `None` as long as there is nothing to keep."""

    address: str
    seen: SeenVersion
    saved_at: datetime | None


@dataclass(slots=True, kw_only=True)
class DraftDesk:
    """`seen` is what the page that was posted has shown. `looks`: somebody looks in its list."""

    request: Request
    visitor: StaffVisitor
    wired: Services
    now: datetime
    kind: DraftKind
    draft_id: DraftId
    seen: SeenVersion = field(default_factory=SeenVersion)
    draft: Draft | None = None
    looks: bool = False

    @property
    def in_use(self) -> DraftInUse:
        return DraftInUse(self.draft_id, self.seen)

    @property
    def address(self) -> str:
        return f"{PAGES[self.kind]}/utkast/{self.draft_id}"

    @property
    def name(self) -> str:
        """What a second start of the same is called: the same for every press on this draft."""
        return str(self.draft_id)

    async def peek(self) -> None:
        """Open it, if it is there, for what is shown while one types."""
        with suppress(NotFound):
            await self.open()

    @property
    def shown(self) -> ShownDraft:
        version = self.draft.version if self.draft else 0
        saved_at = self.draft.changed_at if self.draft else None
        return ShownDraft(address=self.address, seen=SeenVersion(version), saved_at=saved_at)

    @property
    def leads_on(self) -> bool:
        """Whether a browser without script has posted: it is led to an address to reload."""
        navigates = self.request.headers.get("sec-fetch-mode") == "navigate"
        posts = self.request.method == "POST" and not self.looks
        return posts and navigates and self.draft is not None

    def located(self, answer: Response, at: str) -> Response:
        """With the address that shows the same: a script puts it into the address bar."""
        if self.draft is not None:
            answer.headers["Content-Location"] = self.address + at
        return answer

    async def keep_posted(self, keep: Callable[[], Awaitable[None]]) -> None:
        """To look changes nothing."""
        if self.request.method == "POST":
            await keep()

    async def open(self) -> bool:
        """Open what is kept; whether after a while. Raises as `OpenDraft`."""
        opening = self.wired.open_draft
        draft, anew = await asyncio.to_thread(
            opening, self.draft_id, actor=self.visitor.actor, now=self.now
        )
        self.draft, self.seen = draft, SeenVersion(draft.version)
        self._require_kind()
        return anew

    async def take(self, posted: FormData) -> None:
        """Open it for a page that was posted.

        If it can no longer be saved over, what was posted is kept as a draft of its own. Raises
        `RefusedDraft`, and as `OpenDraft`.
        """
        self.seen = SeenVersion.read(text(posted, "version")) or _NEVER_SHOWN
        self.looks = looks(posted)
        try:
            self.draft = await asyncio.to_thread(
                self.wired.open_draft.for_page, self.in_use, actor=self.visitor.actor
            )
        except (DraftChanged, NotOwnDraft) as refused:
            content = refused.draft.content
            mine = replace(content, fields=fields_of(merged(content.fields, posted).multi_items()))
            copied = await asyncio.to_thread(
                self.wired.open_draft.copy,
                refused.draft,
                mine,
                actor=self.visitor.actor,
                now=self.now,
            )
            raise RefusedDraft(refused, address_of(copied)) from None
        self._require_kind()

    def _require_kind(self) -> None:
        """Raise `NotFound` for one of another page."""
        if self.draft is not None and self.draft.kind is not self.kind:
            raise NotFound("draft")

    def filled_in(self, posted: FormData, untouched: FilledFields) -> FormData:
        """All fields: what was posted, and the rest as it is kept, or as it is before."""
        return merged(self.draft.content.fields if self.draft else untouched, posted)

    async def keep(
        self,
        what: str,
        numbers: Iterable[Personnummer],
        kept: Iterable[tuple[str, str]],
        *,
        untouched: FilledFields,
        typing: bool = False,
    ) -> None:
        """Save it, if anything has been filled in. Raises as `KeepDraft`."""
        content = DraftContent(what=what, numbers=tuple(numbers), fields=fields_of(kept))
        if self.draft is None and content.fields == untouched:
            return
        self.draft = await asyncio.to_thread(
            self.wired.keep_draft,
            self.in_use,
            self.kind,
            content,
            actor=self.visitor.actor,
            now=self.now,
            typing=typing,
        )

    async def save_typed(self, posted: FormData, what: str, untouched: FilledFields) -> Response:
        """What is typed, as it is typed: the page goes on, and shows what became of it."""
        seen = self.seen = SeenVersion.read(text(posted, "version")) or _NEVER_SHOWN
        refused = ""
        try:
            opening, actor = self.wired.open_draft, self.visitor.actor
            self.draft = await asyncio.to_thread(opening.for_page, self.in_use, actor=actor)
            self._require_kind()
            numbers = self.draft.content.numbers if self.draft else ()
            fields = fields_of(self.filled_in(posted, untouched).multi_items())
            await self.keep(what, numbers, pairs_of(fields), untouched=untouched, typing=True)
        except (DraftChanged, NotOwnDraft) as error:
            refused = error.staff_message
        if not refused and self.draft is not None:
            seen = replace(seen, number=self.draft.version)
        shown = replace(self.shown, seen=seen)
        answer = fragment("draft_saved.html", draft=shown, not_saved=refused)
        answer.status_code = _CONFLICT if refused else 200
        return answer


class RefusedDraft(Exception):  # an answer more than an error
    """A page that shows an older version. What it had filled in is kept at `kept_at`."""

    def __init__(self, why: DraftChanged | NotOwnDraft, kept_at: str) -> None:
        super().__init__(str(why))
        self.why = why
        self.kept_at = kept_at


def merged(kept: FilledFields, posted: FormData) -> FormData:
    """What is kept, with what a page has posted in its place.

    `rutor` names the boxes that the page shows: one that is not ticked is not posted.
    """
    shown = {name for name, _ in posted.multi_items()} | set(texts(posted, "rutor"))
    rest = [
        (name, value)
        for name, values in kept.items()
        if name in _NEVER_POSTED or name not in shown
        for value in values
    ]
    return FormData([*rest, *(p for p in posted.multi_items() if p[0] not in _NEVER_POSTED)])


def fields_of(pairs: Iterable[tuple[str, object]]) -> Mapping[str, list[str]]:
    """By name, in order; without files, and what is only of one request."""
    found: dict[str, list[str]] = {}
    for name, value in pairs:
        if isinstance(value, str) and name not in _OF_THE_REQUEST | _LOOKED_AT:
            found.setdefault(name, []).append(value)
    return found


def pairs_of(fields: FilledFields) -> list[tuple[str, str]]:
    """As `fields_of` reads them."""
    return [(name, value) for name, values in fields.items() for value in values]


def _desk(
    request: Request, visitor: Staff, wired: Wired, now: Now, draft_id: UUID | None = None
) -> DraftDesk:
    kinds = {address: kind for kind, address in PAGES.items()}
    return DraftDesk(
        request=request,
        visitor=visitor,
        wired=wired,
        now=now,
        kind=kinds[f"/{request.url.path.split('/')[1]}"],
        draft_id=DraftId(draft_id or uuid4()),
    )


AtDraft = Annotated[DraftDesk, Depends(_desk)]
"""At the draft of the address, or at a new one that nothing is kept of yet."""
