"""The circuit breaker before a neighbour."""

from utskick.domain.rules import Rules

_LONGEST_OPEN_S = 30


class CircuitBreaker:
    """Open (no calls are made) for a while after a neighbour has failed again and again (I15).

    It stays open longer each time, but never for long: all runs share it, and an occasion that is
    due later must not be late for what failed now. When the time is over it is closed (calls are
    made) until some fail again; with `relapses` until one does, if none has gone well meanwhile.
    """

    def __init__(
        self,
        rules: Rules,
        *,
        threshold: int = 5,
        longest_open_s: float = _LONGEST_OPEN_S,
        relapses: bool = False,
    ) -> None:
        self._rules = rules
        self._threshold = threshold
        self._longest_open_s = longest_open_s
        self._relapses = relapses
        self._failures = 0
        self._openings = 0
        self._open_until = 0.0

    def note(
        self,
        *,
        failed: bool,
        at: float,
        asked_for_s: float | None = None,
        for_all: bool = False,
    ) -> None:
        """Count how a call ended, `at` a monotonic moment.

        A neighbour that has `asked_for` a pause gets it from all of us, at once. What failed
        `for_all`, whoever it was about, would fail again: one is enough.
        """
        if not failed:
            self._failures = self._openings = 0
            return
        if asked_for_s:
            self._open_until = max(self._open_until, at + min(asked_for_s, self._longest_open_s))
        if at < self._open_until:
            # Begun before it opened.
            return
        self._failures = self._threshold if for_all else self._failures + 1
        if self._failures >= self._threshold:
            delay_s = self._rules.retry_delay_s(self._openings)
            self._open_until = at + min(delay_s, self._longest_open_s)
            self._openings += 1
            self._failures = self._threshold - 1 if self._relapses else 0

    @property
    def doubtful(self) -> bool:
        """Whether nothing has gone well since it was opened."""
        return self._openings > 0

    def wait_s(self, *, at: float) -> float:
        """How long no call should be begun."""
        return max(0.0, self._open_until - at)
