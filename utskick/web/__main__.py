"""Serve the web process: `python -m utskick.web`."""

import gc

import uvicorn

from utskick.domain.starting import refused_in_words
from utskick.files import keep_to_ourselves
from utskick.web.app import create_app
from utskick.wiring import services


def main() -> None:
    """Serve until stopped. No access log: addresses and times of staff are nobody's."""
    keep_to_ourselves()
    with refused_in_words():
        wired = services()
    app = create_app(wired)
    # What has been imported stays: to look through it for garbage would stop all pages for 0.2 s.
    gc.collect()
    gc.freeze()
    web = wired.settings.web
    uvicorn.run(app, host=web.host, port=web.port, access_log=False, log_level="warning")


if __name__ == "__main__":
    main()
