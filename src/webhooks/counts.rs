//! What is counted of webhooks.

use std::sync::atomic::AtomicI64;

use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::gauge::Gauge;

use crate::metrics::Metrics;

/// See the module's documentation.
#[derive(Clone, Debug)]
pub(super) struct Counts {
    pub(super) delivered: Counter,
    pub(super) failed: Counter,
    pub(super) paused: Gauge<i64, AtomicI64>,
    pub(super) behind: Gauge<i64, AtomicI64>,
    pub(super) lagging: Gauge<i64, AtomicI64>,
}

impl Counts {
    pub(super) fn new(metrics: &Metrics) -> Self {
        let counter = |name, help| metrics.register(name, help, Counter::default());
        let gauge = |name, help| metrics.register(name, help, Gauge::default());
        Self {
            delivered: counter("webhook_deliveries", "Messages that webhooks have taken"),
            failed: counter("webhook_failures", "Attempts to tell webhooks that failed"),
            lagging: gauge(
                "webhooks_behind",
                "Webhooks that have not been told everything; where they are told",
            ),
            paused: gauge("webhooks_paused", "Webhooks that are paused"),
            behind: gauge(
                "webhook_lag_revisions",
                "The most changes of an event that a webhook has not been told; where it is told",
            ),
        }
    }
}
