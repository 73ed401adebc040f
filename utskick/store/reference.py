"""What the regional administration prepares: units, form templates, subscriptions, packages."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from uuid import UUID

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from utskick.domain.calendar import SendingWindow
from utskick.domain.dispatches import DispatchStatus
from utskick.domain.errors import NotFound
from utskick.domain.forms import Catalogue, FormAccess, FormTemplate, FormTemplateId
from utskick.domain.packages import PackageTemplate, Weekday
from utskick.domain.schedules import (
    AnswerWithin,
    Interval,
    IntervalUnit,
    OlderUnanswered,
    RedDayRule,
)
from utskick.domain.units import HsaId, Unit
from utskick.domain.visit_offsets import LateVisits
from utskick.domain.writing import as_kept
from utskick.store.tables import (
    DispatchFormRow,
    DispatchRow,
    FormTemplateRow,
    PackageTemplateRow,
    SubscriptionRow,
    UnitRow,
)
from utskick.store.visit_offsets import kept_offsets, read_offsets


class SqlUnits:
    def __init__(self, session: Session) -> None:
        self._session = session

    def get(self, unit_id: HsaId) -> Unit:
        row = self._session.get(UnitRow, unit_id)
        if row is None:
            raise NotFound("unit", unit_id)
        return _unit(row)

    def all(self) -> Sequence[Unit]:
        return [_unit(row) for row in self._session.scalars(select(UnitRow).order_by("name"))]

    def connected(self, unit_ids: Collection[HsaId]) -> frozenset[HsaId]:
        found = select(UnitRow.hsa_id).where(
            UnitRow.hsa_id.in_(unit_ids), UnitRow.withdrawn_at.is_(None)
        )
        return frozenset(map(HsaId, self._session.scalars(found)))

    def save(self, units: Iterable[Unit]) -> None:
        for unit in units:
            hours = unit.sending_hours
            self._session.merge(
                UnitRow(
                    hsa_id=unit.id,
                    name=unit.name,
                    phone=unit.phone,
                    withdrawn_at=unit.withdrawn_at,
                    opens=hours.opens if hours else None,
                    closes=hours.closes if hours else None,
                    mail=unit.mail,
                )
            )
        self._session.flush()


class SqlForms:
    def __init__(self, session: Session) -> None:
        self._session = session

    def access(self, unit_id: HsaId, template_ids: Sequence[FormTemplateId]) -> list[FormAccess]:
        rows = self._session.scalars(
            select(FormTemplateRow).where(FormTemplateRow.id.in_(template_ids))
        )
        found = {row.id: row for row in rows}
        subscribed = self._subscribed(unit_id)
        if missing := next((f for f in template_ids if f not in found), None):
            raise NotFound("form template", missing)
        return [_access(found[template_id], unit_id, subscribed) for template_id in template_ids]

    def list_for(self, unit_id: HsaId) -> list[FormAccess]:
        theirs = or_(
            FormTemplateRow.catalogue != Catalogue.OWN.value, FormTemplateRow.owner_id == unit_id
        )
        rows = self._session.scalars(
            select(FormTemplateRow).where(theirs).order_by(FormTemplateRow.name)
        )
        subscribed = self._subscribed(unit_id)
        return [_access(row, unit_id, subscribed) for row in rows]

    def get(self, template_id: FormTemplateId) -> FormTemplate:
        row = self._session.get(FormTemplateRow, template_id)
        if row is None:
            raise NotFound("form template", template_id)
        return _form(row)

    def find(self, key_or_name: str) -> FormTemplate | None:
        key_or_name = as_kept(key_or_name)
        rows = self._session.scalars(
            select(FormTemplateRow).where(
                or_(FormTemplateRow.key == key_or_name, FormTemplateRow.name == key_or_name)
            )
        ).all()
        exact = [row for row in rows if row.key == key_or_name] or rows
        return _form(exact[0]) if len(exact) == 1 else None

    def all(self) -> list[FormTemplate]:
        rows = self._session.scalars(select(FormTemplateRow).order_by(FormTemplateRow.name))
        return [_form(row) for row in rows]

    def in_use(self, template_id: FormTemplateId) -> Mapping[HsaId, int]:
        rows = self._session.execute(
            select(DispatchRow.unit_id, func.count())
            .join(DispatchFormRow, DispatchFormRow.dispatch_id == DispatchRow.id)
            .where(
                DispatchFormRow.template_id == template_id,
                DispatchRow.status == DispatchStatus.ONGOING.value,
            )
            .group_by(DispatchRow.unit_id)
        )
        return {HsaId(unit_id): number for unit_id, number in rows}

    def subscriptions(self, unit_ids: Collection[HsaId]) -> set[tuple[HsaId, FormTemplateId]]:
        rows = self._session.execute(
            select(SubscriptionRow.unit_id, SubscriptionRow.template_id).where(
                SubscriptionRow.unit_id.in_(unit_ids)
            )
        )
        return {(HsaId(unit_id), FormTemplateId(template_id)) for unit_id, template_id in rows}

    def subscribers(self, template_id: FormTemplateId) -> set[HsaId]:
        rows = self._session.scalars(
            select(SubscriptionRow.unit_id).where(SubscriptionRow.template_id == template_id)
        )
        return set(map(HsaId, rows))

    def count_subscribers(self) -> Mapping[FormTemplateId, int]:
        rows = self._session.execute(
            select(SubscriptionRow.template_id, func.count()).group_by(SubscriptionRow.template_id)
        )
        return {FormTemplateId(template_id): number for template_id, number in rows}

    def save(self, forms: Iterable[FormTemplate]) -> None:
        for form in forms:
            self._session.merge(
                FormTemplateRow(
                    id=form.id,
                    key=form.key,
                    name=form.name,
                    resident_name=form.resident_name,
                    catalogue=form.catalogue.value,
                    owner_id=form.owner,
                    version=form.version,
                    archived_at=form.archived_at,
                )
            )
        self._session.flush()

    def subscribe(self, unit_id: HsaId, template_id: FormTemplateId, *, subscribed: bool) -> None:
        row = self._session.get(SubscriptionRow, (unit_id, template_id))
        if subscribed and row is None:
            self._session.add(SubscriptionRow(unit_id=unit_id, template_id=template_id))
        elif row is not None and not subscribed:
            self._session.delete(row)
        self._session.flush()

    def _subscribed(self, unit_id: HsaId) -> set[UUID]:
        return set(
            self._session.scalars(
                select(SubscriptionRow.template_id).where(SubscriptionRow.unit_id == unit_id)
            )
        )


class SqlPackages:
    def __init__(self, session: Session) -> None:
        self._session = session

    def find(self, unit_id: HsaId, key_or_name: str) -> PackageTemplate | None:
        key_or_name = as_kept(key_or_name)
        candidates = self.list_for(unit_id)
        by_key = [p for p in candidates if p.key == key_or_name]
        found = by_key or [p for p in candidates if p.name == key_or_name]
        return found[0] if len(found) == 1 else None

    def list_for(self, unit_id: HsaId) -> list[PackageTemplate]:
        return [package for package in self.all() if unit_id in package.unit_ids]

    def all(self) -> list[PackageTemplate]:
        return [_package(row) for row in self._newest()]

    def versions(self, key: str) -> list[PackageTemplate]:
        rows = self._session.scalars(
            select(PackageTemplateRow)
            .where(PackageTemplateRow.key == key)
            .order_by(PackageTemplateRow.version.desc())
        )
        return [_package(row) for row in rows]

    def save(self, package: PackageTemplate) -> bool:
        newest = self._session.scalars(
            select(PackageTemplateRow)
            .where(PackageTemplateRow.key == package.key)
            .order_by(PackageTemplateRow.version.desc())
            .limit(1)
        ).first()
        row = _package_row(package, version=newest.version if newest else package.version)
        if newest is not None:
            if _package(newest) == _package(row):
                return False
            row.version = newest.version + 1
        self._session.add(row)
        self._session.flush()
        return True

    def _newest(self) -> Sequence[PackageTemplateRow]:
        newest = (
            select(PackageTemplateRow.key, func.max(PackageTemplateRow.version).label("version"))
            .group_by(PackageTemplateRow.key)
            .subquery()
        )
        return self._session.scalars(
            select(PackageTemplateRow)
            .join(
                newest,
                (newest.c.key == PackageTemplateRow.key)
                & (newest.c.version == PackageTemplateRow.version),
            )
            .order_by(PackageTemplateRow.name)
        ).all()


def _unit(row: UnitRow) -> Unit:
    return Unit(HsaId(row.hsa_id), row.name, row.phone, row.withdrawn_at, _hours(row), row.mail)


def _hours(row: UnitRow) -> SendingWindow | None:
    if row.opens is None or row.closes is None:
        return None
    return SendingWindow(opens=row.opens, closes=row.closes)


def _access(row: FormTemplateRow, unit_id: HsaId, subscribed: Collection[UUID]) -> FormAccess:
    form = _form(row)
    return FormAccess(form, form.available_to(unit_id, subscribed=row.id in subscribed))


def _form(row: FormTemplateRow) -> FormTemplate:
    return FormTemplate(
        id=FormTemplateId(row.id),
        key=row.key,
        name=row.name,
        resident_name=row.resident_name,
        catalogue=Catalogue(row.catalogue),
        owner=HsaId(row.owner_id) if row.owner_id else None,
        version=row.version,
        archived_at=row.archived_at,
    )


def _package(row: PackageTemplateRow) -> PackageTemplate:
    return PackageTemplate(
        key=row.key,
        version=row.version,
        name=row.name,
        resident_title=row.resident_title,
        unit_ids=tuple(map(HsaId, row.unit_ids)),
        template_ids=tuple(FormTemplateId(UUID(template_id)) for template_id in row.template_ids),
        weekday=None if row.weekday is None else Weekday(row.weekday),
        time=row.time,
        interval=_interval(row),
        offsets_days=tuple(row.offsets_days),
        occasions=row.occasions,
        answer_within=_answer_within(row),
        older_unanswered=OlderUnanswered(row.older_unanswered),
        red_days=RedDayRule(row.red_days),
        inbox_message=row.inbox_message,
        inbox_messages=dict(row.inbox_messages),
        form_banner=row.form_banner,
        needs_approval=row.needs_approval,
        checks_already_has=row.checks_already_has,
        error_addresses=tuple(row.error_addresses),
        visit_offsets=read_offsets(row.visit_offsets),
        late_visits=LateVisits(row.late_visits),
    )


def _interval(row: PackageTemplateRow) -> Interval | None:
    if row.interval_count is None or row.interval_unit is None:
        return None
    return Interval(row.interval_count, IntervalUnit(row.interval_unit))


def _answer_within(row: PackageTemplateRow) -> AnswerWithin | None:
    if row.answer_within_days is None:
        return None
    return AnswerWithin(row.answer_within_days, row.answer_within_time)


def _package_row(package: PackageTemplate, *, version: int) -> PackageTemplateRow:
    interval, within = package.interval, package.answer_within
    return PackageTemplateRow(
        key=package.key,
        version=version,
        name=package.name,
        resident_title=package.resident_title,
        unit_ids=list(package.unit_ids),
        template_ids=[str(template_id) for template_id in package.template_ids],
        weekday=None if package.weekday is None else package.weekday.value,
        time=package.time,
        interval_count=interval.count if interval else None,
        interval_unit=interval.unit.value if interval else None,
        offsets_days=list(package.offsets_days),
        occasions=package.occasions,
        answer_within_days=within.days if within else None,
        answer_within_time=within.at if within else None,
        older_unanswered=package.older_unanswered.value,
        red_days=package.red_days.value,
        inbox_message=package.inbox_message,
        inbox_messages=dict(package.inbox_messages),
        form_banner=package.form_banner,
        needs_approval=package.needs_approval,
        checks_already_has=package.checks_already_has,
        error_addresses=list(package.error_addresses),
        visit_offsets=kept_offsets(package.visit_offsets),
        late_visits=package.late_visits.value,
    )
