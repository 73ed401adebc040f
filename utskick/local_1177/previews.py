"""A form as residents will see it, for staff to look at. Nothing can be answered or kept."""

from fastapi import APIRouter, HTTPException, Response, status

from utskick.local_1177.neighbours import SharedWorld
from utskick.local_1177.pages import render
from utskick.local_1177.questions import questions_of

router = APIRouter(include_in_schema=False)


@router.get("/forhandsgranska/{template_id}")
async def preview(template_id: str, world: SharedWorld) -> Response:
    """Archived ones too: who asks why a form cannot be sent may see which it is."""
    form = world.state.execute("SELECT * FROM template WHERE id = ?", (template_id,)).fetchone()
    if form is None:
        raise HTTPException(status.HTTP_404_NOT_FOUND)
    return render(
        "preview.html",
        person=None,
        form=form,
        questions=questions_of(world.state, template_id),
    )
