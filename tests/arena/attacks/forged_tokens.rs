//! Tokens that say what their signer may not say.

use std::path::PathBuf;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use grand_arena::clock::wall_clock;
use grand_arena::config::IdentitySettings;
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use serde_json::{Value, json};

use crate::harness::process::{grand_arena, run};
use crate::harness::{Arena, Client, SECRET, Socket, TestServer};

/// Made for these tests, so trust it nowhere: Ed25519, PKCS #8 in base64url; and its public half.
const PRIVATE: &str = "MC4CAQAwBQYDK2VwBCIEIFqQuQWCv-7wA6AxdyhZ6ib--yUbz26pW-xDj0RDXftL";
const PUBLIC: &str = "DafQ9vLkwJSj8ebf7K8yB43ufQamMooka-INWMmsVAY";

const ISSUER: &str = "https://login.example/";
const AUDIENCE: &str = "https://tickets.example";

/// A file that is gone when the test ends.
struct Keys(PathBuf);

impl Keys {
    fn new() -> Self {
        let path = std::env::temp_dir().join(format!("arena-keys-{}.json", fastrand::u64(..)));
        let key = json!({ "kty": "OKP", "crv": "Ed25519", "x": PUBLIC });
        std::fs::write(&path, json!({ "keys": [key] }).to_string()).unwrap();
        Self(path)
    }
}

impl Drop for Keys {
    fn drop(&mut self) {
        // Runs during a failing test as well.
        drop(std::fs::remove_file(&self.0));
    }
}

fn by_issuer(claims: &Value) -> String {
    let key = EncodingKey::from_ed_der(&URL_SAFE_NO_PAD.decode(PRIVATE).unwrap());
    jsonwebtoken::encode(&Header::new(Algorithm::EdDSA), claims, &key).unwrap()
}

fn claims(sub: &str) -> Value {
    let exp = wall_clock().timestamp() + 60;
    json!({ "iss": ISSUER, "aud": ["https://other.example", AUDIENCE], "sub": sub, "exp": exp })
}

fn but(mut claims: Value, name: &str, value: Value) -> Value {
    claims[name] = value;
    claims
}

async fn server_under_keys(arena: &Arena, keys: &Keys) -> TestServer {
    let identity = IdentitySettings {
        jwt_secret: Some(SECRET.to_owned()),
        jwt_jwks: Some(keys.0.clone()),
        jwt_issuer: ISSUER.parse().ok(),
        jwt_audience: AUDIENCE.parse().ok(),
        ..IdentitySettings::default()
    };
    arena.server_with(|settings| settings.identity = identity).await
}

const WHO: &str = "{ viewer { userId: id roles } }";

#[tokio::test]
async fn an_issuer_names_none_of_our_guests_and_speaks_only_where_it_is_addressed_to_us() {
    let (arena, keys) = (Arena::new().await, Keys::new());
    let event = arena.event(10).await;
    let server = server_under_keys(&arena, &keys).await;
    let start = "mutation { startGuestSession { token } }";
    let started = server.stranger().data(start, json!({})).await;
    let token = started["startGuestSession"]["token"].as_str().unwrap().to_owned();
    let guest = Client::new(&server.base, Some(token.clone()));
    guest.reserve(&event, [1]).await;
    let payload = URL_SAFE_NO_PAD.decode(token.split('.').nth(1).unwrap()).unwrap();
    let name = serde_json::from_slice::<Value>(&payload).unwrap()["sub"].take();
    let name = name.as_str().unwrap();
    assert!(name.starts_with("guest-"), "{name}");

    for (what, claims, said) in [
        ("a guest's name", claims(name), "begins with guest-"),
        ("the prefix", claims("guest-"), "begins with guest-"),
        ("as ours", but(claims(name), "iss", json!("grand-arena")), "issuer (iss)"),
        ("no issuer", but(claims("alice"), "iss", json!(null)), "claim iss is invalid"),
        ("for others", but(claims("alice"), "aud", json!("https://other.example")), "(aud)"),
        ("for nobody", but(claims("alice"), "aud", json!([])), "(aud)"),
    ] {
        let forged = by_issuer(&claims);
        let answer = Client::new(&server.base, Some(forged.clone())).send(WHO, json!({})).await;
        let error = &answer["errors"][0];
        assert_eq!(error["extensions"]["code"], "UNAUTHENTICATED", "{what}: {answer}");
        assert!(error["message"].as_str().unwrap().contains(said), "{what}: {answer}");
        let mut socket = Socket::connect(&server.base, Some("graphql-transport-ws")).await;
        let payload = json!({ "Authorization": format!("Bearer {forged}") });
        socket.send(json!({ "type": "connection_init", "payload": payload })).await;
        assert_eq!(socket.closed().await.0, 4403, "{what}");
    }
    let alice = Client::new(&server.base, Some(by_issuer(&claims("alice"))));
    assert!(alice.data(WHO, json!({})).await["viewer"]["userId"].is_string());
    assert_eq!(guest.status(&event, 1).await, "RESERVED", "the guest still has it");
    assert!(guest.data(WHO, json!({})).await["viewer"]["userId"].is_string());
}

#[tokio::test]
async fn two_spellings_of_a_name_are_one_viewer() {
    let (arena, keys) = (Arena::new().await, Keys::new());
    let event = arena.event(10).await;
    let server = server_under_keys(&arena, &keys).await;
    let client = |sub: &str| Client::new(&server.base, Some(by_issuer(&claims(sub))));
    client("Zoe\u{308}").reserve(&event, [1]).await;
    let mine = "query ($seat: ID!) { seat(id: $seat) { heldByMe } }";
    for (sub, is_same) in [("Zo\u{eb}", true), ("Zoe\u{308}", true), ("zo\u{eb}", false)] {
        let seen = client(sub).data(mine, json!({ "seat": event.seat_gid(1) })).await;
        assert_eq!(seen["seat"]["heldByMe"], is_same, "{sub}");
    }
    let confirmed = client("Zo\u{eb}").confirm(&event, [1], "key").await;
    assert_eq!(confirmed["__typename"], "ConfirmSeatsSuccess");
    crate::harness::books::check(&arena, &event).await;
}

#[test]
fn public_keys_come_with_a_word_about_whose_tokens_are_taken() {
    let keys = Keys::new();
    let said = |settings: &[(&str, &str)]| {
        let mut command = grand_arena(&["token", "--user", "guest-1"]);
        run(command.env("ARENA_JWT_JWKS", &keys.0).envs(settings.iter().copied()))
    };
    let (issuer, audience) = (("ARENA_JWT_ISSUER", ISSUER), ("ARENA_JWT_AUDIENCE", AUDIENCE));
    for (settings, missing) in [
        (&[][..], "ARENA_JWT_ISSUER"),
        (&[audience], "ARENA_JWT_ISSUER"),
        (&[issuer], "ARENA_JWT_AUDIENCE"),
    ] {
        let said = said(settings);
        assert_eq!(said.code, Some(2), "{}", said.err);
        assert!(said.err.contains(&format!("needs {missing}")), "{}", said.err);
        assert!(said.err.contains("or * to"), "{}", said.err);
    }
    let named = said(&[issuer, audience]);
    assert_eq!((named.code, named.err.as_str()), (Some(0), ""));
    let any = said(&[("ARENA_JWT_ISSUER", "*"), ("ARENA_JWT_AUDIENCE", "*")]);
    assert_eq!(any.code, Some(0), "{}", any.err);
    for warned in ["ARENA_JWT_ISSUER is *: tokens of every issuer", "ARENA_JWT_AUDIENCE is *"] {
        assert!(any.err.contains("WARN") && any.err.contains(warned), "{}", any.err);
    }
    let none = said(&[("ARENA_JWT_ISSUER", " "), audience]);
    assert_eq!(none.code, Some(2));
    assert!(none.err.contains("at least one name"), "{}", none.err);
}
