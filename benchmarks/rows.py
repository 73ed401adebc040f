"""The rows that a made-up dispatch leaves in each table."""

import random
from collections import Counter
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from benchmarks.dispatches import Addressed, MadeUp
from utskick.domain.calendar import default_answer_by, default_purge_after
from utskick.domain.deliveries import DeliveryState, FormStatus, delivery_id, inbox_message_id
from utskick.domain.dispatches import Dispatch, DispatchedForm, RecipientState
from utskick.domain.occasions import Occasion

Values = dict[str, Any]

_UNCERTAIN = 0.0005
_SLOW = 0.01
_ANSWERED, _PAUSED = 0.7, 0.8
_PURGED = 0.02
_PURGED_AFTER = timedelta(days=180)


def dispatch_row(dispatch: Dispatch) -> Values:
    return {
        "id": dispatch.id,
        "kind": dispatch.kind.value,
        "unit_id": dispatch.unit_id,
        "package_key": dispatch.package_key,
        "package_version": dispatch.package_version,
        "name": dispatch.name,
        "title": dispatch.title,
        "status": dispatch.status.value,
        "error_addresses": list(dispatch.error_addresses),
        "creates_inbox_message": dispatch.creates_inbox_message,
        "inbox_message": dispatch.inbox_message,
        "form_banner": dispatch.form_banner,
        "created_by": dispatch.created_by,
        "created_at": dispatch.created_at,
        "ended_at": dispatch.ended_at,
        "submission_key": str(dispatch.id),
    }


def form_rows(dispatch: Dispatch) -> Iterator[Values]:
    for position, form in enumerate(dispatch.forms):
        yield {
            "dispatch_id": dispatch.id,
            "position": position,
            "template_id": form.template_id,
            "name": form.name,
            "resident_name": form.resident_name,
        }


def occasion_rows(dispatch: Dispatch) -> Iterator[Values]:
    for occasion in dispatch.occasions:
        yield {
            "id": occasion.id,
            "dispatch_id": dispatch.id,
            "number": occasion.number,
            "local_date": occasion.local_date,
            "local_time": occasion.local_time,
            "zone": occasion.zone.key,
            "sends_at": occasion.sends_at,
            "state": occasion.state.value,
            "version": occasion.version,
            "registered": True,
            "others_due": 0,
            "message_heading": "",
            "message_text": "",
            "late": False,
            "closed_at": occasion.closed_at,
        }


def recipient_rows(made_up: MadeUp) -> Iterator[Values]:
    for recipient in made_up.recipients:
        left_out = recipient.state is RecipientState.LEFT_OUT
        removed = recipient.state is RecipientState.REMOVED
        yield {
            "id": recipient.id,
            "dispatch_id": made_up.dispatch.id,
            "person_id": recipient.person_id,
            "position": recipient.position,
            "state": recipient.state.value,
            "left_out_because": recipient.refused if left_out else None,
            "notified_by": ["SMS", "Email"],
            "removed_at": made_up.dispatch.created_at if removed else None,
            "removed_by": made_up.dispatch.created_by if removed else None,
        }


def message_rows(made_up: MadeUp) -> Iterator[Values]:
    if not made_up.dispatch.creates_inbox_message:
        return
    for occasion in made_up.past:
        for recipient in made_up.recipients:
            if recipient.state is RecipientState.ACTIVE and not recipient.refused:
                yield {
                    "id": inbox_message_id(occasion.id, recipient.id),
                    "occasion_id": occasion.id,
                    "recipient_id": recipient.id,
                    "person_id": recipient.person_id,
                    "state": DeliveryState.SENT.value,
                    "attempt": 1,
                    "retries": 0,
                    "sent_at": occasion.closed_at,
                }


def punctuality_row(dispatch: Dispatch, occasion: Occasion, deliveries: list[Values]) -> Values:
    states = Counter(row["state"] for row in deliveries)
    in_time = occasion.sends_at + timedelta(seconds=10)
    return {
        "occasion_id": occasion.id,
        "unit_id": dispatch.unit_id,
        "day": occasion.local_date,
        "due_at": occasion.sends_at,
        "sent": states[DeliveryState.SENT],
        "on_time": sum(1 for row in deliveries if row["sent_at"] and row["sent_at"] <= in_time),
        "refused": states[DeliveryState.REFUSED],
        "uncertain": states[DeliveryState.MANUAL],
        "missed": 0,
    }


class DeliveryMaker:
    """Makes what was sent, and how it has fared until `now`."""

    def __init__(self, chance: random.Random, *, now: datetime) -> None:
        self._chance = chance
        self._now = now

    def rows(self, made_up: MadeUp, occasion: Occasion) -> list[Values]:
        """One for each form and each recipient of the occasion; most of them sent."""
        dispatch = made_up.dispatch
        common = {
            "dispatch_id": dispatch.id,
            "occasion_id": occasion.id,
            "unit_id": dispatch.unit_id,
            "occasion_number": occasion.number,
            "package_name": dispatch.name,
            "answer_by": dispatch.answer_by or default_answer_by(occasion.local_date),
            "purge_after": dispatch.purge_after or default_purge_after(occasion.local_date),
            "lease_until": None,
            "unknown_at": None,
            "retry_at": None,
            "retries": 0,
            "found_again": False,
            "by_inbox": dispatch.creates_inbox_message,
        }
        return [
            common | self._row(dispatch, occasion, recipient, position, form)
            for recipient in made_up.recipients
            if recipient.state is RecipientState.ACTIVE
            for position, form in enumerate(dispatch.forms)
        ]

    def _row(
        self,
        dispatch: Dispatch,
        occasion: Occasion,
        recipient: Addressed,
        position: int,
        form: DispatchedForm,
    ) -> Values:
        return {
            "id": delivery_id(dispatch.id, occasion.id, recipient.id, form.template_id),
            "recipient_id": recipient.id,
            "template_id": form.template_id,
            "person_id": recipient.person_id,
            "position": recipient.position * len(dispatch.forms) + position,
            "form_name": form.name,
            "refusal": recipient.refused,
        } | self._fate(occasion, recipient)

    def _fate(self, occasion: Occasion, recipient: Addressed) -> Values:
        unsent: Values = dict.fromkeys(("form_id", "sent_at", "form_status", "form_status_at")) | {
            "purged_at": None,
            "purged_by": None,
        }
        if recipient.refused:
            return unsent | {"state": DeliveryState.REFUSED, "attempt": 0, "first_intent_at": None}
        tried = {"attempt": 1, "first_intent_at": occasion.sends_at}
        if self._chance.random() < _UNCERTAIN:
            return unsent | tried | {"state": DeliveryState.MANUAL}
        slow = self._chance.random() < _SLOW
        sent_at = occasion.sends_at + timedelta(seconds=60 if slow else self._chance.random() * 9)
        return tried | self._sent(sent_at)

    def _sent(self, sent_at: datetime) -> Values:
        lot = self._chance.random()
        status = FormStatus.ONGOING
        if lot < _ANSWERED:
            status = FormStatus.COMPLETED
        elif lot < _PAUSED:
            status = FormStatus.PENDING_COMPLETION
        purged = lot < _PURGED and sent_at < self._now - _PURGED_AFTER
        return {
            "state": DeliveryState.SENT,
            "form_id": str(UUID(int=self._chance.getrandbits(128), version=4)),
            "sent_at": sent_at,
            "form_status": status,
            "form_status_at": sent_at,
            "purged_at": self._now if purged else None,
            "purged_by": "SE2321000131-P000000000001" if purged else None,
        }
