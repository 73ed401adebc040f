"""How the command speaks: tables for people, JSON for programs, one sentence for each error."""

import getpass
import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Annotated, Any

import typer
from pydantic import BaseModel, ValidationError
from rich.console import Console
from rich.table import Column, Table
from rich.text import Text

from utskick.domain.errors import AlreadyEnded, SpecRefused, UtskickError
from utskick.domain.log_chain import LogCheck
from utskick.domain.platform_refusals import refused_in_words
from utskick.domain.starting import RefusedToStart, note_refusal
from utskick.domain.units import Actor, HsaId, parse_hsa_id
from utskick.ports import PermanentFailure, PlatformRefusal, TemporaryFailure, UnknownOutcome
from utskick.web.log_words import check_in_words
from utskick.web.views import DispatchView, FormView

REFUSED, AWAY, ENDED = 1, 3, 4

out = Console(markup=False, highlight=False, emoji=False)
err = Console(stderr=True, markup=False, highlight=False, emoji=False)

Json = Annotated[bool, typer.Option("--json", help="JSON i stället för tabeller.")]
UnitOption = Annotated[
    str,
    typer.Option("--unit", envvar="UTSKICK_UNIT", help="Enhetens HSA-id."),
]


def actor_for(unit: str) -> Actor:
    """Whoever runs the command, acting for the unit. Raises `InvalidHsaId`."""
    return Actor(f"kommandot, {getpass.getuser()}", parse_hsa_id(unit))


@contextmanager
def failures_in_words() -> Iterator[None]:
    """Every error becomes its Swedish sentence and an exit code; nothing shows a traceback."""
    try:
        yield
    except SpecRefused as refused:
        _say("Inget är sparat och inget är skickat:")
        for problem in refused.problems:
            err.print(f"  • {problem}")
        raise typer.Exit(REFUSED) from None
    except AlreadyEnded as ended:
        _say(ended.staff_message)
        _say("Som ett nytt utskick: samma kommando med --again.")
        raise typer.Exit(ENDED) from None
    except UtskickError as error:
        _say(error.staff_message)
        raise typer.Exit(REFUSED) from None
    except FileNotFoundError:
        _say("Här finns ingen installation. Gå till dess mapp, eller starta en: utskick up.")
        raise typer.Exit(REFUSED) from None
    except PlatformRefusal as refused_by_platform:
        _say(refused_in_words(refused_by_platform.code))
        raise typer.Exit(AWAY) from None
    except TemporaryFailure:
        _say("En tjänst svarar inte. Inget är skickat: försök igen om en stund.")
        raise typer.Exit(AWAY) from None
    except PermanentFailure:
        _say("Mottagande tjänst säger nej. Inget är skickat.")
        raise typer.Exit(REFUSED) from None
    except UnknownOutcome:
        _say("Det är osäkert om det skickades. Skicka inte igen utan att kontrollera.")
        raise typer.Exit(AWAY) from None


def explain_fault(error: Exception) -> int:
    """A fault of ours, or the database away: only its kind, as its text may hold anything.

    Gives the exit code. A setting that is wrong is named, without its value.
    """
    if isinstance(error, ValidationError) and error.title == "Settings":
        for fault in error.errors(include_input=False):
            name = "__".join(str(part) for part in fault["loc"])
            _say(f"UTSKICK_{name.upper()}: {fault['msg']}")
        return REFUSED
    if isinstance(error, RefusedToStart):
        note_refusal(error)
        _say("Utskick startar inte förrän detta är ordnat:")
        for each in error.faults:
            err.print(f"  • {each}")
        return REFUSED
    _say(
        f"Något gick fel hos oss ({type(error).__name__}). Försök igen om en stund: samma fil"
        " startar inget en gång till."
    )
    return AWAY


def _say(sentence: str) -> None:
    err.print(sentence, style="red")


def show(
    answer: BaseModel | Sequence[BaseModel], as_table: Callable[[], object], *, as_json: bool
) -> None:
    """Print the answer as JSON, or what `as_table` prints."""
    if not as_json:
        as_table()
        return
    plain: Any = (
        answer.model_dump(mode="json")
        if isinstance(answer, BaseModel)
        else [each.model_dump(mode="json") for each in answer]
    )
    typer.echo(json.dumps(plain, ensure_ascii=False, indent=2))


def print_dispatch(dispatch: DispatchView) -> None:
    """One dispatch with its occasions and forms."""
    print_heading(dispatch)
    out.print(f"Id: {dispatch.id}")
    table = Table("Tillfälle", "Tid", "Besvaras senast", "Status", id_column(), box=None)
    for occasion in dispatch.occasions:
        state = f"{occasion.state} (försenat)" if occasion.late else occasion.state
        table.add_row(
            str(occasion.number),
            f"{occasion.sends_at:%Y-%m-%d %H:%M}",
            f"{occasion.answer_by}",
            state,
            str(occasion.id),
        )
    out.print(table)
    if dispatch.forms:
        out.print(form_table(dispatch.forms))


def print_check(unit_id: HsaId, check: LogCheck) -> None:
    """What a check of a unit's log has found."""
    out.print(Text(unit_id, style="bold"))
    for sentence in check_in_words(check):
        out.print(f"  {sentence}", style=None if check.whole else "red")


def print_heading(dispatch: DispatchView) -> None:
    """Name and status."""
    out.print(Text(dispatch.name, style="bold"), f" {dispatch.status}")


def id_column() -> Column:
    """Whole, however narrow the terminal is: an id is there to be copied."""
    return Column("Id", no_wrap=True, min_width=36)


def form_table(forms: Sequence[FormView], *, title: str | None = None) -> Table:
    """Per form: planned, sent, refused, and why."""
    table = Table("Formulär", "Planerade", "Skickade", "Ej skickade", "Skäl", title=title)
    for form in forms:
        table.add_row(
            form.name,
            str(form.planned),
            str(form.sent),
            str(sum(form.refused.values())),
            ", ".join(f"{why}: {number}" for why, number in form.refused.items()),
        )
    return table
