//! The kinds of workloads that are judged, and how people call them: full names in any case, plurals, kubectl's short
//! names.

/// A kind of workload.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Kind {
    /// Its name, as in `kind: StatefulSet`.
    pub name: &'static str,
    /// Its group and version.
    pub api_version: &'static str,
    short: &'static str,
}

/// All of them: those that `Workload::read` reads.
pub const KINDS: [Kind; 4] = [
    Kind { name: "StatefulSet", api_version: "apps/v1", short: "sts" },
    Kind { name: "Deployment", api_version: "apps/v1", short: "deploy" },
    Kind { name: "DaemonSet", api_version: "apps/v1", short: "ds" },
    Kind { name: "Pod", api_version: "v1", short: "po" },
];

impl Kind {
    /// The kind that somebody means by `sts`, `statefulsets.apps` or `STATEFULSET`.
    #[must_use]
    pub fn named(text: &str) -> Option<Self> {
        let text = text.to_ascii_lowercase();
        let word = text.strip_suffix(".apps").unwrap_or(&text);
        let is_called = |kind: &&Self| {
            let name = kind.name.to_ascii_lowercase();
            word == kind.short || word == name || word.strip_suffix('s') == Some(&name)
        };
        KINDS.iter().find(is_called).copied()
    }

    /// Whether it is of this group, in any version.
    #[must_use]
    pub fn is_of(self, api_version: &str) -> bool {
        let group = |text: &str| text.split_once('/').map(|(group, _)| group.to_owned());
        match group(self.api_version) {
            Some(own) => group(api_version) == Some(own),
            None => api_version == self.api_version,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kubernetes::snapshot::Snapshot;
    use crate::workload::Workload;

    #[test]
    fn kinds_are_known_by_every_name_that_kubectl_takes() {
        for text in ["sts", "STS", "statefulset", "StatefulSets", "statefulsets.apps", "sts.apps"] {
            assert_eq!(Kind::named(text).map(|kind| kind.name), Some("StatefulSet"), "{text}");
        }
        assert_eq!(Kind::named("po").map(|kind| kind.api_version), Some("v1"));
        assert_eq!(Kind::named("CronJob"), None);
    }

    #[test]
    fn they_are_the_kinds_that_are_read() {
        for kind in KINDS {
            let spec = serde_json::json!({"containers": [{"name": "redis", "image": "redis:7.4"}]});
            let spec = if kind.name == "Pod" { spec } else { serde_json::json!({"template": {"spec": spec}}) };
            let object = serde_json::json!({
                "apiVersion": kind.api_version, "kind": kind.name, "metadata": {"name": "a"}, "spec": spec,
            });
            assert!(Workload::read(&object, &Snapshot::new()).is_some(), "{kind:?}");
        }
    }

    #[test]
    fn a_group_without_its_version_is_none() {
        let [set, .., pod] = KINDS;
        assert!(set.is_of("apps/v1") && set.is_of("apps/v1beta2") && pod.is_of("v1"));
        assert!(!set.is_of("apps") && !set.is_of("v1") && !pod.is_of("apps/v1") && !pod.is_of("v2"));
    }
}
