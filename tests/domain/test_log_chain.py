"""What a log's links and heads say together of what was done to it."""

from datetime import UTC, datetime, timedelta

import pytest

from utskick.domain.log_chain import Finding, Link, LogCheck, LogFault, LogHead, examine
from utskick.domain.units import HsaId

UNIT = HsaId("SE2321000131-E000000000101")
NOON = datetime(2027, 2, 1, 11, tzinfo=UTC)


def at(minute: int) -> datetime:
    return NOON + timedelta(minutes=minute)


def link(
    number: int,
    *,
    hash: str = "",  # noqa: A002  # as the entry has it
    sound: bool = True,
    key: int | None = 1,
    restored: bool = False,
) -> Link:
    """An entry that was written in the minute of its number."""
    return Link(
        number=number,
        at=at(number),
        hash=hash or f"hash {number}",
        key=key,
        sound=sound,
        restored=restored,
    )


def head(number: int, *, minute: int | None = None) -> LogHead:
    """What the log ended with once, when entry `number` was its last."""
    return LogHead(
        unit_id=UNIT,
        number=number,
        hash=f"hash {number}",
        at=at(number if minute is None else minute),
        key=1,
        seal="",
    )


def found(check: LogCheck) -> list[tuple[LogFault, int, int]]:
    return [(each.fault, each.first, each.last) for each in check.findings]


def test_a_log_that_agrees_with_its_heads_is_whole() -> None:
    check = examine([link(1), link(2), link(3)], [head(1), head(2)])

    assert check.whole
    assert check.entries == 3
    assert check.head == head(2)
    assert check.heads_since == at(1)


def test_an_empty_log_without_heads_is_whole() -> None:
    assert examine([], []).whole


def test_a_cut_end_is_missing_since_the_head_that_saw_it() -> None:
    check = examine([link(1), link(2)], [head(2), head(4)])

    assert check.findings == [Finding(fault=LogFault.MISSING, first=3, last=4, seen_at=at(4))]


def test_of_a_log_that_was_deleted_all_is_missing() -> None:
    assert found(examine([], [head(1), head(4)])) == [(LogFault.MISSING, 1, 4)]


def test_what_was_sealed_anew_is_exchanged_since_the_last_head_that_agrees() -> None:
    anew = [link(1), link(2), *(link(number, hash="anew") for number in (3, 4, 5))]

    check = examine(anew, [head(2), head(4), head(5)])

    assert check.findings == [Finding(fault=LogFault.EXCHANGED, first=3, last=5, seen_at=at(5))]
    assert check.head == head(2)


def test_entries_that_do_not_follow_are_named_together() -> None:
    chain = [link(1), link(2, sound=False), link(3, sound=False), link(4), link(5, sound=False)]

    assert found(examine(chain, [])) == [(LogFault.CHANGED, 2, 3), (LogFault.CHANGED, 5, 5)]


def test_a_gap_is_missing_since_the_last_head_from_after_it() -> None:
    chain = [link(1), link(3, sound=False), link(4)]

    [gap] = examine(chain, [head(1), head(3), head(4)]).findings

    assert gap == Finding(fault=LogFault.MISSING, first=2, last=2, seen_at=at(4))


@pytest.mark.parametrize(("left", "gap"), [((3, 4), (1, 2)), ((1, 4), (2, 3))])
def test_entries_that_were_taken_out_are_missing(
    left: tuple[int, ...], gap: tuple[int, int]
) -> None:
    # Whatever comes after a gap follows from nothing.
    chain = [link(number, sound=number == 1) for number in left]

    assert found(examine(chain, []))[0] == (LogFault.MISSING, *gap)


def test_a_backup_that_was_put_back_explains_what_is_gone() -> None:
    chain = [link(1), link(2, hash="anew", restored=True)]

    check = examine(chain, [head(1), head(2), head(3, minute=1)])

    assert check.whole
    assert check.restored == [at(2)]


@pytest.mark.parametrize("minute", [0, 1, 2])
def test_heads_from_before_a_restoration_are_explained_by_it(minute: int) -> None:
    chain = [link(1), link(2, hash="anew", restored=True)]

    assert examine(chain, [head(7, minute=minute)]).whole


def test_a_restoration_explains_nothing_that_is_gone_later() -> None:
    chain = [link(1), link(2, hash="anew", restored=True)]

    assert found(examine(chain, [head(3, minute=3)])) == [(LogFault.MISSING, 3, 3)]


def test_a_restoration_explains_no_entry_before_it() -> None:
    chain = [link(1, hash="anew"), link(2, restored=True)]

    assert found(examine(chain, [head(1)])) == [(LogFault.EXCHANGED, 1, 1)]


def test_a_restoration_that_does_not_follow_explains_nothing() -> None:
    chain = [link(1), link(2, restored=True, sound=False)]

    assert (LogFault.MISSING, 3, 7) in found(examine(chain, [head(7, minute=1)]))


def test_what_is_older_than_the_keys_is_counted() -> None:
    assert examine([link(1, key=None), link(2, key=None), link(3)], []).unkeyed == 2


def test_an_entry_that_ought_to_have_a_key_is_changed_and_not_old() -> None:
    check = examine([link(1), link(2, key=None, sound=False)], [])

    assert found(check) == [(LogFault.CHANGED, 2, 2)]
    assert check.unkeyed == 0


def test_a_head_that_nobody_of_us_wrote_is_named() -> None:
    check = examine([link(1)], [], forged=[head(9)])

    assert check.findings == [Finding(fault=LogFault.FORGED, first=9, last=9, seen_at=at(9))]
