//! Whose tokens are taken, for whom they must be meant, and who may name a guest.

use super::*;

const ISSUER: &str = "https://login.example/";
const OURS: &str = "https://tickets.example";

fn expected(issuers: &str, audiences: &str) -> ExpectedClaims {
    ExpectedClaims { issuers: issuers.parse().unwrap(), audiences: audiences.parse().unwrap() }
}

fn with_jwks_expecting(issuers: &str, audiences: &str) -> Identity {
    let folder = Folder::new();
    let file = folder.file(json!({ "keys": [ed_jwk()] }).to_string());
    let expected = expected(issuers, audiences);
    Identity::from_jwks_file(&file, expected, Some(TEST_SECRET)).unwrap()
}

fn verdict(identity: &Identity, signer: &Signer, claims: &Value) -> Result<(), TokenError> {
    identity.verify(&signer.claims(claims), now()).map(|_| ())
}

#[test]
fn a_token_names_its_issuer_as_the_settings_do() {
    let identity = with_jwks_expecting("https://login.example/, https://other.example", "*");
    for (iss, of) in [
        (json!(ISSUER), Ok(())),
        (json!("https://other.example"), Ok(())),
        (json!("https://login.example"), Err(TokenError::IssuerNotAccepted)),
        (json!("HTTPS://LOGIN.EXAMPLE/"), Err(TokenError::IssuerNotAccepted)),
        (json!("grand-arena"), Err(TokenError::IssuerNotAccepted)),
        (json!("*"), Err(TokenError::IssuerNotAccepted)),
        (json!(""), Err(TokenError::IssuerNotAccepted)),
        (json!([ISSUER]), Err(TokenError::InvalidClaim("iss"))),
        (json!(null), Err(TokenError::InvalidClaim("iss"))),
    ] {
        let of_this = verdict(&identity, &Signer::ed(), &alice_but("iss", iss.clone()));
        assert_eq!(of_this, of, "{iss}");
    }
    let unsaid = verdict(&identity, &Signer::ed(), &alice());
    assert_eq!(unsaid, Err(TokenError::MissingClaim("iss")));
}

#[test]
fn a_token_is_meant_for_this_server_among_others() {
    let identity = with_jwks_expecting("*", "https://tickets.example,tickets");
    for (aud, of) in [
        (json!(OURS), Ok(())),
        (json!([OURS]), Ok(())),
        (json!(["https://elsewhere.example", "tickets"]), Ok(())),
        (json!("https://elsewhere.example"), Err(TokenError::AudienceNotAccepted)),
        (json!(["https://elsewhere.example"]), Err(TokenError::AudienceNotAccepted)),
        (json!([]), Err(TokenError::AudienceNotAccepted)),
        (json!(""), Err(TokenError::AudienceNotAccepted)),
        (json!([OURS, 7]), Err(TokenError::InvalidClaim("aud"))),
        (json!([[OURS]]), Err(TokenError::InvalidClaim("aud"))),
        (json!({ "aud": OURS }), Err(TokenError::InvalidClaim("aud"))),
        (json!(null), Err(TokenError::InvalidClaim("aud"))),
    ] {
        let of_this = verdict(&identity, &Signer::ed(), &alice_but("aud", aud.clone()));
        assert_eq!(of_this, of, "{aud}");
    }
    let unsaid = verdict(&identity, &Signer::ed(), &alice());
    assert_eq!(unsaid, Err(TokenError::MissingClaim("aud")));
}

#[test]
fn who_is_addressed_is_read_only_once_the_signature_held() {
    let identity = with_jwks_expecting(ISSUER, OURS);
    let token = Signer::ed().claims(alice());
    let forged = format!("{}AA", &token[..token.len() - 2]);
    assert_eq!(identity.verify(&forged, now()).unwrap_err(), TokenError::BadSignature);
}

#[test]
fn nobody_but_this_server_names_a_guest() {
    let identity = with_jwks_expecting("*", "*");
    let guest = |iss: Value| json!({ "iss": iss, "sub": "guest-1", "exp": NOW + 60 });
    for iss in [json!(ISSUER), json!("grand-arena"), json!(null)] {
        let by_issuer = verdict(&identity, &Signer::ed(), &guest(iss));
        assert_eq!(by_issuer, Err(TokenError::ReservedSubject));
    }
    for identity in [identity, with_secret()] {
        for iss in [json!(ISSUER), json!("Grand-Arena"), json!(["grand-arena"]), json!(null)] {
            let by_accident = verdict(&identity, &Signer::secret(), &guest(iss.clone()));
            assert_eq!(by_accident, Err(TokenError::ReservedSubject), "{iss}");
        }
        assert_eq!(verdict(&identity, &Signer::secret(), &guest(json!("grand-arena"))), Ok(()));
    }
    let other_case = alice_but("sub", json!("Guest-1"));
    assert_eq!(verdict(&with_secret(), &Signer::secret(), &other_case), Ok(()), "another name");
}

#[test]
fn with_a_secret_our_own_tokens_are_good_whatever_is_expected_of_others() {
    let identity = with_secret().expecting(expected(ISSUER, OURS));
    let (of_guest, guest) = identity.start_guest(now()).unwrap();
    assert_eq!(identity.verify(&of_guest, now()).unwrap().id, guest.id);
    let alice_id = ViewerId::new("alice").unwrap();
    let (signed, _) = identity.sign(&alice_id, &[Role::Admin], now(), GUEST_TTL).unwrap();
    assert_eq!(identity.verify(&signed, now()).unwrap().id, alice_id);

    let shared = json!({ "iss": ISSUER, "aud": OURS, "sub": "alice", "exp": NOW + 60 });
    assert_eq!(verdict(&identity, &Signer::secret(), &shared), Ok(()));
    let foreign = Err(TokenError::MissingClaim("iss"));
    assert_eq!(verdict(&identity, &Signer::secret(), &alice()), foreign);
    assert_eq!(verdict(&with_secret(), &Signer::secret(), &alice()), Ok(()), "unless said, any");
}

#[test]
fn a_list_of_names_has_some_or_stands_for_any() {
    let read = |text: &str| text.parse::<AcceptedNames>();
    let only =
        |names: &[&str]| AcceptedNames::Only(names.iter().map(|&name| name.to_owned()).collect());
    assert_eq!(read("a, b,"), Ok(only(&["a", "b"])));
    assert_eq!(read("a,*"), Ok(AcceptedNames::Any));
    for empty in ["", " ", ",", " , "] {
        assert_eq!(read(empty), Err(NoNames), "{empty:?}");
    }
}
