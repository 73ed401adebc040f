"""Persons: the one table that knows personnummer, encrypted."""

from collections.abc import Collection, Mapping
from uuid import UUID, uuid4

from sqlalchemy import select
from sqlalchemy.orm import Session

from utskick.domain.dispatches import PersonId
from utskick.domain.personnummer import Personnummer
from utskick.store.statements import insert_new
from utskick.store.tables import PersonRow
from utskick.store.vault import Sealed, Sealing


class People:
    """Finds and keeps persons for the other repositories."""

    def __init__(self, session: Session, vault: Sealing) -> None:
        self._session = session
        self._vault = vault

    def ids(self, numbers: Collection[Personnummer]) -> Mapping[Personnummer, PersonId]:
        """Everyone's id, new persons kept on the way."""
        known = self.known(numbers)
        new = [number for number in numbers if number not in known]
        if new:
            current = self._vault.key_ids[0]
            indexes = {number: self._index(number, current) for number in new}
            # In one order for all, so that two transactions wait for each other and not in a ring.
            in_order = sorted(new, key=lambda number: indexes[number])
            insert_new(self._session, PersonRow, [self._row(n, indexes[n]) for n in in_order])
            known |= self._known(new, current)
        return known

    def known(self, numbers: Collection[Personnummer]) -> dict[Personnummer, PersonId]:
        """The ids of those who are kept."""
        known: dict[Personnummer, PersonId] = {}
        for key_id in self._vault.key_ids:
            known |= self._known([n for n in numbers if n not in known], key_id)
        return known

    def find(self, number: Personnummer) -> PersonId | None:
        indexes = [self._index(number, key_id) for key_id in self._vault.key_ids]
        found = self._session.scalar(
            select(PersonRow.id).where(PersonRow.blind_index.in_(indexes))
        )
        return PersonId(found) if found else None

    def personnummer(self, row: PersonRow) -> Personnummer:
        return self.opened(row.id, row.ciphertext, row.key_id)

    def opened(self, person_id: UUID, ciphertext: bytes, key_id: str) -> Personnummer:
        """As `personnummer`, for whoever has read no more than these of the row."""
        opened = self._vault.open(Sealed(ciphertext, key_id), row=person_id)
        return Personnummer(opened.decode())

    def _index(self, number: Personnummer, key_id: str) -> str:
        return self._vault.index(number.digits.encode(), key_id=key_id)

    def _known(
        self, numbers: Collection[Personnummer], key_id: str
    ) -> dict[Personnummer, PersonId]:
        """Those who are kept under this key."""
        if not numbers:
            return {}
        by_index = {self._index(n, key_id): n for n in numbers}
        rows = self._session.execute(
            select(PersonRow.blind_index, PersonRow.id).where(PersonRow.blind_index.in_(by_index))
        )
        return {by_index[index]: PersonId(person_id) for index, person_id in rows}

    def _row(self, number: Personnummer, index: str) -> dict[str, UUID | str | bytes]:
        person_id = uuid4()
        sealed = self._vault.seal(number.digits.encode(), row=person_id)
        return {
            "id": person_id,
            "blind_index": index,
            "ciphertext": sealed.ciphertext,
            "key_id": sealed.key_id,
        }
