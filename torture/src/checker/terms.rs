//! What an event's terms and prices may have been.

use std::collections::{BTreeSet, HashMap};

use super::event_history::EventHistory;
use super::knowledge::Knowledge;
use super::origins::Origins;
use super::timeline::{Timeline, Write};
use crate::history::{
    Call, Command, DbMicros, EventPatch, NewPrice, Outcome, Revision, RunMicros, Stage, Status,
};

/// The terms of an event over its log.
#[derive(Debug)]
pub(super) struct TermsStory {
    pub(super) stage: Timeline<Stage>,
    pub(super) opens_at: Timeline<Option<DbMicros>>,
    pub(super) closes_at: Timeline<DbMicros>,
    pub(super) hold_seconds: Timeline<i64>,
    pub(super) extension_seconds: Timeline<i64>,
    pub(super) limit: Timeline<Option<i64>>,
    pub(super) let_go: Timeline<Option<i64>>,
    pub(super) allows_lone_seats: Timeline<bool>,
    pub(super) buyers_confirm: Timeline<bool>,
}

/// What seats of each category cost over the log: the types of ticket with their prices.
#[derive(Debug, Default)]
pub(super) struct PriceStory<'h>(HashMap<&'h str, Timeline<PriceList<'h>>>);

/// What a category's types of ticket cost.
type PriceList<'h> = Vec<(&'h str, i64)>;

/// Tells when a call's effect came.
struct Writer<'a> {
    knowledge: &'a Knowledge,
    origins: &'a Origins,
}

impl Writer<'_> {
    /// The value that a call set, if it may have been done.
    fn write<V>(&self, call: &Call, value: V) -> Option<Write<V>> {
        let end = match call.outcome {
            Outcome::Answered(_) => Some(call.end),
            Outcome::Unclear(_) => None,
            Outcome::Refused(_) | Outcome::Rejected(_) => return None,
        };
        let until = end.map_or(Revision::MAX, |end| self.origins.latest_at(end));
        let after = self.knowledge.before(call.start);
        Some(Write { value, start: call.start, end, after, until })
    }
}

impl TermsStory {
    pub(super) fn of(history: &EventHistory<'_>, knowledge: &Knowledge, origins: &Origins) -> Self {
        let writer = Writer { knowledge, origins };
        let patches: Vec<(&Call, &EventPatch)> = history
            .calls
            .iter()
            .filter_map(|&call| match &call.command {
                Command::UpdateEvent(patch) => Some((call, patch)),
                _ => None,
            })
            .collect();
        let story = Of { writer: &writer, patches: &patches };
        let terms = &history.setup.terms;
        Self {
            stage: story.field(terms.stage, |patch| patch.stage),
            opens_at: story.field(terms.sales_open_at, |patch| patch.sales_open_at),
            closes_at: story.field(terms.sales_close_at, |patch| patch.sales_close_at),
            hold_seconds: story.field(terms.hold_seconds, |patch| patch.hold_seconds),
            extension_seconds: story
                .field(terms.hold_extension_seconds, |patch| patch.hold_extension_seconds),
            limit: story.field(terms.max_seats_per_viewer, |patch| patch.max_seats_per_viewer),
            let_go: story.field(terms.max_seats_let_go, |patch| patch.max_seats_let_go),
            allows_lone_seats: story
                .field(terms.allows_lone_seats, |patch| patch.allows_lone_seats),
            buyers_confirm: story.field(terms.buyers_confirm, |patch| patch.buyers_confirm),
        }
    }

    /// Whether the event may have been on sale when the row after a revision was decided.
    pub(super) fn may_be_on_sale(&self, after: Revision, at: DbMicros) -> bool {
        let has_opened = |opens: &&Option<DbMicros>| opens.is_none_or(|opens| opens <= at);
        self.stage.after(after).contains(&&Stage::Published)
            && self.opens_at.after(after).iter().any(has_opened)
            && self.closes_at.after(after).iter().any(|&&closes| at < closes)
    }

    /// Whether the event may have had a status during a call, when the database's clock was within
    /// these bounds.
    pub(super) fn may_be(
        &self,
        status: Status,
        call: (RunMicros, RunMicros),
        (from, until): (DbMicros, DbMicros),
    ) -> bool {
        let (start, end) = call;
        let stages = self.stage.during(start, end);
        let is = |stage: Stage| stages.contains(&&stage);
        let opens = self.opens_at.during(start, end);
        let closes = self.closes_at.during(start, end);
        match status {
            Status::Draft => is(Stage::Draft),
            Status::Cancelled => is(Stage::Cancelled),
            Status::Closed => {
                is(Stage::Closed)
                    || is(Stage::Published) && closes.iter().any(|&&closes| closes <= until)
            }
            Status::Upcoming => {
                let is_to_come = |opens: &&Option<DbMicros>| opens.is_some_and(|at| from < at);
                is(Stage::Published) && opens.iter().any(is_to_come)
            }
            Status::OnSale => {
                is(Stage::Published)
                    && opens.iter().any(|opens| opens.is_none_or(|at| at <= until))
                    && closes.iter().any(|&&closes| from < closes)
            }
        }
    }
}

/// The patches of an event's terms.
struct Of<'a> {
    writer: &'a Writer<'a>,
    patches: &'a [(&'a Call, &'a EventPatch)],
}

impl Of<'_> {
    fn field<V: PartialEq>(
        &self,
        base: V,
        value: impl Fn(&EventPatch) -> Option<V>,
    ) -> Timeline<V> {
        let writes = self.patches.iter();
        let writes = writes.filter_map(|&(call, patch)| self.writer.write(call, value(patch)?));
        Timeline::new(base, writes.collect())
    }
}

impl<'h> PriceStory<'h> {
    pub(super) fn of(history: &EventHistory<'h>, knowledge: &Knowledge, origins: &Origins) -> Self {
        let writer = Writer { knowledge, origins };
        let base = by_category(&history.setup.prices);
        let mut writes: HashMap<&str, Vec<Write<PriceList<'_>>>> = HashMap::new();
        for call in &history.calls {
            let prices = match &call.command {
                Command::SetPrices { prices } => by_category(prices),
                // Only categories that are new come with an import.
                Command::Import { categories, .. } => {
                    let mut new = by_category(categories);
                    new.retain(|category, _| !base.contains_key(category));
                    new
                }
                _ => continue,
            };
            for (category, value) in prices {
                writes.entry(category).or_default().extend(writer.write(call, value));
            }
        }
        let names: BTreeSet<&str> = base.keys().chain(writes.keys()).copied().collect();
        let stories = names.into_iter().map(|name| {
            let first = base.get(name).cloned().unwrap_or_default();
            (name, Timeline::new(first, writes.remove(name).unwrap_or_default()))
        });
        Self(stories.collect())
    }

    /// What a seat of a category may have cost as a type of ticket, or as the first where none is
    /// said. It was taken by the row after a revision. Nothing, where there was no such type.
    pub(super) fn after(
        &self,
        category: &str,
        ticket: Option<&str>,
        revision: Revision,
    ) -> Vec<(&'h str, i64)> {
        let lists = self.0.get(category).map(|story| story.after(revision)).unwrap_or_default();
        let of_list = |list: &&Vec<(&'h str, i64)>| match ticket {
            Some(ticket) => list.iter().copied().find(|&(name, _)| name == ticket),
            None => list.first().copied(),
        };
        lists.iter().filter_map(of_list).collect()
    }

    /// Whether a category may have lacked a type of ticket.
    pub(super) fn may_lack(&self, category: &str, ticket: &str, revision: Revision) -> bool {
        let lists = self.0.get(category).map(|story| story.after(revision)).unwrap_or_default();
        lists.is_empty() || lists.iter().any(|list| list.iter().all(|&(name, _)| name != ticket))
    }

    /// Whether a seat of a category may have cost money, as whatever type of ticket.
    pub(super) fn may_cost_money(&self, category: &str, revision: Revision) -> bool {
        let lists = self.0.get(category).map(|story| story.after(revision)).unwrap_or_default();
        lists.is_empty() || lists.iter().any(|list| list.iter().any(|&(_, amount)| amount > 0))
    }
}

fn by_category(prices: &[NewPrice]) -> HashMap<&str, Vec<(&str, i64)>> {
    let mut lists: HashMap<&str, Vec<(&str, i64)>> = HashMap::new();
    for NewPrice { category, ticket, amount_minor } in prices {
        lists.entry(category).or_default().push((ticket, *amount_minor));
    }
    lists
}
