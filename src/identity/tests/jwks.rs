//! A JWKS file: which keys it may hold, and which key a token is held to.

use super::*;

fn with_kid(signer: &Signer, kid: &str) -> String {
    signer.token(json!({ "alg": signer.0, "kid": kid }), alice())
}

#[test]
fn the_kid_picks_the_key() {
    for (signer, kid) in [(Signer::rsa(), "rsa"), (Signer::ec(), "ec"), (Signer::ed(), "ed")] {
        let viewer = with_jwks(None).verify(&with_kid(&signer, kid), now()).unwrap();
        assert_eq!(viewer.id.as_str(), "alice");
    }
}

#[test]
fn a_token_with_an_unknown_kid_is_refused() {
    for identity in [with_jwks(None), load_jwks(&[rsa_jwk()], None).unwrap()] {
        for kid in ["", "RSA", "rsa ", "../../etc/passwd", "' OR 1=1 --"] {
            let verdict = identity.verify(&with_kid(&Signer::rsa(), kid), now());
            assert_eq!(verdict.unwrap_err(), TokenError::UnknownKey, "{kid}");
        }
    }
}

#[test]
fn a_token_without_kid_needs_the_only_key() {
    let token = Signer::rsa().claims(alice());
    load_jwks(&[rsa_jwk()], None).unwrap().verify(&token, now()).unwrap();
    assert_eq!(with_jwks(None).verify(&token, now()).unwrap_err(), TokenError::UnknownKey);
}

#[test]
fn a_kid_that_names_a_key_of_another_algorithm_is_refused() {
    for (signer, kid) in [(Signer::rsa(), "ec"), (Signer::ec(), "ed"), (Signer::ed(), "rsa")] {
        let verdict = with_jwks(None).verify(&with_kid(&signer, kid), now());
        assert_eq!(verdict.unwrap_err(), TokenError::AlgorithmNotAccepted);
    }
}

#[test]
fn an_algorithm_swapped_in_the_header_is_refused() {
    for (alg, kid, expected) in [
        ("RS256", "rsa", TokenError::BadSignature),
        ("ES256", "ec", TokenError::BadSignature),
        ("EdDSA", "ed", TokenError::BadSignature),
        ("ES256", "rsa", TokenError::AlgorithmNotAccepted),
        ("PS256", "rsa", TokenError::AlgorithmNotAccepted),
        ("HS256", "rsa", TokenError::AlgorithmNotAccepted),
    ] {
        // Signed by a key that is not the one the kid names, as well as by none at all.
        let header = json!({ "alg": alg, "kid": kid });
        let by_hmac = Signer::secret().token(&header, alice());
        let unsigned = format!("{}.", by_hmac.rsplit_once('.').unwrap().0);
        for token in [by_hmac, unsigned] {
            assert_eq!(with_jwks(None).verify(&token, now()).unwrap_err(), expected, "{alg} {kid}");
        }
    }
}

#[test]
fn an_rsa_public_key_is_never_an_hmac_secret() {
    let jwk = rsa_jwk().to_string();
    let n = bytes(TEST_RSA_N);
    let publicly_known = [
        TEST_RSA_PUBLIC_PEM.as_bytes(),
        TEST_RSA_PUBLIC_PEM.trim().as_bytes(),
        jwk.as_bytes(),
        &n,
        TEST_RSA_N.as_bytes(),
    ];
    for secret in publicly_known {
        let token = Signer::hmac(secret).token(json!({ "alg": "HS256", "kid": "rsa" }), alice());
        let verify = |identity: Identity| identity.verify(&token, now()).unwrap_err();
        assert_eq!(verify(with_jwks(None)), TokenError::AlgorithmNotAccepted);
        assert_eq!(
            verify(load_jwks(&[rsa_jwk()], None).unwrap()),
            TokenError::AlgorithmNotAccepted
        );
        assert_eq!(verify(with_jwks(Some(TEST_SECRET))), TokenError::BadSignature);
    }
    for secret in [TEST_RSA_PUBLIC_PEM, &jwk, &format!("\n {{\"keys\":[{jwk}]}}")] {
        let error = Identity::from_secret(secret.as_bytes()).unwrap_err();
        assert!(matches!(error, IdentityError::SecretIsAKeyFile), "{error}");
    }
}

#[test]
fn a_key_brought_by_the_token_is_never_used() {
    let jku = "https://evil.example/keys";
    let header = json!({ "alg": "EdDSA", "jwk": ed_jwk(), "jku": jku, "x5c": ["AA"] });
    let token = Signer::ed().token(header, alice());
    let verdict = load_jwks(&[rsa_jwk()], None).unwrap().verify(&token, now());
    assert_eq!(verdict.unwrap_err(), TokenError::AlgorithmNotAccepted);
}

#[test]
fn without_a_secret_no_hs256_token_holds_and_without_a_jwks_no_other() {
    let token = Signer::secret().claims(json!({ "sub": "guest-1", "exp": NOW + 60 }));
    assert_eq!(
        with_jwks(None).verify(&token, now()).unwrap_err(),
        TokenError::AlgorithmNotAccepted
    );
    for signer in [Signer::rsa(), Signer::ec(), Signer::ed()] {
        let verdict = with_secret().verify(&signer.claims(alice()), now());
        assert_eq!(verdict.unwrap_err(), TokenError::AlgorithmNotAccepted);
    }
}

#[test]
fn the_algorithm_is_pinned_by_the_kind_of_key_if_alg_is_absent() {
    for (mut jwk, signer) in
        [(rsa_jwk(), Signer::rsa()), (ec_jwk(), Signer::ec()), (ed_jwk(), Signer::ed())]
    {
        for optional in ["alg", "kid", "use"] {
            jwk.as_object_mut().unwrap().remove(optional);
        }
        let identity = load_jwks(&[jwk], None).unwrap();
        identity.verify(&signer.claims(alice()), now()).unwrap();
    }
    let rs512 = Signer(Algorithm::RS512, Signer::rsa().1).claims(alice());
    let identity = load_jwks(&[rsa_jwk()], None).unwrap();
    assert_eq!(identity.verify(&rs512, now()).unwrap_err(), TokenError::AlgorithmNotAccepted);
}

#[test]
fn a_key_of_another_kind_is_refused_at_load() {
    let but = |mut jwk: Value, member: &str, value: Value| {
        jwk[member] = value;
        jwk
    };
    let leading_zero = base64url([vec![0], bytes(TEST_RSA_N)].concat());
    load_jwks(&[but(rsa_jwk(), "n", json!(leading_zero))], None).unwrap();

    let even = base64url([&bytes(TEST_RSA_N)[..255], &[2]].concat());
    let huge = base64url([&[1], bytes(TEST_RSA_N).as_slice(), &bytes(TEST_RSA_N)].concat());
    for (jwk, expected) in [
        (json!({ "kty": "oct", "k": base64url(TEST_SECRET), "alg": "HS256" }), KeyProblem::Kind),
        (json!({ "kty": "", "crv": "P-256" }), KeyProblem::Kind),
        (but(rsa_jwk(), "kty", json!("rsa")), KeyProblem::Kind),
        (but(rsa_jwk(), "crv", json!("P-256")), KeyProblem::Kind),
        (but(ec_jwk(), "crv", json!("P-384")), KeyProblem::Kind),
        (but(ec_jwk(), "crv", json!("secp256k1")), KeyProblem::Kind),
        (but(ec_jwk(), "kty", json!("OKP")), KeyProblem::Kind),
        (but(ed_jwk(), "crv", json!("X25519")), KeyProblem::Kind),
        (but(ed_jwk(), "crv", json!("Ed448")), KeyProblem::Kind),
        (but(ed_jwk(), "d", json!("AA")), KeyProblem::Private),
        (but(rsa_jwk(), "alg", json!("HS256")), KeyProblem::Algorithm),
        (but(rsa_jwk(), "alg", json!("PS256")), KeyProblem::Algorithm),
        (but(rsa_jwk(), "alg", json!("none")), KeyProblem::Algorithm),
        (but(ec_jwk(), "alg", json!("RS256")), KeyProblem::Algorithm),
        (but(rsa_jwk(), "n", json!(SHORT_RSA_N)), KeyProblem::RsaSize),
        (but(rsa_jwk(), "n", json!("")), KeyProblem::RsaSize),
        (but(rsa_jwk(), "n", json!(huge)), KeyProblem::RsaSize),
        (but(rsa_jwk(), "n", json!(even)), KeyProblem::Numbers),
        (but(rsa_jwk(), "n", json!("+/=")), KeyProblem::Numbers),
        (but(rsa_jwk(), "n", json!(null)), KeyProblem::Numbers),
        (but(rsa_jwk(), "e", json!("")), KeyProblem::Numbers),
        (but(rsa_jwk(), "e", json!("AQ")), KeyProblem::Numbers),
        (but(rsa_jwk(), "e", json!("AQAA")), KeyProblem::Numbers),
        (but(rsa_jwk(), "e", json!("AgAAAAE")), KeyProblem::Numbers),
        (but(rsa_jwk(), "e", json!(TEST_RSA_N)), KeyProblem::Numbers),
        (but(ec_jwk(), "x", json!(TEST_EC_Y)), KeyProblem::Numbers),
        (but(ec_jwk(), "x", json!("AA")), KeyProblem::Numbers),
        (but(ec_jwk(), "y", json!(null)), KeyProblem::Numbers),
        (but(ed_jwk(), "x", json!("AA")), KeyProblem::Numbers),
        (but(ed_jwk(), "x", json!("")), KeyProblem::Numbers),
        (but(ed_jwk(), "x", json!(TEST_RSA_N)), KeyProblem::Numbers),
    ] {
        // Beside a good key, so that the position is right and one good key does not excuse a bad
        // one.
        let mut bad = jwk.clone();
        bad["kid"] = json!("bad");
        match load_jwks(&[rsa_jwk(), bad], None).unwrap_err() {
            IdentityError::JwksKey { position: 2, problem, .. } => {
                assert_eq!(problem, expected, "{jwk}")
            }
            other => panic!("{jwk}: {other}"),
        }
    }
}

#[test]
fn keys_that_no_kid_can_tell_apart_are_refused() {
    let mut nameless = ec_jwk();
    nameless.as_object_mut().unwrap().remove("kid");
    let problem = |keys: &[Value]| match load_jwks(keys, None).unwrap_err() {
        IdentityError::JwksKey { position, problem, .. } => (position, problem),
        other => panic!("{other}"),
    };
    assert_eq!(problem(&[rsa_jwk(), nameless]), (2, KeyProblem::NoKid));
    assert_eq!(problem(&[rsa_jwk(), ec_jwk(), rsa_jwk()]), (3, KeyProblem::SameKid));
}

#[test]
fn keys_that_are_not_for_signatures_are_skipped() {
    let for_encryption =
        json!({ "kty": "RSA", "use": "enc", "alg": "RSA-OAEP", "n": TEST_RSA_N, "e": "AQAB" });
    let for_agreement =
        json!({ "kty": "EC", "key_ops": ["deriveKey"], "crv": "P-521", "x": "AA", "y": "AA" });
    let identity = load_jwks(&[for_encryption.clone(), ec_jwk(), for_agreement], None).unwrap();
    identity.verify(&Signer::ec().claims(alice()), now()).unwrap();

    let error = load_jwks(&[for_encryption], None).unwrap_err();
    assert!(matches!(error, IdentityError::JwksEmpty { .. }), "{error}");
}

#[test]
fn a_file_that_is_no_jwks_is_an_error_that_names_it() {
    let folder = Folder::new();
    let load = |path: &Path| Identity::from_jwks_file(path, ExpectedClaims::ANY, None).unwrap_err();

    let missing = load(&folder.path("missing"));
    assert!(matches!(missing, IdentityError::JwksFile { .. }), "{missing}");
    assert!(missing.to_string().contains("missing"), "{missing}");
    let big = load(&folder.file(" ".repeat(256 * 1024 + 1)));
    assert!(matches!(big, IdentityError::JwksFile { .. }), "{big}");
    for content in [
        "",
        "[]",
        "{}",
        r#"{"keys":{}}"#,
        r#"{"keys":[7]}"#,
        r#"{"keys":[{"n":"AA"}]}"#,
        TEST_RSA_PUBLIC_PEM,
    ] {
        let error = load(&folder.file(content));
        assert!(matches!(error, IdentityError::JwksSyntax { .. }), "{content}: {error}");
    }
    let empty = load(&folder.file(r#"{"keys":[]}"#));
    assert!(matches!(empty, IdentityError::JwksEmpty { .. }), "{empty}");
}
