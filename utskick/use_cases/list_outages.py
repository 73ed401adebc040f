"""What the service platform before 1177 refuses just now."""

from collections.abc import Sequence
from dataclasses import dataclass

from utskick.domain.platform_refusals import Outage
from utskick.records import Store


@dataclass(frozen=True, slots=True, kw_only=True)
class ListOutages:
    store: Store

    def __call__(self) -> Sequence[Outage]:
        """The longest lasting first. It is about our connections alone: reading is not logged."""
        with self.store.transaction() as records:
            current = records.platform_refusals.current()
        return list(dict.fromkeys(outage.as_shown for outage in current))
