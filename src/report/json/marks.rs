//! Marks as JSON: what `why -o json` prints.

use serde_json::{Value, json};

use super::VERSION;
use crate::report::format::ToJson;
use crate::report::marks::{MarkedValue, Marks};

impl ToJson for Marks {
    fn to_json(&self) -> Value {
        let mut workloads = Vec::new();
        for workload in &self.workloads {
            let values: Vec<Value> = workload.values.iter().map(value_json).collect();
            workloads.push(json!({
                "workload": workload.object,
                "unreadable": workload.is_unreadable,
                "ours": values,
            }));
        }
        json!({"version": VERSION, "workloads": workloads})
    }
}

fn value_json(value: &MarkedValue) -> Value {
    json!({
        "container": value.container,
        "path": value.path,
        "set": value.set,
        "was": value.was,
        "via": value.via,
        "limit": value.limit,
        "derive": value.derive,
        "holds": value.holds,
        "now": value.now,
    })
}
