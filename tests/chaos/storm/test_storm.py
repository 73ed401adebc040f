"""A breeze whenever tests are run, and a storm of the size that every change must weather."""

import os

import pytest

from tests.chaos.storm.weather import MUST_BE_ZERO, Orders, weather

BREEZE = Orders(
    kills=12, deliveries=300, pauses=3, crashes=1, seconds=240, seed=1, all_within_s=12
)
KILLS = int(os.environ.get("CHAOS_KILLS", "300"))
"""Of the storm; all else in it grows with them."""
STORM = Orders(
    kills=KILLS,
    deliveries=KILLS * 2000 // 300,
    pauses=KILLS // 5,
    crashes=max(1, KILLS // 75),
    seconds=1200,
    seed=2,
    all_within_s=KILLS * 120 / 300,
)


@pytest.mark.parametrize(
    "orders", [BREEZE, pytest.param(STORM, marks=pytest.mark.proof)], ids=["breeze", "storm"]
)
def test_however_often_workers_are_killed_every_form_has_been_sent_once(orders: Orders) -> None:
    try:
        weathered = weather(orders)
    except FileNotFoundError as missing:
        pytest.skip(str(missing))

    assert weathered.kills >= orders.kills
    assert weathered.pauses
    assert weathered.crashes
    assert weathered.faults > weathered.dispatches
    assert {name: weathered.verdict[name] for name in MUST_BE_ZERO} == dict.fromkeys(
        MUST_BE_ZERO, 0
    )
