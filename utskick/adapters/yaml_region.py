"""The region's files: units, form templates, subscriptions and grundplåtar.

Their layout is what the regional administration writes. Every fault is told with its file, line,
field and reason, and nothing is loaded while there is one.
"""

from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import TypeVar
from uuid import UUID

from pydantic import BaseModel, ConfigDict, EmailStr, Field, RootModel

from utskick.adapters.yaml_files import line_of, read_file
from utskick.domain.calendar import ImpossibleTime, parse_clock
from utskick.domain.errors import Problem, SpecRefused
from utskick.domain.forms import Catalogue, FormTemplate, FormTemplateId
from utskick.domain.packages import PackageTemplate, Weekday, with_forms_desk
from utskick.domain.region import Region
from utskick.domain.units import HsaId, InvalidHsaId, Unit, parse_hsa_id
from utskick.ports import Texts

_WEEKDAYS = dict(
    zip(
        ("måndag", "tisdag", "onsdag", "torsdag", "fredag", "lördag", "söndag"),
        Weekday,
        strict=True,
    )
)
_MOST_OCCASIONS = 100

Model = TypeVar("Model", bound=BaseModel)
Thing = TypeVar("Thing")


class _File(BaseModel):
    model_config = ConfigDict(extra="forbid")


class _Unit(_File):
    hsa_id: str
    name: str = Field(min_length=1)
    phone: str
    care_giver_hsa_id: str


class _Form(_File):
    id: UUID
    key: str = Field(pattern=r"^[a-z0-9-]+$")
    name: str = Field(min_length=1)
    resident_name: str = Field(min_length=1)
    catalogue: Catalogue
    owner: str | None
    version: int = Field(ge=1)
    archived: date | None
    description: str
    questions: list[dict[str, object]] = Field(min_length=1)


class _Subscription(_File):
    unit: str
    form: str


class _Package(_File):
    key: str = Field(pattern=r"^[a-z0-9-]+$")
    version: int = Field(ge=1)
    name: str = Field(min_length=1)
    resident_title: str = Field(min_length=1)
    units: list[str] = Field(min_length=1)
    forms: list[str] = Field(min_length=1)
    weekday: str | None
    time: str | None
    interval_weeks: int = Field(ge=0)
    occasions: int = Field(ge=1, le=_MOST_OCCASIONS)
    error_addresses: list[EmailStr]
    inbox_message: str = Field(min_length=1)


class _Units(RootModel[list[_Unit]]):
    pass


class _Subscriptions(RootModel[list[_Subscription]]):
    pass


def read_region(folder: Path, *, texts: Texts, placeholders: Sequence[str]) -> Region:
    """Read the whole folder. Raises `SpecRefused` with the faults of all files."""
    return _Reading(folder, texts, placeholders).region()


class _Reading:
    """The faults found so far, and what the files refer to each other by."""

    def __init__(self, folder: Path, texts: Texts, placeholders: Sequence[str]) -> None:
        self._folder = folder
        self._texts = texts
        self._placeholders = placeholders
        self._problems: list[Problem] = []

    def region(self) -> Region:
        units = self._units()
        forms = [
            form
            for path, model in self._files("forms", _Form)
            if (form := self._attempt(path, _to_form, model))
        ]
        keys = {form.key: form.id for form in forms}
        known = {unit.id for unit in units}
        subscriptions = self._subscriptions(known, keys)
        packages = [
            package
            for path, model in self._files("packages", _Package)
            if (package := self._package(path, model, known, keys))
        ]
        if self._problems:
            raise SpecRefused(self._problems)
        return Region(units=units, forms=forms, subscriptions=subscriptions, packages=packages)

    def _units(self) -> list[Unit]:
        path = self._folder / "units.yaml"
        read = self._attempt(path, lambda: read_file(path, _Units))
        return [
            unit
            for model in (read.root if read else [])
            if (unit := self._attempt(path, _to_unit, model))
        ]

    def _subscriptions(
        self, units: set[HsaId], keys: dict[str, FormTemplateId]
    ) -> list[tuple[HsaId, FormTemplateId]]:
        path = self._folder / "subscriptions.yaml"
        read = self._attempt(path, lambda: read_file(path, _Subscriptions))
        return [
            (HsaId(model.unit.upper()), keys[model.form])
            for model in (read.root if read else [])
            if self._known(path, "unit", [model.unit.upper()], units)
            and self._known(path, "form", [model.form], keys)
        ]

    def _package(
        self, path: Path, model: _Package, units: set[HsaId], keys: dict[str, FormTemplateId]
    ) -> PackageTemplate | None:
        whole = self._known(path, "units", [unit.upper() for unit in model.units], units)
        whole &= self._known(path, "forms", model.forms, keys)
        for unknown in self._texts.unknown_placeholders(
            model.inbox_message, allowed=self._placeholders
        ):
            whole = self._wrong(path, "inbox_message", f"{unknown} går inte att använda.")
        if model.weekday is not None and model.weekday not in _WEEKDAYS:
            whole = self._wrong(path, "weekday", "veckodagen ska vara måndag till söndag.")
        clock = self._attempt(path, parse_clock, model.time) if model.time else None
        if not whole or (model.time and clock is None):
            return None
        return PackageTemplate(
            key=model.key,
            version=model.version,
            name=model.name,
            resident_title=model.resident_title,
            unit_ids=tuple(HsaId(unit.upper()) for unit in model.units),
            form_ids=tuple(keys[form] for form in model.forms),
            weekday=_WEEKDAYS[model.weekday] if model.weekday else None,
            time=clock,
            interval_weeks=model.interval_weeks,
            occasions=model.occasions,
            inbox_message=model.inbox_message,
            error_addresses=with_forms_desk(tuple(model.error_addresses)),
        )

    def _files(self, name: str, model: type[Model]) -> Iterable[tuple[Path, Model]]:
        for path in sorted((self._folder / name).glob("*.yaml")):
            read = self._attempt(path, read_file, path, model)
            if read is not None:
                yield path, read

    def _attempt(self, path: Path, read: Callable[..., Thing], *arguments: object) -> Thing | None:
        try:
            return read(*arguments)
        except SpecRefused as refused:
            self._problems += refused.problems
        except (InvalidHsaId, ImpossibleTime) as error:
            self._problems.append(Problem(str(path), error.staff_message, ""))
        return None

    def _known(self, path: Path, field: str, names: Iterable[str], known: Iterable[str]) -> bool:
        unknown = [name for name in names if name not in set(known)]
        for name in unknown:
            self._wrong(path, field, f"{name} finns inte.")
        return not unknown

    def _wrong(self, path: Path, field: str, reason: str) -> bool:
        place = f"{path}, rad {line_of(path, (field,))}, {field}"
        self._problems.append(Problem(place, reason, "Rätta filen och läs in igen."))
        return False


def _to_unit(model: _Unit) -> Unit:
    return Unit(parse_hsa_id(model.hsa_id), model.name, model.phone)


def _to_form(model: _Form) -> FormTemplate:
    archived_at = datetime.combine(model.archived, time.min, UTC) if model.archived else None
    return FormTemplate(
        id=FormTemplateId(model.id),
        key=model.key,
        name=model.name,
        resident_name=model.resident_name,
        catalogue=model.catalogue,
        owner=parse_hsa_id(model.owner) if model.owner else None,
        version=model.version,
        archived_at=archived_at,
    )
