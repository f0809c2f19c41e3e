//! What keeps an exception from counting, or from holding as long as it says, though nothing in it is wrong.

use jiff::{SignedDuration, Timestamp};

use super::api::files::read_policies;
use super::exception::{Exception, date};
use super::set::Policies;
use crate::kubernetes::Kind;
use crate::yaml::{Diagnostic, Diagnostics, Path, Warning, hint};

impl Policies {
    /// What authors of files should know at a moment: of each exception in them what keeps it from counting. What only
    /// policies can tell is told where the files hold any.
    ///
    /// # Errors
    /// With every error, each with file and line, as [`Policies::parse`].
    pub fn check(texts: &[(String, String)], now: Timestamp) -> Result<Vec<Warning>, Diagnostics> {
        let loaded = read_policies(texts)?;
        let has_policies = !loaded.policies.is_empty();
        let policies = Self::of_files(loaded.policies, loaded.exceptions)?.at(now);
        let told = policies.exceptions.iter().zip(&loaded.places).flat_map(|(exception, document)| {
            let mut warnings = policies.limits_alone(exception);
            if has_policies {
                warnings.extend(policies.limits_by_policies(exception));
            }
            document.with_spans(warnings)
        });
        Ok(told.map(Warning).collect())
    }

    /// All that is known of an exception beside these policies.
    pub(crate) fn limits(&self, exception: &Exception) -> Vec<Diagnostic> {
        self.limits_alone(exception).into_iter().chain(self.limits_by_policies(exception)).collect()
    }

    /// What keeps it from counting under any policies.
    fn limits_alone(&self, exception: &Exception) -> Vec<Diagnostic> {
        let spec = Path::root("spec");
        let mut limits = Vec::new();
        if Kind::named(&exception.workload.kind).is_none() {
            let names = Kind::workloads().map(|kind| kind.name).collect::<Vec<_>>().join(", ");
            let what = format!("it lets nothing through: no {} is judged, only {names}", exception.workload.kind);
            limits.push(Diagnostic::new(spec.key("workload").key("kind"), what));
        }
        if self.now.is_some_and(|now| exception.expires <= now) {
            let what = "it has expired already".to_owned();
            limits.push(Diagnostic::new(spec.key("expires"), what));
        }
        limits
    }

    fn limits_by_policies(&self, exception: &Exception) -> Vec<Diagnostic> {
        let namespace = &exception.namespace;
        let spec = Path::root("spec");
        let mut limits = Vec::new();
        match self.honoured_days(namespace) {
            None => {
                let what =
                    format!("no policy honours exceptions of namespace {namespace} (spec.exceptions.namespaces)");
                limits.push(Diagnostic::new(Path::root("metadata").key("namespace"), what));
            }
            Some(days) => {
                let at = spec.key("expires");
                limits.extend(self.cut_short(exception, days).map(|what| Diagnostic::new(at, what)));
            }
        }
        let known: Vec<&str> = self.custom_rules().collect();
        for (index, rule) in exception.rules.iter().enumerate() {
            if rule.starts_with("custom/") && !known.contains(&rule.as_str()) {
                let what = format!("no policy has the rule `{rule}`{}", hint(rule, &known));
                limits.push(Diagnostic::new(spec.key("rules").index(index), what));
            }
        }
        limits
    }

    /// Where it ends sooner than it says.
    fn cut_short(&self, exception: &Exception, days: u16) -> Option<String> {
        let now = self.now.filter(|now| exception.expires > *now)?;
        let ends = exception.ends(days, now);
        // A day that has begun counts as a whole one.
        let is_cut = exception.expires.duration_since(ends) > SignedDuration::from_hours(24);
        let ends = date(ends);
        let what =
            format!("it ends after {days} days, the most that a policy allows (spec.exceptions.maxDays): on {ends}");
        is_cut.then_some(what)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const POLICY: &str = "apiVersion: plimsoll.dev/v1alpha1\nkind: RedisPolicy\nmetadata: {name: payments}\nspec:\n\
                          \x20 exceptions: {namespaces: [platform], maxDays: 30}\n\
                          \x20 customRules: [{name: exporter-missing, expression: 'true', message: m}]\n";
    const EXCEPTION: &str = "apiVersion: plimsoll.dev/v1alpha1\nkind: RedisPolicyException\n\
                             metadata: {name: e, namespace: platform}\nspec:\n\
                             \x20 workload: {apiVersion: apps/v1, kind: StatefulSet, namespace: shop, name: ledger}\n\
                             \x20 rules: [maxmemory-missing]\n  reason: a reason\n  expires: 2027-03-01\n";

    /// The warnings of an exception, changed in one place, on the 20th of February 2027.
    fn warnings(files: &[&str], from: &str, to: &str) -> Vec<String> {
        let name = |(index, text): (usize, &&str)| (format!("{index}.yaml"), text.replace(from, to));
        let files: Vec<(String, String)> = files.iter().enumerate().map(name).collect();
        let warnings = Policies::check(&files, "2027-02-20T12:00:00Z".parse().unwrap()).unwrap();
        warnings.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn what_never_counts_is_told_with_its_line() {
        let both = [POLICY, EXCEPTION];
        assert!(warnings(&both, "", "").is_empty());
        assert_eq!(
            warnings(&both, "expires: 2027-03-01", "expires: 2027-02-20"),
            ["1.yaml:8:12: warning: spec.expires: it has expired already"]
        );
        assert_eq!(
            warnings(&both, "expires: 2027-03-01", "expires: 2028-03-01"),
            ["1.yaml:8:12: warning: spec.expires: it ends after 30 days, the most that a policy allows \
                 (spec.exceptions.maxDays): on 2027-03-22"]
        );
        assert_eq!(
            warnings(&both, "namespace: platform}", "namespace: shop}"),
            ["1.yaml:3:32: warning: metadata.namespace: no policy honours exceptions of namespace shop \
                 (spec.exceptions.namespaces)"]
        );
        assert_eq!(
            warnings(&both, "[maxmemory-missing]", "[maxmemory-missing, custom/payments/exporter-mising]"),
            [
                "1.yaml:6:30: warning: spec.rules[1]: no policy has the rule `custom/payments/exporter-mising`; did you mean \
                 `custom/payments/exporter-missing`?"
            ]
        );
        assert_eq!(
            warnings(&both, "apps/v1, kind: StatefulSet", "batch/v1, kind: CronJob"),
            [
                "1.yaml:5:42: warning: spec.workload.kind: it lets nothing through: no CronJob is judged, only StatefulSet, \
                 Deployment, DaemonSet, Pod, ReplicaSet, ReplicationController"
            ]
        );
    }

    #[test]
    fn of_exceptions_without_a_policy_only_the_clock_speaks() {
        assert!(warnings(&[EXCEPTION], "[maxmemory-missing]", "[custom/other/rule]").is_empty());
        assert_eq!(warnings(&[EXCEPTION], "expires: 2027-03-01", "expires: 2026-03-01").len(), 1);
    }
}
