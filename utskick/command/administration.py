"""What the regional administration and operators do."""

import asyncio
import json
from collections.abc import Mapping, Sequence
from datetime import timedelta
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Column, Table

from utskick.adapters.yaml_region import read_region
from utskick.command import brake
from utskick.command.output import (
    REFUSED,
    UnitOption,
    actor_for,
    failures_in_words,
    out,
    print_check,
)
from utskick.command.specs import DispatchFile, FormFile
from utskick.domain.log_head_lines import read_heads
from utskick.domain.region import RegionDifference
from utskick.domain.tokens import LASTS, LONGEST, Scope
from utskick.domain.units import HsaId, parse_hsa_id
from utskick.records import Store, Transaction
from utskick.web.catalogue_words import fetched_in_words, template_table
from utskick.web.package_words import schedule_in_words
from utskick.web.region_words import difference_table, loaded_in_words
from utskick.wiring import services

TokenName = Annotated[str, typer.Argument(help="What the unit calls it, to revoke it by.")]


_PANEL = "Förvaltning och drift"


def add_to(app: typer.Typer) -> None:
    """Add these commands."""
    app.command("load-packages", rich_help_panel=_PANEL)(load_packages)
    app.command("fetch-templates", rich_help_panel=_PANEL)(fetch_templates)
    app.command("reconcile", rich_help_panel=_PANEL)(reconcile)
    app.command("clean-up", rich_help_panel=_PANEL)(clean_up)
    app.command("purge", rich_help_panel=_PANEL)(purge)
    app.command("watch-templates", rich_help_panel=_PANEL)(watch_templates)
    app.command("compare-ledger", rich_help_panel=_PANEL)(compare_ledger)
    app.command("export-schema", rich_help_panel=_PANEL)(export_schema)
    app.command("packages", rich_help_panel=_PANEL)(packages)
    app.command("forms", rich_help_panel=_PANEL)(forms)
    app.command("check-log", rich_help_panel=_PANEL)(check_log)
    app.command("add-token", rich_help_panel=_PANEL)(add_token)
    app.command("revoke-token", rich_help_panel=_PANEL)(revoke_token)
    brake.add_to(app, panel=_PANEL)
    app.command("mark-restored", rich_help_panel=_PANEL)(mark_restored)


def load_packages(
    folder: Annotated[Path | None, typer.Argument(help="Regionens mapp.", file_okay=False)] = None,
    *,
    apply: Annotated[
        bool,
        typer.Option(
            "--apply", help="Inför skillnaderna: filerna gäller före det som är ändrat på sidorna."
        ),
    ] = False,
) -> None:
    """Läs in det som är nytt i regionens filer, och visa vad som skiljer.

    Enheter, formulärmallar, prenumerationer och grundplåtar. Det som redan finns ändras inte utan
    --apply.
    """
    with failures_in_words():
        wired = services()
        region = read_region(
            folder or wired.settings.region,
            texts=wired.texts,
            forms_desk=wired.rules.forms_desk,
        )
        actor = actor_for(wired.settings.source_system_hsa_id)
        loaded = wired.load_region(region, actor=actor, now=wired.clock.now())
        _print_differences(loaded.differences)
        if apply:
            wired.apply_region(loaded.differences, actor=actor, now=wired.clock.now())
    out.print(loaded_in_words(loaded, applied=apply))
    if loaded.differences and not apply:
        out.print("Inför med --apply: då gäller filerna före det som är ändrat på sidorna.")


def _print_differences(differences: Sequence[RegionDifference]) -> None:
    _print_rows(difference_table(differences))


def _print_rows(rows: Sequence[Mapping[str, str]]) -> None:
    if rows:
        table = Table(*rows[0])
        for row in rows:
            table.add_row(*row.values())
        out.print(table)


def fetch_templates(
    *,
    confirm: Annotated[
        bool, typer.Option("--confirm", help="Inför även arkiveringar som hålls.")
    ] = False,
) -> None:
    """Hämta formulärmallarnas namn, versioner och arkiveringar från 1177, och visa vad som skilde.

    Det som är nytt tas in på sidan Mallkatalog, eller ur regionens filer.
    """
    with failures_in_words():
        wired = services()
        fetched = asyncio.run(
            wired.fetch_templates(
                actor=actor_for(wired.settings.source_system_hsa_id),
                now=wired.clock.now(),
                confirmed=confirm,
            )
        )
    _print_rows(template_table(fetched, confirmed=confirm))
    out.print(fetched_in_words(fetched, confirmed=confirm))


def reconcile() -> None:
    """Hold the store against Prefect and the clock, and mend what differs."""
    with failures_in_words():
        wired = services()
        mended = asyncio.run(wired.reconcile())
        audited = wired.audit()
        mails = wired.mail_errors()
    out.print(f"{mended}, {audited}, {mails}")


def clean_up() -> None:
    """Delete dispatches that ended seven days ago."""
    with failures_in_words():
        wired = services()
        deleted = wired.clean_up(now=wired.clock.now())
    out.print(f"{deleted} dispatches deleted")


def purge() -> None:
    """Delete what has been kept for as long as it may be (`UTSKICK_RETENTION__…`)."""
    with failures_in_words():
        wired = services()
        purged = wired.purge_expired(now=wired.clock.now())
    out.print(f"{purged} deleted")


def watch_templates() -> None:
    """Mail when a form of an ongoing dispatch has been archived or unsubscribed."""
    with failures_in_words():
        wired = services()
        blocking = asyncio.run(wired.watch_templates(now=wired.clock.now()))
        mails = wired.mail_errors()
    out.print(f"{blocking} forms block ongoing dispatches, {mails}")


def compare_ledger() -> None:
    """Hold the last 48 hours' ledger against the form service."""
    with failures_in_words():
        wired = services()
        compared = asyncio.run(wired.compare_ledger(now=wired.clock.now()))
    out.print(
        f"{compared.persons} persons, {compared.missing} missing, {compared.extra} extra,"
        f" {compared.twice} of them made twice"
    )


class SpecKind(StrEnum):
    """What a spec file holds."""

    PACKAGE = "package"
    FORM = "form"


def export_schema(kind: Annotated[SpecKind, typer.Argument()] = SpecKind.PACKAGE) -> None:
    """Print the JSON Schema of a spec file."""
    model = FormFile if kind is SpecKind.FORM else DispatchFile
    typer.echo(json.dumps(model.model_json_schema(), ensure_ascii=False, indent=2))


def packages(unit: UnitOption) -> None:
    """Visa de grundplåtar som enheten kan starta."""
    with failures_in_words(), services().store.transaction() as records:
        table = Table(Column("Nyckel", no_wrap=True), "Namn", "Tillfällen", "Tid")
        for package in records.packages.list_for(_known(unit, records)):
            at = f"{package.time:%H:%M}" if package.time else "–"
            spread = f"{package.occasions} {schedule_in_words(package)}".strip()
            table.add_row(package.key, package.name, spread, at)
    out.print(table)


def forms(unit: UnitOption) -> None:
    """Visa formulärmallar, och vilka av dem som enheten kan skicka."""
    with failures_in_words(), services().store.transaction() as records:
        table = Table(Column("Nyckel", no_wrap=True), "Namn", "Går att skicka")
        for access in records.forms.list_for(_known(unit, records)):
            why_not = "Nej, arkiverad" if access.form.archived else "Nej, saknar prenumeration"
            table.add_row(access.form.key, access.form.name, "Ja" if access.sendable else why_not)
    out.print(table)


def check_log(
    unit: Annotated[
        str, typer.Option("--unit", help="Enhetens HSA-id. Utan det kontrolleras alla loggar.")
    ] = "",
    heads: Annotated[
        Path | None, typer.Option(help="Sparade huvuden, till exempel ur mejlen.", dir_okay=False)
    ] = None,
) -> None:
    """Kontrollera om poster i loggen har ändrats, bytts ut eller tagits bort."""
    with failures_in_words():
        wired = services()
        now = wired.clock.now()
        more = read_heads(heads.read_text(errors="replace")) if heads else []
        every = wired.check_access_log.logs(now=now)
        chosen = [_logged(unit, every, wired.store)] if unit else every
        checks = {each: wired.check_access_log.check_log(each, more=more) for each in chosen}
        wired.check_access_log.write_heads(now=now)
    for unit_id, check in checks.items():
        print_check(unit_id, check)
    if not all(check.whole for check in checks.values()):
        raise typer.Exit(REFUSED)


def add_token(
    unit: UnitOption,
    name: TokenName,
    scope: Annotated[
        list[Scope] | None, typer.Option(help="Vad nyckeln får; annars allt.")
    ] = None,
    days: Annotated[int, typer.Option(min=1, max=LONGEST.days, help="Så länge gäller den.")] = (
        LASTS.days
    ),
) -> None:
    """Make a token for a unit's system, and print it: it cannot be shown again.

    It opens nothing before the unit's manager has confirmed it, on the page Nycklar.
    """
    with failures_in_words():
        wired = services()
        actor = actor_for(unit)
        token = wired.administer_units.make_token(
            actor.unit_id,
            name,
            scopes=scope or tuple(Scope),
            lasts=timedelta(days=days),
            actor=actor,
            now=wired.clock.now(),
        )
    typer.echo(token)


def revoke_token(unit: UnitOption, name: TokenName) -> None:
    """Revoke a unit's token by its name."""
    with failures_in_words():
        wired = services()
        actor = actor_for(unit)
        wired.administer_units.revoke_token(
            actor.unit_id, name, actor=actor, now=wired.clock.now()
        )
    out.print("Revoked")


def mark_restored() -> None:
    """After a restored backup: nothing is sent before 1177 has been asked whether it was.

    To be run before web and worker are started: see "After a restored backup" in RELIABILITY.md.
    """
    with failures_in_words():
        wired = services()
        marked = wired.mark_restored(now=wired.clock.now())
    out.print(f"{marked} deliveries will be settled before they are sent")


def _logged(unit: str, logs: Sequence[HsaId], store: Store) -> HsaId:
    """The regional administration has a log, and is no unit."""
    unit_id = parse_hsa_id(unit)
    if unit_id in logs:
        return unit_id
    with store.transaction() as records:
        return _known(unit, records)


def _known(unit: str, records: Transaction) -> HsaId:
    """Raises `NotFound` for a unit that has not been loaded: an empty answer would mislead."""
    return records.units.get(parse_hsa_id(unit)).id
