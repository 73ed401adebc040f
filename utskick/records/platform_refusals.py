"""What the service platform refuses just now, for operators and staff to see."""

from collections.abc import Collection
from datetime import datetime
from typing import Protocol

from utskick.domain.platform_refusals import Outage


class PlatformRefusals(Protocol):
    """At most one row for each code and contract, whichever process met it."""

    def note(self, code: str, contract: str, *, now: datetime) -> Outage:
        """It is refused. The same outage, if it had been let through only for a while.

        What is about all that we call is one outage, and has one `since`.
        """

    def current(self) -> list[Outage]:
        """What is refused, the longest lasting first."""

    def end(self, outages: Collection[Outage], *, now: datetime) -> None:
        """They are let through."""
