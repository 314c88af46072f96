//! What an event has sold, for those who run the sale.

use std::collections::BTreeMap;
use std::sync::Arc;

use async_graphql::{Context, Enum, Object, Result, SimpleObject};

use super::category::Category;
use super::event_scope::EventScope;
use super::money::Money;
use crate::domain;
use crate::domain::CategoryId;
use crate::domain::money::MAX_MINOR_UNITS;
use crate::graphql::context::ContextExt as _;
use crate::graphql::error::Fault;
use crate::graphql::required::required;
use crate::graphql::scalars::{DateTime, Revision, to_int};
use crate::identity::Role;
use crate::store::reads::{SalesPart, SalesRecord, SoldInSpan};

/// By what sales are counted over time.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Enum)]
#[graphql(remote = "domain::sales_span::SalesSpan")]
pub enum SalesSpan {
    /// Hour by hour, a week back.
    Hour,
    /// Day by day in the event's time zone, a year back.
    Day,
}

/// What an event has sold, as of one revision. May be a second old.
#[derive(Clone, Debug)]
pub struct SalesSummary {
    event: Arc<EventScope>,
    sales: Arc<SalesRecord>,
}

/// How many seats are what, and what was paid for those that are sold.
#[derive(Clone, Debug, SimpleObject)]
#[graphql(serial)]
pub struct SalesCounts {
    /// Can be reserved now.
    available: i32,
    /// Held by somebody.
    held: i32,
    /// Nobody's, and not for sale.
    blocked: i32,
    /// Sold.
    sold: i32,
    /// What was paid for those that are sold; null where it is more than 2^53 - 1 minor units.
    revenue: Option<Money>,
}

/// What is sold of one category.
#[derive(Clone, Debug, SimpleObject)]
#[graphql(serial)]
pub struct CategorySales {
    /// Which category.
    category: Category,
    /// Its seats.
    counts: SalesCounts,
}

/// What is sold of one section.
#[derive(Clone, Debug, SimpleObject)]
#[graphql(serial)]
pub struct SectionSales {
    /// Which section.
    section: String,
    /// Its seats.
    counts: SalesCounts,
}

/// What was sold in an hour or a day.
#[derive(Clone, Debug, SimpleObject)]
#[graphql(serial)]
pub struct SalesInSpan {
    /// When it begins.
    from: DateTime,
    /// When the next begins; of the last, when it was looked at.
    until: DateTime,
    /// Seats that were sold in it.
    sold: i32,
    /// What was paid for them; null where it is more than 2^53 - 1 minor units.
    revenue: Option<Money>,
}

impl SalesSummary {
    /// What an event has sold: for SHOP and ADMIN.
    pub(super) async fn load(
        ctx: &Context<'_>,
        event: &Arc<EventScope>,
        span: domain::sales_span::SalesSpan,
    ) -> Result<Self, Fault> {
        ctx.require(Role::Shop)?;
        let services = ctx.services();
        let sales = services.sales.look(&services.store, event.id(), span).await?;
        let sales = sales.ok_or_else(Fault::no_such_event)?;
        Ok(Self { event: Arc::clone(event), sales })
    }

    fn counts<'a>(&self, parts: impl Iterator<Item = &'a SalesPart>) -> SalesCounts {
        let (mut sum, mut revenue) = ([0_i64; 4], 0);
        for part in parts {
            let SalesPart { available, held, blocked, sold, revenue_minor, .. } = part;
            for (sum, count) in sum.iter_mut().zip([available, held, blocked, sold]) {
                *sum += count;
            }
            revenue += i128::from(*revenue_minor);
        }
        let [available, held, blocked, sold] = sum.map(to_int);
        SalesCounts { available, held, blocked, sold, revenue: self.money(revenue) }
    }

    fn money(&self, minor: i128) -> Option<Money> {
        let minor = i64::try_from(minor).ok().filter(|minor| *minor <= MAX_MINOR_UNITS);
        minor.map(|minor| Money::new(minor, &self.sales.currency))
    }

    async fn categories(&self, ctx: &Context<'_>) -> Result<Vec<CategorySales>, Fault> {
        let mut of_category: BTreeMap<i32, Vec<&SalesPart>> = BTreeMap::new();
        for part in &self.sales.parts {
            of_category.entry(part.category).or_default().push(part);
        }
        let mut categories = Vec::new();
        for (serial, parts) in of_category {
            let id = CategoryId { event: self.event.id(), serial };
            let category = self.event.category(ctx, id).await?;
            categories.push(CategorySales { category, counts: self.counts(parts.into_iter()) });
        }
        Ok(categories)
    }
}

/// What an event has sold, as of one revision. May be a second old.
#[Object]
impl SalesSummary {
    /// The revision that all of it is true for.
    async fn revision(&self) -> Revision {
        Revision(self.sales.revision)
    }

    /// The server's clock when it was counted: what was held until then counts as held.
    async fn server_time(&self) -> DateTime {
        DateTime(self.sales.now)
    }

    /// How many orders there are.
    async fn orders(&self) -> i32 {
        to_int(self.sales.orders)
    }

    /// All seats together.
    async fn total(&self) -> SalesCounts {
        self.counts(self.sales.parts.iter())
    }

    /// By category, in the order of the seat plan; those without seats are left out.
    async fn by_category(&self, ctx: &Context<'_>) -> Result<Vec<CategorySales>> {
        required(ctx, self.categories(ctx)).await
    }

    /// By section, by name.
    async fn by_section(&self) -> Vec<SectionSales> {
        let mut of_section: BTreeMap<&str, Vec<&SalesPart>> = BTreeMap::new();
        for part in &self.sales.parts {
            of_section.entry(&part.section).or_default().push(part);
        }
        let sales = |(section, parts): (&str, Vec<&SalesPart>)| SectionSales {
            section: section.to_owned(),
            counts: self.counts(parts.into_iter()),
        };
        of_section.into_iter().map(sales).collect()
    }

    /// Each hour or day in which anything was sold, the first first: as the argument of
    /// salesSummary says, and as far back as that looks.
    async fn over_time(&self) -> Vec<SalesInSpan> {
        let told = |span: &SoldInSpan| SalesInSpan {
            from: DateTime(span.from),
            until: DateTime(span.until),
            sold: to_int(span.sold),
            revenue: self.money(span.revenue_minor.into()),
        };
        self.sales.over_time.iter().map(told).collect()
    }
}
