from datetime import UTC, datetime, timedelta

from utskick.adapters.system_clock import SystemClock


async def test_the_clock_is_aware_and_sleep_lasts() -> None:
    clock = SystemClock()
    begun = clock.monotonic()

    await clock.sleep(0.01)

    assert clock.monotonic() - begun >= 0.01
    assert abs(clock.now() - datetime.now(UTC)) < timedelta(seconds=1)
