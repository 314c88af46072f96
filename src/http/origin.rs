//! Origins as browsers write them, and the list of those whose pages may use this server beside its
//! own.

use std::fmt;
use std::str::FromStr;

/// Origins whose pages may use the server, beside its own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AllowedOrigins {
    /// Pages of any origin: viewers are told apart by tokens that no browser sends by itself.
    Any,
    /// Pages of these, each as a browser writes it: `https://shop.example`.
    Only(Vec<String>),
}

/// Why a list of origins is none.
#[derive(Debug, thiserror::Error)]
#[error(
    "{0:?} is not an origin; write a scheme and a host, such as https://shop.example or \
        http://localhost:5173, and nothing after it"
)]
pub struct NotAnOrigin(String);

impl FromStr for AllowedOrigins {
    type Err = NotAnOrigin;

    /// Reads a list with commas; `*` in it stands for any.
    fn from_str(text: &str) -> Result<Self, NotAnOrigin> {
        let mut origins = Vec::new();
        for item in text.split(',').map(str::trim).filter(|item| !item.is_empty()) {
            if item == "*" {
                return Ok(Self::Any);
            }
            origins.push(normal_origin(item).ok_or_else(|| NotAnOrigin(item.to_owned()))?);
        }
        Ok(Self::Only(origins))
    }
}

/// The origin as browsers write it: in lower case, without the scheme's own port.
pub(super) fn normal_origin(text: &str) -> Option<String> {
    let origin = text.to_ascii_lowercase();
    let (scheme, authority) = origin.split_once("://")?;
    let is_scheme = scheme.starts_with(|c: char| c.is_ascii_alphabetic())
        && scheme.chars().all(|c| c.is_ascii_alphanumeric() || "+-.".contains(c));
    let host = match authority.rsplit_once(':') {
        // The colons of an IPv6 address are in brackets.
        Some((host, port)) if !port.ends_with(']') => {
            port.parse::<u16>().ok()?;
            host
        }
        _ => authority,
    };
    let is_host =
        !host.is_empty() && host.chars().all(|c| c.is_ascii_alphanumeric() || "-._[]:".contains(c));
    let own_port = match scheme {
        "http" => ":80",
        "https" => ":443",
        _ => "",
    };
    (is_scheme && is_host).then(|| origin.strip_suffix(own_port).unwrap_or(&origin).to_owned())
}

impl fmt::Display for AllowedOrigins {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Any => f.write_str("*"),
            Self::Only(origins) => f.write_str(&origins.join(", ")),
        }
    }
}

impl AllowedOrigins {
    /// Whether a page of this origin is on the list.
    pub(super) fn has(&self, origin: &str) -> bool {
        match self {
            Self::Any => true,
            Self::Only(origins) => {
                origins.iter().any(|allowed| allowed.eq_ignore_ascii_case(origin))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_of_origins_is_read_as_browsers_write_them_or_refused() {
        let read = |list: &str| list.parse::<AllowedOrigins>();
        let only = |origins: &[&str]| {
            AllowedOrigins::Only(origins.iter().map(|&origin| origin.to_owned()).collect())
        };
        assert_eq!(read("").unwrap(), only(&[]));
        let list = "https://Shop.example:443, \
            http://localhost:5173,http://[::1]:80,capacitor://localhost,";
        let normal = [
            "https://shop.example",
            "http://localhost:5173",
            "http://[::1]",
            "capacitor://localhost",
        ];
        assert_eq!(read(list).unwrap(), only(&normal));
        assert_eq!(read("https://shop.example, *").unwrap(), AllowedOrigins::Any);
        for bad in [
            "shop.example",
            "https://",
            "https://shop.example/",
            "https://a@b",
            "null",
            "https://x:port",
            "://x",
            "https://*.x",
        ] {
            assert!(read(bad).unwrap_err().to_string().contains(bad), "{bad}");
        }
    }

    #[test]
    fn origins_are_compared_whole() {
        let list: AllowedOrigins = "https://shop.example".parse().unwrap();
        assert!(list.has("https://shop.example") && list.has("https://Shop.example"));
        for other in ["https://shop.example.evil", "http://shop.example", "null", "shop.example"] {
            assert!(!list.has(other), "{other}");
        }
        assert!(AllowedOrigins::Any.has("null"));
    }
}
