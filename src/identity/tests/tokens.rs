//! What a token must be, whoever signed it.

use super::*;

/// Checks a table of claims, all properly signed.
fn check(table: impl IntoIterator<Item = (Value, Result<(), TokenError>)>) {
    for (claims, expected) in table {
        let verdict = with_secret().verify(&Signer::secret().claims(&claims), now()).map(|_| ());
        assert_eq!(verdict, expected, "{claims}");
    }
}

#[test]
fn tokens_made_by_other_implementations_are_accepted() {
    let jwks = |key| load_jwks(&[key], None).unwrap();
    for (token, identity) in [
        (FOREIGN_HS256, with_secret()),
        (FOREIGN_RS256, jwks(rsa_jwk())),
        (FOREIGN_ES256, jwks(ec_jwk())),
        (FOREIGN_EDDSA, jwks(ed_jwk())),
    ] {
        let viewer = identity.verify(token, now()).unwrap();
        assert_eq!(viewer.id.as_str(), "alice");
        assert_eq!(viewer.roles(), [Role::Buyer, Role::Admin]);
        assert_eq!(viewer.expires_at.timestamp(), 2_000_000_000);
    }
}

#[test]
fn a_token_signed_with_none_is_refused() {
    for alg in ["none", "None", "NONE", "nOnE", "", "null", " HS256", "hs256", "HS256\0"] {
        let header = json!({ "alg": alg }).to_string();
        let unsigned = format!("{}.{}.", base64url(&header), base64url(alice().to_string()));
        let signed = Signer::secret().token(&header, alice());
        for identity in [with_secret(), with_jwks(None), with_jwks(Some(TEST_SECRET))] {
            for token in [&unsigned, &signed] {
                assert_eq!(
                    identity.verify(token, now()).unwrap_err(),
                    TokenError::AlgorithmNotAccepted,
                    "{alg}"
                );
            }
        }
    }
}

#[test]
fn an_algorithm_that_is_not_pinned_is_refused() {
    let secret = EncodingKey::from_secret(TEST_SECRET);
    for algorithm in [Algorithm::HS384, Algorithm::HS512] {
        let token = Signer(algorithm, secret.clone()).claims(alice());
        assert_eq!(
            with_secret().verify(&token, now()).unwrap_err(),
            TokenError::AlgorithmNotAccepted
        );
    }
    let rsa = EncodingKey::from_rsa_der(&bytes(TEST_RSA_PRIVATE));
    for algorithm in [Algorithm::RS384, Algorithm::RS512, Algorithm::PS256] {
        let token = Signer(algorithm, rsa.clone())
            .token(json!({ "alg": algorithm, "kid": "rsa" }), alice());
        assert_eq!(
            with_jwks(None).verify(&token, now()).unwrap_err(),
            TokenError::AlgorithmNotAccepted
        );
    }
}

#[test]
fn a_token_whose_signature_is_not_the_keys_is_refused() {
    let good = Signer::secret().claims(alice());
    let (message, signature) = good.rsplit_once('.').unwrap();
    let (header, _) = message.split_once('.').unwrap();
    let mut flipped = bytes(signature);
    flipped[31] ^= 1;
    let others_claims = base64url(alice_but("roles", json!(["ADMIN"])).to_string());
    for token in [
        Signer::hmac(b"another secret, 32 bytes or more").claims(alice()),
        format!("{message}."),
        format!("{message}.{}", base64url(&flipped)),
        format!("{message}.{}", base64url(&bytes(signature)[..16])),
        format!("{message}.{}", base64url([bytes(signature), vec![0]].concat())),
        format!("{header}.{others_claims}.{signature}"),
    ] {
        assert_eq!(
            with_secret().verify(&token, now()).unwrap_err(),
            TokenError::BadSignature,
            "{token}"
        );
    }
}

#[test]
fn what_is_not_a_token_is_malformed() {
    let good = Signer::secret().claims(alice());
    let signature = good.rsplit_once('.').unwrap().1;
    let header = r#"{"alg":"HS256"}"#;
    let secret = Signer::secret();
    let table = [
        String::new(),
        ".".into(),
        "..".into(),
        "...".into(),
        "a".into(),
        "é.é.é".into(),
        "\0".into(),
        good.replace('.', " "),
        format!(" {good}"),
        format!("{good}\n"),
        format!("{good}="),
        format!("{good}.{signature}"),
        good.replace(signature, "+/+/"),
        secret.token("", alice()),
        secret.token("null", alice()),
        secret.token("{}", alice()),
        secret.token(r#"["HS256"]"#, alice()),
        secret.token(r#"{"alg":["HS256"]}"#, alice()),
        secret.token(r#"{"alg":"HS256","kid":7}"#, alice()),
        secret.token(r#"{"alg":"none","alg":"HS256"}"#, alice()),
        secret.token(r#"{"alg":"HS256","kid":"a","kid":"b"}"#, alice()),
        secret.token(header, ""),
        secret.token(header, "7"),
        secret.token(header, format!(r#"["alice",{}]"#, NOW + 60)),
        secret.token(header, format!("{} {{}}", alice())),
        secret.token(header, format!(r#"{{"sub":"alice","sub":"bob","exp":{}}}"#, NOW + 60)),
        secret.token(header, format!(r#"{{"sub":"alice","exp":1,"exp":{}}}"#, NOW + 60)),
        secret.token(
            header,
            format!(r#"{{"sub":"alice","exp":{},"roles":[],"roles":["ADMIN"]}}"#, NOW + 60),
        ),
        secret.token(header, r#"{"sub":"alice","exp":1e400}"#),
        secret.token(header, r#"{"sub":"alice","exp":NaN}"#),
        secret.token(header, r#"{"sub":"\ud800","exp":1900000000}"#),
        secret.token(header, "[".repeat(5000)),
        secret.token(header, format!(r#"{{"x":{}"#, "[".repeat(5000))),
    ];
    for token in table {
        let error = with_secret().verify(&token, now()).unwrap_err();
        assert_eq!(error, TokenError::Malformed, "{}", &token[..token.len().min(200)]);
    }
}

#[test]
fn a_token_cut_short_anywhere_is_refused() {
    let good = Signer::secret().claims(alice());
    for length in 0..good.len() {
        assert!(with_secret().verify(&good[..length], now()).is_err(), "{length}");
    }
    with_secret().verify(&good, now()).unwrap();
}

#[test]
fn a_token_beyond_8_kib_is_refused_unread() {
    for token in ["a".repeat(1024 * 1024), ".".repeat(8 * 1024 + 1), "é".repeat(5000)] {
        assert_eq!(with_secret().verify(&token, now()).unwrap_err(), TokenError::TooLong);
    }
    let padded = |length| Signer::secret().claims(alice_but("pad", json!("x".repeat(length))));
    let longest = (5900..6200).map(padded).rfind(|token| token.len() <= 8 * 1024).unwrap();
    with_secret().verify(&longest, now()).unwrap();
    assert_eq!(with_secret().verify(&padded(6200), now()).unwrap_err(), TokenError::TooLong);
}

#[test]
fn a_critical_header_is_refused_whatever_it_holds() {
    for crit in [json!(["exp"]), json!([]), json!(null), json!("b64")] {
        let token = Signer::secret().token(json!({ "alg": "HS256", "crit": crit }), alice());
        assert_eq!(with_secret().verify(&token, now()).unwrap_err(), TokenError::CriticalExtension);
    }
}

#[test]
fn header_fields_that_do_not_matter_are_ignored() {
    let header = json!({ "alg": "HS256", "typ": "at+jwt", "kid": "any", "x": [{}] });
    with_secret().verify(&Signer::secret().token(header, alice()), now()).unwrap();
}

#[test]
fn a_token_is_a_jwt_or_an_access_token_if_it_says_what_it_is() {
    let refused = Err(TokenError::TypeNotAccepted);
    for (typ, expected) in [
        (json!("JWT"), Ok(())),
        (json!("jwt"), Ok(())),
        (json!("at+jwt"), Ok(())),
        (json!("AT+JWT"), Ok(())),
        (json!("application/at+jwt"), Ok(())),
        (json!("Application/JWT"), Ok(())),
        (json!(""), refused),
        (json!("JWT "), refused),
        (json!("JWS"), refused),
        (json!("dpop+jwt"), refused),
        (json!("logout+jwt"), refused),
        (json!("application/"), refused),
        (json!("application/application/jwt"), refused),
        (json!("text/jwt"), refused),
        (json!(7), Err(TokenError::Malformed)),
        (json!(["JWT"]), Err(TokenError::Malformed)),
    ] {
        let token = Signer::secret().token(json!({ "alg": "HS256", "typ": typ }), alice());
        assert_eq!(with_secret().verify(&token, now()).map(|_| ()), expected, "{typ}");
    }
    let untold = Signer::secret().token(json!({ "alg": "HS256" }), alice());
    with_secret().verify(&untold, now()).unwrap();
}

#[test]
fn a_token_without_exp_is_refused() {
    check([
        (json!({ "sub": "alice" }), Err(TokenError::MissingClaim("exp"))),
        (alice_but("exp", json!(null)), Err(TokenError::InvalidClaim("exp"))),
    ]);
}

#[test]
fn exp_is_a_number_of_seconds_to_come_however_wild() {
    let invalid = Err(TokenError::InvalidClaim("exp"));
    let expired = Err(TokenError::Expired);
    let table = [
        (json!(NOW + 1), Ok(())),
        (json!(NOW), expired),
        (json!(NOW - 1), expired),
        (json!(NOW as f64 + 0.5), Ok(())),
        (json!(NOW as f64 + 0.0004), expired),
        (json!(NOW as f64 - 0.5), expired),
        (json!(2e9), Ok(())),
        (json!(0), expired),
        (json!(-1), expired),
        (json!(-0.5), expired),
        (json!(1e-300), expired),
        (json!(i64::MAX), invalid),
        (json!(i64::MIN), invalid),
        (json!(u64::MAX), invalid),
        (json!(1e300), invalid),
        (json!(-1e300), invalid),
        (json!((NOW + 60).to_string()), invalid),
        (json!(true), invalid),
        (json!([NOW + 60]), invalid),
        (json!({}), invalid),
    ];
    check(table.map(|(exp, expected)| (alice_but("exp", exp), expected)));
}

#[test]
fn a_viewer_knows_the_moment_the_token_runs_out() {
    let verify = |at: DateTime<Utc>| with_secret().verify(&Signer::secret().claims(alice()), at);
    let expires_at = verify(now()).unwrap().expires_at;
    assert_eq!(expires_at, DateTime::from_timestamp(NOW + 60, 0).unwrap());
    verify(expires_at - TimeDelta::nanoseconds(1)).unwrap();
    assert_eq!(verify(expires_at).unwrap_err(), TokenError::Expired);
}

#[test]
fn nbf_is_honoured_with_five_seconds_of_leeway() {
    let invalid = Err(TokenError::InvalidClaim("nbf"));
    let early = Err(TokenError::NotYetValid);
    let table = [
        (json!(NOW - 60), Ok(())),
        (json!(NOW), Ok(())),
        (json!(NOW + 5), Ok(())),
        (json!(NOW as f64 + 5.5), early),
        (json!(NOW + 6), early),
        (json!(-1e9), Ok(())),
        (json!(8e12), early),
        (json!(1e300), invalid),
        (json!(i64::MIN), invalid),
        (json!("0"), invalid),
        (json!(null), invalid),
    ];
    check(table.map(|(nbf, expected)| (alice_but("nbf", nbf), expected)));
}

#[test]
fn no_moment_is_too_far_to_compare() {
    let token = Signer::secret().claims(alice_but("nbf", json!(-8e12)));
    let verify = |at| with_secret().verify(&token, at).map(|_| ());
    assert_eq!(verify(DateTime::<Utc>::MAX_UTC), Err(TokenError::Expired));
    assert_eq!(verify(DateTime::<Utc>::MIN_UTC), Err(TokenError::NotYetValid));
}

#[test]
fn sub_must_be_a_viewer_id() {
    let invalid = Err(TokenError::InvalidClaim("sub"));
    check([(json!({ "exp": NOW + 60 }), Err(TokenError::MissingClaim("sub")))]);
    let table = [
        (json!("Zoë 日本 🎭"), Ok(())),
        (json!("é".repeat(255)), Ok(())),
        (json!("é".repeat(256)), invalid),
        (json!(""), invalid),
        (json!("a\0b"), invalid),
        (json!("a\nb"), invalid),
        (json!("ecila\u{202e}"), invalid),
        (json!(7), invalid),
        (json!(null), invalid),
        (json!(["alice"]), invalid),
    ];
    check(table.map(|(sub, expected)| (alice_but("sub", sub), expected)));
}

#[test]
fn subjects_are_compared_in_normal_form_and_in_their_case() {
    let id = |sub: &str| {
        let token = Signer::secret().claims(alice_but("sub", json!(sub)));
        with_secret().verify(&token, now()).unwrap().id
    };
    assert_eq!(id("Zoe\u{308}"), id("Zo\u{eb}"));
    assert_ne!(id("zo\u{eb}"), id("Zo\u{eb}"));
}

#[test]
fn only_the_roles_shop_and_admin_make_a_shop_and_an_admin() {
    // An admin may do what a shop may, and not the reverse.
    let (neither, shop, admin) = (Ok((false, false)), Ok((true, false)), Ok((true, true)));
    let table = [
        (json!([]), neither),
        (json!(["ADMIN"]), admin),
        (json!(["admin"]), admin),
        (json!(["BUYER", "usher", "Admin"]), admin),
        (json!(["BUYER"]), neither),
        (json!(["Shop"]), shop),
        (json!(["SHOP", "SHOP", "buyer"]), shop),
        (json!(["SHOP", "ADMIN"]), admin),
        (json!(["ADMIN ", "ADMINISTRATOR", "ADM\u{130}N", "SHOPS", "\u{17f}hop", ""]), neither),
        (json!("ADMIN"), Err(())),
        (json!(null), Err(())),
        (json!(true), Err(())),
        (json!({ "ADMIN": true }), Err(())),
        (json!(["ADMIN", 1]), Err(())),
        (json!([["ADMIN"]]), Err(())),
    ];
    for (roles, expected) in table {
        let verdict = with_secret()
            .verify(&Signer::secret().claims(alice_but("roles", roles.clone())), now());
        let expected = expected.map_err(|()| TokenError::InvalidClaim("roles"));
        let is = |viewer: Viewer| (viewer.has_role(Role::Shop), viewer.has_role(Role::Admin));
        assert_eq!(verdict.map(is), expected, "{roles}");
    }
    assert_eq!(
        with_secret().verify(&Signer::secret().claims(alice()), now()).unwrap().roles(),
        [Role::Buyer]
    );
}

#[test]
fn claims_are_read_only_once_the_signature_held() {
    let forger = Signer::hmac(b"another secret, 32 bytes or more");
    for claims in
        ["".to_string(), "{}".to_string(), json!({ "sub": "alice", "exp": 1 }).to_string()]
    {
        let verdict = with_secret().verify(&forger.claims(claims), now());
        assert_eq!(verdict.unwrap_err(), TokenError::BadSignature);
    }
}

#[test]
fn the_authorization_field_is_bearer_and_a_token() {
    let token = Signer::secret().claims(alice());
    for header in
        [format!("Bearer {token}"), format!("bearer {token}"), format!("BEARER   {token} ")]
    {
        let viewer =
            with_secret().viewer_from_authorization(Some(&header), now()).unwrap().unwrap();
        assert_eq!(viewer.id.as_str(), "alice");
    }
    assert!(with_secret().viewer_from_authorization(None, now()).unwrap().is_none());

    for (header, expected) in [
        (String::new(), TokenError::NotBearer),
        (" ".into(), TokenError::NotBearer),
        ("Bearer".into(), TokenError::NotBearer),
        ("Bearer ".into(), TokenError::NotBearer),
        (token.clone(), TokenError::NotBearer),
        ("Basic YTpi".into(), TokenError::NotBearer),
        (format!("Token {token}"), TokenError::NotBearer),
        (format!("Bearer\t{token}"), TokenError::NotBearer),
        (format!("Bearer:{token}"), TokenError::NotBearer),
        (format!("Bearer {token} {token}"), TokenError::Malformed),
        (format!("Bearer {token}, Bearer {token}"), TokenError::Malformed),
        (format!("Bearer Bearer {token}"), TokenError::Malformed),
    ] {
        let error = with_secret().viewer_from_authorization(Some(&header), now()).unwrap_err();
        assert_eq!(error, expected, "{header}");
    }
}

#[test]
fn an_error_never_echoes_the_token() {
    let marker = "hunter2";
    let secret = Signer::secret();
    for token in [
        marker.into(),
        secret.token(json!({ "alg": marker }), alice()),
        secret.token(json!({ "alg": "HS256", "crit": [marker] }), alice()),
        secret.claims(alice_but("exp", json!(marker))),
        secret.claims(alice_but("roles", json!(marker))),
        secret.claims(alice_but("sub", json!(format!("{marker}\n")))),
    ] {
        let error = with_secret().verify(&token, now()).unwrap_err();
        assert!(!format!("{error} {error:?}").contains(marker), "{error:?}");
    }
}
