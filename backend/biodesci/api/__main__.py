"""python -m biodesci.api [--port N]"""

from __future__ import annotations

import argparse
import sys
from typing import Final

from biodesci import config, logs, secret_settings
from biodesci.api.server import serve
from biodesci.core.errors import BioDeSciError

NAME: Final = "api"


def main() -> int:
    """Serve API and page until stopped; returns the exit status: 0, or 1 with the error on standard error."""
    parser = argparse.ArgumentParser(prog="python -m biodesci.api", description="Serve API and web page.")
    parser.add_argument("--port", type=int, help="default: BIODESCI_API_PORT or 8600")
    arguments = parser.parse_args()
    logs.begin(NAME)
    try:
        settings = config.load(config.Settings)
        logs.begin(NAME, settings.log_format, secret_settings.of(settings))
        serve(settings, arguments.port or settings.api_port)
    except BioDeSciError as exc:
        sys.stderr.write(f"error: {exc.message}\n  {exc.hint}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
