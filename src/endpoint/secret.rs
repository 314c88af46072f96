//! What is shared with an endpoint, so that it knows who speaks.

use std::{fmt, io};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;

use crate::random;

/// How a secret begins when it is written (standard-webhooks).
const PREFIX: &str = "whsec_";

/// A secret that messages are signed with. What prints it does not tell it.
#[derive(Clone, PartialEq, Eq)]
pub struct EndpointSecret(Vec<u8>);

impl EndpointSecret {
    /// A new one: 32 random bytes, as many as its hash has. The standard has 24 to 64.
    ///
    /// # Errors
    ///
    /// If the system gives no random bytes.
    pub fn fresh() -> io::Result<Self> {
        Ok(Self(random::bytes::<32>()?.to_vec()))
    }

    /// One that is kept.
    pub fn kept(bytes: Vec<u8>) -> Self {
        Self(bytes)
    }

    /// As it is kept.
    pub fn bytes(&self) -> &[u8] {
        &self.0
    }

    /// As it is told, once.
    pub fn told(&self) -> String {
        format!("{PREFIX}{}", STANDARD.encode(&self.0))
    }

    /// The signature of a message that is sent at a second of the clock (standard-webhooks).
    pub fn sign(&self, id: &str, timestamp: i64, body: &[u8]) -> String {
        let mut hmac = <Hmac<Sha256>>::new_from_slice(&self.0).expect("any length is a key's");
        hmac.update(format!("{id}.{timestamp}.").as_bytes());
        hmac.update(body);
        format!("v1,{}", STANDARD.encode(hmac.finalize().into_bytes()))
    }
}

impl fmt::Debug for EndpointSecret {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("EndpointSecret(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The example of the standard's own libraries.
    #[test]
    fn a_message_is_signed_as_the_standard_says() {
        let bytes = STANDARD.decode("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw").unwrap();
        let secret = EndpointSecret::kept(bytes);
        let signature =
            secret.sign("msg_p5jXN8AQM9LWM0D4loKWxJek", 1_614_265_330, br#"{"test": 2432232314}"#);
        assert_eq!(signature, "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
        assert_eq!(secret.told(), "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw");
    }

    #[test]
    fn a_new_secret_is_of_its_own_and_is_not_printed() -> io::Result<()> {
        let (one, other) = (EndpointSecret::fresh()?, EndpointSecret::fresh()?);
        assert_ne!(one, other);
        assert_eq!(one.bytes().len(), 32);
        assert!(!format!("{one:?}").contains(&one.told()));
        Ok(())
    }
}
