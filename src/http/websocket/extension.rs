//! The extension permessage-deflate (RFC 7692): which of a client's offers is taken.
//!
//! Each message begins anew in both directions: then what many are sent is compressed once, and no
//! socket has an inflater of its own. What many are sent refers back over the longest window. So an
//! offer that demands a shorter one of the server is passed over.

use axum::http::{HeaderMap, HeaderValue, header};

const NAME: &str = "permessage-deflate";

/// What is said of an offer that is taken.
const AGREED: &str = "permessage-deflate; server_no_context_takeover; client_no_context_takeover";

/// The same of one that demands a window, which is the longest.
const AGREED_WITH_WINDOW: &str = "permessage-deflate; server_no_context_takeover; \
    client_no_context_takeover; server_max_window_bits=15";

/// The answer to the first offer that can be taken; `None` if there is none. What cannot be read
/// offers nothing.
pub(super) fn agree(asked: &HeaderMap) -> Option<HeaderValue> {
    let values = asked.get_all(header::SEC_WEBSOCKET_EXTENSIONS).iter();
    let agreed = values.filter_map(|value| first_good(value.to_str().ok()?));
    agreed.map(HeaderValue::from_static).next()
}

/// The answer to the first good offer of a header.
fn first_good(value: &str) -> Option<&'static str> {
    let mut words = Words(value);
    let mut agreed = None;
    loop {
        let mut offer = (words.token()? == NAME).then(Offer::default);
        while words.take(';') {
            let name = words.token()?;
            let value = if words.take('=') { Some(words.value()?) } else { None };
            offer = offer.and_then(|offer| offer.with(name, value.as_deref()));
        }
        // What cannot be read further on makes nothing of all of it.
        agreed = agreed.or(offer.map(|offer| offer.answer()));
        if !words.take(',') {
            return agreed.filter(|_| words.0.is_empty());
        }
    }
}

/// An offer that can be taken as far as it was read: which parameters were there.
#[derive(Clone, Copy, Default)]
struct Offer {
    server_no_context_takeover: bool,
    client_no_context_takeover: bool,
    server_max_window_bits: bool,
    client_max_window_bits: bool,
}

impl Offer {
    /// With another parameter; `None` if it cannot be taken with that.
    fn with(mut self, name: &str, value: Option<&str>) -> Option<Self> {
        let (seen, is_good) = match name {
            "server_no_context_takeover" => (&mut self.server_no_context_takeover, value.is_none()),
            "client_no_context_takeover" => (&mut self.client_no_context_takeover, value.is_none()),
            "server_max_window_bits" => (&mut self.server_max_window_bits, value == Some("15")),
            // Any is read.
            "client_max_window_bits" => {
                (&mut self.client_max_window_bits, value.is_none_or(is_window))
            }
            _ => return None,
        };
        let is_first = !std::mem::replace(seen, true);
        (is_first && is_good).then_some(self)
    }

    fn answer(self) -> &'static str {
        if self.server_max_window_bits { AGREED_WITH_WINDOW } else { AGREED }
    }
}

fn is_window(bits: &str) -> bool {
    ["8", "9", "10", "11", "12", "13", "14", "15"].contains(&bits)
}

/// What is left of a header's value.
struct Words<'a>(&'a str);

impl<'a> Words<'a> {
    fn skip_spaces(&mut self) {
        self.0 = self.0.trim_start_matches([' ', '\t']);
    }

    /// Takes this, if it comes next.
    fn take(&mut self, separator: char) -> bool {
        self.skip_spaces();
        let rest = self.0.strip_prefix(separator);
        self.0 = rest.unwrap_or(self.0);
        rest.is_some()
    }

    /// Takes a token, as RFC 9110, 5.6.2, says what that is.
    fn token(&mut self) -> Option<&'a str> {
        self.skip_spaces();
        let is_other = |c: char| !c.is_ascii_alphanumeric() && !"!#$%&'*+-.^_`|~".contains(c);
        let (token, rest) = self.0.split_at(self.0.find(is_other).unwrap_or(self.0.len()));
        self.0 = rest;
        (!token.is_empty()).then_some(token)
    }

    /// Takes a parameter's value: a token, which may be in quotes.
    fn value(&mut self) -> Option<String> {
        if !self.take('"') {
            return self.token().map(str::to_owned);
        }
        let mut value = String::new();
        let mut characters = self.0.chars();
        loop {
            match characters.next()? {
                '"' => break,
                '\\' => value.push(characters.next()?),
                other => value.push(other),
            }
        }
        self.0 = characters.as_str();
        Some(value)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_offer_that_can_be_taken_is_and_others_are_passed_over() {
        let good = [
            "permessage-deflate",
            "permessage-deflate; client_max_window_bits",
            "permessage-deflate;client_max_window_bits=8 ; server_no_context_takeover",
            "\tpermessage-deflate ; client_no_context_takeover;client_max_window_bits = \"1\\5\"",
            "x-webkit-deflate-frame, permessage-deflate",
            "other; a=\"b, c; d\"; e, permessage-deflate",
            "permessage-deflate; server_max_window_bits=10, permessage-deflate",
            "permessage-deflate; unknown, permessage-deflate",
            "permessage-deflate, permessage-deflate; server_max_window_bits=15",
        ];
        for offered in good {
            assert_eq!(first_good(offered), Some(AGREED), "{offered}");
        }
        for offered in [
            "permessage-deflate; server_max_window_bits=15",
            "permessage-deflate; server_max_window_bits=\"15\"; client_max_window_bits, \
             permessage-deflate",
            "permessage-deflate; server_max_window_bits=9, permessage-deflate; \
             server_max_window_bits=15",
        ] {
            assert_eq!(first_good(offered), Some(AGREED_WITH_WINDOW), "{offered}");
        }
    }

    #[test]
    fn what_demands_more_or_cannot_be_read_offers_nothing() {
        for offered in [
            "",
            ",",
            "permessage-deflat",
            "Permessage-Deflate",
            "permessage-deflate; server_max_window_bits=14",
            "permessage-deflate; server_max_window_bits",
            "permessage-deflate; server_max_window_bits=015",
            "permessage-deflate; client_max_window_bits=7",
            "permessage-deflate; client_max_window_bits=16",
            "permessage-deflate; client_max_window_bits=",
            "permessage-deflate; client_max_window_bits=\"15",
            "permessage-deflate; client_max_window_bits=\"15\\",
            "permessage-deflate; server_no_context_takeover=1",
            "permessage-deflate; client_no_context_takeover; client_no_context_takeover",
            "permessage-deflate; unknown=1",
            "permessage-deflate;",
            "permessage-deflate permessage-deflate",
            "permessage-deflate, ",
        ] {
            assert_eq!(first_good(offered), None, "{offered}");
        }
    }

    #[test]
    fn offers_may_come_in_several_headers() {
        let mut asked = HeaderMap::new();
        assert!(agree(&asked).is_none());
        for value in ["permessage-deflate; server_max_window_bits=8", "\"", "permessage-deflate"] {
            asked.append(header::SEC_WEBSOCKET_EXTENSIONS, HeaderValue::from_static(value));
        }
        assert_eq!(agree(&asked).unwrap(), AGREED);
    }
}
