//! In which media type and which coding the client wants its answer.

use axum::http::{HeaderMap, header};

/// How the client wants the answer.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum MediaType {
    /// `application/graphql-response+json`: the status says whether the request was executed.
    GraphqlResponse,
    /// `application/json`: 200 for every request that could be read.
    Json,
}

impl MediaType {
    pub(super) const fn content_type(self) -> &'static str {
        match self {
            Self::GraphqlResponse => "application/graphql-response+json; charset=utf-8",
            Self::Json => "application/json; charset=utf-8",
        }
    }
}

/// What the client accepts.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Accepted {
    /// In one piece; `None` if neither type is accepted.
    pub(super) media_type: Option<MediaType>,
    /// As a stream of events, which only who names the type wants: `*/*` does not.
    pub(super) event_stream: bool,
}

/// The quality of each type that a header gives, 0 to 1.
#[derive(Default)]
struct Qualities {
    graphql_response: Option<f32>,
    json: Option<f32>,
    any_application: Option<f32>,
    anything: Option<f32>,
    event_stream: Option<f32>,
}

impl Accepted {
    /// Reads the header `Accept`. Without one, or with nothing in it, everything is accepted.
    pub(super) fn read(headers: &HeaderMap) -> Self {
        let mut qualities = Qualities::default();
        let mut is_empty = true;
        for value in headers.get_all(header::ACCEPT) {
            let ranges = value.to_str().unwrap_or("unreadable").split(',').map(str::trim);
            for range in ranges.filter(|range| !range.is_empty()) {
                is_empty = false;
                qualities.add(range);
            }
        }
        if is_empty {
            Self { media_type: Some(MediaType::Json), event_stream: false }
        } else {
            qualities.best()
        }
    }

    /// What an error is written in, whatever is accepted.
    pub(super) fn media_type_or_json(self) -> MediaType {
        self.media_type.unwrap_or(MediaType::Json)
    }
}

impl Qualities {
    fn add(&mut self, range: &str) {
        let mut parts = range.split(';').map(str::trim);
        let essence = parts.next().unwrap_or_default().to_ascii_lowercase();
        let quality = quality_in(parts);
        let slot = match essence.as_str() {
            "application/graphql-response+json" => &mut self.graphql_response,
            "application/json" => &mut self.json,
            "application/*" => &mut self.any_application,
            "*/*" => &mut self.anything,
            "text/event-stream" => &mut self.event_stream,
            _ => return,
        };
        *slot = Some(quality);
    }

    /// The type of the highest quality. Of equals, the newer if the client names it: `*/*` gets the
    /// older, for clients that know of no other.
    fn best(&self) -> Accepted {
        let by_range = self.any_application.or(self.anything);
        let json = self.json.or(by_range).unwrap_or(0.0);
        let newer = self.graphql_response.or(by_range).unwrap_or(0.0);
        let prefers_newer = newer > json || (newer == json && self.graphql_response.is_some());
        let media_type = match (json > 0.0 || newer > 0.0, prefers_newer) {
            (false, _) => None,
            (true, true) => Some(MediaType::GraphqlResponse),
            (true, false) => Some(MediaType::Json),
        };
        Accepted {
            media_type,
            event_stream: self.event_stream.is_some_and(|quality| quality > 0.0),
        }
    }
}

/// The quality that is among an item's parameters; 1 if there is none.
fn quality_in<'a>(mut parameters: impl Iterator<Item = &'a str>) -> f32 {
    let quality = parameters.find_map(|parameter| {
        parameter.strip_prefix("q=").or_else(|| parameter.strip_prefix("Q="))
    });
    // One that cannot be read is no reason to refuse the item.
    quality.map_or(1.0, |text| text.parse().unwrap_or(1.0))
}

/// How much the client likes a coding, 0 to 1. What is not named is as good as `*`, or not
/// accepted; no coding at all is accepted, as the last resort.
pub(super) fn quality_of(asked: &HeaderMap, coding: &str) -> f32 {
    let (mut named, mut others) = (None, None);
    let values =
        asked.get_all(header::ACCEPT_ENCODING).iter().filter_map(|value| value.to_str().ok());
    for item in values.flat_map(|value| value.split(',')) {
        let mut parts = item.split(';').map(str::trim);
        let name = parts.next().unwrap_or_default();
        let quality = quality_in(parts);
        if name.eq_ignore_ascii_case(coding) {
            named = Some(quality);
        } else if name == "*" {
            others = Some(quality);
        }
    }
    named.or(others).unwrap_or(0.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_header_accept_decides() {
        use MediaType::{GraphqlResponse, Json};
        let cases = [
            ("", Some(Json), false),
            ("*/*", Some(Json), false),
            ("application/*", Some(Json), false),
            ("application/json", Some(Json), false),
            ("application/graphql-response+json", Some(GraphqlResponse), false),
            ("Application/GraphQL-Response+JSON; charset=utf-8", Some(GraphqlResponse), false),
            ("application/graphql-response+json, application/json", Some(GraphqlResponse), false),
            ("application/json, application/graphql-response+json", Some(GraphqlResponse), false),
            ("application/json, application/graphql-response+json;q=0.9", Some(Json), false),
            ("application/graphql-response+json, */*;q=0.1", Some(GraphqlResponse), false),
            ("application/json;q=0, */*", Some(GraphqlResponse), false),
            ("text/html", None, false),
            ("application/json;q=0", None, false),
            ("text/event-stream", None, true),
            ("text/event-stream, application/json", Some(Json), true),
            ("text/event-stream;q=0, */*", Some(Json), false),
        ];
        for (accept, media_type, event_stream) in cases {
            let headers = HeaderMap::from_iter([(header::ACCEPT, accept.parse().unwrap())]);
            assert_eq!(
                Accepted::read(&headers),
                Accepted { media_type, event_stream },
                "{accept:?}"
            );
        }
        assert_eq!(Accepted::read(&HeaderMap::new()).media_type, Some(Json));
    }
}
