//! From the fields of a review to a request for the engine.

use std::sync::Arc;

use memchr::memmem;
use serde_json::Value;

use super::envelope::AdmissionRequest;
use super::envelope_error::EnvelopeError;
use super::policy_review::is_being_deleted;
use crate::engine::{Operation, Request};
use crate::kubernetes::ObjectRef;

/// No object that concerns us is without all of these.
const REDIS_WORDS: [&str; 8] =
    ["redis", "valkey", "keydb", "sentinel", "6379", "maxmemory", "appendonly", "plimsoll.dev"];

/// The request for the engine; nothing where it is certain to pass.
///
/// # Errors
/// When an object of the review can't be read.
pub(crate) fn read_request(request: &AdmissionRequest<'_>) -> Result<Option<Request>, EnvelopeError> {
    let (Some(operation), Some(raw)) = (read_operation(request), request.object) else { return Ok(None) };
    let mentions = |raw: &str| REDIS_WORDS.iter().any(|word| memmem::find(raw.as_bytes(), word.as_bytes()).is_some());
    if !mentions(raw.get()) && !request.old_object.is_some_and(|old| mentions(old.get())) {
        return Ok(None);
    }
    let (Some(object), old) = (request.parse_object()?, request.parse_old_object()?) else { return Ok(None) };
    let is_leaving = is_being_deleted(&object) || old.as_ref().is_some_and(is_being_deleted);
    if operation == Operation::Update && is_leaving {
        return Ok(None);
    }
    let name = match &*request.name {
        "" => ObjectRef::of(&object).name,
        name => name.to_owned(),
    };
    let version = join_api_version(&request.kind.group, &request.kind.version);
    Ok(Some(Request {
        operation,
        subresource: request.sub_resource.as_deref().filter(|name| !name.is_empty()).map(str::to_owned),
        target: ObjectRef::new(&version, &request.kind.kind, &request.namespace, &name),
        object: Arc::new(object),
        old: old.map(Arc::new),
        user: request.user_info.username.to_string(),
    }))
}

/// A scale of a StatefulSet or a Deployment. It holds only a number: the object itself has to be looked up.
pub(crate) struct Scale {
    /// The object that is scaled.
    pub(crate) target: ObjectRef,
    operation: Operation,
    replicas: Value,
    user: String,
}

impl Scale {
    /// The scale of a review; nothing where it is of another kind of object.
    ///
    /// # Errors
    /// When the object of the review can't be read.
    pub(crate) fn read(request: &AdmissionRequest<'_>) -> Result<Option<Self>, EnvelopeError> {
        let kind = match (&*request.resource.group, &*request.resource.resource) {
            ("apps", "statefulsets") => "StatefulSet",
            ("apps", "deployments") => "Deployment",
            _ => return Ok(None),
        };
        let Some(operation) = read_operation(request).filter(|_| !request.name.is_empty()) else { return Ok(None) };
        let Some(scale) = request.parse_object()? else { return Ok(None) };
        let version = join_api_version(&request.resource.group, &request.resource.version);
        Ok(Some(Self {
            target: ObjectRef::new(&version, kind, &request.namespace, &request.name),
            operation,
            replicas: scale.pointer("/spec/replicas").cloned().unwrap_or_else(|| 0.into()), // `spec: {}` is zero.
            user: request.user_info.username.to_string(),
        }))
    }

    /// The request behind the scale: the stored object, with the number of replicas that is wanted.
    pub(crate) fn into_request(self, stored: Arc<Value>) -> Request {
        let mut object = (*stored).clone();
        if let Some(spec) = object.get_mut("spec").and_then(Value::as_object_mut) {
            spec.insert("replicas".to_owned(), self.replicas);
        }
        Request {
            operation: self.operation,
            subresource: Some("scale".to_owned()),
            target: self.target,
            object: Arc::new(object),
            old: Some(stored),
            user: self.user,
        }
    }
}

fn read_operation(request: &AdmissionRequest<'_>) -> Option<Operation> {
    match &*request.operation {
        "CREATE" => Some(Operation::Create),
        "UPDATE" => Some(Operation::Update),
        _ => None,
    }
}

fn join_api_version(group: &str, version: &str) -> String {
    if group.is_empty() { version.to_owned() } else { format!("{group}/{version}") }
}
