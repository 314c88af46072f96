//! What the objects of one event share.

use std::sync::Arc;

use async_graphql::Context;
use tokio::sync::OnceCell;

use super::category::Category;
use crate::domain::{CategoryId, EventId};
use crate::graphql::context::ContextExt as _;
use crate::graphql::error::Fault;
use crate::graphql::loaders::{CategoriesKey, EventKey};
use crate::store::reads::{CategoryRecord, EventRecord};

/// What objects of one event share within an answer, so that 20,000 seats look their event up once.
#[derive(Debug)]
pub struct EventScope {
    id: EventId,
    record: OnceCell<Arc<EventRecord>>,
    categories: OnceCell<Arc<[CategoryRecord]>>,
}

impl EventScope {
    /// An event of which nothing is known yet.
    pub fn new(id: EventId) -> Arc<Self> {
        Arc::new(Self { id, record: OnceCell::new(), categories: OnceCell::new() })
    }

    /// An event that was just read.
    pub fn known(record: EventRecord) -> Arc<Self> {
        Arc::new(Self {
            id: record.id,
            record: OnceCell::new_with(Some(Arc::new(record))),
            categories: OnceCell::new(),
        })
    }

    /// Which event.
    pub fn id(&self) -> EventId {
        self.id
    }

    /// Its row.
    ///
    /// # Errors
    ///
    /// If there is no such event.
    pub async fn record(&self, ctx: &Context<'_>) -> Result<&Arc<EventRecord>, Fault> {
        let load = async || {
            ctx.loader().load_one(EventKey(self.id)).await?.ok_or_else(Fault::no_such_event)
        };
        self.record.get_or_try_init(load).await
    }

    /// Its categories, in the order of the seat plan.
    pub async fn categories(&self, ctx: &Context<'_>) -> Result<&Arc<[CategoryRecord]>, Fault> {
        let load = async || {
            Ok(ctx.loader().load_one(CategoriesKey(self.id)).await?.unwrap_or_else(|| [].into()))
        };
        self.categories.get_or_try_init(load).await
    }

    /// The currency of its prices: it stays the same.
    ///
    /// # Errors
    ///
    /// If there is no such event.
    pub async fn currency(&self, ctx: &Context<'_>) -> Result<&str, Fault> {
        Ok(&self.record(ctx).await?.terms.currency)
    }

    /// One category and the event's currency.
    pub async fn category(&self, ctx: &Context<'_>, id: CategoryId) -> Result<Category, Fault> {
        let (record, categories) = tokio::try_join!(self.record(ctx), self.categories(ctx))?;
        let find = |categories: &[CategoryRecord]| {
            let category = categories.iter().find(|category| category.id == id);
            category.map(|category| Category::new(category, &record.terms.currency))
        };
        if let Some(category) = find(categories) {
            return Ok(category);
        }
        // It may have come in since they were looked up.
        let categories = ctx.loader().load_one(CategoriesKey(self.id)).await?;
        let category = categories.and_then(|categories| find(&categories));
        category.ok_or_else(|| Fault::internal("a seat's category is missing"))
    }

    /// A category, if the event has it.
    pub async fn find_category(
        &self,
        ctx: &Context<'_>,
        id: CategoryId,
    ) -> Result<Option<Category>, Fault> {
        let categories = self.categories(ctx).await?;
        let Some(category) = categories.iter().find(|category| category.id == id) else {
            return Ok(None);
        };
        Ok(Some(Category::new(category, &self.record(ctx).await?.terms.currency)))
    }
}
