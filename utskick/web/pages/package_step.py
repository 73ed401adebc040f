"""One step of Starta Paketutskick: what has been filled in, and the page that shows it."""

import asyncio
from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import date
from typing import Any, Self

from fastapi import Response
from starlette.datastructures import FormData

from utskick.domain.advice import of_children, of_the_unchecked, of_the_unnotified
from utskick.domain.already_sent import AlreadySent
from utskick.domain.approvals import cause_of
from utskick.domain.calendar import default_answer_by, read_date
from utskick.domain.dispatches import Dispatch
from utskick.domain.drafts import FilledFields
from utskick.domain.errors import Problem, StartBlocked
from utskick.domain.forms import Catalogue, FormTemplateId
from utskick.domain.languages import LANGUAGES
from utskick.domain.message_advice import of_untranslated
from utskick.domain.message_names import NAMES, MessageValues
from utskick.domain.packages import PackageTemplate
from utskick.sending.report_errors import refusing_addresses
from utskick.use_cases.list_forms import OfferedForms
from utskick.use_cases.preview_dispatch import DispatchPreview
from utskick.use_cases.preview_message import MessagePreview
from utskick.web.labels import FIELD_LABELS
from utskick.web.package_words import answer_within_in_words, presets_in_words
from utskick.web.pages.draft_desk import DraftDesk, fields_of
from utskick.web.pages.frame import page, problems_by_field, see_other
from utskick.web.pages.offered_forms import elsewhere, groups
from utskick.web.pages.package_form import FilledStart

MESSAGE = "/meddelande"
"""Where the second page is."""
_AWAITS = (
    "Paketutskicket startas först när en kollega med behörigheten Utskick har godkänt det. Det"
    " behöver ske före det första tillfället."
)
_STOPS_AT_ONCE = (
    "Det gamla paketutskicket stoppas redan när du startar det här, inte först när kollegan"
    " godkänner, och förblir stoppat om kollegan säger nej."
)


@dataclass(slots=True, kw_only=True)
class PackageStep:
    """`offered` are the forms that can be added; `refusing` the addresses that take no mails."""

    visit: DraftDesk
    filled: FilledStart
    package: PackageTemplate
    offered: OfferedForms
    preview: DispatchPreview
    refusing: AbstractSet[str]

    @classmethod
    def of(
        cls, visit: DraftDesk, posted: FormData, filled: FilledStart, package: PackageTemplate
    ) -> Self:
        """After what the pressed button changed of the occasions and the forms."""
        actor, wired = visit.visitor.actor, visit.wired
        offered = wired.list_forms(actor=actor, catalogues=tuple(Catalogue))
        filled.change(posted, package, offered=offered)
        preview = wired.preview_dispatch(
            package,
            form_keys=filled.forms,
            occasions=filled.occasions,
            answer_by=read_date(filled.answer_by),
            actor=actor,
            now=visit.now,
            notifies=filled.creates_inbox_message,
        )
        return cls(
            visit=visit,
            filled=filled,
            package=package,
            offered=offered,
            preview=preview,
            refusing=refusing_addresses(store=wired.store),
        )

    @property
    def warnings(self) -> list[str]:
        """What staff should know before they start."""
        filled, today = self.filled, self._today
        recipients = filled.recipients
        unnotified = len(recipients.unnotified) if filled.creates_inbox_message else 0
        unknown = len(recipients.unknown) if filled.creates_inbox_message else 0
        answer_by = self.preview.last_day or read_date(filled.answer_by)
        listed = [(n, each.number) for n, each in enumerate(filled.recipients.listed, start=1)]
        above = self.visit.wired.rules.approval_above
        needs = self.package.needs_approval
        awaits = cause_of(len(recipients.listed), above=above, package_needs=needs)
        return [
            *([_AWAITS] if awaits else []),
            *([_STOPS_AT_ONCE] if awaits and filled.replaces else []),
            *(text for each in self.preview.by_date for text in each.warnings),
            *of_the_unnotified(unnotified),
            *of_the_unchecked(unknown, of=len(recipients.listed)),
            *of_untranslated(filled.inbox_message, filled.inbox_messages, self.package),
            *of_children(
                listed,
                today=today,
                answer_by=answer_by or default_answer_by(today),
                names=filled.recipients.names,
            ),
        ]

    @property
    def already_sent(self) -> Sequence[AlreadySent]:
        """Who of the list has one of the forms already, or got something lately."""
        listed = self.filled.recipients.listed
        return self.visit.wired.find_already_sent(
            [each.number for each in listed],
            [access.form.id for access in self.preview.forms],
            names={each.number: each.name for each in listed},
            actor=self.visit.visitor.actor,
            now=self.visit.now,
        )

    def leave_out(self, kind: str) -> None:
        """Those of a kind that was shown."""
        self.filled.recipients.leave_out(
            [n for each in self.already_sent if each.kind == kind for n in each.numbers]
        )

    @property
    def _today(self) -> date:
        return self.visit.wired.rules.today(self.visit.now)

    @property
    def _values(self) -> MessageValues:
        """What the names stand for, at the occasion that is shown."""
        return self.preview.values(
            self.filled.shown,
            title=self.filled.title,
            answer_by=self.filled.answer_by,
            unit=self.visit.visitor.unit,
            today=self._today,
        )

    def message(self) -> MessagePreview:
        """The inbox message at the occasion that is shown."""
        return self.visit.wired.preview_message(
            self.filled.inbox_message,
            translations=self.filled.inbox_messages,
            heading=self.preview.heading(self.filled.title),
            banner=self.filled.form_banner,
            values=self._values,
            forms=len(self.preview.forms),
            unit=self.visit.visitor.unit,
        )

    async def show(
        self, problems: Sequence[Problem] = (), *, refused: StartBlocked | None = None
    ) -> Response:
        """The first page: everything but the message. `refused` when a start was just tried."""
        return await self._page("start_package.html", "", problems, refused)

    async def show_message(
        self, problems: Sequence[Problem] = (), *, sent_to_me: Dispatch | None = None
    ) -> Response:
        """The second page: the message, and what will happen, by date from here on.

        `sent_to_me` is what was just sent to the visitor's own test resident.
        """
        self.order_by_date()
        already = await asyncio.to_thread(lambda: self.already_sent)
        name = "start_package_message.html"
        actor = self.visit.visitor.actor
        return await self._page(
            name,
            MESSAGE,
            problems,
            None,
            already_sent=already,
            sent_to_me=sent_to_me,
            may_send_to_me=self.visit.wired.send_to_me.has_resident(actor),
        )

    def order_by_date(self) -> None:
        """The occasions as they will be sent, and numbered."""
        self.filled.occasions = [each.typed for each in self.preview.by_date]

    async def keep(self) -> None:
        """Raises as `DraftDesk.keep`."""
        numbers = [each.number for each in self.filled.recipients.listed]
        untouched = await asyncio.to_thread(untouched_fields, self.visit, self.package)
        await self.visit.keep(self.package.name, numbers, self.filled.kept, untouched=untouched)

    async def _page(
        self,
        name: str,
        at: str,
        problems: Sequence[Problem],
        refused: StartBlocked | None,
        **values: Any,
    ) -> Response:
        visit, wired = self.visit, self.visit.wired
        await visit.keep_posted(self.keep)
        wrong = problems or refused or self.filled.recipients.problems
        if visit.leads_on and not (wrong or values.get("sent_to_me")):
            return see_other(visit.address + at)
        answer = page(
            self.visit.request,
            name,
            visitor=self.visit.visitor,
            status_code=422 if problems or refused else 200,
            filled=self.filled,
            package=self.package,
            groups=groups(self.offered.forms, but=self.filled.forms),
            elsewhere=elsewhere(self.offered),
            preview=self.preview,
            message=self.message(),
            warnings=self.warnings,
            refused=refused,
            blocked=refused or self.preview.blocked,
            names=NAMES.values(),
            languages=LANGUAGES,
            forms_desk=wired.rules.forms_desk,
            refusing=self.refusing,
            look_at=self._address_of,
            problems=problems_by_field(tuple(problems)),
            labels=FIELD_LABELS,
            last_day_in_words=answer_within_in_words(self.package.answer_within),
            limits=wired.rules.limits,
            **values,
            draft=visit.shown,
        )
        return visit.located(answer, at)

    def _address_of(self, template_id: FormTemplateId) -> str:
        """Where staff can look at a form."""
        residents = self.visit.wired.settings.residents
        return residents.url + residents.preview_path.format(template_id=template_id)


def untouched_fields(visit: DraftDesk, package: PackageTemplate) -> FilledFields:
    """The fields of a page on which nothing but the package has been chosen."""
    return fields_of(preset(visit, FilledStart(), package).kept)


def preset(visit: DraftDesk, filled: FilledStart, package: PackageTemplate) -> FilledStart:
    """As the package is prepared, for the recipients that there are already."""
    actor, wired = visit.visitor.actor, visit.wired
    return filled.preset(
        package,
        forms=wired.preview_dispatch.preset_forms(package, actor=actor),
        planned=wired.preview_dispatch.preset_occasions(package, now=visit.now),
    )


def choose(visit: DraftDesk, *, sought: str | None = None) -> Response:
    """The page before: which package. `sought` is a name that there is none of."""
    problems: tuple[Problem, ...] = ()
    if sought is not None:
        why = "finns inte för enheten" if sought.strip() else "har du inte valt än"
        problems = (Problem("paket", f"paketutskicket {why}.", "Välj ett i listan."),)
    packages = [
        (package, presets_in_words(package))
        for package in visit.wired.preview_dispatch.list_packages(actor=visit.visitor.actor)
    ]
    return page(
        visit.request,
        "start_package_choose.html",
        visitor=visit.visitor,
        status_code=422 if problems else 200,
        packages=packages,
        choices=[(package.name, presets) for package, presets in packages],
        sought=sought or "",
        draft=visit.shown,
        drafts=0 if visit.draft else visit.wired.open_draft.count(actor=visit.visitor.actor),
        forms_desk=visit.wired.rules.forms_desk,
        problems=problems_by_field(problems),
        labels={"paket": FIELD_LABELS["package"]},
    )
