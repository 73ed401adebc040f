"""Drafts: sealed, each for its unit, and gone a month after they were changed."""

from datetime import timedelta
from uuid import uuid4

import pytest
from cryptography.exceptions import InvalidTag
from sqlalchemy import Engine, select

from tests.clinic import OTHER_UNIT, STAFF, UNIT
from tests.people import ANNA
from tests.store.ledger import NOW, change
from utskick.domain.drafts import Draft, DraftContent, DraftId, DraftKind
from utskick.domain.errors import NotFound
from utskick.store import SqlStore
from utskick.store.tables import DraftRow


@pytest.fixture
def draft(store: SqlStore) -> Draft:
    """With Anna on its list."""
    kept = Draft(
        id=DraftId(uuid4()),
        kind=DraftKind.FORM,
        unit_id=UNIT.id,
        owner=STAFF.name,
        changed_at=NOW,
        content=DraftContent(
            what="Levnadsvanor", numbers=(ANNA,), fields={"mottagare": [ANNA.digits]}
        ),
    )
    with store.transaction() as records:
        records.units.save([UNIT, OTHER_UNIT])
        assert records.drafts.add(kept)
        assert not records.drafts.add(kept)
    return kept


def test_it_is_kept_whole(store: SqlStore, draft: Draft) -> None:
    with store.transaction() as records:
        assert records.drafts.get_for(UNIT.id, draft.id) == draft
        assert records.drafts.list_for(UNIT.id) == [draft]


def test_nothing_that_was_filled_in_stands_in_clear(engine: Engine, draft: Draft) -> None:
    del draft

    with engine.connect() as connection:
        [row] = connection.execute(select(DraftRow.__table__)).all()

    kept = " ".join(repr(value) for value in row)
    assert ANNA.digits not in kept
    assert "Levnadsvanor" not in kept


def test_another_unit_has_it_not_whatever_its_row_says(
    store: SqlStore, engine: Engine, draft: Draft
) -> None:
    with store.transaction() as records, pytest.raises(NotFound):
        records.drafts.get_for(OTHER_UNIT.id, draft.id)

    change(engine, "UPDATE draft SET unit_id = :unit", unit=OTHER_UNIT.id)

    with store.transaction() as records, pytest.raises(NotFound):
        records.drafts.get_for(OTHER_UNIT.id, draft.id)


def test_what_is_sealed_opens_in_its_own_row_alone(
    store: SqlStore, engine: Engine, draft: Draft
) -> None:
    other = DraftId(uuid4())
    change(engine, "UPDATE draft SET id = :other", other=other.hex)
    del draft

    with store.transaction() as records, pytest.raises(InvalidTag):
        records.drafts.get_for(UNIT.id, other)


def test_those_that_nobody_has_changed_for_long_go_by_unit(store: SqlStore, draft: Draft) -> None:
    del draft

    with store.transaction() as records:
        assert records.expired.delete_drafts(NOW, limit=9) == {}
        assert records.expired.delete_drafts(NOW + timedelta(seconds=1), limit=9) == {UNIT.id: 1}
        assert records.drafts.count_for(UNIT.id) == 0
