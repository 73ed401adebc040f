"""Background work of the web process and the worker (I12)."""

import asyncio
import logging

from utskick.sending.report_dead_runs import report_dead_runs
from utskick.sending.retire_deployments import retire_deployments
from utskick.wiring import Services
from utskick.worker.rounds import again_and_again

log = logging.getLogger(__name__)

_SELDOM = 20
"""Every so many rounds."""
_HOURLY_S = 3600


async def run_background_work(services: Services) -> None:
    """Reconcile, retire deployments and mail errors: now and every `timing.reconcile_s`.

    As long as all is well this asks Prefect nothing and starts no run there. Only every twentieth
    time does it ask which runs Prefect takes to be alive. Mails have a loop of their own: a relay
    that never answers must not keep a dispatch from being resumed. Heads of the access log are
    written every `log.heads_every_s`. Certificates are looked at every hour.
    """

    async def retiring() -> object:
        return await asyncio.to_thread(
            retire_deployments,
            services.ended_occasions,
            store=services.store,
            scheduler=services.scheduler,
            rules=services.rules,
            now=services.clock.now(),
        )

    async def reporting() -> object:
        return await asyncio.to_thread(
            report_dead_runs,
            store=services.store,
            scheduler=services.scheduler,
            now=services.clock.now(),
        )

    async def mailing() -> object:
        return await asyncio.to_thread(services.mail_errors)

    async def writing_heads() -> object:
        return await asyncio.to_thread(
            services.check_access_log.write_heads,
            mail_to=services.settings.log.heads_mail_to,
            now=services.clock.now(),
        )

    async def watching_certificates() -> object:
        now = services.clock.now()
        for each in await asyncio.to_thread(services.watch_certificates, now=now):
            log.warning("%s (%s): %s", each.setting, each.path, each.state(now))
        return None

    every_s = services.settings.timing.reconcile_s
    await asyncio.gather(
        again_and_again("Reconciling", services.reconcile, every_s=every_s),
        again_and_again("Retiring deployments", retiring, every_s=every_s),
        again_and_again("Reporting dead runs", reporting, every_s=_SELDOM * every_s),
        again_and_again("Mailing errors", mailing, every_s=every_s),
        again_and_again(
            "Writing the access log's heads",
            writing_heads,
            every_s=services.settings.log.heads_every_s,
        ),
        again_and_again("Watching certificates", watching_certificates, every_s=_HOURLY_S),
    )
