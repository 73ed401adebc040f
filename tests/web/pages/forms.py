"""Reading a page as a browser without script does: its forms, and what they would post."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from html import unescape
from typing import Any

_TAGS = re.compile(
    r"<(/?)(form|input|button|textarea|select|option)\b"
    r'((?:[^">]|"[^"]*")*)>'
)
_ATTRIBUTES = re.compile(r'([^\s="]+)(?:="([^"]*)")?')
"""Our pages quote every value, and escape what is in it."""


@dataclass
class Form:
    """`fields` in the page's order, as they stand."""

    action: str
    method: str
    id: str = ""
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
    for tag in _TAGS.finditer(html):
        reader.read(tag)
    return reader.forms


def main_form(html: str) -> Form:
    """The page's own form: the last one, after the one in the frame that signs out."""
    return next(form for form in reversed(forms_of(html)) if form.action != "/logga-ut")


def form_named(html: str, name: str) -> Form:
    """The form with this id, with the fields that stand outside it but belong to it."""
    return next(form for form in forms_of(html) if form.id == name)


class _Reader:
    """Reads the few tags that matter: some pages have hundreds of thousands of others."""

    def __init__(self) -> None:
        self.forms: list[Form] = []
        self._open: Form | None = None
        self._select = ""

    def read(self, tag: re.Match[str]) -> None:
        closes, name, attributes = tag.groups()
        if closes:
            self._close(name)
            return
        given = {key: unescape(value) for key, value in _ATTRIBUTES.findall(attributes)}
        if name == "form":
            action, method = given.get("action", ""), given.get("method", "get")
            self._open = Form(action, method, given.get("id", ""))
            self.forms.append(self._open)
        form = next((each for each in self.forms if each.id == given.get("form")), self._open)
        if form is None:
            return
        match name:
            case "input":
                self._input(form, given)
            case "button" if given.get("name"):
                form.buttons.append((given["name"], given.get("value", "")))
            case "textarea":
                text, _, _ = tag.string[tag.end() :].partition("</textarea>")
                form.fields.append((given.get("name", ""), unescape(text).removeprefix("\n")))
            case "select":
                self._select = given.get("name", "")
            case "option" if self._select and "selected" in given:
                form.fields.append((self._select, given.get("value", "")))

    def _input(self, form: Form, given: Mapping[str, str]) -> None:
        kind = given.get("type", "text")
        chosen = kind not in ("checkbox", "radio") or "checked" in given
        if given.get("name") and chosen and kind not in ("file", "submit"):
            form.fields.append((given["name"], given.get("value", "")))

    def _close(self, name: str) -> None:
        if name == "form":
            self._open = None
        elif name == "select":
            self._select = ""
