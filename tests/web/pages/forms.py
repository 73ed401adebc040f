"""Reading a page as a browser without script does: its forms, and what they would post."""

from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any


@dataclass
class Form:
    """`fields` in the page's order, as they stand."""

    action: str
    method: str
    fields: list[tuple[str, str]] = field(default_factory=list)
    buttons: list[tuple[str, str]] = field(default_factory=list)

    def filled(self, **changes: Any) -> list[tuple[str, str]]:
        """With changes; a value of `None` leaves the field out, a list gives it several times."""
        kept = [(name, value) for name, value in self.fields if name not in changes]
        for name, value in changes.items():
            values = value if isinstance(value, list) else [value]
            kept += [(name, str(each)) for each in values if each is not None]
        return kept


def forms_of(html: str) -> list[Form]:
    reader = _Reader()
    reader.feed(html)
    return reader.forms


def main_form(html: str) -> Form:
    """The page's own form: the last one, after the one in the frame that signs out."""
    return next(form for form in reversed(forms_of(html)) if form.action != "/logga-ut")


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.forms: list[Form] = []
        self._open: Form | None = None
        self._area: tuple[str, list[str]] | None = None
        self._select: str | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        has = dict(attrs)
        if tag == "form":
            self._open = Form(given.get("action", ""), given.get("method", "get"))
            self.forms.append(self._open)
        if self._open is None:
            return
        name = given.get("name", "")
        if tag == "input" and name:
            kind = given.get("type", "text")
            if kind in ("checkbox", "radio") and "checked" not in has:
                return
            if kind not in ("file", "submit"):
                self._open.fields.append((name, given.get("value", "")))
        elif tag == "button" and name:
            self._open.buttons.append((name, given.get("value", "")))
        elif tag == "textarea":
            self._area = (name, [])
        elif tag == "select":
            self._select = name
        elif tag == "option" and self._select and "selected" in has:
            self._open.fields.append((self._select, given.get("value", "")))

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._open = None
        elif tag == "textarea" and self._area and self._open:
            name, parts = self._area
            self._open.fields.append((name, "".join(parts).removeprefix("\n")))
            self._area = None
        elif tag == "select":
            self._select = None

    def handle_data(self, data: str) -> None:
        if self._area:
            self._area[1].append(data)
