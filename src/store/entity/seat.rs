//! A row of `seats`: the part of a seat that bookings change.

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "seats")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub event_id: i64,
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: i32,
    pub category_id: i32,
    pub for_sale: bool,
    pub status: i16,
    pub viewer: Option<String>,
    pub expires_at: Option<DateTimeUtc>,
    pub lapsed_viewer: Option<String>,
    pub order_id: Option<i64>,
    pub revision: i64,
    pub extended_until: Option<DateTimeUtc>,
    pub price_version: Option<i32>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
