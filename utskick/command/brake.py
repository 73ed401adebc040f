"""Nödbroms from the terminal: what holds, what would be hit, pull and release."""

from typing import Annotated
from uuid import UUID

import typer
from rich.table import Table

from utskick.command.output import actor_for, failures_in_words, out
from utskick.domain.brakes import BrakeId, BrakeScope
from utskick.domain.errors import NotFound
from utskick.domain.forms import FormTemplateId
from utskick.domain.units import Actor, parse_hsa_id
from utskick.use_cases.pull_brake import Hit
from utskick.web.brake_words import hit_in_words, hit_table, pulled_in_words, released_in_words
from utskick.wiring import Services, services

app = typer.Typer(help="Nödbroms: håll allt som skickas av ett formulär, en enhet eller alla.")


def add_to(command: typer.Typer, *, panel: str) -> None:
    """Add these commands."""
    command.add_typer(app, name="brake", rich_help_panel=panel)


@app.command("list")
def list_brakes() -> None:
    """Visa de nödbromsar som är dragna, med id."""
    with failures_in_words():
        register = services().pull_brake.list_brakes()
    if not register.pulled:
        out.print("Ingen nödbroms är dragen.")
        return
    table = Table("Id", "Gäller", "Sedan", "Skäl", "Hålls")
    for brake, hit in register.pulled:
        table.add_row(str(brake.id), hit.target, brake.since, brake.cause, str(hit.total))
    out.print(table)


@app.command("pull")
def pull(
    cause: Annotated[str, typer.Option(help="Varför. Alla enheter som berörs läser det.")],
    unit: Annotated[str, typer.Option(help="En enhets HSA-id.")] = "",
    form: Annotated[str, typer.Option(help="En formulärmalls nyckel eller namn.")] = "",
    *,
    everything: Annotated[bool, typer.Option("--all", help="Alla utskick.")] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Fråga inte.")] = False,
) -> None:
    """Visa vad som berörs, fråga, och dra nödbromsen. En sekund senare skickas inget av det."""
    if [bool(unit), bool(form), everything].count(True) != 1:
        raise typer.BadParameter("Ange ett av --unit, --form och --all.")
    with failures_in_words():
        wired = services()
        scope = _scope(wired, unit, form)
        _show(wired.pull_brake.would_hit(scope))
        if not yes:
            typer.confirm("Vill du dra nödbromsen?", abort=True)
        pulled = wired.pull_brake.pull(scope, cause, actor=_actor(wired), now=wired.clock.now())
    out.print(pulled_in_words(pulled))
    out.print(f"Släpp den med: utskick brake release {pulled.brake.id}")


@app.command("release")
def release(
    brake_id: Annotated[UUID, typer.Argument(help="Nödbromsens id: utskick brake list")],
    *,
    yes: Annotated[bool, typer.Option("--yes", help="Fråga inte.")] = False,
) -> None:
    """Visa vad som går vidare, fråga, och släpp nödbromsen."""
    with failures_in_words():
        wired = services()
        _show(wired.pull_brake.held_by(BrakeId(brake_id)))
        if not yes:
            typer.confirm("Vill du släppa nödbromsen?", abort=True)
        released = wired.pull_brake.release(
            BrakeId(brake_id), actor=_actor(wired), now=wired.clock.now()
        )
    out.print(released_in_words(released))


def _actor(wired: Services) -> Actor:
    return actor_for(wired.settings.source_system_hsa_id)


def _scope(wired: Services, unit: str, form: str) -> BrakeScope:
    """Raises `InvalidHsaId` or `NotFound`."""
    if unit:
        return BrakeScope(unit_id=parse_hsa_id(unit))
    return BrakeScope(template_id=_template(wired, form)) if form else BrakeScope()


def _template(wired: Services, form: str) -> FormTemplateId:
    with wired.store.transaction() as records:
        found = records.forms.find(form)
    if found is None:
        raise NotFound("form template")
    return found.id


def _show(hit: Hit) -> None:
    out.print(hit_in_words(hit))
    rows = hit_table(hit)
    if rows:
        table = Table(*rows[0])
        for row in rows:
            table.add_row(*map(str, row.values()))
        out.print(table)
