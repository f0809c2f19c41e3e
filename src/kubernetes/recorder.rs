//! An inventory that notes what it was asked for: what a reader has to see.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::sync::Arc;

use serde_json::Value;

use super::inventory::{Inventory, Seen};
use super::lookup::Lookup;

/// Answers as another inventory does, and keeps every question. It is made for one reading and dropped with it.
pub(crate) struct Recorder<'a> {
    inventory: &'a dyn Inventory,
    asked: RefCell<BTreeSet<Lookup>>,
}

impl<'a> Recorder<'a> {
    pub(crate) fn new(inventory: &'a dyn Inventory) -> Self {
        Self { inventory, asked: RefCell::default() }
    }

    /// All that was asked for, sorted, each once.
    pub(crate) fn into_references(self) -> Vec<Lookup> {
        self.asked.into_inner().into_iter().collect()
    }
}

impl Inventory for Recorder<'_> {
    fn look(&self, reference: &Lookup) -> Seen<&[Arc<Value>]> {
        self.asked.borrow_mut().insert(reference.clone());
        self.inventory.look(reference)
    }
}

#[cfg(test)]
mod tests {
    use crate::kubernetes::recorder::Recorder;
    use crate::kubernetes::{Inventory, Lookup, ObjectRef, Snapshot};

    #[test]
    fn every_question_is_kept_once() {
        let snapshot = Snapshot::new();
        let recorder = Recorder::new(&snapshot);
        for name in ["b", "a", "b"] {
            let _ = recorder.config_map("shop", name);
        }
        let asked = |name| Lookup::Object(ObjectRef::new("v1", "ConfigMap", "shop", name));
        assert_eq!(recorder.into_references(), [asked("a"), asked("b")]);
    }
}
