//! What the webhook counts, as Prometheus text. Labels are of our own few words, never a name from a request.
//!
//! The recorder is the server's own and not the process's, so that several servers can run in one process.

use std::time::Duration;

use metrics::{Counter, Gauge, Key, Label, Level, Metadata, Recorder, SharedString, Unit};
use metrics_exporter_prometheus::{BuildError, PrometheusBuilder, PrometheusRecorder};

use super::review::Outcome;
use crate::engine::Hook;

const REVIEWS: &str = "plimsoll_reviews_total";
const SECONDS: &str = "plimsoll_review_duration_seconds";
const REFUSED: &str = "plimsoll_requests_refused_total";
const LOOKUPS: &str = "plimsoll_lookups_total";
const PANICS: &str = "plimsoll_panics_total";
const TIMEOUTS: &str = "plimsoll_timeouts_total";
const UNSETTLED: &str = "plimsoll_unsettled_total";
const HANDSHAKES: &str = "plimsoll_tls_handshake_failures_total";
const RELOADS: &str = "plimsoll_certificate_reload_failures_total";
const EXPIRY: &str = "plimsoll_certificate_expiry_timestamp_seconds";
const IN_FLIGHT: &str = "plimsoll_reviews_in_flight";
const CONNECTIONS: &str = "plimsoll_connections";
const POLICIES: &str = "plimsoll_policies_in_force";
const POLICIES_REFUSED: &str = "plimsoll_policies_refused";
const WATCHES_FAILING: &str = "plimsoll_watches_failing";

const COUNTERS: [(&str, &str); 8] = [
    (REVIEWS, "Reviews answered, by hook, kind, operation and result."),
    (REFUSED, "Requests that were answered with an HTTP error, by status."),
    (LOOKUPS, "Look-ups of objects around a workload, by result."),
    (PANICS, "Panics in reviews; each is a fault of ours."),
    (TIMEOUTS, "Reviews that were given up at the API server's deadline."),
    (UNSETTLED, "Reviews whose fixes did not settle: nothing was patched."),
    (HANDSHAKES, "TLS handshakes that failed or took too long."),
    (RELOADS, "Attempts to read the certificate files that failed; the last good pair stays."),
];
const GAUGES: [(&str, &str); 6] = [
    (EXPIRY, "When the serving certificate expires, in seconds since 1970."),
    (IN_FLIGHT, "Reviews being answered."),
    (CONNECTIONS, "Connections open."),
    (POLICIES, "RedisPolicy objects in force; the profile is not among them."),
    (
        POLICIES_REFUSED,
        "RedisPolicy and RedisPolicyException objects with a mistake; the last good policies stay in force.",
    ),
    (WATCHES_FAILING, "Kinds whose changes can't be followed now: the last that was seen of them stays in force."),
];
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

static METADATA: Metadata<'static> = Metadata::new("plimsoll", Level::INFO, None);

/// The counts of one server.
pub(crate) struct Metrics {
    recorder: PrometheusRecorder,
    panics: Counter,
    timeouts: Counter,
    unsettled: Counter,
    handshakes: Counter,
    reloads: Counter,
    expiry: Gauge,
    in_flight: Gauge,
    connections: Gauge,
    policies: Gauge,
    policies_refused: Gauge,
    watches_failing: Gauge,
}

/// Lowers a gauge when dropped.
pub(crate) struct Held(Gauge);

impl Held {
    fn new(gauge: &Gauge) -> Self {
        gauge.increment(1.0);
        Self(gauge.clone())
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        self.0.decrement(1.0);
    }
}

impl Metrics {
    pub(crate) fn new() -> Result<Self, BuildError> {
        let recorder = PrometheusBuilder::new().set_buckets(&BUCKETS)?.build_recorder();
        for (name, help) in COUNTERS {
            recorder.describe_counter(name.into(), None, SharedString::const_str(help));
        }
        for (name, help) in GAUGES {
            recorder.describe_gauge(name.into(), None, SharedString::const_str(help));
        }
        let help = SharedString::const_str("Time from a review's first byte to its answer, by hook.");
        recorder.describe_histogram(SECONDS.into(), Some(Unit::Seconds), help);
        let counter = |name: &'static str| recorder.register_counter(&Key::from_static_name(name), &METADATA);
        let gauge = |name: &'static str| recorder.register_gauge(&Key::from_static_name(name), &METADATA);
        Ok(Self {
            panics: counter(PANICS),
            timeouts: counter(TIMEOUTS),
            unsettled: counter(UNSETTLED),
            handshakes: counter(HANDSHAKES),
            reloads: counter(RELOADS),
            expiry: gauge(EXPIRY),
            in_flight: gauge(IN_FLIGHT),
            connections: gauge(CONNECTIONS),
            policies: gauge(POLICIES),
            policies_refused: gauge(POLICIES_REFUSED),
            watches_failing: gauge(WATCHES_FAILING),
            recorder,
        })
    }

    pub(crate) fn reviewed(&self, hook: Hook, kind: &str, operation: &str, outcome: Outcome, took: Duration) {
        let kind = KINDS.into_iter().find(|known| *known == kind).unwrap_or("other");
        let operation = ["CREATE", "UPDATE", "DELETE"].into_iter().find(|known| *known == operation).unwrap_or("other");
        let hook = hook_name(hook);
        let labels = [("hook", hook), ("kind", kind), ("operation", operation), ("result", outcome.name())];
        self.count(REVIEWS, &labels);
        let key = Key::from_static_parts(SECONDS, hook_labels(hook));
        self.recorder.register_histogram(&key, &METADATA).record(took.as_secs_f64());
    }

    pub(crate) fn refused(&self, status: u16) {
        let key = Key::from_parts(REFUSED, vec![Label::new("code", status.to_string())]);
        self.recorder.register_counter(&key, &METADATA).increment(1);
    }

    pub(crate) fn looked_up(&self, result: &'static str) {
        self.count(LOOKUPS, &[("result", result)]);
    }

    pub(crate) fn policies(&self, in_force: usize, refused: usize, watches_failing: usize) {
        #[expect(clippy::cast_precision_loss, reason = "nobody has that many")]
        let count = |gauge: &Gauge, count: usize| gauge.set(count as f64);
        count(&self.policies, in_force);
        count(&self.policies_refused, refused);
        count(&self.watches_failing, watches_failing);
    }

    pub(crate) fn panicked(&self) {
        self.panics.increment(1);
    }

    pub(crate) fn timed_out(&self) {
        self.timeouts.increment(1);
    }

    pub(crate) fn left_unsettled(&self) {
        self.unsettled.increment(1);
    }

    pub(crate) fn handshake_failed(&self) {
        self.handshakes.increment(1);
    }

    pub(crate) fn reload_failed(&self) {
        self.reloads.increment(1);
    }

    /// Seconds since 1970.
    #[expect(clippy::cast_precision_loss, reason = "exact for the next 280 million years")]
    pub(crate) fn certificate_expires(&self, at: i64) {
        self.expiry.set(at as f64);
    }

    pub(crate) fn review_begins(&self) -> Held {
        Held::new(&self.in_flight)
    }

    pub(crate) fn connection_opens(&self) -> Held {
        Held::new(&self.connections)
    }

    /// The Prometheus text.
    pub(crate) fn render(&self) -> String {
        self.recorder.handle().render()
    }

    /// Folds samples into buckets; without it they pile up while nobody scrapes.
    pub(crate) fn fold(&self) {
        self.recorder.handle().run_upkeep();
    }

    fn count(&self, name: &'static str, labels: &[(&'static str, &'static str)]) {
        let labels: Vec<Label> = labels.iter().map(|(key, value)| Label::from_static_parts(key, value)).collect();
        self.recorder.register_counter(&Key::from_parts(name, labels), &METADATA).increment(1);
    }
}

fn hook_labels(hook: &'static str) -> &'static [Label] {
    static MUTATE: [Label; 1] = [Label::from_static_parts("hook", "mutate")];
    static VALIDATE: [Label; 1] = [Label::from_static_parts("hook", "validate")];
    if hook == "mutate" { &MUTATE } else { &VALIDATE }
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

    #[test]
    fn counts_without_names_from_requests() {
        let metrics = Metrics::new().unwrap();
        metrics.reviewed(Hook::Mutate, "StatefulSet", "CREATE", Outcome::Patched, Duration::from_micros(70));
        metrics.reviewed(Hook::Validate, "Evil\"kind", "EXPLODE", Outcome::Allowed, Duration::from_micros(70));
        let held = metrics.review_begins();
        let text = metrics.render();
        let patched =
            r#"plimsoll_reviews_total{hook="mutate",kind="StatefulSet",operation="CREATE",result="patched"} 1"#;
        assert!(text.contains(patched), "{text}");
        assert!(!text.contains("Evil"), "{text}");
        assert!(text.contains(r#"plimsoll_review_duration_seconds_bucket{hook="mutate",le="0.0001"} 1"#), "{text}");
        assert!(text.contains("plimsoll_reviews_in_flight 1"), "{text}");
        drop(held);
        assert!(metrics.render().contains("plimsoll_reviews_in_flight 0"));
    }
}
