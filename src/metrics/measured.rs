//! Gauges that are read when Prometheus asks: what is counted somewhere already need not be counted
//! again. And counters of which all labels are known: none has to be looked for.

use std::fmt;

use prometheus_client::collector::Collector;
use prometheus_client::encoding::{DescriptorEncoder, EncodeMetric as _};
use prometheus_client::metrics::MetricType;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::gauge::ConstGauge;

/// What is read: values with their labels, each of which has a handful of values.
pub type Readings = Vec<(Vec<(&'static str, &'static str)>, f64)>;

/// See the module's documentation.
pub(super) struct Measured {
    pub(super) name: &'static str,
    pub(super) help: &'static str,
    pub(super) read: Box<dyn Fn() -> Readings + Send + Sync>,
}

impl fmt::Debug for Measured {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Measured").field(&self.name).finish()
    }
}

/// Counters with one label each.
#[derive(Debug)]
pub(super) struct Counters {
    pub(super) name: &'static str,
    pub(super) help: &'static str,
    pub(super) label: &'static str,
    pub(super) counters: Vec<(&'static str, Counter)>,
}

impl Collector for Counters {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> fmt::Result {
        let help = format!("{}.", self.help);
        let mut family = encoder.encode_descriptor(self.name, &help, None, MetricType::Counter)?;
        for (value, counter) in &self.counters {
            counter.encode(family.encode_family(&[(self.label, *value)])?)?;
        }
        Ok(())
    }
}

impl Collector for Measured {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> fmt::Result {
        let readings = (self.read)();
        let help = format!("{}.", self.help);
        let mut family = encoder.encode_descriptor(self.name, &help, None, MetricType::Gauge)?;
        for (labels, value) in &readings {
            let gauge = ConstGauge::new(*value);
            if labels.is_empty() {
                return gauge.encode(family);
            }
            gauge.encode(family.encode_family(labels)?)?;
        }
        Ok(())
    }
}
