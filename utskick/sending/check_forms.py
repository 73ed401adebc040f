"""Which of a dispatch's forms may be sent: by our register, and by the form service's."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Protocol

from utskick.domain.forms import FormAccess, FormTemplateId, require_sendable
from utskick.domain.units import HsaId
from utskick.ports import TemporaryFailure
from utskick.records import Store


class TemplateLists(Protocol):
    """Which templates a unit may send: the form service's answer, or `SharedTemplateLists`."""

    async def form_templates(self, unit_id: HsaId) -> Mapping[FormTemplateId, bool]: ...


async def check_forms(
    unit_id: HsaId,
    template_ids: Sequence[FormTemplateId],
    *,
    store: Store,
    forms: TemplateLists,
    now: datetime,
) -> list[FormAccess]:
    """A form is archived, or not the unit's to send, if either register says so.

    Raises `TemporaryFailure` if the form service does not answer.
    """
    ours = await asyncio.to_thread(_known_access, unit_id, template_ids, store=store)
    theirs = await forms.form_templates(unit_id)
    if not theirs:
        # Every unit may send NAFS forms: an empty list is a fault of the answer.
        raise TemporaryFailure("the form service lists no templates")
    return [_stricter(access, published=theirs.get(access.form.id), now=now) for access in ours]


async def require_forms(
    unit_id: HsaId,
    template_ids: Sequence[FormTemplateId],
    *,
    store: Store,
    forms: TemplateLists,
    now: datetime,
) -> None:
    """Raise `StartBlocked` unless all may be sent.

    By our register alone if the form service does not answer, as each occasion checks again.
    """
    try:
        access = await check_forms(unit_id, template_ids, store=store, forms=forms, now=now)
    except TemporaryFailure:
        await asyncio.to_thread(require_known_forms, unit_id, template_ids, store=store)
    else:
        require_sendable(access)


def require_known_forms(
    unit_id: HsaId, template_ids: Sequence[FormTemplateId], *, store: Store
) -> None:
    """Raise `StartBlocked` unless all may be sent by our register."""
    require_sendable(_known_access(unit_id, template_ids, store=store))


def _known_access(
    unit_id: HsaId, template_ids: Sequence[FormTemplateId], *, store: Store
) -> list[FormAccess]:
    with store.transaction() as records:
        return records.forms.access(unit_id, template_ids)


def _stricter(ours: FormAccess, *, published: bool | None, now: datetime) -> FormAccess:
    if published is None:
        return replace(ours, available=False)
    if not published and not ours.form.archived:
        return replace(ours, form=replace(ours.form, archived_at=now))
    return ours
