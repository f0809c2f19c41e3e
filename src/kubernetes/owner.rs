//! Who made an object, and would make it again.

use serde_json::Value;

use super::object::ObjectRef;

/// Whether an object belongs to a controller, which would only make it again.
pub(crate) fn has_controller(object: &Value) -> bool {
    controller(object).is_some()
}

/// The controller that an object belongs to, in the object's own namespace.
pub(crate) fn controller(object: &Value) -> Option<ObjectRef> {
    let owners = object.pointer("/metadata/ownerReferences").and_then(Value::as_array);
    let owner = owners.into_iter().flatten().find(|owner| owner.get("controller") == Some(&Value::Bool(true)))?;
    let text = |field: &str| owner.get(field).and_then(Value::as_str).unwrap_or_default();
    let namespace = object.pointer("/metadata/namespace").and_then(Value::as_str).unwrap_or_default();
    Some(ObjectRef::new(text("apiVersion"), text("kind"), namespace, text("name")))
}
