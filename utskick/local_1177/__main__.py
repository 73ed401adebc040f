"""`python -m utskick.local_1177`: start the local 1177."""

import argparse
from pathlib import Path

from utskick.local_1177.app import create_app
from utskick.local_1177.serving import serve


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m utskick.local_1177", description=__doc__)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--state", type=Path, required=True, help="the SQLite file")
    parser.add_argument("--region", type=Path, required=True, help="the region's folder")
    parser.add_argument("--log-level", default="warning")
    options = parser.parse_args()
    app = create_app(options.state, options.region)
    serve(app, port=options.port, log_level=options.log_level)


if __name__ == "__main__":
    main()
