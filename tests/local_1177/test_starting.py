"""The two programs, started as `utskick up` starts them."""

import signal
import socket
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

from tests.waiting import poll
from utskick.running.children import ending_with_us


def a_free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return int(probe.getsockname()[1])


def is_well(port: int) -> bool:
    try:
        return httpx.get(f"http://127.0.0.1:{port}/health").is_success
    except httpx.TransportError:
        return False


@pytest.mark.parametrize("program", ["local_1177", "mailbox"])
def test_it_starts_and_ends_cleanly_at_sigterm(program: str, tmp_path: Path, region: Path) -> None:
    port = a_free_port()
    options = {
        "local_1177": ["--port", port, "--state", tmp_path / "state.db", "--region", region],
        "mailbox": ["--http-port", port, "--smtp-port", a_free_port(), "--folder", tmp_path],
    }[program]
    module = {"local_1177": "utskick.local_1177", "mailbox": "utskick.local_1177.mailbox"}[program]

    with subprocess.Popen(
        ending_with_us([sys.executable, "-W", "error", "-m", module, *map(str, options)]),
        stderr=subprocess.PIPE,
    ) as running:
        poll(lambda: is_well(port))
        running.send_signal(signal.SIGTERM)
        _, complaints = running.communicate()

    assert running.returncode == 0
    assert complaints == b""
