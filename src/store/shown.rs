//! What those who run the server are shown of its connections to the database.

use std::sync::Arc;

use sea_orm::sqlx::PgPool;

use super::pools::Store;
use crate::metrics::{Metrics, Readings};

impl Store {
    /// Shows what there is to be known of it.
    pub fn register(&self, metrics: &Metrics) {
        metrics.collect(Arc::clone(&self.counts));
        metrics.watch(self.seatings_allowance());
        let store = self.clone();
        metrics.measure(
            "pool_connections",
            "Connections to the database, by pool and by what they do",
            move || {
                store.by_pool(|pool, of| {
                    let (size, idle) = (pool.size(), pool.num_idle());
                    let idle = u32::try_from(idle).unwrap_or(u32::MAX).min(size);
                    vec![
                        (vec![of, ("state", "idle")], idle.into()),
                        (vec![of, ("state", "used")], (size - idle).into()),
                    ]
                })
            },
        );
        let store = self.clone();
        metrics.measure(
            "pool_max_connections",
            "Connections that a pool may have at most",
            move || {
                store.by_pool(|pool, of| {
                    vec![(vec![of], pool.options().get_max_connections().into())]
                })
            },
        );
        let turns = self.read_turns.clone();
        metrics.measure("read_waiting", "Reads that wait for their turn", move || {
            let number = |number: usize| u32::try_from(number).unwrap_or(u32::MAX).into();
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
        read: impl Fn(&PgPool, (&'static str, &'static str)) -> Readings,
    ) -> Readings {
        [("bookings", &self.bookings), ("reads", &self.reads), ("upkeep", &self.upkeep)]
            .into_iter()
            .flat_map(|(name, pool)| read(pool.get_postgres_connection_pool(), ("pool", name)))
            .collect()
    }
}
