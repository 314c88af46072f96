"""Asks again when an answer is lost, or when the server says to come back."""

import asyncio
import random
from collections.abc import Awaitable, Callable
from typing import TypeVar

import httpx

from .generated import GraphQLClientError, GraphQLClientGraphQLMultiError, GraphQLClientHttpError

TRIES = 6

T = TypeVar("T")


async def until_answered(ask: Callable[[], Awaitable[T | None]]) -> T:
    """The answer, of the first try that gets one.

    Only for what may arrive twice. Holding the same seats again changes nothing, and a purchase
    has its key. A release has none: when its answer is lost, the stream says what became of it.
    """
    for attempt in range(TRIES):
        try:
            answer = await ask()
        except (httpx.TransportError, GraphQLClientError) as error:
            pause = pause_after(error)
            if pause is None or attempt == TRIES - 1:
                raise
            # Twice as long each time, and not at the same moment as everybody else.
            await asyncio.sleep(pause * 2**attempt * random.uniform(1.0, 1.5))
        else:
            # Null comes with an error, and the client has raised that.
            assert answer is not None
            return answer
    raise AssertionError("the last try answers or raises")


def pause_after(error: Exception) -> float | None:
    """Seconds to wait before asking again; None where that would not help."""
    match error:
        case httpx.TransportError():
            return 0.1
        case GraphQLClientHttpError(status_code=429, response=httpx.Response() as response):
            # More than one viewer's share, or one address's: the head says when there is more.
            pause = response.headers.get("Retry-After", "")
            return float(pause) if pause.isdigit() else 1.0
        case GraphQLClientHttpError():
            # A proxy speaks for a server that is away.
            return 0.1 if error.status_code in (502, 503, 504) else None
        case GraphQLClientGraphQLMultiError():
            extensions = error.errors[0].extensions or {}
            if extensions.get("code") not in ("OVERLOADED", "UNAVAILABLE"):
                return None
            pause = extensions.get("retryAfterMs")
            return pause / 1000 if isinstance(pause, int) else 0.1
        case _:
            return None
