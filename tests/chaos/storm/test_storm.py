"""A breeze whenever tests are run, and a storm of the size that every change must weather."""

import pytest

from tests.chaos.storm.weather import MUST_BE_ZERO, Orders, weather

BREEZE = Orders(
    kills=12, deliveries=300, pauses=3, crashes=1, seconds=240, seed=1, all_within_s=12
)
STORM = Orders(
    kills=300, deliveries=2000, pauses=60, crashes=4, seconds=600, seed=1, all_within_s=120
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
