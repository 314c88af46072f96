//! Behind a proxy: the snippets of docs/behind-a-proxy.md, run as they stand there.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use grand_arena::config::LimitSettings;
use serde_json::json;

use crate::harness::node::{address_of_its_own, skip};
use crate::harness::socket::SEAT_CHANGES;
use crate::harness::{
    Arena, Client, Event, Socket, TestServer, books, default_limits, eventually, token,
};
use crate::sse::Events;

const DOCUMENT: &str = include_str!("../../docs/behind-a-proxy.md");

/// Under which heading each snippet is, under which path it has the server, and whether the server
/// has to be told its address.
const SNIPPETS: [(&str, &str, bool); 5] = [
    ("nginx: a host of its own", "", false),
    ("nginx: its own recipe for WebSockets", "", true),
    ("nginx: a path of its own", "/arena", false),
    ("HAProxy: a host of its own", "", false),
    ("HAProxy: a path of its own", "/arena", true),
];

const RECIPE: &str = SNIPPETS[1].0;

/// A proxy as a process. Killed when dropped, and its folder is gone with it.
struct Proxy {
    child: Child,
    folder: PathBuf,
}

impl Drop for Proxy {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

/// The headings that have a snippet, and the snippets.
fn snippets() -> Vec<(&'static str, &'static str)> {
    let sections = DOCUMENT.split("\n## ").skip(1).filter_map(|section| {
        let (heading, rest) = section.split_once('\n')?;
        let (_, block) = rest.split_once("```")?;
        let (_language, code) = block.split_once('\n')?;
        Some((heading, code.split_once("```")?.0))
    });
    sections.collect()
}

fn snippet(heading: &str) -> &'static str {
    snippets().into_iter().find(|(of, _)| *of == heading).unwrap().1
}

/// Administrators' programs are not on everybody's path.
pub fn program(name: &str) -> Option<PathBuf> {
    let folders = std::env::var_os("PATH").unwrap_or_default();
    let folders: Vec<PathBuf> = std::env::split_paths(&folders).collect();
    let others = ["/usr/sbin", "/usr/local/sbin"].map(PathBuf::from);
    folders.into_iter().chain(others).map(|folder| folder.join(name)).find(|path| path.is_file())
}

/// Starts the proxy that a snippet is for, between this address and the server.
fn start(program: &Path, heading: &str, address: &str, server: &TestServer) -> Proxy {
    let inner = server.base.strip_prefix("http://").unwrap();
    let (_, port) = address.split_once(':').unwrap();
    let code = snippet(heading);
    let is_nginx = heading.starts_with("nginx");
    let listening = if is_nginx { "listen 80;" } else { "bind :80\n" };
    for to_replace in ["127.0.0.1:8080", listening] {
        assert!(code.contains(to_replace), "{heading}: {to_replace}");
    }
    let code = code.replace("127.0.0.1:8080", inner);
    let code = code.replace(listening, &listening.replace("80", port));
    let folder = std::env::temp_dir().join(format!("arena-proxy-{port}"));
    std::fs::create_dir_all(&folder).unwrap();
    let file = folder.join("proxy.conf");
    let mut command = Command::new(program);
    if is_nginx {
        std::fs::write(&file, within_nginx(&code, &folder)).unwrap();
        command.arg("-p").arg(&folder).arg("-c").arg(&file).args(["-e", "stderr"]);
    } else {
        std::fs::write(&file, code).unwrap();
        command.arg("-db").arg("-f").arg(&file);
    }
    let child = command.stdin(Stdio::null()).stdout(Stdio::null()).spawn().unwrap();
    Proxy { child, folder }
}

/// What is around a snippet in a whole configuration, in one process that leaves nothing behind.
fn within_nginx(snippet: &str, folder: &Path) -> String {
    let folder = folder.display();
    let temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
        .map(|name| format!("{name}_temp_path {folder}/{name};\n"));
    format!(
        "daemon off; master_process off; pid {folder}/pid;\nevents {{}}\nhttp {{\naccess_log \
            off;\n{}{snippet}}}\n",
        temporary.concat()
    )
}

#[test]
fn every_snippet_of_the_document_is_tried() {
    let (found, tried) = (snippets(), SNIPPETS.map(|(heading, ..)| heading));
    assert_eq!(found.iter().map(|(heading, _)| *heading).collect::<Vec<_>>(), tried);
    assert_eq!(DOCUMENT.matches("```").count(), 2 * tried.len());
}

#[tokio::test(flavor = "multi_thread")]
async fn everything_works_behind_nginx_as_documented() {
    try_all("nginx", "nginx", "nginx-light").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn everything_works_behind_haproxy_as_documented() {
    try_all("HAProxy", "haproxy", "haproxy").await;
}

async fn try_all(name: &str, program_name: &str, package: &str) {
    let Some(program) = program(program_name) else {
        let obstacle = format!("there is no {program_name} here; install the package `{package}`");
        return skip(&format!("the tests behind {name}"), &obstacle);
    };
    let arena = Arena::new().await;
    let event = arena.event(40).await;
    let of_this = SNIPPETS.iter().filter(|(heading, ..)| heading.starts_with(name));
    for (index, (heading, path, is_told)) in of_this.enumerate() {
        let address = address_of_its_own();
        let outside = format!("http://{address}{path}");
        let public_url = is_told.then(|| outside.parse().unwrap());
        let says_who_asks = snippet(heading).to_lowercase().contains("forward");
        let limits = limits(says_who_asks);
        let server = arena.server_with(|settings| {
            (settings.public_url, settings.limits) = (public_url, limits);
        });
        let server = server.await;
        let ready = format!("{}/readyz", server.base);
        let is_ready = async || reqwest::get(&ready).await.unwrap().status() == 200;
        eventually("the server is ready, as HAProxy wants it", is_ready).await;
        let proxy = start(&program, heading, &address, &server);
        let accepts = async || tokio::net::TcpStream::connect(&address).await.is_ok();
        eventually(&format!("{heading}: it accepts"), accepts).await;
        let first_seat = i32::try_from(index * 10 + 1).unwrap();
        try_everything(heading, &outside, &address, &event, first_seat).await;
        let anybody_is_themselves = two_visitors_have_accounts_of_their_own(&outside).await;
        assert_eq!(anybody_is_themselves, says_who_asks, "{heading}");
        drop(proxy);
    }
    books::check(&arena, &event).await;
}

/// One guest session for each address, so that it shows whose a request is taken to be.
fn limits(trusts_proxy: bool) -> LimitSettings {
    let trusted = if trusts_proxy { "127.0.0.1" } else { "" };
    let trusted_proxies = trusted.parse().unwrap();
    LimitSettings { address_guests: 1, trusted_proxies, ..default_limits() }
}

/// Whether a second visitor is given a session after a first one has had theirs. Nobody is given
/// two, whatever they say of themselves.
async fn two_visitors_have_accounts_of_their_own(outside: &str) -> bool {
    let ask = async |from: &str, forged: Option<&str>| {
        let visitor = reqwest::Client::builder().local_address(Some(from.parse().unwrap()));
        let mut request = visitor.build().unwrap().post(format!("{outside}/graphql"));
        if let Some(address) = forged {
            let element = format!("for={address}");
            request = request.header("x-forwarded-for", address).header("forwarded", element);
        }
        let session = json!({ "query": "mutation { startGuestSession { token } }" });
        request.json(&session).send().await.unwrap().status() == 200
    };
    assert!(ask("127.0.0.2", None).await);
    assert!(!ask("127.0.0.2", None).await);
    assert!(!ask("127.0.0.2", Some("198.51.100.9")).await, "what a visitor says is believed");
    ask("127.0.0.3", None).await
}

/// What a browser does with a page of the server, at its address outside.
async fn try_everything(what: &str, outside: &str, address: &str, event: &Event, seat: i32) {
    let http = reqwest::Client::new();
    let page = http.get(outside).send().await.unwrap();
    assert!(page.url().as_str().ends_with('/'), "{what}: beside it is what it refers to");
    assert_eq!(page.status(), 200, "{what}");
    let (base, html) = (page.url().clone(), page.text().await.unwrap());
    let references = html.split('"').filter(|text| text.starts_with("assets/"));
    for asset in references.chain(["healthz"]) {
        let answer = http.get(base.join(asset).unwrap()).send().await.unwrap();
        assert_eq!(answer.status(), 200, "{what}: {asset}");
    }
    let origin = format!("http://{address}");
    let api = base.join("graphql").unwrap();
    let asked = http.post(api.clone()).header("origin", &origin).header("accept-encoding", "gzip");
    let query = json!({ "query": "{ __schema { types { name description } } }" });
    let answer = asked.json(&query).send().await.unwrap();
    assert_eq!(answer.status(), 200, "{what}");
    assert_eq!(answer.headers()["content-encoding"], "gzip", "{what}");
    assert_eq!(answer.headers()["access-control-allow-origin"], origin, "{what}");

    let headers = [("sec-websocket-protocol", "graphql-transport-ws"), ("origin", origin.as_str())];
    let socket = Socket::handshake(outside, &headers).await;
    let mut socket = socket.unwrap_or_else(|status| panic!("{what}: refused with {status}"));
    socket.send(json!({ "type": "connection_init" })).await;
    assert_eq!(socket.message().await["type"], "connection_ack", "{what}");
    socket.seat_changes(event, None).await;
    let before = socket.next_changes().await["revision"].take();
    let stream = http.post(api).header("origin", &origin);
    let variables = json!({ "event": event.gid });
    let query = json!({ "query": SEAT_CHANGES, "variables": variables });
    let mut events = Events::open(stream.json(&query)).await;
    let first = events.next().await;
    assert_eq!(first["data"]["seatChanges"]["revision"], before, "{what}");
    // One after another, so that nothing is held back until there is more.
    let buyer = Client::new(outside, Some(token("alice", &[])));
    for seat in seat..seat + 5 {
        let revision = buyer.reserve(event, [seat]).await["revision"].take();
        assert_eq!(socket.next_changes().await["toRevision"], revision, "{what}");
        let next = events.next().await;
        assert_eq!(next["data"]["seatChanges"]["toRevision"], revision, "{what}");
    }
}

/// What a proxy passes on is the name outside, which the server has to know.
#[tokio::test(flavor = "multi_thread")]
async fn behind_a_proxy_that_passes_the_name_on_the_server_is_told_it() {
    for (name, heading, package) in [
        ("nginx", "nginx: a host of its own", "nginx-light"),
        ("haproxy", "HAProxy: a host of its own", "haproxy"),
    ] {
        let Some(program) = program(name) else {
            let obstacle = format!("there is no {name} here; install the package `{package}`");
            skip(&format!("the test of a name behind {name}"), &obstacle);
            continue;
        };
        let arena = Arena::new().await;
        arena.expect_warning("set ARENA_PUBLIC_URL to its address");
        for (public_url, status) in [(None, 421), (Some("https://shop.example"), 200)] {
            let public_url = public_url.map(|url| url.parse().unwrap());
            let server = arena.server_with(|settings| settings.public_url = public_url).await;
            let address = address_of_its_own();
            let _proxy = start(&program, heading, &address, &server);
            let ask = async || {
                let page = reqwest::Client::new().get(format!("http://{address}/"));
                page.header("host", "shop.example").send().await.ok().map(|page| page.status())
            };
            // HAProxy first asks whether the server is ready, by no name at all.
            let answers = async || ask().await.is_some_and(|of_this| of_this == status);
            eventually(&format!("{heading}: {status}"), answers).await;
        }
        assert!(arena.warnings.include("host=\"shop.example\""), "{heading}");
    }
}

/// Who takes nginx's recipe and does not say where the server is finds out by the log.
#[tokio::test(flavor = "multi_thread")]
async fn a_proxy_that_hides_the_host_is_named_in_the_log() {
    let Some(program) = program("nginx") else {
        let obstacle = "there is no nginx here; install the package `nginx-light`";
        return skip("the test of a proxy that hides the host", obstacle);
    };
    let arena = Arena::new().await;
    let server = arena.server().await;
    let address = address_of_its_own();
    let _proxy = start(&program, RECIPE, &address, &server);
    let accepts = async || tokio::net::TcpStream::connect(&address).await.is_ok();
    eventually("nginx accepts", accepts).await;
    let (outside, inner) = (format!("http://{address}"), &server.base["http://".len()..]);
    let headers = [("sec-websocket-protocol", "graphql-transport-ws"), ("origin", &outside[..])];
    arena.expect_warning("set ARENA_PUBLIC_URL if a proxy hides the host");
    assert_eq!(Socket::handshake(&outside, &headers).await.err(), Some(403));
    for compared in [format!("origin={outside:?}"), format!("host={inner:?}")] {
        assert!(arena.warnings.include(&compared), "{compared}");
    }
}
