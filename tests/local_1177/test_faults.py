"""Each fault really does what it says, over a real socket."""

import time
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest

from tests.adapters.neighbours import an_order as an_order_of_ours
from tests.calling import a_client, forms_of
from tests.local_1177.conftest import Local, an_order
from tests.local_1177.region import UNIT
from tests.waiting import poll
from utskick.domain.personnummer import Personnummer
from utskick.ports import UnknownOutcome
from utskick.rivta.envelopes import SoapFault
from utskick.rivta.faults import PlatformFault, platform_fault


def call(local: Local, personnummer: str) -> httpx.Response:
    return local.send("CreateFormRequest", an_order(personnummer))


def forms(local: Local, personnummer: str) -> int:
    return len(local.forms_of(personnummer))


@pytest.mark.parametrize(("kind", "applied"), [("error_before", 0), ("error_after", 1)])
def test_an_error_hides_whether_it_was_applied(
    local: Local, anna: str, kind: str, applied: int
) -> None:
    local.break_down(kind)

    answer = call(local, anna)

    assert answer.status_code == 500
    assert answer.headers["Content-Type"].startswith("text/html")
    assert forms(local, anna) == applied


@pytest.mark.parametrize(("kind", "applied"), [("fault_before", 0), ("fault_after", 1)])
def test_a_fault_of_the_producers_hides_it_too_and_names_somebody(
    local: Local, anna: str, kind: str, applied: int
) -> None:
    local.break_down(kind)

    with pytest.raises(SoapFault) as fault:
        local.create_form(anna)

    assert "19121212-1212" in fault.value.text
    assert platform_fault(fault.value.text) is None
    assert forms(local, anna) == applied


@pytest.mark.parametrize("code", [f"VP{number:03}" for number in range(1, 16)])
def test_the_platform_says_by_its_name_why_it_forwarded_nothing(
    local: Local, anna: str, code: str
) -> None:
    local.break_down("platform_before", code=code)

    with pytest.raises(SoapFault) as fault:
        local.create_form(anna)

    assert platform_fault(fault.value.text) == PlatformFault(code, "LOCAL")
    assert forms(local, anna) == 0


def test_another_platform_may_speak_after_the_change(local: Local, anna: str) -> None:
    local.break_down("platform_after", code="VP007", platform="NTJP")

    with pytest.raises(SoapFault) as fault:
        local.create_form(anna)

    assert platform_fault(fault.value.text) == PlatformFault("VP007", "NTJP")
    assert forms(local, anna) == 1


@pytest.mark.parametrize("kind", ["empty", "unsaid", "stranger"])
async def test_an_answer_may_mislead_and_the_product_then_knows_nothing(
    local: Local, anna: str, kind: str
) -> None:
    local.break_down(kind)

    with pytest.raises(UnknownOutcome):
        await forms_of(a_client(local.url)).create_form(an_order_of_ours(Personnummer(anna)))

    assert forms(local, anna) == 1


def test_a_call_may_make_its_form_twice_and_say_one(local: Local, anna: str) -> None:
    local.break_down("double", times=1)

    answer = local.create_form(anna)

    assert answer["resultCode"] == "OK"
    assert len(answer["formRequestResponses"]) == 1
    assert forms(local, anna) == 2


@pytest.mark.parametrize(("kind", "applied"), [("reset_before", 0), ("reset_after", 1)])
def test_a_reset_cuts_the_connection_without_an_answer(
    local: Local, anna: str, kind: str, applied: int
) -> None:
    local.break_down(kind)

    with pytest.raises(httpx.ReadError, match="reset by peer"):
        call(local, anna)
    assert forms(local, anna) == applied


@pytest.mark.parametrize(
    ("kind", "status", "applied"), [("hang_before", 503, 0), ("hang_after", 200, 1)]
)
def test_a_hang_answers_after_its_seconds(
    local: Local, anna: str, kind: str, status: int, applied: int
) -> None:
    local.break_down(kind, seconds=0.2)
    begun = time.monotonic()

    response = call(local, anna)

    assert time.monotonic() - begun >= 0.2
    assert response.status_code == status
    assert forms(local, anna) == applied


def test_a_caller_that_gives_up_on_a_hang_does_not_undo_the_change(
    local: Local, anna: str
) -> None:
    local.break_down("hang_after", seconds=0.3)

    with pytest.raises(httpx.ReadTimeout):
        local.send("CreateFormRequest", an_order(anna), timeout=0.1)

    assert forms(local, anna) == 1


def test_a_late_change_lands_after_the_connection_is_gone(local: Local, anna: str) -> None:
    local.break_down("late", seconds=0.2)

    with pytest.raises(httpx.ReadError):
        call(local, anna)

    assert forms(local, anna) == 0
    poll(lambda: forms(local, anna) == 1)


def test_a_cut_body_promises_more_than_it_sends(local: Local, anna: str) -> None:
    local.break_down("cut_body")

    with pytest.raises(httpx.RemoteProtocolError, match="without sending complete message body"):
        call(local, anna)
    assert forms(local, anna) == 1


def test_too_many_says_when_to_come_back(local: Local, anna: str) -> None:
    local.break_down("too_many", seconds=7)

    response = call(local, anna)

    assert response.status_code == 429
    assert response.headers["Retry-After"] == "7"
    assert forms(local, anna) == 0


def test_a_neighbour_that_is_down_says_nothing(local: Local, anna: str) -> None:
    local.break_down("down")

    with pytest.raises(httpx.RemoteProtocolError, match="disconnected"):
        call(local, anna)
    assert forms(local, anna) == 0


def test_a_fault_strikes_so_many_times_and_then_no_more(local: Local, anna: str) -> None:
    local.break_down("error_before", times=2)

    assert [call(local, anna).status_code for _ in range(4)] == [500, 500, 200, 200]


def test_a_fault_can_be_kept_to_one_endpoint(local: Local, anna: str) -> None:
    local.break_down("error_before", endpoint="GetForms")

    asked = {"healthcare_facility_CareUnit": UNIT, "subjectOfCare": anna}

    assert call(local, anna).status_code == 200
    assert local.send("GetForms", asked).status_code == 500


def test_a_seeded_share_strikes_the_same_calls_again(local: Local, anna: str) -> None:
    runs = []
    for _ in range(2):
        local.client.delete(f"{local.url}/control/faults")
        local.break_down("error_before", share=0.5, seed=4)
        runs.append([call(local, anna).status_code for _ in range(12)])

    assert runs[0] == runs[1]
    assert set(runs[0]) == {200, 500}


def test_cleared_faults_are_gone(local: Local, anna: str) -> None:
    local.break_down("error_before")

    local.client.delete(f"{local.url}/control/faults")

    assert call(local, anna).status_code == 200


def test_calls_beyond_the_capacity_are_turned_away(local: Local, anna: str) -> None:
    local.control("latency", {"service": "forms", "seconds": 0.2})
    local.control("capacity", {"service": "forms", "concurrency": 2})

    with ThreadPoolExecutor(4) as callers:
        answers = list(callers.map(lambda _: call(local, anna), range(4)))

    assert sorted(answer.status_code for answer in answers) == [200, 200, 429, 429]
    assert {a.headers["Retry-After"] for a in answers if a.status_code == 429} == {"1"}
    counted = local.client.get(f"{local.url}/control/calls").json()["forms"]
    assert counted == {
        "calls": {"CreateFormRequest": 4},
        "turned_away": 2,
        "struck": 0,
        "peak_concurrency": 2,
    }


def test_latency_is_felt(local: Local, anna: str) -> None:
    local.control("latency", {"service": "forms", "seconds": 0.1, "jitter": 0.05})
    begun = time.monotonic()

    call(local, anna)

    assert time.monotonic() - begun >= 0.1
