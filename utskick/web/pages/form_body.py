"""What a page has posted: read once for each request, and within the limits."""

import asyncio
import threading

from fastapi import HTTPException, Request
from starlette.datastructures import FormData, Headers
from starlette.formparsers import MultiPartException, MultiPartParser

from utskick.domain.limits import Limits
from utskick.ports import still_wanted
from utskick.web.callers import services_of
from utskick.web.guards import TooLarge

_MULTIPART = "multipart/form-data"


async def read_form(request: Request) -> FormData:
    """All fields, and of each file no more than is of use: its size shows that there was more.

    Raises `HTTPException` for what is no form, or is more than any page of ours posts.
    """
    found: FormData | None = getattr(request.state, "posted", None)
    if found is None:
        found = request.state.posted = await _read(request, services_of(request).rules.limits)
    return found


def watch(request: Request) -> None:
    """Whatever is still to be done for the request ends when its browser is gone.

    Only once its body has been read: the next that comes is the end.
    """
    gone = threading.Event()

    async def wait() -> None:
        while (await request.receive())["type"] != "http.disconnect":
            pass
        gone.set()

    request.state.watching = asyncio.create_task(wait())
    still_wanted.set(lambda: not gone.is_set())


async def close_form(request: Request) -> None:
    """Let go of the files that were posted."""
    if watching := getattr(request.state, "watching", None):
        watching.cancel()
    await request.close()
    if (found := getattr(request.state, "posted", None)) is not None:
        await found.close()


async def _read(request: Request, limits: Limits) -> FormData:
    if not request.headers.get("content-type", "").startswith(_MULTIPART):
        return await request.form(max_fields=limits.form_fields, max_part_size=limits.form_bytes)
    try:
        return await _Parser(request, limits).parse()
    except MultiPartException as error:
        raise HTTPException(400, detail=error.message) from None


class _Parser(MultiPartParser):
    """Throws away what is too much of a file, so that the fields after it are read as well."""

    def __init__(self, request: Request, limits: Limits) -> None:
        super().__init__(
            Headers(raw=request.headers.raw),
            request.stream(),
            max_files=limits.form_files,
            max_fields=limits.form_fields,
            max_part_size=limits.form_bytes,
        )
        self._bytes_left = limits.form_bytes
        self._file_bytes = limits.file_bytes

    def on_part_data(self, data: bytes, start: int, end: int) -> None:
        """Called by the parser with a piece of a field or of a file."""
        file = self._current_part.file
        if file is None:
            self._bytes_left -= end - start
            if self._bytes_left < 0:
                raise TooLarge
        elif (file.size or 0) > self._file_bytes:
            return
        super().on_part_data(data, start, end)
