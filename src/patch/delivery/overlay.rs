//! The overlay: directives for a server whose start script decides, without touching its ConfigMap.
//!
//! The mounted folder of configuration files is swapped for a projected volume in which the winning file is an
//! annotation of the Pod template: it includes the user's file and ends in our lines. The user's own volume stays, so that
//! taking us away never leaves an invalid object. Under a kubelet the last source of a projected volume wins where paths
//! collide, and new keys of the ConfigMap still appear.

use serde_json::{Value, json};

use super::directive::Directive;
use super::list::insert;
use super::tail::{Form, Tail};
use crate::kubernetes::Pointer;
use crate::patch::container_path;
use crate::patch::edit::{self, TreeError};
use crate::workload::{OVERLAY_ANNOTATION, OVERLAY_FOLDER, Overlay, Workload, is_overlay_volume, overlay_volume_name};

/// Ends the winning file in a directive, in an overlay that is made where there is none. Returns whether that changed
/// anything.
///
/// # Errors
/// When the object has no place for it. Nothing is changed then.
pub(crate) fn install(
    object: &mut Value,
    workload: &Workload,
    overlay: &Overlay,
    directive: Directive,
) -> Result<bool, TreeError> {
    let template = &workload.template;
    let volumes = template.join("spec/volumes");
    let list = volumes.find(object).and_then(Value::as_array).ok_or_else(|| edit::error(&volumes, "it is no list"))?;
    let mount = overlay.mount.find(object).filter(|mount| mount.is_object());
    let mount = mount.ok_or_else(|| edit::error(&overlay.mount, "there is no such mount"))?;
    let name = overlay_volume_name(&overlay.volume);
    let place = position(list, &name);
    let stands = annotation(object).filter(|_| mount.get("name").and_then(Value::as_str) == Some(&name));
    let text = stands.map_or_else(|| new_text(overlay, directive), |text| with_line(text, directive));
    let at = template.join("metadata/annotations").key(OVERLAY_ANNOTATION);
    let mut changed = edit::put(object, &at, Value::from(text))?;
    changed |= match place {
        Some(index) => edit::put(object, &volumes.key(index), volume(&name, overlay))?,
        None => edit::put(object, &volumes.key("-"), volume(&name, overlay))?,
    };
    changed |= edit::put(object, &overlay.mount.key("name"), Value::from(name))?;
    Ok(changed)
}

/// The winning file: the user's own, then our line.
fn new_text(overlay: &Overlay, directive: Directive) -> String {
    let folder = overlay.mount_path.trim_end_matches('/');
    format!("include {folder}/{OVERLAY_FOLDER}/{}\n{}", overlay.key, Form::Lines.write(directive))
}

/// The winning file with one more line of ours behind the first, which includes the user's.
fn with_line(text: &str, directive: Directive) -> String {
    let lines = text.split_once('\n').map_or("", |(_, lines)| lines);
    let mut names = vec![directive];
    for line in lines.lines() {
        let name = line.split_once(' ').map_or(line, |(name, _)| name);
        names.push(Directive { name, value: "" });
    }
    let mut tail = Tail::read(Form::Lines, text, &names);
    tail.insert(directive);
    tail.text()
}

/// An object from which directives are put back, and where the container is in it.
pub(crate) struct Stored<'a> {
    pub(crate) object: &'a Value,
    pub(crate) container: Pointer,
}

/// The overlay of one mount, and the lines in it that are ours.
pub(crate) struct Mounted<'a> {
    pub(crate) container: &'a Pointer,
    pub(crate) mount_path: &'a str,
    pub(crate) ours: &'a [Directive<'a>],
}

impl Mounted<'_> {
    /// Which of our lines this directive is.
    pub(crate) fn position(&self, object: &Value, directive: Directive) -> Option<usize> {
        let tail = self.tail(object).filter(|tail| tail.holds(directive))?;
        tail.position(directive.name)
    }

    /// Whether an overlay stands there that does not hold what is ours, or that has a directive of this name.
    pub(crate) fn is_occupied(&self, object: &Value, name: &str) -> bool {
        if !self.mount(object).is_some_and(|mount| is_swapped(object, &mount)) {
            return false;
        }
        let Some(tail) = self.tail(object) else { return true };
        tail.position(name).is_some() || !self.ours.iter().any(|ours| tail.holds(*ours))
    }

    /// Takes a line out, and the overlay with the last one.
    pub(crate) fn take_out(&self, object: &mut Value, directive: Directive) {
        let (Some(mount), Some(mut tail)) = (self.mount(object), self.tail(object)) else { return };
        tail.remove(directive.name);
        if tail.directives.is_empty() {
            return remove(object, &mount);
        }
        let text = tail.text();
        // The annotation was just read.
        let _ = edit::set(object, &annotation_at(object), Value::from(text));
    }

    /// Puts a line back as it stands in `stored`, with the overlay where that is not there.
    pub(crate) fn put_back(&self, object: &mut Value, stored: &Stored, ours: Directive) -> Result<(), TreeError> {
        let there = Mounted { container: &stored.container, ..*self };
        let stored = stored.object;
        let (Some(here), Some(mount)) = (self.mount(object), there.mount(stored)) else { return Ok(()) };
        let Some(text) = self.text_as_stored(object, stored, ours) else { return Ok(()) };
        let name = mount.key("name").find(stored).cloned().unwrap_or_default();
        let volumes = container_path::template(stored).join("spec/volumes");
        let Some(index) = find_volume(stored, &volumes, &name) else { return Ok(()) };
        let volume = volumes.key(index).find(stored).cloned().unwrap_or_default();
        match find_volume(object, &volumes, &name) {
            Some(here) => edit::set(object, &volumes.key(here), volume).map(drop)?,
            None => insert(object, &volumes, index, volume)?,
        }
        edit::set(object, &annotation_at(object), Value::from(text))?;
        edit::set(object, &here.key("name"), name).map(drop)
    }

    /// Gives a line another value.
    pub(crate) fn rewrite(&self, object: &mut Value, directive: Directive, wanted: &str) {
        let Some(mut tail) = self.tail(object).filter(|tail| tail.holds(directive)) else { return };
        tail.rewrite(Directive { value: wanted, ..directive });
        let text = tail.text();
        // The annotation was just read.
        let _ = edit::set(object, &annotation_at(object), Value::from(text));
    }

    /// The winning file of `stored`, without those lines of ours that do not stand in `object` and are not this one.
    fn text_as_stored(&self, object: &Value, stored: &Value, directive: Directive) -> Option<String> {
        let here = self.tail(object);
        let mut tail = Tail::read(Form::Lines, annotation(stored)?, self.ours);
        tail.directives.retain(|line| {
            !self.ours.contains(line) || *line == directive || here.as_ref().is_some_and(|here| here.holds(*line))
        });
        Some(tail.text())
    }

    /// The winning file, where the overlay stands.
    fn tail<'o>(&self, object: &'o Value) -> Option<Tail<'o>> {
        let mount = self.mount(object)?;
        if !is_swapped(object, &mount) {
            return None;
        }
        Some(Tail::read(Form::Lines, annotation(object)?, self.ours))
    }

    fn mount(&self, object: &Value) -> Option<Pointer> {
        let at = self.container.key("volumeMounts");
        let list = at.find(object)?.as_array()?;
        let path = Some(self.mount_path);
        let index = list.iter().position(|mount| mount.get("mountPath").and_then(Value::as_str) == path)?;
        Some(at.key(index))
    }
}

/// Takes the overlay of a mount out: the mount gets the user's volume back, ours goes, the annotation goes.
fn remove(object: &mut Value, mount: &Pointer) {
    let template = container_path::template(object);
    let Some(ours) = mount.key("name").find(object).and_then(Value::as_str).map(str::to_owned) else {
        return;
    };
    let volumes = template.join("spec/volumes");
    let Some(list) = volumes.find(object).and_then(Value::as_array) else { return };
    let names = list.iter().filter_map(|volume| volume.get("name")?.as_str());
    let Some(theirs) = names.into_iter().find(|name| overlay_volume_name(name) == ours).map(str::to_owned) else {
        return;
    };
    if let Some(index) = position(list, &ours) {
        edit::remove(object, &volumes.key(index));
    }
    edit::remove(object, &annotation_at(object));
    // The mount exists, so this can't fail.
    let _ = edit::set(object, &mount.key("name"), Value::from(theirs));
}

/// Takes out what is left of an overlay that no container mounts any more: while we are away, or where the user's manifest
/// arrives again, the mount gets the user's name back and our volume stays. It would still name the user's old ConfigMap.
pub(crate) fn sweep(object: &mut Value) {
    let template = container_path::template(object);
    let volumes = template.join("spec/volumes");
    let Some(list) = volumes.find(object).and_then(Value::as_array) else { return };
    let spec = template.join("spec").find(object).unwrap_or(&Value::Null);
    let ours: Vec<usize> = (0..list.len()).filter(|&index| is_overlay_volume(&list[index])).collect();
    let idle: Vec<usize> = ours.iter().copied().filter(|&index| !is_mounted(spec, &list[index])).collect();
    if idle.is_empty() {
        return;
    }
    for index in idle.iter().rev() {
        edit::remove(object, &volumes.key(index));
    }
    if idle.len() == ours.len() {
        edit::remove(object, &annotation_at(object));
    }
}

fn is_mounted(spec: &Value, volume: &Value) -> bool {
    let containers = ["containers", "initContainers"].into_iter().filter_map(|list| spec[list].as_array()).flatten();
    let mut mounts = containers.filter_map(|container| container["volumeMounts"].as_array()).flatten();
    mounts.any(|mount| mount["name"] == volume["name"])
}

/// Whether a mount names our volume, and the user's is there.
fn is_swapped(object: &Value, mount: &Pointer) -> bool {
    let name = mount.key("name").find(object).and_then(Value::as_str).unwrap_or_default();
    let volumes = container_path::template(object).join("spec/volumes").find(object).and_then(Value::as_array);
    let mut names = volumes.into_iter().flatten().filter_map(|volume| volume.get("name")?.as_str());
    names.any(|user| overlay_volume_name(user) == name)
}

fn annotation_at(object: &Value) -> Pointer {
    container_path::template(object).join("metadata/annotations").key(OVERLAY_ANNOTATION)
}

fn annotation(object: &Value) -> Option<&str> {
    annotation_at(object).find(object)?.as_str()
}

/// Where a volume stands in a list.
fn find_volume(object: &Value, volumes: &Pointer, name: &Value) -> Option<usize> {
    volumes.find(object)?.as_array()?.iter().position(|volume| volume.get("name") == Some(name))
}

fn position(volumes: &[Value], name: &str) -> Option<usize> {
    volumes.iter().position(|volume| volume.get("name").and_then(Value::as_str) == Some(name))
}

/// Our volume: what the user's holds, the winning file under another name, and our annotation under its own.
fn volume(name: &str, overlay: &Overlay) -> Value {
    let source = &overlay.source["configMap"];
    let items: &[Value] = source["items"].as_array().map_or(&[], Vec::as_slice);
    let is_winning = |item: &&Value| item["key"] == overlay.key.as_str();
    let path_of_key = items.iter().find(is_winning).and_then(|item| item["path"].as_str());
    let others: Vec<Value> = items.iter().filter(|item| !is_winning(item)).cloned().collect();
    let mut sources = Vec::new();
    if items.is_empty() || !others.is_empty() {
        sources.push(config_map_source(overlay, others));
    }
    let theirs = json!({"key": overlay.key, "path": format!("{OVERLAY_FOLDER}/{}", overlay.key)});
    sources.push(config_map_source(overlay, vec![theirs]));
    let field = json!({"apiVersion": "v1", "fieldPath": format!("metadata.annotations['{OVERLAY_ANNOTATION}']")});
    let file = path_of_key.unwrap_or(&overlay.key);
    sources.push(json!({"downwardAPI": {"items": [{"path": file, "fieldRef": field}]}}));
    let mode = source.get("defaultMode").filter(|mode| !mode.is_null()).cloned().unwrap_or(Value::from(0o644));
    json!({"name": name, "projected": {"sources": sources, "defaultMode": mode}})
}

fn config_map_source(overlay: &Overlay, items: Vec<Value>) -> Value {
    let mut source = json!({"name": overlay.config_map});
    if !items.is_empty() {
        source["items"] = Value::from(items);
    }
    if let Some(optional) = overlay.source["configMap"].get("optional").filter(|optional| !optional.is_null()) {
        source["optional"] = optional.clone();
    }
    json!({"configMap": source})
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with_volume_of_ours(mounted: &str) -> Value {
        json!({"kind": "StatefulSet", "spec": {"template": {
            "metadata": {"annotations": {OVERLAY_ANNOTATION: "x", "theirs": "y"}},
            "spec": {
                "containers": [{"name": "redis", "volumeMounts": [{"name": mounted, "mountPath": "/conf"}]}],
                "volumes": [
                    {"name": "config", "configMap": {"name": "old"}},
                    {"name": "config-plimsoll", "projected": {"sources": [{"downwardAPI": {"items": [
                        {"path": "redis.conf", "fieldRef": {"fieldPath": format!("metadata.annotations['{OVERLAY_ANNOTATION}']")}},
                    ]}}]}},
                ],
            },
        }}})
    }

    #[test]
    fn sweeps_only_what_nobody_mounts() {
        let mut object = with_volume_of_ours("config-plimsoll");
        sweep(&mut object);
        assert_eq!(object, with_volume_of_ours("config-plimsoll"));
        let mut object = with_volume_of_ours("config");
        sweep(&mut object);
        let template = &object["spec"]["template"];
        assert_eq!(template["spec"]["volumes"], json!([{"name": "config", "configMap": {"name": "old"}}]));
        assert_eq!(template["metadata"]["annotations"], json!({"theirs": "y"}));
    }

    #[test]
    fn the_file_ends_in_our_lines_in_one_order() {
        let overlay = Overlay {
            volume: "config".into(),
            source: json!({}),
            mount: Pointer::root(),
            mount_path: "/conf/".into(),
            config_map: "conf".into(),
            key: "master.conf".into(),
        };
        let [maxmemory, policy] = [("maxmemory", "768mb"), ("maxmemory-policy", "allkeys-lru")]
            .map(|(name, value)| Directive { name, value });
        let include = "include /conf/plimsoll/master.conf\n";
        assert_eq!(new_text(&overlay, maxmemory), format!("{include}maxmemory 768mb\n"));
        let both = format!("{include}maxmemory 768mb\nmaxmemory-policy allkeys-lru\n");
        assert_eq!(with_line(&new_text(&overlay, maxmemory), policy), both);
        assert_eq!(with_line(&new_text(&overlay, policy), maxmemory), both);
        assert_eq!(with_line(&both, Directive { value: "1mb", ..maxmemory }), both.replace("768mb", "1mb"));
    }
}
