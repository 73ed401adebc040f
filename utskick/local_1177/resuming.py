"""A page that was posted in a visit that is no more: expired, ended, or before a restart."""

from collections.abc import Mapping

from fastapi import Request, Response, status

from utskick.local_1177.carried import Carried, carried_from, seal, unseal
from utskick.local_1177.pages import show_error
from utskick.local_1177.people import holders_named
from utskick.local_1177.visits import ResidentVisit, StaleVisit, own_address

LOST = "Du är inte inloggad längre. Logga in igen, så fortsätter du."
LOST_BUT_CARRIED = (
    "Du är inte inloggad längre, så inget är sparat. Logga in igen som samma person, så finns det"
    " du fyllde i kvar."
)


async def answer_stale_visit(request: Request, error: Exception) -> Response:
    """Ask for the sign-in again, or go on if the same resident has signed in meanwhile."""
    assert isinstance(error, StaleVisit)
    visit, fields = error.visit, error.fields
    carried = carried_by(visit, fields) or carried_from(request.url.path, fields)
    if visit.signed_in is None:
        return sign_in_page(
            visit,
            then=own_address(fields.get("till", "/")),
            carried=carried,
            notice=LOST_BUT_CARRIED if carried else LOST,
            status_code=status.HTTP_403_FORBIDDEN,
        )
    if carried is None:
        return show_error(status.HTTP_403_FORBIDDEN)
    if carried.person_ref != visit.session.person_ref:
        sealed = seal(visit.world.state, carried)
        return visit.page("other_person.html", status_code=status.HTTP_403_FORBIDDEN, buret=sealed)
    return resume(visit, carried)


def carried_by(visit: ResidentVisit, fields: Mapping[str, str]) -> Carried | None:
    """What a page of the sign-in carries."""
    return unseal(visit.world.state, fields.get("buret", ""))


def resume(visit: ResidentVisit, carried: Carried) -> Response:
    """Lead to where it was filled in, if the same resident is signed in; else to the start."""
    if carried.person_ref != visit.session.person_ref:
        return visit.go("/")
    visit.session.unsaved[carried.path] = carried.fields
    return visit.go(carried.path.replace("/bekrafta", "/granska"))


def sign_in_page(
    visit: ResidentVisit,
    *,
    then: str,
    words: str = "",
    carried: Carried | None = None,
    notice: str = "",
    status_code: int = status.HTTP_200_OK,
) -> Response:
    return visit.page(
        "sign_in.html",
        status_code=status_code,
        words=words,
        persons=holders_named(visit.world.state, words),
        then=then,
        notice=notice,
        buret=seal(visit.world.state, carried) if carried else "",
    )
