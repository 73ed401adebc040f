"""What Prefect's server, worker and flow runs are told, each setting with its measured reason."""

from pathlib import Path


def prefect_environment(*, home: Path, api_url: str) -> dict[str, str]:
    """Environment variables for every process of one installation. All data goes below `home`."""
    return {
        "PREFECT_HOME": str(home),
        "PREFECT_API_URL": api_url,
        # The page in the operator's browser must ask the same server, whatever its port.
        "PREFECT_SERVER_UI_API_URL": api_url,
        # No profile of the user's own may point elsewhere.
        "PREFECT_PROFILES_PATH": str(home / "profiles.toml"),
        # A missing server is to be told of, not replaced by one that nobody sees.
        "PREFECT_SERVER_ALLOW_EPHEMERAL_MODE": "false",
        # One-shot schedules: the default looks for three runs and loads all schedules each minute.
        "PREFECT_SERVER_SERVICES_SCHEDULER_MIN_RUNS": "1",
        "PREFECT_SERVER_SERVICES_LATE_RUNS_AFTER_SECONDS": "20",
        # Nothing leaves the machine.
        "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
        "DO_NOT_TRACK": "1",
        "PREFECT_SERVER_CSRF_PROTECTION_ENABLED": "true",
        # The stock worker fills a freed slot at its next look only, and looks each ten seconds.
        "PREFECT_WORKER_QUERY_SECONDS": "2",
        "PREFECT_WORKER_PREFETCH_SECONDS": "10",
        # Off unless asked for; an operator's cancel would otherwise end nothing.
        "PREFECT_WORKER_ENABLE_CANCELLATION": "true",
        "PREFECT_WORKER_CANCELLATION_POLL_SECONDS": "10",
        # After 2, 4 and 8 s. The default's last waits of 16 and 32 s outlast a restarted server.
        "PREFECT_CLIENT_MAX_RETRIES": "3",
        "PREFECT_CLI_PROMPT": "false",
        "PREFECT_LOGGING_LEVEL": "INFO",
        "PREFECT_RESULTS_PERSIST_BY_DEFAULT": "false",
    }
