//! Memory requests and limits as declared.

use std::sync::Arc;

use serde_json::Value;

use crate::kubernetes::{ObjectRef, Place, Pointer, Quantity, json, list, plain, text};

/// Memory request and limit of a container as declared, and the limit of its Pod.
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
    /// What it takes to see whether a LimitRange gives a limit, where `limit` is unset and that could not be seen.
    pub default_unseen: Option<String>,
    /// The limit of the whole Pod, `spec.resources.limits.memory`, where the Pod has one.
    pub pod_limit: Option<PodLimit>,
    /// What stands where the request or the limit belongs, and is no amount of memory.
    pub malformed: Vec<Malformed>,
}

/// The memory limit of a whole Pod, as it binds one of its containers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PodLimit {
    /// The Pod's limit.
    pub amount: Amount,
    /// The most that the other containers take of it, in bytes: their limits together; nothing where one has none.
    pub others: Option<u64>,
}

/// The memory of a whole Pod as declared, `spec.resources` of the Pod template.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PodMemory {
    /// Its memory request.
    pub request: Option<Amount>,
    /// Its memory limit.
    pub limit: Option<Amount>,
    /// What stands where one of these belongs, and is no amount of memory.
    pub malformed: Vec<Malformed>,
}

impl PodMemory {
    /// Whether the Pod has no memory of its own: then each container has what it says itself.
    #[must_use]
    pub fn is_unset(&self) -> bool {
        self.request.is_none() && self.limit.is_none() && self.malformed.is_empty()
    }
}

impl Memory {
    /// The limit that will hold, in bytes: the declared one, else that of a LimitRange, and never more than the Pod's. Of a
    /// Pod's limit alone it is what the limits of the other containers leave; nothing where one of them has none.
    #[must_use]
    pub fn limit_bytes(&self) -> Option<u64> {
        match (self.own_limit(), &self.pod_limit) {
            (Some(own), Some(pod)) => Some(own.min(pod.amount.bytes)),
            (None, Some(pod)) => Some(pod.amount.bytes.saturating_sub(pod.others?)),
            (own, None) => own,
        }
    }

    /// The most that the container can use, in bytes: [`Memory::limit_bytes`], or the Pod's limit where nobody knows how it
    /// is shared; nothing where there is no limit at all.
    #[must_use]
    pub fn most_bytes(&self) -> Option<u64> {
        self.limit_bytes().or_else(|| self.pod_limit.as_ref().map(|pod| pod.amount.bytes))
    }

    /// That limit as people write it: as declared, else as a whole number of `Mi` where it is one.
    #[must_use]
    pub fn limit_text(&self) -> Option<String> {
        let bytes = self.most_bytes()?;
        Some(match self.limit_written().filter(|written| written.bytes == bytes) {
            Some(written) => written.text.clone(),
            None => Quantity::of_bytes(bytes).to_string(),
        })
    }

    /// The amount that the limit comes from, where it is written in the Pod's own object.
    #[must_use]
    pub fn limit_written(&self) -> Option<&Amount> {
        let pod = self.pod_limit.as_ref().map(|pod| &pod.amount);
        match (&self.limit, pod) {
            (Some(own), Some(pod)) if pod.bytes < own.bytes => Some(pod),
            (Some(own), _) => Some(own),
            (None, Some(pod)) if self.default_limit.is_none_or(|default| pod.bytes < default) => Some(pod),
            (None, _) => None,
        }
    }

    /// What stands where a limit belongs, and is none.
    #[must_use]
    pub fn malformed_limit(&self) -> Option<&Malformed> {
        self.malformed.iter().find(|malformed| malformed.is_limit)
    }

    /// What stands where a request belongs, and is none.
    #[must_use]
    pub fn malformed_request(&self) -> Option<&Malformed> {
        self.malformed.iter().find(|malformed| !malformed.is_limit)
    }

    /// The limit that the container has of its own, in bytes: the declared one, else that of a LimitRange.
    pub(crate) fn own_limit(&self) -> Option<u64> {
        self.limit.as_ref().map(|limit| limit.bytes).or(self.default_limit)
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

/// A text where an amount of memory belongs, such as `1GB`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Malformed {
    /// Whether a limit belongs there; else a request.
    pub is_limit: bool,
    /// As written.
    pub text: String,
    /// Where it is written.
    pub at: Pointer,
    /// What is wrong with it.
    pub wrong: Wrong,
}

/// Why a text is no amount of memory.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wrong {
    /// It is no quantity: the API server refuses it.
    NoQuantity,
    /// It is below zero, which the API server refuses too.
    Negative,
    /// It is less than one byte, as `512m` is: the API server takes it with a warning, and nothing can run with it.
    Fraction,
}

impl Malformed {
    /// How it is written that was most likely meant: `1Gi` for `1GB`, `512Mi` for `512m`.
    #[must_use]
    pub fn meant(&self) -> Option<String> {
        let digits = self.text.find(|letter: char| !letter.is_ascii_digit() && letter != '.')?;
        let (number, unit) = self.text.split_at_checked(digits).filter(|(number, _)| !number.is_empty())?;
        let unit = match unit.trim().to_ascii_lowercase().as_str() {
            "k" | "kb" | "ki" | "kib" => "Ki",
            "m" | "mb" | "mi" | "mib" => "Mi",
            "g" | "gb" | "gi" | "gib" => "Gi",
            "t" | "tb" | "ti" | "tib" => "Ti",
            _ => return None,
        };
        let meant = format!("{number}{unit}");
        Quantity::parse(&meant).is_ok().then_some(meant)
    }
}

/// The memory of a container or a Pod, without what the one has of the other.
pub(crate) fn read_memory(container: &Value, at: &Pointer) -> Memory {
    let mut memory = Memory::default();
    for (path, is_limit) in [("/resources/requests/memory", false), ("/resources/limits/memory", true)] {
        let Some(value) = json::at(container, path).filter(|value| !value.is_null()) else { continue };
        match read_amount(value, at.join(path)) {
            Ok(amount) if is_limit => memory.limit = Some(amount),
            Ok(amount) => memory.request = Some(amount),
            Err(malformed) => memory.malformed.push(Malformed { is_limit, ..malformed }),
        }
    }
    memory
}

/// The memory of a whole Pod, given the template of Pods in an object.
pub(crate) fn read_pod_memory(object: &Value, template: &Pointer) -> PodMemory {
    let at = template.join("spec");
    let Some(spec) = at.find(object) else { return PodMemory::default() };
    let Memory { request, limit, malformed, .. } = read_memory(spec, &at);
    PodMemory { request, limit, malformed }
}

/// An amount of whole bytes. The API server refuses what is no quantity, and warns of a part of a byte.
fn read_amount(value: &Value, at: Pointer) -> Result<Amount, Malformed> {
    let text = plain(value);
    let wrong = match Quantity::parse(&text) {
        Err(_) => Wrong::NoQuantity,
        Ok(quantity) if quantity.is_below_one() => Wrong::Fraction,
        Ok(quantity) => match quantity.bytes() {
            Some(bytes) => return Ok(Amount { bytes, text, at }),
            None => Wrong::Negative,
        },
    };
    Err(Malformed { is_limit: false, text, at, wrong })
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
            self.default_unseen = before.default_unseen;
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
    fn what_is_no_amount_is_neither_a_limit_nor_unset() {
        let at = Pointer::new("/c");
        let read = |memory: Value| read_memory(&json!({"resources": {"limits": {"memory": memory}}}), &at);
        assert_eq!(read(json!("1Gi")).limit.map(|limit| limit.bytes), Some(1 << 30));
        assert_eq!(read(json!(1024)).limit.map(|limit| limit.text), Some("1024".to_owned()));
        assert_eq!(read(json!(null)), Memory::default());
        for absurd in [json!("-1Gi"), json!("lots"), json!("1GB"), json!({}), json!([1]), json!("512m")] {
            let memory = read(absurd.clone());
            assert!(memory.limit.is_none() && memory.malformed_limit().is_some(), "{absurd}");
        }
        assert!(read(json!("0")).malformed.is_empty(), "it is a quantity, and none of a byte");
    }

    #[test]
    fn what_was_meant_is_told_where_it_is_likely() {
        let meant = |text: &str| {
            let at = Pointer::root();
            Malformed { is_limit: true, text: text.to_owned(), at, wrong: Wrong::NoQuantity }.meant()
        };
        for (text, expected) in
            [("1GB", "1Gi"), ("1gb", "1Gi"), ("512m", "512Mi"), ("1.5 GiB", "1.5Gi"), ("100kb", "100Ki")]
        {
            assert_eq!(meant(text).as_deref(), Some(expected), "{text}");
        }
        for text in ["", "lots", "GB", "1x", "-1Gi", "1.2.3GB"] {
            assert_eq!(meant(text), None, "{text}");
        }
    }

    /// Every text that Go refuses is no amount; every other one that is not negative is one, from a whole byte on.
    #[test]
    fn what_go_refuses_is_no_amount() {
        for line in include_str!("../../tests/data/quantity-go.txt").lines() {
            let mut fields = line.split('\t');
            let text: Value = serde_json::from_str(fields.next().unwrap()).unwrap();
            let is_refused = fields.next() != Some("OK");
            let memory = read_memory(&json!({"resources": {"limits": {"memory": text}}}), &Pointer::root());
            assert_eq!(memory.limit.is_none(), memory.malformed_limit().is_some(), "{line}");
            assert!(!is_refused || memory.limit.is_none(), "{line}");
            let is_no_quantity = memory.malformed_limit().is_some_and(|limit| limit.wrong == Wrong::NoQuantity);
            assert_eq!(is_no_quantity, is_refused, "{line}");
        }
    }

    #[test]
    fn the_smaller_of_the_containers_limit_and_the_pods_holds() {
        const GIB: u64 = 1 << 30;
        let amount = |gib: u64, at: &str| Amount { bytes: gib * GIB, text: format!("{gib}Gi"), at: Pointer::new(at) };
        let memory = |own: Option<u64>, pod: Option<u64>, others: Option<u64>| Memory {
            limit: own.map(|own| amount(own, "/own")),
            pod_limit: pod.map(|pod| PodLimit { amount: amount(pod, "/pod"), others }),
            ..Memory::default()
        };
        for (own, pod, others, holds, most, text) in [
            (None, None, None, None, None, None),
            (Some(2), None, None, Some(2), Some(2), Some("2Gi")),
            (Some(2), Some(4), None, Some(2), Some(2), Some("2Gi")),
            (Some(4), Some(2), Some(GIB), Some(2), Some(2), Some("2Gi")),
            (None, Some(4), Some(GIB), Some(3), Some(3), Some("3Gi")),
            (None, Some(4), Some(9 * GIB), Some(0), Some(0), Some("0")),
            (None, Some(4), None, None, Some(4), Some("4Gi")),
        ] {
            let memory = memory(own, pod, others);
            let found = (memory.limit_bytes(), memory.most_bytes(), memory.limit_text());
            let gib = |amount: Option<u64>| amount.map(|amount| amount * GIB);
            assert_eq!(found, (gib(holds), gib(most), text.map(str::to_owned)), "{memory:?}");
        }
    }
}
