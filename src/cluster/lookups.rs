//! Look-ups in a live cluster: plain GETs and LISTs, read into JSON trees without typed decoding.
//!
//! Every answer is a quorum read that began after it was asked for. No cache: one that lags would override a maxmemory
//! that was written a millisecond ago. Names come from users' manifests, so only what can be a name gets into a path.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use kube::Client;
use serde_json::Value;

use crate::kubernetes::{Kind, Lookup, LookupFuture, Lookups, ObjectRef, Seen};

/// Items per page of a list: what the API server's own clients ask for.
const PAGE: usize = 500;
/// Pages of one list; a namespace with more is not judged by its neighbours. Bounds memory.
const PAGES: usize = 20;
/// Objects whole, as they are stored.
const WHOLE: &str = "application/json";
/// Its metadata alone, of one object and of each in a list: all that it takes to know that there is one.
const METADATA: &str = "application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1";
const METADATA_LIST: &str = "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1";

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

    async fn fetch(&self, lookup: &Lookup) -> Objects {
        match lookup {
            Lookup::Object(name) => self.get(name).await,
            Lookup::All(kind, namespace) => {
                let list = List { kind, namespace, selector: String::new(), page: PAGE, accept: WHOLE };
                self.list(lookup, &list).await
            }
            Lookup::Pods(namespace, labels) => {
                let (Some(kind), Some(selector)) = (lookup.kind(), selector(labels)) else {
                    return Seen::Unknown("labels that the API server would accept".to_owned());
                };
                let list = List { kind, namespace, selector, page: 1, accept: METADATA_LIST };
                self.list(lookup, &list).await
            }
        }
    }

    async fn get(&self, name: &ObjectRef) -> Objects {
        let path = Kind::of(name).and_then(|kind| collection(kind, &name.api_version, &name.namespace));
        let Some(path) = path else { return Seen::Unknown(format!("a look at {name}")) };
        if !is_name(&name.name) {
            return Seen::Unknown(format!("a {} with a name that the API server would accept", name.kind));
        }
        // Of a Pod nobody asks more than whether there is one.
        let accept = if name.kind == "Pod" { METADATA } else { WHOLE };
        match self.read(&format!("{path}/{}", name.name), accept).await {
            Ok(object) => Seen::Found(vec![Arc::new(named(object, &name.api_version, &name.kind))]),
            Err(Failure::NotFound) => Seen::Absent,
            Err(Failure::Other(needs)) => Seen::Unknown(format!("a look at {name}: {needs}")),
        }
    }

    /// All pages; of a look for any object at all the first page that holds one.
    async fn list(&self, lookup: &Lookup, list: &List<'_>) -> Objects {
        let List { kind, namespace, selector, page, accept } = list;
        let Some(path) = collection(kind, kind.api_version, namespace) else { return Seen::Unknown(lookup.needs()) };
        let mut objects = Vec::new();
        let mut token = String::new();
        for _ in 0..PAGES {
            let mut answer = match self.read(&format!("{path}?limit={page}{selector}{token}"), accept).await {
                Ok(answer) => answer,
                Err(Failure::NotFound) => return Seen::Absent,
                Err(Failure::Other(needs)) => return Seen::Unknown(format!("{}: {needs}", lookup.needs())),
            };
            let items = match answer.get_mut("items").map(Value::take) {
                Some(Value::Array(items)) => items,
                Some(Value::Null) => Vec::new(), // So an empty list of metadata is written.
                _ => return Seen::Unknown(format!("{}: the answer holds no items", lookup.needs())),
            };
            objects.extend(items.into_iter().map(|item| Arc::new(named(item, kind.api_version, kind.name))));
            let is_enough = *page == 1 && !objects.is_empty();
            match answer.pointer("/metadata/continue").and_then(Value::as_str) {
                Some(next) if !next.is_empty() && !is_enough => token = format!("&continue={}", escaped(next)),
                _ if objects.is_empty() => return Seen::Absent,
                _ => return Seen::Found(objects),
            }
        }
        Seen::Unknown(format!("{}: there are more than {}", lookup.needs(), PAGE * PAGES))
    }

    async fn read(&self, path: &str, accept: &str) -> Result<Value, Failure> {
        let request = hyper::Request::get(path).header("accept", accept).body(Vec::new());
        let request = request.map_err(|_| Failure::Other("a path that the API server would accept".to_owned()))?;
        match self.client.request_text(request).await {
            Ok(text) => serde_json::from_str(&text).map_err(|_| Failure::Other("an answer in JSON".to_owned())),
            Err(kube::Error::Api(status)) if status.code == 404 => Err(Failure::NotFound),
            Err(kube::Error::Api(status)) if status.code == 403 => {
                Err(Failure::Other("forbidden; deploy/manifests/rbac.yaml grants the right".to_owned()))
            }
            Err(kube::Error::Api(status)) => Err(Failure::Other(format!("the API server answered {}", status.code))),
            Err(error) => {
                tracing::debug!(%error, "look-up failed");
                Err(Failure::Other("the API server could not be asked".to_owned()))
            }
        }
    }
}

/// One list of an API server.
struct List<'a> {
    kind: &'static Kind,
    namespace: &'a str,
    /// `&labelSelector=…`, or nothing.
    selector: String,
    /// Items per page; 1 where it only matters whether there is any.
    page: usize,
    accept: &'static str,
}

enum Failure {
    NotFound,
    Other(String),
}

impl Lookups for ClusterLookups {
    fn look(&self, lookup: Lookup) -> LookupFuture<'_> {
        Box::pin(async move { self.flights.join(&lookup, || self.fetch(&lookup)).await })
    }
}

/// One request per object at a time. Who asks while one is under way waits for the **next**, and shares that: the
/// running one may have read the object before it was written a moment ago.
#[derive(Default)]
struct Flights {
    clock: AtomicU64,
    slots: Mutex<HashMap<Lookup, Arc<Slot>>>,
}

type Slot = tokio::sync::Mutex<Option<(u64, Objects)>>;

impl Flights {
    async fn join<F: Future<Output = Objects>>(&self, lookup: &Lookup, fetch: impl FnOnce() -> F) -> Objects {
        let asked = self.clock.fetch_add(1, Ordering::SeqCst);
        let slot = Arc::clone(self.slots().entry(lookup.clone()).or_default());
        let seat = Seat { flights: self, lookup, slot };
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

    fn slots(&self) -> std::sync::MutexGuard<'_, HashMap<Lookup, Arc<Slot>>> {
        self.slots.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A place in the queue; the last to leave, however it leaves, takes the slot away.
struct Seat<'a> {
    flights: &'a Flights,
    lookup: &'a Lookup,
    slot: Arc<Slot>,
}

impl Drop for Seat<'_> {
    fn drop(&mut self) {
        let mut slots = self.flights.slots();
        if Arc::strong_count(&self.slot) <= 2 {
            slots.remove(self.lookup);
        }
    }
}

/// Items of a list carry no version and kind of their own, and metadata those of metadata.
fn named(mut object: Value, version: &str, kind: &str) -> Value {
    if let Some(fields) = object.as_object_mut() {
        fields.insert("apiVersion".to_owned(), version.into());
        fields.insert("kind".to_owned(), kind.into());
    }
    object
}

/// The path of a kind, in any version of its group, in a namespace. Nothing for what is no name. (Secrets are not in the
/// table of kinds, and so are never read.)
fn collection(kind: &Kind, version: &str, namespace: &str) -> Option<String> {
    let is_version = version.split('/').count() <= 2 && version.split('/').all(is_name);
    if !is_version {
        return None;
    }
    let root = if version.contains('/') { "apis" } else { "api" };
    let plural = kind.plural;
    match namespace {
        "" => Some(format!("/{root}/{version}/{plural}")),
        _ if is_name(namespace) => Some(format!("/{root}/{version}/namespaces/{namespace}/{plural}")),
        _ => None,
    }
}

/// A DNS subdomain (RFC 1123), as names of objects are.
fn is_name(name: &str) -> bool {
    let outer = |byte: Option<&u8>| byte.is_some_and(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit());
    let bytes = name.as_bytes();
    let inner = bytes.iter().all(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.'));
    name.len() <= 253 && inner && outer(bytes.first()) && outer(bytes.last())
}

/// `&labelSelector=…`; nothing where a key or value can be no label.
fn selector(labels: &[(String, String)]) -> Option<String> {
    let pairs: Option<Vec<String>> = labels.iter().map(|(key, value)| escape_label(key, value)).collect();
    Some(format!("&labelSelector={}", pairs?.join("%2C")))
}

/// `key=value` for a query; nothing where one of them can be no label.
fn escape_label(key: &str, value: &str) -> Option<String> {
    let is_label = |text: &str| text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_./".contains(&byte));
    (!key.is_empty() && is_label(key) && is_label(value)).then(|| escaped(&format!("{key}={value}")))
}

/// Percent-encoded for a query.
fn escaped(text: &str) -> String {
    text.bytes().map(escape_byte).collect()
}

fn escape_byte(byte: u8) -> String {
    match byte {
        b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => char::from(byte).to_string(),
        _ => format!("%{byte:02X}"),
    }
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

    /// As a real API server writes an empty list of metadata.
    fn lookups_of_nothing() -> ClusterLookups {
        lookups(|_| (200, json!({"kind": "PartialObjectMetadataList", "metadata": {}, "items": null})))
    }

    fn status(code: u16) -> (u16, Value) {
        (code, json!({"kind": "Status", "apiVersion": "v1", "status": "Failure", "code": code, "message": "no"}))
    }

    fn config_map(name: &str) -> Lookup {
        Lookup::Object(ObjectRef::new("v1", "ConfigMap", "shop", name))
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
        let labels = vec![("app".to_owned(), "a,b!=c&x".to_owned())];
        assert!(matches!(lookups.look(Lookup::Pods("shop".to_owned(), labels)).await, Seen::Unknown(_)));
    }

    #[tokio::test]
    async fn lists_any_kind_of_the_table_page_by_page_and_names_the_items() {
        for kind in Kind::all() {
            let root = if kind.group().is_empty() { "api" } else { "apis" };
            let first = format!("/{root}/{}/namespaces/shop/{}?limit=500", kind.api_version, kind.plural);
            let second = format!("{first}&continue=a%2Bb");
            let lookups = lookups(move |path| match path {
                path if path == first => {
                    (200, json!({"metadata": {"continue": "a+b"}, "items": [{"metadata": {"name": "r-0"}}]}))
                }
                path if path == second => (200, json!({"metadata": {}, "items": [{"metadata": {"name": "r-1"}}]})),
                _ => status(500),
            });
            let found = lookups.look(Lookup::All(kind, "shop".to_owned())).await.found().unwrap();
            let names: Vec<ObjectRef> = found.iter().map(|object| ObjectRef::of(object)).collect();
            let expected = ["r-0", "r-1"].map(|name| ObjectRef::new(kind.api_version, kind.name, "", name));
            assert_eq!(names, expected);
        }
    }

    #[tokio::test]
    async fn of_pods_by_labels_the_first_is_enough() {
        let lookups = lookups(|path| match path {
            "/api/v1/namespaces/shop/pods?limit=1&labelSelector=app%3Dredis" => {
                (200, json!({"metadata": {"continue": "more"}, "items": [{"metadata": {"name": "r-0"}}]}))
            }
            _ => status(500),
        });
        let labels = vec![("app".to_owned(), "redis".to_owned())];
        let found = lookups.look(Lookup::Pods("shop".to_owned(), labels)).await.found().unwrap();
        let names: Vec<String> = found.iter().map(|pod| ObjectRef::of(pod).to_string()).collect();
        assert_eq!(names, ["Pod r-0"]);
        let none = lookups_of_nothing().look(Lookup::Pods("shop".to_owned(), Vec::new())).await;
        assert_eq!(none, Seen::Absent);
    }

    #[tokio::test]
    async fn a_pod_is_found_by_its_name() {
        let lookups = lookups(|path| match path {
            "/api/v1/namespaces/shop/pods/r-0" => {
                let metadata = json!({"name": "r-0", "namespace": "shop"});
                (200, json!({"apiVersion": "meta.k8s.io/v1", "kind": "PartialObjectMetadata", "metadata": metadata}))
            }
            _ => status(404),
        });
        let pod = |name| ObjectRef::new("v1", "Pod", "shop", name);
        let found = lookups.look(Lookup::Object(pod("r-0"))).await.found().unwrap();
        assert_eq!(ObjectRef::of(&found[0]), pod("r-0"), "metadata is called what it is of");
        assert_eq!(lookups.look(Lookup::Object(pod("r-1"))).await, Seen::Absent);
    }

    #[tokio::test]
    async fn a_forbidden_list_is_unknown() {
        let lookups = lookups(|path| match path {
            "/apis/apps/v1/namespaces/shop/daemonsets?limit=500" => status(403),
            _ => (200, json!({"items": []})),
        });
        for kind in Kind::with_template() {
            let seen = lookups.look(Lookup::All(kind, "shop".to_owned())).await;
            match seen {
                Seen::Unknown(needs) => assert!(needs.contains("daemonsets in shop"), "{needs}"),
                seen => assert_eq!((kind.name != "DaemonSet", seen), (true, Seen::Absent)),
            }
        }
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

    #[tokio::test]
    async fn only_kinds_of_the_table_are_looked_up() {
        let lookups = lookups(|path| panic!("asked for {path}"));
        for (version, kind) in [("v1", "Secret"), ("v1", "Event"), ("apps/v1", "Pod"), ("batch/v1", "Job")] {
            let seen = lookups.look(Lookup::Object(ObjectRef::new(version, kind, "shop", "redis"))).await;
            assert!(matches!(seen, Seen::Unknown(_)), "{kind}");
        }
    }
}
