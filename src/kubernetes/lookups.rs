//! Where a review's look-ups go: the trait, and one that answers from objects in memory (for `try` and for tests).
//!
//! A look-up never fails: what could not be seen is [`Seen::Unknown`], with what it would take. Bounding it in time is
//! the caller's business.

use std::collections::BTreeMap;
use std::pin::Pin;
use std::sync::{Arc, PoisonError, RwLock};

use serde_json::Value;

use super::inventory::Seen;
use super::lookup::Lookup;
use super::object::ObjectRef;

/// A look-up under way.
pub type LookupFuture<'a> = Pin<Box<dyn Future<Output = Seen<Vec<Arc<Value>>>> + Send + 'a>>;

/// Something that can look objects up. Dropping the future ends the look-up.
pub trait Lookups: Send + Sync {
    /// Looks it up, now: an answer is never older than the call.
    fn look(&self, lookup: Lookup) -> LookupFuture<'_>;
}

/// Objects in memory that stand for a cluster: what is not among them is absent.
#[derive(Debug, Default)]
pub struct MemoryLookups {
    objects: RwLock<BTreeMap<ObjectRef, Arc<Value>>>,
}

impl MemoryLookups {
    /// These objects and no others, so far.
    #[must_use]
    pub fn new(objects: Vec<Arc<Value>>) -> Self {
        let named = objects.into_iter().map(|object| (ObjectRef::of(&object), object));
        Self { objects: RwLock::new(named.collect()) }
    }

    /// Stores an object; one of the same name is replaced.
    pub fn put(&self, object: Arc<Value>) {
        let mut objects = self.objects.write().unwrap_or_else(PoisonError::into_inner);
        objects.insert(ObjectRef::of(&object), object);
    }

    fn find(&self, lookup: &Lookup) -> Seen<Vec<Arc<Value>>> {
        let objects = self.objects.read().unwrap_or_else(PoisonError::into_inner);
        let found: Vec<Arc<Value>> = if let Lookup::Object(name) = lookup {
            objects.get(name).map(Arc::clone).into_iter().collect()
        } else {
            let meant = objects.iter().filter(|(name, object)| lookup.means(name, object));
            meant.map(|(_, object)| Arc::clone(object)).collect()
        };
        if found.is_empty() { Seen::Absent } else { Seen::Found(found) }
    }
}

impl Lookups for MemoryLookups {
    fn look(&self, lookup: Lookup) -> LookupFuture<'_> {
        Box::pin(std::future::ready(self.find(&lookup)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kubernetes::kinds::Kind;
    use serde_json::json;

    #[test]
    fn finds_by_name_by_kind_and_by_labels() {
        let pod = json!({"apiVersion": "v1", "kind": "Pod",
            "metadata": {"namespace": "shop", "name": "redis-0", "labels": {"app": "redis", "tier": "x"}}});
        let set =
            json!({"apiVersion": "apps/v1", "kind": "StatefulSet", "metadata": {"namespace": "shop", "name": "redis"}});
        let memory = MemoryLookups::new(vec![Arc::new(pod), Arc::new(set)]);
        let pods = |value: &str| Lookup::Pods("shop".to_owned(), vec![("app".to_owned(), value.to_owned())]);
        assert!(matches!(memory.find(&pods("redis")), Seen::Found(found) if found.len() == 1));
        assert_eq!(memory.find(&pods("valkey")), Seen::Absent);
        for kind in Kind::all() {
            let all = |namespace: &str| memory.find(&Lookup::All(kind, namespace.to_owned())).found();
            let is_there = ["Pod", "StatefulSet"].contains(&kind.name);
            assert_eq!((all("shop").is_some(), all("other")), (is_there, None), "{kind:?}");
        }
        let set = ObjectRef::new("apps/v1", "StatefulSet", "shop", "redis");
        let set = Lookup::Object(set);
        assert!(memory.find(&set).found().is_some());
        let newer = json!({"apiVersion": "apps/v1", "kind": "StatefulSet",
            "metadata": {"namespace": "shop", "name": "redis"}, "spec": {"replicas": 2}});
        memory.put(Arc::new(newer));
        assert_eq!(memory.find(&set).found().unwrap()[0]["spec"]["replicas"], 2);
    }
}
