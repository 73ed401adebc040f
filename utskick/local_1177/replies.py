"""What a call can end in, as whoever called sees it."""

from dataclasses import dataclass
from enum import Enum, auto
from http import HTTPStatus

HTML = "text/html; charset=utf-8"


@dataclass(frozen=True, slots=True)
class Reply:
    """A whole answer."""

    status: HTTPStatus
    body: bytes
    content_type: str = HTML
    retry_after_s: int | None = None


@dataclass(frozen=True, slots=True)
class Half:
    """The first half of an answer, which promises the whole."""

    reply: Reply


class NoReply(Enum):
    RESET = auto()
    CLOSED = auto()


Ended = Reply | Half | NoReply


def page(status: HTTPStatus, *, retry_after_s: int | None = None) -> Reply:
    """What is no SOAP: from something that stands between, or from a producer that is ill."""
    return Reply(
        status, f"<html><h1>{status.phrase}</h1></html>".encode(), retry_after_s=retry_after_s
    )


BROKEN = page(HTTPStatus.INTERNAL_SERVER_ERROR)
GAVE_UP = page(HTTPStatus.SERVICE_UNAVAILABLE)
