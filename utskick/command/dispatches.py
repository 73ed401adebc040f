"""What staff do with dispatches, forms and texts."""

import asyncio
from collections.abc import Callable, Coroutine
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any
from uuid import UUID, uuid4

import typer
from rich.table import Table

from utskick.command.output import (
    Json,
    UnitOption,
    actor_for,
    err,
    failures_in_words,
    id_column,
    out,
    print_dispatch,
    print_heading,
    show,
)
from utskick.command.specs import Handed, Model, SpecFiles
from utskick.domain.answers import AnswerKnown
from utskick.domain.deliveries import DELIVERY_LABELS, FormStatus
from utskick.domain.dispatches import DispatchId, DispatchStatus, RecipientId
from utskick.domain.occasions import Appearance, OccasionId
from utskick.domain.personnummer import Personnummer
from utskick.domain.specs import Sending
from utskick.domain.units import Actor
from utskick.records import DispatchQuery, FollowUpQuery
from utskick.records.follow_up import COUNTED
from utskick.use_cases.send_sms import SmsText
from utskick.use_cases.submissions import Started, submission_key
from utskick.use_cases.ways_on import ByHand
from utskick.web.bodies import stopped_view
from utskick.web.labels import counted, stopped_in_words
from utskick.web.views import (
    DryRunView,
    Seen,
    WaysOnView,
    dispatch_view,
    dry_run_view,
    opened_view,
    seen,
    started_view,
)
from utskick.wiring import Services, services

File = Annotated[Path, typer.Argument(help="YAML eller JSON.", exists=True, dir_okay=False)]
DispatchArgument = Annotated[UUID, typer.Argument(help="Utskickets id.")]
OccasionArgument = Annotated[UUID, typer.Argument(help="Tillfällets id.")]
PageOption = Annotated[int, typer.Option("--page", min=1, max=10_000, help="Vilken sida.")]
PerPageOption = Annotated[int, typer.Option("--per-page", min=1, max=200, help="Högst så många.")]


_SCHEDULER_AWAY = (
    "Schemaläggaren svarar inte. Utskicket är sparat och läggs in när den är tillbaka."
)


_PANEL = "Utskick"


def add_to(app: typer.Typer) -> None:
    """Add these commands."""
    app.command("submit", rich_help_panel=_PANEL)(submit)
    app.command("send", rich_help_panel=_PANEL)(send)
    app.command("upload", rich_help_panel=_PANEL)(upload)
    app.command("list", rich_help_panel=_PANEL)(list_all)
    app.command("show", rich_help_panel=_PANEL)(show_one)
    app.command("stop", rich_help_panel=_PANEL)(stop)
    app.command("restart", rich_help_panel=_PANEL)(restart)
    app.command("remove-recipient", rich_help_panel=_PANEL)(remove)
    app.command("send-missed", rich_help_panel=_PANEL)(send_missed)
    app.command("notify", rich_help_panel=_PANEL)(notify)
    app.command("end", rich_help_panel=_PANEL)(end)
    app.command("follow-up", rich_help_panel=_PANEL)(find)
    app.command("form-link", rich_help_panel=_PANEL)(link)
    app.command("sms", rich_help_panel=_PANEL)(sms)


def submit(
    file: File,
    *,
    again: bool = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Visa vad som skulle skickas, och starta inget.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Starta ett paketutskick från en fil. Samma fil igen startar inget nytt, utan --again.

    Är utskicket då stoppat eller avbrutet blir slutkoden 4.
    """
    if dry_run:
        try_out(file, as_json=as_json)
        return
    with failures_in_words():
        spec = _said(_files().read_dispatch(file))
        started = _start(spec, services().start_dispatch, again=again)
    _show_started(started, as_json=as_json)


def try_out(file: File, *, as_json: bool) -> None:
    """Every date and text as residents would get it; nothing is kept, and nothing is sent."""
    with failures_in_words():
        wired = services()
        spec = _said(_files().read_dispatch(file))
        tried = wired.start_dispatch.dry_run(
            spec, actor=actor_for(spec.unit), now=wired.clock.now()
        )
        view = dry_run_view(asyncio.run(tried))
    show(view, lambda: _print_tried(view), as_json=as_json)


def send(file: File, *, again: bool = False, as_json: Json = False) -> None:
    """Skicka ett formulär, vanligt eller NAFS, nu."""
    with failures_in_words():
        started = _start(_said(_files().read_form(file)), services().send_form, again=again)
    _show_started(started, as_json=as_json)


def upload(
    file: File,
    *,
    form: Annotated[
        bool, typer.Option("--form", help="Filen är ett enskilt formulär, inte ett paketutskick.")
    ] = False,
) -> None:
    """Ladda upp ett utskick som en operatör sedan startar i Prefect med id:t som skrivs ut."""
    with failures_in_words():
        wired = services()
        files = _files()
        spec = _said(files.read_form(file)) if form else _said(files.read_dispatch(file))
        upload_id = wired.upload_spec(
            spec.model_dump_json(exclude_unset=True).encode(),
            actor=actor_for(spec.unit),
            now=wired.clock.now(),
        )
    typer.echo(str(upload_id))


def list_all(
    unit: UnitOption,
    page: PageOption = 1,
    per_page: PerPageOption = 50,
    *,
    as_json: Json = False,
) -> None:
    """Pågående Paketutskick, en sida i taget; avslutade visas i sju dagar."""
    with failures_in_words():
        found = services().list_dispatches(
            DispatchQuery(page=page, per_page=per_page), actor=actor_for(unit)
        )
    now_here = _seen()
    views = [
        dispatch_view(each.dispatch, now_here, each.forms, recipients=each.recipients)
        for each in found.listed
    ]

    def lines() -> None:
        for view in views:
            upcoming = next((o for o in view.occasions if o.waits), None)
            late = " (försenat)" if upcoming and upcoming.state == Appearance.LATE else ""
            when = (
                f"nästa tillfälle {upcoming.sends_at:%Y-%m-%d %H:%M}{late}, " if upcoming else ""
            )
            sent, planned = sum(f.sent for f in view.forms), sum(f.planned for f in view.forms)
            print_heading(view)
            out.print(
                f"  {when}{view.number_of_recipients} mottagare,"
                f" {sent} av {planned} formulär skickade"
            )
            out.print(f"  {view.id}")
        if not views:
            out.print("Inga utskick.")
        if page < found.pages:
            out.print(f"Sida {page} av {found.pages}. Nästa: --page {page + 1}")

    show(views, lines, as_json=as_json)


def show_one(dispatch_id: DispatchArgument, unit: UnitOption, *, as_json: Json = False) -> None:
    """Visa ett utskick med mottagarlista (maskerad). Visningen loggas."""
    with failures_in_words():
        wired = services()
        shown = wired.open_dispatch.show_dispatch(
            DispatchId(dispatch_id), actor=actor_for(unit), now=wired.clock.now()
        )
    view = opened_view(shown, _seen())

    def table() -> None:
        print_dispatch(view)
        if view.not_checked:
            out.print(f"{view.not_checked} mottagare kontrolleras hos 1177 före utskicket")
        for ways in view.ways_on:
            out.print(_ways_in_words(ways))
        rows = Table("Mottagare", "Status", "Skäl", "Avisering", id_column(), box=None)
        for each in view.recipients:
            channels = (
                "kontrolleras"
                if each.notified_by is None
                else ", ".join(each.notified_by) or "ingen"
            )
            rows.add_row(each.personnummer, each.state, each.reason, channels, str(each.id))
        out.print(rows)

    show(view, table, as_json=as_json)


def stop(dispatch_id: DispatchArgument, unit: UnitOption) -> None:
    """Stoppa ett utskick, även mitt i en sändning."""
    with failures_in_words():
        wired = services()
        stopped = wired.stop_dispatch(
            DispatchId(dispatch_id), actor=actor_for(unit), now=wired.clock.now()
        )
    out.print(stopped_in_words(stopped))
    for ways in stopped_view(stopped).ways_on:
        out.print(_ways_in_words(ways))


def restart(dispatch_id: DispatchArgument, unit: UnitOption, *, as_json: Json = False) -> None:
    """Återstarta ett stoppat utskick, om nästa tillfälles datum inte har passerat."""
    with failures_in_words():
        wired = services()
        restarted = wired.restart_dispatch(
            DispatchId(dispatch_id), actor=actor_for(unit), now=wired.clock.now()
        )
    view = dispatch_view(restarted.dispatch, _seen(), restarted.so_far)
    show(view, lambda: print_dispatch(view), as_json=as_json)
    if not restarted.registered:
        err.print(_SCHEDULER_AWAY)


def remove(
    dispatch_id: DispatchArgument,
    unit: UnitOption,
    recipient_id: Annotated[
        UUID | None, typer.Option(help="Mottagarens id; annars frågas efter personnummer.")
    ] = None,
) -> None:
    """Ta bort en mottagare. Personnummer frågas efter, så att det inte syns bland processerna."""
    with failures_in_words():
        wired = services()
        now = wired.clock.now()
        if recipient_id is None:
            typed = typer.prompt("Personnummer", hide_input=True)
            recipient: RecipientId | Personnummer = wired.rules.personnummer(typed, now)
        else:
            recipient = RecipientId(recipient_id)
        on_their_way = wired.remove_recipient(
            DispatchId(dispatch_id), recipient, actor=actor_for(unit), now=now
        )
    out.print(f"Mottagaren är borttagen. {on_their_way} formulär var redan på väg.")


def send_missed(occasion_id: OccasionArgument, unit: UnitOption) -> None:
    """Skicka nu det som är kvar av ett tillfälle som missats eller stoppats mitt i."""
    registered = _by_hand(lambda wired: wired.send_missed_occasion, occasion_id, unit)
    out.print("Skickas nu." if registered else "Skickas så snart schemaläggaren är tillbaka.")


def notify(occasion_id: OccasionArgument, unit: UnitOption) -> None:
    """Meddela dem som redan fått formulär vid ett tillfälle som stoppats mitt i."""
    registered = _by_hand(lambda wired: wired.notify_recipients, occasion_id, unit)
    out.print("Meddelas nu." if registered else "Meddelas när schemaläggaren är tillbaka.")


def end(occasion_id: OccasionArgument, unit: UnitOption) -> None:
    """Avsluta ett missat eller stoppat tillfälle: det som är kvar skickas aldrig."""
    _by_hand(lambda wired: wired.end_occasion, occasion_id, unit, warned=False)
    out.print("Avslutat. Det som var kvar skickas inte.")


def _by_hand(
    choose: Callable[[Services], ByHand], occasion_id: UUID, unit: str, *, warned: bool = True
) -> bool:
    with failures_in_words():
        wired = services()
        chosen, now = OccasionId(occasion_id), wired.clock.now()
        actor = actor_for(unit)
        for warning in wired.warn_by_hand(chosen, actor=actor, now=now) if warned else ():
            err.print(warning)
        return choose(wired)(chosen, actor=actor, now=now)


def find(
    unit: UnitOption,
    form: Annotated[str, typer.Option(help="Del av formulärets namn.")] = "",
    package: Annotated[str, typer.Option(help="Del av paketutskickets namn.")] = "",
    sent_from: Annotated[datetime | None, typer.Option(formats=["%Y-%m-%d"])] = None,
    sent_to: Annotated[datetime | None, typer.Option(formats=["%Y-%m-%d"])] = None,
    purge_after_to: Annotated[
        datetime | None, typer.Option(formats=["%Y-%m-%d"], help="Gallras efter, till och med.")
    ] = None,
    status: Annotated[FormStatus | None, typer.Option(help="Hur långt invånaren kommit.")] = None,
    answer: Annotated[
        AnswerKnown | None, typer.Option(help="Besvarade, obesvarade eller ej kontrollerade.")
    ] = None,
    *,
    person: Annotated[bool, typer.Option(help="Fråga efter ett personnummer.")] = False,
) -> None:
    """Uppföljning: sök fram enskilda formulär. Varje visad person loggas."""
    with failures_in_words():
        wired = services()
        now = wired.clock.now()
        typed = typer.prompt("Personnummer", hide_input=True) if person else ""
        query = FollowUpQuery(
            form_name=form,
            package_name=package,
            personnummer=wired.rules.personnummer(typed, now) if typed else None,
            sent_from=sent_from and sent_from.date(),
            sent_to=sent_to and sent_to.date(),
            purge_after_to=purge_after_to and purge_after_to.date(),
            form_status=status,
            answer=answer,
        )
        found = asyncio.run(wired.follow_up(query, actor=actor_for(unit), now=now))
        not_checked = wired.follow_up.passed_over(query, actor=actor_for(unit))
    rows = Table("Formulär", "Paketutskick", "Mottagare", "Skickat", "Status", "Gallras efter")
    for each in found:
        rows.add_row(
            each.form_name,
            each.package_name,
            str(each.personnummer),
            f"{each.sent_at.astimezone(wired.rules.zone):%Y-%m-%d %H:%M}"
            if each.sent_at
            else DELIVERY_LABELS[each.state],
            each.status_in_words or "–",
            f"{each.purge_after}",
        )
    out.print(rows if found else "Inget hittades.")
    if not_checked:
        counted = f"Fler än {COUNTED}" if not_checked > COUNTED else not_checked
        out.print(f"{counted} formulär är inte med: 1177 har inte svarat på om de är besvarade.")


def link(
    form: Annotated[str, typer.Argument(help="Formulärets nyckel eller namn.")], unit: UnitOption
) -> None:
    """Skapa en formulärlänk för enheten."""
    with failures_in_words():
        wired = services()
        typer.echo(wired.form_link(form, unit_id=actor_for(unit).unit_id))


def sms(
    unit: UnitOption,
    contact: Annotated[str, typer.Option(help="Kontaktuppgift i texten.")],
    sender: Annotated[str, typer.Option(help="Vem som skriver; en enhets namn kan röja vård.")],
    form: Annotated[str, typer.Option(help="Formulär att länka till.")] = "",
    ongoing: Annotated[int, typer.Option(help="Antal pågående formulär att påminna om.")] = 0,
) -> None:
    """Skicka ett formulär, eller en påminnelse om pågående, med sms. Mobilnumret frågas efter."""
    with failures_in_words():
        wired, actor = services(), actor_for(unit)
        sms = _sms_text(form, ongoing, sender, contact, actor, wired)
        out.print(sms.text)
        out.print(f"{sms.count.characters} tecken, {sms.count.parts} sms ({sms.count.encoding})")
        with wired.store.transaction() as records:
            acting = records.units.get(actor.unit_id)
        if warning := wired.rules.warning_now(wired.clock.now(), unit=acting):
            err.print(warning)
        mobile = typer.prompt("Mobilnummer", hide_input=True)
        wired.send_sms(mobile, sms.text, sms_id=uuid4(), actor=actor, now=wired.clock.now())
    out.print("Skickat.")


def _sms_text(
    form: str, ongoing: int, sender: str, contact: str, actor: Actor, wired: Services
) -> SmsText:
    if form:
        return wired.send_sms.write_form_link(form, sender=sender, contact=contact, actor=actor)
    if ongoing < 1:
        raise typer.BadParameter("Ange --form, eller --ongoing med antalet formulär.")
    return wired.send_sms.write_ongoing_forms(ongoing, sender=sender, contact=contact)


def _files() -> SpecFiles:
    wired = services()
    return SpecFiles(wired.import_recipients, wired.rules)


def _said(handed: Handed[Model]) -> Model:
    """The spec, when what staff should know of its list has been printed."""
    for note in handed.notes:
        err.print(f"Obs: {note}", style="yellow")
    return handed.spec


def _start(
    spec: Sending, start: Callable[..., Coroutine[Any, Any, Started]], *, again: bool
) -> Started:
    wired = services()
    return asyncio.run(
        start(
            spec,
            actor=actor_for(spec.unit),
            submission_key=submission_key(spec, given=f"{uuid4()}" if again else ""),
            now=wired.clock.now(),
        )
    )


def _show_started(started: Started, *, as_json: bool) -> None:
    view = started_view(started, _seen())

    def table() -> None:
        out.print(_started_in_words(started))
        if started.awaits_approval:
            out.print("Inget skickas förrän en kollega på enheten har godkänt det i Utskick.")
        print_dispatch(view)
        for warning in view.warnings:
            out.print(f"Obs: {warning}", style="yellow")
        if not view.registered:
            out.print(_SCHEDULER_AWAY)

    show(view, table, as_json=as_json)


def _print_tried(view: DryRunView) -> None:
    out.print(f"Skulle starta {view.name}, till {view.number_of_recipients} mottagare:")
    if view.number_left_out:
        out.print(f"{counted(view.number_left_out, 'person', 'personer')} kan inte nås.")
    for each in view.occasions:
        out.print(
            f"\nTillfälle {each.number}, {each.sends_at:%Y-%m-%d kl. %H:%M}."
            f" Besvaras senast {each.answer_by}. {view.title}"
        )
        out.print(each.message or "Inget inkorgsmeddelande.", style="dim", markup=False)
    for warning in view.warnings:
        out.print(f"Obs: {warning}", style="yellow")
    if view.awaits_approval:
        out.print("En kollega på enheten skulle behöva godkänna det i Utskick.")
    out.print("\nInget är startat.")


def _started_in_words(started: Started) -> str:
    if not started.already:
        return "Startat:"
    if started.dispatch.status is DispatchStatus.COMPLETED:
        return "Redan startat, och klart: inget skickas igen. Som ett nytt utskick: --again."
    return "Redan startat:"


def _seen() -> Seen:
    wired = services()
    return seen(wired, wired.clock.now())


def _ways_in_words(ways: WaysOnView) -> str:
    """What is left of an occasion, and the commands that decide about it."""
    words = f"Tillfälle {ways.number}: {ways.sent} formulär skickade, {ways.left} kvar."
    if ways.unnotified:
        unnotified = counted(ways.unnotified, "person har", "personer har")
        words += f" {unnotified} fått formulär men inget inkorgsmeddelande."
    allowed = (
        (ways.may_send, "send-missed", "skicka det som är kvar"),
        (ways.may_notify, "notify", "meddela dem"),
        (ways.may_end, "end", "avsluta"),
    )
    for may, command, what in allowed:
        if may:
            words += f"\n  utskick {command} {ways.occasion_id}  ({what})"
    return words
