//! An update must not roll out because of us: a label, a scale, a sync, a new policy or a new version of ours leaves the
//! stored Pod template as it is, and an apply of the user's unchanged manifest finds the same object again.

use serde_json::{Map, Value};

use super::mark::{Entry, Key, MAXMEMORY, Mark, same};
use crate::kubernetes::{Pointer, json};
use crate::patch::delivery::{self, Via, overlay};
use crate::patch::{container_path, edit};
use crate::rules::Derivation;
use crate::rules::maxmemory::size;

/// What an update is.
#[derive(Debug)]
pub enum Update {
    /// The Pod template stays what it was: this object, with ours put back, is the whole answer.
    Unchanged(Value),
    /// The user is rolling out.
    Rollout(Rollout),
}

/// A rollout: the new object without what is ours, to be evaluated afresh.
#[derive(Debug)]
pub struct Rollout {
    /// The new object with added values of ours taken out; replaced ones stay.
    pub object: Value,
    /// What was ours in the stored object.
    pub carried: Mark,
    /// Values of ours that still stand in `object`.
    pub mark: Mark,
}

/// The entries of an object's mark that it still holds.
#[must_use]
pub fn ours(object: &Value) -> Mark {
    let mut mark = Mark::of(object);
    mark.entries.retain(|key, entry| holds(object, key, entry));
    mark
}

/// Tells a rollout from an update that leaves the Pod template alone. `stored` is the object before the update.
#[must_use]
pub fn update(stored: &Value, new: &Value) -> Update {
    let carried = ours(stored);
    let copy = put_back(stored, new, &carried);
    if same_template(&copy, stored) { Update::Unchanged(copy) } else { Update::Rollout(rollout(new, carried)) }
}

/// The new object with what is ours taken out, `carried` being what was ours before.
#[must_use]
pub fn rollout(new: &Value, carried: Mark) -> Rollout {
    let mut object = new.clone();
    let mut mark = Mark::default();
    for (key, entry) in &carried.entries {
        if let Some((via, set)) = held(&object, key, entry) {
            delivery::take_out(&mut object, &key.container, &via, &set, entry.was.as_ref());
            continue;
        }
        if !holds(&object, key, entry) {
            continue; // The user's own word, or the user's old one.
        }
        if entry.was.is_some() {
            mark.entries.insert(key.clone(), entry.clone());
        } else if let Some(at) = container_path::of_key(&object, key) {
            edit::remove(&mut object, &at);
        }
    }
    overlay::sweep(&mut object, &container_path::template(new));
    lower_requests(&mut object, &mut mark);
    Rollout { object, carried, mark }
}

/// Puts a maxmemory of ours back where the effective configuration can't be seen: at `wanted` bytes at most.
pub fn restore(
    object: &mut Value,
    received: &Value,
    stored: &Value,
    key: &Key,
    entry: &Entry,
    wanted: Option<&str>,
    mark: &mut Mark,
) {
    let (Some(via), Some(set)) = (via(entry), entry.set.as_str()) else { return };
    let users = delivery::users_word(object, &key.container, &via);
    let from = if delivery::holds(received, &key.container, &via, set) { received } else { stored };
    if delivery::occupied(object, &key.container, &via)
        || delivery::put_back(object, from, &key.container, &via, set).is_err()
    {
        return;
    }
    let mut entry = Entry { was: users, ..entry.clone() };
    if let Some(wanted) = wanted {
        delivery::rewrite(object, &key.container, &via, set, wanted);
        entry.set = Value::from(wanted);
    }
    mark.entries.insert(key.clone(), entry);
}

/// Lets each maxmemory of ours that stands in a Pod follow its limit. `wanted` says what it should be, given the
/// container and the limit that ours was derived from; nothing leaves it. True where anything was changed.
pub fn follow_limits(pod: &mut Value, mark: &Mark, wanted: &dyn Fn(&str, u64) -> Option<String>) -> bool {
    let mut changed = false;
    for (key, entry) in &mark.entries {
        let (Some(via), Some(set), Some(limit)) = (via(entry), entry.set.as_str(), entry.limit_bytes()) else {
            continue;
        };
        if !delivery::holds(pod, &key.container, &via, set) {
            continue;
        }
        if let Some(wanted) = wanted(&key.container, limit).filter(|wanted| wanted != set) {
            delivery::rewrite(pod, &key.container, &via, set, &wanted);
            changed = true;
        }
    }
    changed
}

fn via(entry: &Entry) -> Option<Via> {
    entry.via.as_deref().and_then(Via::parse)
}

/// The maxmemory of ours that an object holds: the entry's, or what its derivation makes of the object's own limit, since
/// a rollback brings an older template of ours back, but not the older mark.
fn held(object: &Value, key: &Key, entry: &Entry) -> Option<(Via, String)> {
    let via = via(entry)?;
    let derived = || {
        let at = container_path::container(object, &key.container)?.join("resources/limits/memory");
        let limit = super::mark::quantity(at.find(object)?)?.bytes()?;
        let bytes = Derivation::parse(entry.derive.as_deref()?)?.maxmemory(limit)?;
        Some(size::directive(bytes))
    };
    let values = [entry.set.as_str().map(str::to_owned), derived()];
    let set = values.into_iter().flatten().find(|set| delivery::holds(object, &key.container, &via, set))?;
    Some((via, set))
}

fn holds(object: &Value, key: &Key, entry: &Entry) -> bool {
    match via(entry) {
        Some(via) => entry.set.as_str().is_some_and(|set| delivery::holds(object, &key.container, &via, set)),
        None if key.path == MAXMEMORY => false,
        None => value_of(object, key).is_some_and(|value| same(value, &entry.set)),
    }
}

fn value_of<'a>(object: &'a Value, key: &Key) -> Option<&'a Value> {
    container_path::of_key(object, key)?.find(object).filter(|value| !value.is_null())
}

/// A copy of the new object in which ours stands as it did in the stored one, wherever the user has not said otherwise.
fn put_back(stored: &Value, new: &Value, carried: &Mark) -> Value {
    let mut copy = new.clone();
    let mut kept = Mark::default();
    for (key, entry) in &carried.entries {
        let back = holds(&copy, key, entry)
            || match via(entry) {
                Some(via) => put_back_maxmemory(&mut copy, stored, key, entry, &via),
                None => put_back_value(&mut copy, stored, key, entry),
            };
        if back {
            kept.entries.insert(key.clone(), entry.clone());
        }
    }
    if kept != Mark::of(&copy) {
        kept.write(&mut copy);
    }
    copy
}

fn put_back_maxmemory(copy: &mut Value, stored: &Value, key: &Key, entry: &Entry, via: &Via) -> bool {
    let users = match via {
        Via::Args => delivery::occupied(copy, &key.container, via),
        Via::Env(_) => delivery::users_word(copy, &key.container, via) != entry.was,
        Via::Overlay { .. } => false,
    };
    let set = entry.set.as_str().unwrap_or_default();
    !users
        && delivery::put_back(copy, stored, &key.container, via, set).is_ok()
        && delivery::holds(copy, &key.container, via, set)
}

fn put_back_value(copy: &mut Value, stored: &Value, key: &Key, entry: &Entry) -> bool {
    let Some(at) = container_path::of_key(copy, key) else { return false };
    let users_word = match (value_of(copy, key), &entry.was) {
        (None, None) => {
            key.path.starts_with("resources.") || at.parent().is_some_and(|parent| parent.find(copy).is_some())
        }
        (Some(value), Some(was)) => same(value, was),
        _ => false,
    };
    let Some(value) = value_of(stored, key) else { return false };
    users_word && edit::set(copy, &at, value.clone()).is_ok()
}

/// A request of ours that is now above its limit, because only the limit was lowered, becomes the limit.
fn lower_requests(object: &mut Value, mark: &mut Mark) {
    const REQUEST: &str = "resources.requests.memory";
    for (key, entry) in mark.entries.iter_mut().filter(|(key, _)| key.path == REQUEST) {
        let Some(at) = container_path::container(object, &key.container) else { continue };
        let amount = |path: &str| {
            let value = at.join(path).find(object)?;
            let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
            Some((crate::kubernetes::Quantity::parse(&text).ok()?, value.clone()))
        };
        let (Some((request, _)), Some((limit, value))) =
            (amount("resources/requests/memory"), amount("resources/limits/memory"))
        else {
            continue;
        };
        if request > limit && edit::set(object, &at.join("resources/requests/memory"), value.clone()).is_ok() {
            entry.set = value;
        }
    }
}

/// Whether two objects have the same Pod template: amounts by value, unset and empty alike.
fn same_template(one: &Value, other: &Value) -> bool {
    let [one, other] = [one, other].map(|object| template_of(object).find(object).unwrap_or(&Value::Null));
    alike(one, other, false)
}

fn template_of(object: &Value) -> Pointer {
    if object.get("kind").and_then(Value::as_str) == Some("Pod") {
        Pointer::new("/spec")
    } else {
        container_path::template(object)
    }
}

fn alike(one: &Value, other: &Value, amounts: bool) -> bool {
    match (one, other) {
        (Value::Object(one), Value::Object(other)) => maps_alike(one, other, amounts),
        (Value::Array(one), Value::Array(other)) => {
            one.len() == other.len() && one.iter().zip(other).all(|(one, other)| alike(one, other, amounts))
        }
        _ if amounts => same(one, other),
        _ => one == other || (is_empty(one) && is_empty(other)),
    }
}

fn maps_alike(one: &Map<String, Value>, other: &Map<String, Value>, amounts: bool) -> bool {
    let inner = |key: &str| amounts || key == "requests" || key == "limits";
    let mut shared = 0;
    let held = json::pairs(one, other).all(|(key, value, other)| match other {
        Some(other) => {
            shared += 1;
            alike(value, other, inner(key))
        }
        None => is_empty(value),
    });
    held && (shared == other.len() || other.iter().all(|(key, value)| one.contains_key(key) || is_empty(value)))
}

fn is_empty(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::Array(list) => list.is_empty(),
        Value::Object(map) => map.is_empty(),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn stored() -> Value {
        let mark = r#"{"v":1,"redis/maxmemory":{"via":"args","set":"768mb","limit":"1Gi","derive":"ratio:0.75"},"redis/resources.requests.memory":{"set":"1Gi","was":"256Mi"}}"#;
        json!({
            "kind": "StatefulSet",
            "metadata": {"name": "redis", "annotations": {"plimsoll.dev/applied": mark}},
            "spec": {"replicas": 1, "template": {"spec": {"containers": [{
                "name": "redis",
                "args": ["--appendonly", "no", "--maxmemory", "768mb"],
                "resources": {"requests": {"memory": "1Gi"}, "limits": {"memory": "1Gi"}},
            }]}}},
        })
    }

    fn manifest() -> Value {
        json!({
            "kind": "StatefulSet",
            "metadata": {"name": "redis"},
            "spec": {"replicas": 1, "template": {"spec": {"containers": [{
                "name": "redis",
                "args": ["--appendonly", "no"],
                "resources": {"requests": {"memory": "256Mi"}, "limits": {"memory": "1024Mi"}},
            }]}}},
        })
    }

    #[track_caller]
    fn unchanged(new: &Value) -> Value {
        match update(&stored(), new) {
            Update::Unchanged(copy) => copy,
            Update::Rollout(rollout) => panic!("rolls out: {rollout:#?}"),
        }
    }

    #[track_caller]
    fn rolls_out(new: &Value) -> Rollout {
        match update(&stored(), new) {
            Update::Unchanged(copy) => panic!("leaves it alone: {copy:#}"),
            Update::Rollout(rollout) => rollout,
        }
    }

    #[test]
    fn the_same_manifest_finds_the_same_object() {
        let copy = unchanged(&manifest());
        assert_eq!(
            copy["spec"]["template"]["spec"]["containers"][0]["args"],
            stored()["spec"]["template"]["spec"]["containers"][0]["args"]
        );
        assert_eq!(Mark::of(&copy), Mark::of(&stored()));
    }

    #[test]
    fn a_label_or_a_scale_leaves_it_alone() {
        let mut new = stored();
        new["metadata"]["labels"] = json!({"team": "shop"});
        new["spec"]["replicas"] = json!(5);
        assert_eq!(unchanged(&new), new);
    }

    #[test]
    fn another_image_rolls_out_without_ours() {
        let mut new = manifest();
        new["spec"]["template"]["spec"]["containers"][0]["image"] = json!("redis:8");
        let rollout = rolls_out(&new);
        assert_eq!(rollout.object, new);
        let mut edited = stored();
        edited["spec"]["template"]["spec"]["containers"][0]["image"] = json!("redis:8");
        let rollout = rolls_out(&edited);
        let container = &rollout.object["spec"]["template"]["spec"]["containers"][0];
        assert_eq!(container["args"], json!(["--appendonly", "no"]));
        assert_eq!(container["resources"]["requests"]["memory"], "1Gi", "a replaced value stays");
        assert_eq!(rollout.mark.entries.len(), 1);
    }

    #[test]
    fn the_users_own_maxmemory_is_the_users() {
        let mut new = manifest();
        new["spec"]["template"]["spec"]["containers"][0]["args"] =
            json!(["--appendonly", "no", "--maxmemory", "500mb"]);
        let rollout = rolls_out(&new);
        assert_eq!(
            rollout.object["spec"]["template"]["spec"]["containers"][0]["args"],
            new["spec"]["template"]["spec"]["containers"][0]["args"]
        );
    }

    #[test]
    fn a_request_of_ours_follows_a_lowered_limit() {
        let mut new = stored();
        new["spec"]["template"]["spec"]["containers"][0]["resources"]["limits"]["memory"] = json!("512Mi");
        let rollout = rolls_out(&new);
        let resources = &rollout.object["spec"]["template"]["spec"]["containers"][0]["resources"];
        assert_eq!(resources["requests"]["memory"], "512Mi");
        let entry = rollout.mark.entries.values().next().unwrap();
        assert_eq!((entry.set.as_str(), entry.was.as_ref().and_then(Value::as_str)), (Some("512Mi"), Some("256Mi")));
    }

    #[test]
    fn a_shared_environment_variable_is_put_back_only_beside_the_users_old_word() {
        let with = |value: &str| {
            let env = json!([{"name": "REDIS_EXTRA_FLAGS", "value": value}]);
            let mark =
                r#"{"v":1,"redis/maxmemory":{"via":"env:REDIS_EXTRA_FLAGS","set":"768mb","was":"--io-threads 2"}}"#;
            json!({
                "kind": "StatefulSet",
                "metadata": {"annotations": {"plimsoll.dev/applied": mark}},
                "spec": {"template": {"spec": {"containers": [{"name": "redis", "env": env}]}}},
            })
        };
        let stored = with("--io-threads 2 --maxmemory 768mb");
        assert!(matches!(update(&stored, &with("--io-threads 2")), Update::Unchanged(copy) if copy == stored));
        let new = with("--io-threads 4");
        assert!(matches!(update(&stored, &new), Update::Rollout(rollout) if rollout.object == new));
        let beside = with("--io-threads 4 --maxmemory 768mb");
        assert!(matches!(update(&stored, &beside), Update::Rollout(rollout) if rollout.object == new));
    }

    #[test]
    fn an_older_template_of_ours_is_ours() {
        let mut older = stored();
        let container = &mut older["spec"]["template"]["spec"]["containers"][0];
        container["args"] = json!(["--appendonly", "no", "--maxmemory", "384mb"]);
        container["resources"] = json!({"requests": {"memory": "512Mi"}, "limits": {"memory": "512Mi"}});
        let rollout = rolls_out(&older);
        assert_eq!(rollout.object["spec"]["template"]["spec"]["containers"][0]["args"], json!(["--appendonly", "no"]));
        assert_eq!(rollout.carried.entries.len(), 2);
    }

    #[test]
    fn a_mark_that_no_longer_holds_is_dropped() {
        let mut object = stored();
        object["spec"]["template"]["spec"]["containers"][0]["args"] = json!(["--maxmemory", "1gb"]);
        let ours = ours(&object);
        assert_eq!(ours.entries.len(), 1);
    }
}
