//! Which values in a mark still stand in an object.

use serde_json::Value;

use super::mark::{Entry, Key, Mark, same};
use crate::patch::container_path;
use crate::patch::delivery::delivered::Delivered;
use crate::patch::delivery::directive::Directive;
use crate::patch::delivery::path::DeliveryPath;

/// The entries of an object's mark that it still holds.
#[must_use]
pub fn still_owned(object: &Value) -> Mark {
    let mark = Mark::of(object);
    let held = mark.entries.iter().filter(|(key, _)| holds(object, &mark, key));
    Mark { entries: held.map(|(key, entry)| (key.clone(), entry.clone())).collect() }
}

/// Whether an object holds what an entry of this mark has set.
pub(crate) fn holds(object: &Value, mark: &Mark, key: &Key) -> bool {
    let Some(entry) = mark.entries.get(key) else { return false };
    if entry.via.is_none() {
        return value_of(object, key).is_some_and(|value| same(value, &entry.set));
    }
    let delivered = delivered(mark, key).zip(directive(key, entry));
    delivered.is_some_and(|(delivered, directive)| delivered.holds(object, directive))
}

/// All directives of ours that reach the same container by the same path as this one; nothing for another value.
pub(crate) fn delivered<'m>(mark: &'m Mark, key: &'m Key) -> Option<Delivered<'m>> {
    let via = mark.entries.get(key)?.via.as_deref()?;
    let mut directives = Vec::new();
    for (other, entry) in &mark.entries {
        if other.container == key.container && entry.via.as_deref() == Some(via) {
            directives.extend(directive(other, entry));
        }
    }
    Some(Delivered { container: &key.container, path: DeliveryPath::parse(via)?, directives })
}

/// The directive of an entry.
pub(crate) fn directive<'m>(key: &'m Key, entry: &'m Entry) -> Option<Directive<'m>> {
    Some(Directive { name: &key.path, value: entry.set.as_str()? })
}

/// What stands at the place of a key.
pub(crate) fn value_of<'a>(object: &'a Value, key: &Key) -> Option<&'a Value> {
    container_path::of_key(object, key)?.find(object).filter(|value| !value.is_null())
}
