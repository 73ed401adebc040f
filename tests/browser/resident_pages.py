"""What a resident does at 1177: the inbox, and formular.1177.se."""

from playwright.sync_api import Locator, Page, expect

from tests.browser.people import Resident


class ResidentPages:
    def __init__(self, page: Page, address: str) -> None:
        self.page = page
        self._address = address

    def sign_in(self, who: Resident) -> None:
        self.page.goto(self._address)
        self.confirm_identity(who)

    def confirm_identity(self, who: Resident) -> None:
        self.page.get_by_label("Sök på namn").fill(who.name)
        self.press("Sök")
        self.press(who.sign_in_button)

    def press(self, button: str) -> None:
        self.page.get_by_role("button", name=button, exact=True).click()

    def follow(self, link: str) -> None:
        self.page.get_by_role("link", name=link, exact=True).click()

    def open_inbox(self) -> None:
        self.page.goto(f"{self._address}/inkorg")

    def open_forms(self) -> None:
        self.page.goto(self._address)

    def open_newest_form(self) -> None:
        """The first of Dina pågående frågeformulär."""
        self.page.get_by_role("list").first.get_by_role("link").first.click()

    def message(self, heading: str) -> Locator:
        return self.page.get_by_role("article").filter(
            has=self.page.get_by_role("heading", name=heading)
        )

    def answer_everything(self) -> None:
        """Give each question of the form an answer."""
        for question in self.page.get_by_role("group").all():
            for written in question.get_by_role("textbox").all():
                numeric = written.get_attribute("inputmode") == "numeric"
                written.fill("3" if numeric else "Jag sover dåligt.")
            for scale in question.get_by_role("combobox").all():
                scale.select_option(index=1)
            if question.get_by_role("radio").count():
                question.get_by_role("radio").first.check()

    def confirm_answers(self) -> None:
        self.press("Granska svaren")
        self.press("Bekräfta")
        expect(self.page.get_by_role("heading", name="Tack för dina svar")).to_be_visible()
