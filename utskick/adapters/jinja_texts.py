"""Swedish texts: full Jinja for the product's own, placeholders only for what staff write.

Jinja's sandbox keeps a template from escaping, not from being a bomb: `{{ 'a' * 10 ** 9 }}` takes
the machine's memory. So nothing that staff write is ever run. Their `{{ name }}` is found and
replaced here; whatever else Jinja would run is reported.
"""

import re
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape

from utskick.files import TEMPLATES

_PLACEHOLDER = re.compile(r"(?<!\{)\{\{\s*(?P<name>[A-Za-z_][A-Za-z0-9_]*)\s*\}\}")
_RUN_BY_JINJA = re.compile(r"\{[{%#].*?(?:[}%#]\}|$)", re.MULTILINE)
"""To its end mark, or to the end of the line where somebody forgot it."""
_LONGEST = 4000
_LONGEST_FRAGMENT = 30


class JinjaTexts:
    """A `Texts`."""

    def __init__(self, folder: Path = TEMPLATES) -> None:
        self._loader = FileSystemLoader(folder)
        self._environment = Environment(
            loader=self._loader,
            undefined=StrictUndefined,
            autoescape=select_autoescape(["html"]),
            trim_blocks=True,
            lstrip_blocks=True,
        )

    def unknown_placeholders(self, message: str, *, allowed: Collection[str]) -> Sequence[str]:
        """Fragments of the message as written, each once; too long a message is one as well."""
        if len(message) > _LONGEST:
            return [f"text efter de första {_LONGEST} tecknen"]
        unknown = [
            found.group()
            for found in _PLACEHOLDER.finditer(message)
            if found["name"] not in allowed
        ]
        rest = _PLACEHOLDER.sub("", message)
        code = [found.group() for found in _RUN_BY_JINJA.finditer(rest)]
        return list(dict.fromkeys(_fragment(text) for text in (*unknown, *code)))

    def fill_in(self, message: str, values: Mapping[str, str]) -> str:
        """Raises `KeyError` for a placeholder without a value."""
        return _PLACEHOLDER.sub(lambda found: values[found["name"]], message)

    def read(self, name: str) -> str:
        source, _, _ = self._loader.get_source(self._environment, name)
        return source

    def render(self, name: str, values: Mapping[str, object]) -> str:
        return self._environment.get_template(name).render(values)


def _fragment(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= _LONGEST_FRAGMENT else f"{line[:_LONGEST_FRAGMENT]}…"
