"""A storm of the size that every change must weather."""

import pytest

from tests.chaos.storm.weather import MUST_BE_ZERO, Orders, weather

KILLS = 300
ORDERS = Orders(kills=KILLS, deliveries=2000, pauses=60, crashes=4, seconds=150, seed=1)


def test_after_three_hundred_kills_every_form_has_been_sent_once() -> None:
    try:
        weathered = weather(ORDERS)
    except FileNotFoundError as missing:
        pytest.skip(str(missing))

    assert weathered.kills >= KILLS
    assert weathered.pauses
    assert weathered.crashes
    assert weathered.faults > weathered.dispatches
    assert {name: weathered.verdict[name] for name in MUST_BE_ZERO} == dict.fromkeys(
        MUST_BE_ZERO, 0
    )
