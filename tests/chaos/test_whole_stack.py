"""Prefect, worker, web and database die at random, also while moments pass (L3)."""

import os
import sys
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from random import Random

import httpx
import pytest

from tests.chaos.installation import some_persons
from tests.postgresql import PostgresqlServer, running_postgresql
from tests.whole.installation import an_installation
from tests.whole.region import PACKAGE, UNIT, Whole
from tests.whole.sinks import files_that_name, leaks, spellings
from utskick.running.stack import start_prefect, start_worker

KILLS = int(os.environ.get("CHAOS_WHOLE_KILLS", "6"))
SEED = int(os.environ.get("CHAOS_SEED", "1"))
RECIPIENTS = 3
RECOVERS_WITHIN_S = 90
_FIRST_PERSON = 9000
_SAID_TO_THEM = "Kanariefågeln sjunger för"
_REFUSALS = (400, 409, 422)


@pytest.fixture
def server() -> Iterator[PostgresqlServer]:
    """One that may crash: other tests have their own."""
    try:
        with running_postgresql("fsync=off") as running:
            yield running
    except FileNotFoundError as missing:
        pytest.skip(str(missing))


@pytest.fixture
def whole(
    server: PostgresqlServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Whole]:
    with server.fresh_database() as url:
        monkeypatch.setenv("UTSKICK_DATABASE__URL", url)
        with an_installation(tmp_path) as running:
            yield running


@pytest.mark.proof
def test_whatever_part_dies_each_dispatch_ends_and_each_form_is_there_once(
    whole: Whole, server: PostgresqlServer
) -> None:
    chance = Random(SEED)  # noqa: S311  # to be repeated, not to be secret
    people = some_persons(KILLS * RECIPIENTS, after=_FIRST_PERSON)
    httpx.post(f"{whole.local_1177}/control/persons", json=people).raise_for_status()
    numbers = [str(person["personnummer"]) for person in people]
    each = [numbers[i : i + RECIPIENTS] for i in range(0, len(numbers), RECIPIENTS)]
    whole.control("latency", service="forms", seconds=0.3)
    dispatches = [
        whole.start(
            theirs, after_s=[20 + 6 * place], inbox_message=f"{_SAID_TO_THEM} {{{{ enhet }}}}"
        )
        for place, theirs in enumerate(each)
    ]
    _mistype(numbers, whole)

    parts = ["worker", "prefect", "web", "database"]
    doomed = [parts[place % len(parts)] for place in range(KILLS)]
    chance.shuffle(doomed)
    for part in doomed:
        time.sleep(chance.uniform(2, 6))
        _kill(part, whole, server)
        time.sleep(chance.uniform(0, 4))
        _start(part, whole, server)
    whole_since = whole.now()
    for dispatch in dispatches:
        whole.until_status(dispatch, "Klar")

    for dispatch in dispatches:
        recovering_since = max(whole_since, dispatch.occasions[0].sends_at)
        ended_at = whole.dispatch(dispatch.id).ended_at
        assert ended_at is not None
        assert (ended_at - recovering_since).total_seconds() < RECOVERS_WITHIN_S
    for number in numbers:
        counts = Counter(form["templateId"] for form in whole.forms_of(number))
        assert set(counts.values()) == {1}
        assert len(counts) == len(dispatches[0].forms)
        assert len(whole.messages_of(number)) <= 1
    _nobody_has_revealed(numbers, whole, server)


def _mistype(numbers: list[str], whole: Whole) -> None:
    """In every way that people do, and in each place of a spec."""
    for spelling in spellings(numbers[0]):
        wrong = {"unit": UNIT, "package": PACKAGE, "recipients": [spelling, spelling]}
        for spec in (wrong, wrong | {"inbox_message": spelling}, wrong | {"title": spelling}):
            assert whole.rest("POST", "paketutskick", **spec).status_code in _REFUSALS


def _nobody_has_revealed(numbers: list[str], whole: Whole, server: PostgresqlServer) -> None:
    """Neither Prefect's database nor ours, no log, no mail: nobody but the neighbour itself."""
    folder = whole.stack.folder
    knowing = files_that_name(numbers, [folder, server.folder])
    assert {Path(path).name.partition("-wal")[0] for path in knowing} == {"local-1177.db"}
    shown = [folder / "prefect", folder / "logs", folder / "mails"]
    assert leaks(shown, [_SAID_TO_THEM]) == []
    assert _SAID_TO_THEM not in (server.folder / "log").read_text()


def _kill(part: str, whole: Whole, server: PostgresqlServer) -> None:
    if part == "database":
        server.crash()
    else:
        whole.stack.children.kill(part)


def _start(part: str, whole: Whole, server: PostgresqlServer) -> None:
    children = whole.stack.children
    match part:
        case "database":
            server.start()
        case "prefect":
            start_prefect(children, whole.stack.ports)
        case "worker":
            start_worker(children)
        case "web":
            children.start("web", [sys.executable, "-m", "utskick.web"])
