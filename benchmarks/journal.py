"""A made-up access log: views of lists and single acts, in one unbroken chain."""

import random
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from benchmarks.dispatches import Clientele
from utskick.domain.units import Activity
from utskick.store.log_keys import unkeyed_link

_YEAR = timedelta(days=365)
_LISTS = ("visat i Uppföljning", "visat mottagarlista", "kontrollerat mottagare")
_CHANGES = ("lagt till mottagare i utskick", "skickar formulär, tillfälle 1")
_OF_LISTS = 0.9
_LONGEST_LIST = 50


def log_rows(
    chance: random.Random,
    clientele: Clientele,
    dispatch_ids: Sequence[UUID],
    *,
    number: int,
    now: datetime,
) -> Iterator[dict[str, Any]]:
    """As many entries as asked for, spread over the year until `now`; older than the keys."""
    previous, written = "", 0
    while written < number:
        common = {
            "unit_id": clientele.unit_id,
            "at": now - _YEAR * (1 - written / number),
            "actor": chance.choice(clientele.staff),
            "dispatch_id": chance.choice((None, *dispatch_ids)),
        } | _act(chance)
        length = chance.randint(1, min(_LONGEST_LIST, len(clientele.patients)))
        for person_id in chance.sample(clientele.patients, min(length, number - written)):
            written += 1
            row = common | {"number": written, "person_id": person_id}
            previous = unkeyed_link(previous, row)
            yield row | {"hash": previous}


def _act(chance: random.Random) -> dict[str, Any]:
    if chance.random() < _OF_LISTS:
        return {"activity": Activity.READ.value, "act": chance.choice(_LISTS)}
    return {"activity": Activity.WRITE.value, "act": chance.choice(_CHANGES)}
