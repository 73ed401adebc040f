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
from tests.whole.region import Whole
from utskick.running.stack import start_prefect, start_worker

KILLS = int(os.environ.get("CHAOS_WHOLE_KILLS", "6"))
SEED = int(os.environ.get("CHAOS_SEED", "1"))
RECIPIENTS = 3
RECOVERS_WITHIN_S = 90
_FIRST_PERSON = 9000


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
        whole.start(theirs, after_s=[20 + 6 * place]) for place, theirs in enumerate(each)
    ]

    parts = ["worker", "prefect", "web", "database"]
    doomed = [parts[place % len(parts)] for place in range(KILLS)]
    chance.shuffle(doomed)
    for part in doomed:
        time.sleep(chance.uniform(2, 6))
        _kill(part, whole, server)
        time.sleep(chance.uniform(0, 4))
        _start(part, whole, server)
    recovering_since = time.monotonic()
    for dispatch in dispatches:
        whole.until_status(dispatch, "Klar")

    assert time.monotonic() - recovering_since < RECOVERS_WITHIN_S
    for number in numbers:
        counts = Counter(form["templateId"] for form in whole.forms_of(number))
        assert set(counts.values()) == {1}
        assert len(counts) == len(dispatches[0].forms)
        assert len(whole.messages_of(number)) <= 1


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
