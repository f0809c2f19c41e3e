//! Memory requests and limits as declared.

use std::sync::Arc;

use serde_json::Value;

use crate::kubernetes::{ObjectRef, Place, Pointer, Quantity, json, list, plain, text};

/// Memory request and limit as declared.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Memory {
    /// `resources.requests.memory`. Unset while a limit stands means that the API server copies the limit.
    pub request: Option<Amount>,
    /// `resources.limits.memory`.
    pub limit: Option<Amount>,
    /// The limit in bytes that a LimitRange gives each Pod where `limit` is unset; the request then comes with it.
    pub default_limit: Option<u64>,
    /// The request in bytes that it gives where `request` is unset too.
    pub default_request: Option<u64>,
    /// Where these stand: the entry of the LimitRange.
    pub defaults_from: Option<Place>,
}

impl Memory {
    /// The limit that will hold, in bytes: the declared one, else that of a LimitRange.
    #[must_use]
    pub fn limit_bytes(&self) -> Option<u64> {
        self.limit.as_ref().map(|limit| limit.bytes).or(self.default_limit)
    }

    /// That limit as people write it: as declared, else as a whole number of `Mi` where it is one.
    #[must_use]
    pub fn limit_text(&self) -> Option<String> {
        let declared = self.limit.as_ref().map(|limit| limit.text.clone());
        declared.or_else(|| self.default_limit.map(|bytes| Quantity::of_bytes(bytes).to_string()))
    }
}

/// A declared amount of memory or storage.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Amount {
    /// In bytes, rounded up as the API server does.
    pub bytes: u64,
    /// As written, such as `1Gi`.
    pub text: String,
    /// Where it is written.
    pub at: Pointer,
}

impl Amount {
    /// Reads an amount that is written at `at`; nothing where it is none, or negative.
    pub(crate) fn read(value: &Value, at: Pointer) -> Option<Self> {
        let text = plain(value);
        let bytes = Quantity::parse(&text).ok()?.bytes()?;
        Some(Self { bytes, text, at })
    }
}

/// The memory of a container. What is no amount, or a negative one, counts as unset: the API server refuses it anyway.
pub(crate) fn read_memory(container: &Value, at: &Pointer) -> Memory {
    let read = |path: &str| Amount::read(json::at(container, path)?, at.join(path));
    Memory { request: read("/resources/requests/memory"), limit: read("/resources/limits/memory"), ..Memory::default() }
}

impl Memory {
    /// Adds what the LimitRanges of the namespace give a container without a limit.
    ///
    /// An entry that says no `default` gives its `max`, and one without `defaultRequest` the limit that it gives (tried in
    /// tests/it/cluster/lookups.rs).
    pub(crate) fn add_defaults(&mut self, limit_ranges: &[Arc<Value>]) {
        for range in limit_ranges {
            for (index, entry) in list(range, "/spec/limits").iter().enumerate() {
                let read = |at: &str| Quantity::parse(&plain(json::at(entry, at)?)).ok()?.bytes();
                let limit = read("/default/memory").or_else(|| read("/max/memory"));
                if text(entry, "/type") != "Container" || limit.is_none() {
                    continue;
                }
                let request = read("/defaultRequest/memory").or(limit);
                let place = Place::new(ObjectRef::of(range), Pointer::new("/spec/limits").key(index));
                (self.default_limit, self.default_request, self.defaults_from) =
                    (limit, request.filter(|_| self.request.is_none()), Some(place));
                return;
            }
        }
    }

    /// Takes over what the LimitRanges gave before, where the container still has no limit.
    pub(crate) fn keep_defaults(&mut self, before: Self) {
        if self.limit.is_none() {
            self.default_limit = before.default_limit;
            self.default_request = before.default_request.filter(|_| self.request.is_none());
            self.defaults_from = before.defaults_from;
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_limit_range_gives_containers_a_limit() {
        let given = |limits: Value| {
            let range = json!({"apiVersion": "v1", "kind": "LimitRange", "metadata": {"name": "a"}, "spec": {"limits": limits}});
            let mut memory = Memory::default();
            memory.add_defaults(&[Arc::new(range)]);
            (memory.default_limit, memory.default_request, memory.defaults_from.map(|place| place.at.to_string()))
        };
        let at = |index: u32| Some(format!("/spec/limits/{index}"));
        let pod = json!({"type": "Pod", "max": {"memory": "2Gi"}});
        assert_eq!(given(json!([pod])), (None, None, None));
        let container = json!({"type": "Container", "default": {"memory": "1Gi"}, "max": {"memory": "2Gi"}});
        assert_eq!(given(json!([pod, container])), (Some(1 << 30), Some(1 << 30), at(1)));
        let max = json!({"type": "Container", "max": {"memory": "2Gi"}, "defaultRequest": {"memory": "1Gi"}});
        assert_eq!(given(json!([max])), (Some(2 << 30), Some(1 << 30), at(0)));
        assert_eq!(given(json!([{"type": "Container", "default": {"cpu": "1"}}])), (None, None, None));
    }

    #[test]
    fn absurd_amounts_count_as_unset() {
        let at = Pointer::new("/c");
        let read = |memory: Value| read_memory(&json!({"resources": {"limits": {"memory": memory}}}), &at).limit;
        assert_eq!(read(json!("1Gi")).map(|limit| limit.bytes), Some(1 << 30));
        assert_eq!(read(json!(1024)).map(|limit| limit.text), Some("1024".to_owned()));
        for absurd in [json!("-1Gi"), json!("lots"), json!(null), json!({}), json!([1])] {
            assert_eq!(read(absurd.clone()), None, "{absurd}");
        }
    }
}
