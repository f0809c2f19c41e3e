//! Look-ups in a live cluster: plain GETs and LISTs, read into JSON trees without typed decoding.
//!
//! Every answer is a quorum read that began after it was asked for. No cache: one that lags would override a maxmemory
//! that was written a millisecond ago. Names come from users' manifests, so only what can be a name gets into a path.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use kube::Client;
use serde_json::Value;

use crate::kubernetes::{Looking, Lookups, ObjectRef, Reference, Seen, WORKLOAD_KINDS};

/// Items per page of a list: what the API server's own clients ask for.
const PAGE: usize = 500;
/// Pages of one list; a namespace with more is not judged by its neighbours. Bounds memory.
const PAGES: usize = 20;

type Objects = Seen<Vec<Arc<Value>>>;

/// Looks objects up through the API server, one request per object at a time.
#[derive(Clone)]
pub struct ClusterLookups {
    client: Client,
    flights: Arc<Flights>,
}

impl ClusterLookups {
    /// Looks up with this client's rights.
    #[must_use]
    pub fn new(client: Client) -> Self {
        Self { client, flights: Arc::default() }
    }

    async fn fetch(&self, reference: &Reference) -> Objects {
        match reference {
            Reference::Object(name) => self.get(name).await,
            Reference::Workloads(namespace) => {
                let list = |kind| self.list("apps/v1", kind, namespace, "");
                let [sets, deployments, daemons] = WORKLOAD_KINDS;
                let (sets, deployments, daemons) = tokio::join!(list(sets), list(deployments), list(daemons));
                both(both(sets, deployments), daemons)
            }
            Reference::Pods(namespace, labels) => match selector(labels) {
                Some(selector) => self.list("v1", "Pod", namespace, &selector).await,
                None => Seen::Unknown("labels that the API server would accept".to_owned()),
            },
            Reference::LimitRanges(namespace) => self.list("v1", "LimitRange", namespace, "").await,
        }
    }

    async fn get(&self, name: &ObjectRef) -> Objects {
        let Some(path) = collection(&name.api_version, &name.kind, &name.namespace) else {
            return Seen::Unknown(format!("a look at {name}"));
        };
        if !is_name(&name.name) {
            return Seen::Unknown(format!("a {} with a name that the API server would accept", name.kind));
        }
        match self.read(&format!("{path}/{}", name.name)).await {
            Ok(object) => Seen::Found(vec![Arc::new(named(object, &name.api_version, &name.kind))]),
            Err(Failure::NotFound) => Seen::Absent,
            Err(Failure::Other(needs)) => Seen::Unknown(format!("a look at {name}: {needs}")),
        }
    }

    async fn list(&self, version: &str, kind: &str, namespace: &str, selector: &str) -> Objects {
        let what = || format!("a list of {} in {namespace}", plural(kind));
        let Some(path) = collection(version, kind, namespace) else { return Seen::Unknown(what()) };
        let mut objects = Vec::new();
        let mut token = String::new();
        for _ in 0..PAGES {
            let page = format!("{path}?limit={PAGE}{selector}{token}");
            let mut page = match self.read(&page).await {
                Ok(page) => page,
                Err(Failure::NotFound) => return Seen::Absent,
                Err(Failure::Other(needs)) => return Seen::Unknown(format!("{}: {needs}", what())),
            };
            let Some(Value::Array(items)) = page.get_mut("items").map(Value::take) else {
                return Seen::Unknown(format!("{}: the answer holds no items", what()));
            };
            objects.extend(items.into_iter().map(|item| Arc::new(named(item, version, kind))));
            match page.pointer("/metadata/continue").and_then(Value::as_str) {
                Some(next) if !next.is_empty() => token = format!("&continue={}", escaped(next)),
                _ if objects.is_empty() => return Seen::Absent,
                _ => return Seen::Found(objects),
            }
        }
        Seen::Unknown(format!("{}: there are more than {}", what(), PAGE * PAGES))
    }

    async fn read(&self, path: &str) -> Result<Value, Failure> {
        let request = hyper::Request::get(path).header("accept", "application/json").body(Vec::new());
        let request = request.map_err(|_| Failure::Other("a path that the API server would accept".to_owned()))?;
        match self.client.request_text(request).await {
            Ok(text) => serde_json::from_str(&text).map_err(|_| Failure::Other("an answer in JSON".to_owned())),
            Err(kube::Error::Api(status)) if status.code == 404 => Err(Failure::NotFound),
            Err(kube::Error::Api(status)) if status.code == 403 => {
                Err(Failure::Other("forbidden; `plimsoll generate rbac` prints the rights it takes".to_owned()))
            }
            Err(kube::Error::Api(status)) => Err(Failure::Other(format!("the API server answered {}", status.code))),
            Err(error) => {
                tracing::debug!(%error, "look-up failed");
                Err(Failure::Other("the API server could not be asked".to_owned()))
            }
        }
    }
}

enum Failure {
    NotFound,
    Other(String),
}

impl Lookups for ClusterLookups {
    fn look(&self, reference: Reference) -> Looking<'_> {
        Box::pin(async move { self.flights.join(&reference, || self.fetch(&reference)).await })
    }
}

/// One request per object at a time. Who asks while one is under way waits for the **next**, and shares that: the
/// running one may have read the object before it was written a moment ago.
#[derive(Default)]
struct Flights {
    clock: AtomicU64,
    slots: Mutex<HashMap<Reference, Arc<Slot>>>,
}

type Slot = tokio::sync::Mutex<Option<(u64, Objects)>>;

impl Flights {
    async fn join<F: Future<Output = Objects>>(&self, reference: &Reference, fetch: impl FnOnce() -> F) -> Objects {
        let asked = self.clock.fetch_add(1, Ordering::SeqCst);
        let slot = Arc::clone(self.slots().entry(reference.clone()).or_default());
        let seat = Seat { flights: self, reference, slot };
        let mut last = seat.slot.lock().await;
        if let Some((began, objects)) = &*last
            && *began > asked
        {
            return objects.clone();
        }
        let began = self.clock.fetch_add(1, Ordering::SeqCst);
        let objects = fetch().await;
        *last = Some((began, objects.clone()));
        objects
    }

    fn slots(&self) -> std::sync::MutexGuard<'_, HashMap<Reference, Arc<Slot>>> {
        self.slots.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A place in the queue; the last to leave, however it leaves, takes the slot away.
struct Seat<'a> {
    flights: &'a Flights,
    reference: &'a Reference,
    slot: Arc<Slot>,
}

impl Drop for Seat<'_> {
    fn drop(&mut self) {
        let mut slots = self.flights.slots();
        if Arc::strong_count(&self.slot) <= 2 {
            slots.remove(self.reference);
        }
    }
}

fn both(one: Objects, other: Objects) -> Objects {
    match (one, other) {
        (Seen::Unknown(needs), _) | (_, Seen::Unknown(needs)) => Seen::Unknown(needs),
        (Seen::Absent, seen) | (seen, Seen::Absent) => seen,
        (Seen::Found(mut one), Seen::Found(other)) => {
            one.extend(other);
            Seen::Found(one)
        }
    }
}

/// Items of a list carry no version and kind of their own.
fn named(mut object: Value, version: &str, kind: &str) -> Value {
    if let Some(fields) = object.as_object_mut() {
        fields.entry("apiVersion").or_insert_with(|| version.into());
        fields.entry("kind").or_insert_with(|| kind.into());
    }
    object
}

/// The path of a kind in a namespace. Nothing for Secrets, which are never read, and for what is no name.
fn collection(version: &str, kind: &str, namespace: &str) -> Option<String> {
    let is_kind = !kind.is_empty() && kind.bytes().all(|byte| byte.is_ascii_alphanumeric());
    let is_version = version.split('/').count() <= 2 && version.split('/').all(is_name);
    if !is_kind || !is_version || kind == "Secret" {
        return None;
    }
    let root = if version.contains('/') { "apis" } else { "api" };
    let plural = plural(kind);
    match namespace {
        "" => Some(format!("/{root}/{version}/{plural}")),
        _ if is_name(namespace) => Some(format!("/{root}/{version}/namespaces/{namespace}/{plural}")),
        _ => None,
    }
}

/// As Kubernetes makes plurals of kinds.
fn plural(kind: &str) -> String {
    let kind = kind.to_ascii_lowercase();
    match kind.strip_suffix('y') {
        Some(stem) if !stem.ends_with(['a', 'e', 'i', 'o', 'u']) => format!("{stem}ies"),
        _ if kind.ends_with(['s', 'x']) || kind.ends_with("ch") => format!("{kind}es"),
        _ => format!("{kind}s"),
    }
}

/// A DNS subdomain (RFC 1123), as names of objects are.
fn is_name(name: &str) -> bool {
    let inner = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-' || byte == b'.';
    let outer = |byte: Option<&u8>| byte.is_some_and(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit());
    let bytes = name.as_bytes();
    name.len() <= 253 && bytes.iter().copied().all(inner) && outer(bytes.first()) && outer(bytes.last())
}

/// `&labelSelector=…`; nothing where a key or value can be no label.
fn selector(labels: &[(String, String)]) -> Option<String> {
    let is_label = |text: &str| text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_./".contains(&byte));
    let pair = |(key, value): &(String, String)| {
        (!key.is_empty() && is_label(key) && is_label(value)).then(|| escaped(&format!("{key}={value}")))
    };
    let pairs: Option<Vec<String>> = labels.iter().map(pair).collect();
    Some(format!("&labelSelector={}", pairs?.join("%2C")))
}

/// Percent-encoded for a query.
fn escaped(text: &str) -> String {
    let escape = |byte: u8| match byte {
        b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => char::from(byte).to_string(),
        _ => format!("%{byte:02X}"),
    };
    text.bytes().map(escape).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use hyper::{Request, Response, StatusCode};
    use kube::client::Body;
    use serde_json::json;
    use std::sync::atomic::AtomicUsize;

    /// A client whose API server is a function from path and query to status and body.
    fn lookups(answer: impl Fn(&str) -> (u16, Value) + Clone + Send + Sync + 'static) -> ClusterLookups {
        let service = tower::service_fn(move |request: Request<Body>| {
            let uri = request.uri();
            let path = uri.path_and_query().map_or("", |path| path.as_str());
            let (code, body) = answer(path);
            let response = Response::builder().status(StatusCode::from_u16(code).unwrap());
            std::future::ready(response.body(Body::from(body.to_string().into_bytes())))
        });
        ClusterLookups::new(Client::new(service, "default"))
    }

    fn status(code: u16) -> (u16, Value) {
        (code, json!({"kind": "Status", "apiVersion": "v1", "status": "Failure", "code": code, "message": "no"}))
    }

    fn config_map(name: &str) -> Reference {
        Reference::Object(ObjectRef::new("v1", "ConfigMap", "shop", name))
    }

    #[tokio::test]
    async fn only_a_404_is_absence() {
        let lookups = lookups(|path| match path {
            "/api/v1/namespaces/shop/configmaps/there" => (200, json!({"kind": "ConfigMap", "apiVersion": "v1"})),
            "/api/v1/namespaces/shop/configmaps/forbidden" => status(403),
            "/api/v1/namespaces/shop/configmaps/broken" => status(500),
            _ => status(404),
        });
        assert!(lookups.look(config_map("there")).await.found().is_some());
        assert_eq!(lookups.look(config_map("gone")).await, Seen::Absent);
        assert!(matches!(lookups.look(config_map("forbidden")).await, Seen::Unknown(needs) if needs.contains("rbac")));
        assert!(matches!(lookups.look(config_map("broken")).await, Seen::Unknown(needs) if needs.contains("500")));
    }

    #[tokio::test]
    async fn no_path_is_made_of_what_is_no_name() {
        let lookups = lookups(|path| panic!("asked for {path}"));
        for name in ["../secrets/x", "..", "a?watch=1", "", "A"] {
            assert!(matches!(lookups.look(config_map(name)).await, Seen::Unknown(_)), "{name}");
        }
        let secret = Reference::Object(ObjectRef::new("v1", "Secret", "shop", "redis"));
        assert!(matches!(lookups.look(secret).await, Seen::Unknown(_)));
        let labels = vec![("app".to_owned(), "a,b!=c&x".to_owned())];
        assert!(matches!(lookups.look(Reference::Pods("shop".to_owned(), labels)).await, Seen::Unknown(_)));
    }

    #[tokio::test]
    async fn lists_page_by_page_and_names_the_items() {
        let lookups = lookups(|path| match path {
            "/api/v1/namespaces/shop/pods?limit=500&labelSelector=app%3Dredis" => {
                (200, json!({"metadata": {"continue": "a+b"}, "items": [{"metadata": {"name": "r-0"}}]}))
            }
            "/api/v1/namespaces/shop/pods?limit=500&labelSelector=app%3Dredis&continue=a%2Bb" => {
                (200, json!({"metadata": {}, "items": [{"metadata": {"name": "r-1"}}]}))
            }
            _ => status(500),
        });
        let labels = vec![("app".to_owned(), "redis".to_owned())];
        let found = lookups.look(Reference::Pods("shop".to_owned(), labels)).await.found().unwrap();
        let names: Vec<String> = found.iter().map(|pod| ObjectRef::of(pod).to_string()).collect();
        assert_eq!(names, ["Pod r-0", "Pod r-1"]);
    }

    #[tokio::test]
    async fn one_forbidden_list_makes_all_workloads_unknown() {
        let lookups = lookups(|path| match path {
            "/apis/apps/v1/namespaces/shop/daemonsets?limit=500" => status(403),
            _ => (200, json!({"items": []})),
        });
        let seen = lookups.look(Reference::Workloads("shop".to_owned())).await;
        assert!(matches!(seen, Seen::Unknown(needs) if needs.contains("daemonsets in shop")));
    }

    #[tokio::test]
    async fn who_comes_during_a_flight_shares_the_next() {
        let flights = Flights::default();
        let fetched = AtomicUsize::new(0);
        let (open, gate) = tokio::sync::watch::channel(false);
        let reference = config_map("redis");
        let ask = || {
            flights.join(&reference, || async {
                let number = fetched.fetch_add(1, Ordering::SeqCst);
                let mut gate = gate.clone();
                let _ = gate.wait_for(|open| *open).await;
                Seen::Unknown(number.to_string())
            })
        };
        let opened = async { open.send(true).unwrap() };
        let (first, second, third, ()) = tokio::join!(ask(), ask(), ask(), opened);
        assert_eq!(first, Seen::Unknown("0".to_owned()));
        assert_eq!((second, third), (Seen::Unknown("1".to_owned()), Seen::Unknown("1".to_owned())));
        assert!(flights.slots().is_empty());
    }

    #[test]
    fn makes_plurals() {
        let kinds = ["ConfigMap", "NetworkPolicy", "Ingress", "RedisFailover", "Gateway"];
        assert_eq!(kinds.map(plural), ["configmaps", "networkpolicies", "ingresses", "redisfailovers", "gateways"]);
    }
}
