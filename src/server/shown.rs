//! What those who run the server are shown of it.

use std::sync::Arc;

use crate::feed::Feed;
use crate::http::App;
use crate::log;
use crate::metrics::Metrics;
use crate::store::Store;

/// Shows all that counts and is there already; what is made later shows itself.
pub(super) fn show(metrics: &Metrics, store: &Store, feed: &Arc<Feed>, app: &Arc<App>) {
    metrics.measure("build_info", "1, with the version of this server", || {
        vec![(vec![("version", env!("CARGO_PKG_VERSION"))], 1.0)]
    });
    log::register(metrics);
    store.register(metrics);
    feed.register(metrics);
    app.register(metrics);
}
