//! Fixes that give a server a directive: where it is written, how far that may be trusted, and how it is said.

use super::context::Context;
use super::finding::{Derived, Edit, Fix};
use crate::workload::{Container, Delivery, Fact};

/// A value for a directive.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DirectiveValue {
    text: String,
    reason: Option<String>,
    derived: Option<Derived>,
}

impl DirectiveValue {
    /// Says where it comes from, in the words of messages: `0.75 of the limit 1Gi`.
    #[must_use]
    pub fn because(mut self, reason: String) -> Self {
        self.reason = Some(reason);
        self
    }

    /// Says from which limit it was derived, and how, in the words of the mark.
    #[must_use]
    pub fn derived(mut self, limit: String, by: String) -> Self {
        self.derived = Some(Derived { limit, by });
        self
    }
}

impl From<String> for DirectiveValue {
    fn from(text: String) -> Self {
        Self { text, reason: None, derived: None }
    }
}

impl From<&str> for DirectiveValue {
    fn from(text: &str) -> Self {
        Self::from(text.to_owned())
    }
}

impl Fix {
    /// Gives a server a directive, where that takes effect. Safe on CREATE and where the directive is ours already, Unsafe on
    /// a running data set, and for a human where there is no place that is ours to write. It replaces what somebody else
    /// has set.
    #[must_use]
    pub fn directive(context: &Context, server: &Container, name: &str, value: impl Into<DirectiveValue>) -> Self {
        let DirectiveValue { text, reason, derived } = value.into();
        let reason = reason.map_or(String::new(), |reason| format!(" ({reason})"));
        let description = match &*server.delivery_of(name) {
            Delivery::Args => format!("add `--{name} {text}` to args{reason}"),
            Delivery::Env(variable) => format!("add `--{name} {text}` to env {variable}{reason}"),
            Delivery::Overlay(overlay) => format!("end {} with `{name} {text}`{reason}", overlay.key),
            Delivery::Display(why) => return Self::display(&format!("set `{name} {text}`{reason}; {why}")),
            Delivery::Unknown(needs) => {
                return Self::display(&format!(
                    "set `{name} {text}`{reason}; where it takes effect could not be seen: it needs {needs}"
                ));
            }
        };
        let mut fix = Self::new(context.safe_on_create(&server.name, name), &description);
        fix.by_hand = Some(by_hand(server, &format!("{name} {text}"), &reason));
        fix.replaces = is_set(server, name);
        fix.edit(Edit::Directive { container: server.name.clone(), name: name.to_owned(), value: text, derived })
    }
}

/// Where a human writes the line.
fn by_hand(server: &Container, line: &str, reason: &str) -> String {
    let file = server.config.as_ref().and_then(|config| config.files.last());
    match file.and_then(|file| Some((file, file.at.segments().last()?))) {
        Some((file, key)) => format!("write `{line}` into {key} of {}{reason}", file.object),
        None => format!("set `{line}`{reason}; the policy's `delivery` leaves that to you"),
    }
}

fn is_set(server: &Container, name: &str) -> bool {
    let setting = server.config.as_ref().map(|config| config.directive(name));
    matches!(setting, Some(Fact::Set(_)))
}

#[cfg(test)]
mod tests {
    use crate::kubernetes::Snapshot;
    use crate::rules::context::{Context, Lifecycle, OwnedValue, OwnedValues};
    use crate::rules::finding::{Applicability, Edit, Fix};
    use crate::rules::info::Door;
    use crate::rules::maxmemory::derivation::Derivation;
    use crate::workload::Workload;
    use serde_json::json;

    const POLICY: &str = "maxmemory-policy";

    fn context(lifecycle: Lifecycle, owned: OwnedValues) -> Context<'static> {
        Context::new(Door::Admission, lifecycle, Derivation::default()).owned(owned)
    }

    fn fix(context: &Context, args: &[&str]) -> Fix {
        let object = json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "cache"}, "spec": {
            "containers": [{"name": "redis", "image": "redis:7.4", "args": args}],
        }});
        let workload = Workload::read(&object, &Snapshot::new()).unwrap();
        Fix::directive(context, &workload.containers[0], POLICY, "allkeys-lru")
    }

    #[test]
    fn is_trusted_on_create_and_where_it_is_ours() {
        let ours = OwnedValue { container: "redis".into(), path: POLICY.into(), maxmemory: None };
        let trust = |lifecycle, owned| fix(&context(lifecycle, owned), &["redis-server"]).applicability;
        assert_eq!(trust(Lifecycle::Creating, OwnedValues::default()), Applicability::Safe);
        assert_eq!(trust(Lifecycle::MayHoldData, OwnedValues::default()), Applicability::Unsafe);
        assert_eq!(trust(Lifecycle::MayHoldData, std::iter::once(ours).collect()), Applicability::Safe);
    }

    #[test]
    fn says_what_it_does_and_whether_it_replaces() {
        let new = context(Lifecycle::Creating, OwnedValues::default());
        let fix = |args: &[&str]| fix(&new, args);
        let added = fix(&["redis-server"]);
        assert_eq!(added.description, "add `--maxmemory-policy allkeys-lru` to args");
        assert_eq!(
            added.by_hand.as_deref(),
            Some("set `maxmemory-policy allkeys-lru`; the policy's `delivery` leaves that to you")
        );
        assert!(!added.replaces);
        assert!(
            matches!(&added.edits[..], [Edit::Directive { name, value, derived: None, .. }] if name == POLICY && value == "allkeys-lru")
        );
        assert!(fix(&["redis-server", "--maxmemory-policy", "noeviction"]).replaces);
    }

    #[test]
    fn is_for_a_human_where_nothing_is_ours_to_write() {
        let fix = fix(&context(Lifecycle::Creating, OwnedValues::default()), &["redis-server", "-"]);
        assert_eq!(fix.applicability, Applicability::Display);
        let at =
            "set `maxmemory-policy allkeys-lru`; it reads its configuration from standard input: write the line there";
        assert_eq!(fix.description, at);
        assert!(fix.edits.is_empty());
    }
}
