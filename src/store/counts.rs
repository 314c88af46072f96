//! What is counted of statements, by the pool whose connection they were on.

use prometheus_client::collector::Collector;
use prometheus_client::encoding::{DescriptorEncoder, EncodeMetric as _};
use prometheus_client::metrics::MetricType;
use prometheus_client::metrics::counter::Counter;
use sea_orm::metric;

use crate::metrics::Histogram;
use crate::trace;

/// The statements of one pool.
#[derive(Clone, Debug)]
pub(super) struct StatementCounts {
    took: Histogram,
    failed: Counter,
}

impl Default for StatementCounts {
    fn default() -> Self {
        Self { took: Histogram::seconds(), failed: Counter::default() }
    }
}

impl StatementCounts {
    pub(super) fn carried_out(&self, statement: &metric::Info<'_>) {
        self.took.observe(statement.elapsed);
        if statement.failed {
            self.failed.inc();
        }
        if let Some(traced) = trace::traced() {
            let sql = &statement.statement.sql;
            traced.note_statement(sql, statement.elapsed, statement.failed);
        }
    }
}

/// Those of all pools.
#[derive(Debug, Default)]
pub(super) struct StoreCounts {
    pub(super) bookings: StatementCounts,
    pub(super) reads: StatementCounts,
    pub(super) upkeep: StatementCounts,
}

impl StoreCounts {
    fn by_pool(&self) -> [([(&'static str, &'static str); 1], &StatementCounts); 3] {
        let Self { bookings, reads, upkeep } = self;
        [("bookings", bookings), ("reads", reads), ("upkeep", upkeep)]
            .map(|(pool, counts)| ([("pool", pool)], counts))
    }
}

impl Collector for StoreCounts {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> std::fmt::Result {
        let (name, help) = ("statement_duration_seconds", "What SQL statements took, by pool.");
        let mut family = encoder.encode_descriptor(name, help, None, MetricType::Histogram)?;
        for (pool, counts) in self.by_pool() {
            counts.took.encode(family.encode_family(&pool)?)?;
        }
        let (name, help) = ("statement_failures", "SQL statements that failed, by pool.");
        let mut family = encoder.encode_descriptor(name, help, None, MetricType::Counter)?;
        for (pool, counts) in self.by_pool() {
            counts.failed.encode(family.encode_family(&pool)?)?;
        }
        Ok(())
    }
}
