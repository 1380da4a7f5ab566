"""The FastAPI application: reads from the index, each answer with the block it stands for.

Nothing is written here: writes go through wallets. Who has signed in (sessions.py) is all that is held.
"""

from __future__ import annotations

import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib.metadata import version as package_version
from pathlib import Path
from typing import Annotated

from fastapi import FastAPI, Query, Request
from starlette.exceptions import HTTPException
from starlette.responses import FileResponse, Response

from biodesci.api import documentation, events, guard, problems, queue, sessions, status
from biodesci.api.answers import (
    PROBLEMS,
    Account,
    Cursor,
    EventCursor,
    Filter,
    Id,
    Limit,
    answer,
    before,
    before_event,
    checksummed,
    found,
    next_cursor,
    next_event,
)
from biodesci.api.drs import routes as drs
from biodesci.api.node import Node
from biodesci.api.present.activity import audit_entry
from biodesci.api.present.datasets import dataset_answer, dataset_summaries
from biodesci.api.present.inferences import inference_answer, inference_item
from biodesci.api.present.licenses import license_answer, license_item
from biodesci.api.present.models import model_answer, model_summary
from biodesci.api.present.rounds import round_answer
from biodesci.api.remembered import LASTS, Remembered
from biodesci.api.schemas.activity import ActivityPage
from biodesci.api.schemas.datasets import DatasetAnswer, DatasetPage, DatasetSummary
from biodesci.api.schemas.inferences import InferenceAnswer, InferencePage
from biodesci.api.schemas.licenses import LicenseAnswer, LicensePage
from biodesci.api.schemas.models import ModelAnswer, ModelPage
from biodesci.api.schemas.rounds import RoundAnswer
from biodesci.api.written import Written
from biodesci.config import Settings
from biodesci.core.errors import NotFoundError
from biodesci.index import activity, queries
from biodesci.index.database import Store


def create(settings: Settings) -> FastAPI:
    """The application over one index."""
    store = Store(settings.index_location, read_only=True)
    metrics = guard.Metrics()
    written = Written(store)
    news = events.Events(store, written)

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        async with written.follow(), news.told():
            yield

    app = FastAPI(
        title="BioDeSci",
        version=package_version("biodesci"),
        description="Datasets, licences, models, rounds and inferences, read from the chain.",
        docs_url=None,  # FastAPI's pages load scripts from elsewhere (see documentation.py)
        redoc_url=None,
        lifespan=lifespan,
    )
    problems.install(app)
    app.add_middleware(Remembered, written=written)
    app.add_middleware(guard.Answers, headers=guard.headers(settings), metrics=metrics)
    node = Node(settings)
    status.install(app, settings, store, node, metrics)
    _datasets(app, settings, store)
    _models(app, store)
    _activity(app, store)
    events.install(app, news)
    sign_in = sessions.SignIn(node)
    sessions.install(app, sign_in)
    queue.install(app, store, sign_in)
    drs.install(app, settings, store, node.deployed)
    documentation.install(app)
    _page(app, settings.web)
    return app


def _now(store: Store, request: Request) -> int:
    """The chain's clock may run ahead of ours, and stands still between blocks. What is said of this second
    holds no longer."""
    now = int(time.time())
    request.scope[LASTS] = now + 1
    return max(store.standing().time, now)


def _lasts(request: Request, *shown: DatasetSummary) -> None:
    """Who is behind an owner is not said any longer than it is proven."""
    ends = [one.institution.until.timestamp() for one in shown if one.institution is not None]
    if ends:
        request.scope[LASTS] = min(ends)


def _datasets(app: FastAPI, settings: Settings, store: Store) -> None:
    gateway = settings.ipfs_gateway.rstrip("/")

    @app.get("/v1/datasets", tags=["data"], response_model=DatasetPage, responses=PROBLEMS)
    def datasets(
        request: Request,
        cursor: Cursor = "",
        limit: Limit = 20,
        q: Annotated[str, Query(max_length=200, description="in name, description, keywords")] = "",
        owner: Account = "",
    ) -> Response:
        """Datasets, the newest first; by words and by owner."""
        with store.snapshot():
            rows = queries.datasets(store, before=before(cursor), limit=limit + 1, text=q, owner=owner)
            items = dataset_summaries(store, rows[:limit], gateway)
            page = DatasetPage(items=items, next_cursor=next_cursor(rows, limit), as_of=queries.as_of(store))
            _lasts(request, *items)
            return answer(request, page, store)

    @app.get("/v1/datasets/{id}", tags=["data"], response_model=DatasetAnswer, responses=PROBLEMS)
    def dataset(request: Request, id_: Id) -> Response:
        """One dataset with its card, versions, offers and what happened to it."""
        with store.snapshot():
            row = found(queries.dataset(store, id_), "dataset", id_, store)
            body = dataset_answer(store, row, gateway)
            _lasts(request, body)
            return answer(request, body, store)

    @app.get("/v1/licenses", tags=["data"], response_model=LicensePage, responses=PROBLEMS)
    def licenses(
        request: Request,
        cursor: Cursor = "",
        limit: Limit = 20,
        licensee: Account = "",
        arbiter: Account = "",
        dataset: Filter = 0,
    ) -> Response:
        """Licences, the newest first; by licensee, by who decides their disputes, and by dataset."""
        whose = queries.Whose(checksummed(licensee), checksummed(arbiter), dataset)
        with store.snapshot():
            rows = queries.licenses(store, whose, before=before(cursor), limit=limit + 1)
            now = _now(store, request)
            items = [license_item(row, now) for row in rows[:limit]]
            page = LicensePage(items=items, next_cursor=next_cursor(rows, limit), as_of=queries.as_of(store))
            return answer(request, page, store)

    @app.get("/v1/licenses/{id}", tags=["data"], response_model=LicenseAnswer, responses=PROBLEMS)
    def license_(request: Request, id_: Id) -> Response:
        """One licence with what its download needs and what happened to it."""
        with store.snapshot():
            row = found(queries.license(store, id_), "license", id_, store)
            body = license_answer(store, row, _now(store, request), gateway)
            return answer(request, body, store)


def _models(app: FastAPI, store: Store) -> None:
    @app.get("/v1/models", tags=["models"], response_model=ModelPage, responses=PROBLEMS)
    def models(request: Request, cursor: Cursor = "", limit: Limit = 20) -> Response:
        """Models, the newest first."""
        with store.snapshot():
            rows = queries.models(store, before=before(cursor), limit=limit + 1)
            items = [model_summary(row) for row in rows[:limit]]
            page = ModelPage(items=items, next_cursor=next_cursor(rows, limit), as_of=queries.as_of(store))
            return answer(request, page, store)

    @app.get("/v1/models/{id}", tags=["models"], response_model=ModelAnswer, responses=PROBLEMS)
    def model(request: Request, id_: Id) -> Response:
        """One model with its card, versions, lineage, rounds and what happened to it."""
        with store.snapshot():
            row = found(queries.model(store, id_), "model", id_, store)
            body = model_answer(store, row)
            return answer(request, body, store)

    @app.get("/v1/rounds/{id}", tags=["models"], response_model=RoundAnswer, responses=PROBLEMS)
    def round_(request: Request, id_: Id) -> Response:
        """One round with its plan, its result, who takes part and what happened in it."""
        with store.snapshot():
            row = queries.round_(store, id_)
            if row is None:
                raise NotFoundError(
                    f"There is no round {id_} in the index as of block {queries.as_of(store)}.",
                    "A model's rounds are listed by GET /v1/models/{id}.",
                )
            body = round_answer(store, row)
            return answer(request, body, store)

    @app.get("/v1/inferences", tags=["inference"], response_model=InferencePage, responses=PROBLEMS)
    def inferences(
        request: Request,
        cursor: Cursor = "",
        limit: Limit = 20,
        model: Filter = 0,
        account: Account = "",
    ) -> Response:
        """Inferences, the newest first; by model, and by requester or worker."""
        with store.snapshot():
            rows = queries.inferences(
                store, before=before(cursor), limit=limit + 1, model_id=model, account=account
            )
            items = [inference_item(row) for row in rows[:limit]]
            page = InferencePage(
                items=items, next_cursor=next_cursor(rows, limit), as_of=queries.as_of(store)
            )
            return answer(request, page, store)

    @app.get("/v1/inferences/{id}", tags=["inference"], response_model=InferenceAnswer, responses=PROBLEMS)
    def inference(request: Request, id_: Id) -> Response:
        """One inference with its audits and what happened to it."""
        with store.snapshot():
            row = found(queries.inference(store, id_), "inference", id_, store)
            body = inference_answer(store, row)
            return answer(request, body, store)


def _activity(app: FastAPI, store: Store) -> None:
    @app.get("/v1/activity", tags=["audit"], response_model=ActivityPage, responses=PROBLEMS)
    def timeline(
        request: Request,
        kind: Annotated[list[activity.Kind] | None, Query(description="what the events are about")] = None,
        cursor: EventCursor = "",
        limit: Limit = 20,
    ) -> Response:
        """What happened on chain, newest first; `kind` may be given several times, and is all without."""
        with store.snapshot():
            entries = activity.page(
                store, kinds=kind or activity.KINDS, before=before_event(cursor), limit=limit + 1
            )
            more = next_event(entries[limit - 1]) if len(entries) > limit else None
            items = [audit_entry(entry) for entry in entries[:limit]]
            page = ActivityPage(items=items, next_cursor=more, as_of=queries.as_of(store))
            return answer(request, page, store)


def _page(app: FastAPI, folder: Path) -> None:
    """The built web page; paths that are no file get its index.html, which routes by itself."""

    @app.get("/{path:path}", include_in_schema=False)
    def page(path: str, request: Request) -> Response:
        home = folder.resolve()
        index = home / "index.html"
        if path.startswith(("v1/", "ga4gh/")) and "GET" not in problems.methods(request):
            raise HTTPException(405, "Method Not Allowed")
        if path.startswith(("v1/", "ga4gh/", "problems/")) or "\0" in path or not index.is_file():
            raise HTTPException(404, "there is nothing at this address")
        file = _within(home, path)
        if file is not None and file != index:
            # Vite names assets by their content.
            cache = "public, max-age=31536000, immutable" if path.startswith("assets/") else "no-cache"
            return FileResponse(file, headers={"Cache-Control": cache})
        return FileResponse(index, headers={"Cache-Control": "no-cache"})


def _within(home: Path, path: str) -> Path | None:
    try:
        file = (home / path).resolve()
        return file if file.is_relative_to(home) and file.is_file() else None
    except OSError:
        return None  # longer than a file's name can be
