//! `grand-arena serve`

use std::io::{self, Write as _};

use tokio::signal::unix::{SignalKind, signal};

use super::error::CommandError;
use crate::config::ServeSettings;
use crate::server::Server;
#[cfg(feature = "show")]
use crate::show::VENUE_EVENTS;
#[cfg(feature = "show")]
use crate::show::series::DEMO_SLUG;

/// Runs the server until it is told to stop.
pub(super) async fn serve(settings: ServeSettings) -> Result<(), CommandError> {
    let mut interrupted = signal(SignalKind::interrupt())?;
    let mut terminated = signal(SignalKind::terminate())?;
    let server = tokio::select! {
        server = Server::start(&settings) => server?,
        _ = interrupted.recv() => return Ok(()),
        _ = terminated.recv() => return Ok(()),
    };
    greet(&server, &settings)?;
    let told_to_stop = async {
        tokio::select! {
            _ = interrupted.recv() => {}
            _ = terminated.recv() => {}
        }
        tracing::info!("shutting down");
    };
    Ok(server.run_until(told_to_stop).await?)
}

/// Tells a person at the terminal where things are.
fn greet(server: &Server, settings: &ServeSettings) -> io::Result<()> {
    let address = server.address();
    let mut out = io::stdout();
    writeln!(out, "Grand Arena is open.")?;
    writeln!(out, "  map         http://{address}/")?;
    if let Some(url) = settings.public_url.as_ref().and_then(|urls| urls.first()) {
        writeln!(out, "  outside     {url}")?;
    }
    if settings.has_playground() {
        writeln!(out, "  playground  http://{address}/playground")?;
    }
    writeln!(out, "  API         http://{address}/graphql (WebSocket: ws://{address}/graphql)")?;
    if let Some(address) = server.metrics_address() {
        writeln!(out, "  metrics     http://{address}/metrics")?;
    }
    #[cfg(feature = "show")]
    if settings.has_demo() {
        writeln!(out, "  demo event  event(id: \"{DEMO_SLUG}\")")?;
        let others: Vec<_> = VENUE_EVENTS.iter().map(|event| event.slug).collect();
        writeln!(out, "  and also    {}", others.join(", "))?;
    }
    // As it was called: after `make run` it is not on the path.
    let program = std::env::args().next().unwrap_or_else(|| "grand-arena".to_owned());
    writeln!(
        out,
        "  a token     {program} token --user alice (or the mutation startGuestSession)"
    )?;
    out.flush()
}
