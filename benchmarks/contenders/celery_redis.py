"""Celery on Redis: what a dead worker had not acknowledged comes back after a while."""

import os
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress

from redis import Redis
from redis.exceptions import RedisError

from benchmarks import ROOT
from benchmarks.contenders.contender import Arena, Sender
from utskick.running.children import Children
from utskick.running.ports import HOST, choose_ports

VISIBILITY_S, SHORT_VISIBILITY_S = 3600, 10
"""Celery's default, and what is set where its end is waited for."""
_QUEUE, _UNACKNOWLEDGED = "celery", "unacked"
_REDIS_STARTS_WITHIN_S = 10
_WORKER = "benchmarks.senders.celery_tasks"


class CeleryOnRedis:
    name = "celery"

    def __init__(self, arena: Arena, children: Children, redis: Redis) -> None:
        self._arena = arena
        self._children = children
        self._redis = redis
        self._start_worker()
        self._producer = Sender(
            _WORKER, str(arena.assignment_file), log=arena.folder / "celery-producer.log"
        )

    @property
    def pids(self) -> Mapping[str, int]:
        return {**self._children.pids, "producer": self._producer.pid}

    def send(self) -> Mapping[str, float]:
        self.begin()
        heard = self._producer.hear("enqueued")
        return {"began": heard["began"], "enqueued_s": heard["enqueued_s"]}

    def begin(self) -> None:
        self._producer.ask({"send": True})

    def kill(self) -> None:
        self._children.kill("worker")

    def recover(self) -> None:
        self._start_worker()

    @property
    def at_rest(self) -> bool:
        waiting = self._redis.llen(_QUEUE), self._redis.hlen(_UNACKNOWLEDGED)
        return waiting == (0, 0) and self._producer.has_said("enqueued")

    def leave(self) -> None:
        self._producer.kill()

    def _start_worker(self) -> None:
        concurrency = str(self._arena.assignment.concurrency)
        self._children.start(
            "worker",
            [
                *(sys.executable, "-m", "celery", "-A", _WORKER, "worker"),
                *("--pool", "threads", "--concurrency", concurrency, "--loglevel", "WARNING"),
            ],
        )


@contextmanager
def celery(arena: Arena, *, short: bool = False) -> Iterator[CeleryOnRedis]:
    """`short`: what is not acknowledged comes back in seconds, not after an hour."""
    port = choose_ports(usual=False).mailbox
    environment = {
        "CELERY_BROKER": f"redis://{HOST}:{port}/0",
        "CELERY_VISIBILITY_S": str(SHORT_VISIBILITY_S if short else VISIBILITY_S),
        "CELERY_CONCURRENCY": str(arena.assignment.concurrency),
        "PYTHONPATH": str(ROOT),
    }
    folder = arena.folder / f"redis-{port}"
    folder.mkdir()
    before = dict(os.environ)
    os.environ.update(environment)
    try:
        with Children(logs=arena.folder / "celery-logs", environment=environment) as children:
            # The queue outlives Redis too, as far as a second ago.
            kept = ("--appendonly", "yes", "--dir", str(folder))
            command = ["redis-server", "--bind", HOST, "--port", str(port), *kept]
            children.start("redis", command)
            with Redis(host=HOST, port=port) as redis:
                _wait_for(redis)
                contender = CeleryOnRedis(arena, children, redis)
                try:
                    yield contender
                finally:
                    contender.leave()
    finally:
        os.environ.clear()
        os.environ.update(before)


def _wait_for(redis: Redis) -> None:
    deadline = time.monotonic() + _REDIS_STARTS_WITHIN_S
    while time.monotonic() < deadline:
        with suppress(RedisError):
            redis.ping()
            return
        time.sleep(0.05)
    raise TimeoutError("Redis did not start")
