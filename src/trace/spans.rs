//! Spans: what a request took, and what the parts of it took.
//!
//! A [`Traced`] is what parts of a request are told of after it: they begin spans under it. Where a
//! request is not traced there is none, and nothing is done for it.

use std::borrow::Cow;
use std::time::Duration;

use hyper::HeaderMap;
use opentelemetry::propagation::TextMapPropagator as _;
use opentelemetry::trace::{
    Link, Span as _, SpanBuilder, SpanContext, SpanKind, Status, TraceContextExt as _, Tracer as _,
};
use opentelemetry::{Context, KeyValue, time};
use opentelemetry_http::HeaderExtractor;
use opentelemetry_sdk::propagation::TraceContextPropagator;
use opentelemetry_sdk::trace::{SdkTracer, Span};

/// Requests that a span is linked to at most, of those that share a transaction: as many as the SDK
/// keeps.
const MOST_LINKS: usize = 128;

/// Begins the spans of requests. Copies share everything.
#[derive(Clone, Debug)]
pub struct Tracing(pub(super) SdkTracer);

/// A span that has begun, and ends when it is dropped.
#[derive(Debug)]
pub struct OpenSpan {
    span: Span,
    traced: Traced,
}

/// The span under which others begin. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Traced {
    tracer: SdkTracer,
    context: SpanContext,
}

impl Tracing {
    /// The span of a request with this head: under the caller's, if the head names it
    /// (`traceparent`). `None` if it is not chosen to be traced.
    pub fn begin(&self, name: &'static str, head: &HeaderMap) -> Option<OpenSpan> {
        let propagator = TraceContextPropagator::new();
        let caller = propagator.extract_with_context(&Context::new(), &HeaderExtractor(head));
        OpenSpan::begin(&self.0, SpanBuilder::from_name(name).with_kind(SpanKind::Server), &caller)
    }
}

impl OpenSpan {
    fn begin(tracer: &SdkTracer, builder: SpanBuilder, parent: &Context) -> Option<Self> {
        let span = tracer.build_with_context(builder, parent);
        let context = span.span_context().clone();
        let traced = Traced { tracer: tracer.clone(), context };
        traced.context.is_sampled().then_some(Self { span, traced })
    }

    /// For what is done under it.
    pub fn traced(&self) -> &Traced {
        &self.traced
    }

    /// It is called otherwise.
    pub fn rename(&mut self, name: String) {
        self.span.update_name(name);
    }

    /// What is to be known of it.
    pub fn set(&mut self, key: &'static str, value: impl Into<opentelemetry::Value>) {
        self.span.set_attribute(KeyValue::new(key, value));
    }

    /// It has failed.
    pub fn fail(&mut self, why: impl Into<Cow<'static, str>>) {
        self.span.set_status(Status::error(why));
    }
}

impl Traced {
    /// A part of it, which begins now.
    pub fn begin(&self, name: &'static str) -> Option<OpenSpan> {
        OpenSpan::begin(&self.tracer, SpanBuilder::from_name(name), &self.parent())
    }

    /// A part of it that others share.
    pub fn begin_shared<'a>(
        &self,
        name: &'static str,
        others: impl Iterator<Item = &'a Self>,
    ) -> Option<OpenSpan> {
        let links = others.take(MOST_LINKS);
        let links = links.map(|other| Link::with_context(other.context.clone())).collect();
        let builder = SpanBuilder::from_name(name).with_links(links);
        OpenSpan::begin(&self.tracer, builder, &self.parent())
    }

    /// A statement of SQL that has just been carried out.
    pub fn note_statement(&self, sql: &str, took: Duration, has_failed: bool) {
        let now = time::now();
        let verb = sql.split_ascii_whitespace().next().unwrap_or("SQL").to_owned();
        let builder = SpanBuilder::from_name(verb)
            .with_kind(SpanKind::Client)
            .with_start_time(now.checked_sub(took).unwrap_or(now))
            .with_attributes([
                KeyValue::new("db.system.name", "postgresql"),
                KeyValue::new("db.query.text", sql.to_owned()),
            ]);
        let mut span = self.tracer.build_with_context(builder, &self.parent());
        if has_failed {
            span.set_status(Status::error("the statement failed"));
        }
        span.end_with_timestamp(now);
    }

    fn parent(&self) -> Context {
        Context::new().with_remote_span_context(self.context.clone())
    }
}
