//! From what was sent and received to a history's words.

mod frames;
mod names;
mod outcome;

pub(crate) use self::names::{Names, order_id};

use torture::history::{Call, History};

use crate::load::{Event, RawCall, RawFrame};

/// Puts calls and frames into a history.
pub(crate) fn add(
    history: &mut History,
    (calls, raw_frames): (Vec<RawCall>, Vec<RawFrame>),
    names: &Names,
    events: &[Event],
) {
    for (number, call) in calls.into_iter().enumerate() {
        history.calls.push(Call {
            id: u64::try_from(number).unwrap_or(u64::MAX),
            client: call.client,
            server: Some(call.server),
            event: call.event.map(|event| events[event].number),
            command: call.ask.command(names),
            outcome: outcome::outcome(&call, names),
            viewer: call.viewer,
            start: call.start,
            end: call.end,
        });
    }
    for frame in raw_frames {
        let event = events[frame.event].number;
        history.frames.push(frames::frame(frame, event, names));
    }
}
