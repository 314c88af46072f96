"""What the server may answer, and how a clerk says it.

Every `match` ends with `assert_never`. When the API grows a refusal or a reason, mypy names the
line that does not know it; nobody has to read the changelog to find out.
"""

from decimal import Decimal
from typing import assert_never

from . import generated as g
from .generated import Amount, InTheWay, RefusalReason

# The generator names a class by the operation, the field and the type.
AlreadyConfirmed = g.BuyConfirmSeatsAlreadyConfirmed
Bought = g.BuyConfirmSeatsConfirmSeatsSuccess
KeyReused = g.BuyConfirmSeatsIdempotencyKeyReused
PriceChanged = g.BuyConfirmSeatsPriceChanged
TicketGone = g.BuyConfirmSeatsTicketTypeUnavailable
NotHeldToBuy = g.BuyConfirmSeatsSeatsNotHeld
GivenBack = g.GiveBackReleaseSeatsReleaseSeatsSuccess
NotHeldToGiveBack = g.GiveBackReleaseSeatsSeatsNotHeld
Held = g.HoldReserveSeatsReserveSeatsSuccess
LeftAlone = g.HoldReserveSeatsLoneSeatLeft
SalesClosed = g.HoldReserveSeatsSalesClosed
TooFrequent = g.HoldReserveSeatsHoldsTooFrequent
LimitExceeded = g.HoldReserveSeatsSeatLimitExceeded
Unavailable = g.HoldReserveSeatsSeatsUnavailable

HoldAnswer = Held | Unavailable | LimitExceeded | TooFrequent | SalesClosed | LeftAlone
BuyAnswer = Bought | NotHeldToBuy | KeyReused | TicketGone | PriceChanged | AlreadyConfirmed
GiveBackAnswer = GivenBack | NotHeldToGiveBack


def about_hold(answer: HoldAnswer) -> str:
    match answer:
        case Held():
            # By the server's clock: this machine's may be wrong, and the server's decides.
            seconds = (answer.expires_at - answer.server_time).total_seconds()
            return f"held for {seconds:.0f} s"
        case Unavailable():
            return f"not held: {in_the_way(answer.seats)}"
        case LimitExceeded():
            return (
                f"not held: {answer.held} and {answer.requested} more are over the limit of "
                f"{answer.limit} for one buyer"
            )
        case TooFrequent():
            again = f"{answer.retry_at:%H:%M:%S}"
            return f"not held: too many seats were let go; again from {again} UTC on"
        case SalesClosed():
            if answer.opens_at is not None:
                return f"not held: sales open at {answer.opens_at:%d %B %Y %H:%M} UTC"
            return "not held: sales have closed"
        case LeftAlone():
            alone = "; ".join(seat.label for seat in answer.seats)
            return f"not held: it would leave {alone} alone"
        case _:
            assert_never(answer)


def about_purchase(answer: BuyAnswer) -> str:
    match answer:
        case Bought():
            order = f"order {answer.order.code} for {money(answer.order.total)}"
            return f"sold: {order}" if answer.created else f"sold before: {order}"
        case NotHeldToBuy():
            return f"not sold: {in_the_way(answer.seats)}"
        case KeyReused():
            # A defect of the shop, not of the buyer: one key was used for two purchases.
            return f"not sold: {answer.message}"
        case TicketGone():
            # The box office names no types of ticket; a shop that does lets the buyer choose again.
            return f"not sold: {answer.message}"
        case PriceChanged():
            return f"not sold: it costs {money(answer.actual)}, not {money(answer.expected)}"
        case AlreadyConfirmed():
            # The buyer has paid twice for one order. The other payment has to be given back.
            order = f"order {answer.order.code}, paid with {answer.order.payment_reference}"
            return f"not sold again: it is {order}"
        case _:
            assert_never(answer)


def about_return(answer: GiveBackAnswer) -> str:
    match answer:
        case GivenBack():
            return "given back"
        case NotHeldToGiveBack():
            return f"not given back: {in_the_way(answer.seats)}"
        case _:
            assert_never(answer)


def in_the_way(seats: list[InTheWay]) -> str:
    """A refusal names every seat, so that nobody has to find out one by one."""
    return "; ".join(f"{name_of(refused)} {why(refused.reason)}" for refused in seats)


def name_of(refused: InTheWay) -> str:
    # Null where the event has no seat of this id.
    return refused.seat_id if refused.seat is None else refused.seat.label


def why(reason: RefusalReason) -> str:
    match reason:
        case RefusalReason.RESERVED_BY_ANOTHER | RefusalReason.HELD_BY_ANOTHER:
            return "is held by somebody else and may become free again"
        case RefusalReason.CONFIRMED | RefusalReason.CONFIRMED_TO_ANOTHER:
            return "is sold"
        case RefusalReason.NOT_FOR_SALE:
            return "is not offered"
        case RefusalReason.NOT_FOUND:
            return "is no seat of this event"
        case RefusalReason.HOLD_EXPIRED:
            return "was held too long ago"
        case RefusalReason.NEVER_HELD:
            return "is not held"
        case RefusalReason.ALREADY_CONFIRMED:
            return "is in another order of this buyer"
        case _:
            assert_never(reason)


def money(amount: Amount) -> str:
    """12000 of EUR is 120.00: ISO 4217 knows the digits, and the API says them."""
    return f"{Decimal(amount.amount_minor).scaleb(-amount.fraction_digits)} {amount.currency}"
