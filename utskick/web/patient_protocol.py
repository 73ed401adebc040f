"""HTTP as uvicorn speaks it, but nobody holds a connection with half a request's head."""

import asyncio

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

HEAD_TIMEOUT_S = 10.0


class PatientProtocol(H11Protocol):
    """A connection is closed if a head is not whole in time, counted from its first byte.

    Of a new connection from its beginning: what has been opened is to be used.
    """

    _head_timer: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn's own
        super().connection_made(transport)
        # What proxies say of whom they speak for takes the place of who they are.
        self.app_state = self.app_state | {"peer": self.client[0] if self.client else ""}
        self._head_timer = self.loop.call_later(HEAD_TIMEOUT_S, self._close_headless)

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        if self.conn.their_state is not h11.IDLE:
            self._stop()
        elif self._head_timer is None:
            self._head_timer = self.loop.call_later(HEAD_TIMEOUT_S, self._close_headless)

    def on_response_complete(self) -> None:
        """The next head's time is counted from its own first byte."""
        self._stop()
        super().on_response_complete()

    def connection_lost(self, exc: Exception | None) -> None:
        self._stop()
        super().connection_lost(exc)

    def _stop(self) -> None:
        if self._head_timer is not None:
            self._head_timer.cancel()
            self._head_timer = None

    def _close_headless(self) -> None:
        self._head_timer = None
        if self.conn.their_state is h11.IDLE:
            self.transport.close()
