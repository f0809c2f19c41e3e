//! From the keys of the mark to places in an object, and back.

use serde_json::Value;

use super::ownership::mark::Key;
use crate::kubernetes::{Pointer, json};

/// Where the Pod template of an object is: `/spec/template`, or the root for a bare Pod.
#[must_use]
pub(crate) fn template(object: &Value) -> Pointer {
    if object.get("kind").and_then(Value::as_str) == Some("Pod") {
        Pointer::root()
    } else {
        Pointer::new("/spec/template")
    }
}

/// Where the container of this name is, native sidecars included.
#[must_use]
pub(crate) fn container(object: &Value, name: &str) -> Option<Pointer> {
    let template = template(object);
    ["spec/containers", "spec/initContainers"].iter().find_map(|list| {
        let at = template.join(list);
        let containers = at.find(object)?.as_array()?;
        let index =
            containers.iter().position(|container| container.get("name").and_then(Value::as_str) == Some(name))?;
        Some(at.key(index))
    })
}

/// Whether the container of this name has the same `command` and `args` in two objects, unset and empty alike.
#[must_use]
pub fn starts_alike(one: &Value, other: &Value, name: &str) -> bool {
    let (Some(at), Some(there)) = (container(one, name), container(other, name)) else { return false };
    ["command", "args"].iter().all(|field| {
        let [words, others] = [at.key(field).find(one), there.key(field).find(other)]
            .map(|words| words.and_then(Value::as_array).map_or(&[] as &[Value], Vec::as_slice));
        words == others
    })
}

/// Where the value of a key is, or would be.
#[must_use]
pub(crate) fn of_key(object: &Value, key: &Key) -> Option<Pointer> {
    let mut at = container(object, &key.container)?;
    key.path.split('.').for_each(|segment| at.push(segment));
    Some(at)
}

/// The key of a place inside a container; nothing for any other place.
#[must_use]
pub fn key_of(object: &Value, at: &Pointer) -> Option<Key> {
    let template = template(object);
    let rest = at.as_str().strip_prefix(template.as_str())?;
    let rest = rest.strip_prefix("/spec/containers/").or_else(|| rest.strip_prefix("/spec/initContainers/"))?;
    let (index, path) = rest.split_once('/')?;
    let list_at = at.as_str().strip_suffix(&format!("/{index}/{path}"))?;
    let name = json::at(object, list_at)?.get(index.parse::<usize>().ok()?)?.get("name")?.as_str()?;
    Some(Key { container: name.to_owned(), path: path.replace('/', ".") })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_start_is_told_from_another() {
        let object = |fields: Value| {
            let mut container = json!({"name": "redis"});
            container.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
            json!({"kind": "Pod", "spec": {"containers": [container]}})
        };
        let args = object(json!({"args": ["--port", "1"]}));
        assert!(starts_alike(&args, &object(json!({"args": ["--port", "1"], "command": []})), "redis"));
        for other in [json!({"args": ["--port"]}), json!({"args": ["--port", "1"], "command": ["sh"]}), json!({})] {
            assert!(!starts_alike(&args, &object(other.clone()), "redis"), "{other}");
        }
        assert!(!starts_alike(&args, &args, "other"));
    }

    #[test]
    fn keys_survive_a_change_of_order() {
        let object = json!({"kind": "StatefulSet", "spec": {"template": {"spec": {"containers": [{"name": "a"}, {"name": "b"}]}}}});
        let at = Pointer::new("/spec/template/spec/containers/1/resources/requests/memory");
        let key = key_of(&object, &at).unwrap();
        assert_eq!((key.container.as_str(), key.path.as_str()), ("b", "resources.requests.memory"));
        assert_eq!(of_key(&object, &key), Some(at));
        let turned = json!({"kind": "StatefulSet", "spec": {"template": {"spec": {"containers": [{"name": "b"}, {"name": "a"}]}}}});
        assert!(of_key(&turned, &key).unwrap().as_str().starts_with("/spec/template/spec/containers/0/"));
        assert_eq!(key_of(&object, &Pointer::new("/spec/replicas")), None);
    }
}
