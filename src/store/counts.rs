//! What is counted of statements, by the pool whose connection they were on.

use std::time::Instant;

use prometheus_client::collector::Collector;
use prometheus_client::encoding::{DescriptorEncoder, EncodeMetric as _};
use prometheus_client::metrics::MetricType;
use prometheus_client::metrics::counter::Counter;

use crate::metrics::Histogram;
use crate::trace::{self, Traced};

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

/// A statement that is carried out.
#[derive(Debug)]
pub(super) struct UnderWay {
    began: Instant,
    /// Under which span, and its text, if it is traced.
    traced: Option<(Traced, String)>,
}

impl UnderWay {
    pub(super) fn begin(sql: &str) -> Self {
        let traced = trace::traced().map(|traced| (traced, sql.to_owned()));
        Self { began: Instant::now(), traced }
    }
}

impl StatementCounts {
    pub(super) fn ended(&self, statement: UnderWay, has_failed: bool) {
        let took = statement.began.elapsed();
        self.took.observe(took);
        if has_failed {
            self.failed.inc();
        }
        if let Some((traced, sql)) = statement.traced {
            traced.note_statement(&sql, took, has_failed);
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
    /// How many statements were carried out.
    pub(super) fn statements(&self) -> u64 {
        self.by_pool().iter().map(|(_, counts)| counts.took.count()).sum()
    }

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
