from datetime import date
from pathlib import Path
from uuid import uuid4

import pytest

from benchmarks.visits import visits
from benchmarks.year import Filled
from tests.benchmarks.running import measured
from tests.clinic import PHQ, STAFF, UNIT
from tests.people import ANNA
from utskick.domain.deliveries import DeliveryId
from utskick.domain.dispatches import DispatchId
from utskick.domain.occasions import OccasionId
from utskick.web.pages.frame import MENU, PARTS

FILLED = Filled(
    unit_id=UNIT.id,
    staff_id=STAFF.name,
    dispatch_id=DispatchId(uuid4()),
    occasion_id=OccasionId(uuid4()),
    delivery_id=DeliveryId(uuid4()),
    template_id=PHQ.id,
    patient=ANNA.digits,
)


@pytest.mark.proof
def test_the_benchmark_opens_every_page_and_shows_the_slowest(tmp_path: Path) -> None:
    options = ["--sqlite", "--dispatches", "30", "--deliveries", "2000", "--times", "2"]

    figures = measured("pages", *options, figures=tmp_path / "figures.json")

    assert figures["deliveries"] == 2000
    assert figures["visits_of_each_page"] == 2
    assert figures["p95_ms"][figures["worst_page"]] == figures["p95_ms_worst_page"] > 0
    assert "Skicka formulär" in figures["said"]


def test_all_that_the_menu_leads_to_is_opened() -> None:
    opened = {visit.address for visit in visits(FILLED, today=date(2027, 2, 1))}

    assert {item.address for item in (*MENU, *PARTS)} <= opened
