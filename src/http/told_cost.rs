//! What an operation costs, in its answer: for those who ask, in the first one of a stream.

use async_graphql::{Request, Response, Value};
use bytes::Bytes;

use crate::graphql::cost::Cost;

/// The field of a request's `extensions` that asks for it, and of an answer's that says it.
pub(super) const COST: &str = "cost";

/// What is still to be told of an operation's cost.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct ToldCost(Option<Cost>);

impl ToldCost {
    /// What is to be told in answers to a request.
    pub(super) fn of(request: &Request, cost: Cost) -> Self {
        let is_asked = request.extensions.get(COST) == Some(&Value::Boolean(true));
        Self(is_asked.then_some(cost))
    }

    /// Whether there is anything to be told.
    pub(super) fn is_due(self) -> bool {
        self.0.is_some()
    }

    /// Tells it, if that is still to be done.
    pub(super) fn tell(&mut self, response: &mut Response) {
        if let Some(cost) = self.0.take() {
            response.extensions.insert(COST.to_owned(), cost.told());
        }
    }

    /// Tells it in an answer that is written already and is shared with others: in a copy.
    pub(super) fn tell_in(&mut self, json: Bytes) -> Bytes {
        // An answer is an object; others' have no extensions.
        match (self.0.take(), json.strip_suffix(b"}")) {
            (Some(Cost { nodes, rows, .. }), Some(open)) => {
                let cost = format!(r#""{COST}":{{"nodes":{nodes},"rows":{rows}}}"#);
                [open, br#","extensions":{"#, cost.as_bytes(), b"}}"].concat().into()
            }
            _ => json,
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn an_answer_that_is_shared_tells_it_once_and_only_to_who_has_asked() {
        let shared = Bytes::from(r#"{"data":{"a":1}}"#);
        let cost = Cost { nodes: 2, rows: 50, commands: 0 };
        let mut asked = Request::new("{ a }");
        assert_eq!(ToldCost::of(&asked, cost).tell_in(shared.clone()), shared);
        asked.extensions.insert(COST.to_owned(), Value::Boolean(true));
        let mut told = ToldCost::of(&asked, cost);
        let first: serde_json::Value =
            serde_json::from_slice(&told.tell_in(shared.clone())).unwrap();
        let expected =
            json!({ "data": { "a": 1 }, "extensions": { "cost": { "nodes": 2, "rows": 50 } } });
        assert_eq!(first, expected);
        assert_eq!(told.tell_in(shared.clone()), shared);
    }
}
