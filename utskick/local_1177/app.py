"""The local 1177 as one ASGI application."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from fastapi import FastAPI

from utskick.local_1177 import (
    answering,
    control,
    engine_control,
    form_links,
    oidc,
    oidc_settings,
    pages,
    previews,
    residents,
    truth,
)
from utskick.local_1177.contracts import Contracts
from utskick.local_1177.moments import TimeSource, utc_now
from utskick.local_1177.neighbours import World
from utskick.local_1177.notices import send_notices
from utskick.local_1177.oidc_clients import KnownClient
from utskick.local_1177.oidc_grants import Grants
from utskick.local_1177.oidc_settings import ProviderSettings
from utskick.local_1177.resuming import answer_stale_visit
from utskick.local_1177.seed import seed_once
from utskick.local_1177.state import open_state
from utskick.local_1177.visits import ResidentSessions, SignInFirst, StaleVisit, ask_to_sign_in


def create_app(state: Path, region: Path, clock: TimeSource = utc_now) -> Contracts:
    """Serve under uvicorn, in one process: faults cut connections through its transport.

    `state` is the SQLite file, made and filled from the folder `region` if it is not there.
    """
    world = World(open_state(state), region, clock)
    seed_once(world.state, region)

    @asynccontextmanager
    async def sending_notices(_app: FastAPI) -> AsyncIterator[None]:
        noticing = asyncio.create_task(send_notices(world))
        yield
        noticing.cancel()
        await asyncio.wait({noticing})
        world.state.close()

    app = FastAPI(title="Lokala 1177", docs_url=None, redoc_url=None, lifespan=sending_notices)
    app.state.world = world
    app.state.sessions = ResidentSessions()
    app.state.grants = Grants()
    app.state.client, app.state.sign_in = KnownClient(), ProviderSettings()
    app.add_api_route("/health", _health)
    app.include_router(control.router)
    app.include_router(engine_control.router)
    app.include_router(truth.router)
    app.include_router(oidc.router)
    app.include_router(oidc_settings.router)
    app.include_router(residents.router)
    app.include_router(answering.router)
    app.include_router(form_links.router)
    app.include_router(previews.router)
    app.add_exception_handler(SignInFirst, ask_to_sign_in)
    app.add_exception_handler(StaleVisit, answer_stale_visit)
    pages.install(app)
    return Contracts(world, app)


async def _health() -> dict[str, str]:
    return {"status": "ok"}
