"""The service platform in front: what it gives up, what it repeats, what it passes on."""

import pytest

from tests.local_1177.conftest import Local, an_order
from tests.waiting import poll
from utskick.local_1177.platform import SOAP
from utskick.rivta.contracts import CREATE_FORM_REQUEST
from utskick.rivta.envelopes import SoapFault, request
from utskick.rivta.faults import PlatformFault, platform_fault

GAVE_UP = PlatformFault("VP009", "NTJP")


@pytest.fixture(autouse=True)
def in_front(local: Local) -> None:
    local.control(
        "platform", {"name": "NTJP", "in_front": True, "waits_s": 0.1, "again_after_s": 0}
    )


def made(local: Local, personnummer: str) -> int:
    return len(local.forms_of(personnummer))


def fault_of(local: Local, personnummer: str) -> PlatformFault | None:
    with pytest.raises(SoapFault) as fault:
        local.create_form(personnummer)
    return platform_fault(fault.value.text)


def test_a_call_that_goes_well_passes(local: Local, anna: str) -> None:
    assert local.create_form(anna)["resultCode"] == "OK"
    assert made(local, anna) == 1


def test_a_slow_producer_is_given_up_and_does_what_it_was_asked_for(
    local: Local, anna: str
) -> None:
    local.control("latency", {"service": "forms", "seconds": 0.3})

    assert fault_of(local, anna) == GAVE_UP

    poll(lambda: made(local, anna) == 1)


def test_a_hanging_producer_is_given_up(local: Local, anna: str) -> None:
    local.break_down("hang_after", seconds=0.3, times=1)

    assert fault_of(local, anna) == GAVE_UP
    assert made(local, anna) == 1


@pytest.mark.parametrize(("kind", "forms"), [("reset_before", 1), ("reset_after", 2)])
def test_a_call_whose_connection_is_reset_is_sent_again_and_may_so_make_two_forms(
    local: Local, anna: str, kind: str, forms: int
) -> None:
    local.break_down(kind, times=1)

    answer = local.create_form(anna)

    assert len(answer["formRequestResponses"]) == 1
    assert made(local, anna) == forms


def test_it_is_sent_again_once(local: Local, anna: str) -> None:
    local.break_down("reset_after")

    assert fault_of(local, anna) == GAVE_UP
    assert made(local, anna) == 2


@pytest.mark.parametrize(
    ("kind", "forms"),
    [("error_before", 0), ("error_after", 1), ("cut_body", 1), ("empty", 1), ("down", 0)],
)
def test_what_is_no_whole_soap_becomes_the_platforms_fault(
    local: Local, anna: str, kind: str, forms: int
) -> None:
    local.break_down(kind)

    assert fault_of(local, anna) == GAVE_UP
    assert made(local, anna) == forms


def test_a_fault_of_the_producers_passes_as_it_is(local: Local, anna: str) -> None:
    local.break_down("fault_after")

    assert fault_of(local, anna) is None


def test_who_is_turned_away_before_it_gets_that_answer(local: Local, anna: str) -> None:
    local.break_down("too_many")

    assert local.send("CreateFormRequest", an_order(anna)).status_code == 429


def test_it_may_not_take_our_name_in_a_header(local: Local, anna: str) -> None:
    local.control("platform", {"takes_original_consumer": False})

    response = local.client.post(
        local.url + CREATE_FORM_REQUEST.path,
        content=request(CREATE_FORM_REQUEST, an_order(anna), logical_address="X"),
        headers={"Content-Type": SOAP, "x-rivta-original-serviceconsumer-hsaid": "SE1"},
    )

    assert response.status_code == 500
    assert "VP013 [NTJP]" in response.text
    assert made(local, anna) == 0


def test_what_a_call_is_traced_by_comes_back_in_a_header_and_is_kept(
    local: Local, anna: str
) -> None:
    response = local.send("CreateFormRequest", an_order(anna), reference="trace/1")

    assert response.headers["x-skltp-correlation-id"] == "trace/1"
    assert local.forms_of(anna)[0]["reference"] == "trace/1"
