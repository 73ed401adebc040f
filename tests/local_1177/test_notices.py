"""The form engine notifies a care system of forms (ProcessNotification), and of nothing else."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import pytest
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from tests.local_1177.conftest import Local, served
from tests.local_1177.region import UNIT
from tests.local_1177.test_engine_control import somebody_elses_form
from tests.waiting import poll
from utskick.local_1177.platform import SOAP
from utskick.rivta.contracts import PROCESS_NOTIFICATION
from utskick.rivta.envelopes import answer, read_request

US = "SE2321000131-E000000000001"


@dataclass
class CareSystem:
    """Takes notices as a test wants; what it has heard is kept."""

    statuses: list[int] = field(default_factory=list)
    heard: list[Mapping[str, Any]] = field(default_factory=list)
    callers: set[str] = field(default_factory=set)
    addresses: set[str] = field(default_factory=set)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        request = Request(scope, receive)
        self.callers.add(request.headers.get("x-client-subject", ""))
        asked = read_request(await request.body())
        self.addresses.add(asked.logical_address)
        transactions: Any = asked.fields["engagementTransaction"]
        status = self.statuses.pop(0) if self.statuses else 200
        if status == 200:
            self.heard += [each["engagement"] for each in transactions]
        body = answer(PROCESS_NOTIFICATION, {"ResultCode": "OK"}) if status == 200 else b""
        await Response(body, status, media_type=SOAP)(scope, receive, send)

    def forget(self) -> None:
        for kept in (self.statuses, self.heard, self.callers, self.addresses):
            kept.clear()

    def kinds(self) -> list[str]:
        return [each["categorization"] for each in self.heard]


@pytest.fixture(scope="module")
def listening() -> Iterator[tuple[CareSystem, str]]:
    system = CareSystem()
    with served(system) as url:
        yield system, url


@pytest.fixture
def care_system(local: Local, listening: tuple[CareSystem, str]) -> Iterator[CareSystem]:
    system, url = listening
    system.forget()
    local.put("notices", {"url": url, "logical_address": US})
    yield system
    local.client.delete(f"{local.url}/control/notices")


def counted(local: Local, what: str) -> int:
    return int(local.client.get(f"{local.url}/control/notices").json()[what])


def until_heard(local: Local) -> None:
    poll(lambda: counted(local, "waiting") == 0)


def test_a_form_that_comes_and_one_that_is_answered_are_each_said(
    local: Local, care_system: CareSystem, anna: str
) -> None:
    form_id = local.create(anna)
    local.control("answer", {"formId": form_id})
    until_heard(local)

    assert care_system.kinds() == ["FormCreated", "FormComplete"]
    assert care_system.addresses == {US}
    assert care_system.heard[1] == {
        "registeredResidentIdentification": anna,
        "serviceDomain": "infrastructure:eservicesupply:forminteraction",
        "categorization": "FormComplete",
        "logicalAddress": "SE0000000000-FORMS",
        "businessObjectInstanceIdentifier": form_id,
        "clinicalProcessInterestId": "NA",
        "mostRecentContent": "20260302120000",
        "sourceSystem": "SE0000000000-FORMS",
        "creationTime": "20260302120000",
        "updateTime": "20260302120000",
        "dataController": UNIT,
    }


def test_who_calls_may_be_said_in_a_header(
    local: Local, care_system: CareSystem, listening: tuple[CareSystem, str], anna: str
) -> None:
    local.put(
        "notices",
        {"url": listening[1], "logical_address": US, "header": "X-Client-Subject", "value": "SE1"},
    )

    local.create(anna)
    until_heard(local)

    assert care_system.callers == {"SE1"}


def test_what_is_not_heard_is_said_again(
    local: Local, care_system: CareSystem, listening: tuple[CareSystem, str], anna: str
) -> None:
    care_system.statuses = [503, 500]
    local.put("notices", {"url": listening[1], "logical_address": US, "retry_s": 0})

    local.create(anna)
    until_heard(local)

    assert care_system.kinds() == ["FormCreated"]


def test_what_is_not_heard_is_kept_and_keeps_nobody_waiting(
    local: Local, care_system: CareSystem, anna: str
) -> None:
    local.put("notices", {"url": "http://127.0.0.1:1/", "logical_address": US, "retry_s": 60})

    form_id = local.create(anna)
    local.control("answer", {"formId": form_id})

    assert local.forms_of(anna)[0]["formStatus"] == "COMPLETED"
    assert counted(local, "waiting") == 2


def test_what_was_not_heard_is_said_to_whoever_listens_next(
    local: Local, care_system: CareSystem, listening: tuple[CareSystem, str], anna: str
) -> None:
    care_system.statuses = [503]
    local.put("notices", {"url": listening[1], "logical_address": US, "retry_s": 60})
    local.create(anna)
    poll(lambda: counted(local, "in_vain") == 1)

    local.put("notices", {"url": listening[1], "logical_address": "SE2321000131-ANNAN"})
    local.now += timedelta(seconds=60)
    until_heard(local)

    assert care_system.kinds() == ["FormCreated"]
    assert care_system.addresses == {US, "SE2321000131-ANNAN"}


def test_a_notice_may_be_said_more_than_once(
    local: Local, care_system: CareSystem, listening: tuple[CareSystem, str], anna: str
) -> None:
    local.put("notices", {"url": listening[1], "logical_address": US, "times": 2})

    local.create(anna)
    until_heard(local)

    assert care_system.kinds() == ["FormCreated", "FormCreated"]


def test_an_odd_form_of_somebody_elses_is_said_too(
    local: Local, care_system: CareSystem, anna: str
) -> None:
    somebody_elses_form(local, anna, created="i går")
    until_heard(local)

    assert len(care_system.heard) == 1


def test_nobody_is_notified_unless_it_is_set(
    local: Local, care_system: CareSystem, anna: str
) -> None:
    local.client.delete(f"{local.url}/control/notices")

    local.create(anna)
    until_heard(local)

    assert care_system.heard == []
