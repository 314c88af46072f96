//! What those who run the server are shown of its connections to the database.

use std::sync::Arc;

use super::pool::PoolState;
use super::pools::Store;
use crate::metrics::{Metrics, Readings};

impl Store {
    /// Shows what there is to be known of it.
    pub fn register(&self, metrics: &Metrics) {
        metrics.collect(Arc::clone(&self.counts));
        metrics.watch(self.seatings_allowance());
        let number = |number: usize| f64::from(u32::try_from(number).unwrap_or(u32::MAX));
        let store = self.clone();
        let help = "Connections to the database, by pool and by what they do";
        metrics.measure("pool_connections", help, move || {
            store.by_pool(|pool, of| {
                vec![
                    (vec![of, ("state", "idle")], number(pool.idle)),
                    (vec![of, ("state", "used")], number(pool.used)),
                ]
            })
        });
        let store = self.clone();
        metrics.measure("pool_max_connections", "Connections that a pool may have", move || {
            store.by_pool(|pool, of| vec![(vec![of], number(pool.most))])
        });
        let store = self.clone();
        metrics.measure("pool_waiting", "Those who wait for a connection of a pool", move || {
            store.by_pool(|pool, of| vec![(vec![of], number(pool.waiting))])
        });
        let store = self.clone();
        metrics.measure(
            "statements_missed",
            "Statements without an answer in time so far",
            move || vec![(vec![], store.missed_statements() as f64)],
        );
        let store = self.clone();
        let help = "For how long no new connection to the database can be had";
        metrics.measure("database_outage_seconds", help, move || {
            vec![(vec![], store.outage().unwrap_or_default().as_secs_f64())]
        });
        let turns = self.read_turns.clone();
        metrics.measure("read_waiting", "Reads that wait for their turn", move || {
            vec![
                (vec![("turn", "connection")], number(turns.waiting())),
                (vec![("turn", "map")], number(turns.waiting_maps())),
            ]
        });
        let (waits, refused) = (self.read_turns.waits.clone(), self.read_turns.refused.clone());
        let help = "What those reads have waited for their turn that had none at once";
        metrics.register("read_wait_seconds", help, waits);
        let help = "Reads that were refused, since too many waited or for too long";
        metrics.register("read_refusals", help, refused);
    }

    fn by_pool(
        &self,
        read: impl Fn(&PoolState, (&'static str, &'static str)) -> Readings,
    ) -> Readings {
        let names = ["bookings", "reads", "upkeep"];
        let pools = names.into_iter().zip(self.pool_states());
        pools.flat_map(|(name, pool)| read(&pool, ("pool", name))).collect()
    }
}
