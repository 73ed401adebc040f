"""How far the inbox has been asked about a list that is being gathered."""

from typing import Annotated, Literal

from fastapi import Query, Request, Response

from utskick.domain.errors import NotFound
from utskick.web.callers import Now, Wired
from utskick.web.pages.carried_list import Listed
from utskick.web.pages.frame import fragment
from utskick.web.pages.recipient_list import RecipientList
from utskick.web.pages.refusals import page_router
from utskick.web.pages.visitors import Staff

router = page_router()


@router.get("/mottagare/kontroll/{list_name}", name="recipients-so-far")
async def show(
    request: Request,
    list_name: str,
    visitor: Staff,
    wired: Wired,
    now: Now,
    *,
    bara: Annotated[Literal["", "antal"], Query()] = "",
    meddelande: Annotated[Literal["ja", "nej"], Query()] = "ja",
) -> Response:
    """The list with what is known by now, or only its progress. Raises `NotFound`."""
    persons = wired.watched_lists.find(list_name, actor=visitor.actor, now=now)
    if not persons:
        raise NotFound("list")
    gathered = RecipientList(
        listed=[Listed.of(each) for each in persons],
        watched_as=list_name,
        view=wired.watched_lists.view_of(list_name, actor=visitor.actor, now=now),
    )
    gathered.know(await wired.look_up_recipients.so_far(gathered.unknown))
    return fragment(
        "recipients_so_far.html",
        list=gathered,
        today=wired.rules.today(now),
        creates_inbox_message=meddelande == "ja",
        again=f"{request.url.path}?bara=antal" if bara else "",
    )
