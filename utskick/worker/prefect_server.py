"""Prefect's server behind our door: `python -m utskick.worker.prefect_server --port 4200`.

It takes the options of `prefect server start`. Prefect reads its settings when it is imported, so
its login and what follows from it are set before; without a login it does not start. See
`utskick.worker.door` for who may do what, and `utskick.worker.quiet_server` for the rest.
"""

import os
from importlib import import_module

from config.production import require_production
from config.settings import Settings
from utskick.adapters.json_lines import also_to_syslog
from utskick.adapters.prefect_environment import for_prefect_at, with_login
from utskick.adapters.prefect_logins import logins_of
from utskick.files import keep_to_ourselves
from utskick.security_log import SecurityEvent, note
from utskick.worker.refusals import refused_in_words


def main() -> None:
    """As `prefect server start`, with the same options."""
    keep_to_ourselves()
    with refused_in_words():
        settings = Settings()
        require_production(settings)
        logins = logins_of(settings.scheduler)
    where = for_prefect_at(settings.scheduler.api_url, pages_url=settings.scheduler.pages_url)
    for name, value in where.items():
        os.environ.setdefault(name, value)
    os.environ.update(with_login(logins.processes))
    # Now, as Prefect would remove what was added to its handlers before.
    import_module("prefect.logging.configuration").setup_logging()
    also_to_syslog(settings.log.syslog)
    note(SecurityEvent.STARTED, production=settings.production)
    import_module("utskick.worker.quiet_server").start(logins)


if __name__ == "__main__":
    main()
