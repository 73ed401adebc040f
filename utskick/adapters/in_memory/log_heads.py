"""The access log's heads in memory."""

from collections.abc import Sequence

from utskick.adapters.in_memory.failures import Failures
from utskick.domain.log_chain import LogHead
from utskick.domain.units import HsaId


class InMemoryLogHeads:
    """A `LogHeads`; `kept` holds them as they came. `fails_with` strikes before they are kept."""

    def __init__(self) -> None:
        self.kept: list[LogHead] = []
        self.fails_with = Failures()

    def add(self, heads: Sequence[LogHead]) -> None:
        self.fails_with.strike()
        self.kept += heads

    def of(self, unit_id: HsaId) -> Sequence[LogHead]:
        return [head for head in self.kept if head.unit_id == unit_id]

    def newest(self, unit_id: HsaId) -> LogHead | None:
        return next(iter(reversed(self.of(unit_id))), None)

    def units(self) -> Sequence[HsaId]:
        return sorted({head.unit_id for head in self.kept})
