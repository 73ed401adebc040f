"""`python -m utskick.local_1177.mailbox`: takes mail by SMTP, keeps it, and shows it.

Mail to the SMS gateway's domain is shown as SMS.
"""

import argparse
import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Literal, cast

from aiosmtpd.smtp import SMTP, Envelope, Session
from fastapi import FastAPI, HTTPException, Response, status
from pydantic import BaseModel, Field

from utskick.local_1177.mail_folder import MailFolder
from utskick.local_1177.pages import install, render
from utskick.local_1177.serving import HOST, serve

REPLIES = {
    "temporary": "451 4.3.0 Try again later",
    "permanent": "550 5.7.1 Refused",
}


class MailFault(BaseModel):
    """What befalls the next mails. `drop_after` keeps the mail and cuts the connection."""

    kind: Literal["temporary", "permanent", "drop_after"]
    times: int = Field(default=1, ge=1)


class Keeper:
    """What aiosmtpd calls for every mail."""

    def __init__(self, folder: MailFolder) -> None:
        self.folder = folder
        self.faults: list[str] = []

    async def handle_DATA(self, server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802
        fault = self.faults.pop(0) if self.faults else None
        if fault in REPLIES:
            return REPLIES[fault]
        assert isinstance(envelope.content, bytes)
        self.folder.keep(envelope.content, recipients=envelope.rcpt_tos)
        if fault == "drop_after":
            cast("asyncio.Transport", server.transport).abort()
        return "250 OK"


def create_app(folder: Path, *, smtp_port: int) -> FastAPI:
    """The pages and the SMTP server together; the latter listens while the application runs."""
    keeper = Keeper(MailFolder(folder))

    @asynccontextmanager
    async def taking_mail(_app: FastAPI) -> AsyncIterator[None]:
        smtp = await asyncio.get_running_loop().create_server(
            lambda: SMTP(keeper, hostname="localhost", enable_SMTPUTF8=True), HOST, smtp_port
        )
        async with smtp:
            yield

    app = FastAPI(title="Lokal brevlåda", docs_url=None, redoc_url=None, lifespan=taking_mail)
    _add_pages(app, keeper.folder)
    _add_control(app, keeper)
    install(app)
    return app


def _add_pages(app: FastAPI, folder: MailFolder) -> None:
    @app.get("/", include_in_schema=False)
    async def all_mails() -> Response:
        return render("mailbox.html", person=None, mails=folder.newest_first())

    @app.get("/brev/{mail_id}", include_in_schema=False)
    async def one_mail(mail_id: str) -> Response:
        mail = folder.find(mail_id)
        if mail is None:
            raise HTTPException(status.HTTP_404_NOT_FOUND)
        return render("mail.html", person=None, mail=mail)

    @app.get("/api/mails")
    async def mails_as_json() -> Sequence[Any]:
        return [mail.as_json() for mail in folder.newest_first()]

    @app.get("/health")
    async def health() -> dict[str, str]:
        return {"status": "ok"}


def _add_control(app: FastAPI, keeper: Keeper) -> None:
    @app.post("/control/faults", status_code=status.HTTP_204_NO_CONTENT)
    async def add_fault(fault: MailFault) -> None:
        """Faults befall mails in the order in which they were ordered."""
        keeper.faults += [fault.kind] * fault.times

    @app.delete("/control/faults", status_code=status.HTTP_204_NO_CONTENT)
    async def clear_faults() -> None:
        keeper.faults.clear()


def main() -> None:
    parser = argparse.ArgumentParser(
        prog="python -m utskick.local_1177.mailbox", description=__doc__
    )
    parser.add_argument("--smtp-port", type=int, required=True)
    parser.add_argument("--http-port", type=int, required=True)
    parser.add_argument("--folder", type=Path, required=True, help="where mails are kept")
    parser.add_argument("--log-level", default="warning")
    options = parser.parse_args()
    app = create_app(options.folder, smtp_port=options.smtp_port)
    serve(app, port=options.http_port, log_level=options.log_level)


if __name__ == "__main__":
    main()
