"""Follows the stream `seatChanges` over a WebSocket, whatever becomes of the connection."""

import asyncio
import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from gql import Client, GraphQLRequest
from gql.transport.exceptions import TransportError, TransportQueryError
from gql.transport.websockets import WebsocketsTransport

from .generated import LIVE_SEATS_GQL, LiveSeats
from .seat_map import Gap, SeatMap

# Faults that pass by themselves. Any other one comes again, however often one asks.
PASSING = {"RATE_LIMITED", "OVERLOADED", "UNAVAILABLE"}
# A snapshot is one message of 50 bytes a seat, and more with more fields. The library closes the
# connection at 1 MiB unless told otherwise, which is an arena of 20,000 seats.
LARGEST_MESSAGE = 64 * 1024 * 1024
# Seconds that a person would wait for the map.
PATIENCE = 30


class LiveMap:
    """A seat map that is kept up to date while `following`."""

    def __init__(self, url: str, event: str) -> None:
        self.seats = SeatMap()
        self._url = url.replace("http", "ws", 1)
        self._event = event
        self._news = asyncio.Condition()
        self._fault: Exception | None = None

    @asynccontextmanager
    async def following(self) -> AsyncIterator[None]:
        """Keeps the map up to date in a task. Entered again, it goes on where it stopped."""
        task = asyncio.create_task(self._follow())
        try:
            yield
        finally:
            task.cancel()
            await asyncio.wait({task})

    async def until(self, revision: int) -> None:
        """Waits until the map shows a revision; with that of a mutation, one's own write."""
        async with asyncio.timeout(PATIENCE), self._news:
            await self._news.wait_for(lambda: self._fault or self.seats.has_seen(revision))
        if self._fault:
            raise self._fault

    async def _follow(self) -> None:
        failures = 0
        while self._fault is None:
            before = self.seats.revision
            try:
                await self._follow_once()
            except Gap:
                # Better no map than a wrong one: without a cursor, the server sends it anew.
                self.seats.revision = self.seats.cursor = None
            except TransportQueryError as fault:
                if not codes(fault) & PASSING:
                    await self._tell(fault)
            except TransportError:
                pass  # The connection is lost or could not be made. By that, nothing is missed.
            except Exception as defect:
                await self._tell(defect)
            failures = 0 if self.seats.revision != before else failures + 1
            # Everybody lost the server in the same moment, and should not be back in the same.
            await asyncio.sleep(random.uniform(0.5, 1.0) * min(0.1 * 2**failures, 5.0))

    async def _follow_once(self) -> None:
        # Anybody may see which seats are free. For `myReservations`, the token would go into
        # `init_payload={"Authorization": f"Bearer {token}"}`.
        transport = WebsocketsTransport(self._url, connect_args={"max_size": LARGEST_MESSAGE})
        # With `after` the stream goes on where this map is; with None it begins with a snapshot.
        variables = {"event": self._event, "after": self.seats.cursor}
        request = GraphQLRequest(LIVE_SEATS_GQL, variable_values=variables)
        async with Client(transport=transport) as session:
            async for data in session.subscribe(request):
                # gql gives dictionaries; the generated class makes of them what mypy knows.
                self.seats.take(LiveSeats.model_validate(data).seat_changes)
                await self._tell(None)

    async def _tell(self, fault: Exception | None) -> None:
        async with self._news:
            self._fault = fault
            self._news.notify_all()


def codes(fault: TransportQueryError) -> set[str]:
    return {error.get("extensions", {}).get("code", "") for error in fault.errors or []}
