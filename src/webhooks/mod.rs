//! Webhooks: other servers are told what happens, in the format of standard-webhooks.
//!
//! They are told from the change log, each webhook at a position of its own in each event. The
//! position is in the database and moves when a message has arrived: so a message is told at least
//! once, whatever server ends when, and in the order of the event's revisions. What is told again
//! has the id that it had before.
//!
//! Of all servers on a database one tells them: who has the `lease`. It looks at what was said to
//! have changed (the feed's wake-ups), and once a second without being told. A webhook for which
//! there is something gets a `lane`, a task of its own: one message is under way to it at a time.
//! A lane ends when everything was told once, or an attempt has failed. When the next is due is in
//! the database too.
//!
//! Bookings have nothing to do with any of this: no statement of theirs knows webhooks. What is
//! asked of the database goes over a single connection at a time, of those for upkeep.
//!
//! Deliberately absent: messages in a table. The log has them all; where it was pruned before
//! somebody was told, that is told instead.

mod client;
mod counts;
mod deliver;
mod lane;
mod lease;
mod message;
mod runs;
mod sender;

pub use self::sender::WebhookSender;
