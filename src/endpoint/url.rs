//! The address of an endpoint, as somebody writes it.

use std::fmt;
use std::net::{IpAddr, SocketAddr};

use url::{Host, Url};

use super::networks::Networks;
use super::resolve::resolve;

/// Longer addresses are refused: room for any that is meant, and little to keep.
const MAX_BYTES: usize = 2_000;

/// Why an address cannot be called.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum EndpointError {
    /// It cannot be read.
    #[error("this is no address such as https://shop.example/hooks")]
    Unreadable,
    /// It is too long.
    #[error("an address has at most {MAX_BYTES} characters")]
    TooLong,
    /// Another scheme than https, or than http where that is allowed.
    #[error("an address begins with https://")]
    Scheme,
    /// A name or a password in it.
    #[error("an address has no user or password in it; messages are signed instead")]
    Credentials,
    /// A fragment, which nobody would be told.
    #[error("an address has no fragment (#…)")]
    Fragment,
    /// Its name leads nowhere.
    #[error("the name {0} leads to no address")]
    Unresolved(String),
    /// It is, or leads to, an address that is none of the internet.
    #[error("{0} is, or leads to, an address of a private network or a special one")]
    Private(String),
}

/// The address of an endpoint. It can be called, as far as that is seen without a look-up.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct EndpointUrl(Url);

impl EndpointUrl {
    /// Reads an address.
    ///
    /// # Errors
    ///
    /// If it is none that may be called.
    pub fn parse(text: &str, networks: Networks) -> Result<Self, EndpointError> {
        if text.len() > MAX_BYTES {
            return Err(EndpointError::TooLong);
        }
        let url = Url::parse(text).map_err(|_| EndpointError::Unreadable)?;
        match (url.scheme(), networks) {
            ("https", _) | ("http", Networks::Any) => {}
            _ => return Err(EndpointError::Scheme),
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(EndpointError::Credentials);
        }
        if url.fragment().is_some() {
            return Err(EndpointError::Fragment);
        }
        let url = Self(url);
        match url.literal() {
            Some(address) if !networks.include(address) => {
                Err(EndpointError::Private(url.host().to_owned()))
            }
            _ => Ok(url),
        }
    }

    /// Where to connect: what the name leads to now, as far as that is in these networks.
    ///
    /// # Errors
    ///
    /// If that is nowhere.
    pub async fn addresses(&self, networks: Networks) -> Result<Vec<SocketAddr>, EndpointError> {
        let port = self.0.port_or_known_default().ok_or(EndpointError::Scheme)?;
        let found = match self.literal() {
            Some(address) => vec![SocketAddr::new(address, port)],
            None => resolve(self.host(), port).await,
        };
        if found.is_empty() {
            return Err(EndpointError::Unresolved(self.host().to_owned()));
        }
        let allowed = found.into_iter().filter(|address| networks.include(address.ip()));
        let allowed: Vec<_> = allowed.collect();
        if allowed.is_empty() {
            return Err(EndpointError::Private(self.host().to_owned()));
        }
        Ok(allowed)
    }

    /// Its host: a name, or an address as it is written in addresses.
    pub fn host(&self) -> &str {
        self.0.host_str().unwrap_or_default()
    }

    /// Its host where that is an address and no name.
    pub fn literal(&self) -> Option<IpAddr> {
        match self.0.host()? {
            Host::Domain(_) => None,
            Host::Ipv4(address) => Some(address.into()),
            Host::Ipv6(address) => Some(address.into()),
        }
    }

    /// Its host, with the port where that is not the usual one.
    pub fn authority(&self) -> &str {
        self.0.authority()
    }

    /// What stands after its host.
    pub fn path_and_query(&self) -> &str {
        &self.0[url::Position::BeforePath..url::Position::AfterQuery]
    }

    /// Whether what is said to it is encrypted.
    pub fn is_secure(&self) -> bool {
        self.0.scheme() == "https"
    }
}

impl fmt::Display for EndpointUrl {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.0.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal(text: &str) -> Option<EndpointError> {
        EndpointUrl::parse(text, Networks::Public).err()
    }

    #[test]
    fn an_address_is_taken_apart_as_a_request_needs_it() {
        let url =
            EndpointUrl::parse("https://Shop.example:8443/a b?c=d", Networks::Public).unwrap();
        assert_eq!((url.host(), url.authority()), ("shop.example", "shop.example:8443"));
        assert_eq!(url.path_and_query(), "/a%20b?c=d");
        assert!(url.is_secure());
        let url = EndpointUrl::parse("http://[::1]", Networks::Any).unwrap();
        assert_eq!((url.authority(), url.path_and_query()), ("[::1]", "/"));
        assert!(!url.is_secure() && url.literal().is_some());
    }

    #[test]
    fn what_may_not_be_called_is_refused_with_its_reason() {
        let long = format!("https://shop.example/{}", "a".repeat(MAX_BYTES));
        assert_eq!(refusal(&long), Some(EndpointError::TooLong));
        for text in ["", "shop.example", "https://", "https:// /", "https://a b/"] {
            assert_eq!(refusal(text), Some(EndpointError::Unreadable), "{text}");
        }
        for text in ["http://shop.example", "ftp://shop.example", "file:///etc/passwd"] {
            assert_eq!(refusal(text), Some(EndpointError::Scheme), "{text}");
        }
        for text in ["https://me@shop.example", "https://me:pass@shop.example"] {
            assert_eq!(refusal(text), Some(EndpointError::Credentials), "{text}");
        }
        assert_eq!(refusal("https://shop.example/#here"), Some(EndpointError::Fragment));
        assert_eq!(refusal("https://shop.example/hooks"), None);
    }

    #[test]
    fn a_private_address_is_refused_however_it_is_written() {
        for host in [
            "127.0.0.1",
            "127.1",
            "2130706433",
            "0x7f.0.0.1",
            "0177.0.0.1",
            "10.0.0.1",
            "169.254.169.254",
            "[::1]",
            "[::ffff:127.0.0.1]",
            "[::ffff:7f00:1]",
            "[fd00::1]",
            "１２７.0.0.1",
        ] {
            let refused = refusal(&format!("https://{host}/"));
            assert!(matches!(refused, Some(EndpointError::Private(_))), "{host}: {refused:?}");
        }
    }

    #[tokio::test]
    async fn a_name_is_refused_that_leads_to_a_private_address() {
        let url = EndpointUrl::parse("https://localhost:1/", Networks::Public).unwrap();
        let private = Err(EndpointError::Private("localhost".to_owned()));
        assert_eq!(url.addresses(Networks::Public).await, private);
        let found = url.addresses(Networks::Any).await.unwrap();
        assert!(found.iter().all(|found| found.ip().is_loopback() && found.port() == 1));
    }

    #[tokio::test]
    async fn a_name_that_leads_nowhere_is_told() {
        let url = EndpointUrl::parse("https://nowhere.invalid/", Networks::Public).unwrap();
        let unresolved = Err(EndpointError::Unresolved("nowhere.invalid".to_owned()));
        assert_eq!(url.addresses(Networks::Public).await, unresolved);
    }
}
