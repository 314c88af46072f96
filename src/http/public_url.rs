//! Where people find this server, if that is not where it listens.

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
