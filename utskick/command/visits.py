"""What is done with visits from a terminal."""

import asyncio
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from utskick.command.output import Json, UnitOption, actor_for, err, failures_in_words, out, show
from utskick.domain.recipients import FileTooLarge
from utskick.domain.seen_sheets import ListQuestion, Wish
from utskick.domain.visit_messages import Change, ReadVisits
from utskick.use_cases.change_visits import VisitResult
from utskick.web.visit_views import VisitsReadView, rows_view
from utskick.wiring import Services, services

_PANEL = "Utskick"


def add_to(app: typer.Typer) -> None:
    """Add this command."""
    app.command("visits", rich_help_panel=_PANEL)(visits)


def visits(
    file: Annotated[
        Path, typer.Argument(help="CSV, Excel eller FHIR R4 (JSON).", exists=True, dir_okay=False)
    ],
    unit: UnitOption,
    *,
    package: Annotated[
        str, typer.Option("--package", help="Grundplåten, om enheten har flera besöksutskick.")
    ] = "",
    sheet: Annotated[str, typer.Option("--sheet", help="Vilket blad, om flera har besök.")] = "",
    visible_only: Annotated[
        bool, typer.Option("--visible-only", help="Ta bara det som syns och inte är överstruket.")
    ] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Visa vad som skulle hända, och ändra inget.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Läs in besök från en fil: nya läggs till, flyttade flyttas och avbokade tas bort.

    Varje rad har sitt eget svar. Slutkoden är 1 om någon rad inte togs emot.
    """
    wish = Wish(sheet, leave_out_hidden=visible_only)
    with failures_in_words():
        wired = services()
        read, results = _taken(wired, file, unit, package, wish, dry_run=dry_run)
    view = rows_view(results, read.refused, read.notes)
    show(view, lambda: _print(view, dry_run=dry_run), as_json=as_json)
    if Change.REFUSED.value in view.counts:
        raise typer.Exit(1)


def _taken(
    wired: Services, file: Path, unit: str, package: str, wish: Wish, *, dry_run: bool
) -> tuple[ReadVisits, list[VisitResult]]:
    actor, now = actor_for(unit), wired.clock.now()
    if file.stat().st_size > wired.rules.limits.file_bytes:
        raise FileTooLarge(allowed=wired.rules.limits.file_bytes)
    try:
        read = wired.read_visit_list(file.read_bytes(), wish=wish, now=now)
    except ListQuestion as asked:
        remedy = "Ange bladet med --sheet." if asked.sheets else "Eller ange --visible-only."
        err.print(f"{asked.staff_message} {remedy}")
        raise typer.Exit(1) from None
    standing_id = wired.standing_dispatches.find(package, actor=actor)
    take = wired.change_visits.foresee if dry_run else wired.change_visits
    taking = take(read.messages, standing_id=standing_id, actor=actor, now=now)
    return read, asyncio.run(taking)


def _print(view: VisitsReadView, *, dry_run: bool) -> None:
    for note in view.notes:
        err.print(note)
    if refused := [row for row in view.rows if row.change == Change.REFUSED.value]:
        table = Table("Rad", "Referens", "Varför", "Vad du kan göra")
        for row in refused:
            table.add_row(row.place, row.reference, row.reason, row.remedy)
        out.print(table)
    counted = ", ".join(f"{change}: {number}" for change, number in view.counts.items())
    out.print(f"{'Skulle bli: ' if dry_run else ''}{counted or 'Inga besök.'}")
