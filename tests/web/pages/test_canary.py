"""A personnummer, however it is written, typed into every text of every face: it stays nowhere."""

import json
import logging
import sqlite3
from collections.abc import Awaitable, Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from httpx import Response

from tests.clinic import OWN, UNIT, WEEKLY, Clinic
from tests.people import ANNA, BO, TOLVAN
from tests.spellings import spellings_of
from tests.web.conftest import Rest
from tests.web.pages.conftest import Browser
from tests.web.pages.forms import main_form
from tests.web.pages.test_administration import post, unit_page
from tests.web.pages.test_administration_packages import FILLED, NEW
from tests.web.pages.test_form_links import MOBILE
from tests.web.pages.test_send_form import asked
from tests.web.pages.test_start_package import at_message
from tests.whole.sinks import holds, leaks
from utskick.ports import PersonRecord
from utskick.web.pages.visitors import FOR_UNIT
from utskick.wiring import Services

CANARY = TOLVAN.digits
RARE = "Quistbergström"
SPELLINGS = spellings_of(CANARY)
SOME = [SPELLINGS[0], SPELLINGS[2], "1912-12-12 - 1212", SPELLINGS[-1], SPELLINGS[-4]]
"""Of fields that the same rule looks through as one that gets all."""
_REASONS = ("liknar ett personnummer", "HSA-id är fel skrivet", "adressen är inte giltig")
Typed = Callable[[str], Awaitable[Response]]


@pytest.fixture
def sinks(
    clinic: Clinic, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> Callable[[], list[str]]:
    """Which of all that is kept, sent or logged holds the canary."""
    caplog.set_level(logging.DEBUG)

    def holding() -> list[str]:
        kept = {
            "database": "\n".join(_texts_of(tmp_path / "utskick.db")),
            "log": caplog.text,
            "mail": repr(clinic.mailer.sent),
            "sms": repr(clinic.sms.sent),
            "scheduler": repr(clinic.scheduler.registered(now=clinic.clock.now())),
        }
        return [sink for sink, text in kept.items() if holds(text, CANARY)]

    return holding


def _texts_of(database: Path) -> Iterator[str]:
    """All that stands in clear in all tables."""
    with closing(sqlite3.connect(database)) as connection:
        tables = connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
        for (table,) in tables.fetchall():
            for row in connection.execute(f'SELECT * FROM "{table}"'):  # noqa: S608  # our own
                yield " ".join(str(value) for value in row if not isinstance(value, bytes))


def _refused(answer: Response, typed: str) -> None:
    assert answer.status_code in (400, 404, 409, 422), (typed, answer.status_code)
    assert "location" not in answer.headers


@pytest.mark.parametrize("typed", SPELLINGS)
async def test_no_spelling_passes_as_a_title(
    rest: Rest, sinks: Callable[[], list[str]], typed: str
) -> None:
    _refused(await rest.start(title=f"Inför {typed} besöket"), typed)

    assert sinks() == []


async def test_none_passes_in_a_language_nor_as_one(
    rest: Rest, sinks: Callable[[], list[str]]
) -> None:
    for typed in SOME:
        _refused(await rest.start(inbox_messages={"en": f"Hello {typed}"}), typed)
        _refused(await rest.start(inbox_messages={typed: "Hello"}), typed)
        _refused(await rest.start(inbox_messages={typed: typed}), typed)
        _refused(await rest.start(inbox_messages={typed: ["Hello"]}), typed)

    assert sinks() == []


@pytest.mark.parametrize(
    "field",
    [
        *("inbox_message", "form_banner", "package", "unit", "answer_by", "colour"),
        *("error_addresses", "forms", "recipients_file"),
    ],
)
async def test_none_passes_in_another_field_of_a_spec(
    rest: Rest, sinks: Callable[[], list[str]], field: str
) -> None:
    many = field in ("error_addresses", "forms")
    for typed in SOME:
        change: dict[str, Any] = {field: [typed] if many else typed}
        _refused(await rest.start(**change), typed)
        _refused(await rest.start(error_addresses=[f"a.{typed}@example.se"]), typed)

    assert sinks() == []


async def test_an_upload_is_sealed_whatever_it_holds(
    rest: Rest, sinks: Callable[[], list[str]]
) -> None:
    for typed in SOME:
        spec = {"unit": UNIT.id, "package": WEEKLY.key, "title": typed, "recipients": [typed]}
        answer = await rest.post("/api/uppladdningar", content=json.dumps(spec))
        assert answer.status_code == 201

    assert sinks() == []


@pytest.fixture(
    params=[
        *("titel", "inkorgsmeddelande", "formularmeddelande", "avisering"),
        *(
            "sms",
            "formular",
            "enhetens namn",
            "enhetens HSA-id",
            "enhetens telefon",
            "nyckelns namn",
        ),
        *("grundplåtens namn", "grundplåtens titel", "grundplåtens meddelande"),
        *("grundplåtens adresser", "grundplåtens meddelande på engelska"),
    ]
)
def typing(request: pytest.FixtureRequest, staff: Browser, administrator: Browser) -> Typed:
    """One text on one page, posted by its own button."""

    async def start(**message: Any) -> Response:
        return await staff.press((await at_message(staff)).text, "ja-starta", **message)

    async def package(**changes: Any) -> Response:
        filled: dict[str, Any] = FILLED | changes
        return await administrator.press(await administrator.open(NEW), "spara", **filled)

    async def unit(**changes: str) -> Response:
        joining = {"hsa_id": "SE2321000131-E000000000177", "name": "Rehab", "phone": "031-3900617"}
        return await post(administrator, "/forvaltning/enheter", **joining | changes)

    async def sms(typed: str) -> Response:
        begun = await staff.open("/formularlank")
        return await staff.press(begun, "skicka", mobil=MOBILE, sms=f"Hej {typed}")

    pages: dict[str, Typed] = {
        "titel": lambda typed: at_message(staff, title=typed),
        "inkorgsmeddelande": lambda typed: start(inbox_message=f"Hej {typed}"),
        "formularmeddelande": lambda typed: start(form_banner=typed),
        "avisering": lambda typed: at_message(staff, error_addresses=f"a.{typed}@example.se"),
        "sms": sms,
        "formular": lambda typed: asked(staff, form_banner=typed, form=OWN.name),
        "enhetens namn": lambda typed: unit(name=f"Rehab {typed}"),
        "enhetens telefon": lambda typed: unit(phone=typed),
        "nyckelns namn": lambda typed: post(
            administrator, f"{unit_page()}/nycklar", nyckelns_namn=typed, nyckelns_ratt="start"
        ),
        "enhetens HSA-id": lambda typed: unit(hsa_id=f"SE2321000131-{typed}"),
        "grundplåtens namn": lambda typed: package(name=f"Rehab {typed}"),
        "grundplåtens titel": lambda typed: package(resident_title=typed),
        "grundplåtens meddelande": lambda typed: package(inbox_message=typed),
        "grundplåtens meddelande på engelska": lambda typed: package(
            **{"inbox_messages.en": typed}
        ),
        "grundplåtens adresser": lambda typed: package(error_addresses=f"a.{typed}@example.se"),
    }
    return pages[request.param]


async def test_none_passes_on_a_page(typing: Typed, sinks: Callable[[], list[str]]) -> None:
    for typed in SOME:
        answer = await typing(typed)
        _refused(answer, typed)
        assert any(reason in answer.text for reason in _REASONS), typed

    assert sinks() == []


async def test_a_draft_is_sealed_whatever_is_typed_in_it(
    staff: Browser, sinks: Callable[[], list[str]], clinic: Clinic
) -> None:
    """In every field that a page has, and in no address that it leads to."""
    for at in ("/skicka-formular", f"/starta-paketutskick/paket/{WEEKLY.key}"):
        form = main_form(await staff.open(at))
        ours = {"csrf", FOR_UNIT, "version", "rutor", "package"}
        for typed in SOME:
            filled = {name: value if name in ours else typed for name, value in form.fields}
            saved = await staff.post(f"{form.action}/spara", data=filled)
            listed = filled | {"gor": "lagg-till", "nytt_personnummer": CANARY}
            added = await staff.post(form.action, data=listed)
            assert saved.status_code in (200, 409)
            assert not holds(added.headers.get("content-location", ""), CANARY)
    with clinic.store.transaction() as records:
        assert records.drafts.count_for(UNIT.id) == 2

    assert sinks() == []


@pytest.mark.parametrize("typed", SPELLINGS)
def test_the_search_finds_each_spelling_where_it_stands(typed: str) -> None:
    for kept in (typed, json.dumps({"title": typed}), repr(typed), f"x{typed}y"):
        assert holds(kept, CANARY)
    assert not holds(typed, BO.digits)


def test_the_search_reads_all_that_the_database_keeps(
    wired: Services, tmp_path: Path, clinic: Clinic
) -> None:
    with wired.store.transaction() as records:
        records.units.save([UNIT])
    clinic.clock.now()

    assert UNIT.name in "\n".join(_texts_of(tmp_path / "utskick.db"))


async def test_a_name_is_kept_sealed_alone_whatever_is_done_with_the_person(
    staff: Browser, clinic: Clinic, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """Gathered, asked about, sent to and shown: no name in clear, in a log or an address."""
    caplog.set_level(logging.DEBUG)
    clinic.persons.records[ANNA] = PersonRecord(given_name="Zackarina", surname=RARE)
    page = await staff.open("/skicka-formular")
    page = (await staff.press(page, "lagg-till", nytt_personnummer=ANNA.digits)).text
    question = await staff.press(page, "skicka", form=OWN.name)
    sent = await staff.press(question.text, "ja-skicka")
    [dispatch] = clinic.listed()
    shown = await staff.open(f"/paketutskick/{dispatch.dispatch.id}")

    assert all(RARE in each for each in (page, question.text, shown))
    assert RARE not in sent.headers["location"]
    assert leaks([tmp_path], [RARE]) == []
    for sink in (caplog.text, repr(clinic.mailer.sent), repr(clinic.sms.sent)):
        assert RARE not in sink
    assert RARE not in repr(clinic.scheduler.registered(now=clinic.clock.now()))
