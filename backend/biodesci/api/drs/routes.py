"""The routes of the service."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable
from functools import partial
from typing import Annotated, Final, TypeVar
from urllib.parse import urlsplit

from fastapi import Depends, FastAPI, Path
from pydantic import BaseModel
from starlette.exceptions import HTTPException
from starlette.responses import Response

from biodesci.api.drs import errors
from biodesci.api.drs.objects import NotReadYetError, ObjectId, Shelf
from biodesci.api.drs.passports import Door
from biodesci.api.drs.schemas import (
    MOST_AT_ONCE,
    AccessUrl,
    Authorizations,
    BulkAccess,
    BulkAccessBody,
    BulkAccessUrl,
    BulkObjects,
    BulkObjectsBody,
    DrsObject,
    DrsService,
    ObjectBody,
    Organization,
    PassportsBody,
    ServiceInfo,
    Summary,
    Unresolved,
)
from biodesci.api.node import Deployed
from biodesci.api.sessions import json_alone
from biodesci.config import Settings
from biodesci.core import problems
from biodesci.core.errors import BioDeSciError
from biodesci.index import queries
from biodesci.index.database import Store

LARGEST: Final = 256 << 10  # bytes of a request's body, which holds passports
_OBJECT: Final = f"{errors.PREFIX}/objects/{{object_id}}"
_ACCESS: Final = f"{_OBJECT}/access/{{access_id}}"
_LATER: Final[dict[int | str, dict[str, object]]] = {
    202: {"description": "The dataset's card is being fetched: ask again after the time in Retry-After."}
}
_Made = TypeVar("_Made")
_Id = Annotated[str, Path(max_length=200, description="of an object: CHAIN-CONTRACT-DATASET-VERSION")]
_Way = Annotated[str, Path(max_length=200, description="`access_id` of a way to it: container")]


def install(app: FastAPI, settings: Settings, store: Store, deployed: Deployed) -> None:
    """Adds them. Raises ConfigurationError or InputError for a file of trust that cannot be used."""
    host = urlsplit(settings.api_url).netloc
    shelf = Shelf(store, settings.ipfs_gateway.rstrip("/"), host, Door.of(settings.drs_trust))
    _information(app, settings, store, host)
    _bulk(app, shelf, deployed)  # before the next, whose paths take "access" for an object's id
    _objects(app, shelf, deployed)
    _access(app, shelf, deployed)


def _information(app: FastAPI, settings: Settings, store: Store, host: str) -> None:
    name = urlsplit(settings.api_url).hostname or host

    @app.get(
        f"{errors.PREFIX}/service-info",
        tags=["drs"],
        response_model=ServiceInfo,
        responses=errors.documented(),
    )
    def service_info() -> Response:
        """What this service is (GA4GH service-info)."""
        body = ServiceInfo(
            id=".".join((*reversed(name.split(".")), "drs")),
            name="BioDeSci DRS",
            description="Encrypted datasets; their keys are delivered for licences bought on chain.",
            organization=Organization(name=name, url=settings.api_url),
            documentationUrl=f"{settings.api_url.rstrip('/')}/docs",
            version=app.version,
            drs=DrsService(objectCount=queries.counts(store)["versions"]),
        )
        return _json(body)


def _objects(app: FastAPI, shelf: Shelf, deployed: Deployed) -> None:
    @app.get(_OBJECT, tags=["drs"], response_model=DrsObject, responses={**_LATER, **errors.documented(400)})
    def get_object(object_id: _Id) -> Response:
        """A version of a dataset: size, checksum and where its encrypted bytes are."""
        return _answer(lambda: shelf.show(ObjectId.parse(object_id, deployed.now())))

    @app.post(
        _OBJECT,
        tags=["drs"],
        response_model=DrsObject,
        responses={**_LATER, **errors.documented(400, 401, 403, 413, 415)},
        dependencies=[Depends(json_alone)],
    )
    def post_object(object_id: _Id, body: ObjectBody) -> Response:
        """As GET, for who shows a GA4GH Passport: with the address of the bytes, where it grants that."""
        return _answer(lambda: shelf.show(ObjectId.parse(object_id, deployed.now()), body.passports))

    @app.options(
        _OBJECT, tags=["drs"], response_model=Authorizations, responses={**_LATER, **errors.documented(400)}
    )
    def options_object(object_id: _Id) -> Response:
        """What has to be shown for the object's bytes. The object itself is for everybody."""

        def needed() -> Authorizations:
            id_ = ObjectId.parse(object_id, deployed.now())
            shelf.find(id_)
            return shelf.needed(id_)

        return _answer(needed)


def _access(app: FastAPI, shelf: Shelf, deployed: Deployed) -> None:
    @app.get(
        _ACCESS,
        tags=["drs"],
        response_model=AccessUrl,
        responses={**_LATER, **errors.documented(400, 401, 403)},
    )
    def get_access(object_id: _Id, access_id: _Way) -> Response:
        """Where the object's bytes are, if nothing has to be shown for that."""
        return _answer(lambda: shelf.locate(ObjectId.parse(object_id, deployed.now()), access_id))

    @app.post(
        _ACCESS,
        tags=["drs"],
        response_model=AccessUrl,
        responses={**_LATER, **errors.documented(400, 401, 403, 413, 415)},
        dependencies=[Depends(json_alone)],
    )
    def post_access(object_id: _Id, access_id: _Way, body: PassportsBody) -> Response:
        """Where the object's bytes are, for who shows a GA4GH Passport with a grant for the dataset."""
        return _answer(
            lambda: shelf.locate(ObjectId.parse(object_id, deployed.now()), access_id, body.passports)
        )


def _bulk(app: FastAPI, shelf: Shelf, deployed: Deployed) -> None:
    @app.post(
        f"{errors.PREFIX}/objects",
        tags=["drs"],
        response_model=BulkObjects,
        responses=errors.documented(400, 413, 415),
        dependencies=[Depends(json_alone)],
    )
    def post_objects(body: BulkObjectsBody) -> Response:
        """Several objects at once, and for which of them there is an error instead."""
        asked = _bounded(body.bulk_object_ids)

        def show(id_: str) -> DrsObject:
            return shelf.show(ObjectId.parse(id_, deployed.now()), body.passports)

        found, failed = _each((id_, partial(show, id_)) for id_ in asked)
        return _json(
            BulkObjects(
                summary=_summary(len(asked), len(found)),
                resolved_drs_object=found,
                unresolved_drs_objects=failed,
            )
        )

    @app.post(
        f"{errors.PREFIX}/objects/access",
        tags=["drs"],
        response_model=BulkAccess,
        responses=errors.documented(400, 413, 415),
        dependencies=[Depends(json_alone)],
    )
    def post_accesses(body: BulkAccessBody) -> Response:
        """Where the bytes of several objects are, and for which of them there is an error instead."""
        asked = [
            (one.bulk_object_id, way) for one in body.bulk_object_access_ids for way in one.bulk_access_ids
        ]
        _bounded(asked)

        def locate(id_: str, way: str) -> BulkAccessUrl:
            url = shelf.locate(ObjectId.parse(id_, deployed.now()), way, body.passports)
            return BulkAccessUrl(url=url.url, drs_object_id=id_, drs_access_id=way)

        found, failed = _each((id_, partial(locate, id_, way)) for id_, way in asked)
        return _json(
            BulkAccess(
                summary=_summary(len(asked), len(found)),
                resolved_drs_object_access_urls=found,
                unresolved_drs_objects=failed,
            )
        )


def _bounded(asked: list[_Made]) -> list[_Made]:
    if len(asked) > MOST_AT_ONCE:
        raise HTTPException(413, f"at most {MOST_AT_ONCE} are answered at once (maxBulkRequestLength)")
    return asked


def _each(asked: Iterable[tuple[str, Callable[[], _Made]]]) -> tuple[list[_Made], list[Unresolved]]:
    """What was made, and the ids of what was not, by the status that each would have had alone."""
    made: list[_Made] = []
    failed: dict[int, list[str]] = defaultdict(list)
    for id_, make in asked:
        try:
            made.append(make())
        except NotReadYetError:
            failed[202].append(id_)
        except HTTPException as exc:
            failed[exc.status_code].append(id_)
        except BioDeSciError as exc:
            failed[problems.kind_of(exc).status].append(id_)
    return made, [Unresolved(error_code=code, object_ids=ids) for code, ids in sorted(failed.items())]


def _summary(requested: int, resolved: int) -> Summary:
    return Summary(requested=requested, resolved=resolved, unresolved=requested - resolved)


def _answer(make: Callable[[], BaseModel]) -> Response:
    try:
        return _json(make())
    except NotReadYetError:
        return Response(status_code=202, headers={"Retry-After": "5", "Cache-Control": "no-store"})


def _json(body: BaseModel) -> Response:
    text = body.model_dump_json(exclude_none=True)
    return Response(text, headers={"Cache-Control": "no-store"}, media_type="application/json")
