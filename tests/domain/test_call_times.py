"""Times that do not fit each other are named, all at once, with what would fit."""

from dataclasses import replace

import pytest

from utskick.domain.call_times import CallTimes

PRODUCTION = CallTimes(
    answers_within=30,
    connect=3,
    reads={"forms": 32, "inbox": 32},
    lease=80,
    settle=180,
    manual_after=4 * 3600,
)


def test_those_of_the_national_platform_fit() -> None:
    assert PRODUCTION.misfits() == []


@pytest.mark.parametrize(
    ("times", "fault"),
    [
        (
            replace(PRODUCTION, reads={"forms": 30, "inbox": 32}),
            "UTSKICK_FORMS__READ_TIMEOUT_S is 30",
        ),
        (
            replace(PRODUCTION, reads={"forms": 32, "inbox": 10}),
            "UTSKICK_INBOX__READ_TIMEOUT_S is 10",
        ),
        (replace(PRODUCTION, lease=70), "LEASE_S is 70: it must be more than 70"),
        (replace(PRODUCTION, settle=179), "SETTLE_S is 179: a call may still land for 180"),
        (replace(PRODUCTION, manual_after=180), "MANUAL_AFTER_S is 180"),
    ],
    ids=lambda each: each if isinstance(each, str) else "",
)
def test_what_does_not_fit_is_named_alone(times: CallTimes, fault: str) -> None:
    [named] = times.misfits()

    assert fault in named


def test_a_call_that_we_wait_for_ourselves_has_landed_before_it_is_looked_for() -> None:
    patient = replace(PRODUCTION, reads={"forms": 300, "inbox": 32}, lease=1000)

    [named] = patient.misfits()

    assert "may still land for 303" in named


def test_all_are_named_at_once() -> None:
    nothing_fits = CallTimes(
        answers_within=30,
        connect=3,
        reads={"forms": 10, "inbox": 10},
        lease=20,
        settle=10,
        manual_after=5,
    )

    assert len(nothing_fits.misfits()) == 5
