//! A rollout: what is ours is taken out of the new object, which is then evaluated afresh.

use serde_json::Value;

use super::mark::{Entry, Key, Mark};
use super::owned::{delivered, directive, holds};
use crate::kubernetes::{Pointer, Quantity};
use crate::patch::delivery::delivered::Delivered;
use crate::patch::delivery::directive::Directive;
use crate::patch::delivery::overlay;
use crate::patch::{container_path, edit};
use crate::rules::Derivation;
use crate::rules::maxmemory::size;
use crate::workload::declared_limit;

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

/// The object of a request, and the one that is stored.
#[derive(Debug, Clone, Copy)]
pub struct Before<'a> {
    /// As received.
    pub received: &'a Value,
    /// Before the update; as received where nothing is stored.
    pub stored: &'a Value,
}

/// The new object with what is ours taken out, `carried` being what was ours before.
#[must_use]
pub fn roll_out(new: &Value, carried: Mark) -> Rollout {
    let mut object = new.clone();
    let mut mark = Mark::default();
    for (key, entry) in &carried.entries {
        if let Some(delivered) = delivered(&carried, key)
            && let Some(value) = held(&object, &delivered, key, entry)
        {
            let directive = Directive { name: &key.path, value: &value };
            delivered.take_out(&mut object, directive, entry.was.as_ref());
            continue;
        }
        if !holds(&object, &carried, key) {
            continue; // The user's own word, or the user's old one.
        }
        if entry.was.is_some() {
            mark.entries.insert(key.clone(), entry.clone());
        } else if let Some(at) = container_path::of_key(&object, key) {
            edit::remove(&mut object, &at);
        }
    }
    overlay::sweep(&mut object);
    lower_requests(&mut object, &mut mark);
    Rollout { object, carried, mark }
}

impl Rollout {
    /// Puts a directive of ours back where the effective configuration can't be seen, with the value that is `wanted`
    /// where that is not the old one.
    pub fn restore(&mut self, before: &Before, key: &Key, wanted: Option<&str>) {
        let Some(entry) = self.carried.entries.get(key) else { return };
        let Some((delivered, directive)) = delivered(&self.carried, key).zip(directive(key, entry)) else { return };
        let beside = self.mark.beside(key, entry.via.as_deref().unwrap_or_default());
        let was = beside.map_or_else(|| delivered.users_word(&self.object), |beside| beside.was.clone());
        let is_received = delivered.holds(before.received, directive);
        let from = if is_received { before.received } else { before.stored };
        if delivered.is_occupied(&self.object, directive.name)
            || delivered.put_back(&mut self.object, from, directive).is_err()
            || !delivered.holds(&self.object, directive)
        {
            return;
        }
        let mut entry = Entry { was, ..entry.clone() };
        if let Some(wanted) = wanted {
            delivered.rewrite(&mut self.object, directive, wanted);
            entry.set = Value::from(wanted);
        }
        self.mark.entries.insert(key.clone(), entry);
    }
}

/// The value of ours that an object holds: the entry's, or what its derivation makes of the object's own limit, since a
/// rollback brings an older template of ours back, but not the older mark.
fn held(object: &Value, delivered: &Delivered, key: &Key, entry: &Entry) -> Option<String> {
    let values = [entry.set.as_str().map(str::to_owned), derive_value(object, key, entry)];
    values.into_iter().flatten().find(|value| delivered.holds(object, Directive { name: &key.path, value }))
}

/// What the derivation of an entry makes of the object's own limit.
fn derive_value(object: &Value, key: &Key, entry: &Entry) -> Option<String> {
    let limit = declared_limit(object, &container_path::template(object), &key.container)?;
    let bytes = Derivation::parse(entry.derive.as_deref()?)?.maxmemory(limit)?;
    Some(size::directive(bytes))
}

/// A request of ours that is now above its limit, because only the limit was lowered, becomes the limit.
fn lower_requests(object: &mut Value, mark: &mut Mark) {
    const REQUEST: &str = "resources.requests.memory";
    for (key, entry) in mark.entries.iter_mut().filter(|(key, _)| key.path == REQUEST) {
        let Some(at) = container_path::container(object, &key.container) else { continue };
        let at_request = at.join("resources/requests/memory");
        let Some((request, _)) = read_amount(object, &at_request) else { continue };
        let Some((limit, value)) = read_amount(object, &at.join("resources/limits/memory")) else { continue };
        if request > limit && edit::set(object, &at_request, value.clone()).is_ok() {
            entry.set = value;
        }
    }
}

/// An amount with the value that it was read from.
fn read_amount(object: &Value, at: &Pointer) -> Option<(Quantity, Value)> {
    let value = at.find(object)?;
    let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    Some((Quantity::parse(&text).ok()?, value.clone()))
}
