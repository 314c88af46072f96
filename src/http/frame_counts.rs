//! What is counted of what leaves over sockets and streams.

use prometheus_client::metrics::counter::Counter;
use strum::{EnumCount, VariantArray};

use crate::metrics::Metrics;

/// What carries it.
#[derive(Clone, Copy, PartialEq, Eq, Debug, EnumCount, VariantArray, strum::IntoStaticStr)]
#[strum(serialize_all = "snake_case")]
pub(super) enum Carrier {
    Websocket,
    /// The older protocol.
    LegacyWebsocket,
    /// Server-sent events.
    Events,
}

/// See the module's documentation. Copies share everything.
#[derive(Clone, Debug, Default)]
pub struct FrameCounts {
    frames: [Counter; Carrier::COUNT],
    bytes: [Counter; Carrier::COUNT],
}

impl FrameCounts {
    /// Shows them.
    pub fn register(&self, metrics: &Metrics) {
        let of = |counters: &[Counter; Carrier::COUNT]| {
            let counters = Carrier::VARIANTS.iter().zip(counters);
            counters.map(|(carrier, count)| (carrier.into(), count.clone())).collect()
        };
        let help = "Frames and answers that sockets and streams were sent";
        metrics.counters("frames", help, "carrier", of(&self.frames));
        let help = "What those took, in bytes: compressed, where they were";
        metrics.counters("frame_bytes", help, "carrier", of(&self.bytes));
    }

    /// One was sent, of so many bytes.
    pub(super) fn sent(&self, carrier: Carrier, bytes: usize) {
        self.frames[carrier as usize].inc();
        self.bytes[carrier as usize].inc_by(u64::try_from(bytes).unwrap_or(u64::MAX));
    }
}
