//! What is counted of operations: how many there were by the code they ended with, how long they
//! took, and what was refused by the rules of a sale.
//!
//! All that can be counted has its place from the beginning, so that to count is to add.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use prometheus_client::collector::Collector;
use prometheus_client::encoding::{DescriptorEncoder, EncodeMetric as _};
use prometheus_client::metrics::MetricType;
use prometheus_client::metrics::counter::ConstCounter;
use strum::VariantArray as _;

use super::document::RootField;
use super::error::Code;
use crate::metrics::{Histogram, Metrics};

/// What is counted as the code of what has none.
pub const OK: &str = "OK";

/// What a mutation's result may be that is no success. A test compares them with the schema.
const REFUSALS: [&str; 25] = [
    "AlreadyConfirmed",
    "CategoriesNotFound",
    "CurrencyMismatch",
    "EventInUse",
    "ExtensionRefused",
    "HoldsTooFrequent",
    "IdempotencyKeyReused",
    "InvalidEvent",
    "InvalidSeats",
    "LoneSeatLeft",
    "NoSeatsTogether",
    "OrderNotFound",
    "OrderOwnerChanged",
    "PriceChanged",
    "SalesClosed",
    "SeatLimitExceeded",
    "SeatsInUse",
    "SeatsNotHeld",
    "SeatsUnavailable",
    "SlugTaken",
    "StatusRefused",
    "TicketTypeUnavailable",
    "TooManyPriceLists",
    "TooManyWebhooks",
    "WebhookAddressRefused",
];

/// What the names of successes end with.
const SUCCESS: &str = "Success";

/// Numbers of one operation: the first is of what succeeded.
type ByCode = [AtomicU64; Code::VARIANTS.len() + 1];
type ByRefusal = [AtomicU64; REFUSALS.len()];

/// See the module's documentation. Copies share everything.
#[derive(Clone, Debug)]
pub struct OperationCounts(Arc<Counts>);

#[derive(Debug)]
struct Counts {
    ended: [ByCode; RootField::COUNT],
    took: [Histogram; RootField::COUNT],
    refused: [ByRefusal; RootField::COUNT],
}

impl Default for OperationCounts {
    fn default() -> Self {
        Self(Arc::new(Counts {
            ended: std::array::from_fn(|_| Default::default()),
            took: std::array::from_fn(|_| Histogram::seconds()),
            refused: std::array::from_fn(|_| Default::default()),
        }))
    }
}

impl OperationCounts {
    /// Shows them.
    pub fn register(&self, metrics: &Metrics) {
        metrics.collect(self.clone());
    }

    /// An operation has ended, after so long, with a code if it has failed.
    pub fn ended(&self, field: RootField, code: Option<Code>, took: Duration) {
        let place = code.map_or(0, |code| code as usize + 1);
        self.0.ended[field.index()][place].fetch_add(1, Ordering::Relaxed);
        self.0.took[field.index()].observe(took);
    }

    /// A mutation's field has this result.
    pub(super) fn resulted(&self, field: &str, result: &str) {
        if result.ends_with(SUCCESS) {
            return;
        }
        let refusal = REFUSALS.iter().position(|refusal| *refusal == result);
        if let Some((field, refusal)) = RootField::of_mutation(field).zip(refusal) {
            self.0.refused[field.index()][refusal].fetch_add(1, Ordering::Relaxed);
        }
    }
}

impl Collector for OperationCounts {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> std::fmt::Result {
        let codes = [OK].into_iter().chain(Code::VARIANTS.iter().map(|code| code.as_str()));
        let codes: Vec<_> = codes.collect();
        let help = "Operations that have ended, by their field at the root and their code.";
        let mut family =
            encoder.encode_descriptor("operations", help, None, MetricType::Counter)?;
        for (field, counts) in RootField::all().zip(&self.0.ended) {
            for (code, count) in codes.iter().zip(counts) {
                let count = count.load(Ordering::Relaxed);
                if count > 0 {
                    let of = [("type", field.kind()), ("operation", field.name()), ("code", code)];
                    ConstCounter::new(count).encode(family.encode_family(&of)?)?;
                }
            }
        }
        let help = "What operations took until they were answered, subscriptions until they began.";
        let mut family = encoder.encode_descriptor(
            "operation_duration_seconds",
            help,
            None,
            MetricType::Histogram,
        )?;
        for (field, took) in RootField::all().zip(&self.0.took).filter(|(_, it)| !it.is_empty()) {
            let of = [("type", field.kind()), ("operation", field.name())];
            took.encode(family.encode_family(&of)?)?;
        }
        let help = "Mutations that the rules of a sale have refused, by their result.";
        let mut family = encoder.encode_descriptor("refusals", help, None, MetricType::Counter)?;
        for (field, counts) in RootField::all().zip(&self.0.refused) {
            for (refusal, count) in REFUSALS.iter().zip(counts) {
                let count = count.load(Ordering::Relaxed);
                if count > 0 {
                    let of = [("operation", field.name()), ("refusal", *refusal)];
                    ConstCounter::new(count).encode(family.encode_family(&of)?)?;
                }
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_refusal_of_the_schema_has_its_place() {
        let mut found = std::collections::BTreeSet::new();
        for line in crate::graphql::sdl().lines() {
            let union = line.strip_prefix("union ").and_then(|union| union.split_once(" = "));
            if let Some((name, members)) = union
                && name.ends_with("Result")
            {
                found.extend(members.split(" | ").map(str::to_owned));
            }
        }
        found.retain(|member| !member.ends_with(SUCCESS));
        assert_eq!(Vec::from_iter(found), REFUSALS);
    }

    #[test]
    fn what_has_ended_and_what_was_refused_is_shown_where_it_belongs() {
        let (counts, metrics) = (OperationCounts::default(), Metrics::default());
        counts.register(&metrics);
        let reserve = RootField::of_mutation("reserveSeats").unwrap();
        counts.ended(reserve, None, Duration::from_millis(3));
        counts.ended(reserve, Some(Code::Internal), Duration::from_millis(3));
        counts.resulted("reserveSeats", "SeatsUnavailable");
        counts.resulted("reserveSeats", "ReserveSeatsSuccess");
        counts.resulted("reserveSeats", "Something");
        let text = metrics.text(false).unwrap();
        let operation = "type=\"mutation\",operation=\"reserveSeats\"";
        for line in [
            format!("arena_operations_total{{{operation},code=\"OK\"}} 1"),
            format!("arena_operations_total{{{operation},code=\"INTERNAL\"}} 1"),
            format!("arena_operation_duration_seconds_count{{{operation}}} 2"),
            "arena_refusals_total{operation=\"reserveSeats\",refusal=\"SeatsUnavailable\"} 1"
                .to_owned(),
        ] {
            assert!(text.lines().any(|found| found == line), "{line} is not in\n{text}");
        }
        assert_eq!(text.matches("arena_refusals_total{").count(), 1);
    }
}
