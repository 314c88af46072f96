"""One round at the counter: look, hold, buy, follow the map, go on after a lost connection.

    ARENA_URL=http://127.0.0.1:8080/graphql ARENA_EVENT=grand-arena python -m box_office

The till has a token with the role SHOP in ARENA_TOKEN, since it is who takes the money:
`grand-arena token --user till-1 --role shop`. An event whose `confirmedBy` is BUYER does without.
"""

import asyncio
import os
import sys
from uuid import uuid4

import httpx
from gql.transport.exceptions import TransportError
from pydantic import ValidationError

from .answers import Bought, GivenBack, Held, PriceChanged
from .counter import Counter
from .generated import Client, ConfirmSeatsInput, GraphQLClientError, MoneyInput, SeatStatus
from .generated import FreeSeatsEventSeatsNodes as Seat
from .live import LiveMap
from .patience import until_answered


async def main(url: str, slug: str) -> None:
    async with Client(url) as stranger:
        await list_events(stranger)
        # Each buyer at the counter is a viewer, who holds the seats and will own them. What one
        # viewer may hold counts for each buyer then, and not for the box office.
        buyer = await stranger.become_guest()
    till_token = os.environ.get("ARENA_TOKEN")
    async with (
        Client(url, headers=bearer(buyer.token)) as client,
        Client(url, headers=bearer(till_token or buyer.token)) as till,
    ):
        event = await client.free_seats(slug)
        if event is None or event.seats is None:
            sys.exit(f"there is no event {slug}")
        # AVAILABLE says that nobody has a seat; whether it is offered at all is another question.
        seats = [seat for seat in event.seats.nodes if seat.for_sale]
        counter = Counter(client, till, event.id, buyer.viewer.id if till_token else None)
        live = LiveMap(url, event.id)
        async with live.following():
            await live.until(0)
            print(f"the map begins at {live.seats}")
            await sell(counter, seats[:2], event.id, live)
        # Nobody follows now, as after a lost connection, and the sale goes on.
        revision = await change_their_mind(counter, seats[2:3])
        async with live.following():
            await live.until(revision)
        print(f"the map has caught up to {live.seats}")
        print(f"it took {live.seats.snapshots} snapshot and {live.seats.changes} changes")


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


async def list_events(client: Client) -> None:
    events = await until_answered(client.events_on_sale)
    for event in events.nodes:
        print(f"{event.slug}: {event.name}, {event.availability.available} seats available")


async def sell(counter: Counter, seats: list[Seat], event: str, live: LiveMap) -> None:
    if not seats:
        return print("there is nothing left to sell")
    print(f"chosen: {'; '.join(seat.label for seat in seats)}")
    ids = [seat.id for seat in seats]
    if not isinstance(await counter.hold(ids), Held):
        return
    await ask_for_a_taken_seat(counter, live, ids)

    # The key is made when the buyer agrees, and kept until there is an answer: the request may
    # then arrive any number of times, and is one purchase.
    purchase = ConfirmSeatsInput(
        event_id=event,
        seat_ids=ids,
        # Whose seats these are, where it is the shop that confirms.
        viewer_id=counter.sells_to,
        idempotency_key=str(uuid4()),
        payment_reference="cash-1",
        # This buyer saw another price. Without `expectedTotal`, nobody would notice.
        expected_total=total(seats, surcharge=1),
    )
    answer = await counter.buy(purchase)
    if isinstance(answer, PriceChanged):
        # Nothing was sold. The buyer agrees to the new price, and the same purchase goes on.
        actual = answer.actual
        agreed = MoneyInput(amount_minor=actual.amount_minor, currency=actual.currency)
        purchase = purchase.model_copy(update={"expected_total": agreed})
        answer = await counter.buy(purchase)
    if not isinstance(answer, Bought):
        return
    # Had that answer been lost, this is what asking again would have brought: the same order.
    await counter.buy(purchase)
    # The buyer's card was charged for the same seats as well. The answer tells the shop.
    twice = {"idempotency_key": str(uuid4()), "payment_reference": "card-1"}
    await counter.buy(purchase.model_copy(update=twice))

    # An answer's revision says when the map has caught up with it.
    await live.until(answer.revision)
    assert all(live.seats.status[seat] == SeatStatus.CONFIRMED for seat in ids)
    print(f"the map shows the sale at {live.seats}")


async def ask_for_a_taken_seat(counter: Counter, live: LiveMap, own: list[str]) -> None:
    """What a buyer hears who was too slow."""
    statuses = live.seats.status.items()
    taken = (seat for seat, status in statuses if status != SeatStatus.AVAILABLE)
    for seat in taken:
        if seat not in own:
            await counter.hold([seat])
            return


async def change_their_mind(counter: Counter, seats: list[Seat]) -> int:
    """Holds seats and gives them back. The revision that this leads to, or 0."""
    ids = [seat.id for seat in seats]
    if ids and isinstance(await counter.hold(ids), Held):
        given_back = await counter.give_back(ids)
        if isinstance(given_back, GivenBack):
            return given_back.revision
    return 0


def total(seats: list[Seat], surcharge: int) -> MoneyInput:
    prices = [seat.category.price for seat in seats]
    amount = sum(price.amount_minor for price in prices) + surcharge
    return MoneyInput(amount_minor=amount, currency=prices[0].currency)


if __name__ == "__main__":
    try:
        asyncio.run(main(os.environ["ARENA_URL"], os.environ["ARENA_EVENT"]))
    except ValidationError as error:
        # The API may grow members and values, and this program is older: generate it anew.
        sys.exit(f"no answer that this program knows: {error}")
    except (GraphQLClientError, TransportError, httpx.TransportError) as error:
        sys.exit(f"the server could not be asked: {error}")
