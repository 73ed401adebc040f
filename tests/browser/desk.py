"""What a staff member does at the staff pages, in the words of the pages."""

from collections.abc import Sequence

from playwright.sync_api import FilePayload, Locator, Page, expect

from tests.browser.people import Resident


class Desk:
    """A tab with the staff pages. Everything is found by what people see or hear."""

    def __init__(self, page: Page) -> None:
        self.page = page

    def open(self, menu_item: str) -> None:
        self.page.goto("/")
        menu = self.page.get_by_role("navigation", name="Meny")
        menu.get_by_role("link", name=menu_item, exact=True).click()
        expect(self.heading(menu_item)).to_be_visible()

    def heading(self, name: str) -> Locator:
        return self.page.get_by_role("heading", level=1, name=name)

    def press(self, button: str) -> None:
        self.page.get_by_role("button", name=button, exact=True).first.click()

    def fill(self, label: str, value: str) -> None:
        self.page.get_by_label(label, exact=True).fill(value)

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
        self.page.get_by_text("Importera från fil, eller klistra in flera").click()
        chosen = FilePayload(name=name, mimeType="text/plain", buffer=content)
        self.page.get_by_label("Fil", exact=True).set_input_files(chosen)
        self.press("Importera från fil")

    def send(self, form: str, recipients: Sequence[Resident]) -> None:
        """Send a form, all the way from an empty page to the confirmation."""
        self.fill_in(form, recipients)
        self.press("Skicka formulär")
        self.press("Ja, skicka")
        expect(self.page.get_by_role("heading", name="Formuläret ")).to_be_visible()

    def fill_in(self, form: str, recipients: Sequence[Resident]) -> None:
        self.fill("Formulärmall", form)
        self.add(*recipients)

    def expect_sent(self, count: int) -> None:
        """Wait until the confirmation tells it."""
        expect(self.page.get_by_text(f"{count} av {count} skickade")).to_be_visible()

    def expect_told(self, text: str) -> None:
        """Wait for what interrupts a screen reader."""
        expect(self.page.get_by_role("alert").filter(has_text=text)).to_be_visible()
