"""Utkast: open one, list the unit's, take one over, delete one."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from uuid import uuid4

from utskick.domain.drafts import (
    SAME_SITTING,
    Draft,
    DraftContent,
    DraftId,
    DraftInUse,
    DraftStarted,
    NotOwnDraft,
)
from utskick.domain.rules import Rules
from utskick.domain.units import Activity, Actor
from utskick.records import LogEntry, Store, Transaction
from utskick.use_cases.keep_draft import find_draft, name_of


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedDraft:
    """One in the list. `owner_name` is whose it is, and it is deleted on `until`."""

    draft: Draft
    owner_name: str
    own: bool
    until: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenDraft:
    store: Store
    rules: Rules

    def __call__(self, draft_id: DraftId, *, actor: Actor, now: datetime) -> tuple[Draft, bool]:
        """The draft, and whether it is opened anew.

        After a while that is logged, as it shows patients. Raises `NotOwnDraft`, `DraftStarted`
        or `NotFound`.
        """
        with self.store.transaction() as records:
            draft = _find(draft_id, records, actor)
            if draft.owner != actor.name:
                raise NotOwnDraft(draft, owner=name_of(draft.owner, records))
            anew = now - draft.changed_at > SAME_SITTING
            if anew:
                _log(draft, Activity.READ, "öppnat utkast", records, actor, now)
        return draft, anew

    def for_page(self, draft: DraftInUse, *, actor: Actor) -> Draft | None:
        """What a page that is posted goes on with; `None` if nothing is kept of it yet.

        Raises `DraftChanged`, and as the opening.
        """
        with self.store.transaction() as records:
            _require_not_started(draft.id, records, actor)
            return find_draft(draft, records, actor=actor)

    def list_for(self, *, actor: Actor) -> Sequence[ListedDraft]:
        """The unit's. Nobody on them is shown, so nothing is logged."""
        kept_for = timedelta(days=self.rules.retention.drafts_days)
        with self.store.transaction() as records:
            drafts = records.drafts.list_for(actor.unit_id)
            names = records.sessions.names([each.owner for each in drafts])
        return [
            ListedDraft(
                draft=each,
                owner_name=names.get(each.owner, each.owner),
                own=each.owner == actor.name,
                until=each.changed_at + kept_for,
            )
            for each in drafts
        ]

    def count(self, *, actor: Actor) -> int:
        """How many the unit has."""
        with self.store.transaction() as records:
            return records.drafts.count_for(actor.unit_id)

    def take_over(self, draft_id: DraftId, *, actor: Actor, now: datetime) -> Draft:
        """Go on with a colleague's; logged for each person on it. Raises as the opening."""
        with self.store.transaction() as records:
            _require_not_started(draft_id, records, actor)
            draft = records.drafts.lock_for(actor.unit_id, draft_id)
            if draft.owner == actor.name:
                return draft
            taken = draft.taken_over(actor.name)
            records.drafts.save(taken)
            _log(taken, Activity.READ, "tagit över utkast", records, actor, now)
        return taken

    def copy(self, draft: Draft, content: DraftContent, *, actor: Actor, now: datetime) -> Draft:
        """What somebody has filled in, of a draft that is not theirs to save over any more."""
        copied = replace(
            draft,
            id=DraftId(uuid4()),
            owner=actor.name,
            content=content,
            changed_at=now,
            version=1,
            saved_from="",
        )
        with self.store.transaction() as records:
            records.drafts.add(copied)
            if draft.owner != actor.name:
                _log(copied, Activity.READ, "kopierat utkast", records, actor, now)
        return copied

    def delete(self, draft_id: DraftId, *, actor: Actor, now: datetime) -> None:
        """A colleague's, too. Raises `DraftStarted` or `NotFound`."""
        with self.store.transaction() as records:
            _require_not_started(draft_id, records, actor)
            draft = records.drafts.lock_for(actor.unit_id, draft_id)
            records.drafts.delete(draft.id)
            _log(draft, Activity.DELETE, "tagit bort utkast", records, actor, now)


def _find(draft_id: DraftId, records: Transaction, actor: Actor) -> Draft:
    _require_not_started(draft_id, records, actor)
    return records.drafts.get_for(actor.unit_id, draft_id)


def _require_not_started(draft_id: DraftId, records: Transaction, actor: Actor) -> None:
    if (started := records.dispatches.of_draft(actor.unit_id, draft_id)) is not None:
        raise DraftStarted(started)


def _log(
    draft: Draft, activity: Activity, act: str, records: Transaction, actor: Actor, now: datetime
) -> None:
    numbers = draft.content.numbers or (None,)
    entries = [
        LogEntry(actor=actor, activity=activity, act=act, personnummer=number)
        for number in numbers
    ]
    records.access_log.write(entries, now=now)
