"""`utskick check-connections`: reach every neighbour once, and say what is wrong."""

import asyncio
import json
from collections.abc import Sequence
from dataclasses import asdict
from typing import Annotated

import typer
from rich.text import Text

from config.settings import Settings
from utskick.adapters.system_clock import SystemClock
from utskick.command.output import AWAY, Json, failures_in_words, out
from utskick.domain.connections import Reached
from utskick.domain.units import HsaId, parse_hsa_id
from utskick.wiring.connections import NOT_TRIED, AskedAbout, check_connections, first_unit
from utskick.wiring.rules import rules_of

_HARMLESS = "19121212-1212"
"""The Tax Agency's own test person."""


def add_to(app: typer.Typer) -> None:
    """Add this command."""
    app.command("check-connections", rich_help_panel="Förvaltning och drift")(check)


def check(
    unit: Annotated[
        str, typer.Option(help="A unit to ask the form service about; else the first we know.")
    ] = "",
    person: Annotated[
        str,
        typer.Option(
            envvar="UTSKICK_TEST_PERSON",
            help="A test person's number, to ask the inbox about, too. It is never printed.",
        ),
    ] = "",
    *,
    as_json: Json = False,
) -> None:
    """Read every neighbour once, change nothing, and say what is wrong. Exit code 3: something is.

    For engineers: certificates, addresses, agreements, time-outs.
    """
    settings = Settings()
    with failures_in_words():
        about = _about(settings, unit, person)
    findings = asyncio.run(check_connections(settings, about, now=SystemClock().now()))
    if as_json:
        typer.echo(json.dumps([asdict(each) | {"good": each.good} for each in findings], indent=2))
    else:
        _print(findings)
    if not all(each.good for each in findings):
        raise typer.Exit(AWAY)


def _about(settings: Settings, unit: str, person: str) -> AskedAbout:
    """Raises `InvalidHsaId` and `InvalidPersonnummer`, which do not repeat what was given."""
    rules, now = rules_of(settings), SystemClock().now()
    known = parse_hsa_id(unit) if unit else first_unit(settings)
    return AskedAbout(
        unit_id=known or HsaId(settings.source_system_hsa_id),
        harmless=rules.personnummer(_HARMLESS, now),
        person=rules.personnummer(person, now) if person else None,
    )


def _print(findings: Sequence[Reached]) -> None:
    for each in findings:
        mark = Text("good", "green") if each.good else Text(str(each.trouble), "bold red")
        out.print(mark, Text(each.neighbour, "bold"), each.asked)
        if each.address:
            out.print(f"  {each.address}", style="dim", soft_wrap=True)
        out.print(f"  {each.words}", soft_wrap=True)
        if each.remedy:
            out.print(f"  → {each.remedy}", soft_wrap=True)
    wrong = sum(not each.good for each in findings)
    out.print(f"Not tried, as they change something: {', '.join(NOT_TRIED)}", soft_wrap=True)
    out.print(f"{wrong} of {len(findings)} are not as they should be" if wrong else "All is well")
