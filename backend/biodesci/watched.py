"""The part of the settings that says how a worker goes on, and how it is watched."""

from __future__ import annotations

from typing import Annotated, Final, Literal

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict

DAY_S: Final = 86_400  # no pause is longer: "inf" is a number, too


class Watched(BaseSettings):
    """Pauses, figures, logs."""

    # A shell or a unit leaves one so whose value is missing; a path would be the working folder.
    model_config = SettingsConfigDict(env_ignore_empty=True)

    poll_interval: Annotated[
        float, Field(gt=0, le=DAY_S, description="Seconds between two looks at the chain.")
    ] = 0.5
    idle_interval: Annotated[
        float,
        Field(
            gt=0, le=DAY_S, description="The longest pause of a worker that has nothing to do, in seconds."
        ),
    ] = 10.0
    metrics_port: Annotated[
        int | None,
        Field(gt=0, lt=1 << 16, description="Loopback port of a worker's health and figures; unset: none."),
    ] = None
    log_format: Annotated[
        Literal["text", "json"],
        Field(description="How workers, API and visa issuer log: lines of text, or of JSON."),
    ] = "text"
    low_balance_wei: Annotated[
        int, Field(ge=0, description="A worker warns when its account holds less, in wei.")
    ] = 10**16
