"""Who visits a page, and whether what they post comes from that page."""

import asyncio
import base64
import hashlib
import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Annotated, TypeVar
from urllib.parse import urlsplit

from fastapi import Depends, Request
from starlette.datastructures import FormData

from utskick.domain.brakes import Brake
from utskick.domain.errors import UtskickError
from utskick.domain.rate_limits import Limit
from utskick.domain.rights import OF_CHOSEN_UNIT, NotAllowed, Right, Rights
from utskick.domain.staff import NotSignedIn, StaffSession, UnitChoiceNeeded
from utskick.domain.units import Actor, HsaId, Unit
from utskick.use_cases.current_session import Present
from utskick.web.callers import Now, Wired, secret_of
from utskick.web.noted import is_by
from utskick.web.pages.form_body import read_form, watch
from utskick.wiring import Services

COOKIE = "__Host-utskick"
"""Holds the session's token: bound to this host, never read by scripts."""


FOR_UNIT = "for_enhet"
"""The field of each form that says which unit it was made for."""
_OF_NO_UNIT = ("/valj-enhet", "/inloggningar", "/forvaltning")


class ForeignForm(UtskickError):
    """A form that was posted from another site."""

    def __init__(self) -> None:
        super().__init__("a form was posted from another site")
        self.staff_message = (
            "Sidan skickades inte härifrån, så inget är gjort. Gå till startsidan och försök igen."
        )


class StaleForm(UtskickError):
    """A form of an earlier session: the person has signed in anew since it was shown."""

    def __init__(self) -> None:
        super().__init__("the form belongs to an earlier session")
        self.staff_message = (
            "Du har loggat in på nytt eller bytt enhet sedan sidan visades, så inget är gjort än."
        )


class OtherUnit(UtskickError):
    """A form that was made for another unit than the one that is chosen now."""

    def __init__(self, made_for: str, now_at: str) -> None:
        super().__init__("the form was made for another unit")
        self.staff_message = (
            f"Sidan gjordes för {made_for}, men nu arbetar du för {now_at}. Inget är skickat eller"
            f" ändrat. Byt tillbaka till {made_for} och fortsätt, eller börja om."
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Visitor:
    """A signed-in person. `actor` acts for the chosen unit, or for the administration.

    `picks_unit_there`: another unit is chosen at the identity provider, in a new sign-in.
    `brakes` keep the chosen unit from sending; each with what it is on.
    """

    session: StaffSession
    unit: Unit | None
    rights: Rights
    actor: Actor
    csrf: str
    picks_unit_there: bool
    brakes: Sequence[tuple[Brake, str]] = ()

    def may(self, right: Right) -> bool:
        """For the chosen unit, where it shows patients; else for any unit."""
        if right in OF_CHOSEN_UNIT:
            return self.unit is not None and self.rights.has(right, self.unit.id)
        return self.rights.anywhere(right)


def csrf_of(token: str) -> str:
    """What each form of the session carries, so that no other site can post one."""
    digest = hashlib.sha256(f"csrf:{token}".encode()).digest()
    return base64.urlsafe_b64encode(digest).decode().rstrip("=")


async def _signed_in(request: Request, wired: Wired, now: Now) -> Visitor:
    """Anyone signed in, with or without a unit.

    Raises `NotSignedIn`, `CommissionEnded` or `TooOften`.
    """
    token = request.cookies.get(COOKIE)
    if not token:
        raise NotSignedIn
    present, brakes = await asyncio.to_thread(_look, wired, token, now)
    session, unit = present.session, present.unit
    acts_for = unit.id if unit else HsaId(wired.settings.source_system_hsa_id)
    visitor = Visitor(
        session=session,
        unit=unit,
        rights=present.rights,
        actor=Actor(session.staff_id, acts_for),
        csrf=csrf_of(token),
        picks_unit_there=wired.settings.sign_in.commissions == "picked",
        brakes=brakes,
    )
    request.state.visitor, request.state.known = visitor, True
    is_by(request, visitor.actor)
    wired.rate_limits.take(Limit.SESSION, secret_of(token))
    return visitor


def _look(
    wired: Services, token: str, now: datetime
) -> tuple[Present, Sequence[tuple[Brake, str]]]:
    present = wired.current_session(token, now=now)
    return present, wired.pull_brake.list_of_unit(present.unit.id) if present.unit else ()


SignedInVisitor = Annotated[Visitor, Depends(_signed_in)]


@dataclass(frozen=True, slots=True, kw_only=True)
class StaffVisitor(Visitor):
    """A person who has chosen a unit."""

    unit: Unit


def _needs_of_unit(right: Right) -> Callable[..., StaffVisitor]:
    def need(visitor: SignedInVisitor) -> StaffVisitor:
        """Raises `UnitChoiceNeeded` or `NotAllowed`."""
        if visitor.unit is None:
            raise UnitChoiceNeeded
        if not visitor.may(right):
            raise NotAllowed(right, visitor.unit.name)
        return StaffVisitor(
            session=visitor.session,
            unit=visitor.unit,
            rights=visitor.rights,
            actor=visitor.actor,
            csrf=visitor.csrf,
            picks_unit_there=visitor.picks_unit_there,
            brakes=visitor.brakes,
        )

    return _marked(need, right)


def _needs(right: Right) -> Callable[..., Visitor]:
    def need(visitor: SignedInVisitor, wired: Wired) -> Visitor:
        """Acts for the regional administration, whose list of changes it is in.

        Raises `NotAllowed`.
        """
        if not visitor.may(right):
            raise NotAllowed(right)
        administration = HsaId(wired.settings.source_system_hsa_id)
        return replace(visitor, actor=Actor(visitor.session.staff_id, administration))

    return _marked(need, right)


Needing = TypeVar("Needing", bound=Callable[..., Visitor])


def _marked(need: Needing, right: Right) -> Needing:
    """So that a test can hold each route against the table of who may."""
    need.right = right  # type: ignore[attr-defined]  # functions take attributes
    return need


Staff = Annotated[StaffVisitor, Depends(_needs_of_unit(Right.DISPATCH))]
FollowUpStaff = Annotated[StaffVisitor, Depends(_needs_of_unit(Right.FOLLOW_UP))]
LogReader = Annotated[StaffVisitor, Depends(_needs_of_unit(Right.LOG))]
Designer = Annotated[Visitor, Depends(_needs(Right.FORM_DESIGN))]
LocalAdministrator = Annotated[Visitor, Depends(_needs(Right.LOCAL_ADMINISTRATION))]
Administrator = Annotated[Visitor, Depends(_needs(Right.REGIONAL_ADMINISTRATION))]


async def _posted(request: Request, visitor: SignedInVisitor) -> FormData:
    """What was posted, once it is known to come from a page of this session.

    Raises `ForeignForm`, `OtherUnit` or `StaleForm`.
    """
    require_own_origin(request)
    posted = await read_form(request)
    _require_its_unit(request, posted, visitor)
    if not secrets.compare_digest(str(posted.get("csrf", "")).encode(), visitor.csrf.encode()):
        raise StaleForm
    watch(request)
    return posted


def _require_its_unit(request: Request, posted: FormData, visitor: Visitor) -> None:
    """Whatever tab the unit was changed in: nothing is sent for another than was seen."""
    made_for = posted.get(FOR_UNIT)
    now_at = visitor.unit
    of_a_unit = not request.url.path.startswith(_OF_NO_UNIT)
    if made_for and now_at and made_for != now_at.id and of_a_unit:
        names = {each.unit_id: each.unit_name for each in visitor.session.commissions}
        raise OtherUnit(names.get(HsaId(str(made_for)), "en annan enhet"), now_at.name)


Posted = Annotated[FormData, Depends(_posted)]


def require_own_origin(request: Request) -> None:
    """Raise `ForeignForm` if the browser says that another site made the request."""
    site = request.headers.get("sec-fetch-site", "same-origin")
    origin = request.headers.get("origin")
    ours = request.headers.get("host", "")
    if site != "same-origin" or (origin is not None and urlsplit(origin).netloc != ours):
        raise ForeignForm
