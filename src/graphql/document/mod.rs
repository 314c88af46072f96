//! Documents as the specification has them: read, validated, and brought into the normal form that
//! is executed.
//!
//! `lexical` bounds a text before anything recursive reads it. `reader` parses it, checks the
//! `limits` and validates it against the schema. What a request executes is an [`Operation`]: one
//! operation of the document in its normal form (`normal_form`). It depends on the text and on what
//! decides `@skip` and `@include` (`conditions`). So it is made once for all requests that agree in
//! that. Values are brought into the types that they are declared to have (`input`, `variables`).
//!
//! What a document asks of the schema itself is answered here (`introspection`).
//!
//! Everything that the executing library leaves to luck is decided here: it gets nothing but fields
//! that are there, each once, with arguments that fit.

mod collect;
mod conditions;
mod error;
mod input;
mod introspection;
mod lexical;
mod limits;
mod literals;
mod merging;
mod normal_form;
mod one_of;
mod operation;
mod reader;
mod root_field;
mod schema;
#[cfg(test)]
mod tests;
mod tokens;
mod variables;
mod weight;

pub use self::error::DocumentError;
pub use self::introspection::{INTROSPECTED, Introspected};
pub use self::lexical::{MAX_DOCUMENT_BYTES, MAX_NESTING};
pub use self::normal_form::Operation;
pub use self::operation::{Document, Prepared};
pub use self::reader::DocumentReader;
pub use self::root_field::RootField;
