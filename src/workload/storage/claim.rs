//! A claim, as it is written in a template or stands in the cluster.

use serde_json::Value;

use crate::kubernetes::{ObjectRef, Pointer, text, words};
use crate::workload::resources::Amount;

/// What is claimed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Claim {
    /// The object that it is written in: the claim itself, or the workload with its template.
    pub object: ObjectRef,
    /// The storage: what is asked for, or what a bound claim got where that is more. `at` is a place in `object`.
    pub storage: Option<Amount>,
    /// As written: `ReadWriteOnce`, `ReadWriteOncePod`, `ReadWriteMany`, `ReadOnlyMany`.
    pub access_modes: Vec<String>,
    /// The name of its storage class; nothing where that is the cluster's default.
    pub storage_class: Option<String>,
}

impl Claim {
    /// Reads the `spec` of a claim that stands at `at` in an object, and what a bound claim got.
    pub(super) fn read(object: ObjectRef, at: &Pointer, spec: &Value, got: Option<&Value>) -> Self {
        let storage_at = at.join("resources/requests/storage");
        let got = got.and_then(|got| Amount::read(got, storage_at.clone()));
        let asked = spec.pointer("/resources/requests/storage").and_then(|asked| Amount::read(asked, storage_at));
        let class = text(spec, "/storageClassName");
        Self {
            object,
            // Of two that are equal the last is taken: as it was written.
            storage: got.into_iter().chain(asked).max_by_key(|amount| amount.bytes),
            access_modes: words(spec, "/accessModes").into_iter().filter(|mode| !mode.is_empty()).collect(),
            storage_class: (!class.is_empty()).then(|| class.to_owned()),
        }
    }

    /// Reads a claim of the cluster's.
    pub(super) fn read_object(claim: &Value) -> Self {
        let spec = claim.get("spec").unwrap_or(&Value::Null);
        Self::read(ObjectRef::of(claim), &Pointer::new("/spec"), spec, claim.pointer("/status/capacity/storage"))
    }

    /// Whether only one node, or one Pod, may write to it at a time.
    #[must_use]
    pub fn is_exclusive(&self) -> bool {
        let has_mode = |mode: &str| self.access_modes.iter().any(|written| written == mode);
        (has_mode("ReadWriteOnce") || has_mode("ReadWriteOncePod")) && !has_mode("ReadWriteMany")
    }
}
