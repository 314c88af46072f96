//! What subscribers were sent, beside the log.

mod board;
mod changes;
mod mine;

use super::calls::Facts;
use super::violation::{Findings, Kind, Pointer};
use crate::history::{Frame, StreamItem, StreamKind};

/// Goes through what each subscriber was sent.
pub(super) fn check(facts: &Facts<'_, '_>, findings: &mut Findings) {
    for (&stream, frames) in &facts.history.streams {
        let mut told = Told { findings, stream };
        let subscribed = frames.iter().find_map(|frame| match &frame.item {
            StreamItem::Subscribed(kind) => Some(kind),
            _ => None,
        });
        match subscribed {
            Some(StreamKind::Changes { .. }) => changes::check(facts, frames, &mut told),
            Some(StreamKind::Statuses) => board::check(facts, frames, &mut told),
            Some(StreamKind::Mine { viewer }) => mine::check(facts, frames, viewer, &mut told),
            None => {}
        }
    }
}

/// Writes down what is wrong with a subscriber's frames.
struct Told<'a> {
    findings: &'a mut Findings,
    stream: u32,
}

impl Told<'_> {
    fn add(&mut self, kind: Kind, frame: &Frame, what: &str) {
        let sentence = format!("a subscriber, {} µs into the run, {what}", frame.at);
        self.findings.add(kind, vec![Pointer::Stream(self.stream)], sentence);
    }
}
