"""Runs the API under uvicorn."""

from __future__ import annotations

import socket

import uvicorn

from biodesci.api.app import create
from biodesci.config import Settings
from biodesci.core.errors import ConfigurationError


def serve(settings: Settings, port: int) -> None:
    """Until SIGTERM or Ctrl-C."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((settings.api_host, port))
        except OSError as exc:
            raise ConfigurationError(
                f"Port {port} on {settings.api_host} is taken or not allowed ({exc.strerror}).",
                "Stop what uses it, or choose another: --port or BIODESCI_API_PORT.",
            ) from exc
    uvicorn.run(create(settings), host=settings.api_host, port=port, log_level="warning", server_header=False)
