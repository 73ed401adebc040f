"""Förvaltning, enheter: which units there are, what they subscribe to, and their tokens."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Literal

from utskick.domain.addresses import MailAddress
from utskick.domain.dispatches import DispatchKind, DispatchStatus
from utskick.domain.errors import NotFound, Problem, SpecRefused, UtskickError
from utskick.domain.forms import Catalogue, FormTemplate, FormTemplateId
from utskick.domain.personnummer_in_text import Likeness, likeness
from utskick.domain.specs import Spec, Text, texts_with_personnummer
from utskick.domain.tokens import LASTS, Scope, Token, TokenState
from utskick.domain.units import Activity, Actor, HsaId, InvalidHsaId, Unit, parse_hsa_id
from utskick.records import DispatchQuery, LogEntry, Store, Transaction
from utskick.security_log import SecurityEvent, note
from utskick.use_cases.manage_tokens import log_of_unit
from utskick.use_cases.struck_dispatches import (
    StruckDispatch,
    struck_by_forms,
    struck_by_withdrawal,
)


class UnitSpec(Spec):
    """What the residents read of the unit, and where it reads what waits there.

    `mail` is empty for none; whoever leaves it out leaves it as it is.
    """

    name: Text
    phone: Text
    mail: MailAddress | Literal[""] | None = None


class NewUnitSpec(UnitSpec):
    """A unit that joins."""

    hsa_id: str


class TokenExists(UtskickError):
    """Tokens are revoked by their names, so that two may not share one."""

    def __init__(self) -> None:
        super().__init__("the unit has a token with this name")
        self.staff_message = (
            "Enheten har redan en nyckel med det namnet. Välj ett annat namn, eller återkalla den"
            " gamla först."
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenedUnit:
    """`shared` are the forms of others that it may subscribe to, and whether it does.

    `struck` would be aborted if it were withdrawn.
    """

    unit: Unit
    shared: Sequence[tuple[FormTemplate, bool]]
    tokens: Sequence[Token]
    ongoing: int
    struck: Sequence[StruckDispatch] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class AdministerUnits:
    store: Store

    def list_units(self) -> Sequence[Unit]:
        """All by name, withdrawn ones too."""
        with self.store.transaction() as records:
            return records.units.all()

    def open_unit(self, unit_id: HsaId) -> OpenedUnit:
        """One unit. Raises `NotFound`."""
        with self.store.transaction() as records:
            unit = records.units.get(unit_id)
            subscriptions = records.forms.subscriptions([unit_id])
            query = DispatchQuery(
                status=DispatchStatus.ONGOING, kind=DispatchKind.PACKAGE, per_page=1
            )
            return OpenedUnit(
                unit=unit,
                shared=[
                    (form, (unit_id, form.id) in subscriptions)
                    for form in _subscribable(unit_id, records)
                ],
                tokens=records.tokens.list_for(unit_id),
                ongoing=records.overview.page(unit_id, query)[1],
                struck=struck_by_withdrawal(records, unit),
            )

    def add_unit(self, spec: NewUnitSpec, *, actor: Actor, now: datetime) -> Unit:
        """Let a unit join. Raises `SpecRefused`."""
        problems = _personnummer_in(spec)
        try:
            unit = Unit(parse_hsa_id(spec.hsa_id), spec.name, spec.phone, mail=spec.mail or "")
        except InvalidHsaId as error:
            raise SpecRefused([Problem("hsa_id", error.staff_message, ""), *problems]) from None
        with self.store.transaction() as records:
            if unit.id in {known.id for known in records.units.all()}:
                problems.append(
                    Problem(
                        "hsa_id", "enheten finns redan.", "Välj den i listan för att ändra den."
                    )
                )
            if problems:
                raise SpecRefused(problems)
            _save(unit, f"lagt till enhet {unit.id}", actor, records, now)
        return unit

    def change_unit(self, unit_id: HsaId, spec: UnitSpec, *, actor: Actor, now: datetime) -> None:
        """Rename it or change its phone number. Raises `NotFound` or `SpecRefused`."""
        if problems := _personnummer_in(spec):
            raise SpecRefused(problems)
        with self.store.transaction() as records:
            kept = records.units.get(unit_id)
            mail = kept.mail if spec.mail is None else spec.mail
            unit = replace(kept, name=spec.name, phone=spec.phone, mail=mail)
            _save(unit, f"ändrat enhet {unit_id}", actor, records, now)

    def withdraw_unit(self, unit_id: HsaId, *, actor: Actor, now: datetime) -> None:
        """Nobody acts for it from now on, and nothing more is sent for it. Raises `NotFound`."""
        with self.store.transaction() as records:
            unit = records.units.get(unit_id)
            if unit.withdrawn_at is None:
                withdrawn = replace(unit, withdrawn_at=now)
                _save(withdrawn, f"dragit in enhet {unit_id}", actor, records, now)

    def bring_back_unit(self, unit_id: HsaId, *, actor: Actor, now: datetime) -> None:
        """Undo `withdraw_unit`. Raises `NotFound`."""
        with self.store.transaction() as records:
            unit = records.units.get(unit_id)
            if unit.withdrawn_at is not None:
                back = replace(unit, withdrawn_at=None)
                _save(back, f"tagit tillbaka enhet {unit_id}", actor, records, now)

    def struck_by_subscriptions(
        self, unit_id: HsaId, template_ids: Collection[FormTemplateId]
    ) -> Sequence[StruckDispatch]:
        """What of the unit's would be aborted if it subscribed to these forms and no others.

        Raises `NotFound`.
        """
        with self.store.transaction() as records:
            unit = records.units.get(unit_id)
            subscriptions = records.forms.subscriptions([unit_id])
            ending = [
                form
                for form in _subscribable(unit_id, records)
                if (unit_id, form.id) in subscriptions and form.id not in template_ids
            ]
            return struck_by_forms(records, ending, units={unit_id: unit}, only=[unit_id])

    def set_subscriptions(
        self,
        unit_id: HsaId,
        template_ids: Collection[FormTemplateId],
        *,
        actor: Actor,
        now: datetime,
    ) -> int:
        """Let the unit subscribe to these shared forms and no others; returns how many changed.

        Raises `NotFound` for a form that is not shared, and for the unit's own.
        """
        with self.store.transaction() as records:
            records.units.get(unit_id)
            offered = {form.id: form for form in _subscribable(unit_id, records)}
            if set(template_ids) - set(offered):
                raise NotFound("shared form")
            subscriptions = records.forms.subscriptions([unit_id])
            changed = [
                form
                for form in offered.values()
                if ((unit_id, form.id) in subscriptions) is not (form.id in template_ids)
            ]
            for form in changed:
                subscribed = form.id in template_ids
                records.forms.subscribe(unit_id, form.id, subscribed=subscribed)
                act = "lagt till" if subscribed else "avslutat"
                log_act(f"{act} prenumeration {form.key} för {unit_id}", actor, records, now)
        return len(changed)

    def make_token(
        self,
        unit_id: HsaId,
        name: str,
        *,
        scopes: Collection[Scope] = tuple(Scope),
        lasts: timedelta = LASTS,
        actor: Actor,
        now: datetime,
    ) -> str:
        """A new token for a system of the unit's, shown this once.

        It opens nothing before the unit's manager has confirmed it: the administration may see
        no patients. Raises `NotFound`, `TokenExists`, or `SpecRefused` for a name that may be a
        person's.
        """
        if problems := texts_with_personnummer({"nyckelns_namn": name}):
            raise SpecRefused(problems)
        with self.store.transaction() as records:
            records.units.get(unit_id)
            if any(_is_there(t, name, now) for t in records.tokens.list_for(unit_id)):
                raise TokenExists
            token = Token(
                name=name,
                unit_id=unit_id,
                scopes=frozenset(scopes),
                created_at=now,
                created_by=actor.name,
                expires_at=now + lasts,
            )
            secret = records.tokens.add(token)
            log_act(f"skapat nyckel {name} för {unit_id}", actor, records, now)
            act = f"skapat nyckel {name} ({token.scopes_in_words.lower()}), som inte är bekräftad"
            log_of_unit(act, replace(actor, unit_id=unit_id), records, now)
        return secret

    def revoke_token(self, unit_id: HsaId, name: str, *, actor: Actor, now: datetime) -> None:
        """The system that has it gets no further. Raises `NotFound`."""
        with self.store.transaction() as records:
            records.units.get(unit_id)
            if name not in {token.name for token in records.tokens.list_for(unit_id)}:
                raise NotFound("token")
            records.tokens.revoke(unit_id, name, now=now)
            log_act(f"återkallat nyckel {name} för {unit_id}", actor, records, now)
            by = replace(actor, unit_id=unit_id)
            log_of_unit(f"återkallat nyckel {name}", by, records, now)


def _is_there(token: Token, name: str, now: datetime) -> bool:
    gone = (TokenState.REVOKED, TokenState.EXPIRED)
    return token.name == name and token.state(now=now) not in gone


def log_act(act: str, actor: Actor, records: Transaction, now: datetime) -> None:
    """Every act of the administration is written in the log of whoever does it."""
    log_acts([act], actor, records, now)


def log_acts(acts: Sequence[str], actor: Actor, records: Transaction, now: datetime) -> None:
    """As `log_act`, several at once."""
    for act in acts:
        note(SecurityEvent.ADMINISTERED, actor=actor.name, unit=actor.unit_id, act=act)
    entries = [LogEntry(actor=actor, activity=Activity.WRITE, act=act) for act in acts]
    records.access_log.write(entries, now=now)


def _save(unit: Unit, act: str, actor: Actor, records: Transaction, now: datetime) -> None:
    records.units.save([unit])
    log_act(act, actor, records, now)


def _subscribable(unit_id: HsaId, records: Transaction) -> list[FormTemplate]:
    return [
        form
        for form in records.forms.all()
        if form.catalogue is Catalogue.SHARED and form.owner != unit_id
    ]


def _personnummer_in(spec: UnitSpec) -> list[Problem]:
    problems = texts_with_personnummer({"name": spec.name})
    # A telephone number may look like ten digits of one.
    if likeness(spec.phone) is Likeness.TWELVE_DIGITS:
        problems += texts_with_personnummer({"phone": spec.phone})
    return problems
