//! Words of Kubernetes' structural schemas that our types say themselves.

/// What makes a field untyped for the API server, also where its schema has a type for us.
pub(crate) const UNTYPED: &str = "x-kubernetes-preserve-unknown-fields";
