"""Nothing that we started is left behind."""

import socket
import stat
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from utskick.running.children import Children

_CHILD = "import socket, sys\nsocket.create_connection(('127.0.0.1', int(sys.argv[1]))).recv(1)"
_PARENT = (
    "import sys\n"
    "from pathlib import Path\n"
    "from utskick.running.children import Children\n"
    "folder, *child = sys.argv[1:]\n"
    "Children(logs=Path(folder), environment={}).start('child', child)\n"
    "sys.stdin.read()"
)
_TIMEOUT_S = 60


@pytest.fixture
def line() -> Iterator[socket.socket]:
    """Where a child calls, and is heard until it has ended."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(_TIMEOUT_S)
        yield server


def test_a_child_ends_with_its_parent_also_if_that_is_killed(
    line: socket.socket, tmp_path: Path
) -> None:
    child = [sys.executable, "-c", _CHILD, str(line.getsockname()[1])]
    parent = subprocess.Popen(
        [sys.executable, "-c", _PARENT, str(tmp_path), *child], stdin=subprocess.PIPE
    )
    with closing(line.accept()[0]) as call, parent:
        call.settimeout(_TIMEOUT_S)

        parent.kill()

        assert call.recv(1) == b""


def test_what_a_child_writes_nobody_else_can_read(tmp_path: Path) -> None:
    written = tmp_path / "written"
    with Children(logs=tmp_path / "logs", environment={}) as children:
        children.run_to_end("child", ["/bin/sh", "-c", f"mkdir {written} && : > {written}/file"])

    assert stat.S_IMODE(written.stat().st_mode) == 0o700
    assert stat.S_IMODE((written / "file").stat().st_mode) == 0o600
