"""DBOS on PostgreSQL: started again, a process goes on with what it had begun and enqueued."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import psycopg

from benchmarks.contenders.contender import Arena, Sender
from tests.postgresql import EMPTY

_OPEN = "SELECT count(*) FROM dbos.workflow_status WHERE status IN ('PENDING', 'ENQUEUED')"


class Dbos:
    name = "dbos"

    def __init__(self, arena: Arena, database_url: str) -> None:
        self._arena = arena
        self._url = database_url
        self._sender = self._start()

    @property
    def pids(self) -> Mapping[str, int]:
        server = self._arena.postgresql.process
        assert server is not None
        return {"sender": self._sender.pid, "postgresql": server.pid}

    def send(self) -> Mapping[str, float]:
        self.begin()
        heard = self._sender.hear("enqueued")
        return {"began": heard["began"], "enqueued_s": heard["enqueued_s"]}

    def begin(self) -> None:
        self._sender.ask({"send": True})

    def kill(self) -> None:
        self._sender.kill()

    def recover(self) -> None:
        self._sender = self._start()

    @property
    def at_rest(self) -> bool:
        with psycopg.connect(self._url.replace("+psycopg", "")) as connection:
            row = connection.execute(_OPEN).fetchone()
        return row == (0,)

    def _start(self) -> Sender:
        return Sender(
            "benchmarks.senders.dbos_workflows",
            str(self._arena.assignment_file),
            self._url,
            log=self._arena.folder / f"{self.name}.log",
        )


@contextmanager
def dbos(arena: Arena) -> Iterator[Dbos]:
    with arena.postgresql.fresh_database(template=EMPTY) as url:
        contender = Dbos(arena, url)
        try:
            yield contender
        finally:
            contender.kill()
