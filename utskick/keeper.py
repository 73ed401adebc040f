"""Reconciling beside other work, in the web process and in the worker (I12)."""

import asyncio
import logging

from utskick.use_cases.reconcile import reconcile
from utskick.use_cases.report_errors import send_error_reports
from utskick.wiring import Services

log = logging.getLogger(__name__)


async def keep(services: Services) -> None:
    """Reconcile now and every `timing.reconcile_s`, whatever happens.

    A round where all is well asks Prefect nothing, and makes no run there.
    """
    while True:
        try:
            await reconcile(
                store=services.store,
                forms=services.forms,
                turns=services.turns,
                scheduler=services.scheduler,
                rules=services.rules,
                now=services.clock.now(),
            )
            await asyncio.to_thread(
                send_error_reports,
                store=services.store,
                mailer=services.mailer,
                texts=services.texts,
            )
        except Exception as error:  # noqa: BLE001  # the next round may well succeed
            # Its text may hold anything: only its kind is logged.
            log.warning("Reconciling failed: %s", type(error).__name__)
        await asyncio.sleep(services.settings.timing.reconcile_s)
