//! What an apply makes of a stored object.

use serde_json::Value;

/// A manifest applied over the stored object, as an apply or a Helm upgrade does it: what the manifest names it sets,
/// the rest stays. Lists whose elements have names are merged by name; any other list is the manifest's.
pub(crate) fn apply_over(stored: &Value, manifest: &Value) -> Value {
    match (stored, manifest) {
        (Value::Object(stored), Value::Object(manifest)) => {
            let mut whole = stored.clone();
            for (key, value) in manifest {
                let value = stored.get(key).map_or_else(|| value.clone(), |before| apply_over(before, value));
                whole.insert(key.clone(), value);
            }
            Value::Object(whole)
        }
        (Value::Array(stored), Value::Array(manifest)) if are_named(manifest) => {
            let mut whole = Vec::new();
            for item in manifest {
                let before = find_named(stored, item);
                whole.push(before.map_or_else(|| item.clone(), |before| apply_over(before, item)));
            }
            whole.extend(stored.iter().filter(|item| find_named(manifest, item).is_none()).cloned());
            Value::Array(whole)
        }
        _ => manifest.clone(),
    }
}

/// The element of a list that has the name of another one.
fn find_named<'a>(list: &'a [Value], wanted: &Value) -> Option<&'a Value> {
    list.iter().find(|item| name(item) == name(wanted))
}

fn are_named(list: &[Value]) -> bool {
    !list.is_empty() && list.iter().all(|item| name(item).is_some())
}

/// The key by which an element of a list is merged. A mount is known by its path, not by its name.
fn name(item: &Value) -> Option<&str> {
    item.get("mountPath").or_else(|| item.get("name")).and_then(Value::as_str)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn an_apply_sets_what_it_names_and_leaves_the_rest() {
        let stored = json!({
            "annotations": {"ours": "1"},
            "containers": [{"name": "redis", "args": ["a", "b"], "memory": "1Gi"}, {"name": "extra"}],
        });
        let manifest = json!({"containers": [{"name": "redis", "args": ["a"]}], "replicas": 3});
        let expected = json!({
            "annotations": {"ours": "1"},
            "containers": [{"name": "redis", "args": ["a"], "memory": "1Gi"}, {"name": "extra"}],
            "replicas": 3,
        });
        assert_eq!(apply_over(&stored, &manifest), expected);
        assert_eq!(apply_over(&expected, &manifest), expected);
    }
}
