//! Whether a request asks for this server by a name that it goes by.
//!
//! The owner of a foreign page can let the name of its host lead to this server (DNS rebinding).
//! Browsers then take the page and the server for one origin, and so would we, by the host. So a
//! name has to be known: from `ARENA_PUBLIC_URL`. An address is nobody's name, and `localhost`
//! leads nowhere else.
//!
//! `X-Forwarded-Host` is not believed: it is what the proxy was asked for, not we.

use std::net::{Ipv4Addr, Ipv6Addr};

use axum::http::{HeaderMap, HeaderValue, Uri, header};

use super::origin::AllowedOrigins;
use super::public_url::{PublicUrls, without_port};
use super::seldom::Seldom;

/// See the module's documentation.
#[derive(Debug)]
pub struct HostGate {
    /// The names that this server goes by; `None` if it goes by any.
    names: Option<Vec<String>>,
    told: Seldom,
}

impl HostGate {
    /// Knows the names in these addresses. Where pages of any origin may use the server, any name
    /// will do: it keeps nothing from anybody.
    pub fn new(allowed: &AllowedOrigins, public_url: Option<&PublicUrls>) -> Self {
        let names = || {
            let urls = public_url.into_iter().flat_map(PublicUrls::iter);
            urls.map(|url| url.host().to_owned()).collect()
        };
        Self { names: (*allowed != AllowedOrigins::Any).then(names), told: Seldom::default() }
    }

    /// Whether a request asks for a name of ours, or for none. That it does not is said in the log.
    pub(super) fn admits(&self, uri: &Uri, headers: &HeaderMap) -> bool {
        let Some(names) = &self.names else { return true };
        let is_ours = |asked: &str| is_ours(without_port(asked), names);
        let by_header = |host: &HeaderValue| host.to_str().is_ok_and(is_ours);
        // Proxies are asked with whole addresses; those that pass them on know of no other host.
        let admits = uri.authority().is_none_or(|asked| is_ours(asked.as_str()))
            && headers.get_all(header::HOST).iter().all(by_header);
        if !admits && self.told.is_due() {
            tracing::warn!(
                host = headers.get(header::HOST).map(tracing::field::debug),
                names = names.join(", "),
                "somebody was turned away who asked for this server by a name that it does not go \
                    by; if it is its own, set ARENA_PUBLIC_URL to its address, with others after a \
                    comma"
            );
        }
        admits
    }
}

/// Whether this server is where it is asked for by this host. A dot at a name's end says that the
/// name is whole.
fn is_ours(host: &str, names: &[String]) -> bool {
    if host.parse::<Ipv4Addr>().is_ok() {
        return true;
    }
    if let Some(address) = host.strip_prefix('[').and_then(|host| host.strip_suffix(']')) {
        return address.parse::<Ipv6Addr>().is_ok();
    }
    let host = host.strip_suffix('.').unwrap_or(host);
    let last = host.rsplit('.').next().unwrap_or_default();
    last.eq_ignore_ascii_case("localhost")
        || names.iter().any(|name| name.eq_ignore_ascii_case(host))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn admits(gate: &HostGate, uri: &str, hosts: &[&str]) -> bool {
        let hosts = hosts.iter().map(|host| (header::HOST, host.parse().unwrap()));
        gate.admits(&uri.parse().unwrap(), &hosts.collect())
    }

    fn gate(allowed: &str, public_url: Option<&str>) -> HostGate {
        let urls: Option<PublicUrls> = public_url.map(|urls| urls.parse().unwrap());
        HostGate::new(&allowed.parse().unwrap(), urls.as_ref())
    }

    #[test]
    fn addresses_and_localhost_are_nobodys_names_and_others_have_to_be_known() {
        let unnamed = gate("https://allowed.example", None);
        for host in [
            "127.0.0.1",
            "192.0.2.7:8080",
            "[::1]",
            "[2001:db8::1]:8080",
            "localhost",
            "LocalHost:8080",
            "arena.localhost:1",
            "localhost.",
        ] {
            assert!(admits(&unnamed, "/graphql", &[host]), "{host}");
        }
        for host in [
            "evil.example",
            "evil.example:8080",
            "allowed.example",
            "grand-arena:8080",
            "127.0.0.1.evil.example",
            "localhost.evil.example",
            "notlocalhost",
            "0x7f.1",
            "[evil.example]",
            "",
            ":8080",
        ] {
            assert!(!admits(&unnamed, "/graphql", &[host]), "{host}");
        }
        assert!(admits(&unnamed, "/graphql", &[]), "HTTP/1.0 names none");
    }

    #[test]
    fn a_public_address_is_a_name_at_any_port() {
        let named = gate("", Some("https://Shop.example/arena, http://grand-arena:8080"));
        for host in ["shop.example", "SHOP.example:443", "shop.example.", "grand-arena:80"] {
            assert!(admits(&named, "/", &[host]), "{host}");
        }
        for host in ["www.shop.example", "shop.example.evil", "example"] {
            assert!(!admits(&named, "/", &[host]), "{host}");
        }
        assert!(admits(&gate("*", None), "/", &["evil.example"]), "any page may use the server");
    }

    #[test]
    fn every_host_that_a_request_names_has_to_be_ours() {
        let gate = gate("", None);
        assert!(admits(&gate, "http://127.0.0.1/graphql", &["localhost"]));
        assert!(!admits(&gate, "http://evil.example/graphql", &["localhost"]));
        assert!(!admits(&gate, "http://127.0.0.1/graphql", &["evil.example"]));
        assert!(!admits(&gate, "/graphql", &["localhost", "evil.example"]));
    }
}
