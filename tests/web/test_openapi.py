"""What the units' suppliers read."""

from collections.abc import Iterator
from typing import Any

import pytest
from fastapi import FastAPI

from utskick.domain.specs import DispatchSpec, FormSpec


@pytest.fixture
def description(app: FastAPI) -> dict[str, Any]:
    return app.openapi()


def operations(description: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for path in description["paths"].values():
        yield from path.values()


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
    ("path", "model"), [("/api/paketutskick", DispatchSpec), ("/api/formular", FormSpec)]
)
def test_the_examples_are_specs(
    description: dict[str, Any], path: str, model: type[DispatchSpec | FormSpec]
) -> None:
    body = description["paths"][path]["post"]["requestBody"]["content"]["application/json"]

    assert body["examples"]
    for example in body["examples"].values():
        assert example["summary"]
        assert model.model_validate(example["value"])


async def test_the_description_is_open_to_all(app: FastAPI, description: dict[str, Any]) -> None:
    assert description["info"]["summary"] == "Paketutskick och formulär genom 1177."
    assert description["info"]["version"]
    assert app.openapi_url == "/openapi.json"
