//! Pages and programs that are not to be let in: by a name that is not ours, or from elsewhere.

use reqwest::header::{HeaderMap, HeaderName};
use reqwest::{Client as Http, Method, RequestBuilder, Response, StatusCode};
use serde_json::{Value, json};

use crate::harness::socket::{MY_RESERVATIONS, SEAT_CHANGES};
use crate::harness::{Arena, Event, Socket, TestServer, books, kind_of_refusal};

/// What the log says of who asks by a strange name, and of a page that was kept out.
const STRANGE_NAME: &str = "by a name that it does not go by";
const KEPT_OUT: &str = "a page was kept out";

const PROTOCOL: (&str, &str) = ("sec-websocket-protocol", "graphql-transport-ws");
const QUERY: &str = "/graphql?query=%7B__typename%7D";

fn http() -> Http {
    Http::builder().redirect(reqwest::redirect::Policy::none()).build().unwrap()
}

async fn get(server: &TestServer, path: &str, headers: &[(&str, &str)]) -> Response {
    send(http().get(format!("{}{path}", server.base)), headers).await
}

async fn send(request: RequestBuilder, headers: &[(&str, &str)]) -> Response {
    let headers = headers
        .iter()
        .map(|(name, value)| (name.parse::<HeaderName>().unwrap(), value.parse().unwrap()));
    request.headers(headers.collect::<HeaderMap>()).send().await.unwrap()
}

/// An address of a query or a stream, with its variables.
fn address(query: &str, variables: &Value) -> String {
    let url = reqwest::Url::parse_with_params(
        "http://arena/graphql",
        [("query", query), ("variables", &variables.to_string())],
    );
    let url = url.unwrap();
    format!("{}?{}", url.path(), url.query().unwrap())
}

/// The page's owner lets the name of its host lead to this server: to the browser, and by the host
/// to us, the page is then our own.
#[tokio::test]
async fn a_page_whose_host_is_made_to_lead_here_is_not_our_own() {
    let arena = Arena::new().await;
    let server = arena.server().await;
    arena.expect_warning(STRANGE_NAME);
    let rebound = [("host", "evil.example:8080"), ("origin", "http://evil.example:8080")];
    for path in [QUERY, "/", "/playground", "/assets/a.js", "/nowhere"] {
        let answer = get(&server, path, &rebound).await;
        assert_eq!(answer.status(), StatusCode::MISDIRECTED_REQUEST, "{path}");
        assert!(answer.text().await.unwrap().contains("ARENA_PUBLIC_URL"), "{path}");
    }
    let mutation = json!({ "query": "mutation { startGuestSession { token } }" });
    let posted = http().post(format!("{}/graphql", server.base)).json(&mutation);
    let posted = send(posted, &rebound).await;
    assert_eq!(posted.status(), StatusCode::MISDIRECTED_REQUEST);
    assert!(posted.headers().get("access-control-allow-origin").is_none());
    assert_eq!(kind_of_refusal(&posted.json().await.unwrap()), "FORBIDDEN");
    let [host, origin] = rebound;
    let socket = Socket::handshake(&server.base, &[PROTOCOL, host, origin]).await;
    assert_eq!(socket.map(drop), Err(421));
    assert!(arena.warnings.include("host=\"evil.example:8080\""));
    for path in ["/healthz", "/readyz"] {
        let answer = get(&server, path, &[host]).await;
        assert_ne!(answer.status(), StatusCode::MISDIRECTED_REQUEST, "{path} is for whoever asks");
    }
}

#[tokio::test]
async fn a_server_is_asked_for_by_its_addresses_by_localhost_and_by_the_names_in_its_settings() {
    let arena = Arena::new().await;
    arena.expect_warning(STRANGE_NAME);
    let server = arena.server().await;
    for host in ["localhost", "127.0.0.1:1", "[::1]:8080", "arena.localhost"] {
        assert_eq!(get(&server, QUERY, &[("host", host)]).await.status(), 200, "{host}");
    }
    let forwarded = [("host", "grand-arena:8080"), ("x-forwarded-host", "127.0.0.1")];
    assert_eq!(get(&server, QUERY, &forwarded).await.status(), 421, "what a proxy was asked for");

    let urls = "https://shop.example/arena, http://grand-arena:8080";
    let named = arena.server_with(|settings| settings.public_url = urls.parse().ok()).await;
    for host in ["shop.example", "Shop.example:443", "grand-arena:8080", "localhost"] {
        for path in [QUERY, &format!("/arena{QUERY}"), "/arena/", "/arena/healthz"] {
            let answer = get(&named, path, &[("host", host)]).await;
            assert_eq!(answer.status(), 200, "{host} {path}");
        }
    }
    assert_eq!(get(&named, QUERY, &[("host", "www.shop.example")]).await.status(), 421);

    let open = arena.server_with(|settings| settings.allowed_origins = "*".parse().unwrap()).await;
    assert_eq!(get(&open, QUERY, &[("host", "any.example")]).await.status(), 200);
}

/// Whole maps and streams cost more than a page that shows an image of them: so they are not even
/// begun for pages that may not have them.
#[tokio::test]
async fn a_foreign_page_makes_the_server_read_no_map_and_open_no_stream() {
    let arena = Arena::new().await;
    let event = arena.event(40).await;
    let shop = "https://shop.example";
    let server =
        arena.server_with(|settings| settings.allowed_origins = shop.parse().unwrap()).await;
    arena.expect_warning(KEPT_OUT);
    let map = "query ($event: ID!) { seatMap(eventId: $event) { seats { id } } }";
    let variables = json!({ "event": event.gid });
    let (map, stream) = (address(map, &variables), address(SEAT_CHANGES, &variables));
    let site = |site| ("sec-fetch-site", site);
    let page = |origin| ("origin", origin);
    let image = ("sec-fetch-mode", "no-cors");
    let link = ("sec-fetch-mode", "navigate");
    let (cross, same_site) = (site("cross-site"), site("same-site"));
    for (who, headers, status) in [
        ("no browser", vec![], 200),
        ("a person who types", vec![site("none"), link], 200),
        ("our own page", vec![site("same-origin")], 200),
        ("an allowed page", vec![cross, page(shop)], 200),
        ("an image of a foreign page", vec![cross, image], 403),
        ("a link of a foreign page", vec![cross, link], 403),
        ("a foreign page", vec![cross, page("https://evil.example")], 403),
        ("a foreign page in an old browser", vec![page("https://evil.example")], 403),
        ("a page without an origin", vec![cross, page("null")], 403),
        ("an image of another host of the site", vec![same_site, image], 403),
        ("another host of the site", vec![same_site, page("https://evil.example")], 403),
        ("an allowed host of the site", vec![same_site, page(shop)], 200),
    ] {
        let answer = get(&server, &map, &headers).await;
        assert_eq!(answer.status(), status, "{who}");
        if status == 403 {
            let answer: Value = answer.json().await.unwrap();
            assert_eq!(kind_of_refusal(&answer), "FORBIDDEN", "{who}");
        }
        let mut asked = headers.clone();
        asked.push(("accept", "text/event-stream"));
        assert_eq!(get(&server, &stream, &asked).await.status(), status, "{who}: a stream");
        let upgrade: Vec<_> = [PROTOCOL].into_iter().chain(headers).collect();
        let refused = Socket::handshake(&server.base, &upgrade).await.map(drop).err();
        assert_eq!(refused, (status == 403).then_some(403), "{who}: a socket");
    }
    assert!(arena.warnings.include("site=\"cross-site\""), "the log says who it was");
    let link = get(&server, "/", &[cross, link]).await;
    assert_eq!(link.status(), 200, "the live map is there to be linked to");
    books::check(&arena, &event).await;
}

#[tokio::test]
async fn where_any_page_may_use_the_server_no_page_is_kept_out() {
    let arena = Arena::new().await;
    let open = arena.server_with(|settings| settings.allowed_origins = "*".parse().unwrap()).await;
    let cross = ("sec-fetch-site", "cross-site");
    assert_eq!(get(&open, QUERY, &[cross]).await.status(), 200);
    assert_eq!(get(&open, QUERY, &[cross, ("origin", "null")]).await.status(), 200);
}

#[tokio::test]
async fn every_answer_tells_browsers_to_believe_its_type_and_to_keep_it_from_other_pages() {
    let arena = Arena::new().await;
    let event = arena.event(10).await;
    let public = "http://127.0.0.1/arena";
    let server = arena.server_with(|settings| settings.public_url = public.parse().ok()).await;
    arena.expect_warning(STRANGE_NAME);
    arena.expect_warning(KEPT_OUT);
    let stream = address(SEAT_CHANGES, &json!({ "event": event.gid }));
    let html = http().get(format!("{}/", server.base)).send().await.unwrap();
    let tag = html.headers().get("etag").map(|tag| tag.to_str().unwrap().to_owned());
    let upgrade = |version| {
        vec![
            ("connection", "upgrade"),
            ("upgrade", "websocket"),
            ("sec-websocket-version", version),
            ("sec-websocket-key", "dGhlIHNhbXBsZSBub25jZQ=="),
            PROTOCOL,
        ]
    };
    let evil = ("origin", "https://evil.example");
    let preflight = ("access-control-request-method", "POST");
    let mut cases = vec![
        (Method::GET, "/", vec![], 200),
        (Method::GET, "/playground", vec![], 404),
        (Method::GET, "/nowhere", vec![], 404),
        (Method::GET, "/assets/nowhere.js", vec![], 404),
        (Method::GET, "/healthz", vec![], 200),
        (Method::POST, "/healthz", vec![], 405),
        (Method::GET, "/arena", vec![], 308),
        (Method::GET, "/", vec![("host", "evil.example")], 421),
        (Method::GET, QUERY, vec![("host", "evil.example")], 421),
        (Method::GET, QUERY, vec![], 200),
        (Method::HEAD, QUERY, vec![], 200),
        (Method::GET, "/graphql", vec![], 400),
        (Method::GET, QUERY, vec![("accept", "text/html")], 406),
        (Method::GET, QUERY, vec![("authorization", "Bearer no")], 401),
        (Method::GET, QUERY, vec![evil], 403),
        (Method::GET, &stream, vec![("accept", "text/event-stream")], 200),
        (Method::POST, "/graphql", vec![], 415),
        (Method::PUT, "/graphql", vec![], 405),
        (Method::OPTIONS, "/graphql", vec![evil, preflight], 403),
        (Method::OPTIONS, "/graphql", vec![("origin", &server.base), preflight], 204),
        (Method::GET, "/graphql", upgrade("12"), 426),
        (Method::GET, "/graphql", upgrade("13"), 101),
    ];
    if let Some(tag) = &tag {
        cases.push((Method::GET, "/", vec![("if-none-match", tag)], 304));
    }
    for (method, path, headers, status) in cases {
        let what = format!("{method} {path} {headers:?}");
        let request = http().request(method, format!("{}{path}", server.base));
        let answer = send(request, &headers).await;
        assert_eq!(answer.status(), status, "{what}");
        for (name, value) in
            [("x-content-type-options", "nosniff"), ("cross-origin-resource-policy", "same-origin")]
        {
            let said: Vec<_> = answer.headers().get_all(name).iter().collect();
            assert_eq!(said, [value], "{what}");
        }
    }
    let metrics = server.server.metrics_address().unwrap();
    for path in ["metrics", "nowhere"] {
        let answer = http().get(format!("http://{metrics}/{path}")).send().await.unwrap();
        assert_eq!(answer.headers()["x-content-type-options"], "nosniff", "{path}");
    }
    books::check(&arena, &event).await;
}

/// When somebody else's hold ends, every way that there is to a seat keeps to itself.
#[tokio::test]
async fn no_way_to_a_seat_tells_when_anothers_hold_ends() {
    let arena = Arena::new().await;
    let event = arena.event(10).await;
    let server = arena.server().await;
    let (alice, bob) = (server.client("alice"), server.client("bob"));
    let mut watching = server.socket("bob").await;
    watching.seat_changes(&event, None).await;
    let mut seen = vec![watching.next_changes().await];
    let mut own = server.socket("bob").await;
    own.subscribe("own", MY_RESERVATIONS, json!({ "event": event.gid })).await;
    seen.push(own.next("myReservations").await);
    alice.reserve(&event, [1]).await;
    seen.push(watching.next_changes().await);
    // A server that has no snapshot from before.
    let other = arena.server().await;
    let mut late = other.socket("bob").await;
    late.seat_changes(&event, None).await;
    seen.push(late.next_changes().await);

    let seat = "{ id status reservationExpiresAt }";
    let query = format!(
        "query ($event: ID!, $seat: ID!) {{
            seat(id: $seat) {seat} node(id: $seat) {{ ... on Seat {seat} }}
            nodes(ids: [$seat]) {{ ... on Seat {seat} }}
            seats(eventId: $event, first: 5) {{ nodes {seat} edges {{ node {seat} }} }}
            seatMap(eventId: $event) {{ seats {seat} }}
            event(id: $event) {{ seats(first: 5) {{ nodes {seat} }} seatMap {{ seats {seat} }} }}
            viewer {{ reservations(eventId: $event) {seat} }} }}"
    );
    let variables = json!({ "event": event.gid, "seat": event.seat_gid(1) });
    seen.push(bob.data(&query, variables).await);
    for (field, kind, refusal) in [
        ("reserveSeats", "ReserveSeatsInput", "SeatsUnavailable"),
        ("confirmSeats", "ConfirmSeatsInput", "SeatsNotHeld"),
        ("releaseSeats", "ReleaseSeatsInput", "SeatsNotHeld"),
    ] {
        let mutation = format!(
            "mutation ($input: {kind}!) {{ {field}(input: $input) {{
                ... on {refusal} {{ seats {{ seatId seat {seat} }} }} }} }}"
        );
        seen.push(bob.data(&mutation, input(&event, field)).await);
    }
    let held = seen.iter().filter(|answer| answer.to_string().contains("RESERVED")).count();
    assert_eq!(held, 6, "the hold itself is seen: {seen:?}");
    let ends: Vec<&Value> = seen.iter().flat_map(ends).collect();
    assert!(ends.len() > 40 && ends.iter().all(|end| end.is_null()), "{seen:?}");
    books::check(&arena, &event).await;
}

fn input(event: &Event, field: &str) -> Value {
    let mut input = json!({ "eventId": event.gid, "seatIds": event.seat_gids([1]) });
    if field == "confirmSeats" {
        input["idempotencyKey"] = json!("key");
    }
    json!({ "input": input })
}

/// Everything in an answer that could say when a hold ends.
fn ends(answer: &Value) -> Vec<&Value> {
    match answer {
        Value::Array(items) => items.iter().flat_map(ends).collect(),
        Value::Object(fields) => fields
            .iter()
            .flat_map(|(name, value)| {
                let is_end = ["reservationExpiresAt", "expiresAt"].contains(&name.as_str());
                if is_end { vec![value] } else { ends(value) }
            })
            .collect(),
        _ => vec![],
    }
}
