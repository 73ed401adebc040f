"""Persons: the one table that knows personnummer, encrypted."""

from collections.abc import Collection, Mapping
from uuid import UUID, uuid4

from sqlalchemy import select
from sqlalchemy.orm import Session

from utskick.domain.dispatches import PersonId
from utskick.domain.personnummer import Personnummer
from utskick.store.statements import insert_new
from utskick.store.tables import PersonRow
from utskick.store.vault import Sealed, Vault


class People:
    """Finds and keeps persons for the other repositories."""

    def __init__(self, session: Session, vault: Vault) -> None:
        self._session = session
        self._vault = vault

    def ids(self, numbers: Collection[Personnummer]) -> Mapping[Personnummer, PersonId]:
        """Everyone's id, new persons kept on the way."""
        indexes = {number: self._index(number) for number in numbers}
        known = self._known(indexes.values())
        new = [n for n, index in indexes.items() if index not in known]
        if new:
            # In one order for all, so that two transactions wait for each other and not in a ring.
            in_order = sorted(new, key=lambda number: indexes[number])
            insert_new(self._session, PersonRow, [self._row(n, indexes[n]) for n in in_order])
            known = self._known(indexes.values())
        return {number: known[index] for number, index in indexes.items()}

    def find(self, number: Personnummer) -> PersonId | None:
        index = self._index(number)
        return self._known([index]).get(index)

    def personnummer(self, row: PersonRow) -> Personnummer:
        return self.opened(row.id, row.ciphertext, row.key_id)

    def opened(self, person_id: UUID, ciphertext: bytes, key_id: str) -> Personnummer:
        """As `personnummer`, for whoever has read no more than these of the row."""
        opened = self._vault.open(Sealed(ciphertext, key_id), row=person_id)
        return Personnummer(opened.decode())

    def _index(self, number: Personnummer) -> str:
        return self._vault.index(number.digits.encode())

    def _known(self, indexes: Collection[str]) -> dict[str, PersonId]:
        rows = self._session.execute(
            select(PersonRow.blind_index, PersonRow.id).where(PersonRow.blind_index.in_(indexes))
        )
        return {index: PersonId(person_id) for index, person_id in rows}

    def _row(self, number: Personnummer, index: str) -> dict[str, UUID | str | bytes]:
        person_id = uuid4()
        sealed = self._vault.seal(number.digits.encode(), row=person_id)
        return {
            "id": person_id,
            "blind_index": index,
            "ciphertext": sealed.ciphertext,
            "key_id": sealed.key_id,
        }
