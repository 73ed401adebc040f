"""Mottagarlista: the recipients of a form or a package, while they are being gathered.

It is kept with the draft that it is of, and nowhere else before it is sent.
"""

import asyncio
import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import partial
from math import ceil
from typing import Any, Self

from starlette.datastructures import FormData

from utskick.domain.dispatches import Recipient
from utskick.domain.errors import Problem, UtskickError
from utskick.domain.long_lists import ListKind, ListPart, ListView, look_at
from utskick.domain.names import other_names
from utskick.domain.personnummer import (
    InvalidPersonnummer,
    Personnummer,
)
from utskick.domain.rate_limits import Limit, TooOften
from utskick.domain.recipients import FileTooLarge, NoRecipients, RefusedRow, TooManyRecipients
from utskick.domain.rules import Rules
from utskick.domain.seen_sheets import FoundList, ListQuestion
from utskick.domain.units import Actor
from utskick.domain.writing import plain
from utskick.use_cases.look_up_recipients import KnownSoFar, LookedUp
from utskick.web.labels import counted, left_out_remedy, person_in_words
from utskick.web.pages.carried_list import Listed, Report, carried_in, carry
from utskick.web.pages.list_question import AskedOfList
from utskick.web.pages.posted import act, as_typed, file, looks, text, texts, view_in
from utskick.web.reading import read_apart
from utskick.wiring import Services


def numbers_in(typed: str) -> list[str]:
    """Each number of a field where several were pasted, scanned or typed; else what was typed."""
    plainly = plain(typed).strip()
    if _RUN_TOGETHER.fullmatch(plainly):
        return [plainly[at : at + 12] for at in range(0, len(plainly), 12)]
    parts = _BETWEEN.split(plainly)
    return parts if len(list(filter(_A_NUMBER.fullmatch, parts))) > 1 else [typed]


def _who(listed: Listed) -> tuple[str, Personnummer]:
    return listed.name, listed.number


_UNASKED: list[ListKind[Listed]] = [
    ListKind("ej-kontrollerade", "Ej kontrollerade", lambda each: each.notified_by is None)
]
_KINDS: list[ListKind[Listed]] = [
    ListKind("utan-avisering", "Ingen avisering", lambda each: each.unnotified),
    ListKind("utan-konto", "Inget 1177-konto", lambda each: each.accountless),
    *_UNASKED,
]
_BETWEEN = re.compile(r"[\s,;]+")
_A_NUMBER = re.compile(r"\d{6,8}[-+]?\d{4}", re.ASCII)
_RUN_TOGETHER = re.compile(r"(?:\d{12}){2,}", re.ASCII)
"""As a browser makes of lines that are pasted into a field of one line."""
_TYPED, _FILE, _PASTED = "recipients", "fil", "inklistrat"
"""The fields that recipients come by."""


@dataclass(slots=True, kw_only=True)
class RecipientList:
    """`added` is who was just typed, and `announced` what a screen reader says after a change.

    `report` stays until staff close it, `asked` until they have answered. `watched_as` names the
    list while the inbox is asked about those who are `awaited`, for about `left_s` yet. `view` is
    how it is looked at; `looked_in` if somebody has just looked for something in it.
    """

    listed: list[Listed] = field(default_factory=list)
    typed: str = ""
    pasted: str = ""
    problems: list[Problem] = field(default_factory=list)
    report: Report | None = None
    asked: AskedOfList | None = None
    added: str = ""
    announced: str = ""
    watched_as: str = ""
    view: ListView = field(default_factory=ListView)
    looked_in: bool = False
    awaited: Collection[Personnummer] = ()
    left_s: float = 0

    @classmethod
    def read(cls, posted: FormData, *, rules: Rules, now: datetime) -> Self:
        """The list as the draft has it. Raises `InvalidPersonnummer`."""
        return cls(
            listed=carried_in(texts(posted, "mottagare"), rules=rules, now=now),
            typed=text(posted, "nytt_personnummer"),
            added=text(posted, "tillagd"),
            pasted=as_typed(posted, "inklistrat"),
            report=Report.read(text(posted, "rapport")),
            asked=AskedOfList.read(text(posted, "fraga_om_fil")),
            watched_as=text(posted, "kontroll"),
            view=view_in(posted),
            looked_in=looks(posted),
        )

    @property
    def fields(self) -> dict[str, list[Any]]:
        """The list as a spec has it: who was typed, and who was read from a file."""
        return {
            "recipients": [each.number.digits for each in self.listed if not each.row],
            "listed_recipients": [
                {"personnummer": each.number.digits, "row": each.row, "sheet": each.sheet}
                for each in self.listed
                if each.row
            ],
        }

    @property
    def kept(self) -> list[tuple[str, str]]:
        """As a draft has it: few fields, whatever their number."""
        added = [("tillagd", self.added)] if self.added else []
        report = [("rapport", self.report.carried)] if self.report else []
        asked = [("fraga_om_fil", self.asked.carried)] if self.asked else []
        watched = [("kontroll", self.watched_as)] if self.watched_as else []
        return [
            ("mottagare", carry(self.listed)),
            ("nytt_personnummer", self.typed),
            ("inklistrat", self.pasted),
            *added,
            *watched,
            *report,
            *asked,
        ]

    def part(self, *, notifies: bool) -> ListPart[Listed]:
        """Those who are shown. Without a message nobody needs to be notified."""
        return look_at(self.listed, self.view, who=_who, kinds=_KINDS if notifies else _UNASKED)

    @property
    def names(self) -> dict[Personnummer, str]:
        return {each.number: each.name for each in self.listed}

    @property
    def unnotified(self) -> list[Listed]:
        """Those whom 1177 would not notify (manual: "Är det tomt …")."""
        return [each for each in self.listed if each.unnotified]

    @property
    def accountless(self) -> list[Listed]:
        """Those who cannot get an inbox message: it became known when they were on the list."""
        return [each for each in self.listed if each.accountless]

    @property
    def unknown(self) -> list[Personnummer]:
        """Those about whom the inbox has not answered yet."""
        return [each.number for each in self.listed if each.notified_by is None]

    async def catch_up(self, *, actor: Actor, wired: Services, now: datetime) -> None:
        """Take in what the inbox has said since the page was shown.

        Whoever this person has not looked up is looked up now, and counted. Raises `TooOften`.
        """
        self.added = ""
        if not self.unknown:
            return
        watched = wired.watched_lists.find(self.watched_as, actor=actor, now=now)
        theirs = {each.number for each in watched if each.answer is None}
        if others := [number for number in self.unknown if number not in theirs]:
            wired.rate_limits.take(Limit.LOOK_UPS, actor.name, cost=len(others))
            await wired.look_up_recipients(others, actor=actor, needs_account=False, now=now)
        self.know(await wired.look_up_recipients.so_far(self.unknown))

    async def look_again(self, *, actor: Actor, wired: Services, now: datetime) -> None:
        """Look everybody up anew, of a draft that was left for a while.

        Whoever cannot be sent to any more is taken off the list, and reported.
        """
        self.added = ""
        try:
            wired.rate_limits.take(Limit.LOOK_UPS, actor.name, cost=len(self.listed))
        except TooOften:
            # All are checked before anything is started, and those are counted.
            return
        numbers = [each.number for each in self.listed]
        found = await wired.look_up_recipients(numbers, actor=actor, needs_account=False, now=now)
        gone = {each.number: each for each in found if each.refusal}
        names = {each.number: each.name for each in found if not each.refusal}
        refused = [
            RefusedRow(each.row, str(each.number), why.reason, why.remedy, each.sheet)
            for each in self.listed
            if (why := gone.get(each.number)) is not None
        ]
        self.listed = [
            replace(each, name=names[each.number] or each.name, notified_by=None)
            for each in self.listed
            if each.number in names
        ]
        if refused:
            self.report = Report(0, tuple(refused), ("Utkastet har kontrollerats igen.",))

    async def count_look_ups(self, *, actor: Actor, wired: Services) -> None:
        """Before the start's own check: whoever nobody has asked about yet is looked up by it.

        Raises `TooOften`.
        """
        numbers = [each.number for each in self.listed]
        so_far = await wired.look_up_recipients.so_far(numbers)
        asked = so_far.users.keys() | set(so_far.awaited)
        if others := sum(number not in asked for number in numbers):
            wired.rate_limits.take(Limit.LOOK_UPS, actor.name, cost=others)

    async def watch(self, *, actor: Actor, wired: Services, now: datetime) -> None:
        """Let the page look how far it has come, while there is somebody to hear of."""
        self.watched_as = ""
        if self.unknown:
            self.know(await wired.look_up_recipients.so_far(self.unknown))
        if self.unknown:
            persons = [each.watched for each in self.listed]
            self.watched_as = wired.watched_lists.keep(actor, persons, view=self.view, now=now)

    def know(self, so_far: KnownSoFar) -> None:
        """Take in what the inbox has said."""
        users = so_far.users
        self.listed = [
            each.known_as(users[each.number]) if each.number in users else each
            for each in self.listed
        ]
        self.awaited, self.left_s = so_far.awaited, so_far.left_s

    def know_names(self, recipients: Sequence[Recipient]) -> None:
        """Take in what the population register has just said, whatever the page carried."""
        names = {each.personnummer: each.name for each in recipients}
        self.listed = [replace(each, name=names.get(each.number, "")) for each in self.listed]

    @property
    def progress(self) -> str:
        """How far the inbox has been asked, in staff's words."""
        known = len(self.listed) - len(self.unknown)
        minutes = ceil(self.left_s / 60)
        left = f"ungefär {minutes} min kvar" if minutes > 1 else "mindre än 1 min kvar"
        return f"{known} av {counted(len(self.listed), 'kontrollerad', 'kontrollerade')}, {left}."

    @property
    def all_checked(self) -> str:
        """What a screen reader says when the inbox has been asked about everybody."""
        if len(self.listed) == 1:
            return "Mottagaren är kontrollerad."
        return f"Alla {len(self.listed)} mottagare är kontrollerade."

    def problems_of(self, field_name: str) -> list[Problem]:
        """What is shown beside one field of the list."""
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
            case (("ta-ur-fil" | "avsta-fil"), number) if self.asked:
                await self._answer(self.asked.chosen(number), posted, actor, wired, now)
            case "ta-bort", digits:
                self._keep([each for each in self.listed if each.number.digits != digits])
            case (("ta-bort-utan-avisering" | "ta-bort-utan-konto") as whom, _):
                out = self.accountless if whom.endswith("konto") else self.unnotified
                self._keep([each for each in self.listed if each not in out])
            case "stang-rapport", _:
                self.report = None

    async def take_left(
        self, posted: FormData, *, actor: Actor, wired: Services, now: datetime
    ) -> bool:
        """Add what was typed, pasted or chosen, and then left without being added.

        Returns whether staff should look at the list before they go on.
        """
        several = len(numbers_in(self.typed)) > 1
        if self.typed.strip():
            await self._add_typed(posted, actor, wired, now)
        imported = await self._import_left(posted, actor, wired, now) or several
        if self.asked:
            self._wrong(_FILE, "Svara först på frågan om filen.", "")
        return bool(self.problems) or imported

    def leave_out(self, numbers: Collection[Personnummer]) -> None:
        """Take them off the list."""
        self._keep([each for each in self.listed if each.number not in numbers])

    def _keep(self, kept: list[Listed]) -> None:
        gone = counted(len(self.listed) - len(kept), "borttagen", "borttagna")
        self.announced = f"{gone}, {len(kept)} mottagare kvar."
        self.listed = kept

    async def _add_typed(
        self, posted: FormData, actor: Actor, wired: Services, now: datetime
    ) -> None:
        if not self.typed.strip():
            if not self.looked_in:
                self._wrong(_TYPED, "Skriv ett personnummer först.", "")
            return
        if len(several := numbers_in(self.typed)) > 1:
            self.report = None
            needs_account = "creates_inbox_message" in posted
            lines = "\n".join(several).encode()
            if await self._import(_TYPED, lines, actor, wired, now, needs_account=needs_account):
                self.typed = ""
            return
        try:
            number = wired.rules.personnummer(self.typed, now)
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
        wired.rate_limits.take(Limit.LOOK_UPS, actor.name)
        [found] = await wired.look_up_recipients(
            [number], actor=actor, needs_account="creates_inbox_message" in posted, now=now
        )
        if found.refusal:
            # Nobody has been added, so nobody is to be removed.
            self._wrong(_TYPED, found.reason, left_out_remedy(found.refusal.value))
            return
        self._add([found])
        self.added = person_in_words(number, found.name, wired.rules.today(now))
        self.announced = f"{self.added}, tillagd. {self.announced}"
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
            self.asked = None
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
        """Whether it could be read; else the reason stands at its field. Raises `TooOften`."""
        wired.rate_limits.take(Limit.IMPORTS, actor.name)
        try:
            if place == _PASTED and len(raw) > wired.rules.limits.file_bytes:
                raise FileTooLarge(allowed=wired.rules.limits.file_bytes, pasted=True)
            found = await read_apart(
                partial(wired.import_recipients.read_list, raw), actor=actor, wired=wired
            )
            await self._take(found, actor, wired, now, needs_account=needs_account)
        except ListQuestion as question:
            self._ask(question, wired.rules)
        except TooOften:
            raise
        except UtskickError as error:
            self._wrong(place, error.staff_message, "")
            return False
        return True

    def _ask(self, question: ListQuestion, rules: Rules) -> None:
        try:
            self.asked = AskedOfList.of(question, rules=rules)
        except UtskickError as error:
            self._wrong(_FILE, f"{question.staff_message} {error.staff_message}", "")

    async def _answer(
        self,
        found: FoundList | None,
        posted: FormData,
        actor: Actor,
        wired: Services,
        now: datetime,
    ) -> None:
        """Take what was asked about, as the pressed button says."""
        self.asked = self.report = None
        if found is None:
            self.announced = "Ingen ur filen togs med."
            return
        needs_account = "creates_inbox_message" in posted
        try:
            await self._take(found, actor, wired, now, needs_account=needs_account)
        except TooOften:
            raise
        except UtskickError as error:
            self._wrong(_FILE, error.staff_message, "")

    async def _take(
        self,
        found: FoundList,
        actor: Actor,
        wired: Services,
        now: datetime,
        *,
        needs_account: bool,
    ) -> None:
        """Raises as `judge_list`, or `TooOften`."""
        read = await asyncio.to_thread(
            wired.import_recipients.judge_list,
            found,
            already={each.number for each in self.listed},
            now=now,
        )
        rows = {row.personnummer: row.row for row in read.accepted}
        wired.rate_limits.take(Limit.LOOK_UPS, actor.name, cost=len(rows))
        known = await wired.look_up_recipients(
            list(rows), actor=actor, needs_account=needs_account, now=now
        )
        reachable = [each for each in known if each.refusal is None]
        self._add(reachable, rows=rows, sheet=read.sheet)
        unreachable = [
            RefusedRow(rows[each.number], str(each.number), each.reason, each.remedy, read.sheet)
            for each in known
            if each.refusal
        ]
        refused = sorted((*read.refused, *unreachable), key=lambda row: row.row)
        theirs = {row.personnummer: row.name for row in read.accepted}
        other = other_names([(rows[e.number], theirs[e.number], e.name) for e in reachable])
        report = Report(len(reachable), tuple(refused), (*read.notes, *other))
        self.report = report.with_more(self.report)
        self.announced = self.report.heading

    def _require_room(self, more: int, rules: Rules) -> None:
        count = len(self.listed) + more
        if count > rules.max_recipients:
            raise TooManyRecipients(count=count, allowed=rules.max_recipients)

    def _add(
        self,
        found: Sequence[LookedUp],
        *,
        rows: Mapping[Personnummer, int] | None = None,
        sheet: str = "",
    ) -> None:
        """Add them, with where in a file they stand."""
        self.listed += [
            Listed(
                each.number,
                each.notified_by,
                (rows or {}).get(each.number, 0),
                sheet,
                name=each.name,
            )
            for each in found
        ]
        self.announced = f"{len(self.listed)} mottagare i listan."

    def _wrong(self, place: str, reason: str, remedy: str) -> None:
        self.problems.append(Problem(place, reason, remedy))
