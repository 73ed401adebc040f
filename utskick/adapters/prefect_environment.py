"""The settings of Prefect's server, worker and flow runs, each setting with its measured reason.

Prefect's own defaults look for work some hundred times a minute, and write each task's state by
itself. Ours are for a server that is idle nearly always and has hundreds of runs within minutes.
Nothing of ours rests on what is slowed down or turned off; `utskick.sending.reconcile` does it.
"""

from pathlib import Path
from urllib.parse import urlsplit

from utskick.files import PREFECT_LOGGING


def prefect_environment(*, home: Path, api_url: str, login: str) -> dict[str, str]:
    """Environment variables for every process of one installation. All data goes below `home`."""
    return {
        "PREFECT_HOME": str(home),
        # No profile of the user's own may point elsewhere.
        "PREFECT_PROFILES_PATH": str(home / "profiles.toml"),
        **for_prefect_at(api_url),
        **with_login(login),
        **everywhere(),
    }


def for_prefect_at(api_url: str, *, pages_url: str = "") -> dict[str, str]:
    """`pages_url`: where operators' browsers find its page, if not where we find its API."""
    pages_url = (pages_url or api_url.removesuffix("/api")).rstrip("/")
    return {
        "PREFECT_API_URL": api_url,
        # The page in the operator's browser must ask the same server, whatever its port.
        "PREFECT_SERVER_UI_API_URL": f"{pages_url}/api",
        # By default any origin's page may ask, also for the token that is to prevent just that.
        "PREFECT_SERVER_CORS_ALLOWED_ORIGINS": _origin(pages_url),
        "PREFECT_SERVER_CORS_ALLOWED_METHODS": "GET,POST,PUT,PATCH,DELETE",
        "PREFECT_SERVER_CORS_ALLOWED_HEADERS": (
            "authorization,content-type,prefect-csrf-client,prefect-csrf-token,x-prefect-ui"
        ),
    }


def with_login(login: str) -> dict[str, str]:
    """`name:secret`, as Prefect's server asks for it and all its clients send it."""
    return {"PREFECT_SERVER_API_AUTH_STRING": login, "PREFECT_API_AUTH_STRING": login}


def _origin(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"


def everywhere() -> dict[str, str]:
    """What holds in every installation, wherever its parts are."""
    return {
        # A missing server is to be reported, not replaced by one that nobody sees.
        "PREFECT_SERVER_ALLOW_EPHEMERAL_MODE": "false",
        # Nothing leaves the machine.
        "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
        "PREFECT_SERVER_UI_SHOW_PROMOTIONAL_CONTENT": "false",
        "DO_NOT_TRACK": "1",
        "PREFECT_SERVER_CSRF_PROTECTION_ENABLED": "true",
        # After 2, 4 and 8 s. The default's last waits of 16 and 32 s outlast a restarted server.
        "PREFECT_CLIENT_MAX_RETRIES": "3",
        "PREFECT_CLI_PROMPT": "false",
        "PREFECT_LOGGING_LEVEL": "INFO",
        # One line of JSON each, as our own processes log.
        "PREFECT_LOGGING_SETTINGS_PATH": str(PREFECT_LOGGING),
        # That a task has completed is a state already; each line is a row beside it.
        "PREFECT_LOGGING_LOGGERS_PREFECT_TASK_RUNS_LEVEL": "WARNING",
        "PREFECT_RESULTS_PERSIST_BY_DEFAULT": "false",
        **_SERVICES,
        **_WORKER,
    }


_SERVICES = {
    # One-shot schedules: the default looks for three runs and loads all schedules each minute.
    "PREFECT_SERVER_SERVICES_SCHEDULER_MIN_RUNS": "1",
    # Each pass takes 5 ms for every schedule that has ended and is not yet deleted. New ones are
    # found by the loop over recent deployments, and near ones get their runs at once.
    "PREFECT_SERVER_SERVICES_SCHEDULER_LOOP_SECONDS": "600",
    "PREFECT_SERVER_SERVICES_SCHEDULER_RECENT_DEPLOYMENTS_LOOP_SECONDS": "8",
    # What is late is shown as late within a minute; we start it after ten seconds.
    "PREFECT_SERVER_SERVICES_LATE_RUNS_AFTER_SECONDS": "20",
    "PREFECT_SERVER_SERVICES_LATE_RUNS_LOOP_SECONDS": "30",
    # A worker is shown as offline after three missed heartbeats, and at most a minute.
    "PREFECT_SERVER_SERVICES_FOREMAN_LOOP_SECONDS": "60",
    # The worker asks the pool each five minutes when nothing is due.
    "PREFECT_SERVER_SERVICES_FOREMAN_DEPLOYMENT_LAST_POLLED_TIMEOUT_SECONDS": "900",
    "PREFECT_SERVER_SERVICES_FOREMAN_WORK_QUEUE_LAST_POLLED_TIMEOUT_SECONDS": "900",
    # For leases of concurrency limits, child flows, and workers with something to clean up: none
    # of which we have, but an operator may set a limit.
    "PREFECT_SERVER_SERVICES_REPOSSESSOR_LOOP_SECONDS": "300",
    "PREFECT_SERVER_SERVICES_CANCELLATION_CLEANUP_LOOP_SECONDS": "300",
    "PREFECT_SERVER_SERVICES_CLEANUP_RECONCILER_LOOP_SECONDS": "300",
    "PREFECT_SERVER_SERVICES_PAUSE_EXPIRATIONS_LOOP_SECONDS": "300",
    # No automations: error mail is ours. They would read each event once more.
    "PREFECT_SERVER_SERVICES_TRIGGERS_ENABLED": "false",
    # Many rows in each transaction, in place of one.
    "PREFECT_SERVER_SERVICES_TASK_RUN_RECORDER_BATCH_SIZE": "100",
    "PREFECT_SERVER_SERVICES_TASK_RUN_RECORDER_FLUSH_INTERVAL": "2",
    "PREFECT_SERVER_SERVICES_EVENT_PERSISTER_BATCH_SIZE": "200",
    # Ended runs are kept for a week, as ended dispatches are; the default is for ever.
    "PREFECT_SERVER_SERVICES_DB_VACUUM_ENABLED": "events,flow_runs",
    "PREFECT_SERVER_SERVICES_DB_VACUUM_RETENTION_PERIOD": "604800",
    "PREFECT_SERVER_EVENTS_RETENTION_PERIOD": "P7D",
}

_WORKER = {
    # How soon a run starts, or ends, that an operator asks for.
    "PREFECT_WORKER_QUERY_SECONDS": "3",
    # The longer, the more runs the worker learns of with one question; it starts none early.
    "PREFECT_WORKER_PREFETCH_SECONDS": "30",
    # Of Prefect's own worker, in which an operator's cancel would otherwise end nothing.
    "PREFECT_WORKER_ENABLE_CANCELLATION": "true",
    "PREFECT_WORKER_CANCELLATION_POLL_SECONDS": "10",
}
