//! What a /mutate saw serves the /validate of the same request, which follows within milliseconds: nothing is looked up
//! twice for one create.
//!
//! It is a hand-over and no cache: what was kept is taken once, by the same request of the same user, and lasts three
//! seconds at most. A /validate that comes to another replica, or late, looks up for itself.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use serde_json::Value;
use tokio::time::Instant;

use crate::engine::{Operation, Request};
use crate::kubernetes::{ObjectRef, Snapshot, json};

/// Between the two hooks lie other webhooks; more than this is no hand-over any more.
const MAX_AGE: Duration = Duration::from_secs(3);
/// Requests under way at once. More of them look up twice.
const MAX_ENTRIES: usize = 256;
/// Bytes of what is kept, all together.
const MAX_BYTES: usize = 16 << 20;
/// Bytes of what is kept of one request: counting more would cost more than it saves.
const MAX_ENTRY_BYTES: usize = 1 << 20;
/// What a JSON value takes besides its text, in bytes.
const NODE_BYTES: usize = 64;

/// One request, at whichever hook.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct RequestKey {
    is_create: bool,
    target: ObjectRef,
    user: String,
    is_dry_run: bool,
    /// The `resourceVersion` of the stored object; empty where there is none.
    old_version: String,
}

impl RequestKey {
    /// The key of a request; nothing where another could have the same: a name is made from `generateName` after /mutate,
    /// and the same user may change a scale at the same moment.
    pub(crate) fn new(request: &Request, is_dry_run: bool) -> Option<Self> {
        let is_named = !read_text(&request.object, "/metadata/name").is_empty();
        let is_generated = !read_text(&request.object, "/metadata/generateName").is_empty();
        if request.subresource.is_some() || !is_named || is_generated {
            return None;
        }
        Some(Self {
            is_create: request.operation == Operation::Create,
            target: request.target.clone(),
            user: request.user.clone(),
            is_dry_run,
            old_version: request
                .old
                .as_ref()
                .map_or(String::new(), |old| read_text(old, "/metadata/resourceVersion").to_owned()),
        })
    }
}

fn read_text<'a>(object: &'a Value, at: &str) -> &'a str {
    json::at(object, at).and_then(Value::as_str).unwrap_or_default()
}

/// What the requests under way have seen.
#[derive(Debug, Default)]
pub(crate) struct Carried {
    entries: Mutex<HashMap<RequestKey, Entry>>,
}

#[derive(Debug)]
struct Entry {
    seen: Snapshot,
    bytes: usize,
    since: Instant,
}

impl Carried {
    /// Keeps what a /mutate saw, in place of what an earlier one of the same request saw. What could not be seen is left
    /// out, and so is what is too large. The oldest make room.
    pub(crate) fn put(&self, key: RequestKey, mut seen: Snapshot, now: Instant) {
        seen.forget_unknown();
        let bytes = bytes_of(&seen);
        let mut entries = self.lock();
        entries.retain(|_, entry| now.duration_since(entry.since) <= MAX_AGE);
        entries.remove(&key);
        let Some(bytes) = bytes.filter(|bytes| *bytes > 0) else { return };
        while entries.len() >= MAX_ENTRIES || sum(&entries) + bytes > MAX_BYTES {
            let Some(oldest) = oldest(&entries) else { break };
            entries.remove(&oldest);
        }
        entries.insert(key, Entry { seen, bytes, since: now });
    }

    /// Takes what the /mutate of this request saw, if it did so a moment ago.
    pub(crate) fn take(&self, key: &RequestKey, now: Instant) -> Option<Snapshot> {
        let entry = self.lock().remove(key)?;
        (now.duration_since(entry.since) <= MAX_AGE).then_some(entry.seen)
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<RequestKey, Entry>> {
        self.entries.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn sum(entries: &HashMap<RequestKey, Entry>) -> usize {
    entries.values().map(|entry| entry.bytes).sum()
}

fn oldest(entries: &HashMap<RequestKey, Entry>) -> Option<RequestKey> {
    entries.iter().min_by_key(|(_, entry)| entry.since).map(|(key, _)| key.clone())
}

/// About how many bytes a snapshot takes; nothing where that is too much for one request.
fn bytes_of(seen: &Snapshot) -> Option<usize> {
    let mut left = MAX_ENTRY_BYTES.checked_sub(seen.len().checked_mul(NODE_BYTES)?)?;
    for object in seen.objects() {
        left = left_after(object, left)?;
    }
    Some(MAX_ENTRY_BYTES - left)
}

/// What is left of so many bytes after a tree; nothing where it takes more.
fn left_after(tree: &Value, left: usize) -> Option<usize> {
    let left = left.checked_sub(NODE_BYTES)?;
    match tree {
        Value::String(text) => left.checked_sub(text.len()),
        Value::Array(list) => list.iter().try_fold(left, |left, value| left_after(value, left)),
        Value::Object(map) => {
            map.iter().try_fold(left, |left, (key, value)| left_after(value, left.checked_sub(NODE_BYTES + key.len())?))
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => Some(left),
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use serde_json::json;

    use super::*;
    use crate::admission::review::Reviewer;
    use crate::engine::Hook;
    use crate::kubernetes::{Inventory as _, Lookup, LookupFuture, Lookups, MemoryLookups, Seen};
    use crate::policy::Policies;

    fn request(name: &str) -> Request {
        let object = json!({
            "apiVersion": "apps/v1", "kind": "StatefulSet", "metadata": {"name": name, "namespace": "shop"},
        });
        Request {
            operation: Operation::Create,
            subresource: None,
            target: ObjectRef::of(&object),
            object: Arc::new(object),
            old: None,
            user: "jane".to_owned(),
        }
    }

    fn key(name: &str) -> RequestKey {
        RequestKey::new(&request(name), false).unwrap()
    }

    fn config_map(bytes: usize) -> Snapshot {
        let metadata = json!({"name": "conf", "namespace": "shop"});
        let object =
            json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": {"a": "x".repeat(bytes)}});
        let mut seen = Snapshot::new();
        seen.insert_object(Arc::new(object));
        seen
    }

    #[test]
    fn what_was_seen_is_taken_once_within_three_seconds() {
        let (carried, now) = (Carried::default(), Instant::now());
        carried.put(key("a"), config_map(1), now);
        assert!(carried.take(&key("b"), now).is_none());
        let seen = carried.take(&key("a"), now + MAX_AGE).unwrap();
        assert!(seen.config_map("shop", "conf").found().is_some());
        assert!(carried.take(&key("a"), now).is_none(), "once");
        carried.put(key("a"), config_map(1), now);
        assert!(carried.take(&key("a"), now + MAX_AGE + Duration::from_millis(1)).is_none(), "late");
    }

    #[test]
    fn a_request_is_known_by_all_that_tells_it_from_another() {
        let same = |change: &dyn Fn(&mut Request)| {
            let mut other = request("a");
            change(&mut other);
            RequestKey::new(&other, false) == Some(key("a"))
        };
        let version = |version: &str| Some(Arc::new(json!({"metadata": {"resourceVersion": version}})));
        assert!(same(&|_| {}));
        assert!(!same(&|request| request.operation = Operation::Update));
        assert!(!same(&|request| request.target.namespace = "other".to_owned()));
        assert!(!same(&|request| request.target.kind = "Deployment".to_owned()));
        assert!(!same(&|request| request.user = "joe".to_owned()));
        assert!(!same(&|request| request.old = version("7")));
        assert_ne!(RequestKey::new(&request("a"), true), RequestKey::new(&request("a"), false));
    }

    #[test]
    fn a_name_that_is_yet_to_be_made_is_no_key() {
        let mut generated = request("a");
        for metadata in [json!({"generateName": "a-"}), json!({"generateName": "a-", "name": "a-x"}), json!({})] {
            generated.object = Arc::new(json!({"metadata": metadata}));
            assert_eq!(RequestKey::new(&generated, false), None);
        }
        let scale = Request { subresource: Some("scale".to_owned()), ..request("a") };
        assert_eq!(RequestKey::new(&scale, false), None);
    }

    #[test]
    fn only_what_was_seen_is_kept() {
        let (carried, now) = (Carried::default(), Instant::now());
        let (gone, unseen) =
            (ObjectRef::new("v1", "Service", "shop", "a"), ObjectRef::new("v1", "Service", "shop", "b"));
        let (gone, unseen) = (Lookup::Object(gone), Lookup::Object(unseen));
        let mut seen = config_map(1);
        seen.insert(gone.clone(), Seen::Absent);
        seen.insert(unseen.clone(), Seen::Unknown("an answer".to_owned()));
        carried.put(key("a"), seen, now);
        let kept = carried.take(&key("a"), now).unwrap();
        assert_eq!((kept.holds(&gone), kept.holds(&unseen)), (true, false));
    }

    #[test]
    fn memory_is_bounded_by_entries_and_bytes() {
        let (carried, now) = (Carried::default(), Instant::now());
        for number in 0..2 * MAX_ENTRIES {
            carried.put(key(&number.to_string()), config_map(100), now);
        }
        assert_eq!(carried.lock().len(), MAX_ENTRIES);
        carried.put(key("large"), config_map(MAX_ENTRY_BYTES), now);
        assert!(carried.take(&key("large"), now).is_none());
        for number in 0..64 {
            let later = now + Duration::from_millis(number);
            carried.put(key(&format!("mid-{number}")), config_map(MAX_ENTRY_BYTES / 2), later);
        }
        let bytes = sum(&carried.lock());
        assert!(bytes <= MAX_BYTES && bytes > MAX_BYTES / 2, "{bytes} bytes");
        assert!(carried.take(&key("mid-63"), now).is_some() && carried.take(&key("mid-0"), now).is_none());
        carried.put(key("next"), config_map(1), now + MAX_AGE * 2);
        assert_eq!(carried.lock().len(), 1, "what is too old goes");
    }

    /// Objects in memory, and which of them were asked for.
    struct Counted {
        objects: MemoryLookups,
        asked: Mutex<Vec<String>>,
    }

    impl Lookups for Arc<Counted> {
        fn look(&self, lookup: Lookup) -> LookupFuture<'_> {
            self.asked.lock().unwrap().push(lookup.needs());
            self.objects.look(lookup)
        }
    }

    /// The bodies of both hooks for the set of a release in the shape of a well-known chart.
    fn review(object: &Value) -> Vec<u8> {
        let kind = json!({"group": "apps", "version": "v1", "kind": "StatefulSet"});
        let request = json!({
            "uid": "u-1", "kind": kind, "name": object["metadata"]["name"], "namespace": "shop", "operation": "CREATE",
            "userInfo": {"username": "jane"}, "object": object, "dryRun": false,
        });
        json!({"apiVersion": "admission.k8s.io/v1", "kind": "AdmissionReview", "request": request})
            .to_string()
            .into_bytes()
    }

    #[tokio::test]
    async fn both_hooks_of_a_create_ask_for_seven_objects() {
        let release = include_str!("../../tests/fixtures/releases/wrapped-sentinel.yaml");
        let mut options = serde_saphyr::Options::default();
        options.legacy_octal_numbers = true;
        let release: Vec<Value> = serde_saphyr::from_multiple_with_options(release, options).unwrap();
        let (sets, around): (Vec<Value>, Vec<Value>) =
            release.into_iter().partition(|object| object["kind"] == "StatefulSet");
        let around = around.into_iter().map(Arc::new).collect();
        let lookups = Arc::new(Counted { objects: MemoryLookups::new(around), asked: Mutex::default() });
        let policies = Policies::profile("production").unwrap();
        let reviewer = Reviewer::new(policies, Arc::new(Arc::clone(&lookups)));
        let budget = Duration::from_mins(1);
        let mutated = reviewer.answer(Hook::Mutate, &review(&sets[0]), budget).await.unwrap();
        assert!(String::from_utf8(mutated).unwrap().contains("JSONPatch"));
        let at_mutation = lookups.asked.lock().unwrap().len();
        reviewer.answer(Hook::Validate, &review(&sets[0]), budget).await.unwrap();
        let mut asked = lookups.asked.lock().unwrap().clone();
        assert_eq!((at_mutation, asked.len()), (6, 7), "{asked:?}");
        asked.sort_unstable();
        asked.dedup();
        assert_eq!(asked.len(), 7, "none twice: {asked:?}");
        // What was taken over is gone: somebody else looks for himself.
        reviewer.answer(Hook::Validate, &review(&sets[0]), budget).await.unwrap();
        assert_eq!(lookups.asked.lock().unwrap().len(), 14);
    }
}
