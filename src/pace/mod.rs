//! The threads that carry frames, and how often an event has new ones.
//!
//! Purchases never wait for the map. So what carries frames runs on threads of its own, which come
//! after all others in the kernel's eyes ([`FrameThreads`]); and it takes no more of the machine
//! than it may while others wait: what it takes is measured (`readings`), and a frame has a toll
//! by it (`toll`). What the frames of an event's tick cost together is how long it waits for the
//! next: between 33 ms and a second. An event that few follow stays quick beside one that thousands
//! do.
//!
//! Invariants: a tick is not overtaken by the next while frames of it wait for a thread, but for a
//! second at most. Nothing that reads the database is polled on these threads: a connection that
//! was opened there would be served there ever after.
//!
//! Deliberately absent: a timer. Who makes frames asks for the time of the next ones, and that is
//! when readings are taken; nobody pays for a pace that nobody follows. Nor is anything known of
//! what PostgreSQL waits for, which is another process: what frames may take while anybody waits is
//! little for its sake.

mod readings;
mod threads;
mod toll;

pub use self::threads::FrameThreads;
pub use self::toll::{QUICKEST, SLOWEST};
