"""Drafts, sealed with the unit that they are of."""

import json
from collections.abc import Sequence
from typing import Any

from sqlalchemy import Select, delete, func, select, update
from sqlalchemy.orm import Session

from utskick.domain.drafts import Draft, DraftContent, DraftId, DraftKind
from utskick.domain.errors import NotFound
from utskick.domain.personnummer import Personnummer
from utskick.domain.units import HsaId
from utskick.store.statements import all_or_each
from utskick.store.tables import DraftRow
from utskick.store.vault import Sealed, Sealing


class SqlDrafts:
    def __init__(self, session: Session, vault: Sealing) -> None:
        self._session = session
        self._vault = vault

    def add(self, draft: Draft) -> bool:
        row = DraftRow(
            id=draft.id, unit_id=draft.unit_id, kind=draft.kind.value, **self._values(draft)
        )
        return bool(all_or_each(self._session, [row], self._insert))

    def get_for(self, unit_id: HsaId, draft_id: DraftId) -> Draft:
        return self._one(_of_unit(unit_id, draft_id))

    def lock_for(self, unit_id: HsaId, draft_id: DraftId) -> Draft:
        return self._one(_of_unit(unit_id, draft_id).with_for_update())

    def save(self, draft: Draft) -> None:
        self._session.execute(
            update(DraftRow).where(DraftRow.id == draft.id).values(self._values(draft))
        )

    def delete(self, draft_id: DraftId) -> None:
        self._session.execute(delete(DraftRow).where(DraftRow.id == draft_id))

    def list_for(self, unit_id: HsaId) -> Sequence[Draft]:
        rows = self._session.scalars(
            select(DraftRow)
            .where(DraftRow.unit_id == unit_id)
            .order_by(DraftRow.changed_at.desc(), DraftRow.id)
        )
        return [self._opened(row) for row in rows]

    def count_for(self, unit_id: HsaId) -> int:
        counted = select(func.count()).where(DraftRow.unit_id == unit_id)
        return self._session.scalar(counted) or 0

    def _one(self, statement: Select[tuple[DraftRow]]) -> Draft:
        # A lock must show what is true once it is held, not what was read before.
        row = self._session.scalar(statement.execution_options(populate_existing=True))
        if row is None:
            raise NotFound("draft")
        return self._opened(row)

    def _insert(self, rows: Sequence[DraftRow]) -> None:
        self._session.add_all(rows)
        self._session.flush()

    def _values(self, draft: Draft) -> dict[str, Any]:
        content = draft.content
        filled_in = {
            "unit": draft.unit_id,
            "what": content.what,
            "numbers": [number.digits for number in content.numbers],
            "fields": {name: list(values) for name, values in content.fields.items()},
        }
        sealed = self._vault.seal(json.dumps(filled_in).encode(), row=draft.id)
        return {
            "ciphertext": sealed.ciphertext,
            "key_id": sealed.key_id,
            "owner": draft.owner,
            "changed_at": draft.changed_at,
            "version": draft.version,
            "saved_from": draft.saved_from,
            "typing": draft.typing,
        }

    def _opened(self, row: DraftRow) -> Draft:
        filled_in = json.loads(self._vault.open(Sealed(row.ciphertext, row.key_id), row=row.id))
        if filled_in["unit"] != row.unit_id:
            # Somebody with the database has given it to another unit.
            raise NotFound("draft")
        return Draft(
            id=DraftId(row.id),
            kind=DraftKind(row.kind),
            unit_id=HsaId(row.unit_id),
            owner=row.owner,
            changed_at=row.changed_at,
            version=row.version,
            saved_from=row.saved_from,
            typing=row.typing,
            content=DraftContent(
                what=filled_in["what"],
                numbers=tuple(map(Personnummer, filled_in["numbers"])),
                fields=filled_in["fields"],
            ),
        )


def _of_unit(unit_id: HsaId, draft_id: DraftId) -> Select[tuple[DraftRow]]:
    return select(DraftRow).where(DraftRow.id == draft_id, DraftRow.unit_id == unit_id)
