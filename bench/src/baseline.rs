//! The yardstick: a bare axum WebSocket that broadcasts prepared text, with the same buffers as the
//! server's.
//!
//! It reads commands from standard input: `send MILLISECONDS` broadcasts the text of the next line
//! every so often, `stop` ends that.

use std::time::Duration;

use axum::Router;
use axum::extract::ws::{Message, Utf8Bytes, WebSocket, WebSocketUpgrade};
use axum::routing::get;
use tokio::sync::broadcast;

use crate::Result;

pub(crate) async fn serve() -> Result<()> {
    let (sender, _) = broadcast::channel::<Utf8Bytes>(64);
    let subscribe = sender.clone();
    let upgrade = async move |upgrade: WebSocketUpgrade| {
        let receiver = subscribe.subscribe();
        upgrade
            .read_buffer_size(4 * 1024)
            .write_buffer_size(16 * 1024)
            .protocols(["graphql-transport-ws"])
            .on_upgrade(move |socket| forward(socket, receiver))
    };
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
    report(&format!("{}", listener.local_addr()?))?;
    let (command, commands) = std::sync::mpsc::channel::<String>();
    std::thread::spawn(move || {
        std::io::stdin()
            .lines()
            .map_while(std::result::Result::ok)
            .try_for_each(|line| command.send(line))
    });
    tokio::task::spawn_blocking(move || obey(&commands, &sender));
    axum::serve(listener, Router::new().route("/graphql", get(upgrade))).await?;
    Ok(())
}

fn report(line: &str) -> Result<()> {
    use std::io::Write as _;
    let mut out = std::io::stdout();
    writeln!(out, "{line}")?;
    Ok(out.flush()?)
}

/// Broadcasts as told, until standard input ends.
fn obey(commands: &std::sync::mpsc::Receiver<String>, sender: &broadcast::Sender<Utf8Bytes>) {
    while let Ok(line) = commands.recv() {
        let Some(millis) = line.strip_prefix("send ").and_then(|millis| millis.parse().ok()) else {
            continue;
        };
        let Ok(text) = commands.recv() else { return };
        let text = Utf8Bytes::from(text);
        // Nobody may listen at the moment.
        while commands.recv_timeout(Duration::from_millis(millis))
            == Err(std::sync::mpsc::RecvTimeoutError::Timeout)
        {
            let _ = sender.send(text.clone());
        }
    }
    std::process::exit(0);
}

/// The least that a server of broadcasts does.
async fn forward(mut socket: WebSocket, mut receiver: broadcast::Receiver<Utf8Bytes>) {
    loop {
        tokio::select! {
            text = receiver.recv() => match text {
                Ok(text) => if socket.send(Message::Text(text)).await.is_err() { return },
                Err(broadcast::error::RecvError::Lagged(_)) => {}
                Err(broadcast::error::RecvError::Closed) => return,
            },
            message = socket.recv() => if !matches!(message, Some(Ok(_))) { return },
        }
    }
}
