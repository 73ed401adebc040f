"""What 1177's inbox has said of persons."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import bindparam, delete, exists, select, update
from sqlalchemy.orm import Session

from utskick.domain.dispatches import DispatchStatus, RecipientState
from utskick.domain.personnummer import Personnummer
from utskick.ports import InboxUser
from utskick.store.people import People
from utskick.store.statements import insert_new
from utskick.store.tables import DispatchRow, InboxAnswerRow, PersonRow, RecipientRow


class SqlInboxAnswers:
    def __init__(self, session: Session, people: People) -> None:
        self._session = session
        self._people = people

    def known(
        self, numbers: Collection[Personnummer], *, since: datetime
    ) -> Mapping[Personnummer, InboxUser]:
        ids = self._people.known(numbers)
        if not ids:
            return {}
        rows = self._session.scalars(
            select(InboxAnswerRow).where(
                InboxAnswerRow.person_id.in_(ids.values()), InboxAnswerRow.asked_at > since
            )
        )
        answers = {row.person_id: row for row in rows}
        return {
            number: InboxUser(active=row.active, notified_by=tuple(row.notified_by))
            for number, person_id in ids.items()
            if (row := answers.get(person_id)) is not None
        }

    def keep(self, answers: Mapping[Personnummer, InboxUser], *, now: datetime) -> None:
        if not answers:
            return
        ids = self._people.ids(answers.keys())
        # In one order for all, so that two transactions wait for each other and not in a ring.
        rows = sorted(
            (
                {
                    "person_id": ids[number],
                    "active": user.active,
                    "notified_by": list(user.notified_by),
                    "asked_at": now,
                }
                for number, user in answers.items()
            ),
            key=lambda row: str(row["person_id"]),
        )
        insert_new(self._session, InboxAnswerRow, rows)
        self._session.connection().execute(
            _ANSWER, [{"of": row["person_id"], **row} for row in rows]
        )
        self._pass_on(ids.values())

    def pass_on(self, numbers: Collection[Personnummer]) -> None:
        self._pass_on(self._people.known(numbers).values())

    def _pass_on(self, person_ids: Collection[UUID]) -> None:
        answer = select(InboxAnswerRow.notified_by).where(
            InboxAnswerRow.person_id == RecipientRow.person_id
        )
        self._session.execute(
            update(RecipientRow)
            .where(
                RecipientRow.person_id.in_(person_ids),
                RecipientRow.to_ask,
                exists().where(InboxAnswerRow.person_id == RecipientRow.person_id),
            )
            .values(notified_by=answer.scalar_subquery(), to_ask=False)
            .execution_options(synchronize_session=False)
        )

    def awaited(self, *, limit: int) -> Sequence[Personnummer]:
        rows = self._session.execute(
            select(PersonRow.id, PersonRow.ciphertext, PersonRow.key_id)
            .join(RecipientRow, RecipientRow.person_id == PersonRow.id)
            .join(DispatchRow, DispatchRow.id == RecipientRow.dispatch_id)
            .where(
                RecipientRow.to_ask,
                RecipientRow.state == RecipientState.ACTIVE.value,
                DispatchRow.status == DispatchStatus.ONGOING.value,
            )
            .order_by(DispatchRow.created_at, RecipientRow.position)
            .limit(limit)
        )
        return list(dict.fromkeys(self._people.opened(*row) for row in rows))

    def delete_before(self, moment: datetime) -> None:
        self._session.execute(delete(InboxAnswerRow).where(InboxAnswerRow.asked_at <= moment))


# Made once: to put one together takes longer than to run it.
_ANSWER = (
    update(InboxAnswerRow)
    .where(InboxAnswerRow.person_id == bindparam("of"))
    .values(
        active=bindparam("active"),
        notified_by=bindparam("notified_by"),
        asked_at=bindparam("asked_at"),
    )
)
