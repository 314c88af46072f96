"""A clerk at one event's counter: asks the server, and says what it answers."""

from .answers import (
    BuyAnswer,
    GiveBackAnswer,
    HoldAnswer,
    about_hold,
    about_purchase,
    about_return,
)
from .generated import Client, ConfirmSeatsInput
from .patience import until_answered


class Counter:
    def __init__(self, client: Client, till: Client, event: str, sells_to: str | None) -> None:
        """The buyer holds seats by `client`; `till` confirms them, once they are paid."""
        self._client = client
        self._till = till
        self._event = event
        self.sells_to = sells_to

    async def hold(self, seats: list[str]) -> HoldAnswer:
        answer: HoldAnswer = await until_answered(lambda: self._client.hold(self._event, seats))
        print(about_hold(answer))
        return answer

    async def buy(self, purchase: ConfirmSeatsInput) -> BuyAnswer:
        answer: BuyAnswer = await until_answered(lambda: self._till.buy(purchase))
        print(about_purchase(answer))
        return answer

    async def give_back(self, seats: list[str]) -> GiveBackAnswer:
        # Asked once: it has no key, and a second try may meet somebody else's hold.
        answer = await self._client.give_back(self._event, seats)
        assert answer is not None
        print(about_return(answer))
        return answer
