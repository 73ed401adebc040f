"""What the units' suppliers read."""

from collections.abc import Iterator
from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.routing import APIRoute
from pydantic import BaseModel, TypeAdapter

from utskick.domain.specs import DispatchSpec, FormSpec
from utskick.web.api import router
from utskick.web.bodies import FollowUpBody, RemoveRecipientBody
from utskick.web.errors import RefusedView

ROUTES = [route for route in router.routes if isinstance(route, APIRoute)]


@pytest.fixture
def description(app: FastAPI) -> dict[str, Any]:
    return app.openapi()


def operations(description: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for path in description["paths"].values():
        yield from path.values()


def answers_of(description: dict[str, Any], route: APIRoute) -> dict[str, Any]:
    operation = next(each for each in operations(description) if each["operationId"] == route.name)
    return {
        status: answer["content"]["application/json"]
        for status, answer in operation["responses"].items()
    }


def test_every_operation_says_in_swedish_what_it_does(description: dict[str, Any]) -> None:
    for operation in operations(description):
        assert operation["summary"]
        assert operation["description"].endswith(".")
        assert operation["responses"]
        assert all(answer["description"] for answer in operation["responses"].values())


def test_every_operation_needs_a_token_and_says_how_it_refuses(
    description: dict[str, Any],
) -> None:
    for operation in operations(description):
        assert operation["security"] == [{"Enhetens nyckel": []}]
        assert {"401", "422", "503"} <= set(operation["responses"])
        for status, answer in operation["responses"].items():
            if status >= "400":
                schema = answer["content"]["application/json"]["schema"]
                assert schema == {"$ref": "#/components/schemas/RefusedView"}


def test_operations_are_named_as_the_verbs_are_everywhere(description: dict[str, Any]) -> None:
    names = [operation["operationId"] for operation in operations(description)]

    assert len(set(names)) == len(names)
    assert {"start-dispatch", "stop-dispatch", "remove-recipient"} <= set(names)


def test_every_field_is_described(description: dict[str, Any]) -> None:
    schemas = description["components"]["schemas"]

    undescribed = [
        f"{name}.{field}"
        for name, schema in schemas.items()
        for field, facts in schema.get("properties", {}).items()
        if not facts.get("description")
    ]

    assert undescribed == []


@pytest.mark.parametrize(
    ("path", "model"),
    [
        ("/api/paketutskick", DispatchSpec),
        ("/api/formular", FormSpec),
        ("/api/paketutskick/{dispatch_id}/ta-bort-mottagare", RemoveRecipientBody),
        ("/api/uppfoljning", FollowUpBody),
    ],
)
def test_the_examples_can_be_handed_in(
    description: dict[str, Any], path: str, model: type[BaseModel]
) -> None:
    body = description["paths"][path]["post"]["requestBody"]["content"]["application/json"]

    assert body["examples"]
    for example in body["examples"].values():
        assert example["summary"]
        assert model.model_validate(example["value"])


def test_every_body_has_an_example(description: dict[str, Any]) -> None:
    for operation in operations(description):
        for body in operation.get("requestBody", {"content": {}})["content"].values():
            assert body.get("examples") or body.get("example"), operation["operationId"]


@pytest.mark.parametrize("route", ROUTES, ids=lambda route: route.name)
def test_every_answer_has_an_example_that_is_whole(
    description: dict[str, Any], route: APIRoute
) -> None:
    model = TypeAdapter(route.response_model)

    examples = [
        answer["example"]
        for status, answer in answers_of(description, route).items()
        if status < "300"
    ]

    assert examples
    for example in examples:
        answer = model.validate_python(example)
        assert model.dump_python(answer, mode="json", exclude_none=True) == example


@pytest.mark.parametrize("route", ROUTES, ids=lambda route: route.name)
def test_every_refusal_is_shown_in_its_own_words(
    description: dict[str, Any], route: APIRoute
) -> None:
    refused = {
        status: answer["examples"]
        for status, answer in answers_of(description, route).items()
        if status >= "400"
    }

    assert all(refused.values())
    for examples in refused.values():
        for example in examples.values():
            assert RefusedView(**example["value"]).message
            assert set(example["value"]) <= set(RefusedView.model_fields)


async def test_the_description_is_open_to_all(app: FastAPI, description: dict[str, Any]) -> None:
    assert description["info"]["summary"] == "Paketutskick och formulär genom 1177."
    assert description["info"]["version"]
    assert app.openapi_url == "/openapi.json"
