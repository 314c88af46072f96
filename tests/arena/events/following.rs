//! Those who follow an event itself.

use serde_json::json;

use super::{admin, delete, update};
use crate::harness::{Arena, Socket, all_at_once, books};

const EVENT_CHANGES: &str = "subscription ($event: ID!) { eventChanges(eventId: $event) {
    name status version holdSeconds categories { name } } }";

async fn follow(base: &str, event: &str) -> Socket {
    let mut socket = Socket::open(base, None).await;
    socket.subscribe("1", EVENT_CHANGES, json!({ "event": event })).await;
    socket
}

#[tokio::test]
async fn whoever_follows_an_event_is_told_at_once_and_of_each_change_whoever_makes_it() {
    let arena = Arena::new().await;
    let event = arena.event(5).await;
    let (here, elsewhere) = (arena.server().await, arena.server().await);
    let mut sockets = [follow(&here.base, &event.slug).await, follow(&here.base, &event.gid).await];
    for socket in &mut sockets {
        let first = socket.next("eventChanges").await;
        assert_eq!((&first["status"], &first["version"]), (&json!("ON_SALE"), &json!(1)));
        assert_eq!(first["categories"].as_array().unwrap().len(), 2);
    }
    for (number, server) in [(2, &here), (3, &elsewhere)] {
        let name = format!("Name {number}");
        update(&admin(server), &event.gid, json!({ "name": name })).await;
        for socket in &mut sockets {
            let next = socket.next("eventChanges").await;
            assert_eq!((&next["name"], &next["version"]), (&json!(name), &json!(number)));
        }
    }
    here.client("alice").reserve(&event, [1]).await;
    update(&admin(&here), &event.gid, json!({ "status": "CANCELLED" })).await;
    for socket in &mut sockets {
        let next = socket.next("eventChanges").await;
        assert_eq!(
            (&next["status"], &next["version"]),
            (&json!("CANCELLED"), &json!(4)),
            "a seat's change is none of the event's"
        );
    }
    // Somebody may write past every server.
    arena
        .execute("UPDATE events SET name = 'Bare', version = version + 1 WHERE id = $1", &event)
        .await;
    for socket in &mut sockets {
        assert_eq!(socket.next("eventChanges").await["name"], "Bare");
    }
    books::check_all(&arena).await;
}

/// Sales open and close by the clock, and no version grows.
#[tokio::test]
async fn followers_are_told_when_the_time_makes_it_something_else() {
    let arena = Arena::new().await;
    let event = arena.event(5).await;
    let soon = "UPDATE events SET sales_open_at = clock_timestamp() + interval '1500 ms',
        sales_close_at = clock_timestamp() + interval '3500 ms' WHERE id = $1";
    arena.execute(soon, &event).await;
    let server = arena.server().await;
    let mut socket = follow(&server.base, &event.gid).await;
    for status in ["UPCOMING", "ON_SALE", "CLOSED"] {
        let next = socket.next("eventChanges").await;
        assert_eq!((&next["status"], &next["version"]), (&json!(status), &json!(1)));
    }
}

#[tokio::test]
async fn the_stream_of_an_event_that_is_removed_ends() {
    let arena = Arena::new().await;
    let event = arena.event(5).await;
    let server = arena.server().await;
    let mut socket = follow(&server.base, &event.gid).await;
    socket.next("eventChanges").await;
    delete(&admin(&server), &event.gid).await;
    let last = socket.message().await;
    let text = last.to_string();
    assert!(text.contains("NOT_FOUND"), "{text}");
    let mut late = follow(&server.base, &event.gid).await;
    assert!(late.message().await.to_string().contains("NOT_FOUND"));
}

/// However many follow, the event is looked up once for all of them.
#[tokio::test(flavor = "multi_thread")]
async fn a_crowd_that_follows_costs_what_one_follower_does() {
    let arena = Arena::new().await;
    let event = arena.event(5).await;
    let server = arena.server().await;
    let mut crowd = all_at_once((0..200).map(|_| {
        let (base, event) = (server.base.clone(), event.gid.clone());
        async move {
            let mut socket = Socket::open(&base, None).await;
            let query = "subscription ($event: ID!) { eventChanges(eventId: $event) { name } }";
            socket.subscribe("1", query, json!({ "event": event })).await;
            socket.next("eventChanges").await;
            socket
        }
    }))
    .await;
    let before = server.server.statements();
    update(&admin(&server), &event.gid, json!({ "name": "Another" })).await;
    for socket in &mut crowd {
        assert_eq!(socket.next("eventChanges").await["name"], "Another");
    }
    let statements = server.server.statements() - before;
    assert!(statements < 60, "{statements} statements for 200 followers");
}
