"""The occasions' flow, as an interpreter finds it that Prefect's own worker has started for it.

The clinic around it is in memory, over the database and at the moment that the environment names.
"""

import os
from datetime import datetime

from flows.run_occasion import run_occasion
from tests.clinic import clinic_of, open_store
from tests.flows.occasion_runs import PATIENT, use
from tests.web.conftest import services_of

__all__ = ["ENTRYPOINT", "MOMENT", "STORE", "run_occasion"]

ENTRYPOINT = f"{__name__}.run_occasion"
STORE, MOMENT = "STOCK_OCCASION_STORE", "STOCK_OCCASION_MOMENT"

if STORE in os.environ:
    _store = open_store(os.environ[STORE], migrated=True)
    _now = datetime.fromisoformat(os.environ[MOMENT])
    use(services_of(clinic_of(_store, now=_now, **PATIENT)))
