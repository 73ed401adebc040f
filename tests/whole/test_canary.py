"""One person's number, in every spelling, handed to all that runs: it is found in no sink."""

from collections.abc import Iterator

import httpx
import pytest

from tests.config.region import read_persons
from tests.spellings import spellings_of
from tests.whole.region import PACKAGE, UNIT, Whole
from tests.whole.sinks import files_that_hold, leaks
from utskick.adapters.prefect_logins import logins_of
from utskick.worker.door.callers import basic

CANARY = "199310152385"
NAMED = "200411212384"
"""Whose name nobody else of the region has."""
_REFUSED = {400, 409, 422}


@pytest.fixture
def operator(whole: Whole) -> Iterator[httpx.Client]:
    """Somebody who has signed in to Prefect."""
    login = logins_of(whole.services.settings.scheduler).operators
    with httpx.Client(
        base_url=f"{whole.stack.prefect_url}/api",
        headers={"Authorization": basic(login)},
        timeout=240,
    ) as client:
        yield client


def test_no_spelling_of_a_number_is_left_in_any_sink(whole: Whole, operator: httpx.Client) -> None:
    (stop,) = whole.prefect(
        "POST", "deployments/filter", deployments={"name": {"any_": ["Stoppa paketutskick"]}}
    )
    for typed in spellings_of(CANARY):
        spec = {"unit": UNIT, "package": PACKAGE, "recipients": [typed, typed], typed: typed}
        texts = {"title": typed, "inbox_message": typed, "error_addresses": [typed]}
        assert whole.rest("POST", "paketutskick", **spec | texts).status_code in _REFUSED
        order = {"unit": UNIT, "dispatch_id": typed}
        answer = operator.post(
            f"/deployments/{stop['id']}/create_flow_run", json={"parameters": {"order": order}}
        )
        assert answer.status_code == 422

    assert files_that_hold(CANARY, [whole.stack.folder]) == []


def test_the_name_of_whoever_was_sent_to_is_left_in_no_sink(whole: Whole) -> None:
    someone = next(row for row in read_persons() if row["personnummer"] == NAMED)
    names = [someone["given_name"], someone["surname"]]
    dispatch = whole.start([NAMED], after_s=[8])
    whole.until_status(dispatch, "Klar")
    with whole.services.store.transaction() as records:
        [recipient] = records.dispatches.recipients(dispatch.id)

    assert recipient.name == " ".join(names)
    everything = [" ".join(names), ", ".join(reversed(names))]
    assert leaks([whole.stack.folder], everything) == []
    assert leaks([whole.stack.folder], [UNIT]), "the search reads what is kept"


def test_the_search_finds_a_number_that_is_somewhere(whole: Whole) -> None:
    planted = whole.stack.folder / "logs" / "planted.log"
    planted.write_text('{"title": "1993-10-15\\u20112385"}')

    found = files_that_hold(CANARY, [whole.stack.folder])

    planted.unlink()
    assert found == [str(planted)]
