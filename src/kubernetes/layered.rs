//! An inventory in which one object is another, or is not there: what a review would change is laid over what there is.

use std::sync::Arc;

use serde_json::Value;

use super::inventory::{Inventory, Seen};
use super::lookup::Lookup;
use super::object::ObjectRef;

/// An inventory with one object laid over it.
#[derive(Clone)]
pub struct Layered<'a> {
    below: &'a dyn Inventory,
    name: Lookup,
    object: Option<Arc<Value>>,
}

impl<'a> Layered<'a> {
    /// With this object in place of the one of its name.
    #[must_use]
    pub fn with(below: &'a dyn Inventory, object: Arc<Value>) -> Self {
        Self { below, name: Lookup::Object(ObjectRef::of(&object)), object: Some(object) }
    }

    /// Without the object of this name.
    #[must_use]
    pub fn without(below: &'a dyn Inventory, name: ObjectRef) -> Self {
        Self { below, name: Lookup::Object(name), object: None }
    }
}

impl Inventory for Layered<'_> {
    fn look(&self, lookup: &Lookup) -> Seen<&[Arc<Value>]> {
        if *lookup != self.name {
            return self.below.look(lookup);
        }
        match &self.object {
            Some(object) => Seen::Found(std::slice::from_ref(object)),
            None => Seen::Absent,
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::kubernetes::snapshot::Snapshot;

    #[test]
    fn one_object_is_another_or_is_not_there() {
        let config_map = |text: &str| {
            let metadata = json!({"namespace": "shop", "name": "conf"});
            Arc::new(json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": {"a": text}}))
        };
        let below = Snapshot::complete([&config_map("old")]);
        let text = |inventory: &dyn Inventory| {
            inventory.config_map("shop", "conf").found().map(|found| found["data"]["a"].clone())
        };
        assert_eq!(text(&Layered::with(&below, config_map("new"))), Some(json!("new")));
        assert_eq!(text(&Layered::without(&below, ObjectRef::new("v1", "ConfigMap", "shop", "conf"))), None);
        assert_eq!(text(&Layered::without(&below, ObjectRef::new("v1", "ConfigMap", "shop", "x"))), Some(json!("old")));
    }
}
