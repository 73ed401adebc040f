import shutil
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, StorageState, expect

from tests.browser.desk import Desk
from tests.browser.people import (
    ADULTS,
    AMINA,
    GUNILLA,
    JOHAN,
    KARIN,
    MAJ_BRITT,
    Resident,
    StaffMember,
)
from tests.browser.resident_pages import ResidentPages
from tests.whole.installation import an_installation
from tests.whole.region import Whole

_TIMEOUT_MS = 90_000
OpenContext = Callable[..., BrowserContext]
DeskOf = Callable[..., Desk]
PagesOf = Callable[[Resident], ResidentPages]
Sessions = Callable[[StaffMember], StorageState]


@pytest.fixture(scope="session")
def chromium() -> str:
    """Debian's browser, the one without windows if it is there: pip brings none."""
    found = shutil.which("chromium-headless-shell") or shutil.which("chromium")
    if found is None:
        pytest.skip("there is no chromium here: apt-get install chromium-headless-shell")
    return found


@pytest.fixture(scope="session")
def browser_type_launch_args(
    chromium: str, browser_type_launch_args: dict[str, Any]
) -> dict[str, Any]:
    arguments = {"executable_path": chromium, "args": ["--no-sandbox", "--disable-gpu"]}
    return {**browser_type_launch_args, **arguments}


@pytest.fixture(scope="session")
def installation(chromium: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Whole]:
    """One installation for all tests of this folder; nothing is mended between them."""
    with an_installation(tmp_path_factory.mktemp("browser")) as running:
        yield running


@pytest.fixture
def slow_1177(installation: Whole) -> Iterator[None]:
    """The service that knows everybody takes a second for each answer."""
    installation.control("latency", service="persons", seconds=1)
    yield
    installation.heal()


@pytest.fixture
def sick_1177(installation: Whole) -> Iterator[None]:
    """The service that knows everybody answers nothing but errors."""
    installation.control("faults", service="persons", kind="error_before")
    yield
    installation.heal()


@pytest.fixture(scope="session")
def base_url(installation: Whole) -> str:
    """Where the staff pages are."""
    return installation.stack.web_url


@pytest.fixture(scope="session")
def browser_context_args(browser_context_args: dict[str, Any]) -> dict[str, Any]:
    expect.set_options(timeout=_TIMEOUT_MS)
    return {
        **browser_context_args,
        "locale": "sv-SE",
        "timezone_id": "Europe/Stockholm",
        "viewport": {"width": 1440, "height": 1000},
    }


@pytest.fixture
def complaints() -> Iterator[list[str]]:
    """What browsers complain of, say of a broken CSP. No test leaves any."""
    heard: list[str] = []
    yield heard
    assert heard == []


@pytest.fixture
def open_context(new_context: OpenContext, complaints: list[str]) -> OpenContext:
    """A browser of one's own, without any cookie; its complaints are heard."""

    def note(message: ConsoleMessage) -> None:
        # A page that refuses something is logged, as ours are meant to; none of their files is.
        refused = message.text.startswith("Failed to load resource")
        expected = refused and "/static/" not in message.location["url"]
        if message.type in ("error", "warning") and not expected:
            complaints.append(message.text)

    def opened(**options: Any) -> BrowserContext:
        context: BrowserContext = new_context(**options)
        context.set_default_timeout(_TIMEOUT_MS)
        context.on("console", note)
        context.on("weberror", lambda error: complaints.append(str(error.error)))
        return context

    return opened


@pytest.fixture
def page(open_context: OpenContext) -> Page:
    """A tab where nobody is signed in."""
    return open_context().new_page()


@pytest.fixture(scope="session")
def sessions(browser: Browser, base_url: str) -> Sessions:
    """Who has signed in once needs not do it again in every test."""
    signed_in: dict[StaffMember, StorageState] = {}

    def of(who: StaffMember) -> StorageState:
        if who not in signed_in:
            context = browser.new_context(base_url=base_url)
            sign_in(page := context.new_page(), who)
            choose = page.get_by_role("button", name=f"Välj {who.unit}")
            if who.unit and choose.count():
                choose.click()
                expect(choose).to_have_count(0)
            signed_in[who] = context.storage_state()
            context.close()
        return signed_in[who]

    return of


@pytest.fixture
def desk_of(open_context: OpenContext, sessions: Sessions) -> DeskOf:
    """The desk of a staff member who is signed in, in a browser of its own."""

    def of(who: StaffMember, **options: Any) -> Desk:
        page = open_context(storage_state=sessions(who), **options).new_page()
        page.goto("/")
        return Desk(page)

    return of


@pytest.fixture
def desk(desk_of: DeskOf) -> Desk:
    """Karin's, at the psychiatric unit."""
    return desk_of(KARIN)


@pytest.fixture
def amina(desk_of: DeskOf) -> Desk:
    """At the children's unit."""
    return desk_of(AMINA)


@pytest.fixture
def gunilla(desk_of: DeskOf) -> Desk:
    """The local administration's."""
    return desk_of(GUNILLA)


@pytest.fixture
def johan(desk_of: DeskOf) -> Desk:
    """Who reads the psychiatric unit's log."""
    return desk_of(JOHAN)


@pytest.fixture
def maj_britt(desk_of: DeskOf) -> Desk:
    """At the regional administration."""
    return desk_of(MAJ_BRITT)


@pytest.fixture
def someone() -> Resident:
    """A resident whom no other test has met."""
    return next(_adults)


@pytest.fixture
def others() -> list[Resident]:
    """Two more."""
    return [next(_adults), next(_adults)]


@pytest.fixture
def pages_of(open_context: OpenContext, installation: Whole) -> PagesOf:
    """1177 as a resident sees it, signed in."""

    def of(who: Resident) -> ResidentPages:
        pages = ResidentPages(open_context().new_page(), installation.local_1177)
        pages.sign_in(who)
        return pages

    return of


def sign_in(page: Page, who: StaffMember) -> None:
    """From the first page, through the identity provider, and back."""
    page.goto("/")
    page.get_by_role("link", name="Logga in").click()
    page.get_by_role("button", name=who.sign_in_button, exact=True).click()
    expect(page.get_by_role("button", name="Logga ut")).to_be_visible()


_adults = iter(ADULTS)
