"""Logg: who saw or did what with whom (HSLF-FS 2016:40 4 kap. 9 §). Reading it is logged too."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from utskick.domain.long_lists import PER_PAGE, pages_of
from utskick.domain.personnummer import Personnummer
from utskick.domain.rules import Rules
from utskick.domain.tables import Cell
from utskick.domain.units import Activity, Actor
from utskick.records import LogEntry, LoggedEntry, LogQuery, Store, Transaction

_MOST = 100_000


@dataclass(frozen=True, slots=True, kw_only=True)
class LogPage:
    """One page. What has been logged since its first was read, with `before`, moves nothing."""

    entries: Sequence[LoggedEntry]
    number: int
    pages: int
    before: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadAccessLog:
    store: Store
    rules: Rules

    def __call__(self, query: LogQuery, *, actor: Actor, now: datetime, page: int = 1) -> LogPage:
        """A page of the acting unit's log, newest first. Of one beyond the end, the last."""
        with self.store.transaction() as records:
            pages = pages_of(records.access_log.count(actor.unit_id, query))
            number = min(page, pages)
            asked = replace(query, limit=PER_PAGE, offset=(number - 1) * PER_PAGE)
            entries = records.access_log.read(actor.unit_id, asked)
            _log("visat loggen", query.personnummer, actor, records, now)
        newest = entries[0].number + 1 if entries and number == 1 else None
        return LogPage(entries=entries, number=number, pages=pages, before=query.before or newest)

    def patient_extract(
        self, number: Personnummer, *, actor: Actor, now: datetime
    ) -> list[list[Cell]]:
        """All that the unit's log holds of one patient, as a table with a heading (loggutdrag)."""
        with self.store.transaction() as records:
            entries = records.access_log.read(
                actor.unit_id, LogQuery(personnummer=number, limit=_MOST)
            )
            _log("tagit ut loggutdrag", number, actor, records, now)
        rows: list[list[Cell]] = [["Tid", "Vem", "HSA-id", "Aktivitet", "Vad", "Patient", "Enhet"]]
        rows += [
            [
                f"{entry.at.astimezone(self.rules.zone):%Y-%m-%d %H:%M:%S}",
                entry.actor_name,
                entry.actor,
                entry.activity.value,
                entry.act,
                number.formatted,
                actor.unit_id,
            ]
            for entry in entries
        ]
        return rows


def _log(
    act: str,
    number: Personnummer | None,
    actor: Actor,
    records: Transaction,
    now: datetime,
) -> None:
    entry = LogEntry(actor=actor, activity=Activity.READ, act=act, personnummer=number)
    records.access_log.write([entry], now=now)
