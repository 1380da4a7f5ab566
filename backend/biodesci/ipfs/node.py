"""The embedded IPFS node: real Kubo behind its own RPC API and a read-only gateway, both on loopback alone.

    python -m biodesci.ipfs.node --repo DIR --port 5001 [--gateway-port 8080]
        [--swarm-key FILE --listen ADDRESS:PORT --peer MULTIADDR ...] [--log-format json]

With a swarm's key, nodes of several machines exchange blocks over TCP (ipfs/swarm.py).
Everything else speaks that API (ipfs/client.py), so a Kubo daemon can take its place by one setting.
"""

from __future__ import annotations

import argparse
import errno
import logging
import signal
import sys
import threading
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final, get_args

from biodesci import logs
from biodesci.core.errors import BioDeSciError, ConfigurationError
from biodesci.ipfs.gateway import GatewayHandler
from biodesci.ipfs.kubo import Kubo
from biodesci.ipfs.rpc import RpcHandler
from biodesci.ipfs.store import Files
from biodesci.ipfs.swarm import Swarm
from biodesci.serving.threads import BoundedHandler, BoundedServer

_log: Final = logging.getLogger("biodesci.ipfs.node")
_HOST: Final = "127.0.0.1"
_TIDY_SECONDS: Final = 600.0


class _Server(BoundedServer):
    def handle_error(self, request: Any, client_address: Any) -> None:
        _log.exception("A request failed.")


def main(argv: Sequence[str] | None = None) -> int:
    """Run the node until it is stopped; `argv` is the command line without the program's name.

    Returns the exit status: 1 when the node could not start, with the reason in the log, else 0.
    """
    parser = argparse.ArgumentParser(prog="biodesci.ipfs.node", description="The embedded IPFS node.")
    parser.add_argument(
        "--repo", type=Path, required=True, help="folder of the repository; made when missing"
    )
    parser.add_argument("--port", type=int, default=5001, help="port of the RPC API")
    parser.add_argument("--gateway-port", type=int, help="port of the read-only gateway; none without it")
    parser.add_argument(
        "--storage-max", type=int, default=10, help="GB of the repository, near which unpinned blocks go (10)"
    )
    parser.add_argument("--swarm-key", type=Path, help="file of the private swarm's key; none without it")
    parser.add_argument("--listen", help="ADDRESS:PORT for the swarm's other nodes; loopback without it")
    parser.add_argument("--peer", action="append", default=[], help="multiaddress of another node; repeated")
    parser.add_argument(
        "--log-format", choices=get_args(logs.Format), default="text", help="of its log (text)"
    )
    arguments = parser.parse_args(argv)
    logs.begin("ipfs", arguments.log_format)
    try:
        swarm = Swarm.chosen(arguments.swarm_key, arguments.listen, arguments.peer)
        if swarm.key is not None:
            logs.begin("ipfs", arguments.log_format, swarm.key.decode("ascii", "replace").splitlines()[2:])
        serve(arguments.repo, arguments.port, arguments.gateway_port, swarm, arguments.storage_max * 10**9)
    except BioDeSciError as exc:
        _log.error("%s", exc)
        return 1
    return 0


def serve(repo: Path, port: int, gateway_port: int | None, swarm: Swarm, storage_max: int) -> None:
    """Serves until SIGTERM or SIGINT. ConfigurationError: a port is taken, or the repository is in use."""
    # Signals are blocked in every thread, Go's included, and waited for in this one.
    stopping = {signal.SIGTERM, signal.SIGINT}
    signal.pthread_sigmask(signal.SIG_BLOCK, stopping)
    # Ports first: a second start on the same ports must not touch the repository.
    api = _bind(port)
    gateway = None if gateway_port is None else _bind(gateway_port)
    kubo = Kubo(repo, swarm)
    files = Files(kubo, storage_max)
    threading.Thread(target=_tidy, args=(files,), daemon=True).start()
    servers = [(api, type("Rpc", (RpcHandler,), {"files": files}))]
    if gateway is not None:
        servers.append((gateway, type("Gateway", (GatewayHandler,), {"files": files})))
    for server, handler in servers:
        server.RequestHandlerClass = handler
        server.server_activate()
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.1}, daemon=True).start()
    _log.info(
        "IPFS node ready: API on http://%s:%d%s",
        _HOST,
        api.server_port,
        "" if gateway is None else f", gateway on http://{_HOST}:{gateway.server_port}/ipfs/<cid>",
    )
    signal.sigwait(stopping)
    _log.info("Stopping.")
    for server, _ in servers:
        server.shutdown()
        server.server_close()
    kubo.close()


def _tidy(files: Files) -> None:
    while True:
        time.sleep(_TIDY_SECONDS)
        try:
            if files.collect_if_full():
                _log.info("The repository was nearly full: what nobody keeps is gone.")
        except (BioDeSciError, OSError) as exc:
            _log.error("Garbage could not be collected: %s", exc)


def _bind(port: int) -> _Server:
    server = _Server((_HOST, port), BoundedHandler)
    try:
        server.server_bind()
    except OSError as exc:
        server.server_close()
        if exc.errno not in (errno.EADDRINUSE, errno.EACCES):
            raise
        why = "is taken" if exc.errno == errno.EADDRINUSE else "may not be used"
        raise ConfigurationError(
            f"Port {port} on {_HOST} {why}.", "Stop what uses it, or choose another port."
        ) from exc
    return server


if __name__ == "__main__":
    sys.exit(main())
