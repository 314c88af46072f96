//! A request as it is followed through the server and beyond it.
//!
//! Each has a [`RequestId`], which is the client's or is made here. It is in the answer's head, in
//! the log's line of the request, and in what clients are told of a defect. What a task does for a
//! request it does within [`within`]: so nobody who logs has to be handed the id.

mod current;
mod request_id;

pub use self::current::{Current, current_id, within};
pub use self::request_id::RequestId;
