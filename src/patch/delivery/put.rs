//! Putting a directive where it takes effect.

use serde_json::Value;

use super::directive::Directive;
use super::env::Variable;
use super::path::DeliveryPath;
use super::{args, overlay};
use crate::patch::edit::TreeError;
use crate::workload::{Delivery, Workload};

/// A directive that was put where it takes effect.
#[derive(Debug)]
pub(crate) struct Put {
    pub(crate) path: DeliveryPath,
    /// What stood in the environment variable before, if it was there.
    pub(crate) was: Option<Value>,
    /// Whether it did not stand there already.
    pub(crate) is_change: bool,
}

/// Puts a directive where it takes effect; nothing where the server can't be reached at all.
///
/// # Errors
/// When the object has no such place. Nothing is changed then.
pub(crate) fn put(
    object: &mut Value,
    workload: &Workload,
    container: &str,
    directive: Directive,
) -> Result<Option<Put>, TreeError> {
    let Some(server) = workload.containers.iter().find(|server| server.name == container) else { return Ok(None) };
    Ok(match &*server.delivery_of(directive.name) {
        Delivery::Args => {
            args::append(object, &server.at, directive)?;
            Some(Put { path: DeliveryPath::Args, was: None, is_change: true })
        }
        Delivery::Env(name) => {
            let variable = Variable { container: &server.at, name, ours: &[] };
            let was = variable.users_word(object);
            variable.append(object, directive)?;
            Some(Put { path: DeliveryPath::Env(name.clone()), was, is_change: true })
        }
        Delivery::Overlay(plan) => {
            let is_change = overlay::install(object, workload, plan, directive)?;
            let path = DeliveryPath::Overlay { mount_path: plan.mount_path.clone(), key: plan.key.clone() };
            Some(Put { path, was: None, is_change })
        }
        Delivery::Display(_) | Delivery::Unknown(_) => None,
    })
}
