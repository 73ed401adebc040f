"""A line of any log is one line of JSON, whoever wrote it, and holds no personal data."""

import json
import logging
import socket
from collections.abc import Iterator
from logging.config import dictConfig
from pathlib import Path

import pytest

from tests.log_lines import Lines, log_lines
from tests.people import TOLVAN
from tests.waiting import TIMEOUT_S
from utskick.adapters.json_lines import (
    WITHHELD,
    also_to_file,
    also_to_syslog,
    log_settings,
    process_of,
)
from utskick.security_log import FIELDS, EventOutcome, SecurityEvent, log, note

__all__ = ["log_lines"]


@pytest.fixture
def handlers_restored() -> Iterator[None]:
    loggers = [logging.getLogger(), log]
    before = [(each, list(each.handlers), each.level) for each in loggers]
    yield
    for each, handlers, level in before:
        for new in set(each.handlers) - set(handlers):
            new.close()
        each.handlers[:] = handlers
        each.setLevel(level)


def test_an_event_has_time_level_process_and_its_fields(log_lines: Lines) -> None:
    note(SecurityEvent.SIGNED_IN, actor="SE1", address="10.0.0.1", unit="")

    [line] = log_lines.all
    assert line.pop("time").endswith("Z")
    assert line.pop("process")
    assert line == {
        "level": "info",
        "event": "sign_in",
        "outcome": "done",
        "actor": "SE1",
        "address": "10.0.0.1",
    }


def test_no_field_takes_the_place_of_what_every_line_says(log_lines: Lines) -> None:
    reserved = {"time": "never", "level": "debug", "process": "other"}
    log.error("sign_in", extra={FIELDS: reserved | {"event": "sign_out", "actor": "SE1"}})

    [line] = log_lines.all
    assert (line["event"], line["level"], line["actor"]) == ("sign_in", "error", "SE1")
    assert {line["time"], line["process"]}.isdisjoint(reserved.values())


def test_other_lines_have_the_same_form(log_lines: Lines) -> None:
    logging.getLogger("of.others").warning("Shutting %s", "down")

    [line] = log_lines.all
    assert (line["event"], line["level"]) == ("log", "warning")
    assert (line["logger"], line["text"]) == ("of.others", "Shutting down")


@pytest.mark.parametrize("typed", ["a\nb", "a\r\nb", "a\u2028b", "\x1b[31m", '", "level": "x'])
def test_what_would_begin_another_line_is_quoted(log_lines: Lines, typed: str) -> None:
    note(SecurityEvent.SIGNED_IN, reason=typed)

    [line] = log_lines.all
    assert line["reason"] == typed
    assert log_lines.text.isascii()


@pytest.mark.parametrize("written", [TOLVAN.digits, TOLVAN.formatted, "19.12.12.12-12 12"])
def test_a_text_that_holds_a_personnummer_is_withheld(log_lines: Lines, written: str) -> None:
    note(SecurityEvent.SIGNED_IN, reason=f"for {written}")
    logging.getLogger("any").error("no such id: %s", written)

    event, other = log_lines.all
    assert (event["reason"], other["text"]) == (WITHHELD, WITHHELD)


@pytest.mark.parametrize(
    ("value", "kept"),
    [
        (["any", TOLVAN.formatted], ["any", WITHHELD]),
        ({"who": TOLVAN.formatted}, {"who": WITHHELD}),
        ({TOLVAN.formatted: 1}, {WITHHELD: 1}),
        (int(TOLVAN.digits), WITHHELD),
        ({"number": 4, "roles": ["manager"]}, {"number": 4, "roles": ["manager"]}),
    ],
)
def test_parts_and_numbers_are_looked_at_as_well(
    log_lines: Lines, value: object, kept: object
) -> None:
    note(SecurityEvent.SIGNED_IN, found=value)

    [event] = log_lines.all
    assert event["found"] == kept


def test_a_seal_is_whole_whatever_its_digits(log_lines: Lines) -> None:
    seal = TOLVAN.digits.ljust(64, "0")

    note(SecurityEvent.LOG_HEAD, seal=seal)

    assert log_lines.all[0]["seal"] == seal


def test_a_long_text_is_cut(log_lines: Lines) -> None:
    note(SecurityEvent.SIGNED_IN, reason="a" * 10_000)

    assert len(log_lines.text) < 2_000


def raise_it() -> None:
    try:
        int(TOLVAN.digits, 2)
    except ValueError as error:
        raise RuntimeError(f"not {TOLVAN.digits}") from error


def test_of_an_error_its_kinds_and_places_are_written(log_lines: Lines) -> None:
    try:
        raise_it()
    except RuntimeError as error:
        note(SecurityEvent.REQUEST_FAILED, EventOutcome.FAILED, error=error)
        logging.getLogger("any").exception("It failed")

    for line in log_lines.all:
        assert line["error"] == "RuntimeError < ValueError"
        assert line["raised_in"][-1].startswith("adapters/test_json_lines.py:")
        assert line["level"] == "error"
    assert TOLVAN.digits not in log_lines.text


# Where lines go


@pytest.mark.usefixtures("handlers_restored")
def test_by_our_settings_warnings_and_all_events_are_written(
    capsys: pytest.CaptureFixture[str],
) -> None:
    dictConfig(log_settings())

    logging.getLogger("any").info("quiet")
    logging.getLogger("any").warning("loud")
    note(SecurityEvent.STARTED)

    written = [json.loads(line) for line in capsys.readouterr().err.splitlines()]
    assert [line["event"] for line in written] == ["log", "process_started"]


@pytest.mark.usefixtures("handlers_restored")
def test_a_system_log_gets_every_line_too() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as listening:
        listening.bind(("127.0.0.1", 0))
        listening.settimeout(TIMEOUT_S)
        also_to_syslog(f"127.0.0.1:{listening.getsockname()[1]}")

        note(SecurityEvent.LOG_BROKEN, EventOutcome.FAILED, unit="SE1")

        received = listening.recv(4096).decode()
    line = json.loads(received[received.index("{") :])
    assert received.startswith("<11>utskick: {")
    assert (line["event"], line["unit"]) == ("access_log_broken", "SE1")


@pytest.mark.usefixtures("handlers_restored")
def test_a_file_is_made_when_there_is_something_to_write(tmp_path: Path) -> None:
    path = tmp_path / "logs" / "command.log"
    also_to_file(path)
    made_before = path.parent.exists()

    note(SecurityEvent.ADMINISTERED, act="skapat nyckel")

    [line] = path.read_text().splitlines()
    assert not made_before
    assert json.loads(line)["act"] == "skapat nyckel"


@pytest.mark.parametrize(
    ("started_as", "process"),
    [
        ("/app/utskick/web/__main__.py", "web"),
        ("/bin/utskick serve", "web"),
        ("/bin/utskick add-token unit", "command"),
        ("/bin/prefect worker start --pool utskick", "worker"),
        ("/app/utskick/worker/prefect_server.py --port 4200", "prefect"),
        ("prefect server start", "prefect"),
        ("/bin/prefect flow-run execute", "run"),
        ("/app/flows/deploy.py", "deploy"),
    ],
)
def test_a_line_says_which_process_wrote_it(started_as: str, process: str) -> None:
    assert process_of(started_as.split()) == process
