"""What is answered for a draft that is somebody else's, has been changed, or has been started."""

from fastapi import Request, Response

from utskick.domain.drafts import DraftStarted, NotOwnDraft
from utskick.web.pages.draft_desk import CONFIRMED, RefusedDraft, address_of
from utskick.web.pages.frame import page, see_other

_CONFLICT = 409


def refuse_draft(request: Request, error: RefusedDraft | NotOwnDraft | DraftStarted) -> Response:
    """With what is to be done about it."""
    if isinstance(error, DraftStarted):
        return _started(request, error)
    why = error.why if isinstance(error, RefusedDraft) else error
    return page(
        request,
        "draft_refused.html",
        visitor=request.state.visitor,
        status_code=_CONFLICT,
        why=why,
        is_taken=isinstance(why, NotOwnDraft),
        latest=address_of(why.draft),
        kept_at=error.kept_at if isinstance(error, RefusedDraft) else "",
    )


def _started(request: Request, error: DraftStarted) -> Response:
    """The dispatch that it has become; after another press, that nothing was started again."""
    address = f"/{request.url.path.split('/')[1]}"
    if request.method != "POST" or address not in CONFIRMED:
        return see_other(f"/paketutskick/{error.dispatch_id}")
    return see_other(f"{address}/{CONFIRMED[address]}/{error.dispatch_id}?redan=1")
