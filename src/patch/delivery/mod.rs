//! How a maxmemory of ours stands in an object: two words of `args`, two words of an environment variable, or the overlay.
//! It can be put in, recognised, taken out, and put back as it stood in the stored object.

pub(crate) mod config_map;
pub(crate) mod overlay;

use serde_json::{Value, json};

use super::container_path;
use super::edit::{self, TreeError};
use crate::kubernetes::Pointer;
use crate::rules::maxmemory::size;
use crate::workload::{Delivery, Workload};

const OPTION: &str = "--maxmemory";

/// The way of one maxmemory, as the mark names it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Via {
    /// `args`.
    Args,
    /// `env:NAME`.
    Env(String),
    /// `overlay:<mountPath>:<key>`.
    Overlay {
        /// The `mountPath`.
        mount_path: String,
        /// The winning key.
        key: String,
    },
}

impl Via {
    /// Reads the mark's name.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        if text == "args" {
            return Some(Self::Args);
        }
        let (way, rest) = text.split_once(':')?;
        match way {
            "env" => Some(Self::Env(rest.to_owned())),
            "overlay" => {
                let (mount_path, key) = rest.rsplit_once(':')?;
                Some(Self::Overlay { mount_path: mount_path.to_owned(), key: key.to_owned() })
            }
            _ => None,
        }
    }

    /// The mark's name.
    #[must_use]
    pub fn name(&self) -> String {
        match self {
            Self::Args => "args".to_owned(),
            Self::Env(name) => format!("env:{name}"),
            Self::Overlay { mount_path, key } => format!("overlay:{mount_path}:{key}"),
        }
    }
}

/// A maxmemory that was put where it takes effect.
#[derive(Debug)]
pub(crate) struct Put {
    pub(crate) via: Via,
    /// What the user had written there, if it was replaced.
    pub(crate) was: Option<Value>,
    /// Whether it did not stand there already.
    pub(crate) changed: bool,
}

/// Puts a maxmemory where it takes effect; nothing where the server can't be reached at all.
///
/// # Errors
/// When the object has no such place. Nothing is changed then.
pub(crate) fn put(
    object: &mut Value,
    workload: &Workload,
    container: &str,
    bytes: u64,
) -> Result<Option<Put>, TreeError> {
    let Some(server) = workload.containers.iter().find(|server| server.name == container) else { return Ok(None) };
    let value = size::directive(bytes);
    match &server.delivery {
        Delivery::Args => {
            append_args(object, &server.at, &value)?;
            Ok(Some(Put { via: Via::Args, was: None, changed: true }))
        }
        Delivery::Env(name) => {
            let was = append_env(object, &server.at, name, &value)?;
            Ok(Some(Put { via: Via::Env(name.clone()), was, changed: true }))
        }
        Delivery::Overlay(plan) => {
            let changed = overlay::install(object, workload, plan, bytes)?;
            let via = Via::Overlay { mount_path: plan.mount_path.clone(), key: plan.key.clone() };
            Ok(Some(Put { via, was: None, changed }))
        }
        Delivery::Display(_) | Delivery::Unknown(_) => Ok(None),
    }
}

/// Whether `object` still holds `set` by this way.
#[must_use]
pub(crate) fn holds(object: &Value, container: &str, via: &Via, set: &str) -> bool {
    let Some(at) = container_path::container(object, container) else { return false };
    match via {
        Via::Args => words(object, &at).is_some_and(|words| pair(words, set).is_some()),
        Via::Env(name) => env(object, &at, name)
            .and_then(|(_, value)| value.as_str())
            .is_some_and(|value| value.ends_with(&ours(set))),
        Via::Overlay { mount_path, .. } => {
            let line = format!("\nmaxmemory {set}\n");
            mount(object, &at, mount_path).is_some_and(|mount| is_swapped(object, &mount))
                && annotation(object).is_some_and(|text| text.ends_with(&line))
        }
    }
}

/// Whether `object` holds a maxmemory of somebody's by this way, ours or not.
#[must_use]
pub(crate) fn occupied(object: &Value, container: &str, via: &Via) -> bool {
    let Some(at) = container_path::container(object, container) else { return false };
    let option = |word: &Value| word.as_str().is_some_and(|word| word.trim_start().to_lowercase().starts_with(OPTION));
    match via {
        Via::Args => words(object, &at).is_some_and(|words| words.iter().any(|word| option(word) && !is_policy(word))),
        Via::Env(name) => env(object, &at, name)
            .and_then(|(_, value)| value.as_str())
            .is_some_and(|value| value.split_whitespace().any(|word| word.eq_ignore_ascii_case(OPTION))),
        Via::Overlay { mount_path, .. } => {
            mount(object, &at, mount_path).is_some_and(|mount| is_swapped(object, &mount))
        }
    }
}

/// What the user has in the environment variable beside ours, which does not stand there now; nothing for another way.
pub(crate) fn users_word(object: &Value, container: &str, via: &Via) -> Option<Value> {
    let Via::Env(name) = via else { return None };
    Some(env(object, &container_path::container(object, container)?, name)?.1.clone())
}

/// Takes ours out: afterwards the object is as the user would have it.
pub(crate) fn take_out(object: &mut Value, container: &str, via: &Via, set: &str, was: Option<&Value>) {
    let Some(at) = container_path::container(object, container) else { return };
    match via {
        Via::Args => {
            let args = at.key("args");
            let Some(list) = object.pointer_mut(args.as_str()).and_then(Value::as_array_mut) else { return };
            let Some(index) = pair(list, set) else { return };
            list.drain(index..index + 2);
            if list.is_empty() {
                edit::remove(object, &args);
            }
        }
        Via::Env(name) => {
            let Some((index, value)) = env(object, &at, name) else { return };
            let entry = at.key("env").key(index);
            let users = value.as_str().and_then(|value| value.strip_suffix(&ours(set))).unwrap_or_default().trim_end();
            if users.is_empty() && was.is_none_or(|was| was != "") {
                edit::remove(object, &entry);
            } else {
                let users = Value::from(users);
                // The entry was just found.
                let _ = edit::set(object, &entry.key("value"), users);
            }
        }
        Via::Overlay { mount_path, .. } => {
            if let Some(mount) = mount(object, &at, mount_path) {
                overlay::take_out(object, &container_path::template(object), &mount);
            }
        }
    }
}

/// Puts ours back into `object` as it stands in `stored`, verbatim and without look-ups; beside what the user has in the
/// same environment variable.
///
/// # Errors
/// When `object` has lost the place.
pub(crate) fn put_back(
    object: &mut Value,
    stored: &Value,
    container: &str,
    via: &Via,
    set: &str,
) -> Result<(), TreeError> {
    let (Some(at), Some(at_stored)) =
        (container_path::container(object, container), container_path::container(stored, container))
    else {
        return Ok(());
    };
    match via {
        Via::Args => append_args(object, &at, set),
        Via::Env(name) => match env(object, &at, name) {
            Some(_) if comes_from_elsewhere(object, &at, name) => Ok(()),
            Some(_) => append_env(object, &at, name, set).map(drop),
            None => {
                let index = env(stored, &at_stored, name).map_or(usize::MAX, |(index, _)| index);
                insert(object, &at.key("env"), index, json!({"name": name, "value": ours(set)}))
            }
        },
        Via::Overlay { mount_path, .. } => {
            let (Some(mount_here), Some(mount_stored)) =
                (mount(object, &at, mount_path), mount(stored, &at_stored, mount_path))
            else {
                return Ok(());
            };
            let name = mount_stored.key("name").find(stored).cloned().unwrap_or_default();
            let volumes = container_path::template(stored).join("spec/volumes");
            let list = volumes.find(stored).and_then(Value::as_array);
            let ours = list.and_then(|list| list.iter().position(|volume| volume.get("name") == Some(&name)));
            let (Some(index), Some(text)) = (ours, annotation(stored)) else { return Ok(()) };
            let volume = list.and_then(|list| list.get(index)).cloned().unwrap_or_default();
            let here = volumes.find(object).and_then(Value::as_array);
            match here.and_then(|list| list.iter().position(|volume| volume.get("name") == Some(&name))) {
                Some(here) => edit::set(object, &volumes.key(here), volume).map(drop)?,
                None => insert(object, &volumes, index, volume)?,
            }
            edit::set(object, &annotation_at(object), Value::from(text))?;
            edit::set(object, &mount_here.key("name"), name).map(drop)
        }
    }
}

/// Writes another maxmemory into ours that stands in `object`.
pub(crate) fn rewrite(object: &mut Value, container: &str, via: &Via, set: &str, wanted: &str) {
    let Some(at) = container_path::container(object, container) else { return };
    match via {
        Via::Args => {
            let args = object.pointer_mut(at.key("args").as_str()).and_then(Value::as_array_mut);
            if let Some(word) = args.and_then(|list| pair(list, set).and_then(|index| list.get_mut(index + 1))) {
                *word = Value::from(wanted);
            }
        }
        Via::Env(name) => {
            let Some((index, value)) = env(object, &at, name) else { return };
            let text = value.as_str().and_then(|value| value.strip_suffix(set)).map(|kept| format!("{kept}{wanted}"));
            if let Some(text) = text {
                // The entry was just found.
                let _ = edit::set(object, &at.key("env").key(index).key("value"), Value::from(text));
            }
        }
        Via::Overlay { .. } => {
            let kept = annotation(object).and_then(|text| text.strip_suffix(&format!("maxmemory {set}\n")));
            if let Some(text) = kept.map(|kept| format!("{kept}maxmemory {wanted}\n")) {
                // The annotation was just read.
                let _ = edit::set(object, &annotation_at(object), Value::from(text));
            }
        }
    }
}

fn ours(set: &str) -> String {
    format!("{OPTION} {set}")
}

fn append_args(object: &mut Value, container: &Pointer, value: &str) -> Result<(), TreeError> {
    let args = container.key("args");
    if args.find(object).is_some_and(Value::is_array) {
        edit::set(object, &args.key("-"), Value::from(OPTION))?;
        edit::set(object, &args.key("-"), Value::from(value)).map(drop)
    } else {
        edit::set(object, &args, json!([OPTION, value])).map(drop)
    }
}

fn append_env(object: &mut Value, container: &Pointer, name: &str, value: &str) -> Result<Option<Value>, TreeError> {
    let list = container.key("env");
    if let Some((index, before)) = env(object, container, name) {
        let before = before.clone();
        let text = before.as_str().unwrap_or_default();
        let joined = if text.is_empty() { ours(value) } else { format!("{text} {}", ours(value)) };
        edit::set(object, &list.key(index).key("value"), Value::from(joined))?;
        return Ok(Some(before));
    }
    let entry = json!({"name": name, "value": ours(value)});
    if list.find(object).is_some_and(Value::is_array) {
        edit::set(object, &list.key("-"), entry)?;
    } else {
        edit::set(object, &list, json!([entry]))?;
    }
    Ok(None)
}

fn insert(object: &mut Value, list: &Pointer, index: usize, value: Value) -> Result<(), TreeError> {
    match object.pointer_mut(list.as_str()).and_then(Value::as_array_mut) {
        Some(items) => {
            items.insert(index.min(items.len()), value);
            Ok(())
        }
        None => edit::set(object, list, json!([value])).map(drop),
    }
}

fn words<'a>(object: &'a Value, container: &Pointer) -> Option<&'a [Value]> {
    Some(container.key("args").find(object)?.as_array()?.as_slice())
}

/// Where our two words stand; the last of several, since that one wins.
fn pair(words: &[Value], set: &str) -> Option<usize> {
    words.windows(2).rposition(|two| matches!(two, [option, value] if option == OPTION && value == set))
}

fn is_policy(word: &Value) -> bool {
    let rest = word.as_str().and_then(|word| word.trim_start().get(OPTION.len()..));
    rest.is_some_and(|rest| rest.starts_with('-'))
}

fn env<'a>(object: &'a Value, container: &Pointer, name: &str) -> Option<(usize, &'a Value)> {
    let list = container.key("env").find(object)?.as_array()?;
    let index = list.iter().position(|entry| entry.get("name").and_then(Value::as_str) == Some(name))?;
    Some((index, list.get(index)?.get("value").unwrap_or(&Value::Null)))
}

fn comes_from_elsewhere(object: &Value, container: &Pointer, name: &str) -> bool {
    let entry = env(object, container, name).map(|(index, _)| container.key("env").key(index).key("valueFrom"));
    entry.and_then(|at| at.find(object)).is_some_and(|from| !from.is_null())
}

fn mount(object: &Value, container: &Pointer, mount_path: &str) -> Option<Pointer> {
    let at = container.key("volumeMounts");
    let list = at.find(object)?.as_array()?;
    let index = list.iter().position(|mount| mount.get("mountPath").and_then(Value::as_str) == Some(mount_path))?;
    Some(at.key(index))
}

/// Whether a mount names our volume, and that is there.
fn is_swapped(object: &Value, mount: &Pointer) -> bool {
    let name = mount.key("name").find(object).and_then(Value::as_str).unwrap_or_default();
    let volumes = container_path::template(object).join("spec/volumes").find(object).and_then(Value::as_array);
    let mut names = volumes.into_iter().flatten().filter_map(|volume| volume.get("name")?.as_str());
    names.any(|user| overlay::volume_name(user) == name)
}

fn annotation_at(object: &Value) -> Pointer {
    container_path::template(object).join("metadata/annotations").key(overlay::ANNOTATION)
}

fn annotation(object: &Value) -> Option<&str> {
    annotation_at(object).find(object)?.as_str()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn set_with(container: &Value) -> Value {
        json!({"kind": "StatefulSet", "spec": {"template": {"spec": {"containers": [container]}}}})
    }

    #[test]
    fn args_go_in_and_out() {
        let users = set_with(&json!({"name": "redis", "args": ["--appendonly", "no"]}));
        let mut object = users.clone();
        append_args(&mut object, &Pointer::new("/spec/template/spec/containers/0"), "768mb").unwrap();
        assert!(holds(&object, "redis", &Via::Args, "768mb"));
        assert!(!holds(&object, "redis", &Via::Args, "1gb"));
        rewrite(&mut object, "redis", &Via::Args, "768mb", "384mb");
        assert!(holds(&object, "redis", &Via::Args, "384mb"));
        take_out(&mut object, "redis", &Via::Args, "384mb", None);
        assert_eq!(object, users);
    }

    #[test]
    fn a_policy_is_no_maxmemory() {
        let object = set_with(&json!({"name": "redis", "args": ["--maxmemory-policy", "allkeys-lru"]}));
        assert!(!occupied(&object, "redis", &Via::Args));
        let object = set_with(&json!({"name": "redis", "args": ["--maxmemory 1gb"]}));
        assert!(occupied(&object, "redis", &Via::Args));
    }

    #[test]
    fn env_keeps_what_the_user_wrote() {
        let at = Pointer::new("/spec/template/spec/containers/0");
        let users =
            set_with(&json!({"name": "redis", "env": [{"name": "REDIS_EXTRA_FLAGS", "value": "--io-threads 2"}]}));
        let mut object = users.clone();
        let was = append_env(&mut object, &at, "REDIS_EXTRA_FLAGS", "768mb").unwrap();
        let via = Via::Env("REDIS_EXTRA_FLAGS".into());
        assert!(holds(&object, "redis", &via, "768mb"));
        take_out(&mut object, "redis", &via, "768mb", was.as_ref());
        assert_eq!(object, users);
    }

    #[test]
    fn ways_have_names() {
        for name in ["args", "env:REDIS_ARGS", "overlay:/opt/conf:master.conf"] {
            assert_eq!(Via::parse(name).unwrap().name(), name);
        }
        assert_eq!(Via::parse("elsewhere"), None);
    }
}
