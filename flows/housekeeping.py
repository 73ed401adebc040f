"""What the clock does: reconcile, clean up, watch templates, compare with 1177, load packages."""

from typing import Any

from prefect import State, flow
from prefect.artifacts import acreate_table_artifact
from prefect.states import Completed

from tasks import housekeeping
from tasks.mail_errors import mail_errors
from tasks.operators import operator, operator_or_system
from tasks.orders import RegionOrder, TemplatesOrder
from tasks.tables import written_out
from utskick.web.catalogue_words import fetched_in_words, template_table
from utskick.web.region_words import difference_table, loaded_in_words


@flow(name="Stäm av", flow_run_name="Stäm av", persist_result=False)
async def reconcile() -> State[Any]:
    """Hold the store against Prefect and the clock, and mend what differs. Always safe to run."""
    mended = await housekeeping.reconcile()
    audited = await housekeeping.audit()
    await mail_errors()
    return Completed(
        message=f"registered {mended.registered + audited.registered}, started {mended.started}, "
        f"resumed {mended.resumed}, missed {mended.missed}, settled {mended.settled}, "
        f"removed {audited.removed}"
    )


@flow(
    name="Radera avslutade utskick", flow_run_name="Radera avslutade utskick", persist_result=False
)
async def clean_up() -> State[Any]:
    """Delete dispatches that ended seven days ago; what was sent and the access log stay."""
    return Completed(message=f"{await housekeeping.clean_up()} utskick raderade")


@flow(name="Gallra", flow_run_name="Gallra", persist_result=False)
async def purge_expired() -> State[Any]:
    """Delete what has been kept for as long as it may be. Can be ended anywhere."""
    purged = await housekeeping.purge_expired()
    return Completed(
        message=f"raderade formulär: {purged.forms}, loggposter: {purged.log_entries}, "
        f"felmejl: {purged.reports}, personer: {purged.persons}, personal: {purged.staff}, "
        f"utkast: {purged.drafts}"
    )


@flow(name="Bevaka formulärmallar", flow_run_name="Bevaka formulärmallar", persist_result=False)
async def watch_templates() -> State[Any]:
    """Mail when a form of an ongoing dispatch has been archived or unsubscribed."""
    blocking = await housekeeping.watch_templates()
    await mail_errors()
    return Completed(message=f"{blocking} formulär spärrar pågående utskick")


@flow(name="Jämför med 1177", flow_run_name="Jämför med 1177", persist_result=False)
async def compare_ledger() -> State[Any]:
    """Hold the last 48 hours' ledger against the form service, and mail what differs."""
    compared = await housekeeping.compare_ledger()
    await mail_errors()
    return Completed(
        message=f"{compared.missing} saknas, {compared.extra} okända,"
        f" {compared.twice} av dem gjorda två gånger"
    )


_UNASKED = TemplatesOrder()


@flow(name="Hämta mallar", flow_run_name="Hämta mallar", persist_result=False)
async def fetch_templates(order: TemplatesOrder = _UNASKED) -> State[Any]:
    """Fetch names, versions and archivings of form templates from 1177; show what differed.

    What is new waits for the administration, and losses that look like a fault of the answer for
    somebody who confirms them.
    """
    whoever = operator() if order.confirm else ""
    fetched = await housekeeping.fetch_templates(order.confirm, whoever)
    if fetched.changes:
        rows = template_table(fetched, confirmed=order.confirm)
        await acreate_table_artifact(
            table=written_out(rows, "Namn", "I 1177"),
            key="mallkatalog",
            description="Vad som skilde mellan 1177:s formulärmallar och det som fanns här",
        )
    return Completed(message=fetched_in_words(fetched, confirmed=order.confirm))


_AS_THEY_ARE = RegionOrder()


@flow(name="Läs in grundplåtar", flow_run_name="Läs in grundplåtar", persist_result=False)
async def load_packages(order: RegionOrder = _AS_THEY_ARE) -> State[Any]:
    """Load what is new in the region's folder, and show what differs from what is kept.

    Only what is asked for is applied, in the name of whoever had signed in.
    """
    whoever = operator() if order.apply else operator_or_system()
    loaded = await housekeeping.load_region(whoever)
    if loaded.differences:
        await acreate_table_artifact(
            table=written_out(difference_table(loaded.differences), "Namn"),
            key="grundplatar",
            description="Vad som skiljer mellan regionens filer och det som gällde före körningen",
        )
    if order.apply:
        await housekeeping.apply_region(loaded.differences, whoever)
    return Completed(message=loaded_in_words(loaded, applied=order.apply))
