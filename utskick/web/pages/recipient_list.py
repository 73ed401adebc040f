"""Mottagarlista: the recipients of a form or a package, while they are being gathered.

The list travels with the page's form, so that nothing of it is stored before it is sent.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Self

from starlette.datastructures import FormData

from utskick.domain.errors import Problem, UtskickError
from utskick.domain.personnummer import InvalidPersonnummer, parse_personnummer
from utskick.domain.recipients import FileTooLarge, NoRecipients, RefusedRow, TooManyRecipients
from utskick.domain.rules import Rules
from utskick.domain.units import Actor
from utskick.use_cases.import_recipients import import_recipients
from utskick.use_cases.look_up_recipients import LookedUp, look_up_recipients
from utskick.web.pages.carried_list import Listed, Report, carried_in, carry
from utskick.web.pages.posted import act, as_typed, file, text, texts
from utskick.wiring import Services

_TYPED, _FILE, _PASTED = "recipients", "fil", "inklistrat"
"""The fields that recipients come by."""


@dataclass(slots=True, kw_only=True)
class RecipientList:
    """`told` is what a screen reader says after a change. `report` stays until staff close it."""

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
        return cls(
            listed=carried_in(texts(posted, "mottagare"), rules=rules, today=today),
            typed=text(posted, "nytt_personnummer"),
            pasted=as_typed(posted, "inklistrat"),
            report=Report.read(text(posted, "rapport")),
        )

    @property
    def carried(self) -> list[tuple[str, str]]:
        """As hidden fields, whatever their number."""
        report = [("rapport", self.report.carried)] if self.report else []
        return [("mottagare", carry(self.listed)), *report]

    @property
    def unnotified(self) -> list[Listed]:
        """Those whom 1177 would not tell (manual: "Är det tomt …")."""
        return [each for each in self.listed if each.notified_by == ()]

    def problems_of(self, field_name: str) -> list[Problem]:
        """What is told beside one field of the list."""
        return [each for each in self.problems if each.place == field_name]

    def require_someone(self) -> None:
        """Note a problem if nobody is on the list."""
        if not self.listed:
            self.problems.append(Problem("recipients", NoRecipients().staff_message, ""))

    async def change(
        self, posted: FormData, *, actor: Actor, wired: Services, now: datetime
    ) -> None:
        """Do what the pressed button says of the list, if it is about the list."""
        match act(posted):
            case "lagg-till", _:
                await self._add_typed(posted, actor, wired, now)
            case "importera", _:
                if not await self._import_left(posted, actor, wired, now):
                    self._wrong(_FILE, "Ingen fil är vald.", "Välj en fil först.")
            case "klistra-in", _:
                if not await self._import_left(posted, actor, wired, now):
                    self._wrong(_PASTED, "Fältet är tomt.", "Klistra in personnummer först.")
            case "ta-bort", digits:
                self._keep([each for each in self.listed if each.number.digits != digits])
            case "ta-bort-utan-avisering", _:
                self._keep([each for each in self.listed if each.notified_by != ()])
            case "stang-rapport", _:
                self.report = None

    async def take_left(
        self, posted: FormData, *, actor: Actor, wired: Services, now: datetime
    ) -> bool:
        """Add what was typed, pasted or chosen, and then left without being added.

        Tells whether staff should look at the list before they go on.
        """
        if self.typed.strip():
            await self._add_typed(posted, actor, wired, now)
        imported = await self._import_left(posted, actor, wired, now)
        return bool(self.problems) or imported

    def _keep(self, kept: list[Listed]) -> None:
        self.told = f"{len(self.listed) - len(kept)} borttagna, {len(kept)} mottagare kvar."
        self.listed = kept

    async def _add_typed(
        self, posted: FormData, actor: Actor, wired: Services, now: datetime
    ) -> None:
        if not self.typed.strip():
            self._wrong(_TYPED, "Skriv ett personnummer först.", "")
            return
        try:
            number = parse_personnummer(
                self.typed,
                accept_coordination_numbers=wired.rules.accept_coordination_numbers,
                today=now.astimezone(wired.rules.zone).date(),
            )
            self._require_room(1, wired.rules)
        except InvalidPersonnummer as error:
            self._wrong(_TYPED, error.reason, error.remedy)
            return
        except TooManyRecipients as error:
            self._wrong(_TYPED, error.staff_message, "")
            return
        if any(each.number == number for each in self.listed):
            self._wrong(_TYPED, "Personen finns redan i listan.", "")
            return
        [found] = await look_up_recipients(
            [number],
            actor=actor,
            needs_account="creates_inbox_message" in posted,
            with_=wired.starting,
            now=now,
        )
        if found.refusal:
            self._wrong(_TYPED, found.reason, found.remedy)
            return
        self._add([found])
        self.typed = ""

    async def _import_left(
        self, posted: FormData, actor: Actor, wired: Services, now: datetime
    ) -> bool:
        """Take in the chosen file and what was pasted. Whether there was any."""
        chosen = await file(posted, "fil")
        pasted = self.pasted.encode() if self.pasted.strip() else None
        self.report = None if chosen or pasted else self.report
        needs_account = "creates_inbox_message" in posted
        if chosen is not None:
            await self._import(_FILE, chosen, actor, wired, now, needs_account=needs_account)
        if pasted is not None and await self._import(
            _PASTED, pasted, actor, wired, now, needs_account=needs_account
        ):
            self.pasted = ""
        return chosen is not None or pasted is not None

    async def _import(
        self,
        place: str,
        raw: bytes,
        actor: Actor,
        wired: Services,
        now: datetime,
        *,
        needs_account: bool,
    ) -> bool:
        """Whether it could be read; else the reason stands at its field."""
        try:
            if place == _PASTED and len(raw) > wired.rules.limits.file_bytes:
                raise FileTooLarge(allowed=wired.rules.limits.file_bytes, pasted=True)
            read = await asyncio.to_thread(
                import_recipients,
                raw,
                already={each.number for each in self.listed},
                spreadsheets=wired.spreadsheets,
                rules=wired.rules,
                now=now,
            )
        except UtskickError as error:
            self._wrong(place, error.staff_message, "")
            return False
        rows = {row.personnummer: row.row for row in read.accepted}
        found = await look_up_recipients(
            list(rows), actor=actor, needs_account=needs_account, with_=wired.starting, now=now
        )
        reachable = [each for each in found if each.refusal is None]
        self._add(reachable)
        unreachable = [_unreachable(each, rows[each.number]) for each in found if each.refusal]
        refused = sorted((*read.refused, *unreachable), key=lambda row: row.row)
        self.report = Report(len(reachable), tuple(refused)).with_more(self.report)
        self.told = self.report.heading
        return True

    def _require_room(self, more: int, rules: Rules) -> None:
        count = len(self.listed) + more
        if count > rules.max_recipients:
            raise TooManyRecipients(count=count, allowed=rules.max_recipients)

    def _add(self, found: Sequence[LookedUp]) -> None:
        self.listed += [Listed(each.number, each.notified_by) for each in found]
        self.told = f"{len(self.listed)} mottagare i listan."

    def _wrong(self, place: str, reason: str, remedy: str) -> None:
        self.problems.append(Problem(place, reason, remedy))


def _unreachable(found: LookedUp, row: int) -> RefusedRow:
    return RefusedRow(row, str(found.number), found.reason, found.remedy)
