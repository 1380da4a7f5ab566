"""The FastAPI application: reads from the index, each answer with the block it stands for.

Nothing is written here and nothing private is held: writes go through wallets.
"""

from __future__ import annotations

import hashlib
import re
import time
from collections.abc import Awaitable, Callable
from importlib.metadata import version as package_version
from pathlib import Path
from typing import Annotated, Final
from urllib.parse import urlsplit

from fastapi import FastAPI, Query, Request
from fastapi import Path as PathParam
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from pydantic import BaseModel
from starlette.exceptions import HTTPException
from starlette.responses import FileResponse, Response

from biodesci.api import problems
from biodesci.api.present.datasets import dataset_answer, dataset_summaries
from biodesci.api.present.inferences import inference_answer, inference_item
from biodesci.api.present.licenses import license_answer, license_item
from biodesci.api.present.models import model_answer, model_summary
from biodesci.api.present.rounds import round_answer
from biodesci.api.schemas.datasets import DatasetAnswer, DatasetPage
from biodesci.api.schemas.inferences import InferenceAnswer, InferencePage
from biodesci.api.schemas.licenses import LicenseAnswer, LicensePage
from biodesci.api.schemas.models import ModelAnswer, ModelPage
from biodesci.api.schemas.rounds import RoundAnswer
from biodesci.api.schemas.status import Check, Config, Health, Problem, Readiness
from biodesci.chain.client import Chain
from biodesci.chain.deployment import Deployment
from biodesci.config import Settings
from biodesci.core.errors import BioDeSciError, InputError, NotFoundError, UnavailableError
from biodesci.ipfs.client import Ipfs
from biodesci.store import queries
from biodesci.store.database import Store

VERSION: Final = package_version("biodesci")
_LAST: Final = 2**62
_BEHIND: Final = 50  # blocks the index may lag before /ready says so

Cursor = Annotated[str, Query(description="`nextCursor` of the page before", examples=["17"])]
Limit = Annotated[int, Query(ge=1, le=100)]
Account = Annotated[str, Query(pattern=r"^(0x[0-9a-fA-F]{40})?$", description="an address")]
Id = Annotated[int, PathParam(ge=1, le=2**53)]
Filter = Annotated[int, Query(ge=0, le=2**53, description="0: any")]
_PROBLEMS: Final[dict[int | str, dict[str, object]]] = {
    code: {"model": Problem, "content": {"application/problem+json": {}}} for code in (404, 422, 503)
}


class _Metrics:
    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.requests = Counter(
            "biodesci_http_requests_total", "Requests.", ["route", "status"], registry=self.registry
        )
        self.seconds = Histogram(
            "biodesci_http_request_seconds", "Time to answer.", ["route"], registry=self.registry
        )
        self.block = Gauge("biodesci_index_block", "Last block in the index.", registry=self.registry)
        self.rows = Gauge("biodesci_index_rows", "Rows of the index.", ["table"], registry=self.registry)


def create(settings: Settings) -> FastAPI:
    """The application over one index file."""
    app = FastAPI(
        title="BioDeSci",
        version=VERSION,
        description="Datasets, licences, models, rounds and inferences, read from the chain.",
        docs_url=None,  # its pages load scripts from elsewhere
        redoc_url=None,
    )
    store = Store(settings.database_path, read_only=True)
    metrics = _Metrics()
    problems.install(app)
    _guard(app, settings, metrics)
    _status(app, settings, store, metrics)
    _datasets(app, settings, store)
    _models(app, store)
    _page(app, settings.web)
    return app


def _answer(request: Request, body: BaseModel) -> Response:
    """JSON with an ETag; 304 where the client has it already."""
    text = body.model_dump_json(by_alias=True).encode()
    tag = f'"{hashlib.sha256(text).hexdigest()[:32]}"'
    headers = {"ETag": tag, "Cache-Control": "no-cache"}
    known = {t.strip().removeprefix("W/") for t in request.headers.get("if-none-match", "").split(",")}
    if tag in known or "*" in known:
        return Response(status_code=304, headers=headers)
    return Response(text, headers=headers, media_type="application/json")


def _before(cursor: str) -> int:
    if not cursor:
        return _LAST
    if not re.fullmatch(r"[1-9]\d{0,17}", cursor):
        raise InputError("That cursor is not one of ours.", "Start again without it.")
    return int(cursor)


def _next(rows: list[queries.Row], limit: int) -> str | None:
    return str(rows[limit - 1]["id"]) if len(rows) > limit else None


def _found(row: queries.Row | None, what: str, id_: int, store: Store) -> queries.Row:
    if row is None:
        raise NotFoundError(
            f"There is no {what} {id_} in the index as of block {queries.as_of(store)}.",
            f"List what there is with GET /v1/{what}s; what was just sent takes a moment.",
        )
    return row


def _now(store: Store) -> int:
    """The chain's clock may run ahead of ours, and stands still between blocks."""
    cursor = store.cursor()
    return max(cursor.time if cursor else 0, int(time.time()))


def _guard(app: FastAPI, settings: Settings, metrics: _Metrics) -> None:
    """Security headers and request metrics. No CORS header is ever sent."""
    origins = {f"{u.scheme}://{u.netloc}" for u in map(urlsplit, (settings.rpc_url, settings.ipfs_gateway))}
    policy = "; ".join(
        (
            "default-src 'self'",
            f"connect-src 'self' {' '.join(sorted(origins))}",
            "img-src 'self' data: blob:",
            "style-src 'self' 'unsafe-inline'",
            "worker-src 'self' blob:",
            "object-src 'none'",
            "base-uri 'none'",
            "form-action 'none'",
            "frame-ancestors 'none'",
        )
    )
    headers = {
        "Content-Security-Policy": policy,
        "X-Content-Type-Options": "nosniff",
        "X-Frame-Options": "DENY",
        "Referrer-Policy": "no-referrer",
        "Cross-Origin-Opener-Policy": "same-origin",
        "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
    }

    @app.middleware("http")
    async def guard(request: Request, call_next: Callable[[Request], Awaitable[Response]]) -> Response:
        began = time.perf_counter()
        response = await call_next(request)
        response.headers.update(headers)
        route = getattr(request.scope.get("route"), "path", "other")
        metrics.requests.labels(route, str(response.status_code)).inc()
        metrics.seconds.labels(route).observe(time.perf_counter() - began)
        return response


def _status(app: FastAPI, settings: Settings, store: Store, metrics: _Metrics) -> None:
    @app.get("/health", tags=["status"], response_model=Health)
    def health(request: Request) -> Response:
        """The process runs."""
        return _answer(request, Health(status="ok", version=VERSION))

    @app.get("/ready", tags=["status"], response_model=Readiness)
    def ready(request: Request) -> Response:
        """Chain, IPFS node and index can be used; 503 with the same document if not."""
        reached = queries.as_of(store)

        def index() -> str:
            head = Chain(settings.rpc_url, Deployment.load(settings.deployment)).block_number()
            if head - reached > _BEHIND:
                raise UnavailableError(f"The index is at block {reached}, the chain at {head}.", "Wait.")
            return f"block {reached} of {head}"

        def ipfs() -> str:
            Ipfs(settings.ipfs_api).ready()
            return settings.ipfs_api

        checks = []
        for name, check in (("chain and index", index), ("ipfs", ipfs)):
            try:
                checks.append(Check(name=name, ok=True, message=check()))
            except BioDeSciError as exc:
                checks.append(Check(name=name, ok=False, message=exc.message))
        everything = all(check.ok for check in checks)
        response = _answer(request, Readiness(ready=everything, checks=checks, as_of=reached))
        if not everything:
            response.status_code = 503
        return response

    @app.get("/v1/config", tags=["status"], response_model=Config, responses=_PROBLEMS)
    def config(request: Request) -> Response:
        """What a wallet and a browser need to know."""
        deployment = Deployment.load(settings.deployment)
        return _answer(
            request,
            Config(
                version=VERSION,
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
        metrics.block.set(queries.as_of(store))
        for table, count in queries.counts(store).items():
            metrics.rows.labels(table).set(count)
        return Response(generate_latest(metrics.registry), media_type="text/plain; version=0.0.4")


def _datasets(app: FastAPI, settings: Settings, store: Store) -> None:
    gateway = settings.ipfs_gateway.rstrip("/")

    @app.get("/v1/datasets", tags=["data"], response_model=DatasetPage, responses=_PROBLEMS)
    def datasets(
        request: Request,
        cursor: Cursor = "",
        limit: Limit = 20,
        q: Annotated[str, Query(max_length=200, description="in name, description, keywords")] = "",
        owner: Account = "",
    ) -> Response:
        rows = queries.datasets(store, before=_before(cursor), limit=limit + 1, text=q, owner=owner)
        items = dataset_summaries(store, rows[:limit], gateway)
        page = DatasetPage(items=items, next_cursor=_next(rows, limit), as_of=queries.as_of(store))
        return _answer(request, page)

    @app.get("/v1/datasets/{id_}", tags=["data"], response_model=DatasetAnswer, responses=_PROBLEMS)
    def dataset(request: Request, id_: Id) -> Response:
        row = _found(queries.dataset(store, id_), "dataset", id_, store)
        return _answer(request, dataset_answer(store, row, gateway))

    @app.get("/v1/licenses", tags=["data"], response_model=LicensePage, responses=_PROBLEMS)
    def licenses(
        request: Request,
        cursor: Cursor = "",
        limit: Limit = 20,
        licensee: Account = "",
        dataset: Filter = 0,
    ) -> Response:
        rows = queries.licenses(
            store, before=_before(cursor), limit=limit + 1, licensee=licensee, dataset_id=dataset
        )
        items = [license_item(row, _now(store)) for row in rows[:limit]]
        page = LicensePage(items=items, next_cursor=_next(rows, limit), as_of=queries.as_of(store))
        return _answer(request, page)

    @app.get("/v1/licenses/{id_}", tags=["data"], response_model=LicenseAnswer, responses=_PROBLEMS)
    def license_(request: Request, id_: Id) -> Response:
        row = _found(queries.license(store, id_), "license", id_, store)
        return _answer(request, license_answer(store, row, _now(store), gateway))


def _models(app: FastAPI, store: Store) -> None:
    @app.get("/v1/models", tags=["models"], response_model=ModelPage, responses=_PROBLEMS)
    def models(request: Request, cursor: Cursor = "", limit: Limit = 20) -> Response:
        rows = queries.models(store, before=_before(cursor), limit=limit + 1)
        items = [model_summary(row) for row in rows[:limit]]
        page = ModelPage(items=items, next_cursor=_next(rows, limit), as_of=queries.as_of(store))
        return _answer(request, page)

    @app.get("/v1/models/{id_}", tags=["models"], response_model=ModelAnswer, responses=_PROBLEMS)
    def model(request: Request, id_: Id) -> Response:
        row = _found(queries.model(store, id_), "model", id_, store)
        return _answer(request, model_answer(store, row))

    @app.get("/v1/rounds/{id_}", tags=["models"], response_model=RoundAnswer, responses=_PROBLEMS)
    def round_(request: Request, id_: Id) -> Response:
        row = queries.round_(store, id_)
        if row is None:
            raise NotFoundError(
                f"There is no round {id_} in the index as of block {queries.as_of(store)}.",
                "A model's rounds are listed by GET /v1/models/{id}.",
            )
        return _answer(request, round_answer(store, row))

    @app.get("/v1/inferences", tags=["inference"], response_model=InferencePage, responses=_PROBLEMS)
    def inferences(
        request: Request,
        cursor: Cursor = "",
        limit: Limit = 20,
        model: Filter = 0,
        account: Account = "",
    ) -> Response:
        rows = queries.inferences(
            store, before=_before(cursor), limit=limit + 1, model_id=model, account=account
        )
        items = [inference_item(row) for row in rows[:limit]]
        page = InferencePage(items=items, next_cursor=_next(rows, limit), as_of=queries.as_of(store))
        return _answer(request, page)

    @app.get("/v1/inferences/{id_}", tags=["inference"], response_model=InferenceAnswer, responses=_PROBLEMS)
    def inference(request: Request, id_: Id) -> Response:
        row = _found(queries.inference(store, id_), "inference", id_, store)
        return _answer(request, inference_answer(store, row))


def _page(app: FastAPI, folder: Path) -> None:
    """The built web page; paths that are no file get its index.html, which routes by itself."""

    @app.get("/{path:path}", include_in_schema=False)
    def page(path: str) -> Response:
        home = folder.resolve()
        index = home / "index.html"
        if path.startswith(("v1/", "problems/")) or "\0" in path or not index.is_file():
            raise HTTPException(404, "there is nothing at this address")
        file = (home / path).resolve()
        if file.is_relative_to(home) and file.is_file() and file != index:
            # Vite names assets by their content.
            cache = "public, max-age=31536000, immutable" if path.startswith("assets/") else "no-cache"
            return FileResponse(file, headers={"Cache-Control": cache})
        return FileResponse(index, headers={"Cache-Control": "no-cache"})
