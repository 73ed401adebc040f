"""Serve the web process: `python -m utskick.web`."""

import gc
from logging.config import dictConfig
from typing import Any

import uvicorn

from utskick.adapters.json_lines import log_settings
from utskick.files import keep_to_ourselves
from utskick.security_log import SecurityEvent, note
from utskick.web.app import create_app
from utskick.web.patient_protocol import PatientProtocol
from utskick.wiring import Services, services
from utskick.worker.refusals import refused_in_words


def main() -> None:
    """Serve until stopped. What is refused is logged, what is answered is in the access log."""
    keep_to_ourselves()
    dictConfig(log_settings())
    with refused_in_words():
        wired = services()
    app = create_app(wired)
    # What has been imported stays: to look through it for garbage would stop all pages for 0.2 s.
    gc.collect()
    gc.freeze()
    note(SecurityEvent.STARTED, version=app.version, production=wired.settings.production)
    uvicorn.run(app, **serving(wired))


def serving(wired: Services) -> dict[str, Any]:
    """How uvicorn serves: an address in a header is believed of trusted proxies alone."""
    web = wired.settings.web
    return {
        "host": web.host,
        "port": web.port,
        "access_log": False,
        "log_config": None,
        "http": PatientProtocol,
        "limit_concurrency": web.most_connections,
        "server_header": False,
        "proxy_headers": bool(web.trusted_proxies),
        "forwarded_allow_ips": list(web.trusted_proxies),
    }


if __name__ == "__main__":
    main()
