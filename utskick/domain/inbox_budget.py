"""How much 1177's inbox takes: so many calls a second of all kinds, and messages in batches.

The national load rule is for the whole domain, whoever calls and whatever is asked: 1 call a
second, at most 1,000 messages, and then a pause. Questions go on meanwhile.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta


@dataclass(frozen=True, slots=True, kw_only=True)
class InboxBudget:
    """`pause_s` is that between two batches of `batch` messages."""

    per_s: float
    batch: int = 1000
    pause_s: float = 0

    @property
    def handful(self) -> int:
        """How many calls are made at once, at this pace."""
        return max(1, min(_LARGEST_HANDFUL, int(self.per_s)))

    def seconds(self, calls: float) -> float:
        """How long so many calls take."""
        return calls / self.per_s


_LARGEST_HANDFUL = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class Queue:
    """When the next call may be made; how much of a batch of messages is left, and until when."""

    free_at: datetime
    messages: int = 0
    last_message_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """`taken`: the calls may be made in `wait_s`. Else ask again then: messages pause."""

    wait_s: float
    taken: bool = True


def take_place(
    queue: Queue, budget: InboxBudget, *, calls: int, messages: bool, now: datetime
) -> tuple[Queue, Place]:
    """The next place for so many calls, and the queue behind it."""
    first = max(now, queue.free_at)
    after = replace(queue, free_at=first + timedelta(seconds=budget.seconds(calls)))
    place = Place(wait_s=(first - now).total_seconds())
    if not messages or not budget.pause_s:
        return after, place
    left = _messages_left(queue, budget, first)
    if left + calls > budget.batch and left:
        assert queue.last_message_at is not None
        pause_ends = queue.last_message_at + timedelta(seconds=budget.pause_s)
        return queue, Place(wait_s=(pause_ends - now).total_seconds(), taken=False)
    return replace(after, messages=left + calls, last_message_at=after.free_at), place


def _messages_left(queue: Queue, budget: InboxBudget, at: datetime) -> int:
    """Of the batch that is under way; none once nothing has been left for a whole pause."""
    last = queue.last_message_at
    if last is None or at >= last + timedelta(seconds=budget.pause_s):
        return 0
    return queue.messages
