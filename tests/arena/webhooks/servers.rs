//! Servers that come and go: one of them tells, whichever are there.

use std::collections::HashSet;

use grand_arena::domain::command::{Reserve, SeatSet};

use super::receiver::Receiver;
use super::{end_lease, webhook};
use crate::harness::process::{ServerProcess, grand_arena};
use crate::harness::{Arena, all_at_once, eventually};

#[tokio::test(flavor = "multi_thread")]
async fn what_was_told_when_a_server_died_is_told_again_with_the_same_id() {
    let (arena, receiver) = (Arena::new().await, Receiver::open().await);
    let event = arena.event(20).await;
    let url = arena.url.clone();
    let start = move || {
        let mut command = grand_arena(&["serve"]);
        command.env("DATABASE_URL", url).env("ARENA_WEBHOOKS_ALLOW_PRIVATE", "true");
        ServerProcess::start(&mut command)
    };
    let mut doomed = tokio::task::spawn_blocking(start).await.unwrap();
    webhook_by_process(&doomed, &event, &receiver).await;
    receiver.hold();
    doomed.client("ann").reserve(&event, [1, 2]).await;
    receiver.wait_for(1).await;
    doomed.signal("KILL");
    doomed.wait();
    receiver.let_go();
    end_lease(&arena).await;
    let heir = arena.server().await;
    heir.client("ann").reserve(&event, [3]).await;
    let taken = receiver.wait_until(3).await;
    assert_eq!(
        taken[0],
        crate::webhooks::receiver::Received {
            timestamp: taken[0].timestamp,
            signature: taken[0].signature.clone(),
            ..taken[1].clone()
        },
        "it comes twice, as it was"
    );
    let told: Vec<_> = taken.iter().map(|it| (it.told().1, it.told().2)).collect();
    assert_eq!(told, [(1, 2), (1, 2), (3, 3)]);
}

async fn webhook_by_process(
    server: &ServerProcess,
    event: &crate::harness::Event,
    receiver: &Receiver,
) {
    let token = crate::harness::token("admin", &[grand_arena::identity::Role::Admin]);
    let admin = crate::harness::Client::new(&server.base, Some(token));
    let input = serde_json::json!({ "url": receiver.url, "eventId": event.gid });
    let made = super::create(&admin, input).await;
    assert_eq!(made["__typename"], "CreateWebhookSuccess", "{made}");
}

#[tokio::test(flavor = "multi_thread")]
async fn of_several_servers_one_tells_and_another_goes_on_when_it_ends() {
    let (arena, receiver) = (Arena::new().await, Receiver::open().await);
    let event = arena.event(60).await;
    let servers = [arena.server().await, arena.server().await, arena.server().await];
    webhook(&servers[0], &event, &receiver, &[]).await;
    let bookings = (0..30).map(|index| {
        let (client, event) =
            (servers[index % 3].client(&format!("viewer {index}")), event.clone());
        async move { client.reserve(&event, [i32::try_from(index).unwrap() + 1]).await }
    });
    all_at_once(bookings).await;
    let taken = receiver.wait_until(30).await;
    let ids: HashSet<_> = taken.iter().map(|it| it.id.clone()).collect();
    assert_eq!(ids.len(), taken.len(), "each once");
    assert_eq!(receiver.received().len(), taken.len());

    // In whatever order they end, somebody tells.
    let mut revision = 30;
    let mut servers = Vec::from(servers);
    while let Some(server) = servers.pop() {
        revision += 1;
        let serial = i32::try_from(revision).unwrap();
        server.client("bob").reserve(&event, [serial]).await;
        receiver.wait_until(revision).await;
        server.server.shut_down().await.unwrap();
    }
    let told: Vec<_> = receiver.taken().iter().map(|it| it.told()).collect();
    assert!(told.is_sorted_by_key(|told| told.1), "{told:?}");
    let last: Option<String> = sqlx::query_scalar("SELECT holder FROM webhook_lease")
        .fetch_optional(&arena.sql)
        .await
        .unwrap();
    assert_eq!(last, None, "who ends gives it back");
}

#[tokio::test(flavor = "multi_thread")]
async fn wake_ups_that_are_lost_delay_what_is_told_and_no_more() {
    let (arena, receiver) = (Arena::new().await, Receiver::open().await);
    let event = arena.event(20).await;
    let server = arena.server().await;
    webhook(&server, &event, &receiver, &[]).await;
    // Somebody else has written it, and said nothing.
    let (desk, mut tasks) = arena.desk(1).await;
    let viewer = grand_arena::domain::ViewerId::new("ann").unwrap();
    let seats = SeatSet::new(vec![event.seat(1)]).unwrap();
    let reserve = Reserve { viewer, seats };
    crate::harness::submit(&desk, event.id, reserve).await.unwrap().unwrap();
    receiver.wait_until(1).await;
    tasks.finish().await;
    eventually("nothing is left", async || receiver.received().len() == 1).await;
}
