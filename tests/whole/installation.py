"""Starting a whole installation for tests, and ending it."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.whole.region import Whole
from utskick.running.ports import choose_ports
from utskick.running.stack import running_stack
from utskick.store import SqlStore
from utskick.wiring import services

_QUICK = {
    # A run starts so long before its moment; short, as the tests' occasions are seconds away, but
    # long enough for a busy machine to begin it in time.
    "UTSKICK_TIMING__LEAD_S": "12",
    "UTSKICK_TIMING__LEASE_S": "8",
    "UTSKICK_TIMING__RECONCILE_S": "3",
    "UTSKICK_TIMING__OPENS": "00:00",
    "UTSKICK_TIMING__CLOSES": "23:59:59",
    "UTSKICK_TIMING__RETRY_DELAYS_S": "[0.5, 1, 2]",
    "UTSKICK_PLATFORM__ANSWERS_WITHIN_S": "0.8",
    "UTSKICK_FORMS__CONNECT_TIMEOUT_S": "1",
    "UTSKICK_FORMS__READ_TIMEOUT_S": "2",
    "UTSKICK_FORMS__SETTLE_S": "5",
    "UTSKICK_FORMS__CONCURRENCY": "4",
}


@contextmanager
def an_installation(folder: Path) -> Iterator[Whole]:
    """Everything on free ports, with the demo region. It takes about 20 s to start."""
    before = dict(os.environ)
    os.environ.update(_QUICK)
    services.cache_clear()
    try:
        with running_stack(folder, choose_ports(usual=False), lambda _what: None) as running:
            yield Whole(running)
            assert isinstance(running.services.store, SqlStore)
            running.services.store.close()
    finally:
        os.environ.clear()
        os.environ.update(before)
        services.cache_clear()
