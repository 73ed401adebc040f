"""E-postavisering vid eventuella fel: mail the error addresses, once for each thing gone wrong.

A report is kept in the same transaction as what it reports, and mailed afterwards. The mail goes
at least once to each address, always with the same Message-ID. A relay accepts or refuses each
address by itself: those that it does not take are tried again alone.
"""

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID, uuid5

from utskick.domain.dispatches import Dispatch, DispatchKind
from utskick.domain.occasions import Occasion
from utskick.ports import Mail, Mailer, NotTaken, TemporaryFailure, Texts, UnknownOutcome
from utskick.records import ErrorReport, Store, Transaction

log = logging.getLogger(__name__)

_NAMESPACE = UUID("0f6f1d8e-51f3-4a53-8d4e-9e7b9a3b2c5d")
_AT_A_TIME = 10
"""Addresses: so few that they have got their mail before anybody else may try."""
_PAUSE_S, _LONGEST_PAUSE_S = 60, 3600
"""Between tries of what the relay defers: as long again as it has taken so far, within these."""
_GIVE_UP_S = 86_400


@dataclass(frozen=True, slots=True)
class Mailed:
    """How many mails went, and how many addresses refused theirs."""

    mails: int = 0
    refused: int = 0

    def __str__(self) -> str:
        refusals = f", {self.refused} addresses refuse theirs" if self.refused else ""
        return f"{self.mails} mails{refusals}"


def report(
    records: Transaction,
    *,
    subject: str,
    cause: str,
    text: str,
    values: Mapping[str, object],
    addresses: tuple[str, ...],
    now: datetime,
) -> None:
    """Keep one mail for each subject and cause, and each address that it comes to later.

    `text` names a file of `templates/mail`.
    """
    records.error_reports.add(
        ErrorReport(
            id=uuid5(_NAMESPACE, f"{subject}/{cause}"),
            subject=subject,
            cause=cause,
            text=text,
            values=values,
            addresses=addresses,
        ),
        now=now,
    )


def report_occasion(
    records: Transaction,
    dispatch: Dispatch,
    occasion: Occasion,
    *,
    cause: str,
    text: str,
    values: Mapping[str, object],
    now: datetime,
) -> None:
    """As `report`, for what happened at an occasion."""
    unit = records.units.get(dispatch.unit_id)
    common = {
        "package_name": dispatch.name,
        "is_package": dispatch.kind is DispatchKind.PACKAGE,
        "unit_name": unit.name,
        "unit_id": unit.id,
        "dispatch_id": str(dispatch.id),
        "occasion_number": occasion.number,
        "occasions": len(dispatch.occasions),
        "local_time": f"{occasion.local:%Y-%m-%d %H:%M}",
    }
    report(
        records,
        subject=str(dispatch.id),
        cause=_cause(occasion, cause),
        text=text,
        values=common | dict(values),
        addresses=dispatch.error_addresses,
        now=now,
    )


def kept_report(
    records: Transaction, dispatch: Dispatch, occasion: Occasion, *, cause: str
) -> Mapping[str, Any] | None:
    """What `report_occasion` kept, if it did."""
    return records.error_reports.values(str(dispatch.id), _cause(occasion, cause))


def _cause(occasion: Occasion, cause: str) -> str:
    """An occasion that is sent by hand and missed again is reported again."""
    return f"occasion-{occasion.number}-version-{occasion.version}-{cause}"


def send_error_reports(*, store: Store, mailer: Mailer, texts: Texts) -> Mailed:
    """Mail what has not been mailed, until nobody takes any more. Safe to repeat."""
    done: list[Mailed] = []
    while True:
        with store.transaction() as records:
            reports = records.error_reports.unsent(limit=_AT_A_TIME)
        some = [_send(each, store=store, mailer=mailer, texts=texts) for each in reports]
        done += some
        if not any(each.mails for each in some):
            return Mailed(sum(each.mails for each in done), sum(each.refused for each in done))


def refusing_addresses(*, store: Store) -> set[str]:
    """The addresses that do not take our mails, for staff to see beside them."""
    with store.transaction() as records:
        return records.error_reports.refusing()


def _mail(error_report: ErrorReport, *, texts: Texts) -> Mail:
    text = texts.render(f"mail/{error_report.text}", error_report.values)
    subject, _, body = text.partition("\n")
    return Mail(
        to=error_report.addresses,
        subject=subject.strip(),
        body=body.strip() + "\n",
        message_id=f"<{error_report.id}@utskick>",
    )


def _send(error_report: ErrorReport, *, store: Store, mailer: Mailer, texts: Texts) -> Mailed:
    waiting = frozenset(error_report.waiting)
    pause_s = _PAUSE_S
    try:
        not_taken = mailer.send(_mail(error_report, texts=texts), to=error_report.waiting)
    except (TemporaryFailure, UnknownOutcome):
        not_taken = NotTaken(deferred=waiting)
    except Exception as error:  # noqa: BLE001  # one that cannot be written must not stop the rest
        log.warning("A report cannot be mailed: %s", type(error).__name__)
        not_taken, pause_s = NotTaken(deferred=waiting), _GIVE_UP_S
    taken = waiting - not_taken.deferred - not_taken.refused
    with store.transaction() as records:
        reports, report_id = records.error_reports, error_report.id
        reports.sent(report_id, taken)
        reports.refused(report_id, not_taken.refused, seconds=_GIVE_UP_S)
        reports.postpone(
            report_id, not_taken.deferred, seconds=pause_s, growing_to_s=_LONGEST_PAUSE_S
        )
    return Mailed(mails=bool(taken), refused=len(not_taken.refused))
