"""Reading a body of which a route knows how large it may be."""

from __future__ import annotations

from starlette.requests import Request


async def read(request: Request, limit: int) -> bytes | None:
    """The whole body; None where it has more than `limit` bytes, of which no more are read than these.

    What says its length (the server has checked that it is a number) is not read at all.
    """
    if int(request.headers.get("Content-Length", "0")) > limit:
        return None
    body = bytearray()
    async for part in request.stream():
        body += part
        if len(body) > limit:
            return None
    return bytes(body)
