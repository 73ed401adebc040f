"""What keeps a process from starting in production, as far as settings and files show it."""

import os
from collections.abc import Sequence
from functools import partial

from config.production import production_faults, require_production
from config.settings import Settings
from utskick.domain.starting import RefusedToStart
from utskick.wiring.neighbours import tls_contexts
from utskick.wiring.rules import times_of
from utskick.wiring.sign_in import sign_in_of
from utskick.wiring.vault import vault_of


def require_safe(settings: Settings) -> None:
    """Raises `RefusedToStart`: of a laptop only if its times do not fit each other."""
    faults = settings_faults(settings) if settings.production else times_of(settings).misfits()
    if faults:
        raise RefusedToStart(*faults)


def require_safe_settings() -> None:
    """For a process that opens neither database nor keys. Raises `RefusedToStart`."""
    require_production(Settings())


def settings_faults(settings: Settings) -> Sequence[str]:
    """All that keeps production from starting, as far as settings and files show it."""
    faults = [*production_faults(settings, os.environ), *times_of(settings).misfits()]
    for look in (
        partial(vault_of, settings.database),
        partial(tls_contexts, settings),
        partial(sign_in_of, settings.sign_in, None),
    ):
        try:
            look()
        except RefusedToStart as refused:
            faults += refused.faults
        except FileNotFoundError:
            faults.append(
                f"{settings.database.key_file} is missing: put the keys there, set"
                " UTSKICK_DATABASE__KEYS, or let `utskick make-keys` make those of a new"
                " installation"
            )
    return faults
