//! How often seats may be taken and let go again.
//!
//! A hold is let go when its holder gives it back, or when it runs out; then at the instant at
//! which it ended, whenever that is logged. Two rules keep a viewer from keeping seats from others
//! without buying them:
//!
//! - An event says how many of its seats a viewer may let go within [`WINDOW`]. Whoever has let
//!   more go gets none until enough of that is past.
//! - A viewer who lets a seat go and takes it again, with nobody else in between, has it in a run.
//!   A run is over after [`HOLDS_IN_A_RUN`] holds if somebody else asked for the seat meanwhile, or
//!   if the holds were long. It is forgotten when the seat was left alone for [`WINDOW`].
//!
//! A family that changes its mind meets neither: it lets few seats go, and what it takes again and
//! again it holds for moments.

use std::collections::BTreeMap;

use chrono::{DateTime, TimeDelta, Utc};

use super::ids::ViewerId;
use super::seat::Hold;

/// How long it counts that a viewer has let a seat go: two holds of the usual length, so that
/// whoever was refused finds the seats free for as long as a purchase takes.
pub const WINDOW: TimeDelta = TimeDelta::minutes(10);

/// Seats of an event that a viewer may let go within [`WINDOW`], unless said otherwise: a party of
/// six can change all of its seats once a minute.
pub const DEFAULT_MAX_SEATS_LET_GO: u32 = 60;

/// The most that an event may say instead: so many rows are read at most for a reservation.
pub const MAX_SEATS_LET_GO: u32 = 1_000;

/// Holds of one seat by one viewer in a row, if others ask for it. The same number of full holds is
/// the longest that a viewer keeps a seat from others.
pub const HOLDS_IN_A_RUN: u32 = 3;

/// The seats of an event that a viewer has let go.
#[derive(Clone, Default, PartialEq, Eq, Debug)]
pub struct LetGo(BTreeMap<DateTime<Utc>, u32>);

impl LetGo {
    /// So many seats more were let go at that instant.
    pub fn add(&mut self, at: DateTime<Utc>, seats: u32) {
        let known = self.0.entry(at).or_default();
        *known = known.saturating_add(seats);
    }

    /// From when the viewer may take seats again, if more than `max` were let go in the time before
    /// `now` that counts.
    pub fn refused_until(&self, max: u32, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
        let mut count = 0_u32;
        let past = self.0.iter().rev().map(|(&at, &seats)| (at + WINDOW, seats));
        for (forgotten_at, seats) in past.take_while(|&(forgotten_at, _)| now < forgotten_at) {
            count = count.saturating_add(seats);
            if count > max {
                return Some(forgotten_at);
            }
        }
        None
    }
}

/// Holds of one seat by one viewer, one after the other, all of them let go.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Run {
    /// Whose.
    pub viewer: ViewerId,
    /// How many.
    pub holds: u32,
    /// How long they lasted together.
    pub kept: TimeDelta,
    /// Whether somebody else asked for the seat during one of them but the first.
    pub is_asked_for: bool,
    /// When the last of them was let go.
    pub let_go_at: DateTime<Utc>,
}

impl Run {
    /// The run after this hold of the seat, which is of this full length, was let go at that
    /// instant.
    pub(crate) fn after(
        before: Option<&Self>,
        hold: &Hold,
        length: TimeDelta,
        let_go_at: DateTime<Utc>,
    ) -> Self {
        let from = hold.expires_at - length;
        let kept = (let_go_at - from).max(TimeDelta::zero());
        let viewer = hold.viewer.clone();
        match before {
            Some(run) if run.viewer == viewer && from < run.let_go_at + WINDOW => Self {
                viewer,
                holds: run.holds.saturating_add(1),
                kept: run.kept + kept,
                is_asked_for: run.is_asked_for,
                let_go_at,
            },
            _ => Self { viewer, holds: 1, kept, is_asked_for: false, let_go_at },
        }
    }

    /// From when its viewer may take the seat again, if not `now`; a hold being of this length.
    pub fn refused_until(&self, length: TimeDelta, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
        // One more hold of full length makes it as many as there may be.
        let is_long = self.kept > length * (HOLDS_IN_A_RUN.cast_signed() - 1);
        let is_over = self.holds >= HOLDS_IN_A_RUN && (self.is_asked_for || is_long);
        let forgotten_at = self.let_go_at + WINDOW;
        (is_over && now < forgotten_at).then_some(forgotten_at)
    }
}
