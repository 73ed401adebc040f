"""The `utskick` command: everything staff and operators can do, from a terminal.

Swedish where staff read, English for operators. Exit codes: 0 done, 1 refused, 2 wrong usage,
3 a neighbour is away, 4 what is handed in again was stopped or aborted since.
"""

import sys

import typer

from config.settings import DATA
from utskick.adapters.json_lines import also_to_file
from utskick.command import administration, connections, dispatches, running, upkeep, visits
from utskick.command.output import explain_fault
from utskick.files import keep_to_ourselves

app = typer.Typer(
    name="utskick",
    help="Skicka formulär genom 1177: i tid, och exakt en gång.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
)
dispatches.add_to(app)
administration.add_to(app)
running.add_to(app)
upkeep.add_to(app)
connections.add_to(app)
visits.add_to(app)


def main() -> None:
    """Run the command. Nothing shows a traceback: its text may hold anything."""
    keep_to_ourselves()
    try:
        also_to_file(DATA / "logs" / "command.log")
        app()
    except Exception as error:  # noqa: BLE001  # whatever it is, only its kind is shown
        sys.exit(explain_fault(error))
