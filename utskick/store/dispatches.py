"""Dispatches with their occasions and recipients."""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, Select, delete, exists, func, select, update
from sqlalchemy.orm import Session

from utskick.domain.deliveries import DeliveryState
from utskick.domain.dispatches import (
    Dispatch,
    DispatchedForm,
    DispatchId,
    DispatchKind,
    DispatchStatus,
    Recipient,
    RecipientId,
    RecipientState,
    StandingId,
)
from utskick.domain.drafts import DraftId
from utskick.domain.errors import KeyReused, NotFound
from utskick.domain.forms import FormTemplateId
from utskick.domain.occasions import NOT_ENDED, Aim, Occasion, OccasionId, OccasionState
from utskick.domain.units import HsaId
from utskick.store.data_keys import DataKeys, keyed_hash
from utskick.store.names import SqlNames
from utskick.store.people import People
from utskick.store.statements import all_or_each
from utskick.store.tables import (
    DeliveryRow,
    DispatchFormRow,
    DispatchRow,
    InboxMessageRow,
    OccasionRow,
    PersonRow,
    RecipientRow,
)

_MINUTE = timedelta(minutes=1)
_KEPT_FOR_FOLLOW_UP = (
    DeliveryState.SENDING.value,
    DeliveryState.SENT.value,
    DeliveryState.UNKNOWN.value,
    DeliveryState.MANUAL.value,
)


SUBMISSIONS = "submissions"
"""What its data keys are for."""


class SqlDispatches:
    """The `Dispatches` of one session. Never commits; `SqlStore.transaction` does, once."""

    def __init__(
        self, session: Session, people: People, names: SqlNames, submissions: DataKeys
    ) -> None:
        self._session = session
        self._people = people
        self._names = names
        self._submissions = submissions

    def add(
        self,
        dispatch: Dispatch,
        recipients: Sequence[Recipient],
        *,
        submission_key: str,
        content_seal: str | None = None,
        draft_id: DraftId | None = None,
    ) -> bool:
        *older, hashed = self._hashed(submission_key, "submission")
        seal = self._hashed(content_seal, "content")[-1] if content_seal else None
        row = _dispatch_row(dispatch, hashed, seal)
        row.draft_id = draft_id
        if self._submitted(dispatch.unit_id, older) or not all_or_each(
            self._session, [row], self._insert
        ):
            return False
        persons = self._people.ids([r.personnummer for r in recipients])
        self._names.keep({persons[r.personnummer]: r.name for r in recipients})
        self._session.add_all(
            DispatchFormRow(
                dispatch_id=dispatch.id,
                position=position,
                template_id=form.template_id,
                name=form.name,
                resident_name=form.resident_name,
            )
            for position, form in enumerate(dispatch.forms)
        )
        self._session.add_all(
            self._occasion_row(dispatch, occasion, recipients) for occasion in dispatch.occasions
        )
        self._session.add_all(
            RecipientRow(
                id=recipient.id,
                dispatch_id=dispatch.id,
                person_id=persons[recipient.personnummer],
                position=position,
                state=recipient.state.value,
                left_out_because=recipient.left_out_because,
                notified_by=list(recipient.notified_by or ()),
                to_ask=recipient.notified_by is None,
            )
            for position, recipient in enumerate(recipients)
        )
        self._session.flush()
        return True

    def submitted(
        self, unit_id: HsaId, submission_key: str, *, content_seal: str | None = None
    ) -> DispatchId | None:
        found = self._submitted(unit_id, self._hashed(submission_key, "submission"))
        if found is None:
            return None
        kept = found.content_seal
        if content_seal and kept and kept not in self._hashed(content_seal, "content"):
            raise KeyReused
        return DispatchId(found.id)

    def _hashed(self, fingerprint: str, what: str) -> Sequence[str]:
        """By each key, the newest last: what was started before a change of keys is the same."""
        keys = self._submissions.all().values()
        return [keyed_hash(fingerprint, key, what=what) for key in keys]

    def _submitted(self, unit_id: HsaId, hashes: Sequence[str]) -> DispatchRow | None:
        if not hashes:
            return None
        return self._session.scalars(
            select(DispatchRow).where(
                DispatchRow.unit_id == unit_id, DispatchRow.submission_key.in_(hashes)
            )
        ).one_or_none()

    def of_draft(self, unit_id: HsaId, draft_id: DraftId) -> DispatchId | None:
        found = self._session.scalar(
            select(DispatchRow.id).where(
                DispatchRow.unit_id == unit_id, DispatchRow.draft_id == draft_id
            )
        )
        return DispatchId(found) if found else None

    def series(self, unit_id: HsaId, series_id: DispatchId) -> list[Dispatch]:
        return self.many(
            select(DispatchRow)
            .where(DispatchRow.unit_id == unit_id, DispatchRow.series_id == series_id)
            .order_by(DispatchRow.created_at, DispatchRow.id)
        )

    def join_series(self, dispatch_id: DispatchId, series_id: DispatchId) -> None:
        self._session.execute(
            update(DispatchRow).where(DispatchRow.id == dispatch_id).values(series_id=series_id)
        )

    def get(self, dispatch_id: DispatchId) -> Dispatch:
        return self._one(select(DispatchRow).where(DispatchRow.id == dispatch_id))

    def get_for(self, unit_id: HsaId, dispatch_id: DispatchId) -> Dispatch:
        return self._one(_of_unit(unit_id, dispatch_id))

    def lock_for(self, unit_id: HsaId, dispatch_id: DispatchId) -> Dispatch:
        return self._one(_of_unit(unit_id, dispatch_id).with_for_update())

    def of_occasion(self, occasion_id: OccasionId) -> tuple[Dispatch, Occasion]:
        return self._with_occasion(_of_occasion(occasion_id), occasion_id)

    def lock_of_occasion(self, occasion_id: OccasionId) -> tuple[Dispatch, Occasion]:
        locking = _of_occasion(occasion_id).with_for_update(of=DispatchRow)
        return self._with_occasion(locking, occasion_id)

    def set_status(
        self, dispatch_id: DispatchId, status: DispatchStatus, *, ended_at: datetime | None
    ) -> None:
        self._session.execute(
            update(DispatchRow)
            .where(DispatchRow.id == dispatch_id)
            .values(status=status.value, ended_at=ended_at)
        )
        if status is not DispatchStatus.ONGOING:
            # The scheduler is made to forget it: to go on, it must be registered again.
            self._session.execute(
                update(OccasionRow)
                .where(OccasionRow.dispatch_id == dispatch_id, OccasionRow.registered)
                .values(registered=False)
            )

    def list_for(self, unit_id: HsaId) -> list[Dispatch]:
        return self.many(
            select(DispatchRow)
            .where(DispatchRow.unit_id == unit_id)
            .order_by(DispatchRow.created_at.desc())
        )

    def ongoing(self) -> list[Dispatch]:
        return self.many(
            select(DispatchRow).where(DispatchRow.status == DispatchStatus.ONGOING.value)
        )

    def ongoing_with(self, template_ids: Collection[FormTemplateId]) -> list[Dispatch]:
        holds = exists().where(
            DispatchFormRow.dispatch_id == DispatchRow.id,
            DispatchFormRow.template_id.in_(template_ids),
        )
        return self._with_something_ahead(holds)

    def ongoing_for(self, unit_id: HsaId) -> list[Dispatch]:
        return self._with_something_ahead(DispatchRow.unit_id == unit_id)

    def _with_something_ahead(self, which: ColumnElement[bool]) -> list[Dispatch]:
        ongoing = DispatchRow.status == DispatchStatus.ONGOING.value
        found = self.many(select(DispatchRow).where(ongoing, which))
        ahead = [(upcoming.sends_at, each) for each in found if (upcoming := each.next_to_send)]
        return [each for _, each in sorted(ahead, key=lambda pair: (pair[0], pair[1].id))]

    def ongoing_without_occasions(self) -> list[Dispatch]:
        unended = exists().where(
            OccasionRow.dispatch_id == DispatchRow.id,
            OccasionRow.state.in_([state.value for state in NOT_ENDED]),
        )
        ongoing = DispatchRow.status == DispatchStatus.ONGOING.value
        return self.many(select(DispatchRow).where(ongoing, ~unended))

    def recipients(self, dispatch_id: DispatchId) -> list[Recipient]:
        rows = self._session.execute(
            select(RecipientRow, PersonRow)
            .join(PersonRow, PersonRow.id == RecipientRow.person_id)
            .where(RecipientRow.dispatch_id == dispatch_id)
            .order_by(RecipientRow.position)
        ).all()
        names = self._names.of([person.id for _, person in rows])
        return [
            self._recipient(recipient, person, names.get(person.id, ""))
            for recipient, person in rows
        ]

    def count_recipients(self, dispatch_id: DispatchId, state: RecipientState) -> int:
        return (
            self._session.scalar(
                select(func.count()).where(
                    RecipientRow.dispatch_id == dispatch_id,
                    RecipientRow.state == state.value,
                )
            )
            or 0
        )

    def has_recipients(self, dispatch_id: DispatchId) -> bool:
        some = select(RecipientRow.id).where(
            RecipientRow.dispatch_id == dispatch_id,
            RecipientRow.state != RecipientState.REMOVED.value,
        )
        return self._session.scalar(some.limit(1)) is not None

    def count_unchecked(self, dispatch_id: DispatchId) -> int:
        unchecked = select(func.count()).where(
            RecipientRow.dispatch_id == dispatch_id,
            RecipientRow.state == RecipientState.ACTIVE.value,
            RecipientRow.to_ask,
        )
        return self._session.scalar(unchecked) or 0

    def remove_recipient(
        self, dispatch_id: DispatchId, recipient_id: RecipientId, *, by: str, now: datetime
    ) -> None:
        self._session.execute(
            update(RecipientRow)
            .where(RecipientRow.id == recipient_id, RecipientRow.dispatch_id == dispatch_id)
            .values(state=RecipientState.REMOVED.value, removed_at=now, removed_by=by)
        )
        for table in (DeliveryRow, InboxMessageRow):
            self._session.execute(
                update(table)
                .where(
                    table.recipient_id == recipient_id, table.state == DeliveryState.PLANNED.value
                )
                .values(state=DeliveryState.CANCELLED.value)
            )

    def restore_recipient(self, dispatch_id: DispatchId, recipient_id: RecipientId) -> None:
        self._session.execute(
            update(RecipientRow)
            .where(RecipientRow.id == recipient_id, RecipientRow.dispatch_id == dispatch_id)
            .values(state=RecipientState.ACTIVE.value, removed_at=None, removed_by=None)
        )

    def has_cancelled(self, recipient_id: RecipientId) -> bool:
        cancelled = DeliveryState.CANCELLED.value
        found = (
            exists().where(table.recipient_id == recipient_id, table.state == cancelled)
            for table in (DeliveryRow, InboxMessageRow)
        )
        return any(self._session.scalar(select(each)) for each in found)

    def ended_before(self, moment: datetime) -> list[Dispatch]:
        return self.many(select(DispatchRow).where(DispatchRow.ended_at <= moment))

    def delete(self, dispatch_id: DispatchId) -> None:
        self._session.execute(
            delete(DeliveryRow).where(
                DeliveryRow.dispatch_id == dispatch_id,
                DeliveryRow.state.not_in(_KEPT_FOR_FOLLOW_UP),
            )
        )
        self._session.execute(delete(DispatchRow).where(DispatchRow.id == dispatch_id))

    def many(self, statement: Select[tuple[DispatchRow]]) -> list[Dispatch]:
        """Those that the statement finds, for the other repositories."""
        return self._with_parts(self._session.scalars(statement).all())

    def _occasion_row(
        self, dispatch: Dispatch, occasion: Occasion, recipients: Sequence[Recipient]
    ) -> OccasionRow:
        others_due, questions = self._planned_at(occasion.sends_at)
        if dispatch.creates_inbox_message:
            questions += sum(each.state is RecipientState.ACTIVE for each in recipients)
        return _occasion_row(dispatch.id, occasion, others_due=others_due, questions_due=questions)

    def _planned_at(self, moment: datetime) -> tuple[int, int]:
        """How many occasions of anybody are planned for its minute, and all their recipients.

        Each has counted those before it: the last one's number is that of all.
        """
        minute = moment.replace(second=0, microsecond=0)
        planned = select(
            func.count(), func.coalesce(func.max(OccasionRow.questions_due), 0)
        ).where(
            OccasionRow.state == OccasionState.PLANNED.value,
            OccasionRow.sends_at >= minute,
            OccasionRow.sends_at < minute + _MINUTE,
        )
        others, questions = self._session.execute(planned).one()
        return others, questions

    def _insert(self, rows: Sequence[DispatchRow]) -> None:
        self._session.add_all(rows)
        self._session.flush()

    def _with_occasion(
        self, statement: Select[tuple[DispatchRow]], occasion_id: OccasionId
    ) -> tuple[Dispatch, Occasion]:
        dispatch = self._one(statement)
        return dispatch, next(o for o in dispatch.occasions if o.id == occasion_id)

    def _one(self, statement: Select[tuple[DispatchRow]]) -> Dispatch:
        # A lock must show what is true once it is held, not what was read before.
        row = self._session.scalar(statement.execution_options(populate_existing=True))
        if row is None:
            raise NotFound("dispatch")
        return self._with_parts([row])[0]

    def _with_parts(self, rows: Sequence[DispatchRow]) -> list[Dispatch]:
        """All parts of all dispatches in two statements, however many they are."""
        ids = [row.id for row in rows]
        forms: dict[UUID, list[DispatchedForm]] = {dispatch_id: [] for dispatch_id in ids}
        occasions: dict[UUID, list[Occasion]] = {dispatch_id: [] for dispatch_id in ids}
        for form in self._session.scalars(
            select(DispatchFormRow)
            .where(DispatchFormRow.dispatch_id.in_(ids))
            .order_by(DispatchFormRow.position)
        ):
            forms[form.dispatch_id].append(
                DispatchedForm(FormTemplateId(form.template_id), form.name, form.resident_name)
            )
        for occasion in self._session.scalars(
            select(OccasionRow)
            .where(OccasionRow.dispatch_id.in_(ids))
            .order_by(OccasionRow.number)
            .execution_options(populate_existing=True)
        ):
            occasions[occasion.dispatch_id].append(_occasion(occasion))
        return [_dispatch(row, forms[row.id], occasions[row.id]) for row in rows]

    def _recipient(self, row: RecipientRow, person: PersonRow, name: str) -> Recipient:
        return Recipient(
            id=RecipientId(row.id),
            personnummer=self._people.personnummer(person),
            name=name,
            state=RecipientState(row.state),
            left_out_because=row.left_out_because,
            notified_by=None if row.to_ask else tuple(row.notified_by),
            removed_at=row.removed_at,
        )


def _of_unit(unit_id: HsaId, dispatch_id: DispatchId) -> Select[tuple[DispatchRow]]:
    return select(DispatchRow).where(DispatchRow.id == dispatch_id, DispatchRow.unit_id == unit_id)


def _of_occasion(occasion_id: OccasionId) -> Select[tuple[DispatchRow]]:
    return select(DispatchRow).join(OccasionRow).where(OccasionRow.id == occasion_id)


def _dispatch_row(
    dispatch: Dispatch, submission_key: str, content_seal: str | None
) -> DispatchRow:
    return DispatchRow(
        id=dispatch.id,
        kind=dispatch.kind.value,
        unit_id=dispatch.unit_id,
        package_key=dispatch.package_key,
        package_version=dispatch.package_version,
        name=dispatch.name,
        title=dispatch.title,
        status=dispatch.status.value,
        error_addresses=list(dispatch.error_addresses),
        creates_inbox_message=dispatch.creates_inbox_message,
        inbox_message=dispatch.inbox_message,
        inbox_messages=dict(dispatch.inbox_messages),
        form_banner=dispatch.form_banner,
        answer_by=dispatch.answer_by,
        purge_after=dispatch.purge_after,
        created_by=dispatch.created_by,
        created_at=dispatch.created_at,
        ended_at=dispatch.ended_at,
        submission_key=submission_key,
        content_seal=content_seal,
        standing_id=dispatch.standing_id,
        series_id=dispatch.series_id,
        replaces=dispatch.replaces,
    )


def _dispatch(
    row: DispatchRow, forms: list[DispatchedForm], occasions: list[Occasion]
) -> Dispatch:
    return Dispatch(
        id=DispatchId(row.id),
        kind=DispatchKind(row.kind),
        unit_id=HsaId(row.unit_id),
        name=row.name,
        title=row.title,
        forms=tuple(forms),
        occasions=tuple(occasions),
        error_addresses=tuple(row.error_addresses),
        creates_inbox_message=row.creates_inbox_message,
        inbox_message=row.inbox_message,
        inbox_messages=dict(row.inbox_messages),
        form_banner=row.form_banner,
        created_by=row.created_by,
        created_at=row.created_at,
        answer_by=row.answer_by,
        purge_after=row.purge_after,
        package_key=row.package_key,
        package_version=row.package_version,
        standing_id=StandingId(row.standing_id) if row.standing_id else None,
        series_id=DispatchId(row.series_id) if row.series_id else None,
        replaces=DispatchId(row.replaces) if row.replaces else None,
        status=DispatchStatus(row.status),
        ended_at=row.ended_at,
    )


def _occasion_row(
    dispatch_id: DispatchId, occasion: Occasion, *, others_due: int, questions_due: int
) -> OccasionRow:
    return OccasionRow(
        id=occasion.id,
        dispatch_id=dispatch_id,
        number=occasion.number,
        local_date=occasion.local_date,
        local_time=occasion.local_time,
        zone=occasion.zone.key,
        sends_at=occasion.sends_at,
        state=occasion.state.value,
        version=occasion.version,
        others_due=others_due,
        questions_due=questions_due,
        by_hand_at=occasion.by_hand_at,
        answer_by=occasion.answer_by,
        answer_by_time=occasion.answer_by_time,
    )


def _occasion(row: OccasionRow) -> Occasion:
    return Occasion(
        id=OccasionId(row.id),
        number=row.number,
        local_date=row.local_date,
        local_time=row.local_time,
        zone=ZoneInfo(row.zone),
        sends_at=row.sends_at,
        state=OccasionState(row.state),
        late=row.late,
        version=row.version,
        by_hand_at=row.by_hand_at,
        others_due=row.others_due,
        questions_due=row.questions_due,
        closed_at=row.closed_at,
        unchecked_persons=row.unchecked_persons,
        unchecked_accounts=row.unchecked_accounts,
        aim=Aim(row.aim),
        brake_id=row.brake_id,
        answer_by=row.answer_by,
        answer_by_time=row.answer_by_time,
    )
