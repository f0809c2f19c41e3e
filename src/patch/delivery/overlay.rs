//! The overlay: a maxmemory for a server whose start script decides, without touching its ConfigMap.
//!
//! The mounted folder of configuration files is swapped for a projected volume in which the winning file is an
//! annotation of the Pod template: it includes the user's file and ends in our line. The user's own volume stays, so that
//! taking us away never leaves an invalid object. Under a kubelet the last source of a projected volume wins where paths
//! collide, and new keys of the ConfigMap still appear.

use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::kubernetes::Pointer;
use crate::patch::edit::{self, TreeError};
use crate::rules::maxmemory::size;
use crate::workload::{Overlay, Workload};

/// The annotation of the Pod template that holds the winning file.
pub const ANNOTATION: &str = "plimsoll.dev/maxmemory-conf";

const NAME_LIMIT: usize = 63;
const SUFFIX: &str = "-plimsoll";

/// The name of our volume beside the user's: at most 63 characters, cut with a hash.
#[must_use]
pub(crate) fn volume_name(volume: &str) -> String {
    let plain = format!("{volume}{SUFFIX}");
    if plain.len() <= NAME_LIMIT {
        return plain;
    }
    let digest: String = Sha256::digest(volume.as_bytes()).iter().take(4).map(|byte| format!("{byte:02x}")).collect();
    let kept: String = volume.chars().take(NAME_LIMIT - SUFFIX.len() - 1 - digest.len()).collect();
    format!("{kept}-{digest}{SUFFIX}")
}

/// The winning file: the user's own, then our line.
#[must_use]
pub(crate) fn text(mount_path: &str, key: &str, maxmemory_bytes: u64) -> String {
    let folder = mount_path.trim_end_matches('/');
    format!("include {folder}/plimsoll/{key}\nmaxmemory {}\n", size::directive(maxmemory_bytes))
}

/// Puts the overlay into a workload, or renews it. Returns whether that changed anything.
///
/// # Errors
/// When the object has no place for it. Nothing is changed then.
pub(crate) fn install(
    object: &mut Value,
    workload: &Workload,
    overlay: &Overlay,
    bytes: u64,
) -> Result<bool, TreeError> {
    let template = &workload.template;
    let volumes = template.join("spec/volumes");
    let list = volumes.find(object).and_then(Value::as_array).ok_or_else(|| edit::error(&volumes, "it is no list"))?;
    if !overlay.mount.find(object).is_some_and(Value::is_object) {
        return Err(edit::error(&overlay.mount, "there is no such mount"));
    }
    let name = volume_name(&overlay.volume);
    let place = position(list, &name);
    let annotation = template.join("metadata/annotations").key(ANNOTATION);
    let mut changed = edit::put(object, &annotation, text(&overlay.mount_path, &overlay.key, bytes).into())?;
    changed |= match place {
        Some(index) => edit::put(object, &volumes.key(index), volume(&name, overlay))?,
        None => edit::put(object, &volumes.key("-"), volume(&name, overlay))?,
    };
    changed |= edit::put(object, &overlay.mount.key("name"), Value::from(name))?;
    Ok(changed)
}

/// Takes the overlay of a mount out again: the mount gets the user's volume back, ours goes, the annotation goes.
pub(crate) fn take_out(object: &mut Value, template: &Pointer, mount: &Pointer) {
    let Some(ours) = mount.key("name").find(object).and_then(Value::as_str).map(str::to_owned) else {
        return;
    };
    let volumes = template.join("spec/volumes");
    let Some(list) = volumes.find(object).and_then(Value::as_array) else { return };
    let names = list.iter().filter_map(|volume| volume.get("name")?.as_str());
    let Some(theirs) = names.into_iter().find(|name| volume_name(name) == ours).map(str::to_owned) else { return };
    if let Some(index) = position(list, &ours) {
        edit::remove(object, &volumes.key(index));
    }
    edit::remove(object, &template.join("metadata/annotations").key(ANNOTATION));
    // The mount exists, so this can't fail.
    let _ = edit::set(object, &mount.key("name"), Value::from(theirs));
}

/// Takes out what is left of an overlay that no container mounts any more: while we are away, or where the user's manifest
/// arrives again, the mount gets the user's name back and our volume stays. It would still name the user's old ConfigMap.
pub(crate) fn sweep(object: &mut Value, template: &Pointer) {
    let volumes = template.join("spec/volumes");
    let Some(list) = volumes.find(object).and_then(Value::as_array) else { return };
    let spec = template.join("spec").find(object).unwrap_or(&Value::Null);
    let idle: Vec<usize> =
        (0..list.len()).filter(|&index| is_ours(&list[index]) && !is_mounted(spec, &list[index])).collect();
    let all = list.iter().filter(|volume| is_ours(volume)).count();
    if idle.is_empty() {
        return;
    }
    for index in idle.iter().rev() {
        edit::remove(object, &volumes.key(index));
    }
    if idle.len() == all {
        edit::remove(object, &template.join("metadata/annotations").key(ANNOTATION));
    }
}

/// Only a volume of ours projects our annotation.
fn is_ours(volume: &Value) -> bool {
    let path = format!("metadata.annotations['{ANNOTATION}']");
    let sources = volume["projected"]["sources"].as_array();
    let mut items =
        sources.into_iter().flatten().filter_map(|source| source["downwardAPI"]["items"].as_array()).flatten();
    items.any(|item| item["fieldRef"]["fieldPath"] == path.as_str())
}

fn is_mounted(spec: &Value, volume: &Value) -> bool {
    let containers = ["containers", "initContainers"].into_iter().filter_map(|list| spec[list].as_array()).flatten();
    let mut mounts = containers.filter_map(|container| container["volumeMounts"].as_array()).flatten();
    mounts.any(|mount| mount["name"] == volume["name"])
}

fn position(volumes: &[Value], name: &str) -> Option<usize> {
    volumes.iter().position(|volume| volume.get("name").and_then(Value::as_str) == Some(name))
}

fn volume(name: &str, overlay: &Overlay) -> Value {
    let source = &overlay.source["configMap"];
    let items: &[Value] = source["items"].as_array().map_or(&[], Vec::as_slice);
    let path_of_key =
        items.iter().find(|item| item["key"] == overlay.key.as_str()).and_then(|item| item["path"].as_str());
    let file = path_of_key.unwrap_or(&overlay.key);
    let config_map = |items: Vec<Value>| {
        let mut source_of = json!({"name": overlay.config_map});
        if !items.is_empty() {
            source_of["items"] = Value::from(items);
        }
        if let Some(optional) = source.get("optional").filter(|optional| !optional.is_null()) {
            source_of["optional"] = optional.clone();
        }
        json!({"configMap": source_of})
    };
    let mut sources = Vec::new();
    let others: Vec<Value> = items.iter().filter(|item| item["key"] != overlay.key.as_str()).cloned().collect();
    if items.is_empty() || !others.is_empty() {
        sources.push(config_map(others));
    }
    sources.push(config_map(vec![json!({"key": overlay.key, "path": format!("plimsoll/{}", overlay.key)})]));
    let field = json!({"apiVersion": "v1", "fieldPath": format!("metadata.annotations['{ANNOTATION}']")});
    sources.push(json!({"downwardAPI": {"items": [{"path": file, "fieldRef": field}]}}));
    let mode = source.get("defaultMode").filter(|mode| !mode.is_null()).cloned().unwrap_or(Value::from(0o644));
    json!({"name": name, "projected": {"sources": sources, "defaultMode": mode}})
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cuts_long_names_with_a_hash() {
        assert_eq!(volume_name("config"), "config-plimsoll");
        let long = volume_name(&"x".repeat(63));
        assert_eq!(long.len(), 63);
        assert_ne!(long, volume_name(&format!("{}y", "x".repeat(62))));
    }

    fn with_volume_of_ours(mounted: &str) -> Value {
        json!({"kind": "StatefulSet", "spec": {"template": {
            "metadata": {"annotations": {ANNOTATION: "x", "theirs": "y"}},
            "spec": {
                "containers": [{"name": "redis", "volumeMounts": [{"name": mounted, "mountPath": "/conf"}]}],
                "volumes": [
                    {"name": "config", "configMap": {"name": "old"}},
                    {"name": "config-plimsoll", "projected": {"sources": [{"downwardAPI": {"items": [
                        {"path": "redis.conf", "fieldRef": {"fieldPath": format!("metadata.annotations['{ANNOTATION}']")}},
                    ]}}]}},
                ],
            },
        }}})
    }

    #[test]
    fn sweeps_only_what_nobody_mounts() {
        let template = Pointer::new("/spec/template");
        let mut object = with_volume_of_ours("config-plimsoll");
        sweep(&mut object, &template);
        assert_eq!(object, with_volume_of_ours("config-plimsoll"));
        let mut object = with_volume_of_ours("config");
        sweep(&mut object, &template);
        let template = &object["spec"]["template"];
        assert_eq!(template["spec"]["volumes"], json!([{"name": "config", "configMap": {"name": "old"}}]));
        assert_eq!(template["metadata"]["annotations"], json!({"theirs": "y"}));
    }

    #[test]
    fn the_file_ends_in_our_line() {
        assert_eq!(text("/conf/", "master.conf", 768 << 20), "include /conf/plimsoll/master.conf\nmaxmemory 768mb\n");
    }
}
