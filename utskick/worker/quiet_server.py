"""`prefect server start` with our door in front, and a queue that is left alone between tasks.

Prefect's server looks into its own queue eight times a second and more, by default, which is a
third of what an idle server costs. There is no setting for it. What is in the queue can wait.
All that we use of Prefect and is not public is named here, and in decision 24.
"""

import runpy
import sys
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from docket import Docket, Worker
from fastapi import FastAPI, Request
from prefect.logging import get_logger
from prefect.server.api import background_workers, dependencies, server
from prefect.server.schemas.core import CreatedBy
from prefect.settings import get_current_settings

from utskick.adapters.prefect_logins import PrefectLogins
from utskick.worker.door.door import OPERATOR, Door
from utskick.worker.door.recorded import OPERATORS_TYPE

_LOOKS_EVERY = timedelta(seconds=2)
_BEATS_EVERY = timedelta(seconds=30)

log = get_logger("queue")


class CalmDocket(Docket):
    """Notes in the log that Prefect has made it: else somebody must find another way."""

    def __init__(self, **chosen: Any) -> None:
        super().__init__(**chosen, heartbeat_interval=_BEATS_EVERY)
        log.info("The queue has a heartbeat every %s", self.heartbeat_interval)


class CalmWorker(Worker):
    """The same."""

    def __init__(self, docket: Docket) -> None:
        super().__init__(
            docket, minimum_check_interval=_LOOKS_EVERY, scheduling_resolution=_LOOKS_EVERY
        )
        log.info("The queue is looked into every %s", self.minimum_check_interval)


def start(logins: PrefectLogins) -> None:
    """Serve until ended."""
    vars(server)["Docket"] = CalmDocket
    vars(background_workers)["Worker"] = CalmWorker
    vars(server)["create_app"] = _behind_the_door(server.create_app, logins)
    sys.argv = ["prefect", "server", "start", *sys.argv[1:]]
    runpy.run_module("prefect", run_name="__main__", alter_sys=True)


def _behind_the_door(
    create_app: Callable[..., FastAPI], logins: PrefectLogins
) -> Callable[..., FastAPI]:
    """The server's services ask the same application, and come through the same door."""
    ready: list[FastAPI] = []

    def create(*args: Any, **kwargs: Any) -> FastAPI:
        app = create_app(*args, **kwargs)
        if app not in ready:
            api: FastAPI = vars(app)["api_app"]
            api.dependency_overrides[dependencies.get_created_by] = _signed_in
            app.add_middleware(Door, logins=logins, origins=_own_origins())
            ready.append(app)
        return app

    return create


def _own_origins() -> list[str]:
    return get_current_settings().server.api.cors_allowed_origins.split(",")


def _signed_in(request: Request) -> CreatedBy | None:
    """Whoever has signed in, in place of what a header claims."""
    name = request.scope.get(OPERATOR)
    return CreatedBy(type=OPERATORS_TYPE, display_value=name) if name else None
