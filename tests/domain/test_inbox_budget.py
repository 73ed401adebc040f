"""The load rule of 1177's inbox: 1 call a second, 1,000 messages, and then a pause."""

from datetime import UTC, datetime, timedelta

from utskick.domain.inbox_budget import InboxBudget, Place, Queue, take_place

NOW = datetime(2027, 2, 1, 8, tzinfo=UTC)
NATIONAL = InboxBudget(per_s=1, batch=1000, pause_s=300)


def queue_after(messages: int, budget: InboxBudget = NATIONAL) -> Queue:
    """So many were left, one after the other, from now on."""
    queue = Queue(free_at=NOW)
    for _ in range(messages):
        queue, place = take_place(queue, budget, calls=1, messages=True, now=NOW)
        assert place.taken
    return queue


def test_whoever_comes_first_calls_at_once_and_the_next_a_second_later() -> None:
    queue, first = take_place(Queue(free_at=NOW), NATIONAL, calls=1, messages=False, now=NOW)
    _, second = take_place(queue, NATIONAL, calls=1, messages=True, now=NOW)

    assert (first, second) == (Place(wait_s=0), Place(wait_s=1))


def test_a_queue_that_nobody_stands_in_saves_nothing_up() -> None:
    later = NOW + timedelta(hours=1)
    queue, _ = take_place(Queue(free_at=NOW), NATIONAL, calls=1, messages=False, now=later)

    assert queue.free_at == later + timedelta(seconds=1)


def test_after_a_batch_of_messages_comes_a_pause() -> None:
    queue = queue_after(1000)
    last = NOW + timedelta(seconds=1000)

    same, place = take_place(queue, NATIONAL, calls=1, messages=True, now=last)

    assert place == Place(wait_s=300, taken=False)
    assert same == queue


def test_questions_go_on_while_messages_pause() -> None:
    last = NOW + timedelta(seconds=1000)

    _, place = take_place(queue_after(1000), NATIONAL, calls=1, messages=False, now=last)

    assert place == Place(wait_s=0)


def test_after_the_pause_comes_a_whole_batch() -> None:
    queue, after = queue_after(1000), NOW + timedelta(seconds=1300)

    for _ in range(1000):
        queue, place = take_place(queue, NATIONAL, calls=1, messages=True, now=after)
        assert place.taken
    _, place = take_place(queue, NATIONAL, calls=1, messages=True, now=after)

    assert not place.taken


def test_a_pause_that_came_by_itself_counts() -> None:
    later = NOW + timedelta(seconds=999 + 300)

    queue, place = take_place(queue_after(999), NATIONAL, calls=1, messages=True, now=later)

    assert (place.taken, queue.messages) == (True, 1)


def test_where_no_pause_is_asked_for_there_is_none() -> None:
    assert queue_after(1500, InboxBudget(per_s=50)).free_at == NOW + timedelta(seconds=30)


def test_as_many_calls_are_made_at_once_as_a_second_allows() -> None:
    paces = (0.5, 1, 20, 10_000)

    assert [InboxBudget(per_s=pace).handful for pace in paces] == [1, 1, 20, 50]
