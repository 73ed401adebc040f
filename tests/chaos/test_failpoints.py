"""At every named place of the protocol the process is killed, paused, or loses its database (L1).

Then another worker takes over, and the neighbour holds each form once. The cases run beside each
other, since most of each is waiting for a lease or for settling. Each place is killed at on SQLite
whenever tests are run; the rest is left to `make prove`.
"""

import asyncio
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import text

from benchmarks.neighbours import local_1177
from tests.chaos.installation import Installation, close, some_persons, start
from tests.chaos.ledger import Row, Verdict, judge, rows_of, truth_of_person
from tests.chaos.processes import Forked, a_clerk, a_worker
from tests.chaos.visits import start_visits
from tests.chaos.worker import Ambush, Blow, Deed, carry_out
from tests.postgresql import PostgresqlServer
from utskick.domain.approvals import Approval, ApprovalCause
from utskick.domain.dispatches import Dispatch, DispatchStatus
from utskick.domain.errors import UtskickError
from utskick.failpoints import POINTS, Exchange
from utskick.running.children import Children
from utskick.store.engine import open_engine

Case = tuple[str, str, Blow]

AT_ONCE = 12
PERSONS, FORMS = 3, 2
GONE_S = 1.0
# The next occasion, so late that the change comes before it on a machine that is busy.
_NEXT_AFTER_S = {"stop": 120, "remove": 45}
_VISITS_AFTER_S = 15
_RELEASED_WITHIN_S = 45
REACHED_WITHIN_S, ENDED_WITHIN_S = 120, 240
FIRST_PERSON = 2000
NEEDS_SOMETHING_OPEN = (
    *("before reap", "after reap", "before settle", "after settle"),
    Exchange.READING_BACK,
)
CASES: list[Case] = [
    (database, point, blow)
    for database in ("sqlite", "postgresql")
    for point in POINTS
    for blow in Blow
]


def _named(case: Case) -> str:
    return "-".join(case).replace(" ", "_")


def _marked(case: Case) -> Any:
    database, _point, blow = case
    often = database == "sqlite" and blow is Blow.KILL
    return pytest.param(case, id=_named(case), marks=() if often else pytest.mark.proof)


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """What a case came to."""

    reached: bool
    dispatches: int
    status: str
    verdict: Verdict


@pytest.fixture(scope="module")
def cases(
    request: pytest.FixtureRequest,
    tmp_path_factory: pytest.TempPathFactory,
    postgresql: PostgresqlServer,
) -> Iterator[dict[Case, Future[Ended]]]:
    """All that have been asked for, under way."""
    asked_for = {item.name for item in request.session.items}
    wanted = [case for case in CASES if any(f"[{_named(case)}]" in name for name in asked_for)]
    folder = tmp_path_factory.mktemp("failpoints")
    with ExitStack() as stack:
        children = stack.enter_context(Children(logs=folder / "logs", environment={}))
        neighbour = stack.enter_context(local_1177(folder, children))
        neighbour.set_latency(0.05)
        people = some_persons(PERSONS * len(wanted), after=FIRST_PERSON)
        neighbour.add(people)
        numbers = [str(person["personnummer"]) for person in people]
        pool = stack.enter_context(ThreadPoolExecutor(AT_ONCE))
        under_way: dict[Case, Future[Ended]] = {
            case: pool.submit(
                _play,
                case,
                numbers[PERSONS * place : PERSONS * (place + 1)],
                folder / f"case-{place}",
                neighbour.url,
                postgresql,
            )
            for place, case in enumerate(wanted)
        }
        yield under_way
        for future in under_way.values():
            future.cancel()


@pytest.mark.parametrize("case", [_marked(case) for case in CASES])
def test_whatever_happens_at_a_place_each_form_is_sent_once(
    cases: dict[Case, Future[Ended]], case: Case
) -> None:
    ended = cases[case].result()

    assert ended.reached, "the place was never reached"
    assert ended.dispatches == 1 or case[1].endswith("visit")
    assert ended.status == ("stopped" if "stop" in case[1] else "completed"), ended
    assert ended.verdict.clean, ended.verdict
    assert ended.verdict.manual == 0, ended.verdict
    assert ended.verdict.deliveries >= PERSONS * FORMS


def _play(
    case: Case, numbers: list[str], folder: Path, url: str, server: PostgresqlServer
) -> Ended:
    database, point, blow = case
    folder.mkdir()
    with ExitStack() as stack:
        database_url = f"sqlite:///{folder}/utskick.db"
        if database == "postgresql":
            database_url = stack.enter_context(server.fresh_database())
        installation = Installation(
            database_url=database_url, key_file=folder / "keys.json", local_1177=url
        )
        installation.prepare()
        scene = _Scene(installation, numbers, Ambush(point, blow), server)
        stack.callback(scene.end)
        return scene.play()


class _Scene:
    """One installation, one dispatch, one blow."""

    def __init__(
        self,
        installation: Installation,
        numbers: list[str],
        ambush: Ambush,
        server: PostgresqlServer,
    ) -> None:
        self._installation = installation
        self._services = installation.services()
        self._engine = open_engine(installation.database_url)
        self._numbers = numbers
        self._ambush = ambush
        self._server = server
        self._forked: list[Forked] = []
        self._off: dict[UUID, Row] = {}

    def play(self) -> Ended:
        match self._ambush.point.split()[-1]:
            case "start":
                reached = self._attack_the_start()
            case "stop" | "remove" as what:
                reached = self._attack_a_change(what)
            case "visit":
                reached = self._attack_the_visits()
            case "brake" | "release" as what:
                reached = self._attack_a_brake(what)
            case "approve":
                reached = self._attack_the_approval()
            case _:
                reached = self._attack_the_sending()
        self._worker()
        _poll(self._quiet, within_s=ENDED_WITHIN_S)
        status, *others = self._statuses()
        rows = rows_of(self._engine)
        truth, messages = self._truth()
        verdict = judge(rows, truth, engine=self._engine, stopped=self._off, messages=messages)
        return Ended(reached=reached, dispatches=1 + len(others), status=status, verdict=verdict)

    def end(self) -> None:
        for forked in self._forked:
            forked.kill()
        self._engine.dispose()
        close(self._services)

    def _attack_the_start(self) -> bool:
        key = str(uuid4())
        deed = Deed(what="start", numbers=tuple(self._numbers), forms=FORMS, key=key)
        reached = self._strike(self._clerk(deed))
        self._repeated(lambda: self._start(key=key))
        return reached

    def _attack_a_change(self, what: str) -> bool:
        dispatch = self._start(after_s=(2, _NEXT_AFTER_S[what]))
        self._worker()
        _poll(self._sending, within_s=REACHED_WITHIN_S)
        deed = Deed(what=what, numbers=(self._numbers[0],), dispatch_id=dispatch.id)
        reached = self._strike(self._clerk(deed))
        self._repeated(partial(carry_out, deed, self._services))
        self._off = {
            row.id: row
            for row in rows_of(self._engine)
            if what == "stop" or row.recipient == "removed"
        }
        return reached

    def _attack_a_brake(self, what: str) -> bool:
        """Before the moment; released again, whatever became of it, all is sent on time."""
        self._start(after_s=(_RELEASED_WITHIN_S,))
        reached = self._strike(self._clerk(Deed(what=what)))
        self._repeated(partial(carry_out, Deed(what="release"), self._services))
        return reached

    def _attack_the_approval(self) -> bool:
        """Of what waits for a colleague; approved in the end, all is sent on time."""
        dispatch = self._start(after_s=(_RELEASED_WITHIN_S,))
        with self._services.store.transaction() as records:
            records.dispatches.set_status(dispatch.id, DispatchStatus.AWAITING, ended_at=None)
            records.approvals.save(
                Approval(
                    dispatch_id=dispatch.id,
                    cause=ApprovalCause.PACKAGE,
                    asked_by=dispatch.created_by,
                    asked_at=dispatch.created_at,
                    expires_at=dispatch.created_at + timedelta(days=1),
                )
            )
        deed = Deed(what="approve", dispatch_id=dispatch.id)
        reached = self._strike(self._clerk(deed))
        self._repeated(partial(carry_out, deed, self._services))
        return reached

    def _attack_the_visits(self) -> bool:
        """While they are booked, moved away and back, before their moment and once it has come."""
        start_visits(self._services, forms=FORMS, after_s=[_VISITS_AFTER_S])
        deed = Deed(what="visit", numbers=tuple(self._numbers))
        reached = self._strike(self._clerk(deed))
        self._repeated(partial(carry_out, deed, self._services))
        return reached

    def _attack_the_sending(self) -> bool:
        self._start()
        if self._ambush.point in NEEDS_SOMETHING_OPEN:
            dies = self._keep(a_worker(self._installation, Ambush(Exchange.SENT, Blow.KILL)))
            dies.process.join(REACHED_WITHIN_S)
            time.sleep(self._installation.lease_s)
        return self._strike(self._keep(a_worker(self._installation, self._ambush)))

    def _strike(self, attacked: Forked) -> bool:
        """Wait until it is where it is to be hit, and see it through."""
        if not attacked.comes_to(self._ambush.point, within_s=REACHED_WITHIN_S):
            return False
        match self._ambush.blow:
            case Blow.KILL:
                attacked.process.join()
            case Blow.PAUSE:
                self._worker()
                time.sleep(3 * self._installation.lease_s)
                attacked.resume()
            case Blow.GONE if self._on_postgresql:
                database = self._installation.database_url.rpartition("/")[2]
                self._server.close(database)
                attacked.answer()
                time.sleep(GONE_S)
                self._server.reopen(database)
        return True

    @property
    def _on_postgresql(self) -> bool:
        return self._installation.database_url.startswith("postgresql")

    def _start(self, *, key: str = "the only one", after_s: Sequence[float] = (2,)) -> Dispatch:
        return asyncio.run(
            start(
                self._services,
                self._numbers,
                forms=FORMS,
                occasions_after_s=list(after_s),
                key=key,
            )
        )

    def _repeated(self, deed: Callable[[], object]) -> None:
        """As staff would, who got no answer that it was done; it may have been."""
        with suppress(UtskickError):
            deed()

    def _worker(self) -> None:
        self._keep(a_worker(self._installation))

    def _clerk(self, deed: Deed) -> Forked:
        return self._keep(a_clerk(self._installation, deed, self._ambush))

    def _keep(self, forked: Forked) -> Forked:
        self._forked.append(forked)
        return forked

    def _sending(self) -> bool:
        return any(row.may_have_left for row in rows_of(self._engine))

    def _quiet(self) -> bool:
        """Whether nothing moves any more."""
        if "ongoing" in self._statuses():
            return False
        return not any(row.state in ("sending", "unknown") for row in rows_of(self._engine))

    def _statuses(self) -> list[str]:
        with self._engine.connect() as connection:
            return list(connection.scalars(text("SELECT status FROM dispatch")))

    def _truth(self) -> tuple[Mapping[str, Any], int]:
        """Of the scene's own persons alone: others use the same neighbour meanwhile."""
        truths = [truth_of_person(self._installation.local_1177, n) for n in self._numbers]
        forms = [form for each in truths for form in each["forms"]]
        return {"forms": forms}, sum(len(each["messages"]) for each in truths)


def _poll(ready: Callable[[], object], *, within_s: float) -> None:
    deadline = time.monotonic() + within_s
    while not ready():
        assert time.monotonic() < deadline, "it never came true"
        time.sleep(0.1)
