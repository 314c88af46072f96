//! Who verifies and signs tokens, as the settings say.

use std::path::Path;

use crate::config::IdentitySettings;
use crate::identity::{AcceptedNames, ExpectedClaims, Identity, IdentityError};

/// The kept secret, in the data folder.
const SECRET_FILE: &str = "jwt-secret";

/// Who verifies and signs tokens. What lets in more than it has to is said in the log.
///
/// # Errors
/// When the keys are no good, or it is not said whose tokens are taken under public keys.
pub fn identity(settings: &IdentitySettings, data_dir: &Path) -> Result<Identity, IdentityError> {
    let secret = secret(settings)?;
    let (issuers, audiences) = (settings.jwt_issuer.clone(), settings.jwt_audience.clone());
    let Some(jwks) = &settings.jwt_jwks else {
        let secret = secret.map_or_else(|| kept_secret(data_dir), Ok)?;
        let or_any = |names: Option<AcceptedNames>| names.unwrap_or(AcceptedNames::Any);
        let expected = ExpectedClaims { issuers: or_any(issuers), audiences: or_any(audiences) };
        return Ok(Identity::from_secret(&secret)?.expecting(expected));
    };
    let issuers = issuers.ok_or(IdentityError::NoIssuer)?;
    let audiences = audiences.ok_or(IdentityError::NoAudience)?;
    if issuers.are_any() {
        tracing::warn!(
            "ARENA_JWT_ISSUER is *: tokens of every issuer are taken whose key is in the JWKS file"
        );
    }
    if audiences.are_any() {
        tracing::warn!(
            "ARENA_JWT_AUDIENCE is *: tokens that were made for another service are taken too, so \
                that it could act here for whoever has used it"
        );
    }
    Identity::from_jwks_file(jwks, ExpectedClaims { issuers, audiences }, secret.as_deref())
}

fn secret(settings: &IdentitySettings) -> Result<Option<Vec<u8>>, IdentityError> {
    match (&settings.jwt_secret, &settings.jwt_secret_file) {
        (Some(_), Some(_)) => Err(IdentityError::TwoSecrets),
        (Some(secret), None) => Ok(Some(secret.as_bytes().to_vec())),
        (None, Some(file)) => Identity::read_secret(file).map(Some),
        (None, None) => Ok(None),
    }
}

fn kept_secret(data_dir: &Path) -> Result<Vec<u8>, IdentityError> {
    // If the folder cannot be made, the secret cannot be kept in it, and that error says why.
    let _ = std::fs::create_dir_all(data_dir);
    Identity::load_or_create_secret(&data_dir.join(SECRET_FILE))
}
