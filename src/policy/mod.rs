//! What people decided: profiles, policies, exceptions and custom rules. [`Policies`] holds what was loaded and says
//! which policy holds for a workload.

pub(crate) mod action;
pub(crate) mod api;
pub(crate) mod custom_rules;
pub(crate) mod exception;
mod exception_state;
mod exception_warnings;
mod profiles;
mod set;

pub use self::action::{Action, Mode};
pub use self::api::crd::custom_resource_definitions;
pub use self::api::load::Policy;
pub use self::api::matching::{Labels, Target, labels_of};
pub use self::api::schema::{DeliveryMode, EXCEPTION_DAYS, GROUP, MOST_EXCEPTION_DAYS, OnError, Replaces};
pub use self::api::typed::Typed;
pub use self::custom_rules::Condition;
pub(crate) use self::custom_rules::Facts;
pub use self::exception::Exception;
pub(crate) use self::exception_state::exception_findings;
pub use self::profiles::PROFILE_NAMES;
pub use self::set::{Policies, Refused, Reviewed};
