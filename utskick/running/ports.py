"""Loopback ports: the usual ones if they are free, others if not."""

import random
import socket
from contextlib import closing
from dataclasses import dataclass

HOST = "127.0.0.1"


@dataclass(frozen=True, slots=True, kw_only=True)
class Ports:
    prefect: int
    web: int
    local_1177: int
    smtp: int
    mailbox: int


USUAL = Ports(prefect=4200, web=8000, local_1177=8177, smtp=8025, mailbox=8026)


def choose_ports(*, usual: bool) -> Ports:
    """The usual ports where they are free, else any free one."""
    taken: set[int] = set()

    def choose(wanted: int) -> int:
        port = wanted if usual and _is_free(wanted) else _any_free()
        while port in taken:
            port = _any_free()
        taken.add(port)
        return port

    return Ports(
        prefect=choose(USUAL.prefect),
        web=choose(USUAL.web),
        local_1177=choose(USUAL.local_1177),
        smtp=choose(USUAL.smtp),
        mailbox=choose(USUAL.mailbox),
    )


def _is_free(port: int) -> bool:
    with closing(socket.socket()) as probe:
        # As servers do: a port whose last user has just left is free.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            return False
        return True


def _any_free() -> int:
    """Below the ports that the system gives to outgoing calls: one of those may be taken again."""
    candidates = list(range(20_000, 30_000))
    random.shuffle(candidates)
    return next(port for port in candidates if _is_free(port))
