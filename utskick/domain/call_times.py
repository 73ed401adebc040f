"""Which times fit each other: of calls, of leases, and of what is unknown."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

_LANDS_WITHIN = 6
"""So many limits of a platform. It repeats a call that was lost, and waits as long again; one in
front of it does the same with the whole; and the service itself takes its own time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CallTimes:
    """All in seconds. `answers_within`: by then the platform has answered or given up.

    `reads` are the time-outs of those neighbours at which calls change something, by name.
    """

    answers_within: float
    connect: float
    reads: Mapping[str, float]
    lease: float
    settle: float
    manual_after: float

    def misfits(self) -> list[str]:
        """All that do not fit each other, with what would; empty if they do."""
        return [*self._given_up_too_soon(), *self._outlived(), *self._settled_too_soon()]

    def _given_up_too_soon(self) -> Iterator[str]:
        for name, read in self.reads.items():
            if read <= self.answers_within:
                yield (
                    f"UTSKICK_{name.upper()}__READ_TIMEOUT_S is {read:g}, and the platform may"
                    f" take {self.answers_within:g} (UTSKICK_PLATFORM__ANSWERS_WITHIN_S), so every"
                    f" slow call would count as unknown: set {self.answers_within + 2:g} or more"
                )

    def _outlived(self) -> Iterator[str]:
        """Half a lease must be enough for a whole call, or none could ever be made (I4)."""
        most = 2 * (self.connect + self.reads["forms"])
        if self.lease <= most:
            yield (
                f"UTSKICK_TIMING__LEASE_S is {self.lease:g}: it must be more than {most:g}, twice"
                " UTSKICK_FORMS__CONNECT_TIMEOUT_S and UTSKICK_FORMS__READ_TIMEOUT_S together"
            )

    def _settled_too_soon(self) -> Iterator[str]:
        """A form that lands after it was looked for would be made twice (I7)."""
        least = max(_LANDS_WITHIN * self.answers_within, self.connect + self.reads["forms"])
        if self.settle < least:
            yield (
                f"UTSKICK_FORMS__SETTLE_S is {self.settle:g}: a call may still land for {least:g}"
                f" s ({_LANDS_WITHIN} times UTSKICK_PLATFORM__ANSWERS_WITHIN_S, and no less than"
                " we wait ourselves), so set that or more"
            )
        if self.manual_after <= self.settle:
            yield (
                f"UTSKICK_FORMS__MANUAL_AFTER_S is {self.manual_after:g}: it must be more than"
                f" UTSKICK_FORMS__SETTLE_S, {self.settle:g}, or nothing is ever settled by itself"
            )
