"""What a staff member does at the staff pages, in the words of the pages."""

from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Self

from playwright.sync_api import FilePayload, Locator, Page, expect
from playwright.sync_api import TimeoutError as Missed

from tests.browser.people import Resident
from tests.whole.region import Whole
from utskick.domain.calendar import STOCKHOLM

_SOON = timedelta(seconds=16)


def soon(installation: Whole, *, since: datetime) -> datetime:
    """A moment that has not passed before two more pages have been filled in.

    A busy browser's pages take long: that shows in the one that has been since then.
    """
    now = installation.now()
    return now + max(_SOON, 4 * (now - since))


class Desk:
    """A tab with the staff pages. Everything is found by what people see or hear."""

    def __init__(self, page: Page) -> None:
        self.page = page

    def in_another_tab(self) -> Self:
        page = self.page.context.new_page()
        page.goto("/")
        return type(self)(page)

    def open(self, menu_item: str) -> None:
        head = self.page.get_by_role("banner").or_(
            self.page.get_by_role("navigation", name="Meny")
        )
        head.get_by_role("link", name=menu_item, exact=True).click()
        expect(self.heading(menu_item)).to_be_visible()

    def heading(self, name: str) -> Locator:
        return self.page.get_by_role("heading", level=1, name=name)

    def press(self, button: str) -> None:
        self.page.get_by_role("button", name=button, exact=True).first.click()

    def press_disclosed(self, what: str, yes: str) -> None:
        """Press something that asks once more below itself, and say yes."""
        asked = self.page.locator("summary").filter(has_text=what)
        asked.click()
        self.page.get_by_role("button", name=yes, exact=True).locator("visible=true").click()

    def point_at(self, what: Locator) -> None:
        """Click in the middle of it with the mouse, whatever of the page is there."""
        what.click(force=True)

    def field(self, label: str) -> Locator:
        """Sections may be named as a field of theirs is."""
        fields = self.page.locator("input, textarea, select")
        return self.page.get_by_label(label, exact=True).and_(fields)

    def fill(self, label: str, value: str) -> None:
        self.field(label).fill(value)

    def add(self, *recipients: Resident) -> None:
        """Type each personnummer, and press the plus."""
        for recipient in recipients:
            self.fill("Personnummer", recipient.personnummer)
            self.press("Lägg till")
            expect(self.row(recipient)).to_be_visible()

    def row(self, recipient: Resident) -> Locator:
        """The recipient in the list, or in whatever table there is."""
        return self.page.get_by_role("row").filter(has_text=recipient.formatted)

    def remove(self, recipient: Resident) -> None:
        """Press the bin."""
        self.row(recipient).get_by_role("button", name="Ta bort").click()
        expect(self.row(recipient)).to_have_count(0)

    def import_file(self, name: str, content: bytes) -> None:
        """By the button; without script, by the field beside it first."""
        chosen = FilePayload(name=name, mimeType="text/plain", buffer=content)
        field = self.field("Fil")
        if field.is_visible():
            field.set_input_files(chosen)
            self.press("Importera från fil")
            return
        self.choose(chosen, lambda: self.press("Importera från fil"))

    def choose(self, file: FilePayload, ask: Callable[[], None]) -> None:
        """A browser opens its chooser only soon after the key or click: if it was busy, again."""
        for _ in range(3):
            with suppress(Missed), self.page.expect_file_chooser(timeout=25_000) as choosing:
                ask()
                choosing.value.set_files(file)
                return
        raise AssertionError("no file was asked for")

    def send(self, form: str, recipients: Sequence[Resident]) -> None:
        """Send a form, all the way from an empty page to the confirmation."""
        self.fill_in(form, recipients)
        self.press("Skicka formulär")
        self.press("Ja, skicka")
        expect(self.page.get_by_role("heading", name="Formuläret ")).to_be_visible()

    def fill_in(self, form: str, recipients: Sequence[Resident]) -> None:
        self.fill("Formulärmall", form)
        self.add(*recipients)

    def choose_package(self, name: str) -> None:
        self.open("Starta Paketutskick")
        self.fill("Paketutskickets namn", name)
        self.press("Välj")
        expect(self.page.get_by_role("heading", level=2, name=name)).to_be_visible()

    def set_occasion(self, number: int, moment: datetime) -> None:
        """To the second, which staff never type but tests are glad of."""
        local = moment.astimezone(STOCKHOLM)
        self.fill(f"Datum, tillfälle {number}", f"{local:%Y-%m-%d}")
        self.fill(f"Klockslag, tillfälle {number}", f"{local:%H:%M:%S}")

    def start_package(self) -> None:
        """Press the button of both pages, and wait for the confirmation."""
        self.press("Starta Paketutskick")
        expect(self.page.get_by_text("Steg 2 av 2")).to_be_visible()
        self.press("Starta Paketutskick")
        expect(self.heading("Paketutskicket är startat")).to_be_visible()

    def expect_sent(self, count: int) -> None:
        """Wait until the confirmation says so."""
        expect(self.page.get_by_text(f"{count} av {count} skickade")).to_be_visible()

    def expect_alert(self, text: str) -> None:
        """Wait for what interrupts a screen reader."""
        expect(self.page.get_by_role("alert").filter(has_text=text)).to_be_visible()
