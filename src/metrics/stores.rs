//! What the stores take that are bounded in bytes.

use std::collections::BTreeMap;
use std::fmt::Error;
use std::sync::{Arc, Mutex, PoisonError};

use prometheus_client::collector::Collector;
use prometheus_client::encoding::{DescriptorEncoder, EncodeMetric as _};
use prometheus_client::metrics::counter::ConstCounter;
use prometheus_client::metrics::gauge::ConstGauge;
use prometheus_client::registry::Unit;

use crate::memory::Allowance;

/// The allowances that are shown. Copies share them.
#[derive(Clone, Debug, Default)]
pub(super) struct Stores(Arc<Mutex<Vec<Arc<Allowance>>>>);

/// What all parts of a store take together.
#[derive(Default)]
struct Sums {
    used: u64,
    limit: u64,
    evictions: u64,
    refusals: u64,
}

impl Stores {
    pub(super) fn watch(&self, allowance: &Arc<Allowance>) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(Arc::clone(allowance));
    }

    fn sums(&self) -> BTreeMap<&'static str, Sums> {
        let mut sums = BTreeMap::<_, Sums>::new();
        let bytes = |bytes| u64::try_from(bytes).unwrap_or(u64::MAX);
        for allowance in self.0.lock().unwrap_or_else(PoisonError::into_inner).iter() {
            let sum = sums.entry(allowance.store()).or_default();
            sum.used += bytes(allowance.used());
            sum.limit += bytes(allowance.limit());
            sum.evictions += allowance.evictions();
            sum.refusals += allowance.refusals();
        }
        sums
    }
}

impl Collector for Stores {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> Result<(), Error> {
        let sums = self.sums();
        let gauge = |sum: u64| ConstGauge::new(i64::try_from(sum).unwrap_or(i64::MAX));
        type Figure = fn(&Sums) -> u64;
        let gauges: [(_, _, Figure); 2] = [
            ("store", "What a store takes.", |sums| sums.used),
            ("store_limit", "What a store may take.", |sums| sums.limit),
        ];
        for (name, help, of) in gauges {
            let metric = gauge(0);
            let mut family =
                encoder.encode_descriptor(name, help, Some(&Unit::Bytes), metric.metric_type())?;
            for (store, sums) in &sums {
                let labels = [("store", *store)];
                gauge(of(sums)).encode(family.encode_family(&labels)?)?;
            }
        }
        let counters: [(_, _, Figure); 2] = [
            ("store_evictions", "What a store let go of to make room.", |sums| sums.evictions),
            ("store_refusals", "What a store had no room for.", |sums| sums.refusals),
        ];
        for (name, help, of) in counters {
            let metric = ConstCounter::new(0_u64);
            let mut family = encoder.encode_descriptor(name, help, None, metric.metric_type())?;
            for (store, sums) in &sums {
                let labels = [("store", *store)];
                ConstCounter::new(of(sums)).encode(family.encode_family(&labels)?)?;
            }
        }
        Ok(())
    }
}
