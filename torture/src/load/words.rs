//! The documents that clients send.

/// What is seen of a seat that the viewer holds.
const SEAT: &str = "fragment SEAT on Seat { id reservationExpiresAt heldByMe
    ticketTypes { id name price { amountMinor currency } } }";

/// What is seen of an order.
const ORDER: &str = "fragment ORDER on Order { id code viewerId
    lines { seat { id } price { amountMinor } ticketType { name } }
    total { amountMinor } paymentReference }";

const RESERVED: &str = "__typename
    ... on ReserveSeatsSuccess { revision expiresAt serverTime seats { ...SEAT } }
    ... on SeatsUnavailable { refused: seats { seatId reason } }
    ... on SeatLimitExceeded { limit held requested }
    ... on HoldsTooFrequent { retryAt }
    ... on SalesClosed { status }";

/// A document of words that are put together.
pub(super) fn reserve() -> String {
    let lone = "... on LoneSeatLeft { lone: seats { id } }";
    format!(
        "mutation ($input: ReserveSeatsInput!) {{ reserveSeats(input: $input) {{ {RESERVED} {lone}
         }} }} {SEAT}"
    )
}

/// `reserveBestAvailable`.
pub(super) fn reserve_best() -> String {
    let reserved =
        RESERVED.replace("... on SeatsUnavailable { refused: seats { seatId reason } }", "");
    let together = "... on NoSeatsTogether { largestBlock available }";
    format!(
        "mutation ($input: ReserveBestAvailableInput!) {{ reserveBestAvailable(input: $input) {{
         {reserved} {together} }} }} {SEAT}"
    )
}

/// `confirmSeats`.
pub(super) fn confirm() -> String {
    format!(
        "mutation ($input: ConfirmSeatsInput!) {{ confirmSeats(input: $input) {{ __typename
         ... on ConfirmSeatsSuccess {{ revision created order {{ ...ORDER }} }}
         ... on SeatsNotHeld {{ refused: seats {{ seatId reason }} }}
         ... on TicketTypeUnavailable {{ lines {{ seatId }} }}
         ... on PriceChanged {{ expected {{ amountMinor }} actual {{ amountMinor }} }}
         ... on AlreadyConfirmed {{ order {{ ...ORDER }} }} }} }} {ORDER}"
    )
}

/// `releaseSeats`.
pub(super) fn release() -> String {
    "mutation ($input: ReleaseSeatsInput!) { releaseSeats(input: $input) { __typename
     ... on ReleaseSeatsSuccess { revision seats { id } }
     ... on SeatsNotHeld { refused: seats { seatId reason } } } }"
        .to_owned()
}

/// `extendHolds`.
pub(super) fn extend() -> String {
    format!(
        "mutation ($input: ExtendHoldsInput!) {{ extendHolds(input: $input) {{ __typename
         ... on ExtendHoldsSuccess {{ revision expiresAt serverTime seats {{ ...SEAT }} }}
         ... on SeatsNotHeld {{ refused: seats {{ seatId reason }} }} }} }} {SEAT}"
    )
}

/// `claimGuestSession`.
pub(super) fn claim() -> String {
    "mutation ($input: ClaimGuestSessionInput!) { claimGuestSession(input: $input) { id } }"
        .to_owned()
}

/// `transferOrder`.
pub(super) fn transfer() -> String {
    format!(
        "mutation ($input: TransferOrderInput!) {{ transferOrder(input: $input) {{ __typename
         ... on TransferOrderSuccess {{ revision order {{ ...ORDER }} }}
         ... on OrderOwnerChanged {{ order {{ ...ORDER }} }} }} }} {ORDER}"
    )
}

/// `blockSeats` or `unblockSeats`.
pub(super) fn block(field: &str) -> String {
    format!(
        "mutation ($input: BlockSeatsInput!) {{ {field}(input: $input) {{ __typename
         ... on BlockSeatsSuccess {{ revision seats {{ id }} }}
         ... on SeatsInUse {{ refused: seats {{ seatId reason }} }} }} }}"
    )
}

/// `importSeats`.
pub(super) fn import() -> String {
    "mutation ($input: ImportSeatsInput!) { importSeats(input: $input) { __typename
     ... on ImportSeatsSuccess { revision created changed unchanged
         leftAlone { seatId reason } } } }"
        .to_owned()
}

/// `setPrices`.
pub(super) fn set_prices() -> String {
    "mutation ($input: SetPricesInput!) { setPrices(input: $input) { __typename
     ... on SetPricesSuccess { changed } } }"
        .to_owned()
}

/// `updateEvent`.
pub(super) fn update() -> String {
    "mutation ($input: UpdateEventInput!) { updateEvent(input: $input) { __typename
     ... on UpdateEventSuccess { event { status } } ... on StatusRefused { status } } }"
        .to_owned()
}

/// `seatMap`.
pub(super) fn map() -> String {
    "query ($event: ID!) { seatMap(eventId: $event) { revision serverTime
     seats { id status forSale heldByMe } } }"
        .to_owned()
}

/// `seatStatuses`.
pub(super) fn statuses() -> String {
    "query ($event: ID!) { seatStatuses(eventId: $event) { revision statuses } }".to_owned()
}

/// What the viewer holds.
pub(super) fn mine() -> String {
    format!(
        "query ($event: ID!) {{ viewer {{ reservations(eventId: $event) {{ ...SEAT }} }} }} {SEAT}"
    )
}

/// `order`.
pub(super) fn order() -> String {
    format!("query ($code: String!) {{ order(code: $code) {{ ...ORDER }} }} {ORDER}")
}

/// The three subscriptions.
pub(super) const CHANGES: &str = "subscription ($event: ID!, $since: Revision) {
    seatChanges(eventId: $event, since: $since) { __typename
    ... on SeatSnapshot { revision reason seats { seatId status forSale } }
    ... on SeatChanges { fromRevision toRevision
        changes { seatId status forSale cause revision changedAt } } } }";

pub(super) const STATUSES: &str = "subscription ($event: ID!) { seatStatuses(eventId: $event) {
    revision planVersion places statuses } }";

pub(super) const MINE: &str = "subscription ($event: ID!) { myReservations(eventId: $event) {
    revision expired held { id reservationExpiresAt }
    orders { id code viewerId lines { seat { id } price { amountMinor } ticketType { name } }
        total { amountMinor } paymentReference } } }";
