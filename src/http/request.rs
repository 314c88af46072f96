//! A GraphQL request, whichever transport brought it, up to the point where it can be executed.

use std::sync::Arc;

use async_graphql::parser::types::OperationType;
use async_graphql::{Request, Response, ServerError, Value as GraphqlValue, Variables};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::admission::Taking;
use super::app::App;
use super::json_nesting;
use super::request_error::{RequestError, malformed};
use super::told_cost::{COST, ToldCost};
use crate::account::Permit;
use crate::graphql::cost::{Cost, within_budget};
use crate::graphql::document::{self, Operation, RootField};
use crate::graphql::error::Code;
use crate::graphql::required::was_told;
use crate::identity::Asker;
use crate::memory::Charge;
use crate::trace::RequestId;

/// The largest request body and the largest WebSocket message, in bytes. A document and 100 seat
/// ids are under 10 KiB; the largest document with each character escaped has six times its size.
pub const MAX_REQUEST_BYTES: usize = 256 * 1024;

/// The largest request body of an ADMIN, who brings seats in: 5,000 of them with 800 bytes each,
/// which is longer than labels are. Sixteen may arrive at a time.
pub(super) const MAX_ADMIN_REQUEST_BYTES: usize = 4 * 1024 * 1024;

/// The parameters of a request, as in GraphQL over HTTP and in the payload of a WebSocket's
/// `subscribe`.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Parameters {
    query: Option<Value>,
    operation_name: Option<Value>,
    variables: Option<GraphqlValue>,
    extensions: Option<Value>,
}

/// A request that can be executed, if it does not cost too much.
pub(super) struct Unweighed {
    request: Request,
    asker: Asker,
    form: Arc<Operation>,
    /// What was found out already.
    made: Cost,
    charge: Charge,
}

/// A request that is executed.
pub(super) struct Prepared {
    pub(super) request: Request,
    pub(super) operation: OperationType,
    /// The most that it costs.
    pub(super) cost: Cost,
    /// What is to be told of that.
    pub(super) told_cost: ToldCost,
    /// What it takes, to be held until it has ended.
    pub(super) charge: Charge,
    /// A subscription's permit, to be held as well.
    pub(super) permit: Permit,
}

impl Unweighed {
    /// What it does.
    pub(super) fn operation(&self) -> OperationType {
        self.form.kind
    }

    /// What it is called where operations are counted.
    pub(super) fn root(&self) -> RootField {
        self.form.root
    }

    /// Who asks.
    pub(super) fn asker(&self) -> &Asker {
        &self.asker
    }

    /// Works out what it costs, and takes that of the asker's share. The one place where an
    /// operation is held against the budget, whichever transport brought it.
    pub(super) async fn weigh(self, app: &App) -> Result<Prepared, RequestError> {
        let cost = match self.form.estimate.fixed() {
            Some(cost) => cost,
            // Apart, since it is large and seldom.
            None => {
                let of = Box::pin(app.costs.of(&self.form.estimate, &self.request.variables));
                of.await.map_err(RequestError::Refused)?
            }
        };
        let cost = match within_budget(cost.plus(self.made)) {
            Ok(cost) => cost,
            Err(fault) => {
                self.count_failure(app)?;
                return Err(RequestError::TooCostly(fault));
            }
        };
        let Self { request, asker, form, charge, .. } = self;
        let starts_session = form.guest_sessions > 0;
        let permit = app.admit(&asker, &Taking { kind: form.kind, cost, starts_session })?;
        let told_cost = ToldCost::of(&request, cost);
        let request = request.data(asker);
        Ok(Prepared { request, operation: form.kind, cost, told_cost, charge, permit })
    }

    /// Takes a point of the asker's share, for what comes to nothing.
    pub(super) fn count_failure(&self, app: &App) -> Result<(), RequestError> {
        Ok(app.count_failure(&self.asker)?)
    }
}

impl Prepared {
    /// Who is asking.
    pub(super) fn asker(&self) -> Option<&Asker> {
        self.request.data.get(&std::any::TypeId::of::<Asker>())?.downcast_ref()
    }
}

impl Parameters {
    /// Reads a body. The mark that some editors and libraries begin a text with is passed over.
    pub(super) fn from_body(body: &[u8]) -> Result<Self, RequestError> {
        const BYTE_ORDER_MARK: &[u8] = "\u{feff}".as_bytes();
        let body = body.strip_prefix(BYTE_ORDER_MARK).unwrap_or(body);
        json_nesting::check(body)?;
        serde_json::from_slice(body).or_else(|_| {
            // Why not? Most bodies are right, and pay nothing for the answer.
            let json =
                serde_json::from_slice(body).map_err(|_| malformed("the body must be JSON"))?;
            Self::from_json(json)
        })
    }

    /// Reads a JSON value.
    pub(super) fn from_json(value: Value) -> Result<Self, RequestError> {
        match value {
            Value::Object(_) => serde_json::from_value(value)
                .map_err(|_| malformed("the request must be a JSON object")),
            Value::Array(_) => {
                Err(malformed("send one operation at a time; lists of operations are not accepted"))
            }
            _ => Err(malformed("the request must be a JSON object with the field `query`")),
        }
    }

    /// Reads the parameters of a GET request.
    pub(super) fn from_query(pairs: Vec<(String, String)>) -> Result<Self, RequestError> {
        fn json<T: DeserializeOwned>(name: &str, text: &str) -> Result<T, RequestError> {
            json_nesting::check(text.as_bytes())?;
            serde_json::from_str(text)
                .map_err(|_| malformed(&format!("the parameter `{name}` must be JSON")))
        }
        let mut parameters = Self::default();
        for (name, text) in pairs {
            match name.as_str() {
                "query" => parameters.query = Some(Value::String(text)),
                "operationName" if !text.is_empty() => {
                    parameters.operation_name = Some(Value::String(text))
                }
                "variables" if !text.is_empty() => {
                    parameters.variables = Some(json("variables", &text)?)
                }
                "extensions" if !text.is_empty() => {
                    parameters.extensions = Some(json("extensions", &text)?)
                }
                _ => {}
            }
        }
        Ok(parameters)
    }

    /// Finds the operation, and adds who is asking.
    pub(super) fn prepare(self, app: &App, asker: Asker) -> Result<Unweighed, RequestError> {
        let query = match self.query {
            Some(Value::String(query)) => query,
            // Automatic persisted queries begin with the hash alone; with the document beside it
            // there is nothing to look up.
            _ if self.extensions.as_ref().is_some_and(|all| all["persistedQuery"].is_object()) => {
                return Err(RequestError::NotPersisted);
            }
            Some(_) => return Err(malformed("`query` must be a string")),
            None => return Err(malformed("the field `query` is missing")),
        };
        let operation_name = match self.operation_name {
            None | Some(Value::Null) => None,
            Some(Value::String(name)) => Some(name),
            Some(_) => return Err(malformed("`operationName` must be a string")),
        };
        let variables = match self.variables {
            None | Some(GraphqlValue::Null) => Variables::default(),
            Some(variables @ GraphqlValue::Object(_)) => Variables::from_value(variables),
            Some(_) => return Err(malformed("`variables` must be an object")),
        };
        let asks_for_cost = match &self.extensions {
            None | Some(Value::Null) => false,
            Some(Value::Object(extensions)) => extensions.get(COST) == Some(&Value::Bool(true)),
            Some(_) => return Err(malformed("`extensions` must be an object")),
        };
        let mut request = Request::new(query).variables(variables);
        request.operation_name = operation_name;
        if asks_for_cost {
            request.extensions.insert(COST.to_owned(), true.into());
        }
        parse(app, asker, request)
    }
}

/// Finds the operation, with the values that its variables have. If there is none, that costs a
/// point.
pub(super) fn parse(
    app: &App,
    asker: Asker,
    mut request: Request,
) -> Result<Unweighed, RequestError> {
    let (prepared, charge) = match find(app, &asker, &mut request) {
        Ok(found) => found,
        Err(refused) => {
            app.count_failure(&asker)?;
            return Err(refused);
        }
    };
    request.variables = prepared.variables;
    request.set_parsed_query(prepared.operation.executable.clone());
    let mut made = Cost::default();
    if let Some(introspected) = prepared.introspected {
        made.nodes = introspected.values();
        request = request.data(introspected);
    }
    Ok(Unweighed { request, asker, form: prepared.operation, made, charge })
}

fn find(
    app: &App,
    asker: &Asker,
    request: &mut Request,
) -> Result<(document::Prepared, Charge), RequestError> {
    let given = std::mem::take(&mut request.variables);
    let name = request.operation_name.as_deref();
    let reading = |text: &str| Ok(app.admit_reading(asker, text)?);
    app.documents.prepare(&request.query, name, given, reading)
}

/// What tells those who report a defect which request it was.
const REQUEST_ID: &str = "requestId";

/// Says of defects of ours in which request they are found.
pub(super) fn name_defects(errors: &mut [ServerError], id: &RequestId) {
    for error in errors {
        if Code::of(error) == Some(Code::Internal)
            && let Some(extensions) = &mut error.extensions
        {
            extensions.set(REQUEST_ID, id.to_string());
        }
    }
}

/// Gives every error a code (those of the library have none), and none a place that does not exist.
/// Defects are given the request's id.
///
/// Below a mutation's field something was done already, and only what is told of it could not be
/// read: no code may say that nothing was done.
pub(super) fn complete_errors(operation: OperationType, response: &mut Response, id: &RequestId) {
    response.errors.retain(|error| !was_told(error));
    for ServerError { extensions, path, locations, .. } in &mut response.errors {
        locations.retain(|at| at.line > 0);
        let extensions = extensions.get_or_insert_default();
        if extensions.get("code").is_none() {
            // Without a path nothing was executed yet; within a field it is an argument that cannot
            // be read.
            let code =
                if path.is_empty() { Code::GraphqlValidationFailed } else { Code::BadUserInput };
            extensions.set("code", code.as_str());
        }
        let is_below = operation == OperationType::Mutation && path.len() > 1;
        if is_below && extensions.get("code") == Some(&Code::Overloaded.as_str().into()) {
            extensions.set("code", Code::Unavailable.as_str());
        }
    }
    name_defects(&mut response.errors, id);
}

/// Whether nothing of the request was executed.
pub(super) fn is_request_error(response: &Response) -> bool {
    response.data == async_graphql::Value::Null
        && !response.errors.is_empty()
        && response.errors.iter().all(|error| error.path.is_empty())
}

/// Whether an operation has no more to say after this response.
pub(super) fn has_failed(operation: OperationType, response: &Response) -> bool {
    match operation {
        OperationType::Subscription => {
            !response.errors.is_empty() && response.data == async_graphql::Value::Null
        }
        OperationType::Query | OperationType::Mutation => is_request_error(response),
    }
}

/// The response as JSON, which has the field `data` only where something was executed. (The library
/// always writes it.)
pub(super) fn to_json(response: &Response) -> serde_json::Result<Vec<u8>> {
    if is_request_error(response) {
        errors_to_json(&response.errors)
    } else {
        serde_json::to_vec(response)
    }
}

/// The response to what was not executed, as JSON.
pub(super) fn errors_to_json(errors: &[ServerError]) -> serde_json::Result<Vec<u8>> {
    #[derive(Serialize)]
    struct RequestErrors<'a> {
        errors: &'a [ServerError],
    }
    serde_json::to_vec(&RequestErrors { errors })
}

#[cfg(test)]
mod tests {
    use async_graphql::{PathSegment, Response, ServerError};

    use super::{Code, OperationType, complete_errors};

    /// A reservation was committed and answered with OVERLOADED, since the prices of its seats
    /// could not be read: "nothing was done".
    #[test]
    fn what_cannot_be_read_after_a_mutation_does_not_say_that_nothing_was_done() {
        let code = |operation, path: &[&str]| {
            let mut error = ServerError::new("too many reads are waiting", None);
            error.path = path.iter().map(|name| PathSegment::Field((*name).to_owned())).collect();
            let extensions = error.extensions.get_or_insert_default();
            extensions.set("code", Code::Overloaded.as_str());
            let mut response = Response::from_errors(vec![error]);
            complete_errors(operation, &mut response);
            let code = response.errors[0].extensions.as_ref().unwrap().get("code").cloned();
            code.unwrap().into_json().unwrap()
        };
        let below = ["reserveSeats", "seats", "ticketTypes"];
        assert_eq!(code(OperationType::Mutation, &below), "UNAVAILABLE");
        assert_eq!(code(OperationType::Mutation, &below[..1]), "OVERLOADED", "by the desk");
        assert_eq!(code(OperationType::Query, &below), "OVERLOADED");
    }
}
