//! Everything that ever filled a server's memory, thrown at one that has little of it.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use serde_json::json;
use tokio::task::JoinHandle;

use super::memory_hogs::{HOGS, Target};
use crate::harness::process::{ServerProcess, grand_arena, within};
use crate::harness::{Arena, Client, books, eventually, token};

/// The server's address space: everything, its threads' stacks and the program itself included.
const KIBIBYTES: u64 = 2 * 1024 * 1024;

/// How long somebody else may have to wait for an answer. The server is not optimised, and shares
/// its processors with the database and the attackers.
const PATIENCE: Duration = Duration::from_secs(15);

/// Seats of the event: what is made of them has a megabyte.
const SEATS: usize = 4_000;

#[tokio::test(flavor = "multi_thread")]
async fn a_server_of_two_gibibytes_outlives_all_that_ever_filled_one_and_answers_others() {
    let arena = Arena::new().await;
    let event = arena.event(SEATS).await;
    let mut command = grand_arena(&["serve", "--metrics-listen", "127.0.0.1:0"]);
    // By themselves the bounds hold: limits for each account only make it harder.
    command.env("DATABASE_URL", &arena.url).env("ARENA_LIMITS", "off");
    let server = ServerProcess::start(&mut within(KIBIBYTES, &command));
    let target = Arc::new(Target { base: server.base.clone(), event: event.clone() });
    // So many read at a time that others wait for a connection.
    server.expect_warning("a read failed");
    // It has so much to do that a new connection takes longer than it may.
    server.expect_warning("the database cannot be reached");
    let others = Others::begin(&target);
    for (name, hog) in HOGS {
        let started = Instant::now();
        let attack = tokio::spawn(hog(Arc::clone(&target)));
        tokio::time::timeout(Duration::from_secs(120), attack).await.expect(name).unwrap();
        others.are_answered().await;
        let (used, addresses) = server.peak_memory();
        let took = started.elapsed();
        println!("{name}: {took:.1?}, {used} MiB used, {addresses} MiB of addresses at most");
    }
    let longest = others.end().await;
    println!("others waited for {longest:?} at most");
    let client = Client::new(&server.base, Some(token("somebody", &[])));
    let seat = client.reserve(&event, [1]).await;
    assert_eq!(seat["__typename"], "ReserveSeatsSuccess", "and the sale goes on");
    books::check(&arena, &event).await;
}

/// Somebody else, who asks for something small all the time.
struct Others {
    is_over: Arc<AtomicBool>,
    answered: Arc<AtomicUsize>,
    asking: JoinHandle<Duration>,
}

impl Others {
    fn begin(target: &Target) -> Self {
        let (is_over, answered) = (Arc::default(), Arc::default());
        let client = Client::new(&target.base, None);
        let gid = target.event.gid.clone();
        let (over, good): (Arc<AtomicBool>, Arc<AtomicUsize>) =
            (Arc::clone(&is_over), Arc::clone(&answered));
        let asking = tokio::spawn(async move {
            let query = "query ($id: ID!) { event(id: $id) { name availability { available } } }";
            let mut longest = Duration::ZERO;
            while !over.load(Ordering::Relaxed) {
                let asked_at = Instant::now();
                let answer = client.send(query, json!({ "id": gid }));
                let answer = tokio::time::timeout(PATIENCE, answer).await;
                // A database that many ask may have to be asked again.
                if answer.expect("others are answered")["data"]["event"]["name"] == "An event" {
                    good.fetch_add(1, Ordering::Relaxed);
                }
                longest = longest.max(asked_at.elapsed());
            }
            longest
        });
        Self { is_over, answered, asking }
    }

    /// Waits for the next answer.
    async fn are_answered(&self) {
        let before = self.answered.load(Ordering::Relaxed);
        let more = async || self.answered.load(Ordering::Relaxed) > before;
        eventually("others are answered", more).await;
    }

    async fn end(self) -> Duration {
        self.is_over.store(true, Ordering::Relaxed);
        self.asking.await.unwrap()
    }
}
