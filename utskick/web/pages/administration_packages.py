"""Förvaltning, grundplåtar: make, change, see what has differed from version to version."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from fastapi import Request, Response

from utskick.domain.errors import Problem, SpecRefused
from utskick.domain.languages import LANGUAGES, OTHER_LANGUAGES
from utskick.domain.message_names import NAMES
from utskick.domain.package_specs import WEEKDAYS
from utskick.domain.rights import Right
from utskick.domain.units import HsaId, Unit
from utskick.domain.visit_offsets import LATE_VISITS_LABELS
from utskick.sending.message_values import values_of
from utskick.use_cases.administer_packages import (
    PER_PAGE,
    ChangedMeanwhile,
    PackageRegister,
    PackageVersion,
    may_change,
)
from utskick.use_cases.preview_message import MessagePreview
from utskick.use_cases.try_package import TriedPackage
from utskick.web.callers import Now, Wired
from utskick.web.labels import CATALOGUE_LABELS, PACKAGE_FIELDS, PACKAGE_LABELS
from utskick.web.package_words import (
    INTERVAL_UNITS,
    OLDER_UNANSWERED,
    RED_DAYS,
    field_in_words,
    presets_in_words,
)
from utskick.web.pages.administration_package_form import FilledPackage
from utskick.web.pages.frame import fragment, page, problems_by_field, see_other
from utskick.web.pages.offered_forms import groups
from utskick.web.pages.posted import act, sought_in
from utskick.web.pages.refusals import page_router
from utskick.web.pages.visitors import Designer, Posted, Visitor
from utskick.wiring import Services

router = page_router()

_SOME_UNIT = Unit(HsaId("SE0000000000-X"), "Mottagningen", "031-390 06 00")
"""Stands in the preview until a unit has been chosen; the number is set aside for fiction."""
_DONE = {
    "ny": "Grundplåten är sparad. Enheterna kan starta den nu.",
    "sparad": "Den nya versionen är sparad. Paketutskick som redan är startade behåller sin.",
    "samma": "Inget var ändrat, så det blev ingen ny version.",
}


@router.get("/forvaltning/grundplatar", name="packages-page")
def browse(request: Request, visitor: Designer, wired: Wired) -> Response:
    """The newest version of each package."""
    return _list(request, visitor, wired)


@router.post("/forvaltning/grundplatar", name="search-packages")
def search(request: Request, visitor: Designer, posted: Posted, wired: Wired) -> Response:
    """Those of a name."""
    sought, number = sought_in(posted)
    return _list(request, visitor, wired, sought=sought, number=number)


def _list(
    request: Request, visitor: Visitor, wired: Services, *, sought: str = "", number: int = 1
) -> Response:
    within = _own(visitor)
    found = wired.administer_packages.find_packages(sought, page=number, within=within)
    return page(
        request,
        "administration_packages.html",
        visitor=visitor,
        found=found,
        in_words=presets_in_words,
        sought=sought,
        number=number,
        pages_in_all=max(1, -(-found.total // PER_PAGE)),
    )


@router.get("/forvaltning/ny-grundplat", name="new-package-page")
def begin(request: Request, visitor: Designer, wired: Wired, now: Now) -> Response:
    """An empty one; of somebody's only unit it is."""
    register = wired.administer_packages.package_register(())
    own = _own(visitor) or ()
    filled = FilledPackage(units=list(own) if len(own) == 1 else [])
    return _show(request, visitor, wired, filled, register, now=now)


@router.post("/forvaltning/ny-grundplat", name="make-package")
def make(request: Request, visitor: Designer, posted: Posted, wired: Wired, now: Now) -> Response:
    """Fill in, or save."""
    return _answer(request, visitor, posted, wired, FilledPackage.read(posted), now=now)


@router.post("/forvaltning/grundplatsmeddelande", name="preview-message-of-package")
def preview(_visitor: Designer, posted: Posted, wired: Wired, now: Now) -> Response:
    """The inbox message as it stands, while it is being written."""
    register = wired.administer_packages.package_register(())
    message = _message(FilledPackage.read(posted), register, wired, now)
    return fragment("message.html", message=message)


@router.get("/forvaltning/grundplatar/{key}", name="package-page")
def show(
    request: Request, key: str, visitor: Designer, wired: Wired, now: Now, besked: str = ""
) -> Response:
    """The newest version to change, and all versions with what differs."""
    versions = wired.administer_packages.package_versions(key, within=_own(visitor))
    register = wired.administer_packages.package_register(versions[0].package.unit_ids)
    filled = FilledPackage.of(versions[0].package, register, forms_desk=wired.rules.forms_desk)
    return _show(
        request,
        visitor,
        wired,
        filled,
        register,
        versions=versions,
        done=_DONE.get(besked, ""),
        now=now,
    )


@router.post("/forvaltning/grundplatar/{key}", name="change-package")
def change(
    request: Request, key: str, visitor: Designer, posted: Posted, wired: Wired, now: Now
) -> Response:
    """Fill in, or save as a new version."""
    versions = wired.administer_packages.package_versions(key, within=_own(visitor))
    filled = FilledPackage.read(posted, key=key)
    return _answer(request, visitor, posted, wired, filled, versions=versions, now=now)


def _answer(
    request: Request,
    visitor: Visitor,
    posted: Any,
    wired: Services,
    filled: FilledPackage,
    *,
    versions: Sequence[PackageVersion] = (),
    now: datetime,
) -> Response:
    unit_ids = versions[0].package.unit_ids if versions else ()
    register = wired.administer_packages.package_register(unit_ids)
    filled.change(posted, register)
    before = FilledPackage()
    if versions:
        desk = wired.rules.forms_desk
        before = FilledPackage.of(versions[0].package, register, forms_desk=desk)
    meant = filled.without_prefilled(before)

    def shown(**more: Any) -> Response:
        return _show(request, visitor, wired, filled, register, versions=versions, **more, now=now)

    if act(posted)[0] == "prova" and not filled.problems:
        try:
            tried = wired.try_package(meant.spec(), some_unit=_SOME_UNIT, now=now)
        except SpecRefused as refused:
            return shown(problems=refused.problems)
        return shown(tried=tried, problems=tried.problems)
    if act(posted)[0] != "spara" or filled.problems:
        return shown(problems=filled.problems)
    based_on = filled.version if versions else None
    try:
        package = wired.administer_packages.save_package(
            meant.spec(),
            based_on=based_on,
            actor=visitor.actor,
            within=_own(visitor),
            now=now,
        )
    except SpecRefused as refused:
        return shown(problems=refused.problems)
    except ChangedMeanwhile as meanwhile:
        filled.based_on = str(versions[0].package.version)
        return shown(refused=meanwhile)
    done = "ny" if not versions else "samma" if package.version == based_on else "sparad"
    return see_other(f"/forvaltning/grundplatar/{package.key}?besked={done}")


def _show(
    request: Request,
    visitor: Visitor,
    wired: Services,
    filled: FilledPackage,
    register: PackageRegister,
    *,
    versions: Sequence[PackageVersion] = (),
    problems: Sequence[Problem] = (),
    refused: ChangedMeanwhile | None = None,
    tried: TriedPackage | None = None,
    done: str = "",
    now: datetime,
) -> Response:
    by_key = {form.key: form for form in register.forms.values()}
    own = _own(visitor)
    return page(
        request,
        "administration_package.html",
        visitor=visitor,
        status_code=422 if problems else 409 if refused else 200,
        filled=filled,
        forms=[by_key[key] for key in filled.forms if key in by_key],
        groups=groups([f for f in by_key.values() if not f.archived], but=filled.forms),
        unit_choices=[
            (unit.name, unit.id)
            for unit in register.units.values()
            if unit.id not in filled.units
            and not unit.withdrawn_at
            and (own is None or unit.id in own)
        ],
        units=[register.units[HsaId(u)] for u in filled.units if u in register.units],
        readonly=bool(versions) and not may_change(versions[0].package, own),
        blocking=register.blocking(versions[0].package) if versions else [],
        versions=versions,
        in_words=lambda package, name: field_in_words(package, name, register),
        field_of=lambda name: PACKAGE_FIELDS.get(name, name),
        interval_units=list(INTERVAL_UNITS.items()),
        red_days=list(RED_DAYS.items()),
        late_visits=[(each.value, label) for each, label in LATE_VISITS_LABELS.items()],
        older_unanswered=list(OLDER_UNANSWERED.items()),
        weekdays=[("", "Ingen förvald"), *((day, day) for day in WEEKDAYS)],
        catalogue_labels=CATALOGUE_LABELS,
        names=NAMES.values(),
        languages=LANGUAGES,
        new_languages=[
            (code, LANGUAGES[code].name.capitalize())
            for code in OTHER_LANGUAGES
            if code not in filled.inbox_messages
        ],
        forms_desk=wired.rules.forms_desk,
        message=_message(filled, register, wired, now),
        problems=problems_by_field(tuple(problems)),
        refused=refused,
        labels=PACKAGE_LABELS,
        tried=tried,
        done=done,
    )


def _own(visitor: Visitor) -> frozenset[HsaId] | None:
    """The units whose packages they make; `None`: everybody's."""
    return visitor.rights.units(Right.FORM_DESIGN)


def _message(
    filled: FilledPackage, register: PackageRegister, wired: Services, now: datetime
) -> MessagePreview:
    """The first occasion's, were it sent today from the first of the units."""
    unit = register.units.get(HsaId(filled.units[0])) if filled.units else None
    names = {form.key: form.resident_name for form in register.forms.values()}
    only = names.get(filled.forms[0]) if len(filled.forms) == 1 else None
    heading = only or filled.resident_title
    values = values_of(
        unit or _SOME_UNIT,
        heading=heading,
        forms=len(filled.forms),
        answer_by=filled.last_day(wired.rules.today(now)),
        occasion=1,
        occasions=filled.number,
    )
    return wired.preview_message(
        filled.inbox_message,
        translations=filled.inbox_messages,
        heading=heading,
        banner=filled.form_banner,
        values=values,
        forms=len(filled.forms),
        unit=unit or _SOME_UNIT,
    )
