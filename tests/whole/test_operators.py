"""What operators start and see in Prefect."""

import json
from datetime import datetime
from typing import Any

import httpx

from tests.whole.region import UNIT, Whole
from tests.whole.sinks import leaks, spellings
from utskick.domain.occasions import OccasionState
from utskick.domain.units import Actor, HsaId

HANNA = "199403022396"
AS_WORD_WRITES_THEM = ["19940302\u20112396", "19960707\u20132387"]
UNCALLED = "199406102393"
UNKNOWN = "199104232385"
ORDER = {"unit": UNIT}


def _run(whole: Whole, deployment: str, **order: Any) -> dict[str, Any]:
    """Start a standing deployment as an operator does, and wait until it has ended."""
    return _run_with(whole, deployment, {"order": ORDER | order} if order else {})


def _run_with(whole: Whole, deployment: str, parameters: dict[str, Any]) -> dict[str, Any]:
    found = whole.prefect(
        "POST", "deployments/filter", deployments={"name": {"any_": [deployment]}}
    )
    run = whole.prefect(
        "POST",
        f"deployments/{found[0]['id']}/create_flow_run",
        parameters=parameters,
    )
    address = f"flow_runs/{run['id']}"
    ended = ("COMPLETED", "FAILED", "CRASHED", "CANCELLED")
    whole.until(
        lambda: whole.prefect("GET", address)["state_type"] in ended, f"{deployment} ended"
    )
    state: dict[str, Any] = whole.prefect("GET", address)["state"]
    return state


def _upload(whole: Whole, spec: str) -> str:
    answer = httpx.post(
        f"{whole.stack.web_url}/api/uppladdningar",
        content=spec.encode(),
        headers=whole.authorization,
        timeout=60,
    )
    assert answer.status_code == 201, answer.text
    upload_id: str = answer.json()["upload_id"]
    return upload_id


def _spec(recipients: list[str]) -> str:
    rows = "\n".join(f'  - "{number}"' for number in recipients)
    return (
        f"unit: {UNIT}\npackage: vuxenpsykiatri-veckoskattning\n"
        f"recipients:\n{rows}\nleave_out_unreachable: false\n"
    )


def test_an_operator_starts_stops_and_restarts_a_dispatch_from_an_uploaded_spec(
    whole: Whole,
) -> None:
    upload_id = _upload(whole, _spec(AS_WORD_WRITES_THEM))

    started = _run(whole, "Starta paketutskick", upload_id=upload_id)
    assert started["name"] == "Startat"
    dispatch_id = started["message"].split()[1].rstrip(",")
    assert len(whole.dispatch(dispatch_id).occasions) == 8

    assert _run(whole, "Stoppa paketutskick", dispatch_id=dispatch_id)["name"] == "Stoppat"
    assert whole.dispatch(dispatch_id).label == "Stoppad"

    restarted = _run(whole, "Återstarta paketutskick", dispatch_id=dispatch_id)
    assert restarted["name"] == "Återstartat"
    assert whole.dispatch(dispatch_id).label == "Pågående"
    assert whole.dispatch(dispatch_id).created_by == "operatör operator"
    whole.rest("POST", f"paketutskick/{dispatch_id}/stoppa")


def test_a_refused_upload_ends_failed_and_says_why_without_anyones_number(whole: Whole) -> None:
    upload_id = _upload(whole, _spec([HANNA, UNKNOWN, "19121212-121"]))

    state = _run(whole, "Starta paketutskick", upload_id=upload_id)

    assert state["type"] == "FAILED"
    assert "recipients, rad 3" in state["message"]
    words = [word for number in (HANNA, UNKNOWN) for word in spellings(number)]
    folder = whole.stack.folder
    assert leaks([folder / "prefect", folder / "logs"], [*words, "19121212-121"]) == []


def test_the_standing_deployments_have_swedish_names_descriptions_and_forms(whole: Whole) -> None:
    found = whole.prefect(
        "POST", "deployments/filter", deployments={"tags": {"all_": ["personal"]}}
    )

    names = {deployment["name"] for deployment in found}
    assert {"Starta paketutskick", "Stoppa paketutskick", "Skicka det som är kvar"} <= names
    assert all(deployment["description"] for deployment in found)
    start = next(d for d in found if d["name"] == "Starta paketutskick")
    fields = next(iter(start["parameter_openapi_schema"]["definitions"].values()))["properties"]
    assert {field["title"] for field in fields.values()} == {"Enhet", "Uppladdning", "Prova bara"}


def test_the_clocks_flows_end_well(whole: Whole) -> None:
    for name in ("Stäm av", "Bevaka formulärmallar", "Jämför med 1177", "Läs in grundplåtar"):
        assert _run(whole, name)["type"] == "COMPLETED", name
    assert _run(whole, "Radera avslutade utskick")["message"] == "0 utskick raderade"
    assert _run(whole, "Gallra")["message"].startswith("raderade formulär: 0, loggposter: 0,")


def test_an_operator_lets_the_regions_files_have_their_way(whole: Whole) -> None:
    wired = whole.stack.services
    administration = HsaId(wired.settings.source_system_hsa_id)
    actor = Actor("SE2321000131-P000000000077", administration)
    form = next(f for f in wired.administer_forms.list_form_templates().forms if not f.archived)
    wired.administer_forms.archive_form(form.id, archived=True, actor=actor, now=wired.clock.now())

    shown = _run(whole, "Läs in grundplåtar")
    stays = wired.administer_forms.open_form_template(form.id).form.archived
    applied = _run_with(whole, "Läs in grundplåtar", {"order": {"apply": True}})

    assert shown["message"].endswith("1 skillnad som inte är införd")
    assert stays
    assert [row["Id"] for row in json.loads(_artifacts(whole, "grundplatar")[0]["data"])] == [
        form.key
    ]
    assert applied["message"].endswith("1 skillnad som nu är införd")
    assert not wired.administer_forms.open_form_template(form.id).form.archived
    newest = wired.list_changes(actor=actor)[0]
    assert (newest.actor, newest.act) == (
        "operatör operator",
        f"tagit tillbaka formulärmall {form.key}",
    )


def test_an_occasion_leaves_a_table_of_what_was_sent(whole: Whole) -> None:
    dispatch = whole.start([HANNA], after_s=[14])
    whole.until_status(dispatch, "Klar")
    key = f"tillfalle-{dispatch.occasions[0].id}"
    whole.until(lambda: _artifacts(whole, key), "a table")

    table = _artifacts(whole, key)[0]

    assert table["type"] == "table"
    rows = json.loads(table["data"])
    assert [row["Formulär"] for row in rows] == [f"`{form.name}`" for form in dispatch.forms]
    assert all(row["Skickade"] == 1 for row in rows)


def test_a_near_occasion_has_its_run_at_once_and_a_stop_takes_it_away(whole: Whole) -> None:
    dispatch = whole.start([HANNA], after_s=[10 * 60])
    found = _deployments(whole, f"paketutskick:{dispatch.id}")

    def runs() -> list[dict[str, Any]]:
        asked = {"deployment_id": {"any_": [found[0]["id"]]}}
        known: list[dict[str, Any]] = whole.prefect("POST", "flow_runs/filter", flow_runs=asked)
        return known

    (run,) = runs()
    starts_at = datetime.fromisoformat(run["expected_start_time"])
    assert starts_at == whole.services.rules.starts_at(dispatch.occasions[0])
    assert dispatch.name in found[0]["name"]
    whole.rest("POST", f"paketutskick/{dispatch.id}/stoppa")
    whole.until(lambda: not _deployments(whole, f"paketutskick:{dispatch.id}"), "it was removed")
    assert runs() == []


def test_registering_twice_makes_one_deployment_and_one_run(whole: Whole) -> None:
    # Not the moment of another test: the same content would be the same submission.
    dispatch = whole.start([HANNA], after_s=[25 * 3600])
    tag = f"paketutskick:{dispatch.id}"
    before = _deployments(whole, tag)

    whole.register(dispatch)

    after = _deployments(whole, tag)
    assert [d["id"] for d in after] == [d["id"] for d in before]
    assert after[0]["schedules"][0]["id"] == before[0]["schedules"][0]["id"]
    whole.rest("POST", f"paketutskick/{dispatch.id}/stoppa")


def _deployments(whole: Whole, tag: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = whole.prefect(
        "POST", "deployments/filter", deployments={"tags": {"all_": [tag]}}
    )
    return found


def _artifacts(whole: Whole, key: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = whole.prefect(
        "POST", "artifacts/filter", artifacts={"key": {"any_": [key]}}
    )
    return found


def test_a_run_that_an_operator_cancels_ends_at_once_and_the_occasion_is_sent_all_the_same(
    whole: Whole,
) -> None:
    dispatch = whole.start([UNCALLED], after_s=[25])
    occasion = dispatch.occasions[0]
    # Its run lasts for as long as the form service is away.
    whole.control("faults", service="forms", kind="down")
    whole.until(
        lambda: whole.dispatch(dispatch.id).occasions[0].state is OccasionState.RUNNING,
        "its run began",
    )
    running = whole.prefect(
        "POST",
        "flow_runs/filter",
        flow_runs={"state": {"type": {"any_": ["RUNNING"]}}},
        deployments={"tags": {"all_": [f"tillfälle:{occasion.id}"]}},
    )

    run = f"flow_runs/{running[0]['id']}"
    whole.prefect("POST", f"{run}/set_state", state={"type": "CANCELLING"})

    whole.until(lambda: whole.prefect("GET", run)["state_type"] == "CANCELLED", "it is cancelled")
    whole.heal()
    whole.until_status(dispatch, "Klar")
    assert len(whole.forms_of(UNCALLED)) == len(dispatch.forms)
    assert whole.prefect("GET", run)["state_type"] == "CANCELLED", "and is called so for good"
