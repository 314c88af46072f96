//! A row of `events`.

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "events")]
pub(crate) struct Model {
    #[sea_orm(primary_key)]
    pub id: i64,
    pub slug: String,
    pub name: String,
    pub venue: String,
    pub starts_at: DateTimeUtc,
    pub time_zone: String,
    pub sales_open_at: Option<DateTimeUtc>,
    pub sales_close_at: Option<DateTimeUtc>,
    pub hold_seconds: i32,
    pub hold_extension_seconds: i32,
    pub max_seats_per_viewer: Option<i32>,
    pub max_seats_let_go: Option<i32>,
    pub allows_lone_seats: bool,
    pub confirmed_by: i16,
    pub currency: String,
    pub stage: i16,
    pub revision: i64,
    pub version: i64,
    pub price_version: i32,
    pub next_expiry_at: Option<DateTimeUtc>,
    pub churn_until: Option<DateTimeUtc>,
    pub marked_revision: i64,
    pub mark: Option<i64>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub(crate) enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
