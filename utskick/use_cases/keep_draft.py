"""Utkast: keep what has been filled in, as it is filled in."""

from dataclasses import dataclass
from datetime import datetime
from uuid import uuid4

from utskick.domain.drafts import (
    Draft,
    DraftChanged,
    DraftContent,
    DraftId,
    DraftInUse,
    DraftKind,
    NotOwnDraft,
)
from utskick.domain.errors import NotFound
from utskick.domain.units import Actor
from utskick.records import Store, Transaction


@dataclass(frozen=True, slots=True, kw_only=True)
class KeepDraft:
    store: Store

    def begin(
        self, kind: DraftKind, content: DraftContent, *, actor: Actor, now: datetime
    ) -> Draft:
        """A new one, of its own."""
        draft = Draft(
            id=DraftId(uuid4()),
            kind=kind,
            unit_id=actor.unit_id,
            owner=actor.name,
            changed_at=now,
            content=content,
        )
        with self.store.transaction() as records:
            records.drafts.add(draft)
        return draft

    def __call__(
        self,
        draft: DraftInUse,
        kind: DraftKind,
        content: DraftContent,
        *,
        actor: Actor,
        now: datetime,
        typing: bool = False,
    ) -> Draft:
        """Save it, or begin it under the id that a page without a draft has been given.

        Raises `DraftChanged` or `NotOwnDraft`, and `NotFound` if it has been deleted meanwhile.
        """
        begun = Draft(
            id=draft.id,
            kind=kind,
            unit_id=actor.unit_id,
            owner=actor.name,
            changed_at=now,
            content=content,
            saved_from=draft.seen.page,
            typing=typing,
        )
        with self.store.transaction() as records:
            if not draft.seen.number and records.drafts.add(begun):
                return begun
            kept = require_draft(draft, records, actor=actor, typing=typing)
            changed = kept.changed(content, seen=draft.seen, typing=typing, now=now)
            records.drafts.save(changed)
        return changed


def require_draft(
    draft: DraftInUse, records: Transaction, *, actor: Actor, typing: bool = False
) -> Draft:
    """The draft, held, if what the page shows is what is kept. Raises as `KeepDraft`."""
    kept = records.drafts.lock_for(actor.unit_id, draft.id)
    if kept.owner != actor.name:
        raise NotOwnDraft(kept, owner=name_of(kept.owner, records))
    if not kept.takes(draft.seen, typing=typing):
        raise DraftChanged(kept, by=name_of(kept.owner, records))
    return kept


def find_draft(draft: DraftInUse, records: Transaction, *, actor: Actor) -> Draft | None:
    """As `require_draft`; `None` where a page was shown without a draft, and none is kept yet."""
    try:
        return require_draft(draft, records, actor=actor)
    except NotFound:
        if draft.seen.number:
            raise
        return None


def name_of(staff_id: str, records: Transaction) -> str:
    """As staff know each other; the HSA-id of one who has never signed in here."""
    return records.sessions.names([staff_id]).get(staff_id, staff_id)
