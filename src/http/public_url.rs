//! Where people find this server, if that is not where it listens: at one address, or at several.

use std::fmt;
use std::str::FromStr;

use super::origin::normal_origin;

/// The address of the live map from outside: an origin, and a path where the server shares its host
/// with others.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PublicUrl {
    /// As browsers write it.
    pub(super) origin: String,
    /// Empty, or a path that begins with a slash and ends with none.
    pub(super) prefix: String,
}

/// All addresses of this server from outside, at least one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PublicUrls(Vec<PublicUrl>);

/// Why an address is none.
#[derive(Debug, thiserror::Error)]
#[error(
    "{0:?} is not the address of a server; write one such as https://shop.example or \
        https://shop.example/arena"
)]
pub struct NotAPublicUrl(String);

impl FromStr for PublicUrl {
    type Err = NotAPublicUrl;

    fn from_str(text: &str) -> Result<Self, NotAPublicUrl> {
        let bad = || NotAPublicUrl(text.to_owned());
        let (scheme, rest) = text.split_once("://").ok_or_else(bad)?;
        let (authority, path) = rest.split_once('/').unwrap_or((rest, ""));
        let origin = normal_origin(&format!("{scheme}://{authority}")).ok_or_else(bad)?;
        if !origin.starts_with("http://") && !origin.starts_with("https://") {
            return Err(bad());
        }
        let path = path.trim_end_matches('/');
        let is_segment = |segment: &str| {
            !["", ".", ".."].contains(&segment)
                && segment.chars().all(|c| c.is_ascii_alphanumeric() || "-._~".contains(c))
        };
        if !path.is_empty() && !path.split('/').all(is_segment) {
            return Err(bad());
        }
        let prefix = if path.is_empty() { String::new() } else { format!("/{path}") };
        Ok(Self { origin, prefix })
    }
}

impl PublicUrl {
    /// Its host, without a port.
    pub(super) fn host(&self) -> &str {
        let authority = self.origin.split_once("://").map_or("", |(_, authority)| authority);
        without_port(authority)
    }
}

/// A host without its port. The colons of an IPv6 address are in brackets.
pub(super) fn without_port(authority: &str) -> &str {
    match authority.rsplit_once(':') {
        Some((host, port)) if !port.ends_with(']') => host,
        _ => authority,
    }
}

impl FromStr for PublicUrls {
    type Err = NotAPublicUrl;

    /// Reads a list with commas.
    fn from_str(text: &str) -> Result<Self, NotAPublicUrl> {
        let urls = text.split(',').map(|url| url.trim().parse());
        urls.collect::<Result<_, _>>().map(Self)
    }
}

impl PublicUrls {
    /// The address that people are told.
    #[must_use]
    pub fn first(&self) -> Option<&PublicUrl> {
        self.0.first()
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &PublicUrl> {
        self.0.iter()
    }

    /// Whether pages of this origin are the server's own.
    pub(super) fn have_origin(&self, origin: &str) -> bool {
        self.iter().any(|url| url.origin.eq_ignore_ascii_case(origin))
    }
}

impl fmt::Display for PublicUrls {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let urls: Vec<String> = self.iter().map(ToString::to_string).collect();
        f.write_str(&urls.join(", "))
    }
}

/// The address of the map.
impl fmt::Display for PublicUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}/", self.origin, self.prefix)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn several_addresses_have_commas_between_them_and_the_first_is_what_people_are_told() {
        let urls: PublicUrls = "https://shop.example/arena, http://[::1]:8080".parse().unwrap();
        assert_eq!(urls.to_string(), "https://shop.example/arena/, http://[::1]:8080/");
        assert_eq!(urls.first().unwrap().to_string(), "https://shop.example/arena/");
        assert_eq!(urls.iter().map(PublicUrl::host).collect::<Vec<_>>(), ["shop.example", "[::1]"]);
        for bad in ["", "https://shop.example,", "https://shop.example, shop.test"] {
            assert!(bad.parse::<PublicUrls>().is_err(), "{bad:?}");
        }
    }

    #[test]
    fn an_address_is_an_origin_and_perhaps_a_path() {
        for (text, address) in [
            ("https://Shop.example", "https://shop.example/"),
            ("https://shop.example:443/", "https://shop.example/"),
            ("http://shop.example:8080/arena", "http://shop.example:8080/arena/"),
            ("https://shop.example/a-b/c_1.d/", "https://shop.example/a-b/c_1.d/"),
        ] {
            let address_read = text.parse::<PublicUrl>().map(|url| url.to_string());
            assert_eq!(address_read.unwrap(), address, "{text}");
        }
        for bad in [
            "shop.example",
            "/arena",
            "ws://shop.example",
            "https://",
            "https://shop.example//arena",
            "https://shop.example/../arena",
            "https://shop.example/arena?a=b",
            "https://shop.example/arena#map",
            "https://shop.example/a b",
        ] {
            assert!(bad.parse::<PublicUrl>().unwrap_err().to_string().contains(bad), "{bad}");
        }
    }
}
