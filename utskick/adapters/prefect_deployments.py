"""How an occasion looks in Prefect: what its deployment is called, says, and waits for.

Operators see all of it. It holds no personal data, as `OccasionPlan` holds none, and nothing that
staff have typed: names are those of the administration's packages and of 1177's forms.
"""

import re
from collections.abc import Sequence
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from prefect.client.schemas.actions import DeploymentScheduleCreate
from prefect.client.schemas.schedules import RRuleSchedule
from pydantic import BaseModel, TypeAdapter

from utskick.domain.occasions import OccasionId
from utskick.ports import OccasionPlan

_OCCASION = "tillfälle:"
_SLUG = "tillfalle"
_REFUSED_IN_NAMES = re.compile(r"[/%&<>]")
_DTSTART = re.compile(r"DTSTART:(\d{8}T\d{6})")
_MOMENT = "%Y%m%dT%H%M%S"

PARAMETERS: dict[str, Any] = {
    "type": "object",
    "properties": {"order": {"$ref": "#/definitions/Order", "position": 0, "title": "order"}},
    "required": ["order"],
    "additionalProperties": False,
    "definitions": {
        "Order": {
            "type": "object",
            "properties": {
                "occasion_id": {
                    "type": "string",
                    "pattern": "^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$",
                    "title": "Tillfälle",
                },
                "version": {
                    "type": "integer",
                    "minimum": 1,
                    "maximum": 1_000_000,
                    "default": 1,
                    "title": "Version",
                },
            },
            "required": ["occasion_id"],
            "additionalProperties": False,
        }
    },
}
"""What Prefect lets an operator fill in who starts an occasion's run, and keeps."""


class KnownRule(BaseModel):
    """`rrule` is empty in a schedule of another kind, which is none of ours."""

    rrule: str = ""
    timezone: str | None = None


class KnownSchedule(BaseModel):
    id: UUID
    active: bool
    schedule: KnownRule


class KnownDeployment(BaseModel):
    """What we need of a deployment that Prefect has.

    Not Prefect's own `DeploymentResponse`: to validate one with a time zone takes it 6 ms, as it
    looks through all zones on the disk, and the reconcilers read them all.
    """

    id: UUID
    name: str
    paused: bool
    tags: list[str]
    parameters: dict[str, Any]
    schedules: list[KnownSchedule]

    @property
    def active_rules(self) -> Sequence[KnownRule]:
        return [each.schedule for each in self.schedules if each.active]


KNOWN_DEPLOYMENTS = TypeAdapter(list[KnownDeployment])


def name_of(plan: OccasionPlan) -> str:
    """The page shows a one-shot schedule without its date, and cuts long names at their end."""
    package = _REFUSED_IN_NAMES.sub("-", plan.package_name)
    moment = f"{plan.local:%Y-%m-%d %H:%M}"
    return f"{moment} · {plan.number} av {plan.of} · {package} · {str(plan.occasion_id)[:8]}"


def tag_of(occasion_id: OccasionId) -> str:
    return f"{_OCCASION}{occasion_id}"


def tags_of(plan: OccasionPlan) -> list[str]:
    dispatch = f"paketutskick:{plan.dispatch_id}"
    return [f"enhet:{plan.unit_id}", dispatch, tag_of(plan.occasion_id)]


def parameters_of(plan: OccasionPlan) -> dict[str, dict[str, str | int]]:
    return {"order": {"occasion_id": str(plan.occasion_id), "version": plan.version}}


def description_of(plan: OccasionPlan, *, pages_url: str) -> str:
    """Markdown, with the way to the dispatch on the staff pages, and the command that shows it."""
    rows = {
        "Paketutskick": as_written(plan.package_name),
        "Enhet": plan.unit_id,
        "Tillfälle": f"{plan.number} av {plan.of}",
        "Skickas": f"{plan.local:%Y-%m-%d %H:%M:%S}",
        "Mottagare vid starten": str(plan.recipients),
    }
    table = "\n".join(f"| {name} | {value} |" for name, value in rows.items())
    forms = "\n".join(f"- {as_written(name)}" for name in plan.form_names)
    command = f"utskick show {plan.dispatch_id} --unit {plan.unit_id}"
    shown = f"[Visa utskicket]({pages_url}/paketutskick/{plan.dispatch_id}), eller `{command}`"
    return f"| | |\n|---|---|\n{table}\n\n**Formulär**\n\n{forms}\n\n{shown}"


def schedule_of(plan: OccasionPlan, *, active: bool) -> DeploymentScheduleCreate:
    once = _once(plan)
    schedule = RRuleSchedule(rrule=once.rrule, timezone=once.timezone)
    return DeploymentScheduleCreate(schedule=schedule, active=active, slug=_SLUG)


def is_as_planned(known: KnownDeployment, plan: OccasionPlan) -> bool:
    """Whether nothing need be renewed: that would drop the run and make another."""
    return (
        known.name == name_of(plan)
        and known.parameters == parameters_of(plan)
        and not known.paused
        and known.active_rules == [_once(plan)]
    )


def is_ahead(known: KnownDeployment, *, now: datetime) -> bool:
    """Whether its schedule will still start it."""
    return not known.paused and any(_moment(rule) > now for rule in known.active_rules)


def occasion_of(known: KnownDeployment) -> OccasionId | None:
    """`None` for a deployment that is no occasion's: operators may make their own."""
    for tag in known.tags:
        if tag.startswith(_OCCASION):
            with suppress(ValueError):
                return OccasionId(UUID(tag.removeprefix(_OCCASION)))
    return None


def version_of(known: KnownDeployment) -> int:
    """0, which no occasion has, if an operator has changed the parameters: then renew it."""
    match known.parameters:
        case {"order": {"version": int(version)}}:
            return version
    return 0


def _once(plan: OccasionPlan) -> KnownRule:
    """In local time without zone: with one, Prefect would shift the hour.

    Of the hour that comes twice in autumn Prefect takes the first, so the second is given in UTC.
    """
    zone = plan.local.tzinfo
    assert isinstance(zone, ZoneInfo)
    if plan.starts_at.astimezone(zone).fold:
        zone = ZoneInfo("UTC")
    start = plan.starts_at.astimezone(zone)
    rule = f"DTSTART:{start:{_MOMENT}}\nRRULE:FREQ=DAILY;COUNT=1"
    return KnownRule(rrule=rule, timezone=zone.key)


def _moment(rule: KnownRule) -> datetime:
    """A rule that is none of ours has no moment that we can wait for."""
    found = _DTSTART.search(rule.rrule)
    if found is None:
        return datetime.min.replace(tzinfo=UTC)
    zone = ZoneInfo(rule.timezone or "UTC")
    return datetime.strptime(found[1], _MOMENT).replace(tzinfo=zone)


def as_written(text: str) -> str:
    """As code, in which nothing is a link, an image or HTML: a name cannot end it.

    For what Prefect's pages render as Markdown.
    """
    return "`" + " ".join(text.replace("`", "'").replace("|", "/").split()) + "`"
