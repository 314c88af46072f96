//! Where a request comes from, if a proxy has brought it.
//!
//! A proxy says so in `Forwarded` (RFC 7239) or in `X-Forwarded-For`: whoever it was asked by, at
//! the end of what it was told itself. So the list is read from its end. As long as an entry is a
//! proxy that we trust, the one before it is what that proxy has seen. The first that is none of
//! them is the client. Whatever stands before it the client may have made up.
//!
//! Nothing is believed of whoever is no trusted proxy. What cannot be read ends the walk: then the
//! last that could be read is the client. Nor is anything believed if both headers are there and
//! do not agree: a proxy that knows one of them may pass on the other as a client has forged it.

use std::net::{IpAddr, SocketAddr};
use std::str::FromStr;

use axum::http::{HeaderMap, HeaderName, HeaderValue, header};
use ipnet::IpNet;

const X_FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");

/// Proxies that a request may have come through, one behind the other: real chains have a few.
const MOST_HOPS: usize = 16;

/// The proxies whose word counts.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TrustedProxies(Vec<IpNet>);

/// What is no address or network.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is neither an address nor a network such as 10.0.0.0/8 or 2001:db8::/32")]
pub struct NotANetwork(String);

impl FromStr for TrustedProxies {
    type Err = NotANetwork;

    /// Addresses and networks, with commas between them.
    fn from_str(text: &str) -> Result<Self, NotANetwork> {
        let names = text.split(',').map(str::trim).filter(|name| !name.is_empty());
        let networks = names.map(|name| {
            let address = name.parse().map(|address: IpAddr| address.to_canonical().into());
            address.or_else(|_| name.parse()).map_err(|_| NotANetwork(name.to_owned()))
        });
        Ok(Self(networks.collect::<Result<_, _>>()?))
    }
}

impl TrustedProxies {
    /// Whether nobody is believed.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether this address is a proxy's.
    pub(super) fn has(&self, address: IpAddr) -> bool {
        let address = address.to_canonical();
        self.0.iter().any(|network| network.contains(&address))
    }

    /// Where a request comes from that was sent from this address.
    pub(super) fn client(&self, peer: IpAddr, headers: &HeaderMap) -> IpAddr {
        if self.0.is_empty() || !self.has(peer) {
            return peer;
        }
        let walk = |name, read: fn(&str) -> Option<IpAddr>| {
            headers.contains_key(&name).then(|| self.walk(peer, headers, &name, read))
        };
        let standard = walk(header::FORWARDED, forwarded_for);
        match (standard, walk(X_FORWARDED_FOR, address)) {
            (Some(client), None) | (None, Some(client)) => client,
            (Some(client), Some(other)) if client == other => client,
            (Some(_), Some(_)) | (None, None) => peer,
        }
    }

    fn walk(
        &self,
        peer: IpAddr,
        headers: &HeaderMap,
        name: &HeaderName,
        read: fn(&str) -> Option<IpAddr>,
    ) -> IpAddr {
        let lines = headers.get_all(name).iter().rev().map(HeaderValue::to_str);
        let entries =
            lines.flat_map(|line| from_the_end(line.unwrap_or_default(), ',')).map(str::trim);
        let mut client = peer;
        for entry in entries.take(MOST_HOPS) {
            let Some(address) = read(entry) else { break };
            client = address;
            if !self.has(client) {
                break;
            }
        }
        client
    }
}

/// The parts of a text between separators that are not within quotes, the last one first.
fn from_the_end(text: &str, separator: char) -> impl Iterator<Item = &str> {
    let mut is_quoted = false;
    text.rsplit(move |c| {
        is_quoted ^= c == '"';
        c == separator && !is_quoted
    })
}

/// The address of the one `for` in an element of `Forwarded`.
fn forwarded_for(element: &str) -> Option<IpAddr> {
    // No proxy has a reason to escape anything in there.
    if element.contains('\\') {
        return None;
    }
    let pairs = from_the_end(element, ';').filter_map(|pair| pair.split_once('='));
    let mut named = pairs.filter(|(name, _)| name.trim().eq_ignore_ascii_case("for"));
    let (_, node) = named.next()?;
    let node = node.trim();
    let unquoted = node.strip_prefix('"').and_then(|node| node.strip_suffix('"'));
    named.next().is_none().then_some(())?;
    address(unquoted.unwrap_or(node))
}

/// An address, with or without a port; that of IPv6 in brackets, if it has one. Names that proxies
/// give instead (`unknown`, `_hidden`) are none.
fn address(node: &str) -> Option<IpAddr> {
    let in_brackets = node.strip_prefix('[').and_then(|node| node.strip_suffix(']'));
    let address = in_brackets.unwrap_or(node).parse();
    let address = address.or_else(|_| node.parse().map(|address: SocketAddr| address.ip())).ok()?;
    Some(address.to_canonical())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn proxies() -> TrustedProxies {
        "10.0.0.0/8, 127.0.0.1,2001:db8:aa::/48".parse().unwrap()
    }

    fn headers(lines: &[(&'static str, &str)]) -> HeaderMap {
        let line = |(name, value): &(&'static str, &str)| {
            (HeaderName::from_static(name), HeaderValue::from_str(value).unwrap())
        };
        lines.iter().map(line).collect()
    }

    fn client(peer: &str, lines: &[(&'static str, &str)]) -> String {
        proxies().client(peer.parse().unwrap(), &headers(lines)).to_string()
    }

    #[test]
    fn the_client_is_the_last_address_that_is_no_trusted_proxys() {
        for (line, expected) in [
            ("192.0.2.7", "192.0.2.7"),
            ("192.0.2.7, 10.1.1.1", "192.0.2.7"),
            ("198.51.100.1, 192.0.2.7,10.1.1.1 , 10.2.2.2", "192.0.2.7"),
            ("192.0.2.7:4711", "192.0.2.7"),
            ("2001:db8:1::7", "2001:db8:1::7"),
            ("[2001:db8:1::7]:80, 2001:db8:aa::1", "2001:db8:1::7"),
            ("[2001:db8:1::7]", "2001:db8:1::7"),
            ("::ffff:192.0.2.7, ::ffff:10.0.0.1", "192.0.2.7"),
            // All are proxies: the first of them has asked by itself.
            ("10.1.1.1, 10.2.2.2", "10.1.1.1"),
            // What cannot be read ends the walk.
            ("192.0.2.7, unknown", "127.0.0.1"),
            ("192.0.2.7, unknown, 10.1.1.1", "10.1.1.1"),
            ("192.0.2.7, , 10.1.1.1", "10.1.1.1"),
            ("192.0.2.256", "127.0.0.1"),
            ("", "127.0.0.1"),
        ] {
            assert_eq!(client("127.0.0.1", &[("x-forwarded-for", line)]), expected, "{line}");
        }
        let lines = [("x-forwarded-for", "198.51.100.1"), ("x-forwarded-for", "192.0.2.7")];
        assert_eq!(client("127.0.0.1", &lines), "192.0.2.7", "lines are in order");
    }

    #[test]
    fn forwarded_is_read_as_its_rfc_has_it() {
        for (line, expected) in [
            ("for=192.0.2.7", "192.0.2.7"),
            ("For=\"192.0.2.7:80\";proto=https;by=10.0.0.1", "192.0.2.7"),
            ("for=198.51.100.1, proto=http;for=\"[2001:db8:1::7]:4711\"", "2001:db8:1::7"),
            ("for=192.0.2.7;x=\"a,b;for=198.51.100.1\", for=10.1.1.1", "192.0.2.7"),
            // A client cannot swallow with a quote what the proxy adds.
            ("for=\"198.51.100.1, for=192.0.2.7", "192.0.2.7"),
            ("for=198.51.100.1;x=\", for=192.0.2.7", "192.0.2.7"),
            ("for=unknown, for=10.1.1.1", "10.1.1.1"),
            ("for=_hidden", "127.0.0.1"),
            ("for=192.0.2.7;for=198.51.100.1", "127.0.0.1"),
            ("for=\"192.0.2.7\\\"\"", "127.0.0.1"),
            ("proto=https", "127.0.0.1"),
        ] {
            assert_eq!(client("127.0.0.1", &[("forwarded", line)]), expected, "{line}");
        }
    }

    #[test]
    fn nothing_is_believed_of_whoever_is_no_trusted_proxy() {
        let lines = [("x-forwarded-for", "198.51.100.1"), ("forwarded", "for=198.51.100.1")];
        assert_eq!(client("192.0.2.7", &lines), "192.0.2.7");
        assert_eq!(client("::ffff:10.0.0.1", &lines), "198.51.100.1", "a proxy in either spelling");
        let nobody = TrustedProxies::default();
        assert_eq!(nobody.client([127, 0, 0, 1].into(), &headers(&lines)).to_string(), "127.0.0.1");
    }

    #[test]
    fn headers_that_do_not_agree_are_not_believed() {
        let lines = |standard, other| [("forwarded", standard), ("x-forwarded-for", other)];
        let forged = lines("for=198.51.100.1", "192.0.2.7");
        assert_eq!(client("127.0.0.1", &forged), "127.0.0.1");
        let agreed = lines("for=\"192.0.2.7:80\"", "198.51.100.1, 192.0.2.7");
        assert_eq!(client("127.0.0.1", &agreed), "192.0.2.7");
    }

    #[test]
    fn what_is_no_network_is_named() {
        for bad in ["10.0.0.0/33", "proxy.example", "10.0.0.0/8 127.0.0.1"] {
            assert_eq!(bad.parse::<TrustedProxies>(), Err(NotANetwork(bad.to_owned())));
        }
        assert_eq!("".parse(), Ok(TrustedProxies::default()));
    }

    proptest! {
        #[test]
        fn whatever_a_client_sends_the_proxys_own_entry_is_taken(
            sent in prop::collection::vec(any::<u8>(), 0..200),
            is_standard: bool,
            in_a_line_of_its_own: bool,
        ) {
            let Ok(sent) = HeaderValue::from_bytes(&sent) else { return Ok(()) };
            let (name, own) = if is_standard {
                (header::FORWARDED, "for=192.0.2.7;proto=http")
            } else {
                (X_FORWARDED_FOR, "192.0.2.7")
            };
            let mut headers = HeaderMap::new();
            if in_a_line_of_its_own {
                headers.append(name.clone(), sent);
                headers.append(name, HeaderValue::from_static(own));
            } else if let Ok(sent) = sent.to_str() {
                headers.append(name, HeaderValue::from_str(&format!("{sent}, {own}")).unwrap());
            } else {
                return Ok(());
            }
            let client = proxies().client([127, 0, 0, 1].into(), &headers);
            prop_assert_eq!(client, IpAddr::from([192, 0, 2, 7]));
        }

        #[test]
        fn nothing_that_can_be_sent_makes_it_panic(
            lines in prop::collection::vec((any::<bool>(), ".{0,80}"), 0..4),
        ) {
            let mut headers = HeaderMap::new();
            for (is_standard, line) in lines {
                let name = if is_standard { header::FORWARDED } else { X_FORWARDED_FOR };
                if let Ok(value) = HeaderValue::from_bytes(line.as_bytes()) {
                    headers.append(name, value);
                }
            }
            let client = proxies().client([127, 0, 0, 1].into(), &headers);
            prop_assert_eq!(client, client.to_canonical());
        }
    }
}
