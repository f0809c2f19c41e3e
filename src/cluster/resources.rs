//! How our own kinds are reached.

use kube::api::ApiResource;

use crate::policy::GROUP;

const VERSION: &str = "v1alpha1";

/// The resource of one of our kinds.
pub(crate) fn resource_of(kind: &str) -> ApiResource {
    let plural = if kind == "RedisPolicy" { "redispolicies" } else { "redispolicyexceptions" };
    ApiResource {
        group: GROUP.to_owned(),
        version: VERSION.to_owned(),
        api_version: format!("{GROUP}/{VERSION}"),
        kind: kind.to_owned(),
        plural: plural.to_owned(),
    }
}
