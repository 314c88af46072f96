//! Who uses the servers: viewers, organisers, and those who follow events. What they ask and are
//! told is written down as it is, and put into a history's words when the round is over: only then
//! is it known which number a seat has that was brought in.

mod ask;
mod call;
mod notes;
mod organiser;
mod reply;
mod viewer;
mod watcher;
mod words;
mod world;

pub(crate) use self::ask::{Ask, place};
pub(crate) use self::call::fetch;
pub(crate) use self::notes::{Item, Notes, RawCall, RawFrame};
pub(crate) use self::organiser::organise;
pub(crate) use self::reply::Reply;
pub(crate) use self::viewer::buy;
pub(crate) use self::watcher::follow;
pub(crate) use self::world::{Event, Person, Phase, World};
