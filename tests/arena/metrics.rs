//! What those who run a server read of it.

use crate::harness::Arena;

#[tokio::test(flavor = "multi_thread")]
async fn metrics_have_an_address_of_their_own_and_clients_find_none() {
    let arena = Arena::new().await;
    let server = arena.server().await;
    let address = server.server.metrics_address().unwrap();
    let answer = reqwest::get(format!("http://{address}/metrics")).await.unwrap();
    assert_eq!(answer.status(), 200);
    assert!(answer.headers()["content-type"].to_str().unwrap().contains("openmetrics-text"));
    let text = answer.text().await.unwrap();
    assert!(text.contains("# TYPE arena_store_bytes gauge\n"), "{text}");
    assert!(text.ends_with("# EOF\n"), "{text}");
    let answer = reqwest::get(format!("{}/metrics", server.base)).await.unwrap();
    assert_eq!(answer.status(), 404);
    let none = arena.server_with(|settings| settings.metrics_listen = None).await;
    assert_eq!(none.server.metrics_address(), None);
}
