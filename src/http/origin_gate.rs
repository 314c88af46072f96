//! Whether a page is one of our own, or on the list; and what the operator is told if it is
//! neither.

use axum::http::{HeaderMap, HeaderName, HeaderValue, header};

use super::origin::AllowedOrigins;
use super::public_url::PublicUrls;
use super::seldom::Seldom;

/// What proxies call the host that the client asked for.
const FORWARDED_HOST: HeaderName = HeaderName::from_static("x-forwarded-host");

/// What browsers say of a request themselves; no page can.
const SEC_FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");

/// See the module's documentation.
#[derive(Debug)]
pub struct OriginGate {
    allowed: AllowedOrigins,
    public_url: Option<PublicUrls>,
    told: Seldom,
}

impl OriginGate {
    /// Lets pages of these origins in, and those of the server's own, which is at these addresses
    /// from outside.
    pub fn new(allowed: AllowedOrigins, public_url: Option<PublicUrls>) -> Self {
        Self { allowed, public_url, told: Seldom::default() }
    }

    /// Whether a page of this origin may use the server.
    pub(super) fn admits(&self, origin: &str, request: &HeaderMap) -> bool {
        self.is_own(origin, request) || self.allowed.has(origin)
    }

    /// Whether pages may use the server that do not say of which origin they are: only if all may.
    pub(super) fn admits_nameless(&self) -> bool {
        self.allowed == AllowedOrigins::Any
    }

    /// Whether the browser says that a page of another origin has made it send this request.
    /// Another host of the same site is another origin.
    pub(super) fn is_foreign(request: &HeaderMap) -> bool {
        text(request, &SEC_FETCH_SITE).is_some_and(|site| !["same-origin", "none"].contains(&site))
    }

    /// Whether the server itself has served a page of this origin. A page cannot set what is
    /// compared, but for a header that it would have to ask for in a preflight.
    fn is_own(&self, origin: &str, request: &HeaderMap) -> bool {
        let is_same = |host: &str| is_host_of(origin, host);
        text(request, &header::HOST).is_some_and(is_same)
            || forwarded_host(request).is_some_and(is_same)
            || text(request, &SEC_FETCH_SITE) == Some("same-origin")
            || self.public_url.as_ref().is_some_and(|urls| urls.have_origin(origin))
    }

    /// Tells the operator, who may have meant to let the page in.
    pub(super) fn tell(&self, origin: Option<&HeaderValue>, request: &HeaderMap) {
        if !self.told.is_due() {
            return;
        }
        tracing::warn!(
            origin = origin.map(tracing::field::debug),
            site = text(request, &SEC_FETCH_SITE),
            host = text(request, &header::HOST),
            forwarded_host = forwarded_host(request),
            public_url = self.public_url.as_ref().map(tracing::field::display),
            allowed_origins = %self.allowed,
            "a page was kept out, since its origin is not this server's; if it is yours, name it \
                in ARENA_ALLOWED_ORIGINS, or set ARENA_PUBLIC_URL if a proxy hides the host"
        );
    }
}

/// Whether a host is that of an origin. Whether TLS ends before us is not known here, so that the
/// schemes are not compared; but the scheme's own port may be there or not.
fn is_host_of(origin: &str, host: &str) -> bool {
    let Some((scheme, authority)) = origin.split_once("://") else { return false };
    let own_port = match scheme {
        "http" => ":80",
        "https" => ":443",
        _ => "",
    };
    let host = host.strip_suffix(own_port).unwrap_or(host);
    !host.is_empty() && authority.eq_ignore_ascii_case(host)
}

/// The first of the hosts, which is what the client asked the first proxy for.
fn forwarded_host(request: &HeaderMap) -> Option<&str> {
    text(request, &FORWARDED_HOST)?.split(',').next().map(str::trim)
}

fn text<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Option<&'a str> {
    headers.get(name).and_then(|value| value.to_str().ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn admits(gate: &OriginGate, origin: &str, headers: &[(HeaderName, &str)]) -> bool {
        let headers = headers.iter().map(|(name, value)| (name.clone(), value.parse().unwrap()));
        gate.admits(origin, &headers.collect())
    }

    #[test]
    fn a_page_is_our_own_if_its_host_is_the_one_that_was_asked_for() {
        let gate = OriginGate::new("".parse().unwrap(), None);
        let host = |host| [(header::HOST, host)];
        for (origin, asked) in [
            ("http://arena.example:8080", "arena.example:8080"),
            ("https://arena.example", "Arena.example"),
            ("https://arena.example", "arena.example:443"),
            ("http://arena.example", "arena.example:80"),
        ] {
            assert!(admits(&gate, origin, &host(asked)), "{origin} at {asked}");
        }
        for (origin, asked) in [
            ("http://arena.example", "arena.example:8080"),
            ("http://arena.example", "arena.example:443"),
            ("http://arena.example.evil", "arena.example"),
            ("arena.example", "arena.example"),
            ("null", "arena.example"),
            ("http://", ""),
        ] {
            assert!(!admits(&gate, origin, &host(asked)), "{origin} at {asked}");
        }
        assert!(!admits(&gate, "http://arena.example", &[]));
    }

    #[test]
    fn a_page_is_our_own_if_a_proxy_a_browser_or_the_settings_say_so() {
        let gate = OriginGate::new("".parse().unwrap(), None);
        let (page, inner) = ("https://shop.example", (header::HOST, "127.0.0.1:8080"));
        for (name, value, is_own) in [
            (FORWARDED_HOST, "shop.example", true),
            (FORWARDED_HOST, "shop.example, inner.example", true),
            (FORWARDED_HOST, "inner.example, shop.example", false),
            (SEC_FETCH_SITE, "same-origin", true),
            (SEC_FETCH_SITE, "same-site", false),
            (SEC_FETCH_SITE, "cross-site", false),
        ] {
            let headers = [inner.clone(), (name, value)];
            assert_eq!(admits(&gate, page, &headers), is_own, "{headers:?}");
        }
        for (site, is_foreign) in
            [("cross-site", true), ("same-site", true), ("same-origin", false), ("none", false)]
        {
            let headers = HeaderMap::from_iter([(SEC_FETCH_SITE, site.parse().unwrap())]);
            assert_eq!(OriginGate::is_foreign(&headers), is_foreign, "{site}");
        }
        assert!(!OriginGate::is_foreign(&HeaderMap::new()), "no browser, or an old one");
        let public = "https://shop.example/arena, http://shop.test".parse().ok();
        let gate = OriginGate::new("".parse().unwrap(), public);
        assert!(admits(&gate, page, std::slice::from_ref(&inner)));
        assert!(admits(&gate, "http://shop.test", std::slice::from_ref(&inner)));
        assert!(
            !admits(&gate, "http://shop.example", std::slice::from_ref(&inner)),
            "another scheme"
        );
        assert!(admits(&gate, "http://127.0.0.1:8080", &[inner]), "and from inside");
    }
}
