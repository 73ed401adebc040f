"""What differs between a laptop and production by itself: times, which fit each other in both."""

import pytest

from config.settings import Settings, TimingSettings
from utskick.domain.starting import RefusedToStart
from utskick.wiring.rules import times_of
from utskick.wiring.safety import require_safe, settings_faults


def test_a_laptops_times_are_quick_and_fit_each_other() -> None:
    quick = Settings(_env_file=None)

    assert (quick.forms.read_timeout_s, quick.timing.lease_s, quick.forms.settle_s) == (10, 45, 60)
    assert times_of(quick).misfits() == []


def test_productions_times_are_those_of_the_national_platform() -> None:
    settings = Settings(_env_file=None, production=True)

    assert settings.platform.answers_within_s == 30
    assert [
        neighbour.read_timeout_s
        for neighbour in (settings.forms, settings.inbox, settings.persons)
    ] == [32, 32, 32]
    assert (settings.timing.lease_s, settings.forms.settle_s) == (80, 180)
    assert times_of(settings).misfits() == []


def test_what_is_set_wins_over_productions_times(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("UTSKICK_PRODUCTION", "yes")
    monkeypatch.setenv("UTSKICK_FORMS__SETTLE_S", "400")

    settings = Settings(_env_file=None)

    assert (settings.forms.settle_s, settings.forms.read_timeout_s) == (400, 32)


def test_a_test_person_is_nobody_in_production_unless_it_is_set_as_in_qa(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert Settings(_env_file=None).persons.test_persons
    monkeypatch.setenv("UTSKICK_PRODUCTION", "true")
    assert not Settings(_env_file=None).persons.test_persons

    monkeypatch.setenv("UTSKICK_PERSONS__TEST_PERSONS", "true")

    assert Settings(_env_file=None).persons.test_persons


def test_no_process_starts_with_times_that_do_not_fit() -> None:
    settings = Settings(_env_file=None, timing=TimingSettings(lease_s=26))

    with pytest.raises(RefusedToStart, match="LEASE_S is 26: it must be more than 26"):
        require_safe(settings)
    assert "UTSKICK_TIMING__LEASE_S" in str(settings_faults(settings))
