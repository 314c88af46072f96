//! Who uses the servers: viewers, organisers, and those who follow events. What they ask and are
//! told is written down as it is, and put into a history's words when the round is over: only then
//! is it known which number a seat has that was brought in.

mod ask;
mod call;
mod organiser;
mod viewer;
mod watcher;
mod words;
mod world;

pub(crate) use self::ask::{Ask, place};
pub(crate) use self::call::{Reply, fetch};
pub(crate) use self::organiser::organise;
pub(crate) use self::viewer::buy;
pub(crate) use self::watcher::{Item, follow};
pub(crate) use self::world::{Event, Notes, Person, Phase, RawCall, RawFrame, World};
