//! Operations whose frames are shared by all who ask for the same.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError, Weak};

use async_graphql::parser::types::{ExecutableDocument, Selection};
use async_graphql::{Request, Value, Variables};
use futures_util::FutureExt as _;
use futures_util::stream::StreamExt as _;

use super::delivery::{Delivery, LiveItem};
use super::error::Fault;
use super::operation_key::OperationKey;
use super::schema::ArenaSchema;
use super::subscription::POSITION;
use crate::memory::{Allowance, Charge, Full};

/// What all shared operations take together, in bytes: a crowd shares a few dozen, of 10 KB each.
const SHARED_BYTES: usize = 32 * 1024 * 1024;

/// What an operation asks for, the same for all who ask the same: document, operation and
/// variables, but for the position that each begins with.
#[derive(Debug)]
pub struct SharedOperation {
    number: u64,
    key: Arc<OperationKey>,
    /// Where it is known.
    known: Arc<Known>,
    _charge: Charge,
    query: String,
    document: ExecutableDocument,
    operation_name: Option<String>,
    variables: Variables,
}

impl SharedOperation {
    /// Tells it from all others.
    pub(super) fn number(&self) -> u64 {
        self.number
    }

    /// Has an item executed as this operation asks.
    pub(super) fn render(&self, schema: &ArenaSchema, item: LiveItem) -> Result<Vec<u8>, Fault> {
        let mut request = Request::new(self.query.as_str())
            .variables(self.variables.clone())
            .data(Delivery::Render(item));
        request.operation_name.clone_from(&self.operation_name);
        request.set_parsed_query(self.document.clone());
        // Nothing in a frame is looked up, so that its execution never has to wait.
        let response = schema.execute_stream(request).next().now_or_never().flatten();
        let response = response.ok_or_else(|| Fault::internal("a frame was not made at once"))?;
        if let Some(error) = response.errors.first() {
            return Err(Fault::internal(&error.message));
        }
        serde_json::to_vec(&response).map_err(Fault::internal)
    }
}

impl Drop for SharedOperation {
    fn drop(&mut self) {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        // Another may be known in its place by now.
        if known.get(&self.key).is_some_and(|operation| operation.strong_count() == 0) {
            known.remove(&self.key);
        }
    }
}

/// Operations that somebody asks for, or has just asked for.
type Known = Mutex<HashMap<Arc<OperationKey>, Weak<SharedOperation>>>;

/// The shared operations that somebody asks for at the moment.
#[derive(Debug)]
pub struct SharedOperations {
    known: Arc<Known>,
    next: AtomicU64,
    allowance: Arc<Allowance>,
}

impl Default for SharedOperations {
    fn default() -> Self {
        Self::with_room_for(SHARED_BYTES)
    }
}

impl SharedOperations {
    fn with_room_for(bytes: usize) -> Self {
        let (known, next) = Default::default();
        Self { known, next, allowance: Allowance::new("shared_operations", bytes) }
    }

    /// What bounds them.
    pub fn allowance(&self) -> &Arc<Allowance> {
        &self.allowance
    }

    /// The operation of a request, which is in its normal form and takes so many bytes; shared with
    /// all who ask the same. `None` if it has none.
    ///
    /// # Errors
    ///
    /// If nobody asks the same, and too many different ones are asked already.
    pub fn of(
        &self,
        request: &mut Request,
        bytes: usize,
    ) -> Result<Option<Arc<SharedOperation>>, Full> {
        let mut variables = request.variables.clone();
        let Ok(document) = request.parsed_query() else { return Ok(None) };
        forget_position(&mut variables, document);
        let key = OperationKey::with_variables(request, &variables);
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(operation) = known.get(&key).and_then(Weak::upgrade) {
            return Ok(Some(operation));
        }
        let Ok(document) = request.parsed_query() else { return Ok(None) };
        let document = document.clone();
        let charge = self.allowance.charge(bytes + key.bytes())?;
        let key = Arc::new(key);
        let operation = Arc::new(SharedOperation {
            number: self.next.fetch_add(1, Ordering::Relaxed),
            key: Arc::clone(&key),
            known: Arc::clone(&self.known),
            _charge: charge,
            query: request.query.clone(),
            document,
            operation_name: request.operation_name.clone(),
            variables,
        });
        known.insert(key, Arc::downgrade(&operation));
        Ok(Some(operation))
    }
}

/// Sets the variables that the field at the root passes as its position to the same for all: they
/// say where a stream begins, and nothing about what its frames look like.
fn forget_position(variables: &mut Variables, document: &ExecutableDocument) {
    for (_, operation) in document.operations.iter() {
        for selection in &operation.node.selection_set.node.items {
            let Selection::Field(field) = &selection.node else { continue };
            for (argument, same) in POSITION.into_iter().zip([Value::from(0), Value::from("0")]) {
                // A scalar that is no constant is a variable.
                if let Some(given) = field.node.get_argument(argument)
                    && let Err(variable) = given.node.clone().into_const_with(Err)
                {
                    variables.insert(variable, same);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::graphql::document::DocumentReader;

    /// In its normal form.
    fn request(text: &str, operation: &str, variables: serde_json::Value) -> Request {
        let reader = DocumentReader::new(&crate::graphql::sdl()).unwrap();
        let given = Variables::from_json(variables);
        let document = reader.read(text).unwrap();
        let prepared = reader.operation(&document, Some(operation), given).unwrap();
        let mut request =
            Request::new(text).variables(prepared.variables).operation_name(operation);
        request.set_parsed_query(prepared.operation.executable.clone());
        request
    }

    const TWO: &str = "subscription A($event: ID!, $n: Boolean!) {
            seatChanges(eventId: $event) { __typename ...F @include(if: $n) }
        }
        subscription B($event: ID!, $n: Revision) { ...G }
        fragment F on SeatSnapshot { revision }
        fragment G on Subscription { seatChanges(eventId: $event, since: $n) { __typename } }";

    #[test]
    fn who_asks_the_same_from_another_revision_on_asks_the_same() {
        let operations = SharedOperations::default();
        let of = |n, event| {
            let variables = json!({ "event": event, "n": n });
            operations.of(&mut request(TWO, "B", variables), 1).unwrap().unwrap()
        };
        let first = of(1, "x");
        assert!(Arc::ptr_eq(&first, &of(2, "x")), "since is passed within a fragment");
        assert!(!Arc::ptr_eq(&first, &of(1, "y")), "another event");
    }

    #[test]
    fn a_variable_of_the_same_name_in_a_neighbouring_operation_keeps_its_value() {
        let operations = SharedOperations::default();
        let of = |n| {
            let variables = json!({ "event": "x", "n": n });
            operations.of(&mut request(TWO, "A", variables), 1).unwrap().unwrap()
        };
        let with = of(true);
        assert!(!Arc::ptr_eq(&with, &of(false)), "they ask for different fields");
    }

    #[test]
    fn different_operations_are_counted_while_somebody_asks_for_them_and_refused_beyond_a_bound() {
        let operations = SharedOperations::with_room_for(10_000);
        let of = |event: usize| {
            let variables = json!({ "event": event.to_string(), "n": 1 });
            operations.of(&mut request(TWO, "B", variables), 3_000)
        };
        let asked: Vec<_> = (0..2).map(|event| of(event).unwrap().unwrap()).collect();
        assert!(of(2).is_err());
        assert!(Arc::ptr_eq(&asked[1], &of(1).unwrap().unwrap()), "there is room for the same");
        drop(asked);
        assert_eq!(operations.allowance().used(), 0);
        assert!(operations.known.lock().unwrap().is_empty());
        assert!(of(2).unwrap().is_some());
    }
}
