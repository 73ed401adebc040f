"""Every route against every kind of stranger. A new route without a row here fails."""

from typing import Any
from uuid import uuid4

import pytest
from fastapi import FastAPI
from fastapi.routing import APIRoute

from tests.clinic import PHQ, UNIT, a_spec
from tests.people import ANNA
from tests.use_cases.visit_days import booked, change, standing
from tests.web.conftest import Rest, caller, make_token
from utskick.web.api import router

BODIES: dict[str, Any] = {
    "start-dispatch": "the clinic's",
    "try-dispatch": "the clinic's",
    "send-form": {"unit": UNIT.id, "form": PHQ.key, "recipients": [ANNA.digits]},
    "list-dispatches": None,
    "show-dispatch": None,
    "stop-dispatch": None,
    "restart-dispatch": None,
    "remove-recipient": {"personnummer": ANNA.digits},
    "send-missed-occasion": None,
    "notify-recipients": None,
    "end-occasion": None,
    "follow-up": {},
    "upload-spec": {"unit": UNIT.id},
    "read-recipient-list": [ANNA.digits],
    "put-visit": {"personnummer": ANNA.digits, "date": "2027-03-01", "time": "10:00"},
    "cancel-visit": None,
    "show-visit": None,
    "read-visits": [ANNA.digits],
    "list-standing": None,
    "start-standing": {"unit": UNIT.id, "package": "fore-besok"},
    "stop-standing": None,
    "restart-standing": None,
}
ROUTES = {route.name: route for route in router.routes if isinstance(route, APIRoute)}
OF_SOMETHING = [
    name
    for name, route in ROUTES.items()
    # Whoever books or cancels says what the visit is called: another unit's may be called so too.
    if "{" in route.path and name not in ("put-visit", "cancel-visit")
]


def body_of(name: str, rest: Rest) -> Any:
    whole = name in ("start-dispatch", "try-dispatch")
    return a_spec(rest.clinic.clock.now()) if whole else BODIES[name]


async def call(name: str, by: Rest, **ids: str) -> tuple[int, Any]:
    route = ROUTES[name]
    method = next(iter(route.methods or ()))
    answer = await by.request(method, route.path.format(**ids), json=body_of(name, by))
    return answer.status_code, answer.json()


async def ids_of(rest: Rest) -> dict[str, str]:
    started = (await rest.start()).json()
    before_visits = await standing(rest.clinic)
    await change(rest.clinic, booked("b1"))
    return {
        "dispatch_id": started["id"],
        "occasion_id": started["occasions"][0]["id"],
        "standing_id": str(before_visits.id),
        "referens": "b1",
    }


def test_every_route_has_its_row() -> None:
    assert set(ROUTES) == set(BODIES)


@pytest.mark.parametrize("name", ROUTES)
async def test_nobody_comes_in_without_a_valid_token(app: FastAPI, rest: Rest, name: str) -> None:
    ids = await ids_of(rest)
    before = (await rest.get("/api/paketutskick")).json()
    revoked = make_token(rest.clinic, name="revoked")
    with rest.clinic.store.transaction() as records:
        records.tokens.revoke(UNIT.id, "revoked", now=rest.clinic.clock.now())

    for token in (None, revoked[:-1], revoked):
        async with caller(app, rest.clinic, token) as stranger:
            status, content = await call(name, stranger, **ids)
        assert (status, set(content)) == (401, {"message"})

    assert (await rest.get("/api/paketutskick")).json() == before


@pytest.mark.parametrize("name", OF_SOMETHING)
async def test_what_is_another_units_does_not_exist(
    rest: Rest, other_unit: Rest, name: str
) -> None:
    ids = await ids_of(rest)
    nowhere = {key: str(uuid4()) for key in ids}

    theirs = await call(name, other_unit, **ids)
    nobodys = await call(name, rest, **nowhere)

    assert theirs == nobodys
    assert theirs[0] == 404


async def test_lists_and_follow_up_hold_only_the_units_own(rest: Rest, other_unit: Rest) -> None:
    await rest.started()

    assert await call("list-dispatches", other_unit) == (200, [])
    assert await call("follow-up", other_unit) == (200, [])


async def test_a_recipient_of_another_dispatch_is_not_found(rest: Rest) -> None:
    first = await rest.started()
    second = await rest.started(title="Ett annat")
    recipients = (await rest.get(f"/api/paketutskick/{first}")).json()["recipients"]

    answer = await rest.post(
        f"/api/paketutskick/{second}/ta-bort-mottagare",
        json={"recipient_id": recipients[0]["id"]},
    )

    assert answer.status_code == 404
