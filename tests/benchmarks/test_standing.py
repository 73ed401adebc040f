from pathlib import Path

import pytest
import yaml

from benchmarks.idle import AUDIT, AUDITED_EVERY_S, Idle, above, shares
from benchmarks.processes import Usage
from tests.benchmarks.running import measured
from utskick.files import PREFECT_YAML


def used(**cpu_s: float) -> dict[str, Usage]:
    return {name: Usage(seconds, 100) for name, seconds in cpu_s.items()}


@pytest.mark.proof
def test_the_benchmark_shows_what_standing_dispatches_cost(tmp_path: Path) -> None:
    options = ["--dispatches", "3", "--recipients", "3", "--occasions", "2"]
    written = measured(
        *("standing", *options, "--idle-s", "3", "--calm-s", "1"),
        figures=tmp_path / "figures.json",
    )

    assert written["standing_occasions_3"] == 3 + 5 * 2
    assert 0 < written["standing_submit_s_3"] < 60
    assert 0 < written["standing_list_ms_3"] < written["standing_list_page_ms_3"] * 10
    assert written["standing_audit_s_3"] > 0
    assert 0 <= written["idle_core_share_3"] < 2
    assert set(written["idle_core_share_of_each_3"]) == {"prefect", "worker", "web", "postgresql"}


def test_a_share_is_of_one_core() -> None:
    assert shares(used(web=1, worker=5), used(web=4, worker=5), 300) == {"web": 0.01, "worker": 0}


def test_an_audit_costs_what_is_used_beyond_rest() -> None:
    cost = above({"web": 0.01, "worker": 0.5}, used(web=0, worker=0), used(web=3, worker=1), 10)

    assert cost == {"web": pytest.approx(2.9), "worker": 0}


def test_audits_count_for_as_often_as_they_come() -> None:
    idle = Idle(
        seconds=300,
        at_rest={"prefect": 0.01, "worker": 0.002},
        audit_s=4,
        audit_cpu_s={"prefect": 36.0, "worker": 7.2},
    )

    assert idle.of_each == {"prefect": pytest.approx(0.02), "worker": pytest.approx(0.004)}
    assert idle.in_all == pytest.approx(0.024)


def test_the_audit_comes_as_often_as_its_schedule_says() -> None:
    entries = yaml.safe_load(PREFECT_YAML.read_text())["deployments"]
    schedules = next(e["schedules"] for e in entries if e["name"] == AUDIT.partition("/")[2])

    assert [each["cron"] for each in schedules] == ["20 * * * *"]
    assert AUDITED_EVERY_S == 3600
