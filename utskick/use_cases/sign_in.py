"""Logga in i Utskick: who somebody is, and for which unit they act."""

import asyncio
from dataclasses import dataclass, replace
from datetime import date, datetime

from utskick.domain.errors import NotFound, UtskickError
from utskick.domain.rights import provided_rights
from utskick.domain.rules import Rules
from utskick.domain.staff import (
    Commission,
    NoCommission,
    NoCommissionGiven,
    PickedCommissionUnfit,
    SignInFailed,
    StaffClaims,
    StaffSession,
)
from utskick.domain.units import Activity, Actor, HsaId, Unit
from utskick.ports import SignIn, SignInAttempts, TemporaryFailure
from utskick.records import LogEntry, Store, Transaction
from utskick.use_cases.current_session import present_rights


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedIn:
    """`token` is the session's. Without a unit one must be chosen before `return_to`."""

    token: str
    session: StaffSession
    return_to: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedOut:
    """The session that was ended, if there was one.

    `onwards`: where the provider forgets the browser too; `None` if it does not, or is silent.
    """

    session: StaffSession | None
    onwards: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """A commission, and whether its unit can be chosen. `why_not` is Swedish."""

    commission: Commission
    why_not: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class SigningIn:
    sign_in: SignIn
    attempts: SignInAttempts
    store: Store
    rules: Rules

    async def begin_sign_in(
        self, *, return_to: str, redirect_uri: str, anew: bool, now: datetime
    ) -> tuple[str, str]:
        """Where to send the browser, and what it keeps until it comes back."""
        url, attempt = await self.sign_in.begin(
            redirect_uri=redirect_uri, return_to=return_to, anew=anew, now=now
        )
        return url, self.attempts.seal(attempt)

    async def finish_sign_in(
        self,
        code: str,
        *,
        state: str,
        begun: str,
        redirect_uri: str,
        replaced: str,
        place: str,
        now: datetime,
    ) -> SignedIn:
        """Let somebody in who comes back from the provider.

        First the attempt is used up (`begun` is what the browser kept), and the browser's session
        until now (`replaced`, its token or nothing) ends: whatever happens then, the same answer
        never works again, and nobody goes on in the name of somebody else.
        Raises `SignInFromElsewhere`, `SignInTooLate`, `SignInFailed`, or one of those that say why
        no commission fits.
        """

        def end_replaced() -> None:
            with self.store.transaction() as records:
                records.sessions.end(replaced)

        def let_in() -> SignedIn:
            with self.store.transaction() as records:
                session = replace(_session(claims, records, self.rules, now), place=place)
                token = records.sessions.open(session, now=now)
                _log(session, "loggat in", records, now)
                return SignedIn(token=token, session=session, return_to=attempt.return_to)

        attempt = self.attempts.take(begun, state=state, now=now)
        await asyncio.to_thread(end_replaced)
        claims = await self.sign_in.finish(code, attempt=attempt, redirect_uri=redirect_uri)
        return await asyncio.to_thread(let_in)

    def unit_choices(self, session: StaffSession, *, now: datetime) -> list[Choice]:
        """Every commission, those that can be chosen first.

        Manual: "Notera att det ska stå "Vård och behandling" i kolumnen Syfte."
        """
        with self.store.transaction() as records:
            choices = [
                Choice(
                    commission=commission, why_not=_why_not(commission, records, self.rules, now)
                )
                for commission in session.commissions
            ]
        return sorted(
            choices, key=lambda choice: (bool(choice.why_not), choice.commission.unit_name)
        )

    def choose_unit(self, token: str, unit_id: HsaId, *, now: datetime) -> str:
        """Act for the unit from now on, and at the next sign-in; returns the new token.

        Raises `NotSignedIn`, or `NotFound` for a unit without a valid commission.
        """
        with self.store.transaction() as records:
            session = records.sessions.get(token, now=now)
            if unit_id not in _units(session.commissions, records, self.rules, now):
                raise NotFound("unit")
            renewed = records.sessions.choose_unit(token, unit_id, now=now)
            _log(replace(session, unit_id=unit_id), "valt enhet", records, now)
            return renewed

    async def sign_out(self, token: str, *, return_to: str) -> SignedOut:
        """End the session, if there is one, and ask where the provider forgets the browser too."""

        def end() -> StaffSession | None:
            with self.store.transaction() as records:
                return records.sessions.end(token)

        ended = await asyncio.to_thread(end)
        try:
            onwards = await self.sign_in.sign_out(ended.id if ended else None, return_to=return_to)
        except (TemporaryFailure, SignInFailed):
            onwards = None
        return SignedOut(session=ended, onwards=onwards)


def _session(
    claims: StaffClaims, records: Transaction, rules: Rules, now: datetime
) -> StaffSession:
    units = _units(claims.commissions, records, rules, now)
    session = StaffSession(
        staff_id=claims.staff_id,
        name=claims.name,
        commissions=claims.commissions,
        provided=provided_rights(claims.system_roles, units=units, roles=rules.right_roles),
        unit_id=_unit(claims, records, rules, now),
        id=claims.sign_in_id,
    )
    if not units and not present_rights(session, records, rules, now).held:
        raise _refusal(claims, records, rules, now)
    return session


def _refusal(
    claims: StaffClaims, records: Transaction, rules: Rules, now: datetime
) -> UtskickError:
    """Why none of the commissions lets somebody in."""
    if claims.without:
        return NoCommissionGiven(claims.without)
    if claims.only_picked and claims.commissions:
        return PickedCommissionUnfit(_why_not(claims.commissions[0], records, rules, now))
    return NoCommission(rules.purposes)


def _unit(claims: StaffClaims, records: Transaction, rules: Rules, now: datetime) -> HsaId | None:
    """The only unit; or the one chosen last, unless another was picked at the provider."""
    units = _units(claims.commissions, records, rules, now)
    if len(units) == 1:
        return units[0]
    last = records.sessions.chosen_unit(claims.staff_id)
    picked = [c.unit_id for c in claims.commissions if c.hsa_id == claims.picked]
    return last if last in units and (not picked or last in picked) else None


def _units(
    commissions: tuple[Commission, ...], records: Transaction, rules: Rules, now: datetime
) -> list[HsaId]:
    valid = [c.unit_id for c in commissions if not _why_not(c, records, rules, now)]
    return list(dict.fromkeys(valid))


def _why_not(commission: Commission, records: Transaction, rules: Rules, now: datetime) -> str:
    today = rules.today(now)
    if not commission.runs_on(today):
        return _not_now(commission, today)
    if not commission.valid(purposes=rules.purposes, today=today):
        return f"Syftet ska vara {' eller '.join(rules.purposes)}."
    unit = _find(commission.unit_id, records)
    if unit is None or unit.withdrawn_at is not None:
        return "Enheten är inte ansluten till Utskick."
    return ""


def _not_now(commission: Commission, today: date) -> str:
    if commission.ends_on is not None and commission.ends_on < today:
        return f"Uppdraget slutade {commission.ends_on:%Y-%m-%d}."
    return f"Uppdraget börjar {commission.starts_on:%Y-%m-%d}."


def _find(unit_id: HsaId, records: Transaction) -> Unit | None:
    try:
        return records.units.get(unit_id)
    except NotFound:
        return None


def _log(session: StaffSession, act: str, records: Transaction, now: datetime) -> None:
    """Of somebody who has no unit yet, the choice of one is logged instead."""
    if session.unit_id is None:
        return
    entry = LogEntry(
        actor=Actor(session.staff_id, session.unit_id), activity=Activity.READ, act=act
    )
    records.access_log.write([entry], now=now)
