"""How the service itself does: health, readiness, configuration, metrics."""

from __future__ import annotations

import logging
from typing import Final

from fastapi import FastAPI, Request
from prometheus_client import generate_latest
from starlette.responses import Response

from biodesci.api.answers import PROBLEMS, answer
from biodesci.api.guard import Metrics
from biodesci.api.problems import UNPREPARED
from biodesci.api.schemas.status import Check, Config, Health, Readiness
from biodesci.chain.client import Chain
from biodesci.chain.deployment import Deployment
from biodesci.config import Settings
from biodesci.core.errors import BioDeSciError, ConfigurationError, UnavailableError
from biodesci.ipfs.client import Ipfs
from biodesci.store import queries
from biodesci.store.database import Store

_log = logging.getLogger(__name__)
_BEHIND: Final = 50  # blocks the index may lag unmeant before /ready says so


def install(app: FastAPI, settings: Settings, store: Store, metrics: Metrics) -> None:
    @app.get("/health", tags=["status"], response_model=Health)
    def health(request: Request) -> Response:
        """The process runs."""
        return answer(request, Health(status="ok", version=app.version))

    @app.get("/ready", tags=["status"], response_model=Readiness)
    def ready() -> Response:
        """Chain, IPFS node and index can be used; 503 with the same document if not."""
        with store.snapshot():
            reached, identity = queries.as_of(store), store.identity()

        def index() -> str:
            chain = Chain(settings.rpc_url, Deployment.load(settings.deployment))
            head = chain.block_number()
            if identity != chain.identity:
                raise UnavailableError("The index is not of this chain and these contracts yet.", "Wait.")
            # The index stays as many blocks behind as Settings.confirmations says.
            if not -_BEHIND <= head - reached <= settings.confirmations + _BEHIND:
                raise UnavailableError(f"The index is at block {reached}, the chain at {head}.", "Wait.")
            return f"block {reached} of {head}"

        def ipfs() -> str:
            Ipfs(settings.ipfs_api).ready()
            return settings.ipfs_api

        checks = []
        for name, check in (("chain and index", index), ("ipfs", ipfs)):
            try:
                checks.append(Check(name=name, ok=True, message=check()))
            except ConfigurationError as exc:
                _log.error("%s", exc)
                checks.append(Check(name=name, ok=False, message=UNPREPARED))
            except BioDeSciError as exc:
                checks.append(Check(name=name, ok=False, message=exc.message))
        everything = all(check.ok for check in checks)
        document = Readiness(ready=everything, checks=checks, as_of=reached)
        return Response(
            document.model_dump_json(by_alias=True),
            200 if everything else 503,
            {"Cache-Control": "no-store"},
            media_type="application/json",
        )

    @app.get("/v1/config", tags=["status"], response_model=Config, responses=PROBLEMS)
    def config(request: Request) -> Response:
        """What a wallet and a browser need to know."""
        deployment = Deployment.load(settings.deployment)
        return answer(
            request,
            Config(
                version=app.version,
                network=deployment.network,
                chain_id=deployment.chain_id,
                rpc_url=settings.rpc_url,
                ipfs_gateway_url=settings.ipfs_gateway.rstrip("/"),
                contracts={name: c.address for name, c in deployment.contracts.items()},
                deployment_block=deployment.first_block,
                as_of=queries.as_of(store),
            ),
        )

    @app.get("/metrics", tags=["status"], response_class=Response)
    def prometheus() -> Response:
        """Prometheus text format."""
        with store.snapshot():
            metrics.block.set(queries.as_of(store))
            for table, count in queries.counts(store).items():
                metrics.rows.labels(table).set(count)
        return Response(generate_latest(metrics.registry), media_type="text/plain; version=0.0.4")
