"""What an operator can fill in, and whose order it is."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from uuid import UUID, uuid4

import pytest
from prefect import Flow
from prefect._internal.schemas.fields import CreatedBy
from prefect.client.schemas.objects import FlowRun
from prefect.context import FlowRunContext
from prefect.exceptions import ParameterTypeError
from prefect.utilities.schema_tools import ValidationError, validate

from flows.deploy import closed_schema
from tasks.operators import GivenAlready, NobodySignedIn, actor_of
from tasks.orders import UnitOrder
from tests.people import ANNA
from tests.spellings import spellings_of
from utskick.adapters.prefect_deployments import PARAMETERS
from utskick.worker.our_flows import our_flows

UNIT = "SE2321000131-E000000000101"
KARIN = "SE2321000131-P000000000001"
OPERATOR = CreatedBy(type="operator", display_value=KARIN)
_ID = str(UUID(int=7))
_TYPED = [*spellings_of(ANNA.digits)[:3], spellings_of(ANNA.digits)[-1]]
_WITH_AN_ORDER: dict[str, dict[str, Any]] = {
    "Starta paketutskick": {"unit": UNIT, "upload_id": _ID},
    "Skicka formulär": {"unit": UNIT, "upload_id": _ID},
    "Stoppa paketutskick": {"unit": UNIT, "dispatch_id": _ID},
    "Återstarta paketutskick": {"unit": UNIT, "dispatch_id": _ID},
    "Ta bort mottagare": {"unit": UNIT, "dispatch_id": _ID, "recipient_id": _ID},
    "Skicka det som är kvar": {"unit": UNIT, "occasion_id": _ID},
    "Meddela mottagare": {"unit": UNIT, "occasion_id": _ID},
    "Avsluta tillfälle": {"unit": UNIT, "occasion_id": _ID},
    "Dra nödbromsen": {"of_unit": UNIT, "cause": "Fel mottagare", "pull": True},
    "Släpp nödbromsen": {"brake_id": _ID, "release": True},
    "Hämta mallar": {"confirm": True},
    "Läs in grundplåtar": {"apply": True},
    "Skicka utskickstillfälle": {"occasion_id": _ID, "version": 1},
}


@pytest.fixture(params=_WITH_AN_ORDER)
def name(request: pytest.FixtureRequest) -> str:
    named: str = request.param
    return named


def _wrong(name: str) -> Iterator[Any]:
    """A number in each field, in one that is not asked for, and in place of them all."""
    order = _WITH_AN_ORDER[name]
    for typed in _TYPED:
        yield from ({"order": order | {field: typed}} for field in order)
        yield {"order": order | {typed: 1}}
        yield {"order": order, typed: 1}
        yield {"order": typed}
    yield {"order": order | {"version": int(ANNA.digits)}}


def test_every_flow_that_takes_an_order_is_here() -> None:
    ours: dict[str, Flow[..., Any]] = dict(our_flows())

    assert {name for name, flow in ours.items() if flow.parameters.properties} == set(
        _WITH_AN_ORDER
    )


def test_prefect_takes_an_order_of_ids_and_refuses_a_number_anywhere(name: str) -> None:
    schema = closed_schema(our_flows()[name])

    validate({"order": _WITH_AN_ORDER[name]}, schema, raise_on_error=True)
    for wrong in _wrong(name):
        with pytest.raises(ValidationError):
            validate(wrong, schema, raise_on_error=True)


def test_an_occasions_own_deployment_takes_what_its_flow_takes() -> None:
    schema = closed_schema(our_flows()["Skicka utskickstillfälle"])
    of_flow = schema["definitions"]["OccasionToSend"]["properties"]
    of_deployment = PARAMETERS["definitions"]["Order"]["properties"]

    checked = ("type", "pattern", "minimum", "maximum", "default", "title")
    assert of_deployment == {
        name: {key: field[key] for key in checked if key in field}
        for name, field in of_flow.items()
    }


def test_what_reaches_a_run_all_the_same_is_refused_and_never_repeated(
    name: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    flow = our_flows()[name]

    for wrong in _wrong(name):
        if set(wrong) == {"order"}:
            with pytest.raises(ParameterTypeError) as refused:
                flow.validate_parameters(wrong)
            assert ANNA.digits[-4:] not in str(refused.value)
    assert caplog.text == ""


@contextmanager
def running(created_by: CreatedBy | None, *, run_count: int = 1) -> Iterator[None]:
    run = FlowRun(flow_id=uuid4(), created_by=created_by, run_count=run_count)
    # Nothing else of it is looked at.
    context: Any = FlowRunContext
    with context.model_construct(flow_run=run):
        yield


def test_whoever_had_signed_in_gives_the_order() -> None:
    with running(OPERATOR):
        actor = actor_of(UnitOrder(unit=UNIT))

    assert (actor.name, actor.unit_id) == (f"operatör {KARIN}", UNIT)


@pytest.mark.parametrize(
    "created_by", [None, CreatedBy(), CreatedBy(type="AUTOMATION", display_value=KARIN)]
)
def test_a_run_that_nobody_signed_in_has_started_does_nothing(
    created_by: CreatedBy | None,
) -> None:
    with running(created_by), pytest.raises(NobodySignedIn):
        actor_of(UnitOrder(unit=UNIT))


def test_an_order_is_given_once() -> None:
    with running(OPERATOR, run_count=2), pytest.raises(GivenAlready):
        actor_of(UnitOrder(unit=UNIT))
