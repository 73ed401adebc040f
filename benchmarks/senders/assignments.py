"""What every sender is asked to do, and the one call that it is about."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from http import HTTPStatus
from pathlib import Path
from typing import Any, Self

import aiohttp

from utskick.local_1177.platform import LOGICAL_ADDRESSES
from utskick.rivta.contracts import CREATE_FORM_REQUEST
from utskick.rivta.envelopes import read_answer, request

UNIT = "SE2321000131-E000000000101"
ANSWER_BY, PURGE_AFTER = "2030-01-01", "2030-02-01"
_TIMEOUT_S = 60
_HEADERS = {
    "Content-Type": "text/xml; charset=utf-8",
    "SOAPAction": f'"{CREATE_FORM_REQUEST.action}"',
}


class NotMade(Exception):
    """The neighbour did not answer that it has made the form."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Assignment:
    """Every form to every recipient. `form_keys` are our own names for `template_ids`."""

    url: str
    numbers: tuple[str, ...]
    template_ids: tuple[str, ...]
    form_keys: tuple[str, ...]
    concurrency: int

    @property
    def calls(self) -> int:
        return len(self.numbers) * len(self.template_ids)

    def forms(self) -> Iterator[tuple[str, str]]:
        """Each recipient with each form."""
        return (
            (number, template_id) for number in self.numbers for template_id in self.template_ids
        )

    def write(self, path: Path) -> None:
        path.write_text(json.dumps(asdict(self)))

    @classmethod
    def read(cls, path: Path) -> Self:
        given: Mapping[str, Any] = json.loads(path.read_text())
        lists = {name: tuple(value) for name, value in given.items() if isinstance(value, list)}
        return cls(**{**given, **lists})


def client_session(*, concurrency: int) -> aiohttp.ClientSession:
    return aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(limit=concurrency),
        timeout=aiohttp.ClientTimeout(total=_TIMEOUT_S),
    )


async def make_form(
    session: aiohttp.ClientSession, url: str, *, number: str, template_id: str
) -> None:
    """One form for one recipient. Raises `NotMade`."""
    wanted = {
        "expireDate": ANSWER_BY.replace("-", ""),
        "healthcare_facility_CareUnit": UNIT,
        "keepUntil": PURGE_AFTER.replace("-", ""),
        "subjectOfCare": number,
        "templateId": template_id,
    }
    async with session.post(
        f"{url}{CREATE_FORM_REQUEST.path}",
        data=request(
            CREATE_FORM_REQUEST,
            {"formRequests": [wanted]},
            logical_address=LOGICAL_ADDRESSES["forms"],
        ),
        headers=_HEADERS,
    ) as response:
        answered = await response.read()
    if response.status != HTTPStatus.OK:
        raise NotMade
    if read_answer(CREATE_FORM_REQUEST, answered)["resultCode"] != "OK":
        raise NotMade
