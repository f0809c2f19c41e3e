//! The policies, exceptions and namespaces of a cluster, watched: a change is in force within a second, in every replica.
//!
//! A set of policies with a mistake keeps the last good one in force, as does an API server that is away. Where our kinds
//! are not installed the profile holds alone, until they appear.

use std::collections::BTreeMap;
use std::fmt::Debug;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use arc_swap::ArcSwap;
use futures_util::StreamExt as _;
use jiff::Timestamp;
use k8s_openapi::api::core::v1::Namespace;
use kube::api::{ApiResource, DynamicObject, PartialObjectMeta};
use kube::runtime::watcher::{self, Event, watcher};
use kube::{Api, Client, Resource, ResourceExt as _};
use serde::de::DeserializeOwned;
use serde_json::Value;
use tokio::sync::watch::{self, Receiver, Sender};
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};

use super::status::{self, Statuses};
use crate::admission::Metrics;
use crate::kubernetes::ObjectRef;
use crate::policy::{Labels, Policies, Refused};

/// How long a server waits at its start for what it follows; then it goes on with the profile.
const START: Duration = Duration::from_secs(10);
/// Between two tries of a watch that fails: from the first to the last of a row.
const PAUSES: (Duration, Duration) = (Duration::from_millis(250), Duration::from_secs(5));
/// How often the ends of exceptions are looked at, for their status.
const TICK: Duration = Duration::from_mins(1);

/// What is known of one kind.
#[derive(Debug)]
struct Known<T> {
    /// The objects by namespace and name; nothing before they were listed once.
    objects: Option<Arc<BTreeMap<(String, String), T>>>,
    /// Why they may be stale.
    trouble: Option<String>,
}

type Objects = Receiver<Known<Arc<Value>>>;

/// The policies of a cluster as they change.
pub struct Following {
    client: Client,
    base: Policies,
    policies: Option<(Objects, Objects)>,
    namespaces: Receiver<Known<Labels>>,
    /// Ended when dropped.
    _watches: JoinSet<()>,
}

impl Following {
    /// Follows all policies and exceptions of the cluster, over a profile.
    pub async fn cluster(client: Client, profile: Policies) -> Self {
        let mut watches = JoinSet::new();
        let policies = own(&mut watches, &client, "RedisPolicy", "redispolicies");
        let exceptions = own(&mut watches, &client, "RedisPolicyException", "redispolicyexceptions");
        Self::start(client, profile, Some((policies, exceptions)), watches).await
    }

    /// Follows only the labels of namespaces, for policies that come from files.
    pub async fn namespaces(client: Client, policies: Policies) -> Self {
        Self::start(client, policies, None, JoinSet::new()).await
    }

    async fn start(
        client: Client,
        base: Policies,
        policies: Option<(Objects, Objects)>,
        mut watches: JoinSet<()>,
    ) -> Self {
        let api: Api<PartialObjectMeta<Namespace>> = Api::all(client.clone());
        let (sender, namespaces) = channel();
        watches.spawn(follow(api, sender, |namespace| namespace.labels().clone()));
        let mut following = Self { client, base, policies, namespaces, _watches: watches };
        // What has not answered by then is followed all the same.
        let _ = timeout(START, following.listed()).await;
        following
    }

    /// Waits until every kind was listed, or could not be.
    async fn listed(&mut self) {
        if let Some((policies, exceptions)) = &mut self.policies {
            let _ = policies.wait_for(Known::is_decided).await;
            let _ = exceptions.wait_for(Known::is_decided).await;
        }
        let _ = self.namespaces.wait_for(Known::is_decided).await;
    }

    /// The policies as they are now.
    #[must_use]
    pub fn policies(&mut self) -> Policies {
        let seen = self.seen();
        match &seen.own {
            Some([policies, exceptions]) => seen.build(&self.base, policies, exceptions).0,
            None => self.base.clone().with_namespaces(seen.namespaces),
        }
    }

    fn seen(&mut self) -> Seen {
        let mut troubles = Vec::new();
        let own = self.policies.as_mut().map(|(policies, exceptions)| {
            [policies, exceptions].map(|kind| {
                let known = kind.borrow_and_update();
                troubles.extend(known.trouble.clone());
                known.objects.iter().flat_map(|objects| objects.values()).map(Arc::clone).collect()
            })
        });
        let known = self.namespaces.borrow_and_update();
        troubles.extend(known.trouble.clone());
        let labels = known.objects.iter().flat_map(|objects| objects.iter());
        let namespaces = labels.map(|((_, name), labels)| (name.clone(), labels.clone())).collect();
        Seen { own, namespaces, troubles }
    }

    /// Puts every change into force, for ever.
    pub(crate) async fn run(mut self, in_force: Arc<ArcSwap<Policies>>, metrics: Arc<Metrics>) {
        let mut keeper = Keeper { base: self.base.clone(), in_force, metrics, good: None, told: Told::default() };
        let mut statuses = Statuses::new(self.client.clone());
        loop {
            if let Some(wanted) = keeper.update(self.seen()) {
                statuses.write(wanted).await;
            }
            self.changed().await;
        }
    }

    async fn changed(&mut self) {
        let own = async {
            match &mut self.policies {
                None => std::future::pending().await,
                Some((policies, exceptions)) => tokio::select! {
                    changed = policies.changed() => changed,
                    changed = exceptions.changed() => changed,
                },
            }
        };
        tokio::select! {
            _ = own => {}
            _ = self.namespaces.changed() => {}
            () = sleep(TICK) => {}
        }
    }
}

/// What was seen at one moment.
struct Seen {
    /// Policies and exceptions; nothing where they are not followed.
    own: Option<[Vec<Arc<Value>>; 2]>,
    namespaces: BTreeMap<String, Labels>,
    troubles: Vec<String>,
}

impl Seen {
    /// A base with the labels of namespaces, and these policies with the exceptions seen over it.
    fn build(&self, base: &Policies, policies: &[Arc<Value>], exceptions: &[Arc<Value>]) -> (Policies, Vec<Refused>) {
        let base = base.clone().with_namespaces(self.namespaces.clone());
        base.of_objects(policies.iter().chain(exceptions).map(|object| &**object))
    }
}

/// Decides which set is in force.
struct Keeper {
    base: Policies,
    in_force: Arc<ArcSwap<Policies>>,
    metrics: Arc<Metrics>,
    /// The policies of the last set without a mistake.
    good: Option<Vec<Arc<Value>>>,
    told: Told,
}

/// What was logged last, so that only news are.
#[derive(Default, PartialEq)]
struct Told {
    names: Vec<String>,
    refused: Vec<String>,
    troubles: Vec<String>,
}

impl Keeper {
    /// Puts what was seen into force. Gives what the statuses should be, where our kinds are followed.
    fn update(&mut self, seen: Seen) -> Option<status::Wanted> {
        let Some([policies, exceptions]) = &seen.own else {
            let set = self.base.clone().with_namespaces(seen.namespaces);
            self.put(set, &[], seen.troubles);
            return None;
        };
        let (built, refused) = seen.build(&self.base, policies, exceptions);
        let is_refused = |object: &Arc<Value>| refused.iter().any(|refused| refused.object == ObjectRef::of(object));
        let is_good = !policies.iter().any(is_refused);
        // Before there was a good set, what is good of this one holds.
        let (set, used) = match &self.good {
            Some(good) if !is_good => (seen.build(&self.base, good, exceptions).0, good.clone()),
            _ => (built, policies.iter().filter(|object| !is_refused(object)).map(Arc::clone).collect()),
        };
        if is_good {
            self.good = Some(policies.clone());
        }
        let wanted = status::Wanted {
            policies: policies.clone(),
            exceptions: exceptions.clone(),
            in_force: used.iter().map(|object| (ObjectRef::of(object).name, status::generation(object))).collect(),
            refused,
            set: set.clone().at(Timestamp::now()),
        };
        self.put(set, &wanted.refused, seen.troubles);
        Some(wanted)
    }

    fn put(&mut self, set: Policies, refused: &[Refused], troubles: Vec<String>) {
        let names: Vec<String> = set.names().map(str::to_owned).collect();
        self.in_force.store(Arc::new(set));
        self.metrics.set_policies(names.len(), refused.len(), troubles.len());
        let line = |refused: &Refused| {
            let mistakes: Vec<String> = refused.mistakes.iter().map(ToString::to_string).collect();
            format!("{}: {}", refused.object, mistakes.join("; "))
        };
        let told = Told { names, refused: refused.iter().map(line).collect(), troubles };
        if told.names != self.told.names {
            tracing::info!(policies = told.names.join(","), "policies in force");
        }
        for line in told.refused.iter().filter(|line| !self.told.refused.contains(line)) {
            tracing::warn!(mistakes = line, "this can't be used; the last good policies stay in force");
        }
        for line in told.troubles.iter().filter(|line| !self.told.troubles.contains(line)) {
            tracing::warn!(trouble = line, "what is followed may be stale");
        }
        self.told = told;
    }
}

impl<T> Known<T> {
    fn is_decided(&self) -> bool {
        self.objects.is_some() || self.trouble.is_some()
    }
}

fn channel<T>() -> (Sender<Known<T>>, Receiver<Known<T>>) {
    watch::channel(Known { objects: None, trouble: None })
}

/// Follows one of our kinds.
fn own(watches: &mut JoinSet<()>, client: &Client, kind: &'static str, plural: &str) -> Objects {
    let resource = status::resource(kind, plural);
    let api: Api<DynamicObject> = Api::all_with(client.clone(), &resource);
    let (sender, receiver) = channel();
    watches.spawn(follow(api, sender, move |object| Arc::new(tree(object, &resource))));
    receiver
}

/// The object as a tree. Items of a list carry no version and kind of their own.
fn tree(object: &DynamicObject, resource: &ApiResource) -> Value {
    let mut tree = serde_json::to_value(object).unwrap_or_default();
    if let Some(fields) = tree.as_object_mut() {
        fields.insert("apiVersion".to_owned(), resource.api_version.clone().into());
        fields.insert("kind".to_owned(), resource.kind.clone().into());
    }
    tree
}

/// Tells what is known of a kind, for ever.
async fn follow<K, T>(api: Api<K>, known: Sender<Known<T>>, read: impl Fn(&K) -> T + Send)
where
    K: Resource + Clone + DeserializeOwned + Debug + Send + 'static,
    T: Clone + Send + Sync,
{
    let name = |object: &K| (object.namespace().unwrap_or_default(), object.name_any());
    let what = api.resource_url().to_owned();
    let mut pause = PAUSES.0;
    loop {
        // From the start after each failure: that a watch holds again, nothing else would tell.
        let mut events = pin!(watcher(api.clone(), watcher::Config::default()));
        let (mut objects, mut listing) = (BTreeMap::new(), BTreeMap::new());
        while let Some(event) = events.next().await {
            match event {
                Err(error) => {
                    fail(&known, &what, &error);
                    break;
                }
                Ok(Event::Init) => {
                    listing.clear();
                    continue;
                }
                Ok(Event::InitApply(object)) => {
                    listing.insert(name(&object), read(&object));
                    continue;
                }
                Ok(Event::InitDone) => objects = std::mem::take(&mut listing),
                Ok(Event::Apply(object)) => drop(objects.insert(name(&object), read(&object))),
                Ok(Event::Delete(object)) => drop(objects.remove(&name(&object))),
            }
            pause = PAUSES.0;
            known.send_replace(Known { objects: Some(Arc::new(objects.clone())), trouble: None });
        }
        sleep(pause).await;
        pause = (pause * 2).min(PAUSES.1);
    }
}

/// Keeps what was known; a kind that is not installed has no objects.
fn fail<T>(known: &Sender<Known<T>>, what: &str, error: &watcher::Error) {
    let code = match error {
        watcher::Error::InitialListFailed(kube::Error::Api(status))
        | watcher::Error::WatchStartFailed(kube::Error::Api(status))
        | watcher::Error::WatchFailed(kube::Error::Api(status))
        | watcher::Error::WatchError(status) => status.code,
        _ => 0,
    };
    let trouble = match code {
        404 => None,
        403 => Some(format!("{what}: forbidden; `plimsoll generate rbac` prints the rights it takes")),
        0 => Some(format!("{what}: the API server could not be asked")),
        code => Some(format!("{what}: the API server answered {code}")),
    };
    known.send_if_modified(|known| {
        let absent = code == 404;
        let changed =
            known.trouble != trouble || (absent && known.objects.as_ref().is_none_or(|objects| !objects.is_empty()));
        known.trouble = trouble;
        if absent {
            known.objects = Some(Arc::default());
        }
        changed
    });
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn policy(name: &str, generation: i64, spec: impl Into<Value>) -> Arc<Value> {
        Arc::new(json!({
            "apiVersion": "plimsoll.dev/v1alpha1", "kind": "RedisPolicy",
            "metadata": {"name": name, "generation": generation}, "spec": spec.into(),
        }))
    }

    fn keeper() -> Keeper {
        let base = Policies::profile("baseline").unwrap();
        let in_force = Arc::new(ArcSwap::from_pointee(base.clone()));
        Keeper { base, in_force, metrics: Arc::new(Metrics::new()), good: None, told: Told::default() }
    }

    impl Keeper {
        /// The names in force after these policies were seen.
        fn sees(&mut self, policies: &[Arc<Value>]) -> Vec<String> {
            let own = Some([policies.to_vec(), Vec::new()]);
            self.update(Seen { own, namespaces: BTreeMap::new(), troubles: Vec::new() });
            self.in_force.load().names().map(str::to_owned).collect()
        }
    }

    #[test]
    fn a_set_with_a_mistake_keeps_the_last_good_one() {
        let mut keeper = keeper();
        let one = policy("one", 1, json!({"priority": 1}));
        let two = policy("two", 1, json!({"priority": 2}));
        let broken = policy("two", 2, json!({"priority": 2, "mode": "strict"}));
        assert_eq!(keeper.sees(&[Arc::clone(&one), two]), ["two", "one"]);
        assert_eq!(keeper.sees(&[Arc::clone(&one), Arc::clone(&broken)]), ["two", "one"]);
        assert_eq!(keeper.sees(std::slice::from_ref(&broken)), ["two", "one"], "nor does anything else of it count");
        assert!(keeper.metrics.render().contains("plimsoll_policies_refused 1"));
        assert_eq!(keeper.sees(std::slice::from_ref(&one)), ["one"]);
        assert!(keeper.metrics.render().contains("plimsoll_policies_refused 0"));
        assert_eq!(keeper.sees(&[]), [""; 0]);
    }

    #[test]
    fn before_there_was_a_good_set_what_is_good_holds() {
        let mut keeper = keeper();
        let one = policy("one", 1, json!({"priority": 1}));
        let broken = policy("two", 1, json!({"priorty": 2}));
        assert_eq!(keeper.sees(&[one, broken]), ["one"]);
    }

    #[test]
    fn of_two_with_a_priority_the_older_holds() {
        let mut keeper = keeper();
        let (mut older, mut newer) = (json!(*policy("b", 1, json!({}))), json!(*policy("a", 1, json!({}))));
        older["metadata"]["creationTimestamp"] = json!("2027-01-01T00:00:00Z");
        newer["metadata"]["creationTimestamp"] = json!("2027-01-02T00:00:00Z");
        assert_eq!(keeper.sees(&[Arc::new(newer), Arc::new(older)]), ["b"]);
    }

    fn answer(code: u16) -> watcher::Error {
        let status = json!({"kind": "Status", "apiVersion": "v1", "status": "Failure", "code": code});
        watcher::Error::WatchError(serde_json::from_value(status).unwrap())
    }

    #[test]
    fn only_a_404_says_that_there_is_nothing() {
        let (sender, receiver) = channel();
        let objects = BTreeMap::from([((String::new(), "one".to_owned()), 1)]);
        sender.send_replace(Known { objects: Some(Arc::new(objects)), trouble: None });
        for error in [watcher::Error::NoResourceVersion, answer(500), answer(403)] {
            fail(&sender, "policies", &error);
            let known = receiver.borrow();
            assert_eq!(known.objects.as_ref().map(|objects| objects.len()), Some(1), "{error}");
            assert!(known.trouble.is_some(), "{error}");
        }
        fail(&sender, "policies", &answer(404));
        let known = receiver.borrow();
        assert_eq!((known.objects.as_ref().map(|objects| objects.len()), known.trouble.is_none()), (Some(0), true));
    }
}
