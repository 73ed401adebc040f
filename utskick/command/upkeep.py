"""What whoever keeps an installation does to it."""

import getpass

import typer

from config.settings import Settings
from utskick.command.output import REFUSED, err, failures_in_words, out
from utskick.security_log import SecurityEvent, note
from utskick.store.key_file import make_key_file
from utskick.wiring.upkeep import change_keys, migrate_database

_PANEL = "Förvaltning och drift"


def add_to(app: typer.Typer) -> None:
    """Add these commands."""
    app.command("migrate", rich_help_panel=_PANEL)(migrate)
    app.command("make-keys", rich_help_panel=_PANEL)(make_keys)
    app.command("rotate-keys", rich_help_panel=_PANEL)(rotate_keys)


def migrate() -> None:
    """Make the database's tables, or bring them up to date: before this version's first start."""
    with failures_in_words():
        migrate_database(Settings().database)
    out.print("The tables are up to date")


def make_keys() -> None:
    """Make the key file of a new installation; one that is there is left as it is."""
    path = Settings().database.key_file
    there = path.exists()
    make_key_file(path)
    out.print(f"{path} {'was there already' if there else 'is made: keep a copy of it apart'}")


def rotate_keys() -> None:
    """Change the keys while everything runs, or go on with a change that was broken off."""
    with failures_in_words(), err.status("Sealing anew …") as status:
        rotated = change_keys(Settings(), announce=status.update)
    if rotated is None:
        err.print("Somebody else is changing the keys", style="red")
        raise typer.Exit(REFUSED)
    note(
        SecurityEvent.KEYS_CHANGED,
        actor=getpass.getuser(),
        key=rotated.current,
        rows=rotated.rows,
        dropped=", ".join(rotated.dropped),
    )
    if rotated.resumed:
        out.print("Went on with the change of keys that had been begun")
    dropped = ", ".join(rotated.dropped) or "none"
    out.print(
        f"Key {rotated.current} seals now: {rotated.rows} rows sealed anew. Keys that open nothing"
        f" any more: {dropped}. Copy the new keys to where their copy is kept"
    )
