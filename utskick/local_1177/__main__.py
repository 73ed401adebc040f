"""`python -m utskick.local_1177`: start the local 1177."""

import argparse
from pathlib import Path

from utskick.local_1177.app import create_app
from utskick.local_1177.notices import Receiver, send_notices_to
from utskick.local_1177.serving import ServerTls, serve


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m utskick.local_1177", description=__doc__)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--state", type=Path, required=True, help="the SQLite file")
    parser.add_argument("--region", type=Path, required=True, help="the region's folder")
    parser.add_argument("--log-level", default="warning")
    tls = parser.add_argument_group("TLS", "PEM files; all of the local 1177 is then https")
    tls.add_argument("--certificate", type=Path, help="ours, with its key unless that is apart")
    tls.add_argument("--key", type=Path)
    tls.add_argument("--client-authorities", type=Path, help="whose certificates callers show")
    notices = parser.add_argument_group("notices", "of forms that come and are answered")
    notices.add_argument("--notices-to", help="a care system's address (ProcessNotification)")
    notices.add_argument("--notices-address", default="", help="its logical address")
    notices.add_argument("--notices-header", default="", help="NAME:VALUE, to say who calls")
    options = parser.parse_args()
    app = create_app(options.state, options.region)
    send_notices_to(app.world.state, _receiver_of(options))
    serve(app, port=options.port, log_level=options.log_level, tls=_tls_of(options))


def _receiver_of(options: argparse.Namespace) -> Receiver | None:
    if options.notices_to is None:
        return None
    header, _, value = options.notices_header.partition(":")
    return Receiver(
        url=options.notices_to,
        logical_address=options.notices_address,
        header=header,
        value=value.strip(),
    )


def _tls_of(options: argparse.Namespace) -> ServerTls | None:
    if options.certificate is None:
        return None
    return ServerTls(
        certificate=options.certificate,
        key=options.key,
        client_authorities=options.client_authorities,
    )


if __name__ == "__main__":
    main()
