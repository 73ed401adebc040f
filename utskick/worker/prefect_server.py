"""Prefect's server, whose queue of background tasks is left alone between them.

`python -m utskick.worker.prefect_server --port 4200` is `prefect server start --port 4200`, but
for how often it looks into its own queue: by default eight times a second and more, which is a
third of what an idle server costs. There is no setting for it. What is in the queue can wait.
"""

import runpy
import sys
from datetime import timedelta
from functools import partial

from docket import Docket, Worker
from prefect.server.api import background_workers, server

from config.production import require_production
from config.settings import Settings
from utskick.domain.starting import refused_in_words
from utskick.files import keep_to_ourselves

_LOOKS_EVERY = timedelta(seconds=2)
_BEATS_EVERY = timedelta(seconds=30)


def main() -> None:
    """As `prefect server start`, with the same options."""
    keep_to_ourselves()
    with refused_in_words():
        require_production(Settings())
    vars(server)["Docket"] = partial(Docket, heartbeat_interval=_BEATS_EVERY)
    vars(background_workers)["Worker"] = partial(
        Worker, minimum_check_interval=_LOOKS_EVERY, scheduling_resolution=_LOOKS_EVERY
    )
    sys.argv = ["prefect", "server", "start", *sys.argv[1:]]
    runpy.run_module("prefect", run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    main()
