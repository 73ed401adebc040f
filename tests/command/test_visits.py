"""utskick visits."""

import asyncio
import json
from dataclasses import replace
from datetime import datetime, time, timedelta

import pytest

from tests.command.conftest import UNIT, Installation
from tests.domain.test_fhir_visits import appointment, bundle
from utskick.domain.calendar import STOCKHOLM
from utskick.domain.units import Actor, HsaId
from utskick.domain.visit_offsets import VisitOffset
from utskick.use_cases.standing_dispatches import StandingSpec

ACTOR = Actor("SE2321000131-P000000000001", HsaId(UNIT))


@pytest.fixture(autouse=True)
def _standing(installation: Installation) -> None:
    """Something is sent before the unit's visits."""
    wired = installation.services
    with wired.store.transaction() as records:
        package = records.packages.find(HsaId(UNIT), "vuxenpsykiatri-infor-besok")
        assert package is not None
        records.packages.save(
            replace(package, key="dagen-fore", visit_offsets=(VisitOffset(1, time(9)),))
        )
    spec = StandingSpec(unit=UNIT, package="dagen-fore")
    asyncio.run(wired.standing_dispatches.start(spec, actor=ACTOR, now=wired.clock.now()))


def a_list(installation: Installation, *rows: str) -> str:
    content = "\n".join(("Personnummer;Referens;Besöksdatum;Tid", *rows))
    return installation.write(content, "besok.csv")


def in_days(days: int) -> str:
    return f"{datetime.now(STOCKHOLM) + timedelta(days=days):%Y-%m-%d}"


def test_each_row_has_its_answer_and_a_bad_one_costs_no_other(
    installation: Installation,
) -> None:
    file = a_list(
        installation,
        f"199102042398;B-1;{in_days(10)};09:30",
        f"199308282384;B-2;{in_days(10)};halv tio",
    )

    result = installation.run("visits", file)

    assert result.exit_code == 1
    assert "Besökets tid går inte att tolka." in result.output
    assert "Nytt: 1, Tas inte emot: 1" in result.output


def test_what_would_happen_is_shown_first(installation: Installation) -> None:
    file = a_list(installation, f"199102042398;B-1;{in_days(10)};09:30")

    tried = installation.run("visits", file, "--dry-run")
    taken = installation.run("visits", file, "--json")
    again = installation.run("visits", file)

    assert "Skulle bli: Nytt: 1" in tried.output
    assert json.loads(taken.stdout)["counts"] == {"Nytt": 1}
    assert "Oförändrat: 1" in again.output


def test_a_bundle_is_read_too(installation: Installation) -> None:
    booked = appointment(
        start=f"{in_days(20)}T09:30:00+01:00",
        meta={"lastUpdated": datetime.now(STOCKHOLM).isoformat()},
    )
    file = installation.write(json.dumps(bundle(booked)), "bundle.json")

    result = installation.run("visits", file, "--package", "dagen-fore")

    assert "Nytt: 1" in result.output


def test_a_package_that_is_not_started_is_named(installation: Installation) -> None:
    file = a_list(installation, f"199102042398;B-1;{in_days(10)};09:30")

    result = installation.run("visits", file, "--package", "ett-annat")

    assert result.exit_code == 1
    assert "inget besöksutskick" in result.output
