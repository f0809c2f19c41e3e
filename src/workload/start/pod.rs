//! The Pod template that containers are read from, with the objects around it.

use serde_json::Value;

use crate::kubernetes::{Inventory, Lookup, ObjectRef, Pointer, Seen, list, text};

/// A Pod template and its surroundings: what all its containers share.
pub(crate) struct Pod<'a> {
    /// The object that holds the template.
    pub(crate) object: &'a Value,
    pub(crate) namespace: &'a str,
    pub(crate) template: &'a Value,
    /// Where the template stands in the object.
    pub(crate) template_at: Pointer,
    /// The volumes of the template, by name.
    pub(crate) volumes: Vec<(&'a str, &'a Value)>,
    /// The objects around it. Whatever is looked up here is something that the model needs.
    pub(crate) inventory: &'a dyn Inventory,
    /// The same objects, for what counts only where it is there for another reason: the model does not need it.
    pub(crate) beside: &'a dyn Inventory,
}

impl<'a> Pod<'a> {
    /// The volumes of a template, by name.
    pub(crate) fn volumes_of(template: &'a Value) -> Vec<(&'a str, &'a Value)> {
        list(template, "/spec/volumes").iter().map(|volume| (text(volume, "/name"), volume)).collect()
    }

    /// The volume of this name.
    pub(crate) fn volume(&self, name: &str) -> Option<&'a Value> {
        self.volumes.iter().find(|(volume, _)| *volume == name).map(|(_, volume)| *volume)
    }

    /// Whether a claim template of a StatefulSet has this name: it wins over a volume.
    pub(crate) fn has_claim_template(&self, name: &str) -> bool {
        list(self.object, "/spec/volumeClaimTemplates").iter().any(|template| text(template, "/metadata/name") == name)
    }

    /// What a ConfigMap of its namespace is called.
    pub(crate) fn config_map_ref(&self, name: &str) -> ObjectRef {
        ObjectRef::new("v1", "ConfigMap", self.namespace, name)
    }

    /// A ConfigMap of its namespace.
    pub(crate) fn config_map(&self, name: &str) -> Seen<&'a Value> {
        self.inventory.first(&Lookup::Object(self.config_map_ref(name)))
    }
}
