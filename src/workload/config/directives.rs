//! The effective value of any directive, with the place that it comes from. It is looked up when a rule asks: most rules
//! ask for few.

use super::load::LoadedWay;
use crate::redis::{self, Origin, Stage};
use crate::workload::fact::{Fact, Setting};

/// What is not known where a start script starts the server in ways that differ.
pub(crate) const SEVERAL_WAYS: &str = "a start script that starts the server in one way";

/// What was loaded, kept for whoever asks for one directive.
#[derive(Debug, Clone)]
pub(crate) struct Directives {
    /// What each way to start comes to.
    pub(crate) ways: Vec<LoadedWay>,
    /// What it would take to see any of it; nothing where the ways can be seen.
    pub(crate) hidden: Option<String>,
    /// Whether a start script writes the command line.
    pub(crate) is_scripted: bool,
}

impl Directives {
    /// The effective value of a directive, with its place.
    pub(crate) fn find(&self, name: &str) -> Fact<Setting<String>> {
        self.known(name, |way| {
            let (value, origin) = way.loaded.setting(name)?;
            Some(Setting { value, origin: way.places.of_origin(origin) })
        })
    }

    /// A value that all ways to start have in common, as the first of them has it.
    pub(crate) fn known<T: PartialEq>(
        &self,
        name: &str,
        of: impl Fn(&LoadedWay) -> Option<Setting<T>>,
    ) -> Fact<Setting<T>> {
        if let Some(needs) = self.needs(name) {
            return Fact::Unknown(needs);
        }
        let mut settings = self.ways.iter().map(of);
        let first = settings.next().flatten();
        let value = first.as_ref().map(|first| &first.value);
        if settings.any(|other| other.as_ref().map(|other| &other.value) != value) {
            return Fact::Unknown(SEVERAL_WAYS.to_owned());
        }
        first.into()
    }

    /// Whether the start script gives a directive on the command line.
    pub(crate) fn is_given_by_script(&self, name: &str) -> bool {
        let is_given =
            |way: &LoadedWay| way.loaded.setting(name).is_some_and(|(_, origin)| matches!(origin, Origin::Args { .. }));
        self.is_scripted && self.ways.iter().any(is_given)
    }

    /// What it would take to see a directive; nothing where it can be seen.
    pub(crate) fn needs(&self, name: &str) -> Option<String> {
        let hidden = self.hidden.clone();
        hidden.or_else(|| self.ways.iter().find_map(|way| way.needs(redis::directive_name(name))))
    }
}

impl LoadedWay {
    fn needs(&self, name: &str) -> Option<String> {
        let hidden = self.hidden.clone().or_else(|| self.needs_file(name));
        let is_refused = self.loaded.problems.iter().any(|problem| refuses_line(problem, name));
        let setting = self.loaded.setting(name);
        let is_open = setting.is_some_and(|(value, _)| redis::has_placeholder(value.as_bytes()));
        hidden.or_else(|| (is_open || is_refused).then(|| final_value(name)))
    }
}

/// Whether a line of this directive is refused.
fn refuses_line(problem: &redis::Problem, name: &str) -> bool {
    let directive = problem.directive.as_deref().map(redis::directive_name);
    problem.stage == Stage::Config && directive == Some(name)
}

fn final_value(name: &str) -> String {
    format!("the final value of {name}")
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use serde_json::{Value, json};

    use crate::kubernetes::Snapshot;
    use crate::workload::{Config, Fact, Workload};

    fn config(container: Value, file: &str) -> Config {
        let mut container = container;
        container["name"] = json!("redis");
        container["image"] = json!("redis:7.4");
        container["volumeMounts"] = json!([{"name": "conf", "mountPath": "/conf"}]);
        let object = json!({
            "apiVersion": "v1",
            "kind": "Pod",
            "metadata": {"name": "cache", "namespace": "shop"},
            "spec": {"containers": [container], "volumes": [{"name": "conf", "configMap": {"name": "conf"}}]},
        });
        let mut around = Snapshot::new();
        around.insert_object(Arc::new(json!({
            "apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "conf", "namespace": "shop"},
            "data": {"redis.conf": file},
        })));
        Workload::read(&object, &around).unwrap().containers.remove(0).config.unwrap()
    }

    #[track_caller]
    fn reads(config: &Config, name: &str) -> Option<(String, String)> {
        match config.directive(name) {
            Fact::Set(setting) => {
                let line = setting.origin.line.map_or(String::new(), |line| format!(":{line}"));
                Some((setting.value, format!("{}{line}", setting.origin.at)))
            }
            Fact::Unset => None,
            Fact::Unknown(needs) => panic!("{name} needs {needs}"),
        }
    }

    #[test]
    fn any_directive_is_read_with_its_origin() {
        let args = json!({"args": ["/conf/redis.conf", "--maxmemory-policy", "AllKeys-LRU"]});
        let config =
            config(args, "maxmemory 805306368\nmaxmemory-policy noeviction\nslave-priority 0\nrequirepass x\n");
        let at = |place: &str| format!("/spec/containers/0/{place}");
        assert_eq!(reads(&config, "maxmemory-policy"), Some(("allkeys-lru".into(), at("args/1"))));
        assert_eq!(reads(&config, "maxmemory"), Some(("768mb".into(), "/data/redis.conf:1".into())));
        assert_eq!(reads(&config, "replica-priority"), Some(("0".into(), "/data/redis.conf:3".into())));
        assert_eq!(reads(&config, "slave-priority"), reads(&config, "replica-priority"));
        assert_eq!(reads(&config, "requirepass"), Some(("(redacted)".into(), "/data/redis.conf:4".into())));
        assert_eq!(reads(&config, "appendfsync"), None);
    }

    #[test]
    fn what_is_not_final_is_unknown() {
        let config = config(json!({"args": ["/conf/redis.conf"]}), "maxmemory-policy ${POLICY}\nlogfile ${LOG}\n");
        let needs = |name: &str| config.directive(name).needs().map(str::to_owned);
        assert_eq!(needs("maxmemory-policy").as_deref(), Some("the final value of maxmemory-policy"));
        assert_eq!(needs("logfile").as_deref(), Some("the final value of logfile"));
        assert_eq!(needs("maxmemory"), None);
    }

    #[test]
    fn what_can_not_be_read_is_unknown() {
        let config = config(json!({"args": ["/elsewhere/redis.conf"]}), "");
        assert!(config.directive("maxmemory-policy").needs().is_some());
    }
}
