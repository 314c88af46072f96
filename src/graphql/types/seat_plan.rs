//! An event's plan, and what its map shows of the seats in it: what changes seldom, and what
//! changes all the time.

use std::sync::Arc;

use async_graphql::{Context, Enum, ID, Object, SimpleObject};

use super::event::Event;
use super::event_scope::EventScope;
use crate::domain::{Letter, plan};
use crate::feed;
use crate::graphql::context::{ContextExt as _, PlansSeen};
use crate::graphql::error::Fault;
use crate::graphql::ids::AnyId;
use crate::graphql::scalars::Revision;
use crate::graphql::serial::SerialList;
use crate::store::reads::{LettersRecord, PlanParts, PlanRecord, PlanSeatRecord};

/// Where an event's seats are, and what they are called.
#[derive(Clone, Debug)]
pub struct SeatPlan {
    event: Arc<EventScope>,
    plan: Arc<PlanRecord>,
}

impl SeatPlan {
    /// An event's plan; of its seats and shapes what somebody asks for.
    ///
    /// # Errors
    ///
    /// If there is no such event.
    pub async fn load(ctx: &Context<'_>, event: &Arc<EventScope>) -> Result<Self, Fault> {
        let id = event.id();
        let asks_for = |field| ctx.look_ahead().field(field).exists();
        let parts = PlanParts { seats: asks_for("seats"), shapes: asks_for("shapes") };
        let plan = match parts {
            PlanParts { seats: false, shapes: false } => {
                let version = ctx.look_up(async move |store| store.plan_version(id).await).await?;
                version.map(|version| PlanRecord { version, seats: vec![], shapes: vec![] })
            }
            PlanParts { seats: false, shapes: true } => {
                ctx.look_up(async move |store| store.seat_plan(id, parts).await).await?
            }
            PlanParts { seats: true, .. } => {
                ctx.look_up_map(async move |store| store.seat_plan(id, parts).await).await?
            }
        };
        let plan = Arc::new(plan.ok_or_else(Fault::no_such_event)?);
        if let Some(seen) = ctx.data_opt::<PlansSeen>() {
            seen.note(id, plan.version);
        }
        Ok(Self { event: Arc::clone(event), plan })
    }
}

/// Where an event's seats are, what they are called and which category they have: the same for
/// everybody until `version` changes.
#[Object(serial)]
impl SeatPlan {
    /// The event.
    async fn event(&self) -> Event {
        Arc::clone(&self.event).into()
    }

    /// Grows by 1 with every change of the plan. SeatStatuses says which plan it means.
    async fn version(&self) -> i32 {
        self.plan.version.number
    }

    /// Every seat. Its index is its place in SeatStatuses.
    async fn seats(&self) -> SerialList<PlanSeat> {
        let seat = |index| PlanSeat { plan: Arc::clone(&self.plan), index };
        SerialList((0..self.plan.seats.len()).map(seat).collect())
    }

    /// What a map shows beside seats, from the one at the back to the one in front.
    async fn shapes(&self) -> SerialList<PlanShape> {
        SerialList(self.plan.shapes.iter().map(PlanShape::from).collect())
    }
}

/// A seat of a plan.
#[derive(Clone, Debug)]
pub struct PlanSeat {
    plan: Arc<PlanRecord>,
    index: usize,
}

impl PlanSeat {
    fn record(&self) -> &PlanSeatRecord {
        &self.plan.seats[self.index]
    }
}

/// A seat of a plan.
#[Object(serial)]
impl PlanSeat {
    /// Opaque and stable: the id of the Seat.
    async fn id(&self) -> ID {
        AnyId::Seat(self.record().seat).encode()
    }

    /// Section or block.
    async fn section(&self) -> &str {
        &self.record().location.section
    }

    /// Row within the section.
    async fn row(&self) -> &str {
        &self.record().location.row
    }

    /// Number within the row; not always a number.
    async fn number(&self) -> &str {
        &self.record().location.number
    }

    /// The id of its category, which says what it costs.
    async fn category_id(&self) -> ID {
        AnyId::Category(self.record().category).encode()
    }

    /// Whether a wheelchair fits.
    async fn accessible(&self) -> bool {
        self.record().location.accessible
    }

    /// What it is.
    async fn kind(&self) -> PlaceKind {
        self.record().kind.into()
    }

    /// Whether it is for whoever comes with somebody on an accessible seat beside it.
    async fn companion(&self) -> bool {
        self.record().is_companion
    }

    /// The floor it is on, where the venue has several.
    async fn floor(&self) -> Option<&str> {
        self.record().floor.as_deref()
    }

    /// Where it is on the venue's map, in the plan's own units; x grows to the right.
    async fn x(&self) -> Option<f64> {
        self.record().location.x
    }

    /// Where it is on the venue's map, in the plan's own units; y grows downwards.
    async fn y(&self) -> Option<f64> {
        self.record().location.y
    }
}

/// What a place is.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Enum)]
#[graphql(remote = "domain::plan::PlaceKind")]
pub enum PlaceKind {
    /// A seat of a row.
    Seat,
    /// A chair at a table, which is its row.
    Chair,
    /// A place to stand on: any of its row is as good as another.
    Standing,
}

/// What a map shows beside seats.
#[derive(Clone, Debug, SimpleObject)]
#[graphql(serial)]
pub struct PlanShape {
    /// What it is.
    kind: PlanShapeKind,
    /// What it is called, to be written there.
    label: Option<String>,
    /// The floor it is on; null: on each.
    floor: Option<String>,
    /// x and y of each of its points, one after the other, in the plan's own units. A label has
    /// one; of others they are the corners, and the last leads back to the first.
    points: Vec<f64>,
}

impl From<&plan::PlannedShape> for PlanShape {
    fn from(shape: &plan::PlannedShape) -> Self {
        Self {
            kind: shape.kind.into(),
            label: shape.label.clone(),
            floor: shape.floor.clone(),
            points: shape.points.iter().flat_map(|point| [point.x, point.y]).collect(),
        }
    }
}

/// What a shape is.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Enum)]
#[graphql(remote = "domain::plan::ShapeKind")]
pub enum PlanShapeKind {
    /// Where everybody looks.
    Stage,
    /// The edge of a section, a floor or a hall.
    Outline,
    /// A text at a point.
    Label,
}

/// What an event's map shows of its seats as of one revision.
#[derive(Clone, Debug, SimpleObject)]
#[graphql(serial)]
pub struct SeatStatuses {
    /// The revision this is true for; comparable with those of mutations, maps and seatChanges.
    revision: Revision,
    /// The plan whose order of seats is meant.
    plan_version: i32,
    /// Places in the plan's order, ascending from 0; null: all of them, and `statuses` has one
    /// letter for each seat.
    places: Option<SerialList<i32>>,
    /// A letter for each place: A available, R reserved, C confirmed, N not for sale.
    statuses: String,
}

impl SeatStatuses {
    /// All of them, as they were read.
    pub fn whole(read: &LettersRecord) -> Self {
        Self {
            revision: Revision(read.end.revision),
            plan_version: read.plan_version,
            places: None,
            statuses: read.seats.iter().map(|seat| Letter::as_char(seat.letter)).collect(),
        }
    }
}

impl From<&feed::Statuses> for SeatStatuses {
    fn from(statuses: &feed::Statuses) -> Self {
        Self {
            revision: Revision(statuses.revision()),
            plan_version: statuses.plan_version(),
            places: statuses.places().map(|places| SerialList(places.to_vec())),
            statuses: statuses.letters(),
        }
    }
}
