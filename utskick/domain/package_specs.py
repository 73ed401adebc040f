"""A grundplåt as the regional administration writes it: in a file, or on a page.

Pydantic checks each field by itself: its type and its length. `check_package` checks what takes
knowledge from elsewhere: whether units and forms exist, whether fields go together, and whether
the message can be filled in.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import fields

from pydantic import Field

from utskick.domain.addresses import MailAddress
from utskick.domain.calendar import ImpossibleTime, parse_clock
from utskick.domain.errors import Problem
from utskick.domain.forms import FormTemplate, FormTemplateId
from utskick.domain.limits import LONGEST_TEXTS, MOST_ADDRESSES, MOST_FORMS, MOST_OCCASIONS
from utskick.domain.packages import FORMS_DESK, PackageTemplate, Weekday, with_forms_desk
from utskick.domain.specs import Spec, Text, addresses_elsewhere, texts_with_personnummer
from utskick.domain.units import HsaId

KEY = r"^[a-z0-9-]+$"
WEEKDAYS = dict(
    zip(
        ("måndag", "tisdag", "onsdag", "torsdag", "fredag", "lördag", "söndag"),
        Weekday,
        strict=True,
    )
)
_LONGEST_INTERVAL_WEEKS = 52


class PackageSpec(Spec):
    """Units by HSA-id, forms by key, the weekday in Swedish, the time as HH:MM."""

    key: str = Field(pattern=KEY, max_length=100)
    name: Text
    resident_title: Text
    units: list[str]
    forms: list[str] = Field(min_length=1, max_length=MOST_FORMS)
    weekday: str | None
    time: str | None
    interval_weeks: int = Field(ge=0, le=_LONGEST_INTERVAL_WEEKS)
    occasions: int = Field(ge=1, le=MOST_OCCASIONS)
    error_addresses: list[MailAddress] = Field(max_length=MOST_ADDRESSES)
    inbox_message: str = Field(min_length=1, max_length=LONGEST_TEXTS["inbox_message"])


def check_package(
    spec: PackageSpec,
    *,
    units: Collection[HsaId],
    forms: Collection[str],
    unknown_placeholders: Sequence[str],
    error_domains: Collection[str] = (),
) -> list[Problem]:
    """What is wrong with it, given the units and the forms' keys that exist; places are fields."""
    problems = [
        *_unknown("units", spec.units, [unit for unit in spec.units if unit.upper() in units]),
        *_unknown("forms", spec.forms, forms),
        *addresses_elsewhere(spec.error_addresses, error_domains),
        *(
            Problem("inbox_message", f"{unknown} går inte att använda.", "Ta bort eller byt det.")
            for unknown in unknown_placeholders
        ),
    ]
    if not spec.inbox_message.strip():
        problems.append(Problem("inbox_message", "texten är tom.", "Fyll i den."))
    if spec.weekday and spec.weekday not in WEEKDAYS:
        problems.append(
            Problem("weekday", "veckodagen ska vara måndag till söndag.", "Välj en av dem.")
        )
    if spec.occasions > 1 and not spec.interval_weeks:
        problems.append(
            Problem(
                "interval_weeks",
                "flera tillfällen behöver ett intervall.",
                "Ange hur många veckor det ska vara mellan dem.",
            )
        )
    if spec.time:
        try:
            parse_clock(spec.time)
        except ImpossibleTime as error:
            problems.append(Problem("time", error.staff_message, ""))
    return problems + texts_with_personnummer(
        {
            "key": spec.key,
            "name": spec.name,
            "resident_title": spec.resident_title,
            "inbox_message": spec.inbox_message,
        }
    )


def package_of(
    spec: PackageSpec,
    *,
    version: int,
    forms: Mapping[str, FormTemplateId],
    forms_desk: str = FORMS_DESK,
) -> PackageTemplate:
    """The package, once `check_package` has found nothing wrong with it."""
    return PackageTemplate(
        key=spec.key,
        version=version,
        name=spec.name,
        resident_title=spec.resident_title,
        unit_ids=tuple(HsaId(unit.upper()) for unit in spec.units),
        template_ids=tuple(forms[key] for key in spec.forms),
        weekday=WEEKDAYS[spec.weekday] if spec.weekday else None,
        time=parse_clock(spec.time) if spec.time else None,
        interval_weeks=spec.interval_weeks,
        occasions=spec.occasions,
        inbox_message=spec.inbox_message,
        error_addresses=with_forms_desk(tuple(spec.error_addresses), forms_desk=forms_desk),
    )


def spec_of(
    package: PackageTemplate, *, forms: Mapping[FormTemplateId, FormTemplate], forms_desk: str
) -> PackageSpec:
    """What `package_of` makes the package of."""
    return PackageSpec(
        key=package.key,
        name=package.name,
        resident_title=package.resident_title,
        units=list(package.unit_ids),
        forms=[forms[template_id].key for template_id in package.template_ids],
        weekday=None if package.weekday is None else list(WEEKDAYS)[package.weekday],
        time=f"{package.time:%H:%M}" if package.time else None,
        interval_weeks=package.interval_weeks,
        occasions=package.occasions,
        error_addresses=[each for each in package.error_addresses if each != forms_desk],
        inbox_message=package.inbox_message,
    )


def changed_fields(older: PackageTemplate, newer: PackageTemplate) -> tuple[str, ...]:
    """What differs between two versions, by the names of `PackageTemplate`."""
    names = (each.name for each in fields(PackageTemplate))
    return tuple(
        name
        for name in names
        if name != "version" and getattr(older, name) != getattr(newer, name)
    )


def _unknown(place: str, names: Sequence[str], known: Collection[str]) -> list[Problem]:
    return [
        Problem(place, f"{name} finns inte.", "Ta bort eller byt det.")
        for name in names
        if name not in known
    ]
