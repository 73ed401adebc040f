"""The web process: staff pages, REST for the units' systems, and the background work."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from importlib.metadata import version
from urllib.parse import urlsplit

from fastapi import FastAPI
from fastapi.routing import APIRoute

from utskick.web import api, errors, notices, pages
from utskick.web.arrivals import OwnHosts, SlowBodies
from utskick.web.guards import SafeHeaders, SilentFailure, SizeLimit
from utskick.web.noted import Noted
from utskick.web.rate_limits import StrangersCounted
from utskick.wiring import Services
from utskick.worker.background_work import run_background_work
from utskick.worker.rounds import again_and_again


def create_app(services: Services) -> FastAPI:
    """The whole web process, with its services."""

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        background = asyncio.gather(run_background_work(services), asking(services))
        yield
        background.cancel()
        with suppress(asyncio.CancelledError):
            await background

    app = FastAPI(
        title="Utskick",
        summary="Paketutskick och formulär genom 1177.",
        description="Varje enhet har en egen nyckel och når bara sina egna utskick. Ett"
        " personnummer står bara i innehållet, aldrig i en adress.",
        version=version("utskick"),
        lifespan=lifespan,
        docs_url=None,
        redoc_url=None,
        generate_unique_id_function=_name,
        # Such a redirect would repeat whatever name the request calls us by.
        redirect_slashes=False,
    )
    app.state.services = services
    app.include_router(api.router)
    app.include_router(notices.router)
    app.add_api_route("/health", health, include_in_schema=False)
    app.add_middleware(
        SizeLimit,
        limits=services.rules.limits,
        api_bytes=services.settings.web.max_upload_bytes,
    )
    app.add_middleware(SlowBodies)
    app.add_middleware(StrangersCounted)
    app.add_middleware(OwnHosts)
    app.add_middleware(SilentFailure)
    app.add_middleware(Noted)
    app.add_middleware(SafeHeaders, forms_lead_to=_forms_lead_to(services))
    errors.add_to(app)
    pages.add_to(app)
    return app


async def asking(services: Services) -> None:
    """The web process alone asks the inbox ahead of the runs, so that each is asked about once.

    And it alone has lists in its memory, which end also while nobody looks.
    """

    async def ask() -> None:
        services.watched_lists.end_old(now=services.clock.now())
        await services.ask_about_recipients()

    every_s = services.settings.timing.reconcile_s
    await again_and_again("Asking the inbox", ask, every_s=every_s)


def _forms_lead_to(services: Services) -> list[str]:
    """Where forms are previewed, and where the identity provider signs out."""
    issuer = urlsplit(services.settings.sign_in.issuer)
    return [services.settings.residents.url, f"{issuer.scheme}://{issuer.netloc}"]


def health() -> dict[str, str]:
    """Whether the process answers."""
    return {"status": "ok"}


def _name(route: APIRoute) -> str:
    return route.name
