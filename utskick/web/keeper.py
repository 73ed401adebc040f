"""Reconciling from the web process: the second place that does it (I12)."""

import asyncio
import logging

from utskick.use_cases.reconcile import reconcile
from utskick.use_cases.report_errors import send_error_reports
from utskick.wiring import Services

log = logging.getLogger(__name__)

EVERY_S = 30


async def keep(services: Services) -> None:
    """Reconcile at the start and every half minute, whatever happens."""
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
        await asyncio.sleep(EVERY_S)
