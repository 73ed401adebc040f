"""REST keeps to what `/openapi.json` says, whatever it is sent."""

from collections.abc import Callable
from typing import Any

import pytest
import schemathesis
from fastapi import FastAPI
from fastapi.routing import APIRoute
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    ignored_auth,
    response_schema_conformance,
    status_code_conformance,
)

from tests.clinic import Clinic
from tests.people import TOLVAN
from tests.web.conftest import make_token
from utskick.web.api import router

ROUTES = {route.name: route for route in router.routes if isinstance(route, APIRoute)}
BOUNDED = settings(
    max_examples=10,
    deadline=None,
    derandomize=True,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    response_schema_conformance,
    ignored_auth,
]


@pytest.fixture
def described(app: FastAPI) -> Any:
    return schemathesis.openapi.from_asgi("/openapi.json", app)


def each_case(
    described: Any, name: str, mode: GenerationMode, check: Callable[[Any], object]
) -> None:
    """Call an operation in many ways."""
    route = ROUTES[name]
    operation = described[route.path][next(iter(route.methods or ())).lower()]

    @BOUNDED
    @given(case=operation.as_strategy(generation_mode=mode))
    def call(case: Any) -> None:
        check(case)

    call()


@pytest.mark.parametrize("name", ROUTES)
@pytest.mark.parametrize("mode", list(GenerationMode))
def test_every_answer_is_one_that_is_described_and_never_a_fault_of_ours(
    described: Any, clinic: Clinic, name: str, mode: GenerationMode
) -> None:
    headers = {"Authorization": f"Bearer {make_token(clinic)}"}

    each_case(
        described,
        name,
        mode,
        lambda case: case.call_and_validate(headers=headers, checks=CHECKS),
    )


@pytest.mark.parametrize("name", ROUTES)
def test_without_a_valid_token_nothing_is_done_and_nothing_is_revealed(
    described: Any, name: str
) -> None:
    def check(case: Any) -> None:
        answer = case.call(headers={"Authorization": "Bearer nobodys"})
        assert answer.status_code == 401
        assert set(answer.json()) == {"message"}

    each_case(described, name, GenerationMode.POSITIVE, check)


def with_everywhere(personnummer: str, body: Any) -> Any:
    """The same body, with a personnummer wherever there is a text."""
    if isinstance(body, dict):
        return {name: with_everywhere(personnummer, value) for name, value in body.items()}
    if isinstance(body, list):
        return [with_everywhere(personnummer, value) for value in body]
    return personnummer if isinstance(body, str) else body


@pytest.mark.parametrize(
    "name", ["start-dispatch", "send-form", "remove-recipient", "follow-up", "upload-spec"]
)
def test_no_refusal_repeats_a_personnummer(described: Any, clinic: Clinic, name: str) -> None:
    headers = {"Authorization": f"Bearer {make_token(clinic)}"}

    def check(case: Any) -> None:
        case.body = with_everywhere(TOLVAN.formatted, case.body)
        answer = case.call(headers=headers)
        assert answer.status_code < 400 or TOLVAN.formatted not in answer.text
        assert TOLVAN.digits not in answer.text

    each_case(described, name, GenerationMode.POSITIVE, check)
