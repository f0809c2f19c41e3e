//! The operators whose workloads we know, one file each. What an operator makes is reported, and its custom resource is
//! what a user can edit. A new one is a file here and a line in [`OPERATORS`].

mod hyperspike;
mod operator;
mod opstree;
mod spotahome;
mod valkey;

use serde_json::Value;

use self::operator::Operator;
use crate::kubernetes::{ObjectRef, list, text};

const OPERATORS: [Operator; 4] = [spotahome::OPERATOR, opstree::OPERATOR, hyperspike::OPERATOR, valkey::OPERATOR];

/// The kind of the custom resource that owns a workload, where an operator made it.
pub(crate) fn owning_kind(object: &Value) -> Option<&str> {
    let owners = list(object, "/metadata/ownerReferences");
    let owner = owners.iter().find(|owner| OPERATORS.iter().any(|operator| operator.owns_by(owner)))?;
    Some(text(owner, "/kind"))
}

/// Whether an object is the resource of an operator, which makes Redis workloads of it.
#[must_use]
pub fn is_operators(object: &ObjectRef) -> bool {
    OPERATORS.iter().any(|operator| operator.group == object.group())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::workload::operators::{OPERATORS, owning_kind};

    #[test]
    fn an_owner_in_an_operators_group_is_found() {
        for operator in &OPERATORS {
            let owner = json!({"apiVersion": format!("{}/v1", operator.group), "kind": "Cache"});
            let object = json!({"metadata": {"ownerReferences": [{"apiVersion": "v1", "kind": "Node"}, owner]}});
            assert_eq!(owning_kind(&object), Some("Cache"));
        }
        let chart =
            json!({"metadata": {"ownerReferences": [{"apiVersion": "valkey.io.example/v1", "kind": "Valkey"}]}});
        assert_eq!(owning_kind(&chart), None);
    }
}
