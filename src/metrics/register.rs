//! The register of all metrics.

use std::sync::{Arc, PoisonError, RwLock};

use prometheus_client::collector::Collector;
use prometheus_client::encoding::{prometheus_text, text};
use prometheus_client::metrics::counter::Counter;
use prometheus_client::registry::{Metric, Registry};

use super::measured::{Counters, Measured, Readings};
use super::stores::Stores;
use crate::memory::Allowance;

/// What all names begin with.
const PREFIX: &str = "arena";

/// See the room's documentation. Copies share everything.
#[derive(Clone, Debug)]
pub struct Metrics {
    registry: Arc<RwLock<Registry>>,
    stores: Stores,
}

impl Default for Metrics {
    fn default() -> Self {
        let (mut registry, stores) = (Registry::with_prefix(PREFIX), Stores::default());
        registry.register_collector(Box::new(stores.clone()));
        Self { registry: Arc::new(RwLock::new(registry)), stores }
    }
}

impl Metrics {
    /// Registers a metric, and gives it back to count with: a
    /// [`Counter`](prometheus_client::metrics::counter::Counter) (whose name gets `_total`), a
    /// `Gauge`, a `Histogram`, or a `Family` of one of them with labels. Its name is without the
    /// prefix, its help without a full stop.
    pub fn register<M: Metric + Clone>(&self, name: &str, help: &str, metric: M) -> M {
        let mut registry = self.registry.write().unwrap_or_else(PoisonError::into_inner);
        registry.register(name, help, metric.clone());
        metric
    }

    /// Registers counters with one label each, whose values are all known.
    pub fn counters(
        &self,
        name: &'static str,
        help: &'static str,
        label: &'static str,
        counters: Vec<(&'static str, Counter)>,
    ) {
        self.collect(Counters { name, help, label, counters });
    }

    /// Registers a gauge that is read whenever somebody asks.
    pub fn measure(
        &self,
        name: &'static str,
        help: &'static str,
        read: impl Fn() -> Readings + Send + Sync + 'static,
    ) {
        self.collect(Measured { name, help, read: Box::new(read) });
    }

    /// Registers what writes metrics of its own whenever somebody asks.
    pub fn collect(&self, collector: impl Collector) {
        let mut registry = self.registry.write().unwrap_or_else(PoisonError::into_inner);
        registry.register_collector(Box::new(collector));
    }

    /// Shows what a store takes of its allowance.
    pub fn watch(&self, allowance: &Arc<Allowance>) {
        self.stores.watch(allowance);
    }

    /// All of them as text: as OpenMetrics has it, or in Prometheus' own older format.
    ///
    /// # Errors
    ///
    /// Never, in a text that grows.
    pub fn text(&self, by_openmetrics: bool) -> Result<String, std::fmt::Error> {
        let mut written = String::new();
        let registry = self.registry.read().unwrap_or_else(PoisonError::into_inner);
        if by_openmetrics {
            text::encode(&mut written, &registry)?;
        } else {
            prometheus_text::encode(&mut written, &registry)?;
        }
        Ok(written)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_counted_and_what_stores_take_is_in_the_text() {
        let metrics = Metrics::default();
        let counter = metrics.register("doors", "Doors opened", Counter::<u64>::default());
        counter.inc();
        let parts = [Allowance::new("things", 10), Allowance::new("things", 5)];
        parts.iter().for_each(|part| metrics.watch(part));
        let charges = parts.each_ref().map(|part| part.charge(4).unwrap());
        assert!(parts[1].charge(2).is_err() && parts[0].charge(7).is_err());
        let text = metrics.text(true).unwrap();
        drop(charges);
        for line in [
            "# HELP arena_doors Doors opened.",
            "arena_doors_total 1",
            "arena_store_bytes{store=\"things\"} 8",
            "arena_store_limit_bytes{store=\"things\"} 15",
            "arena_store_evictions_total{store=\"things\"} 0",
            "arena_store_refusals_total{store=\"things\"} 2",
        ] {
            assert!(text.lines().any(|found| found == line), "{line} is not in\n{text}");
        }
    }
}
