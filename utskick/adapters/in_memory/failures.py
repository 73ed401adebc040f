"""Calls that go wrong on purpose."""

from collections import deque


class Failures(deque[Exception]):
    """What the next calls raise, one each, in order."""

    def strike(self) -> None:
        """Raise the next failure, if there is one."""
        if self:
            raise self.popleft()
