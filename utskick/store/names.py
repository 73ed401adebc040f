"""Persons' names, sealed: of recipients, for as long as something of theirs can be shown."""

from collections.abc import Collection, Mapping
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import delete, select, union, update
from sqlalchemy.orm import Session

from utskick.domain.personnummer import Personnummer
from utskick.store.people import People
from utskick.store.statements import insert_new
from utskick.store.tables import PersonNameRow, RecipientRow, VisitRow
from utskick.store.vault import Sealed, Sealing

_LISTING = (RecipientRow, VisitRow)
"""Whoever stands in these has a name that is kept."""


class SqlNames:
    def __init__(self, session: Session, people: People, vault: Sealing) -> None:
        self._session = session
        self._people = people
        self._vault = vault

    def learn(
        self, said: Mapping[Personnummer, str], *, protected: Collection[Personnummer]
    ) -> None:
        ids = self._people.known([*said, *protected])
        self._forget([ids[number] for number in protected if number in ids])
        theirs: dict[UUID, str] = {
            ids[number]: name for number, name in said.items() if number in ids
        }
        listed = self._session.scalars(
            union(*(select(row.person_id).where(row.person_id.in_(theirs)) for row in _LISTING))
        )
        self.keep({person_id: theirs[person_id] for person_id in listed})

    def keep(self, said: Mapping[UUID, str]) -> None:
        """Those whose name is new, or another than before. Whoever has none keeps what was."""
        named = {person_id: name for person_id, name in said.items() if name}
        kept = {row.person_id: row for row in self._rows(named)}
        changed = [row for row in kept.values() if self._opened(row) != named[row.person_id]]
        # In one order for all, so that two transactions wait for each other and not in a ring.
        for row in sorted(changed, key=lambda row: str(row.id)):
            self._session.execute(
                update(PersonNameRow)
                .where(PersonNameRow.id == row.id)
                .values(self._sealed(named[row.person_id], row.id))
            )
        new = sorted(named.keys() - kept.keys(), key=str)
        insert_new(self._session, PersonNameRow, [self._new(one, named[one]) for one in new])

    def of(self, person_ids: Collection[UUID]) -> Mapping[UUID, str]:
        """The names that there are."""
        return {row.person_id: self._opened(row) for row in self._rows(person_ids)}

    def _rows(self, person_ids: Collection[UUID]) -> Collection[PersonNameRow]:
        if not person_ids:
            return ()
        return self._session.scalars(
            select(PersonNameRow).where(PersonNameRow.person_id.in_(person_ids))
        ).all()

    def _forget(self, person_ids: Collection[UUID]) -> None:
        if person_ids:
            self._session.execute(
                delete(PersonNameRow).where(PersonNameRow.person_id.in_(person_ids))
            )

    def _opened(self, row: PersonNameRow) -> str:
        return self._vault.open(Sealed(row.ciphertext, row.key_id), row=row.id).decode()

    def _new(self, person_id: UUID, name: str) -> dict[str, Any]:
        name_id = uuid4()
        return {"id": name_id, "person_id": person_id, **self._sealed(name, name_id)}

    def _sealed(self, name: str, name_id: UUID) -> dict[str, Any]:
        sealed = self._vault.seal(name.encode(), row=name_id)
        return {"ciphertext": sealed.ciphertext, "key_id": sealed.key_id}
