//! Pages of an event's seats, and which of them are listed.

use std::sync::Arc;

use async_graphql::{Context, ID, InputObject};

use super::event_scope::EventScope;
use super::seat::{Seat, SeatStatus};
use crate::domain::EventId;
use crate::graphql::context::ContextExt as _;
use crate::graphql::error::Fault;
use crate::graphql::ids::AnyId;
use crate::graphql::paging::{self, ConnectionOf};
use crate::store::Store;
use crate::store::reads::{self, SeatRecord};

/// The most values in one list of a filter: more than any venue has sections.
const MAX_FILTER_VALUES: usize = 1000;

/// Which seats to list or to count. A part that is left out does not restrict.
#[derive(Clone, Debug, Default, InputObject)]
pub struct SeatFilter {
    /// With this status now.
    status: Option<SeatStatus>,
    /// In one of these sections, up to 1000.
    sections: Option<Vec<String>>,
    /// In one of these categories, up to 1000.
    category_ids: Option<Vec<ID>>,
    /// Accessible, or not.
    accessible: Option<bool>,
}

impl SeatFilter {
    /// What the store is asked for.
    ///
    /// # Errors
    ///
    /// If a list is too long.
    pub(super) fn check(self, event: EventId) -> Result<reads::SeatFilter, Fault> {
        let too_many = |name: &str| {
            Fault::bad_input(format!("filter.{name} has at most {MAX_FILTER_VALUES} values"))
        };
        if self.sections.as_ref().is_some_and(|names| names.len() > MAX_FILTER_VALUES) {
            return Err(too_many("sections"));
        }
        if self.category_ids.as_ref().is_some_and(|ids| ids.len() > MAX_FILTER_VALUES) {
            return Err(too_many("categoryIds"));
        }
        // A name with control characters names no section (and PostgreSQL could not be asked for
        // one with a NUL).
        let sections = self.sections.map(|names| {
            names.into_iter().filter(|name| !name.chars().any(char::is_control)).collect()
        });
        // Another event's category is none of this event's seats'; nor is what is no id.
        let category = |id: &ID| match AnyId::decode(id) {
            Some(AnyId::Category(category)) if category.event == event => Some(category),
            _ => None,
        };
        let categories = self.category_ids.map(|ids| ids.iter().filter_map(category).collect());
        let status = self.status.map(Into::into);
        Ok(reads::SeatFilter { status, sections, categories, accessible: self.accessible })
    }
}

/// A page of an event's seats, in the order of the seat plan.
pub(in crate::graphql) async fn seats_page(
    ctx: &Context<'_>,
    event: &Arc<EventScope>,
    filter: Option<SeatFilter>,
    first: Option<i32>,
    after: Option<&str>,
) -> Result<ConnectionOf<Seat>, Fault> {
    let page = paging::SEATS.request(first, after)?;
    let filter = filter.unwrap_or_default().check(event.id())?;
    let (id, after, limit) = (event.id(), page.after().unwrap_or_default(), page.limit());
    let look_up = async move |store: Store| store.seats_page(id, &filter, after, limit).await;
    let seats = ctx.look_up(look_up).await?;
    let node = |record: SeatRecord| (record.seat.id.serial, Seat::read(event, record));
    Ok(page.connection(seats, node))
}
