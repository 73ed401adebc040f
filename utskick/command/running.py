"""Starting everything on one machine: `utskick up` and `utskick demo`."""

import shutil
import signal
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Annotated

import typer
from rich.table import Table
from rich.text import Text

from config.settings import DATA, Settings
from utskick.adapters.prefect_environment import everywhere, for_prefect_at, with_login
from utskick.adapters.prefect_logins import login_of_processes, logins_of, make_login_file
from utskick.command.output import err, form_table, out
from utskick.domain.starting import RefusedToStart
from utskick.running.children import ChildDied
from utskick.running.demo import differences, truth_of
from utskick.running.example import NotDelivered, submit_blocked, submit_example, watch_example
from utskick.running.ports import choose_ports
from utskick.running.stack import Stack, findable, running_stack
from utskick.web.__main__ import main as run_web
from utskick.web.views import form_views
from utskick.wiring.safety import settings_faults

_FAILED = 1


_PANEL = "Den här datorn"


def add_to(app: typer.Typer) -> None:
    """Add these commands."""
    app.command("up", rich_help_panel=_PANEL)(up)
    app.command("demo", rich_help_panel=_PANEL)(demo)
    app.command("serve", rich_help_panel=_PANEL)(serve)
    app.command("check-settings", rich_help_panel=_PANEL)(check_settings)
    app.command("prefect-settings", rich_help_panel=_PANEL)(prefect_settings)


def up(
    folder: Annotated[Path, typer.Option(help="Where all data is kept.")] = DATA,
) -> None:
    """Start everything on this machine, send the example, and run until Ctrl-C."""
    ports = choose_ports(usual=True)
    with (
        _ending_kindly(),
        running_stack(folder.resolve(), ports, _announce) as stack,
        findable(stack),
    ):
        _deliver_example(stack)
        _print_addresses(stack)
        out.print("Runs until Ctrl-C.")
        while not threading.Event().wait(1):
            stack.children.check()


def demo(
    folder: Annotated[
        Path | None, typer.Option(help="Keep all data, logs and mails here.")
    ] = None,
) -> None:
    """Start everything on free ports, send the example, hold it against the truth, and end."""
    kept = folder.resolve() if folder else None
    as_expected = False
    place = kept or Path(tempfile.mkdtemp(prefix="utskick-demo-"))
    try:
        with _ending_kindly(), running_stack(place, choose_ports(usual=False), _announce) as stack:
            _print_addresses(stack)
            as_expected = _deliver_example(stack)
    finally:
        if kept is None:
            shutil.rmtree(place, ignore_errors=True)
    if kept:
        out.print(f"Everything is kept in {kept}")
    if not as_expected:
        raise typer.Exit(_FAILED)


def serve() -> None:
    """Serve the web process alone, as in production."""
    run_web()


def check_settings() -> None:
    """See whether these settings are safe for real residents; print all that is not."""
    settings = Settings()
    faults = [*settings_faults(settings)]
    if not settings.production:
        faults.insert(0, "UTSKICK_PRODUCTION is off, so that none of this keeps anything: set it")
    if faults:
        raise RefusedToStart(*faults)
    out.print("Nothing keeps production from starting")


def prefect_settings() -> None:
    """Print the settings of Prefect's server and workers, as lines for an environment file.

    Prefect's login is among them, so the file is nobody else's to read. It is made if there is
    none.
    """
    settings = Settings().scheduler
    if login_of_processes(settings) is None:
        make_login_file(settings.login_file)
    login = with_login(logins_of(settings).processes)
    where = for_prefect_at(settings.api_url, pages_url=settings.pages_url)
    trust = {"PREFECT_API_SSL_CERT_FILE": str(settings.ca_file)} if settings.ca_file else {}
    for name, value in (where | trust | login | everywhere()).items():
        print(f"{name}={value}")  # noqa: T201  # a file's lines, which nothing may fold


def _deliver_example(stack: Stack) -> bool:
    """Submit the example and a blocked package; whether all went as it should."""
    before = truth_of(stack)
    started = submit_example(stack.services)
    for warning in started.warnings:
        out.print(f"  {warning}", style="dim")
    blocked = submit_blocked(stack.services)
    if blocked:
        out.print(blocked.staff_message, style="red")
    forms = watch_example(started.dispatch, stack)
    out.print(form_table(form_views(forms), title=started.dispatch.name))
    expected = max(form.sent for form in forms)
    found = differences(forms, expected, before=before, after=truth_of(stack))
    for each in found:
        err.print(f"{each.what}: our table says {each.said}, found {each.found}", style="red")
    return not found and blocked is not None


def _announce(what: str) -> None:
    out.print(Text("Starting:", style="dim"), what)


def _print_addresses(stack: Stack) -> None:
    table = Table(title="Open", show_header=False)
    table.add_row("Operators (Prefect)", f"{stack.prefect_url}/deployments")
    table.add_row("… sign in with", f"the line operators of {stack.login_file}")
    table.add_row("Residents (local formular.1177.se)", stack.local_1177_url)
    table.add_row("Mailbox", stack.mailbox_url)
    table.add_row("Staff (as Karin, Johan, Maj-Britt …)", stack.web_url)
    table.add_row("REST", f"{stack.web_url}/openapi.json")
    table.add_row("Data and logs", str(stack.folder))
    out.print(table)


@contextmanager
def _ending_kindly() -> Iterator[None]:
    """Ctrl-C and SIGTERM end the block, which stops all children; a failure says what failed."""

    def end(_number: int, _frame: FrameType | None) -> None:
        raise KeyboardInterrupt

    signal.signal(signal.SIGTERM, end)
    signal.signal(signal.SIGHUP, end)
    try:
        yield
    except KeyboardInterrupt:
        out.print("\nStopped.")
    except (ChildDied, NotDelivered) as failure:
        err.print(str(failure), style="red")
        raise typer.Exit(_FAILED) from None
