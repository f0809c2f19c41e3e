//! What a request brings along that its object's own mark calls ours, and the stored object's mark does not: our patch of
//! a moment ago, where another mutating webhook followed and the API server asks again, or what somebody copied.

use serde_json::Value;

use super::mark::{Key, Mark};
use super::owned::{delivered, directive, still_owned};
use crate::patch::container_path;
use crate::patch::delivery::overlay;
use crate::patch::edit;

/// A request's object as it was before what it brings along was written into it.
#[derive(Debug)]
pub struct WithoutBrought {
    /// The object.
    pub object: Value,
    /// What was taken out.
    pub keys: Vec<Key>,
}

/// Takes out of a received object what it brings along; nothing where there is nothing of the kind.
#[must_use]
pub fn take_out_brought(received: &Value, stored: &Value) -> Option<WithoutBrought> {
    let owned = still_owned(received);
    let known = Mark::of(stored);
    let mut brought = owned.clone();
    brought.entries.retain(|key, entry| known.entries.get(key) != Some(entry));
    if brought.entries.is_empty() {
        return None;
    }
    let mut object = received.clone();
    for (key, entry) in &brought.entries {
        if let Some((delivered, directive)) = delivered(&owned, key).zip(directive(key, entry)) {
            delivered.take_out(&mut object, directive, entry.was.as_ref());
            continue;
        }
        let Some(at) = container_path::of_key(&object, key) else { continue };
        match &entry.was {
            // The value stands there: the place can be written.
            Some(was) => drop(edit::set(&mut object, &at, was.clone())),
            None => drop(edit::remove(&mut object, &at)),
        }
    }
    overlay::sweep(&mut object);
    let mut rest = Mark::of(received);
    rest.entries.retain(|key, _| !brought.entries.contains_key(key));
    rest.write(&mut object);
    Some(WithoutBrought { object, keys: brought.entries.into_keys().collect() })
}
