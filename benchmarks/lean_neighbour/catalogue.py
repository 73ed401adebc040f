"""The region's form templates, and which of them a unit may send: as in the local 1177."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import yaml


@dataclass(frozen=True, slots=True)
class Template:
    id: str
    key: str
    name: str
    resident_name: str
    version: int
    catalogue: str
    owner: str | None
    archived: bool


class Catalogue:
    """Nothing in it changes, so what was answered once is kept."""

    def __init__(
        self, templates: list[Template], units: set[str], subscriptions: set[tuple[str, str]]
    ) -> None:
        self._templates = {template.id: template for template in templates}
        self._units = units
        self._subscriptions = subscriptions
        self.why_not_sendable = cache(self._why_not_sendable)

    def available(self, unit: str) -> Iterator[Template]:
        """The unit's own, the shared ones that it subscribes to, and the national ones."""
        return (each for each in self._templates.values() if self._is_available(each, unit))

    def _why_not_sendable(self, template_id: str, unit: str) -> str | None:
        template = self._templates.get(template_id)
        if template is None:
            return "TEMPLATE_UNKNOWN"
        if template.archived:
            return "TEMPLATE_ARCHIVED"
        return None if self._is_available(template, unit) else "TEMPLATE_NOT_AVAILABLE"

    def _is_available(self, template: Template, unit: str) -> bool:
        if unit not in self._units:
            return False
        if template.catalogue == "nafs" or template.owner == unit:
            return True
        return template.catalogue == "shared" and (unit, template.key) in self._subscriptions


def read_catalogue(region: Path) -> Catalogue:
    subscriptions = {(each["unit"], each["form"]) for each in _read(region / "subscriptions.yaml")}
    return Catalogue(
        [_template(_read(path)) for path in sorted((region / "forms").glob("*.yaml"))],
        {unit["hsa_id"] for unit in _read(region / "units.yaml")},
        subscriptions,
    )


def _template(form: dict[str, Any]) -> Template:
    return Template(
        id=str(form["id"]),
        key=form["key"],
        name=form["name"],
        resident_name=form["resident_name"],
        version=form["version"],
        catalogue=form["catalogue"],
        owner=form["owner"],
        archived=bool(form["archived"]),
    )


def _read(path: Path) -> Any:
    return yaml.safe_load(path.read_text(encoding="utf-8"))
