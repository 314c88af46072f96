//! Receivers that do not take what they are told.

use serde_json::json;

use super::receiver::Receiver;
use super::{first, hurry, replay, webhook};
use crate::harness::{Arena, eventually};

#[tokio::test(flavor = "multi_thread")]
async fn what_is_refused_is_told_again_as_it_was_and_before_what_comes_after() {
    let (arena, receiver) = (Arena::new().await, Receiver::open().await);
    let event = arena.event(20).await;
    let server = arena.server().await;
    receiver.answer(500);
    webhook(&server, &event, &receiver, &[]).await;
    let ann = server.client("ann");
    ann.reserve(&event, [1, 2]).await;
    receiver.wait_for(1).await;
    // More of the same kind: it would be one message, had the first not been sent already.
    ann.reserve(&event, [3]).await;
    ann.confirm(&event, [1], "key").await;
    eventually("the failure is seen", async || !first(&server).await["lastError"].is_null()).await;
    let failing = first(&server).await;
    assert_eq!(failing["lastError"], "it answered 500 Internal Server Error");
    assert!(failing["failingSince"].is_string() && failing["nextTryAt"].is_string());
    assert_eq!(failing["pausedAt"], json!(null));
    hurry(&arena).await;
    receiver.wait_for(2).await;
    receiver.answer(200);
    eventually("the second failure is counted", async || {
        hurry(&arena).await;
        !receiver.taken().is_empty()
    })
    .await;
    let taken = receiver.wait_until(4).await;
    let received = receiver.received();
    let refused = received.iter().take_while(|it| it.status == 500);
    let as_it_was = (&taken[0].id, &taken[0].bytes);
    assert!(refused.count() >= 2);
    assert!(
        received
            .iter()
            .take_while(|it| it.status == 500)
            .all(|it| (&it.id, &it.bytes) == as_it_was)
    );
    let told: Vec<_> = taken.iter().map(|it| (it.told().1, it.told().2)).collect();
    assert_eq!(told, [(1, 2), (3, 3), (4, 4)]);
    eventually("all is well", async || first(&server).await["failingSince"].is_null()).await;
    assert_eq!(first(&server).await["failures"], 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn who_takes_nothing_for_a_day_is_paused_until_somebody_resumes_it() {
    let (arena, receiver) = (Arena::new().await, Receiver::open().await);
    arena.expect_warning("a webhook is paused");
    let event = arena.event(20).await;
    let server = arena.server().await;
    receiver.answer(500);
    let (id, _) = webhook(&server, &event, &receiver, &[]).await;
    server.client("ann").reserve(&event, [1]).await;
    eventually("it fails", async || first(&server).await["failures"] == 1).await;
    let pass = async |hours: f64| {
        let pass = "UPDATE webhooks SET next_try_at = clock_timestamp(),
            failing_since = failing_since - make_interval(secs => $1 * 3600)";
        sqlx::query(pass).bind(hours).execute(&arena.sql).await.unwrap();
    };
    pass(23.9).await;
    eventually("it fails again", async || first(&server).await["failures"] == 2).await;
    assert_eq!(first(&server).await["pausedAt"], json!(null));
    pass(0.2).await;
    eventually("it is paused", async || first(&server).await["pausedAt"].is_string()).await;
    assert_eq!(first(&server).await["nextTryAt"], json!(null));
    let attempts = receiver.received().len();
    assert_eq!(attempts, 3);

    receiver.answer(200);
    server.client("ann").reserve(&event, [2]).await;
    let resumed = replay(&server, json!({ "webhookId": id })).await;
    assert_eq!((&resumed["pausedAt"], &resumed["failures"]), (&json!(null), &json!(0)));
    let taken = receiver.wait_until(2).await;
    assert_eq!(taken[0].id, receiver.received()[0].id);
    assert_eq!(receiver.received().len(), attempts + taken.len(), "nothing while it was paused");
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_gone_for_good_is_paused_at_once() {
    let (arena, receiver) = (Arena::new().await, Receiver::open().await);
    arena.expect_warning("a webhook is paused");
    let event = arena.event(20).await;
    let server = arena.server().await;
    receiver.answer(410);
    webhook(&server, &event, &receiver, &[]).await;
    server.client("ann").reserve(&event, [1]).await;
    eventually("it is paused", async || first(&server).await["pausedAt"].is_string()).await;
    assert_eq!(receiver.received().len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_slow_or_dead_holds_up_nobody_else() {
    let (arena, slow, quick) = (Arena::new().await, Receiver::open().await, Receiver::open().await);
    let event = arena.event(20).await;
    let server = arena.server().await;
    slow.hold();
    webhook(&server, &event, &slow, &[]).await;
    webhook(&server, &event, &quick, &[]).await;
    let ann = server.client("ann");
    for serial in 1..=10 {
        ann.reserve(&event, [serial]).await;
        quick.wait_until(serial.into()).await;
    }
    assert_eq!(slow.received().len(), 1);
    slow.let_go();
    slow.wait_until(10).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn redirects_are_not_followed_and_long_answers_not_read() {
    let (arena, receiver) = (Arena::new().await, Receiver::open().await);
    let event = arena.event(20).await;
    let server = arena.server().await;
    receiver.answer(307);
    webhook(&server, &event, &receiver, &[]).await;
    let ann = server.client("ann");
    ann.reserve(&event, [1]).await;
    eventually("it fails", async || first(&server).await["failures"] == 1).await;
    assert_eq!(first(&server).await["lastError"], "it answered 307 Temporary Redirect");
    receiver.answer(200);
    receiver.answer_with("a".repeat(10_000_000));
    hurry(&arena).await;
    receiver.wait_until(1).await;
    ann.reserve(&event, [2]).await;
    receiver.wait_until(2).await;
    assert_eq!(receiver.received().len(), 3, "what was taken is not told again");
}
