"""What has been filled in of a grundplåt. It travels with its form until it is saved."""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Self

from starlette.datastructures import FormData

from utskick.domain.errors import Problem, SpecRefused
from utskick.domain.forms import FormTemplate
from utskick.domain.package_specs import WEEKDAYS, PackageSpec
from utskick.domain.packages import PackageTemplate
from utskick.domain.units import Unit
from utskick.domain.writing import comparable
from utskick.use_cases.administer_packages import PackageRegister
from utskick.use_cases.list_forms import meant
from utskick.web.pages.posted import act, read_spec, text, texts

_BETWEEN_ADDRESSES = re.compile(r"[\s,;]+")
_NOT_IN_A_KEY = re.compile(r"[^a-z0-9]+")
_LONGEST_KEY = 100


@dataclass(slots=True, kw_only=True)
class FilledPackage:
    """As typed. `based_on` is the version that is being changed; empty for a new package."""

    key: str = ""
    name: str = ""
    resident_title: str = ""
    units: list[str] = field(default_factory=list)
    forms: list[str] = field(default_factory=list)
    weekday: str = ""
    time: str = ""
    interval_weeks: str = "0"
    occasions: str = "1"
    error_addresses: str = ""
    inbox_message: str = ""
    based_on: str = ""
    new_form: str = ""
    new_unit: str = ""
    problems: list[Problem] = field(default_factory=list)

    @classmethod
    def of(cls, package: PackageTemplate, register: PackageRegister, *, forms_desk: str) -> Self:
        """The package as it stands, to be changed."""
        others = [each for each in package.error_addresses if each != forms_desk]
        return cls(
            key=package.key,
            name=package.name,
            resident_title=package.resident_title,
            units=list(package.unit_ids),
            forms=[register.forms[template_id].key for template_id in package.template_ids],
            weekday="" if package.weekday is None else list(WEEKDAYS)[package.weekday],
            time=f"{package.time:%H:%M}" if package.time else "",
            interval_weeks=str(package.interval_weeks),
            occasions=str(package.occasions),
            error_addresses=", ".join(others),
            inbox_message=package.inbox_message,
            based_on=str(package.version),
        )

    @classmethod
    def read(cls, posted: FormData, *, key: str = "") -> Self:
        """From the page. A new package without a key gets one from its name."""
        name = text(posted, "name")
        return cls(
            key=key or text(posted, "key").strip() or key_of(name),
            name=name,
            resident_title=text(posted, "resident_title"),
            units=list(dict.fromkeys(texts(posted, "enhet"))),
            forms=list(dict.fromkeys(texts(posted, "formular"))),
            weekday=text(posted, "weekday"),
            time=text(posted, "time").strip(),
            interval_weeks=text(posted, "interval_weeks").strip(),
            occasions=text(posted, "occasions").strip(),
            error_addresses=text(posted, "error_addresses"),
            inbox_message=text(posted, "inbox_message"),
            based_on=text(posted, "based_on"),
            new_form=text(posted, "nytt_formular"),
            new_unit=text(posted, "ny_enhet"),
        )

    def change(self, posted: FormData, register: PackageRegister) -> None:
        """Do what the pressed button says of the forms or the units."""
        match act(posted):
            case "lagg-till-formular", _:
                self.add_form(list(register.forms.values()))
            case "ta-bort-formular", key:
                self.forms = [each for each in self.forms if each != key]
            case "flytta-upp", key:
                self._move_up(key)
            case "lagg-till-enhet", _:
                self.add_unit(list(register.units.values()))
            case "ta-bort-enhet", unit_id:
                self.units = [each for each in self.units if each != unit_id]
            case "spara", _:
                # What was typed and never added.
                if self.new_form.strip():
                    self.add_form(list(register.forms.values()))
                if self.new_unit.strip():
                    self.add_unit(list(register.units.values()))
            case _:
                pass

    def add_form(self, offered: Sequence[FormTemplate]) -> None:
        """The form that was typed, or a problem."""
        form = meant(self.new_form, offered)
        if form is None:
            self.problems.append(
                Problem("forms", "formuläret finns inte.", "Välj ett i listan, eller skriv mer.")
            )
            return
        self.forms = list(dict.fromkeys([*self.forms, form.key]))
        self.new_form = ""

    def add_unit(self, known: Sequence[Unit]) -> None:
        """The unit that was typed, or a problem."""
        unit = meant_unit(self.new_unit, known)
        if unit is None:
            self.problems.append(
                Problem("units", "enheten finns inte.", "Välj en i listan, eller skriv mer.")
            )
            return
        self.units = list(dict.fromkeys([*self.units, unit.id]))
        self.new_unit = ""

    def spec(self) -> PackageSpec:
        """Raises `SpecRefused`, with what is wrong with a list said once for the whole list."""
        try:
            return read_spec(
                PackageSpec,
                {
                    "key": self.key,
                    "name": self.name,
                    "resident_title": self.resident_title,
                    "units": self.units,
                    "forms": self.forms,
                    "weekday": self.weekday or None,
                    "time": self.time or None,
                    "interval_weeks": self.interval_weeks,
                    "occasions": self.occasions,
                    "error_addresses": [
                        each for each in _BETWEEN_ADDRESSES.split(self.error_addresses) if each
                    ],
                    "inbox_message": self.inbox_message,
                },
            )
        except SpecRefused as refused:
            if self.key or not self.name.strip():
                raise
            # A name of signs alone gives no key.
            kept = [p for p in refused.problems if p.place != "key"]
            empty = Problem("key", "kortnamnet är tomt.", "Skriv ett, till exempel infor-besok.")
            raise SpecRefused([empty, *kept]) from None

    @property
    def version(self) -> int | None:
        """The version that is being changed."""
        return int(self.based_on) if self.based_on.isdecimal() else None

    def _move_up(self, key: str) -> None:
        if key in self.forms[1:]:
            place = self.forms.index(key)
            self.forms[place - 1 : place + 1] = [key, self.forms[place - 1]]


def key_of(name: str) -> str:
    """A short name out of a long one: Inför besök → infor-besok."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    return _NOT_IN_A_KEY.sub("-", plain).strip("-")[:_LONGEST_KEY].strip("-")


def meant_unit(typed: str, known: Sequence[Unit]) -> Unit | None:
    """The unit with this HSA-id or name, or the only one whose name holds what was typed."""
    wanted = comparable(typed)
    exact = [u for u in known if wanted in (comparable(u.name), comparable(u.id))]
    partly = [u for u in known if wanted and wanted in comparable(u.name)]
    found = exact or partly
    return found[0] if len(found) == 1 else None
