"""Whatever is sent, the answer says in Swedish what to do, and nothing of what was sent."""

import json
import logging
from collections.abc import AsyncIterator
from typing import Any

import pytest
from fastapi import FastAPI
from httpx import Response

from tests.clinic import UNIT, a_spec
from tests.people import ANNA, TOLVAN
from tests.use_cases.clinic_days import nothing_has_happened
from tests.web.conftest import Rest

CANARY = TOLVAN.digits
LIMIT = 1_000_000
JSON = {"Content-Type": "application/json"}


async def post(
    rest: Rest, content: bytes | str, content_type: str = JSON["Content-Type"]
) -> Response:
    return await rest.post(
        "/api/paketutskick", content=content, headers={"Content-Type": content_type}
    )


async def in_pieces(size: int) -> AsyncIterator[bytes]:
    for _ in range(size // 10_000):
        yield b" " * 10_000


def said(answer: Response) -> str:
    assert answer.headers["Content-Type"] == "application/json"
    return str(answer.json()["message"])


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"null",
        b'"text"',
        b"{",
        b"{\xff}",
        b"[" * 100_000,
        b'{"a":' * 100_000,
        b'{"unit": ' + b"9" * 5_000 + b"}",
    ],
    ids=["empty", "null", "text", "cut", "latin", "deep list", "deep", "long number"],
)
async def test_what_is_no_json_object_is_said_to_be_unreadable(rest: Rest, content: bytes) -> None:
    answer = await post(rest, content)

    assert answer.status_code in {400, 422}
    assert "Skicka ett JSON-objekt" in said(answer)


@pytest.mark.parametrize("content_type", ["text/plain", "application/yaml", "", "x", "a/b/c"])
async def test_another_content_type_is_shown_which_one_to_use(
    rest: Rest, content_type: str
) -> None:
    spec = json.dumps(a_spec(rest.clinic.clock.now()))

    answer = await post(rest, spec, content_type)

    assert answer.status_code == 422
    assert "Content-Type: application/json" in said(answer)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("title", "a\0b"),
        ("title", "\ud800"),
        ("title", "x" * 201),
        ("title", " "),
        ("form_banner", "\x1b[31m"),
        ("package", "infor\0besok"),
        ("unit", "\0"),
        ("unit", 10**400),
        ("recipients", [f"{ANNA.digits}\0"]),
        ("recipients", [{"personnummer": ANNA.digits}]),
        ("recipients", []),
        ("recipients", ["x"] * 251),
        ("recipients", "199102042398"),
        ("start", {"date": "0001-01-01", "time": "00:00"}),
        ("start", {"date": "9999-12-31", "time": "23:59"}),
        ("start", {"date": "2027-02-30", "time": "08:00"}),
        ("start", {"date": "2027-03-28", "time": "02:30"}),
        ("start", {"date": "\uff12\uff10\uff12\uff17-02-01", "time": "08:00"}),
        ("start", []),
        ("occasions", []),
        ("occasions", [{"date": "2027-02-02", "time": "08:00"}] * 2),
        ("occasions", [{}] * 101),
        ("answer_by", "9999-12-31T00:00:01"),
        ("answer_by", "9999-12-31"),
        ("answer_by", 1e308),
        ("answer_by", "2027-01-01"),
        ("forms", []),
        ("forms", ["\0"]),
        ("forms", ["x"] * 101),
        ("error_addresses", ["a@b@c"]),
        ("error_addresses", ["a\n@example.org"]),
        ("error_addresses", ["åsa@example.org"]),
        ("creates_inbox_message", "kanske"),
        ("inbox_message", "{{ 7 * 7 }}"),
        ("inbox_message", "x" * 4001),
        ("okänt", 1),
    ],
)
async def test_a_field_that_is_wrong_is_named(rest: Rest, field: str, value: Any) -> None:
    spec = a_spec(rest.clinic.clock.now()) | {field: value}

    answer = await post(rest, json.dumps(spec))

    places = [problem["place"] for problem in answer.json()["problems"]]
    assert answer.status_code == 422
    assert len(places) == 1
    assert places[0].startswith((field, "2027-"))
    assert nothing_has_happened(rest.clinic)


@pytest.mark.parametrize(("name", "value"), [("NaN", "NaN"), ("Infinity", "Infinity")])
async def test_numbers_that_json_lacks_are_faults(rest: Rest, name: str, value: str) -> None:
    answer = await post(rest, f'{{"unit": {value}, "package": {value}, "answer_by": {value}}}')

    assert answer.status_code == 422
    assert name not in answer.text


@pytest.mark.parametrize(
    ("method", "address", "status"),
    [
        ("GET", "/api/finns-inte", 404),
        ("DELETE", "/api/paketutskick", 405),
        ("GET", "/api/uppfoljning", 405),
    ],
)
async def test_an_unknown_address_refers_to_the_description(
    rest: Rest, method: str, address: str, status: int
) -> None:
    answer = await rest.request(method, address)

    assert (answer.status_code, "/openapi.json" in said(answer)) == (status, True)


@pytest.mark.parametrize("dispatch_id", ["1", "..%2F..%2Fetc", "%00", "å"])
async def test_an_id_that_is_none_is_a_fault_in_the_address(rest: Rest, dispatch_id: str) -> None:
    answer = await rest.get(f"/api/paketutskick/{dispatch_id}")

    assert answer.status_code in {404, 422}
    assert said(answer)


# Too large


@pytest.mark.parametrize("address", ["/api/paketutskick", "/api/uppladdningar"])
async def test_a_large_body_is_refused_before_it_is_read(
    app: FastAPI, rest: Rest, address: str
) -> None:
    async def never() -> AsyncIterator[bytes]:
        pytest.fail("the body was read")
        yield b""

    length = {"Content-Length": str(LIMIT + 1)}

    answer = await rest.post(address, content=never(), headers=JSON | length)

    assert (answer.status_code, "Dela upp" in said(answer)) == (413, True)


@pytest.mark.parametrize("address", ["/api/paketutskick", "/api/uppladdningar"])
async def test_a_large_body_of_unknown_length_is_refused_midway(rest: Rest, address: str) -> None:
    answer = await rest.post(address, content=in_pieces(2 * LIMIT), headers=JSON)

    assert (answer.status_code, "Dela upp" in said(answer)) == (413, True)


async def test_a_length_that_is_a_lie_does_not_help(rest: Rest) -> None:
    answer = await rest.post(
        "/api/uppladdningar", content=in_pieces(2 * LIMIT), headers={"Content-Length": "10"}
    )

    assert answer.status_code == 413


async def test_a_body_of_just_the_limit_is_taken(rest: Rest) -> None:
    assert (await rest.post("/api/uppladdningar", content=b"x" * LIMIT)).status_code == 201


# Nothing is echoed

CANARIES = [
    f'{{"unit": "{CANARY}"}}',
    f'{{"{CANARY}": 1}}',
    f'{{"recipients": [{CANARY}], "start": "{CANARY}"}}',
    f'{{"recipients": {{"{CANARY}": "{CANARY}"}}}}',
    f'{{"title": "{CANARY}", "answer_by": "{CANARY}", "error_addresses": ["{CANARY}"]}}',
    f'{{"{CANARY}"',
    f"{CANARY}",
    *(
        json.dumps({"unit": UNIT.id, "package": "infor-besok"} | changes)
        for changes in (
            {"package": CANARY, "recipients": [CANARY, CANARY]},
            {"forms": [CANARY]},
            {"occasions": [{"date": CANARY}]},
            {"inbox_message": f"{{{{ {CANARY} }}}}"},
        )
    ),
]


@pytest.mark.parametrize(
    "address",
    [
        "paketutskick",
        "formular",
        "uppfoljning",
        "paketutskick/00000000-0000-0000-0000-000000000001/ta-bort-mottagare",
    ],
)
async def test_a_personnummer_is_neither_echoed_nor_logged(
    rest: Rest, caplog: pytest.LogCaptureFixture, address: str
) -> None:
    caplog.set_level(logging.DEBUG)

    answers = [
        await rest.post(f"/api/{address}", content=content, headers=JSON) for content in CANARIES
    ]

    for answer in answers:
        assert 400 <= answer.status_code < 500
        assert CANARY not in answer.text
        assert TOLVAN.formatted not in answer.text
    assert CANARY not in caplog.text
