"""Runs the API under uvicorn."""

from __future__ import annotations

import socket

import uvicorn

from biodesci.api.app import create
from biodesci.config import Settings
from biodesci.core.errors import ConfigurationError


def serve(settings: Settings, port: int) -> None:
    """Until SIGTERM or Ctrl-C."""
    if not 0 < port < 1 << 16:
        raise ConfigurationError(
            f"{port} is no port.", "Choose one from 1 to 65535: --port or BIODESCI_API_PORT."
        )
    family = socket.AF_INET6 if ":" in settings.api_host else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((settings.api_host, port))
        except OSError as exc:
            raise ConfigurationError(
                f"Port {port} on {settings.api_host} is taken or not allowed ({exc.strerror}).",
                "Stop what uses it, or choose another: --port or BIODESCI_API_PORT.",
            ) from exc
    uvicorn.run(create(settings), host=settings.api_host, port=port, log_level="warning", server_header=False)
