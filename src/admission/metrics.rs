//! What the webhook counts, as OpenMetrics text. Labels are of our own few words, never a name from a request.
//!
//! The registry is the server's own and not the process's, so that several servers can run in one process.

use std::time::Duration;

use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::{Registry, Unit};

use super::outcome::Outcome;
use crate::cluster::PolicyCounts;
use crate::engine::Hook;

/// The content type of [`Metrics::render`].
pub(crate) const METRICS_CONTENT_TYPE: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// Seconds. A review aims at 50 µs; look-ups are milliseconds; the API server waits 30 s at most.
const BUCKETS: [f64; 14] =
    [0.000_05, 0.000_1, 0.000_25, 0.000_5, 0.001, 0.002_5, 0.005, 0.01, 0.025, 0.1, 0.5, 1.0, 3.0, 10.0];

/// The kinds that are told apart; the rest is `other`.
const KINDS: [&str; 11] = [
    "StatefulSet",
    "Deployment",
    "DaemonSet",
    "Pod",
    "ConfigMap",
    "Service",
    "PersistentVolumeClaim",
    "Scale",
    "RedisFailover",
    "RedisPolicy",
    "RedisPolicyException",
];
/// The operations that are told apart; the rest is `other`.
const OPERATIONS: [&str; 3] = ["CREATE", "UPDATE", "DELETE"];

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct ReviewLabels {
    hook: &'static str,
    kind: &'static str,
    operation: &'static str,
    result: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct HookLabels {
    hook: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct RefusalLabels {
    code: u16,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct LookupLabels {
    result: &'static str,
}

/// The counts of one server.
pub(crate) struct Metrics {
    registry: Registry,
    reviews: Family<ReviewLabels, Counter>,
    review_duration: Family<HookLabels, Histogram>,
    refusals: Family<RefusalLabels, Counter>,
    lookups: Family<LookupLabels, Counter>,
    panics: Counter,
    timeouts: Counter,
    unsettled: Counter,
    handshake_failures: Counter,
    reload_failures: Counter,
    certificate_expiry: Gauge,
    reviews_in_flight: Gauge,
    connections: Gauge,
    policies_in_force: Gauge,
    policies_refused: Gauge,
    watches_failing: Gauge,
}

/// Lowers a gauge when dropped.
pub(crate) struct GaugeGuard(Gauge);

impl GaugeGuard {
    fn raise(gauge: &Gauge) -> Self {
        gauge.inc();
        Self(gauge.clone())
    }
}

impl Drop for GaugeGuard {
    fn drop(&mut self) {
        self.0.dec();
    }
}

impl Metrics {
    pub(crate) fn new() -> Self {
        let metrics = Self {
            registry: Registry::with_prefix("plimsoll"),
            reviews: Family::default(),
            review_duration: Family::new_with_constructor(|| Histogram::new(BUCKETS)),
            refusals: Family::default(),
            lookups: Family::default(),
            panics: Counter::default(),
            timeouts: Counter::default(),
            unsettled: Counter::default(),
            handshake_failures: Counter::default(),
            reload_failures: Counter::default(),
            certificate_expiry: Gauge::default(),
            reviews_in_flight: Gauge::default(),
            connections: Gauge::default(),
            policies_in_force: Gauge::default(),
            policies_refused: Gauge::default(),
            watches_failing: Gauge::default(),
        };
        metrics.registered()
    }

    /// With a name and a help text for each. The encoder adds `_total` to counters, the unit, and a full stop.
    fn registered(mut self) -> Self {
        let registry = &mut self.registry;
        let help = "Reviews answered, by hook, kind, operation and result";
        registry.register("reviews", help, self.reviews.clone());
        let help = "Time from a review's first byte to its answer, by hook";
        registry.register_with_unit("review_duration", help, Unit::Seconds, self.review_duration.clone());
        let help = "Requests that were answered with an HTTP error, by status";
        registry.register("requests_refused", help, self.refusals.clone());
        registry.register("lookups", "Look-ups of objects around a workload, by result", self.lookups.clone());
        registry.register("panics", "Panics in reviews; each is an internal error", self.panics.clone());
        registry.register("timeouts", "Reviews given up at the API server's deadline", self.timeouts.clone());
        let help = "Reviews whose fixes did not converge: nothing was patched";
        registry.register("unsettled", help, self.unsettled.clone());
        let help = "TLS handshakes that failed or took too long";
        registry.register("tls_handshake_failures", help, self.handshake_failures.clone());
        let help = "Failed attempts to read the certificate files; the last good pair stays";
        registry.register("certificate_reload_failures", help, self.reload_failures.clone());
        let help = "When the serving certificate expires, in seconds since 1970";
        let expiry = self.certificate_expiry.clone();
        registry.register_with_unit("certificate_expiry_timestamp", help, Unit::Seconds, expiry);
        registry.register("reviews_in_flight", "Reviews being answered", self.reviews_in_flight.clone());
        registry.register("connections", "Connections open", self.connections.clone());
        let help = "RedisPolicy objects in force; the profile is not among them";
        registry.register("policies_in_force", help, self.policies_in_force.clone());
        let help = "RedisPolicy and RedisPolicyException objects with an error; the last good policies stay in force";
        registry.register("policies_refused", help, self.policies_refused.clone());
        let help = "Kinds that can't be watched now; what was last seen of them stays in force";
        registry.register("watches_failing", help, self.watches_failing.clone());
        self
    }

    pub(crate) fn count_review(&self, review: &ReviewCount<'_>) {
        let hook = hook_name(review.hook);
        let labels = ReviewLabels {
            hook,
            kind: known_or_other(&KINDS, review.kind),
            operation: known_or_other(&OPERATIONS, review.operation),
            result: review.outcome.name(),
        };
        self.reviews.get_or_create(&labels).inc();
        self.review_duration.get_or_create(&HookLabels { hook }).observe(review.took.as_secs_f64());
    }

    pub(crate) fn count_refusal(&self, code: u16) {
        self.refusals.get_or_create(&RefusalLabels { code }).inc();
    }

    pub(crate) fn count_lookup(&self, result: &'static str) {
        self.lookups.get_or_create(&LookupLabels { result }).inc();
    }

    pub(crate) fn count_panic(&self) {
        self.panics.inc();
    }

    pub(crate) fn count_timeout(&self) {
        self.timeouts.inc();
    }

    pub(crate) fn count_unsettled(&self) {
        self.unsettled.inc();
    }

    pub(crate) fn count_handshake_failure(&self) {
        self.handshake_failures.inc();
    }

    pub(crate) fn count_reload_failure(&self) {
        self.reload_failures.inc();
    }

    pub(crate) fn set_policies(&self, counts: PolicyCounts) {
        set_gauge(&self.policies_in_force, counts.active);
        set_gauge(&self.policies_refused, counts.refused);
        set_gauge(&self.watches_failing, counts.failing_watches);
    }

    /// Seconds since 1970.
    pub(crate) fn set_certificate_expiry(&self, at: i64) {
        self.certificate_expiry.set(at);
    }

    /// Counts a review in flight until the guard is dropped.
    pub(crate) fn begin_review(&self) -> GaugeGuard {
        GaugeGuard::raise(&self.reviews_in_flight)
    }

    /// Counts an open connection until the guard is dropped.
    pub(crate) fn open_connection(&self) -> GaugeGuard {
        GaugeGuard::raise(&self.connections)
    }

    /// All counts as OpenMetrics text.
    pub(crate) fn render(&self) -> String {
        let mut text = String::new();
        // Writing to a string can't fail; if it did, the lost end marker would tell the scraper.
        let _ = encode(&mut text, &self.registry);
        text
    }
}

/// A review that was answered. Kind and operation are as the request names them.
pub(crate) struct ReviewCount<'a> {
    pub(crate) hook: Hook,
    pub(crate) kind: &'a str,
    pub(crate) operation: &'a str,
    pub(crate) outcome: Outcome,
    pub(crate) took: Duration,
}

fn set_gauge(gauge: &Gauge, count: usize) {
    gauge.set(i64::try_from(count).unwrap_or(i64::MAX));
}

fn known_or_other(known: &[&'static str], word: &str) -> &'static str {
    known.iter().find(|known| **known == word).copied().unwrap_or("other")
}

pub(crate) fn hook_name(hook: Hook) -> &'static str {
    match hook {
        Hook::Mutate => "mutate",
        Hook::Validate => "validate",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn count(metrics: &Metrics, kind: &str, operation: &str) {
        let took = Duration::from_micros(70);
        metrics.count_review(&ReviewCount { hook: Hook::Mutate, kind, operation, outcome: Outcome::Patched, took });
    }

    #[test]
    fn counts_without_names_from_requests() {
        let metrics = Metrics::new();
        count(&metrics, "StatefulSet", "CREATE");
        count(&metrics, "Evil\"kind", "EXPLODE");
        let guard = metrics.begin_review();
        let text = metrics.render();
        let patched =
            r#"plimsoll_reviews_total{hook="mutate",kind="StatefulSet",operation="CREATE",result="patched"} 1"#;
        assert!(text.contains(patched), "{text}");
        assert!(text.contains(r#"kind="other",operation="other""#) && !text.contains("Evil"), "{text}");
        assert!(text.contains(r#"plimsoll_review_duration_seconds_bucket{le="0.0001",hook="mutate"} 2"#), "{text}");
        assert!(text.contains("plimsoll_reviews_in_flight 1\n"), "{text}");
        drop(guard);
        assert!(metrics.render().contains("plimsoll_reviews_in_flight 0\n"));
    }

    #[test]
    fn renders_what_openmetrics_asks_for() {
        let metrics = Metrics::new();
        metrics.count_refusal(413);
        metrics.set_certificate_expiry(1_800_000_000);
        let text = metrics.render();
        for line in [
            "# TYPE plimsoll_requests_refused counter",
            r#"plimsoll_requests_refused_total{code="413"} 1"#,
            "plimsoll_panics_total 0",
            "# UNIT plimsoll_certificate_expiry_timestamp_seconds seconds",
            "plimsoll_certificate_expiry_timestamp_seconds 1800000000",
        ] {
            assert!(text.lines().any(|found| found == line), "{line}: {text}");
        }
        assert!(!text.contains("_total_total") && !text.contains(".."), "{text}");
        assert!(text.ends_with("# EOF\n"), "{text}");
    }
}
