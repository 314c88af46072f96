//! The transport: GraphQL over HTTP, WebSocket and server-sent events, health, and the pages for
//! people.
//!
//! Deliberately ours where the stock transport of async-graphql falls short (mutations over GET,
//! missing close codes, no limits); its WebSocket serves only the older protocol that some Apollo
//! clients still speak.

mod admission;
mod answers;
mod app;
mod arriving;
mod assets;
mod body;
mod cacheable;
mod caller_origin;
mod client;
mod client_io;
mod coding;
mod document_cache;
mod encoded;
mod entity_tag;
mod event_writer;
mod frame_counts;
mod graphql;
mod health;
mod host_gate;
mod http_error;
mod json_nesting;
mod kept_plans;
mod large_answers;
mod long_lived;
mod media;
mod observed;
mod operation;
mod origin;
mod origin_gate;
mod paced_io;
mod pages;
mod pressing;
mod public_url;
mod rate_limited;
mod request;
mod request_error;
mod request_lines;
mod seldom;
mod serve;
mod service;
mod shared_answers;
mod shared_work;
mod spelled_io;
mod sse;
mod told_cost;
mod trusted_proxies;
mod websocket;
mod written;

pub use self::answers::Answers;
pub use self::app::{App, AppState};
pub use self::arriving::Arriving;
pub use self::document_cache::DocumentCache;
pub use self::frame_counts::FrameCounts;
pub use self::host_gate::HostGate;
pub use self::origin::{AllowedOrigins, NotAnOrigin};
pub use self::origin_gate::OriginGate;
pub use self::public_url::{NotAPublicUrl, PublicUrl, PublicUrls};
pub use self::request::MAX_REQUEST_BYTES;
pub use self::request_lines::RequestLines;
pub use self::serve::{Door, listen, serve};
pub use self::service::Service;
pub use self::shared_answers::SharedAnswers;
pub use self::trusted_proxies::{NotANetwork, TrustedProxies};
pub use self::websocket::{ClientMessage, FrameReader, Incoming, Violation};
