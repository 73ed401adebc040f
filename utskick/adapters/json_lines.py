"""Every log line of every process: one line of JSON, in one form, without personal data."""

import json
import logging
import re
import sys
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from io import TextIOWrapper
from logging.handlers import SysLogHandler
from pathlib import Path
from typing import Any

from utskick.domain.personnummer_in_text import looks_like_personnummer
from utskick.security_log import FIELDS, kind_and_place
from utskick.security_log import log as security_log

WITHHELD = "[withheld: looks like a personnummer]"
_LONGEST = 1000
_SEAL = re.compile(r"[0-9a-f]{64}")
_EVENT_OF_OTHERS = "log"
_PROCESSES = {"worker": {"worker"}, "run": {"flow-run"}, "prefect": {"server"}, "web": {"serve"}}
"""By words of the command that starts them."""
_NAMES = {"utskick": "command", "prefect_server": "prefect"}
"""By the program's own name, where it is not theirs."""


class JsonLines(logging.Formatter):
    """Time in UTC, level, process, event, and what else there is to say of it.

    A line of our security log has its event and its fields; any other line is a `log` with its
    logger's name and its text. Of an exception only kinds and places are written, as its text may
    hold anything. What breaks lines or looks like a personnummer never comes through.
    """

    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, Any] = {
            "time": _moment(record),
            "level": record.levelname.lower(),
            "process": process_of(sys.argv),
        }
        # What an event says of itself takes none of the line's own names.
        line |= {name: value for name, value in _said(record).items() if name not in line}
        if record.exc_info and record.exc_info[1] is not None:
            line |= kind_and_place(record.exc_info[1])
        return json.dumps({name: _safe(value) for name, value in line.items()}, default=str)


def log_settings() -> dict[str, Any]:
    """For `logging.config.dictConfig`: everything to the error output, from warnings on.

    Of our own security log everything.
    """
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {"lines": {"()": JsonLines}},
        "handlers": {"lines": {"class": "logging.StreamHandler", "formatter": "lines"}},
        "loggers": {security_log.name: {"level": "INFO"}},
        "root": {"level": "WARNING", "handlers": ["lines"]},
    }


def also_to_syslog(address: str) -> None:
    """Send every line to a system log as well: a socket's path, or `host:port` by UDP."""
    if not address:
        return
    host, _, port = address.rpartition(":")
    handler = SysLogHandler(address=(host, int(port)) if host else address)
    handler.ident = "utskick: "
    handler.append_nul = False
    handler.setFormatter(JsonLines())
    logging.getLogger().addHandler(handler)


def also_to_file(path: Path) -> None:
    """Write the security log to a file; for a process whose error output a person reads."""
    handler = _FileMadeLate(path, delay=True)
    handler.setFormatter(JsonLines())
    security_log.addHandler(handler)
    security_log.setLevel(logging.INFO)


class _FileMadeLate(logging.FileHandler):
    """Neither it nor its folder is made before there is something to write."""

    def _open(self) -> TextIOWrapper:
        Path(self.baseFilename).parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        return super()._open()


def _moment(record: logging.LogRecord) -> str:
    at = datetime.fromtimestamp(record.created, UTC)
    return at.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _said(record: logging.LogRecord) -> Mapping[str, Any]:
    text = record.getMessage()
    fields = getattr(record, FIELDS, None)
    if isinstance(fields, dict):
        return {"event": text} | {n: value for n, value in fields.items() if n != "event"}
    return {"event": _EVENT_OF_OTHERS, "logger": record.name, "text": text}


def _safe(value: Any) -> Any:
    """Whatever it holds: a list's and an object's parts too, and a number without quotes."""
    match value:
        case Mapping():
            return {_safe(str(name)): _safe(part) for name, part in value.items()}
        case list() | tuple() | set() | frozenset():
            return [_safe(part) for part in value]
        case int() if looks_like_personnummer(str(value)):
            return WITHHELD
        case str():
            return _safe_text(value)
    return value


def _safe_text(value: str) -> str:
    if not _SEAL.fullmatch(value) and looks_like_personnummer(value):
        return WITHHELD
    return value if len(value) <= _LONGEST else f"{value[:_LONGEST]} …"


def process_of(arguments: Sequence[str]) -> str:
    """Which of our processes was started so: Prefect makes its formatters itself."""
    program, words = Path(arguments[0]) if arguments else Path(), set(arguments[1:])
    for name, starts in _PROCESSES.items():
        if starts & words:
            return name
    named = program.parent.name if program.stem == "__main__" else program.stem
    return _NAMES.get(named, named)
