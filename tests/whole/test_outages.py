"""What the installation does when a part of it dies, and is back."""

from collections import Counter
from uuid import UUID

from tests.whole.region import Whole
from utskick.running.stack import start_prefect, start_worker

FRIDA, GUN = "199805242386", "199901292392"
MANY = ["199001272385", "200007042393", "200010082386", "200010092393", "200111122396"]


def _each_form_once(whole: Whole, person: str, forms: int) -> bool:
    counts = Counter(form["templateId"] for form in whole.forms_of(person))
    assert all(number == 1 for number in counts.values())
    return len(counts) == forms


def test_when_the_worker_is_killed_in_the_middle_another_run_finishes_and_nothing_is_sent_twice(
    whole: Whole,
) -> None:
    whole.control("latency", service="forms", seconds=0.8)
    dispatch = whole.start(MANY, after_s=[14])
    whole.until(lambda: any(whole.forms_of(person) for person in MANY), "the first form")

    whole.stack.children.kill("worker")
    assert whole.dispatch(dispatch.id).label == "Pågående"
    whole.control("latency", service="forms", seconds=0)
    start_worker(whole.stack.children)

    whole.until_status(dispatch, "Klar")
    assert all(_each_form_once(whole, person, len(dispatch.forms)) for person in MANY)


def test_a_dispatch_submitted_while_prefect_is_away_is_saved_reported_and_registered_later(
    whole: Whole,
) -> None:
    whole.stack.children.kill("prefect")
    moment = whole.now().astimezone(whole.services.rules.zone)

    answer = whole.rest(
        "POST",
        "paketutskick",
        unit="SE2321000131-E000000000101",
        package="vuxenpsykiatri-infor-besok",
        recipients=[FRIDA],
        start={"date": f"{moment.year + 1}-02-01", "time": "08:30"},
    )
    start_prefect(whole.stack.children, whole.stack.ports)
    whole.stack.children.wait_healthy("prefect", f"{whole.stack.prefect_url}/api/health")

    assert answer.status_code == 201
    assert answer.json()["registered"] is False
    tag = f"paketutskick:{answer.json()['id']}"
    whole.until(
        lambda: whole.prefect("POST", "deployments/filter", deployments={"tags": {"all_": [tag]}}),
        "the reconciler registered it",
    )


def test_a_form_service_that_is_away_at_the_moment_is_tried_again(whole: Whole) -> None:
    # What its run asks before the moment is answered, however early or late it begins.
    whole.control("faults", service="forms", kind="down", endpoint="CreateFormRequest")
    dispatch = whole.start([GUN], after_s=[14])
    whole.until(lambda: _calls_in_vain(whole), "it tries")
    assert whole.now() > dispatch.occasions[0].sends_at
    whole.control("faults", service="forms", kind="down")
    so_far = _calls_in_vain(whole)
    whole.until(lambda: _calls_in_vain(whole) > so_far, "it tries in vain")
    assert _planned_or_unknown(whole, dispatch.id) == 4

    whole.heal()

    whole.until_status(dispatch, "Klar")
    assert _each_form_once(whole, GUN, len(dispatch.forms))


def _calls_in_vain(whole: Whole) -> int:
    struck: int = whole.count_calls()["forms"]["struck"]
    return struck


def _planned_or_unknown(whole: Whole, dispatch_id: UUID) -> int:
    with whole.services.store.transaction() as records:
        forms = records.progress.summary(whole.dispatch(dispatch_id).id)
    return sum(form.planned - form.sent for form in forms)
