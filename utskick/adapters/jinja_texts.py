"""Swedish texts: full Jinja for the product's own, next to nothing for what staff write."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape

from utskick.adapters.jinja_messages import JinjaMessages
from utskick.adapters.language_forms import written_out
from utskick.domain.languages import SWEDISH
from utskick.domain.message_names import MessageFault, MessageValues
from utskick.files import TEMPLATES


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
        self._environment.filters["written_out"] = written_out
        self._messages = JinjaMessages()

    def faults(self, message: str, *, language: str = SWEDISH) -> Sequence[MessageFault]:
        return self._messages.faults(message, language=language)

    def fill_in(self, message: str, values: MessageValues, *, language: str = SWEDISH) -> str:
        return self._messages.fill_in(message, values, language=language)

    def read(self, name: str) -> str:
        source, _, _ = self._loader.get_source(self._environment, name)
        return source

    def render(self, name: str, values: Mapping[str, object]) -> str:
        return self._environment.get_template(name).render(values)
