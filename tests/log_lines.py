"""The lines that a process would have written to its log."""

import io
import json
import logging
from collections.abc import Iterator
from typing import Any

import pytest

from utskick.adapters.json_lines import JsonLines
from utskick.security_log import log


class Lines:
    """`text` is what stands there, and `all` what it says."""

    def __init__(self, stream: io.StringIO) -> None:
        self._stream = stream

    @property
    def text(self) -> str:
        return self._stream.getvalue()

    @property
    def all(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.text.splitlines()]

    def of(self, event: str) -> list[dict[str, Any]]:
        return [line for line in self.all if line["event"] == event]


@pytest.fixture
def log_lines() -> Iterator[Lines]:
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(JsonLines())
    root, level = logging.getLogger(), log.level
    root.addHandler(handler)
    log.setLevel(logging.INFO)
    yield Lines(stream)
    root.removeHandler(handler)
    log.setLevel(level)
