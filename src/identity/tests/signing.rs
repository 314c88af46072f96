//! Tokens we sign: for guests and for trying things out.

use std::collections::HashSet;

use super::*;

fn id(name: &str) -> ViewerId {
    ViewerId::new(name).unwrap()
}

#[test]
fn a_signed_token_names_its_viewer_roles_and_expiry() {
    for (roles, expected) in [
        (&[][..], &[Role::Buyer][..]),
        (&[Role::Buyer], &[Role::Buyer]),
        (&[Role::Shop], &[Role::Buyer, Role::Shop]),
        (&[Role::Admin], &[Role::Buyer, Role::Admin]),
        (&[Role::Admin, Role::Shop, Role::Buyer], &[Role::Buyer, Role::Shop, Role::Admin]),
    ] {
        let ttl = Duration::from_millis(90_500);
        let (token, expires_at) =
            with_secret().sign(&id("Zoë \"日本\""), roles, now(), ttl).unwrap();
        assert_eq!(expires_at.timestamp(), NOW + 90);
        let viewer = with_secret().verify(&token, now()).unwrap();
        assert_eq!(viewer.id.as_str(), "Zoë \"日本\"");
        assert_eq!(viewer.roles(), expected);
        assert_eq!(viewer.expires_at, expires_at);
    }
}

#[test]
fn a_signed_token_reads_as_a_jwt_elsewhere() {
    let (token, _) = with_secret().sign(&id("alice"), &[Role::Admin], now(), GUEST_TTL).unwrap();
    let parts: Vec<_> = token.split('.').collect();
    let json = |part: &str| serde_json::from_slice::<Value>(&bytes(part)).unwrap();
    assert_eq!(json(parts[0]), json!({ "alg": "HS256", "typ": "JWT" }));
    let (iss, exp) = ("grand-arena", NOW + 86_400);
    let claims = json!({ "iss": iss, "sub": "alice", "roles": ["ADMIN"], "iat": NOW, "exp": exp });
    assert_eq!(json(parts[1]), claims);

    let mut validation = jsonwebtoken::Validation::new(Algorithm::HS256);
    validation.validate_exp = false;
    let key = jsonwebtoken::DecodingKey::from_secret(TEST_SECRET);
    assert_eq!(jsonwebtoken::decode::<Value>(&token, &key, &validation).unwrap().claims, claims);
}

#[test]
fn the_longest_viewer_id_fits_into_a_token() {
    for character in ["🎭", "\"", "\\"] {
        let user = id(&character.repeat(255));
        let (token, _) = with_secret().sign(&user, &[Role::Admin], now(), GUEST_TTL).unwrap();
        assert_eq!(with_secret().verify(&token, now()).unwrap().id, user);
    }
}

#[test]
fn a_lifetime_beyond_all_dates_is_an_error() {
    for ttl in [
        Duration::MAX,
        Duration::from_secs(i64::MAX as u64),
        Duration::from_secs(u64::from(u32::MAX) * 2000),
    ] {
        let error = with_secret().sign(&id("alice"), &[], now(), ttl).unwrap_err();
        assert!(matches!(error, IdentityError::LifetimeTooLong), "{error}");
    }
}

#[test]
fn a_jwks_without_a_secret_signs_nothing() {
    let identity = with_jwks(None);
    let error = identity.sign(&id("alice"), &[], now(), GUEST_TTL).unwrap_err();
    assert!(matches!(error, IdentityError::NoSigningSecret), "{error}");
    let error = identity.start_guest(now()).unwrap_err();
    assert!(matches!(error, IdentityError::NoSigningSecret), "{error}");
}

#[test]
fn a_guest_is_a_new_viewer_for_a_day_and_never_an_admin() {
    for identity in [with_secret(), with_jwks(Some(TEST_SECRET))] {
        let mut names = HashSet::new();
        for _ in 0..100 {
            let (token, guest) = identity.start_guest(now()).unwrap();
            let viewer = identity.verify(&token, now()).unwrap();
            assert_eq!(viewer.id, guest.id);
            assert_eq!((viewer.has_role(Role::Admin), guest.has_role(Role::Admin)), (false, false));
            assert_eq!(
                (viewer.expires_at, guest.expires_at),
                (now() + GUEST_TTL, now() + GUEST_TTL)
            );
            let digits = guest.id.as_str().strip_prefix("guest-").unwrap();
            assert!(
                digits.len() == 32 && digits.bytes().all(|digit| digit.is_ascii_hexdigit()),
                "{digits}"
            );
            assert!(names.insert(guest.id));
        }
    }
}

#[test]
fn beside_a_jwks_the_secret_speaks_for_guests_only() {
    let identity = with_jwks(Some(TEST_SECRET));
    let guest = |roles: Value| {
        let (iss, exp) = ("grand-arena", NOW + 60);
        json!({ "iss": iss, "sub": "guest-1", "exp": exp, "roles": roles })
    };
    for (claims, expected) in [
        (guest(json!([])), Ok(())),
        (guest(json!(["BUYER"])), Ok(())),
        (guest(json!(["ADMIN"])), Err(TokenError::InvalidClaim("roles"))),
        (guest(json!(["BUYER", "SHOP"])), Err(TokenError::InvalidClaim("roles"))),
        (alice(), Err(TokenError::InvalidClaim("sub"))),
    ] {
        let verdict = identity.verify(&Signer::secret().claims(&claims), now()).map(|_| ());
        assert_eq!(verdict, expected, "{claims}");
    }
    for (user, roles) in
        [("alice", &[][..]), ("guest-1", &[Role::Admin]), ("guest-1", &[Role::Shop])]
    {
        let error = identity.sign(&id(user), roles, now(), GUEST_TTL).unwrap_err();
        assert!(matches!(error, IdentityError::SecretIsForGuestsOnly), "{error}");
    }
    // The issuer of the JWKS still names whom it will.
    let admin = alice_but("roles", json!(["ADMIN"]));
    let token = Signer::ed().token(json!({ "alg": "EdDSA", "kid": "ed" }), admin);
    assert!(identity.verify(&token, now()).unwrap().has_role(Role::Admin));
}

#[test]
fn identity_is_shared_between_threads() {
    fn shared<T: Send + Sync + 'static>(_: &T) {}
    shared(&with_secret());
}

#[test]
fn debug_output_holds_no_secret() {
    let text = format!("{:?}", with_jwks(Some(TEST_SECRET)));
    assert!(!text.contains("0123456789abcdef") && !text.contains("48, 49, 50"), "{text}");
}
