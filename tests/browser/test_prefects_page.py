"""Prefect's page with an operator signed in, and a page of another origin beside it."""

from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Locator, Page, expect

from tests.whole.region import Whole
from utskick.adapters.prefect_logins import logins_of
from utskick.running.ports import HOST

_TRIES = """async ([prefect, deployment]) => {
    const start = `${prefect}/api/deployments/${deployment}/create_flow_run`;
    const asked = async (address, options) => {
        try { return (await fetch(address, options)).type; } catch { return "refused"; }
    };
    const stream = new WebSocket(`${prefect.replace("http", "ws")}/api/events/out`, "prefect");
    const opened = await new Promise(done => {
        stream.onopen = () => done("opened");
        stream.onclose = () => done("closed");
    });
    return {
        token: await asked(`${prefect}/api/csrf-token?client=x`),
        order: await asked(start, {method: "POST", headers: {"Content-Type": "application/json"}}),
        blind: await asked(start, {method: "POST", mode: "no-cors", body: "{}"}),
        stream: opened,
    };
}"""
"""What a page can try that an operator has open by mistake."""


class _Blank(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.end_headers()
        self.wfile.write(b"<!doctype html><title>Elsewhere</title>")

    def log_message(self, *_: object) -> None:
        """Nobody reads it."""


@pytest.fixture
def elsewhere() -> Iterator[str]:
    """A page of another origin."""
    with ThreadingHTTPServer((HOST, 0), _Blank) as server:
        thread = Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield f"http://{HOST}:{server.server_port}/"
        server.shutdown()
        thread.join()


@pytest.fixture
def context(browser: Browser, browser_context_args: dict[str, Any]) -> Iterator[BrowserContext]:
    """Not one that our own pages' complaints are collected of: this one is refused much."""
    with browser.new_context(**browser_context_args) as opened:
        yield opened


@pytest.fixture
def operator(context: BrowserContext, installation: Whole) -> Page:
    """Signed in to Prefect's page."""
    page = context.new_page()
    page.goto(f"{installation.stack.prefect_url}/deployments")
    page.locator("input").first.fill(logins_of(installation.services.settings.scheduler).operators)
    page.keyboard.press("Enter")
    expect(_deployments(page)).to_be_visible()
    return page


def _deployments(page: Page) -> Locator:
    """The table that only who has signed in sees, whatever other tests have left in it."""
    return page.get_by_role("columnheader", name="Deployment", exact=True)


def _runs(installation: Whole) -> Any:
    return installation.prefect("POST", "flow_runs/count", flows=_OF_STOPPING)


_OF_STOPPING = {"name": {"any_": ["Stoppa paketutskick"]}}


def test_a_page_of_another_origin_can_do_nothing(
    operator: Page, context: BrowserContext, installation: Whole, elsewhere: str
) -> None:
    (stop,) = installation.prefect("POST", "deployments/filter", deployments=_OF_STOPPING)
    before = _runs(installation)
    page = context.new_page()
    page.goto(elsewhere)

    found = page.evaluate(_TRIES, [installation.stack.prefect_url, stop["id"]])

    assert found == {
        "token": "refused",
        "order": "refused",
        "blind": "refused",
        "stream": "closed",
    }
    assert _runs(installation) == before
    assert _deployments(operator).is_visible()


def test_prefects_page_is_framed_by_nobody_and_asks_nobody_else(
    operator: Page, context: BrowserContext, installation: Whole, elsewhere: str
) -> None:
    asked: list[str] = []
    context.on("request", lambda request: asked.append(request.url))
    operator.reload()
    expect(_deployments(operator)).to_be_visible()
    page = context.new_page()
    page.goto(elsewhere)

    page.evaluate(
        "address => document.body.append(Object.assign(document.createElement('iframe'),"
        " {src: address}))",
        installation.stack.prefect_url,
    )

    page.wait_for_function("document.querySelector('iframe').contentDocument === null")
    assert "prefect" not in page.frames[-1].title().lower()
    ours = (
        installation.stack.prefect_url,
        elsewhere.rstrip("/"),
        "data:",
        "blob:",
        "chrome-error:",
    )
    assert [address for address in asked if not address.startswith(ours)] == []
