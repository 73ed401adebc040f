"""Whether messages may be left in the inbox now: what is unclear of one is staff's to look at."""

from collections.abc import Awaitable, Callable

from utskick.domain.personnummer import Personnummer
from utskick.domain.rules import Rules
from utskick.ports import Clock, TemporaryFailure
from utskick.sending.accounts import Accounts
from utskick.sending.circuit_breaker import CircuitBreaker

_LONGEST_SHUT_S = 600


class MessageGate:
    """Shut while the inbox answers no question, and after messages have been unclear in a row.

    A message cannot be read back (I10), and with TLS 1.3 a refused certificate shows only after a
    request has left. So a question is answered before the first message, and before each one that
    is tried after unclear ones: then one at a time, until one has gone well.
    """

    def __init__(self, accounts: Accounts, *, clock: Clock, rules: Rules) -> None:
        self._accounts = accounts
        self._clock = clock
        self._circuit_breaker = CircuitBreaker(
            rules, longest_open_s=_LONGEST_SHUT_S, relapses=True
        )

    @property
    def shut_s(self) -> float:
        """How long no message should be left, by what is known."""
        return self._circuit_breaker.wait_s(at=self._clock.monotonic())

    def at_most(self, batch: int) -> int:
        """How many may be left at once."""
        return min(1, batch) if self._circuit_breaker.doubtful else batch

    async def opens(
        self,
        first: Callable[[], Awaitable[Personnummer | None]],
        *,
        look_again: Callable[[], Awaitable[None]],
    ) -> bool:
        """Whether messages may be left now. If need be the inbox is asked about the `first`.

        Should it say of that one that there is no account any more, all are looked at again.
        """
        if self.shut_s:
            return False
        if self._accounts.have_been_answered:
            return True
        number = await first()
        try:
            user = await self._accounts.ask_now(number) if number else None
        except TemporaryFailure as failure:
            self._note(failed=True, asked_for_s=failure.retry_after_s, for_all=True)
            return False
        if user is None or user.active:
            return True
        await look_again()
        return False

    def note(self, *, unclear: bool, for_all: bool = False) -> None:
        """How a message ended. What is unclear `for_all`, whoever it is to, is so again."""
        self._note(failed=unclear, for_all=for_all)

    def _note(
        self, *, failed: bool, for_all: bool = False, asked_for_s: float | None = None
    ) -> None:
        at = self._clock.monotonic()
        self._circuit_breaker.note(failed=failed, at=at, for_all=for_all, asked_for_s=asked_for_s)
        if failed and self.shut_s:
            self._accounts.doubt()
