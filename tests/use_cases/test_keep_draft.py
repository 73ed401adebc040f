"""Utkast: which save counts, and that a draft becomes one dispatch."""

from typing import Any
from uuid import uuid4

import pytest

from tests.access_log import Log
from tests.clinic import PHQ, STAFF, UNIT, Clinic
from tests.people import ANNA, BO
from tests.use_cases.clinic_days import pass_hours
from utskick.domain.drafts import (
    Draft,
    DraftChanged,
    DraftContent,
    DraftId,
    DraftInUse,
    DraftKind,
    DraftStarted,
    SeenVersion,
)
from utskick.domain.errors import NotFound
from utskick.domain.specs import FormSpec
from utskick.use_cases.submissions import Started

CONTENT = DraftContent(what="PHQ-9", numbers=(ANNA,), fields={"form": ["PHQ-9"]})
DAY_H = 24


def kept(clinic: Clinic) -> Draft:
    return clinic.keep_draft.begin(DraftKind.FORM, CONTENT, actor=STAFF, now=clinic.clock.now())


def save(clinic: Clinic, draft: Draft, seen: SeenVersion, *, typing: bool = False) -> Draft:
    return clinic.keep_draft(
        DraftInUse(draft.id, seen),
        draft.kind,
        CONTENT,
        actor=STAFF,
        now=clinic.clock.now(),
        typing=typing,
    )


async def start(clinic: Clinic, draft: DraftInUse, **changes: Any) -> Started:
    spec = FormSpec.model_validate(
        {"unit": UNIT.id, "form": PHQ.key, "recipients": [ANNA.digits]} | changes
    )
    return await clinic.send_form(
        spec, actor=STAFF, submission_key=f"{changes}", now=clinic.clock.now(), draft=draft
    )


@pytest.mark.parametrize(
    ("first_typing", "then_typing", "taken"),
    [(False, False, True), (True, False, True), (True, True, True), (False, True, False)],
)
def test_a_page_that_has_not_heard_of_its_save_saves_again_but_typing_undoes_no_press(
    clinic: Clinic, first_typing: bool, then_typing: bool, taken: bool
) -> None:
    draft, page = kept(clinic), SeenVersion(1, "page")
    save(clinic, draft, page, typing=first_typing)

    if taken:
        assert save(clinic, draft, page, typing=then_typing).version == 3
    else:
        with pytest.raises(DraftChanged):
            save(clinic, draft, page, typing=then_typing)


def test_an_older_version_of_another_page_saves_nothing(clinic: Clinic) -> None:
    draft = kept(clinic)
    save(clinic, draft, SeenVersion(1, "one"))

    with pytest.raises(DraftChanged):
        save(clinic, draft, SeenVersion(1, "other"))


def test_what_was_deleted_is_not_saved_again(clinic: Clinic) -> None:
    draft = kept(clinic)
    clinic.open_draft.delete(draft.id, actor=STAFF, now=clinic.clock.now())

    with pytest.raises(NotFound):
        save(clinic, draft, SeenVersion(1, "page"))


async def test_a_draft_is_gone_in_the_moment_in_which_it_is_started(clinic: Clinic) -> None:
    draft = DraftInUse(kept(clinic).id, SeenVersion(1, "page"))

    started = await start(clinic, draft)

    with pytest.raises(DraftStarted) as gone:
        clinic.open_draft(draft.id, actor=STAFF, now=clinic.clock.now())
    assert gone.value.dispatch_id == started.dispatch.id


async def test_two_tabs_that_start_it_with_other_words_start_one(clinic: Clinic) -> None:
    draft = DraftInUse(kept(clinic).id, SeenVersion(1, "page"))
    first = await start(clinic, draft)

    second = await start(clinic, draft, recipients=[BO.digits])

    assert second.already
    assert second.dispatch.id == first.dispatch.id
    assert len(clinic.listed()) == 1


async def test_two_pages_that_start_it_before_it_is_kept_start_one(clinic: Clinic) -> None:
    draft_id = DraftId(uuid4())
    first = await start(clinic, DraftInUse(draft_id, SeenVersion()))

    second = await start(clinic, DraftInUse(draft_id, SeenVersion()), recipients=[BO.digits])

    assert second.already
    assert second.dispatch.id == first.dispatch.id
    assert len(clinic.listed()) == 1


async def test_an_older_version_starts_nothing(clinic: Clinic) -> None:
    draft = kept(clinic)
    save(clinic, draft, SeenVersion(1, "one"))

    with pytest.raises(DraftChanged):
        await start(clinic, DraftInUse(draft.id, SeenVersion(1, "other")))

    assert clinic.listed() == []


def test_a_month_after_its_last_change_it_is_purged_and_the_log_says_so(
    clinic: Clinic, log: Log
) -> None:
    draft = kept(clinic)
    pass_hours(clinic, 29 * DAY_H)
    save(clinic, draft, SeenVersion(1, "page"))
    pass_hours(clinic, 29 * DAY_H)
    before = clinic.purge_expired(now=clinic.clock.now()).drafts
    pass_hours(clinic, 2 * DAY_H)

    assert (before, clinic.purge_expired(now=clinic.clock.now()).drafts) == (0, 1)
    assert log()[-1] == "Radera: gallrat 1 utkast"
