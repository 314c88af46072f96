//! What is done to the plan: seats go off sale and come back, and seats are brought in. Each hands
//! one command to the desk and waits for its answer, on the heap as those of `booking` do.

use async_graphql::{Context, ID, InputObject, Object, Result};

use super::imported_seats::{ImportCategoryInput, ImportSeatInput, read_part};
use crate::domain::command::{Block, Import, MAX_SEATS_PER_BLOCK, SeatSet, Unblock};
use crate::domain::plan::{LABEL_RULE, MAX_SEATS_OF_A_PART, label};
use crate::domain::{EventId, SeatBlock};
use crate::graphql::argument::Argument;
use crate::graphql::context::ContextExt as _;
use crate::graphql::error::Fault;
use crate::graphql::ids;
use crate::graphql::named_seats::NamedSeats;
use crate::graphql::nullable::nullable;
use crate::graphql::serial::SerialUnion;
use crate::graphql::submit::submit;
use crate::graphql::types::{BlockReason, BlockSeatsResult, EventScope, ImportSeatsResult};
use crate::identity::Role;

/// What organisers do to seats.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Seats;

/// Seats that go off sale, or on sale again.
#[derive(Clone, Debug, InputObject)]
pub(super) struct BlockSeatsInput {
    /// The event: its id, or its slug.
    event_id: ID,
    /// The seats, 1 to 1,000; a seat named twice counts once.
    seat_ids: Vec<ID>,
    /// Why. Of unblockSeats the audit log alone says it.
    #[graphql(default_with = "BlockReason::Other")]
    reason: BlockReason,
    /// For whom or what, in words: 1 to 64 characters. Of unblockSeats the audit log alone says it.
    label: Option<String>,
}

/// Seats to bring into a plan.
#[derive(Clone, Debug, InputObject)]
pub(super) struct ImportSeatsInput {
    /// The event: its id, or its slug.
    event_id: ID,
    /// The seats, 1 to 5,000. One is known by its section, row and number, compared as they look.
    seats: Vec<ImportSeatInput>,
    /// The categories that seats may have beside the event's own, up to 100. One that the event has
    /// is left as it is there; one that no seat needs is not made.
    #[graphql(default)]
    categories: Vec<ImportCategoryInput>,
}

impl BlockSeatsInput {
    /// The seats, as they were named, and why.
    fn read(&self, event: EventId) -> Result<(SeatSet, NamedSeats, SeatBlock), Fault> {
        let (seats, named) =
            NamedSeats::read_up_to(MAX_SEATS_PER_BLOCK, "input.seatIds", event, &self.seat_ids)?;
        let text = self.label.as_deref().map(|text| {
            let label = label(text).map(std::borrow::Cow::into_owned);
            label.ok_or_else(|| Fault::bad_input(format!("input.label must have {LABEL_RULE}")))
        });
        let block = SeatBlock { reason: self.reason.into(), label: text.transpose()? };
        Ok((seats, named, block))
    }
}

/// What organisers do to seats.
#[Object]
impl Seats {
    /// Takes all of the seats off sale, or none: seats that somebody holds or owns are in the way.
    /// Seats that are off sale already have this reason and label from now on. For ADMIN.
    async fn block_seats(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which seats, and why.")] input: Argument<BlockSeatsInput>,
    ) -> Option<Result<SerialUnion<BlockSeatsResult>>> {
        nullable(Box::pin(async {
            let (asker, input) = (ctx.require(Role::Admin)?, input.read()?);
            let event = ids::event_id(ctx, &input.event_id).await?;
            let (seats, named, block) = input.read(event)?;
            let block = Block { by: asker.id.clone(), seats, block };
            let outcome = submit(ctx, asker, event, block).await?;
            let scope = EventScope::new(event);
            Ok(Some(SerialUnion(BlockSeatsResult::new(&scope, &named, outcome))))
        }))
        .await
    }

    /// Puts all of the seats on sale again, or none. Seats that are on sale stay as they are,
    /// whoever has them by now. For ADMIN.
    async fn unblock_seats(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which seats.")] input: Argument<BlockSeatsInput>,
    ) -> Option<Result<SerialUnion<BlockSeatsResult>>> {
        nullable(Box::pin(async {
            let (asker, input) = (ctx.require(Role::Admin)?, input.read()?);
            let event = ids::event_id(ctx, &input.event_id).await?;
            let (seats, named, why) = input.read(event)?;
            let unblock = Unblock { by: asker.id.clone(), seats, why: Some(why) };
            let outcome = submit(ctx, asker, event, unblock).await?;
            let scope = EventScope::new(event);
            Ok(Some(SerialUnion(BlockSeatsResult::new(&scope, &named, outcome))))
        }))
        .await
    }

    /// Brings seats into the event's plan: all of them, or none if something is wrong with one.
    /// Seats that are there take what is given for them if they are free, and are left alone if
    /// not. It may be repeated. An event has up to 200,000 seats. For ADMIN, whose requests over
    /// HTTP may have 4 MiB.
    async fn import_seats(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which seats, and where they are.")] input: Argument<ImportSeatsInput>,
    ) -> Option<Result<SerialUnion<ImportSeatsResult>>> {
        nullable(Box::pin(async {
            let (asker, input) = (ctx.require(Role::Admin)?, input.read()?);
            let event = ids::event_id(ctx, &input.event_id).await?;
            if !(1..=MAX_SEATS_OF_A_PART).contains(&input.seats.len()) {
                let most = MAX_SEATS_OF_A_PART;
                return Err(Fault::bad_input(format!("input.seats must have 1 to {most} seats")));
            }
            let scope = EventScope::new(event);
            let part = match read_part(scope.currency(ctx).await?, input.categories, input.seats)? {
                Ok(part) => part,
                Err(problems) => {
                    return Ok(Some(SerialUnion(ImportSeatsResult::invalid(problems))));
                }
            };
            let import = Import { by: asker.id.clone(), part };
            let outcome = submit(ctx, asker, event, import).await?;
            let scope = EventScope::new(event);
            Ok(Some(SerialUnion(ImportSeatsResult::new(&scope, outcome))))
        }))
        .await
    }
}
