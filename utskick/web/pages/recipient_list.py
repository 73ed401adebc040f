"""Mottagarlista: the recipients of a form or a package, while they are being gathered.

The list travels with the page's form, so that nothing of it is stored before it is sent.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Self

from starlette.datastructures import FormData

from utskick.domain.errors import Problem, UtskickError
from utskick.domain.personnummer import (
    InvalidPersonnummer,
    Personnummer,
    parse_personnummer,
)
from utskick.domain.recipients import NoRecipients, RefusedRow, TooManyRecipients
from utskick.domain.rules import Rules
from utskick.domain.units import Actor
from utskick.use_cases.import_recipients import import_recipients
from utskick.use_cases.look_up_recipients import LookedUp, look_up_recipients
from utskick.web.pages.posted import act, file, text, texts
from utskick.wiring import Services

_CHANNELS = {"SMS": "Sms", "Email": "E-post", "Other": "Annat"}
_UNASKED = "?"


@dataclass(frozen=True, slots=True)
class Listed:
    """One on the list. `notified_by` is `None` if 1177 could not be asked."""

    number: Personnummer
    notified_by: tuple[str, ...] | None

    @property
    def carried(self) -> str:
        channels = _UNASKED if self.notified_by is None else ",".join(self.notified_by)
        return f"{self.number.digits} {channels}"

    @property
    def channels(self) -> str:
        return ", ".join(_CHANNELS.get(channel, channel) for channel in self.notified_by or ())

    @classmethod
    def read(cls, carried: str, *, rules: Rules, today: date) -> Self:
        """Raises `InvalidPersonnummer` for what no page of ours has carried."""
        digits, _, channels = carried.partition(" ")
        return cls(
            parse_personnummer(
                digits, accept_coordination_numbers=rules.accept_coordination_numbers, today=today
            ),
            None if channels == _UNASKED else tuple(filter(None, channels.split(","))),
        )


@dataclass(frozen=True, slots=True)
class Report:
    """What became of an import: how many were added, and every row that was not, with why."""

    added: int
    refused: tuple[RefusedRow, ...]

    @property
    def heading(self) -> str:
        if not self.refused:
            return f"{self.added} mottagare lades till"
        return f"{self.added} mottagare lades till, {len(self.refused)} rader togs inte med"


@dataclass(slots=True, kw_only=True)
class RecipientList:
    """`told` is what a screen reader says after a change."""

    listed: list[Listed] = field(default_factory=list)
    typed: str = ""
    pasted: str = ""
    problems: list[Problem] = field(default_factory=list)
    report: Report | None = None
    told: str = ""

    @classmethod
    def read(cls, posted: FormData, *, rules: Rules, now: datetime) -> Self:
        """The list that a page carried. Raises `InvalidPersonnummer`."""
        today = now.astimezone(rules.zone).date()
        carried = dict.fromkeys(texts(posted, "mottagare"))
        return cls(
            listed=[Listed.read(each, rules=rules, today=today) for each in carried],
            typed=text(posted, "nytt_personnummer"),
            pasted=text(posted, "inklistrat"),
        )

    @property
    def unnotified(self) -> list[Listed]:
        """Those whom 1177 would not tell (manual: "Är det tomt …")."""
        return [each for each in self.listed if each.notified_by == ()]

    def require_someone(self) -> None:
        """Note a problem if nobody is on the list."""
        if not self.listed:
            self.problems.append(Problem("recipients", NoRecipients().staff_message, ""))

    async def change(
        self, posted: FormData, *, actor: Actor, wired: Services, now: datetime
    ) -> None:
        """Do what the pressed button says of the list, if it is about the list."""
        needs_account = "creates_inbox_message" in posted
        match act(posted):
            case "lagg-till", _:
                await self._add_typed(actor, wired, now, needs_account=needs_account)
            case "importera", _:
                await self._import(posted, actor, wired, now, needs_account=needs_account)
            case "ta-bort", digits:
                self._keep([each for each in self.listed if each.number.digits != digits])
            case "ta-bort-utan-avisering", _:
                self._keep([each for each in self.listed if each.notified_by != ()])

    async def take_left(
        self, posted: FormData, *, actor: Actor, wired: Services, now: datetime
    ) -> bool:
        """Add what was typed, pasted or chosen, and then left without being added.

        Tells whether staff should look at the list before they go on.
        """
        needs_account = "creates_inbox_message" in posted
        if self.typed.strip():
            await self._add_typed(actor, wired, now, needs_account=needs_account)
        if self.pasted.strip() or await file(posted, "fil"):
            await self._import(posted, actor, wired, now, needs_account=needs_account)
        return bool(self.problems or self.report)

    def _keep(self, kept: list[Listed]) -> None:
        self.told = f"{len(self.listed) - len(kept)} borttagna, {len(kept)} mottagare kvar."
        self.listed = kept

    async def _add_typed(
        self, actor: Actor, wired: Services, now: datetime, *, needs_account: bool
    ) -> None:
        if not self.typed.strip():
            self._wrong("Skriv ett personnummer först.", "")
            return
        try:
            number = parse_personnummer(
                self.typed,
                accept_coordination_numbers=wired.rules.accept_coordination_numbers,
                today=now.astimezone(wired.rules.zone).date(),
            )
            self._require_room(1, wired.rules)
        except InvalidPersonnummer as error:
            self._wrong(error.reason, error.remedy)
            return
        except TooManyRecipients as error:
            self._wrong(error.staff_message, "")
            return
        if any(each.number == number for each in self.listed):
            self._wrong("Personen finns redan i listan.", "")
            return
        [found] = await look_up_recipients(
            [number], actor=actor, needs_account=needs_account, with_=wired.starting, now=now
        )
        if found.refusal:
            self._wrong(found.reason, found.remedy)
            return
        self._add([found])
        self.typed = ""

    async def _import(
        self,
        posted: FormData,
        actor: Actor,
        wired: Services,
        now: datetime,
        *,
        needs_account: bool,
    ) -> None:
        chosen = await file(posted, "fil")
        try:
            read = await asyncio.to_thread(
                import_recipients,
                self.pasted.encode() if chosen is None else chosen,
                already=[each.number for each in self.listed],
                spreadsheets=wired.spreadsheets,
                rules=wired.rules,
                now=now,
            )
        except UtskickError as error:
            self._wrong(error.staff_message, "")
            return
        rows = {row.personnummer: row.row for row in read.accepted}
        found = await look_up_recipients(
            list(rows), actor=actor, needs_account=needs_account, with_=wired.starting, now=now
        )
        reachable = [each for each in found if each.refusal is None]
        self._add(reachable)
        unreachable = [_unreachable(each, rows[each.number]) for each in found if each.refusal]
        refused = sorted((*read.refused, *unreachable), key=lambda row: row.row)
        self.report = Report(len(reachable), tuple(refused))
        self.told = self.report.heading
        self.pasted = ""

    def _require_room(self, more: int, rules: Rules) -> None:
        count = len(self.listed) + more
        if count > rules.max_recipients:
            raise TooManyRecipients(count=count, allowed=rules.max_recipients)

    def _add(self, found: Sequence[LookedUp]) -> None:
        self.listed += [Listed(each.number, each.notified_by) for each in found]
        self.told = f"{len(self.listed)} mottagare i listan."

    def _wrong(self, reason: str, remedy: str) -> None:
        self.problems.append(Problem("recipients", reason, remedy))


def _unreachable(found: LookedUp, row: int) -> RefusedRow:
    return RefusedRow(row, str(found.number), found.reason, found.remedy)
