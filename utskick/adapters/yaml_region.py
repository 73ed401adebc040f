"""The region's files: units, form templates, subscriptions and grundplåtar.

Every fault is shown with its file, line, field and reason, and nothing is loaded while there is
one.
"""

from collections.abc import Callable, Collection, Iterable
from datetime import UTC, datetime, time
from pathlib import Path
from typing import TypeVar

from pydantic import BaseModel

from utskick.adapters.yaml_files import line_of, read_file
from utskick.adapters.yaml_region_files import (
    FormTemplateFile,
    PackageFile,
    SubscriptionsFile,
    UnitEntry,
    UnitsFile,
)
from utskick.domain.errors import Problem, SpecRefused, UtskickError
from utskick.domain.forms import Catalogue, FormTemplate, FormTemplateId
from utskick.domain.package_specs import check_package, package_of
from utskick.domain.packages import FORMS_DESK, PackageTemplate
from utskick.domain.region import Region
from utskick.domain.specs import texts_with_personnummer
from utskick.domain.units import HsaId, Unit, parse_hsa_id
from utskick.ports import Texts

Model = TypeVar("Model", bound=BaseModel)
Value = TypeVar("Value")
Location = tuple[int | str, ...]


def read_region(
    folder: Path,
    *,
    texts: Texts,
    forms_desk: str = FORMS_DESK,
) -> Region:
    """Read the whole folder. Raises `SpecRefused` with the faults of all files."""
    return _Reading(folder, texts, forms_desk).region()


class _Reading:
    """The faults found so far, and what the files refer to each other by."""

    def __init__(self, folder: Path, texts: Texts, forms_desk: str) -> None:
        self._folder = folder
        self._texts = texts
        self._forms_desk = forms_desk
        self._problems: list[Problem] = []
        self._unit_ids: set[HsaId] = set()
        self._template_ids: dict[str, FormTemplateId] = {}
        self._package_keys: set[str] = set()

    def region(self) -> Region:
        units = self._units()
        forms = [self._form(path, file) for path, file in self._files("forms", FormTemplateFile)]
        subscriptions = self._subscriptions()
        packages = [
            self._package(path, file) for path, file in self._files("packages", PackageFile)
        ]
        if self._problems:
            raise SpecRefused(self._problems)
        return Region(
            units=[unit for unit in units if unit],
            forms=forms,
            subscriptions=subscriptions,
            packages=[package for package in packages if package],
        )

    def _units(self) -> list[Unit | None]:
        path = self._folder / "units.yaml"
        file = self._read(path, UnitsFile)
        return [
            self._unit(path, row, entry) for row, entry in enumerate(file.root if file else ())
        ]

    def _unit(self, path: Path, row: int, entry: UnitEntry) -> Unit | None:
        unit_id = self._parsed(path, (row, "hsa_id"), parse_hsa_id, entry.hsa_id)
        self._parsed(path, (row, "care_giver_hsa_id"), parse_hsa_id, entry.care_giver_hsa_id)
        if unit_id is None:
            return None
        self._require_new(path, (row, "hsa_id"), unit_id, self._unit_ids)
        self._unit_ids.add(unit_id)
        self._require_nobody(path, (row,), name=entry.name)
        return Unit(unit_id, entry.name, entry.phone)

    def _form(self, path: Path, file: FormTemplateFile) -> FormTemplate:
        template_id = FormTemplateId(file.id)
        self._require_new(path, ("key",), file.key, self._template_ids)
        self._require_new(path, ("id",), template_id, self._template_ids.values())
        self._template_ids[file.key] = template_id
        owner = HsaId(file.owner.upper()) if file.owner else None
        if owner:
            self._require_known(path, ("owner",), [owner], self._unit_ids)
        self._require_nobody(path, (), name=file.name, resident_name=file.resident_name)
        if (owner is None) is not (file.catalogue is Catalogue.NAFS):
            self._wrong(path, ("owner",), "alla formulär utom de nationella har en ägare.")
        archived_at = datetime.combine(file.archived, time.min, UTC) if file.archived else None
        return FormTemplate(
            id=template_id,
            key=file.key,
            name=file.name,
            resident_name=file.resident_name,
            catalogue=file.catalogue,
            owner=owner,
            version=file.version,
            archived_at=archived_at,
        )

    def _subscriptions(self) -> list[tuple[HsaId, FormTemplateId]]:
        path = self._folder / "subscriptions.yaml"
        file = self._read(path, SubscriptionsFile)
        found = []
        for row, entry in enumerate(file.root if file else ()):
            unit_id = HsaId(entry.unit.upper())
            self._require_known(path, (row, "unit"), [unit_id], self._unit_ids)
            found += [
                (unit_id, template_id)
                for template_id in self._forms(path, (row, "form"), [entry.form])
            ]
        return found

    def _package(self, path: Path, file: PackageFile) -> PackageTemplate | None:
        self._require_new(path, ("key",), file.key, self._package_keys)
        self._package_keys.add(file.key)
        problems = check_package(
            file,
            units=self._unit_ids,
            forms=self._template_ids,
            texts=self._texts,
        )
        for problem in problems:
            field, *_ = problem.place.split(",")
            self._wrong(path, (field,), problem.reason, place=problem.place)
        if problems:
            return None
        return package_of(
            file,
            version=file.version,
            forms=self._template_ids,
            forms_desk=self._forms_desk,
        )

    def _forms(self, path: Path, location: Location, keys: list[str]) -> list[FormTemplateId]:
        self._require_known(path, location, keys, self._template_ids)
        return [self._template_ids[key] for key in keys if key in self._template_ids]

    def _files(self, name: str, model: type[Model]) -> Iterable[tuple[Path, Model]]:
        for path in sorted((self._folder / name).glob("*.yaml")):
            if file := self._read(path, model):
                yield path, file

    def _read(self, path: Path, model: type[Model]) -> Model | None:
        try:
            return read_file(path, model, aliases=True)
        except SpecRefused as refused:
            self._problems += refused.problems
            return None

    def _parsed(
        self, path: Path, location: Location, parse: Callable[[str], Value], text: str
    ) -> Value | None:
        try:
            return parse(text)
        except UtskickError as error:
            self._wrong(path, location, error.staff_message)
            return None

    def _require_known(
        self, path: Path, location: Location, names: Iterable[str], known: Collection[str]
    ) -> None:
        for name in names:
            if name not in known:
                self._wrong(path, location, f"{name} finns inte.")

    def _require_new(
        self, path: Path, location: Location, value: object, taken: Collection[object]
    ) -> None:
        if value in taken:
            self._wrong(path, location, f"{value} finns redan på annan plats.")

    def _require_nobody(self, path: Path, location: Location, **texts: str) -> None:
        for problem in texts_with_personnummer(dict(texts)):
            self._wrong(path, (*location, problem.place), problem.reason)

    def _wrong(self, path: Path, location: Location, reason: str, *, place: str = "") -> None:
        """`place`: within the field, if that is more than its name."""
        where = f"{path}, rad {line_of(path, location)}, {place or location[-1]}"
        self._problems.append(Problem(where, reason, "Rätta filen och läs in igen."))
