//! What is counted of bookings.

use prometheus_client::metrics::counter::Counter;

use crate::metrics::{Histogram, Metrics, NUMBERS};

/// See the module's documentation. Copies share everything.
#[derive(Clone, Debug)]
pub(super) struct DeskCounts {
    /// Commands of a batch.
    pub(super) batches: Histogram,
    /// How long an attempt at its transaction took that came to its end.
    pub(super) transactions: Histogram,
    /// Attempts that failed and were made again.
    pub(super) retries: Counter,
    /// Batches that have no outcome.
    pub(super) failures: Counter,
    /// Commands that a full queue has refused.
    pub(super) refused: Counter,
}

impl Default for DeskCounts {
    fn default() -> Self {
        let (retries, failures, refused) = Default::default();
        let (batches, transactions) = (Histogram::new(&NUMBERS), Histogram::seconds());
        Self { batches, transactions, retries, failures, refused }
    }
}

impl DeskCounts {
    pub(super) fn register(&self, metrics: &Metrics) {
        let Self { batches, transactions, retries, failures, refused } = self.clone();
        metrics.register("booking_batch_commands", "Commands booked in one transaction", batches);
        metrics.register(
            "booking_transaction_duration_seconds",
            "What booking transactions took, from their first statement to their commit",
            transactions,
        );
        metrics.register(
            "booking_retries",
            "Booking transactions that failed and were tried again",
            retries,
        );
        metrics.register(
            "booking_failures",
            "Batches that were given up, or that failed for good",
            failures,
        );
        metrics.register("desk_refusals", "Commands that a full queue has refused", refused);
    }
}
