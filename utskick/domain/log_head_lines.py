"""A head of the access log as a line of text, for what is kept outside the database."""

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from utskick.domain.log_chain import LogHead
from utskick.domain.units import InvalidHsaId, parse_hsa_id


def as_line(head: LogHead) -> str:
    """One line of JSON, by which the head is found again in a file, a mail or a system log."""
    return json.dumps(
        {
            "unit": head.unit_id,
            "number": head.number,
            "hash": head.hash,
            "at": head.at.astimezone(UTC).isoformat(),
            "key": head.key,
            "seal": head.seal,
        }
    )


def read_heads(text: str) -> Sequence[LogHead]:
    """The heads among the lines of a text, whatever stands before them on their line."""
    return [head for line in text.splitlines() if (head := _read(line)) is not None]


def _read(line: str) -> LogHead | None:
    try:
        kept: dict[str, Any] = json.loads(line[line.index("{") :])
        return LogHead(
            unit_id=parse_hsa_id(str(kept["unit"])),
            number=int(kept["number"]),
            hash=str(kept["hash"]),
            at=datetime.fromisoformat(kept["at"]).astimezone(UTC),
            key=int(kept["key"]),
            seal=str(kept["seal"]),
        )
    except (ValueError, KeyError, TypeError, InvalidHsaId):
        return None
