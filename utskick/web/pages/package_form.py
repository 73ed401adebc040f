"""What has been filled in on the pages of Starta Paketutskick. It is kept as a draft."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from itertools import chain, repeat
from typing import Self

from starlette.datastructures import FormData

from utskick.domain.errors import Problem
from utskick.domain.forms import FormAccess
from utskick.domain.packages import PackageTemplate
from utskick.domain.rules import Rules
from utskick.domain.specs import DispatchSpec, OccasionSpec
from utskick.domain.units import HsaId
from utskick.domain.writing import in_one_line
from utskick.use_cases.list_forms import OfferedForms, meant
from utskick.use_cases.preview_dispatch import PlannedRows, follow_first, one_more, to_working_day
from utskick.web.pages.offered_forms import not_meant
from utskick.web.pages.posted import act, read_message, read_spec, read_translations, text, texts
from utskick.web.pages.recipient_list import RecipientList

_CLOCK = re.compile(r"(\d{1,2})[:.]?(\d{2})", re.ASCII)
_BETWEEN_ADDRESSES = re.compile(r"[\s,;]+")
_LONGEST_TYPED = 20


@dataclass(slots=True, kw_only=True)
class FilledStart:
    """As typed. `again`: staff have been asked, as it has been started before.

    `shown` is the occasion whose message is shown. `moved` says which dates a red day has just
    moved.
    """

    package: str = ""
    replaces: str = ""
    replaces_as_seen: str = ""
    adds_to: str = ""
    title: str = ""
    error_addresses: str = ""
    occasions: list[OccasionSpec] = field(default_factory=list)
    forms: list[str] = field(default_factory=list)
    new_form: str = ""
    recipients: RecipientList = field(default_factory=RecipientList)
    answer_by: str = ""
    purge_after: str = ""
    creates_inbox_message: bool = True
    inbox_message: str = ""
    inbox_messages: dict[str, str] = field(default_factory=dict)
    form_banner: str = ""
    again: bool = False
    shown: int = 1
    moved: list[str] = field(default_factory=list)
    look_first: bool = False
    problems: list[Problem] = field(default_factory=list)

    @classmethod
    def read(cls, posted: FormData, *, rules: Rules, now: datetime) -> Self:
        """Raises `InvalidPersonnummer` for what no page of ours has kept."""
        lasts = chain(texts(posted, "svar"), repeat(""))
        rows = zip(texts(posted, "datum"), texts(posted, "klockslag"), lasts, strict=False)
        shown = text(posted, "tillfalle")
        return cls(
            package=text(posted, "package"),
            replaces=text(posted, "ersatter"),
            replaces_as_seen=text(posted, "ersatter_som"),
            adds_to=text(posted, "fler_till"),
            title=in_one_line(text(posted, "title")),
            error_addresses=text(posted, "error_addresses"),
            occasions=[_occasion(*row) for row in rows],
            forms=list(dict.fromkeys(texts(posted, "formular"))),
            new_form=text(posted, "nytt_formular"),
            recipients=RecipientList.read(posted, rules=rules, now=now),
            answer_by=text(posted, "answer_by"),
            purge_after=text(posted, "purge_after"),
            creates_inbox_message="creates_inbox_message" in posted,
            inbox_message=read_message(posted),
            inbox_messages=read_translations(posted),
            form_banner=text(posted, "form_banner"),
            again=bool(text(posted, "igen")),
            moved=texts(posted, "flyttat"),
            shown=int(shown) if shown.isascii() and shown.isdecimal() else 1,
        )

    def preset(
        self, package: PackageTemplate, *, forms: Sequence[FormAccess], planned: PlannedRows
    ) -> Self:
        """As the package is prepared; only the recipients stay."""
        return replace(
            type(self)(
                recipients=self.recipients,
                replaces=self.replaces,
                replaces_as_seen=self.replaces_as_seen,
                adds_to=self.adds_to,
            ),
            package=package.key,
            title=package.resident_title,
            occasions=planned.occasions,
            moved=planned.moved,
            forms=[access.form.key for access in forms],
            inbox_message=package.inbox_message,
            inbox_messages=dict(package.inbox_messages),
            form_banner=package.form_banner,
        )

    def change(self, posted: FormData, package: PackageTemplate, *, offered: OfferedForms) -> None:
        """Do what the pressed button says of the occasions or the forms."""
        match act(posted):
            case "nytt-tillfalle", _:
                self.occasions.append(one_more(self.occasions, package))
            case "folj-forsta", _:
                planned = follow_first(self.occasions, package)
                self.occasions, self.moved = planned.occasions, planned.moved
            case "till-arbetsdag", row if row.isdecimal():
                self.occasions = to_working_day(self.occasions, int(row), package)
            case "ta-bort-tillfalle", row:
                self.occasions = [
                    each for n, each in enumerate(self.occasions, start=1) if str(n) != row
                ]
            case "ta-bort-formular", key:
                self.forms = [each for each in self.forms if each != key]
            case (("lagg-till-formular" | "uppdatera" | "starta"), _):
                self._add_form(offered)

    def _add_form(self, offered: OfferedForms) -> None:
        """What cannot be understood stays in its field."""
        form = meant(self.new_form, offered.forms)
        if form is not None:
            self.forms = list(dict.fromkeys((*self.forms, form.key)))
            self.new_form = ""
        elif self.new_form.strip():
            self.problems.append(not_meant("forms", self.new_form, offered))

    def spec(self, unit_id: HsaId) -> DispatchSpec:
        """Raises `SpecRefused`."""
        addresses = filter(None, _BETWEEN_ADDRESSES.split(self.error_addresses))
        return read_spec(
            DispatchSpec,
            {
                "unit": unit_id,
                "package": self.package,
                "replaces": self.replaces or None,
                "replaces_as_seen": self.replaces_as_seen,
                "adds_to": self.adds_to or None,
                "title": self.title.strip(),
                "error_addresses": list(addresses),
                "occasions": [each.model_dump() for each in self.occasions],
                "forms": self.forms,
                **self.recipients.fields,
                "answer_by": self.answer_by.strip() or None,
                "purge_after": self.purge_after.strip() or None,
                "creates_inbox_message": self.creates_inbox_message,
                "inbox_message": self.inbox_message,
                "inbox_messages": self.inbox_messages or None,
                "form_banner": self.form_banner,
            },
        )

    @property
    def _follows(self) -> list[tuple[str, str]]:
        kept = {
            "ersatter": self.replaces,
            "ersatter_som": self.replaces_as_seen,
            "fler_till": self.adds_to,
        }
        return [(name, value) for name, value in kept.items() if value]

    @property
    def kept(self) -> list[tuple[str, str]]:
        """As a draft has it."""
        ticked = [("creates_inbox_message", "ja")] if self.creates_inbox_message else []
        moments = [
            pair
            for each in self.occasions
            for pair in (
                ("datum", each.date or ""),
                ("klockslag", each.time or ""),
                ("svar", each.answer_by or ""),
            )
        ]
        return [
            ("package", self.package),
            *self._follows,
            ("title", self.title),
            ("error_addresses", self.error_addresses),
            *moments,
            *(("formular", key) for key in self.forms),
            *(("flyttat", each) for each in self.moved),
            ("answer_by", self.answer_by),
            ("purge_after", self.purge_after),
            *ticked,
            ("nytt_formular", self.new_form),
            ("inbox_message", self.inbox_message),
            *((f"inbox_messages.{code}", text) for code, text in self.inbox_messages.items()),
            ("form_banner", self.form_banner),
            ("tillfalle", f"{self.shown}"),
            *self.recipients.kept,
        ]


def _occasion(day: str, clock: str, answer_by: str) -> OccasionSpec:
    return OccasionSpec(date=_plain(day), time=_clock(clock), answer_by=_plain(answer_by) or None)


def _plain(typed: str) -> str:
    return "".join(filter(str.isprintable, typed)).strip()[:_LONGEST_TYPED]


def _clock(typed: str) -> str:
    """HH:MM, also where staff left out the colon or a nought."""
    plain = _plain(typed)
    found = _CLOCK.fullmatch(plain)
    return f"{int(found[1]):02}:{found[2]}" if found else plain
