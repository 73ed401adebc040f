"""Serve the web process: `python -m utskick.web`."""

import uvicorn

from utskick.web.app import create_app
from utskick.wiring import services


def main() -> None:
    """Serve until told to stop. No access log: addresses and times of staff are nobody's."""
    wired = services()
    web = wired.settings.web
    uvicorn.run(
        create_app(wired), host=web.host, port=web.port, access_log=False, log_level="warning"
    )


if __name__ == "__main__":
    main()
