"""What waits for one account: for its own eyes, though each line of it is on chain."""

from __future__ import annotations

import time

from fastapi import FastAPI
from starlette.responses import Response

from biodesci.api.answers import problems_of
from biodesci.api.present.licenses import license_item
from biodesci.api.schemas.licenses import License
from biodesci.api.schemas.session import Queue
from biodesci.api.sessions import SignIn, Token, whose
from biodesci.core.onchain import LicenseState
from biodesci.index import queries
from biodesci.index.database import Store


def install(app: FastAPI, store: Store, sign_in: SignIn) -> None:
    """Adds the route."""

    @app.get("/v1/me/queue", tags=["session"], response_model=Queue, responses=problems_of(401, 503))
    def queue(token: Token) -> Response:
        """Requests in review, deliveries that wait and disputes to decide, for the account that signed in."""
        account = whose(sign_in, token)
        now = int(time.time())

        def items(state: LicenseState) -> list[License]:
            return [license_item(row, now) for row in queries.waiting(store, account, state)]

        with store.snapshot():
            body = Queue(
                account=account,
                review=items(LicenseState.IN_REVIEW),
                deliveries=items(LicenseState.PURCHASED),
                disputes=items(LicenseState.DISPUTED),
                as_of=queries.as_of(store),
            )
        return Response(
            body.model_dump_json(by_alias=True),
            headers={"Cache-Control": "no-store"},
            media_type="application/json",
        )
