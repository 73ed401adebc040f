"""The operator's hand on the form engine and the platform: what nobody promises of them."""

from typing import Any, Literal
from uuid import uuid4

from fastapi import APIRouter, HTTPException, status
from pydantic import BaseModel, Field

from utskick.local_1177.forms import add_form
from utskick.local_1177.kept_dates import KeptDates
from utskick.local_1177.neighbours import SharedWorld, World
from utskick.local_1177.notices import Receiver, send_notices_to
from utskick.local_1177.people import find_person
from utskick.local_1177.state import transaction
from utskick.local_1177.templates import ARCHIVED, PUBLISHED, newest_version, set_versions

router = APIRouter(prefix="/control", tags=["control"])


class Versions(BaseModel):
    """Each version's status, a text that the contract does not limit."""

    versions: dict[int, str] = Field(min_length=1)


class NewTemplate(Versions):
    """`id` is any text: no contract says what it looks like. It has no questions."""

    id: str
    name: str
    catalogue: Literal["own", "shared", "nafs"] = "nafs"
    owner: str | None = None


class NewForm(BaseModel):
    """A form that another system or the resident has made: dates and moment may be any text."""

    personnummer: str
    unit: str
    template: str
    expire_date: str = ""
    keep_until: str = ""
    created: str | None = None


class Dates(BaseModel):
    """What is left out is as it should be."""

    moves_expire_days: int = 0
    moves_keep_days: int = 0
    forgets_expire: bool = False
    forgets_keep: bool = False
    says_so: bool = False


class PlatformChange(BaseModel):
    """What is left out stays as it is."""

    name: str | None = None
    in_front: bool | None = None
    waits_s: float | None = Field(default=None, ge=0)
    again_after_s: float | None = Field(default=None, ge=0)
    takes_original_consumer: bool | None = None
    logical_addresses: dict[Literal["forms", "inbox", "persons"], str] | None = None


class NoticeReceiver(BaseModel):
    """A care system; see `Receiver`."""

    url: str
    logical_address: str = Field(min_length=1)
    header: str = ""
    value: str = ""
    times: int = Field(default=1, ge=1)
    retry_s: float = Field(default=4, ge=0)


@router.post("/templates", status_code=status.HTTP_204_NO_CONTENT)
async def add_template(template: NewTemplate, world: SharedWorld) -> None:
    with transaction(world.state):
        world.state.execute(
            "INSERT INTO template VALUES (?, ?, ?, ?, '', ?, ?, '[]')",
            (
                *(template.id, str(uuid4()), template.name, template.name),
                *(template.catalogue, template.owner),
            ),
        )
        set_versions(world.state, template.id, template.versions)


@router.put("/templates/{template}/versions", status_code=status.HTTP_204_NO_CONTENT)
async def change_versions(template: str, change: Versions, world: SharedWorld) -> None:
    _require_template(world, template)
    with transaction(world.state):
        set_versions(world.state, template, change.versions)


@router.post("/templates/{template}/archive", status_code=status.HTTP_204_NO_CONTENT)
async def archive(template: str, world: SharedWorld) -> None:
    """Every version of it."""
    _require_template(world, template)
    world.state.execute(
        "UPDATE template_version SET publish_status = ? WHERE template_id = ?",
        (ARCHIVED, template),
    )


@router.post("/templates/{template}/publish", status_code=status.HTTP_204_NO_CONTENT)
async def publish(template: str, world: SharedWorld) -> None:
    """Its newest version, if none is."""
    _require_template(world, template)
    world.state.execute(
        "UPDATE template_version SET publish_status = ? WHERE template_id = ? AND version = ?",
        (PUBLISHED, template, newest_version(world.state, template)),
    )


@router.post("/forms")
async def add_somebody_elses_form(form: NewForm, world: SharedWorld) -> dict[str, Any]:
    person = find_person(world.state, form.personnummer)
    if person is None:
        raise HTTPException(status.HTTP_404_NOT_FOUND, "no such person")
    _require_template(world, form.template)
    form_id = add_form(
        world.state,
        template_id=form.template,
        unit=form.unit,
        person_ref=person["ref"],
        expire_date=form.expire_date,
        keep_until=form.keep_until,
        banner="",
        now=world.clock(),
    )
    if form.created is not None:
        world.state.execute("UPDATE form SET created_at = ? WHERE id = ?", (form.created, form_id))
    return {"formId": form_id}


@router.put("/dates", status_code=status.HTTP_204_NO_CONTENT)
async def keep_dates(dates: Dates, world: SharedWorld) -> None:
    """From now on forms are stored with dates that differ so from those asked for."""
    world.kept_dates = KeptDates(**dates.model_dump())


@router.post("/platform", status_code=status.HTTP_204_NO_CONTENT)
async def change_platform(change: PlatformChange, world: SharedWorld) -> None:
    for name, value in change.model_dump(exclude_none=True).items():
        if name == "logical_addresses":
            world.platform.logical_addresses |= value
        else:
            setattr(world.platform, name, value)


@router.put("/notices", status_code=status.HTTP_204_NO_CONTENT)
async def send_notices(receiver: NoticeReceiver, world: SharedWorld) -> None:
    """From now on."""
    send_notices_to(world.state, Receiver(**receiver.model_dump()))


@router.delete("/notices", status_code=status.HTTP_204_NO_CONTENT)
async def send_no_notices(world: SharedWorld) -> None:
    """Nor what has not been heard yet."""
    send_notices_to(world.state, None)


@router.get("/notices")
async def count_notices(world: SharedWorld) -> dict[str, int]:
    """How many have still to be heard, and how many of them have been said in vain."""
    counted = world.state.execute("SELECT count(*), total(tries > 0) FROM notice").fetchone()
    return dict(zip(("waiting", "in_vain"), map(int, counted), strict=True))


def _require_template(world: World, template: str) -> None:
    if not world.state.execute("SELECT 1 FROM template WHERE id = ?", (template,)).fetchone():
        raise HTTPException(status.HTTP_404_NOT_FOUND, "no such template")
