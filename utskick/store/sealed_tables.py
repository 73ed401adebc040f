"""Every table with something sealed: what a change of keys seals anew."""

from collections.abc import Sequence
from dataclasses import dataclass

from utskick.store.tables import (
    DataKeyRow,
    DraftRow,
    PersonNameRow,
    PersonRow,
    SealedRow,
    UploadRow,
)


@dataclass(frozen=True, slots=True)
class SealedTable:
    """`index` names the column with the keyed hash of what is sealed, if there is one."""

    row: type[SealedRow]
    index: str | None = None


SEALED: Sequence[SealedTable] = (
    SealedTable(PersonRow, index="blind_index"),
    SealedTable(PersonNameRow),
    SealedTable(UploadRow),
    SealedTable(DraftRow),
    SealedTable(DataKeyRow),
)
