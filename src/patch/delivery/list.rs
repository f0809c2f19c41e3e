//! Entries in the lists of a container or Pod.

use serde_json::{Value, json};

use crate::kubernetes::Pointer;
use crate::patch::edit::{self, TreeError};

/// Inserts into a list, at its end where it is shorter; makes the list where there is none.
pub(crate) fn insert(object: &mut Value, list: &Pointer, index: usize, value: Value) -> Result<(), TreeError> {
    match object.pointer_mut(list.as_str()).and_then(Value::as_array_mut) {
        Some(items) => {
            items.insert(index.min(items.len()), value);
            Ok(())
        }
        None => edit::set(object, list, json!([value])).map(drop),
    }
}
