"""How the service itself does: health, readiness, configuration, metrics."""

from __future__ import annotations

import time
from typing import Final

from fastapi import FastAPI, Request
from prometheus_client import generate_latest
from starlette.responses import Response

from biodesci.api import told
from biodesci.api.answers import answer, problems_of
from biodesci.api.guard import Metrics
from biodesci.api.node import Node
from biodesci.api.readiness import Ready
from biodesci.api.remembered import LASTS
from biodesci.api.schemas.status import Config, Health, Readiness
from biodesci.config import Settings
from biodesci.core.errors import NotFoundError
from biodesci.index import queries
from biodesci.index.database import Store
from biodesci.serving.bounds import is_within, networks

_LOOPBACK: Final = networks("127.0.0.0/8 ::1")


def install(app: FastAPI, settings: Settings, store: Store, node: Node, metrics: Metrics) -> None:
    """Add the routes /health, /ready, /v1/config and /metrics to `app`."""
    readiness = Ready(settings, store, node)

    @app.get("/health", tags=["status"], response_model=Health, responses=problems_of())
    def health(request: Request) -> Response:
        """The process runs."""
        return answer(request, Health(status="ok", version=app.version))

    @app.get(
        "/ready",
        tags=["status"],
        response_model=Readiness,
        responses={**problems_of(), 503: {"model": Readiness, "description": "Something is not usable."}},
    )
    def ready() -> Response:
        """Chain, IPFS node and index can be used; 503 with the same document if not."""
        document = readiness.now()
        return Response(
            document.model_dump_json(by_alias=True),
            200 if document.ready else 503,
            {"Cache-Control": "no-store"},
            media_type="application/json",
        )

    @app.get("/v1/config", tags=["status"], response_model=Config, responses=problems_of(503))
    def config(request: Request) -> Response:
        """What a wallet and a browser need to know."""
        deployment = node.deployed.now()
        request.scope[LASTS] = time.time() + 1  # the deployment's file may change
        with store.snapshot():
            body = Config(
                version=app.version,
                network=deployment.network,
                chain_id=deployment.chain_id,
                rpc_url=told.rpc_url(settings),
                ipfs_gateway_url=settings.ipfs_gateway.rstrip("/"),
                visa_issuers=settings.visa_issuers.split(),
                contracts={name: c.address for name, c in deployment.contracts.items()},
                deployment_block=deployment.first_block,
                as_of=queries.as_of(store),
            )
            return answer(request, body, store)

    @app.get("/metrics", tags=["status"], response_class=Response, responses=problems_of(404))
    def prometheus(request: Request) -> Response:
        """Prometheus text format, for this machine alone: who asks through a proxy gets 404."""
        if not _is_here(request):
            raise NotFoundError("There is nothing at this address.", "Ask on the server's own machine.")
        with store.snapshot():
            metrics.block.set(queries.as_of(store))
            for table, count in queries.counts(store).items():
                metrics.rows.labels(table).set(count)
        return Response(generate_latest(metrics.registry), media_type="text/plain; version=0.0.4")


def _is_here(request: Request) -> bool:
    """Whether the client is a process of this machine; a proxy on it says whom it asks for."""
    client = request.client.host if request.client else ""
    passed_on = {"x-forwarded-for", "forwarded", "via"} & set(request.headers)
    return not passed_on and is_within(client, _LOOPBACK)
