"""The page at /docs: what the API answers, to read and to try out. All of it comes from this server."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path
from typing import Annotated, Final, Literal

from fastapi import FastAPI
from fastapi import Path as PathParameter
from starlette.responses import FileResponse, HTMLResponse, Response

File = Literal["swagger-ui-bundle.js", "swagger-ui.css", "favicon.png"]
_FILES: Final = Path(str(files("fastapi_offline"))) / "static"
# Scripts are files of their own: the content security policy lets none run that stands in a page.
_PAGE: Final = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>API · BioDeSci</title>
<link rel="icon" href="/docs/favicon.png">
<link rel="stylesheet" href="/docs/swagger-ui.css">
</head>
<body>
<div id="swagger-ui"></div>
<noscript>What there is stands in <a href="/openapi.json">/openapi.json</a>.</noscript>
<script src="/docs/swagger-ui-bundle.js"></script>
<script src="/docs/start.js"></script>
</body>
</html>
"""
# Without a validator: Swagger's own would be told of this server's address.
_START: Final = """SwaggerUIBundle({
  url: '/openapi.json',
  dom_id: '#swagger-ui',
  deepLinking: true,
  validatorUrl: null,
})
"""
_HEADERS: Final = {"Cache-Control": "no-cache"}


def install(app: FastAPI) -> None:
    """Adds the page and its files."""

    @app.get("/docs", include_in_schema=False)
    def page() -> Response:
        return HTMLResponse(_PAGE, headers=_HEADERS)

    @app.get("/docs/start.js", include_in_schema=False)
    def start() -> Response:
        return Response(_START, headers=_HEADERS, media_type="text/javascript")

    @app.get("/docs/{name}", include_in_schema=False)
    def file(name: Annotated[File, PathParameter()]) -> Response:
        return FileResponse(_FILES / name, headers=_HEADERS)
