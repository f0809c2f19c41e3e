//! An update must not roll out because of us: a label, a scale, a sync, a new policy or a new version of ours leaves the
//! stored Pod template as it is, and an apply of the user's unchanged manifest finds the same object again.

use serde_json::Value;

use super::mark::{Entry, Key, Mark, same};
use super::owned::{delivered, directive, holds, still_owned, value_of};
use super::rollout::{Rollout, roll_out};
use super::template::same_template;
use crate::patch::{container_path, edit};

/// What an update is.
#[derive(Debug)]
pub enum Update {
    /// The Pod template stays what it was: this object, with ours put back, is the whole answer.
    Unchanged(Value),
    /// The user is rolling out.
    Rollout(Rollout),
}

/// Tells a rollout from an update that leaves the Pod template alone. `stored` is the object before the update.
#[must_use]
pub fn update(stored: &Value, new: &Value) -> Update {
    let carried = still_owned(stored);
    let copy = put_back(stored, new, &carried);
    if same_template(&copy, stored) { Update::Unchanged(copy) } else { Update::Rollout(roll_out(new, carried)) }
}

/// A copy of the new object in which ours stands as it did in the stored one, wherever the user has not said otherwise.
fn put_back(stored: &Value, new: &Value, carried: &Mark) -> Value {
    let mut copy = new.clone();
    take_out_incomplete(&mut copy, carried);
    let mut kept = Mark::default();
    for (key, entry) in in_stored_order(stored, carried) {
        let is_back = holds(&copy, carried, key)
            || match entry.via {
                Some(_) => put_back_directive(&mut copy, stored, carried, key),
                None => put_back_value(&mut copy, stored, key, entry),
            };
        if is_back {
            kept.entries.insert(key.clone(), entry.clone());
        }
    }
    if kept != Mark::of(&copy) {
        kept.write(&mut copy);
    }
    copy
}

/// The entries, directives as they stand one behind the other: put back in this order they stand so again.
fn in_stored_order<'m>(stored: &Value, carried: &'m Mark) -> Vec<(&'m Key, &'m Entry)> {
    let mut entries: Vec<(&Key, &Entry)> = carried.entries.iter().collect();
    entries.sort_by_cached_key(|(key, entry)| {
        let (delivered, directive) = delivered(carried, key).zip(directive(key, entry))?;
        delivered.position(stored, directive)
    });
    entries
}

/// Where only some of the directives by one path are left, takes these out too: put back together they stand in order.
fn take_out_incomplete(copy: &mut Value, carried: &Mark) {
    let keys = carried.entries.keys();
    let incomplete: Vec<&Key> = keys.filter(|key| is_incomplete(copy, carried, key)).collect();
    for key in incomplete {
        let Some(entry) = carried.entries.get(key).filter(|_| holds(copy, carried, key)) else { continue };
        if let Some((delivered, directive)) = delivered(carried, key).zip(directive(key, entry)) {
            delivered.take_out(copy, directive, entry.was.as_ref());
        }
    }
}

/// Whether any of the directives that reach the same container by the same path as this one does not stand.
fn is_incomplete(object: &Value, carried: &Mark, key: &Key) -> bool {
    let Some(delivered) = delivered(carried, key) else { return false };
    delivered.directives.iter().any(|directive| !delivered.holds(object, *directive))
}

fn put_back_directive(copy: &mut Value, stored: &Value, carried: &Mark, key: &Key) -> bool {
    let Some(entry) = carried.entries.get(key) else { return false };
    let Some((delivered, directive)) = delivered(carried, key).zip(directive(key, entry)) else { return false };
    !delivered.is_overruled(copy, directive.name, entry.was.as_ref())
        && delivered.put_back(copy, stored, directive).is_ok()
        && delivered.holds(copy, directive)
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
        let owned = still_owned(&object);
        assert_eq!(owned.entries.len(), 1);
    }
}
