//! The policies, exceptions and namespaces of a cluster, watched: a change is in force within a second, in every replica.
//!
//! A set of policies with an error keeps the last good one in force, as does an API server that is away. Where our kinds
//! are not installed the profile holds alone, until they appear.

use std::sync::Arc;
use std::time::Duration;

use arc_swap::ArcSwap;
use k8s_openapi::api::core::v1::Namespace;
use kube::api::{ApiResource, DynamicObject, PartialObjectMeta};
use kube::{Api, Client, ResourceExt as _};
use serde_json::Value;
use tokio::sync::watch::{self, Receiver};
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};

use super::active_policies::{ActivePolicies, ClusterState, PolicyCounts};
use super::observed::{Observed, observed_channel, watch_kind};
use super::resources::resource_of;
use super::status_writer::StatusWriter;
use crate::policy::{Labels, Policies};

/// How long a server waits at its start for the first lists; then it goes on with the profile.
const START_TIMEOUT: Duration = Duration::from_secs(10);
/// How often the ends of exceptions are looked at, for their status.
const EXPIRY_INTERVAL: Duration = Duration::from_mins(1);

type Objects = Receiver<Observed<Arc<Value>>>;

/// The policies of a cluster as they change.
pub struct PolicyWatch {
    client: Client,
    base: Policies,
    /// Policies and exceptions; nothing where policies come from files.
    own: Option<(Objects, Objects)>,
    namespaces: Receiver<Observed<Labels>>,
    /// Ended when dropped.
    tasks: JoinSet<()>,
}

impl PolicyWatch {
    /// Watches all policies and exceptions of the cluster, over a profile.
    pub async fn start_for_cluster(client: Client, profile: Policies) -> Self {
        let mut tasks = JoinSet::new();
        let policies = watch_own_kind(&mut tasks, &client, "RedisPolicy");
        let exceptions = watch_own_kind(&mut tasks, &client, "RedisPolicyException");
        Self::start(client, profile, Some((policies, exceptions)), tasks).await
    }

    /// Watches only the labels of namespaces, for policies that come from files.
    pub async fn start_for_namespaces(client: Client, policies: Policies) -> Self {
        Self::start(client, policies, None, JoinSet::new()).await
    }

    async fn start(client: Client, base: Policies, own: Option<(Objects, Objects)>, mut tasks: JoinSet<()>) -> Self {
        let api: Api<PartialObjectMeta<Namespace>> = Api::all(client.clone());
        let (sender, namespaces) = observed_channel();
        tasks.spawn(watch_kind(api, sender, |namespace| namespace.labels().clone()));
        let mut watch = Self { client, base, own, namespaces, tasks };
        // What has not answered by then is watched all the same.
        let _ = timeout(START_TIMEOUT, watch.wait_until_listed()).await;
        watch
    }

    /// Waits until every kind was listed, or could not be.
    async fn wait_until_listed(&mut self) {
        if let Some((policies, exceptions)) = &mut self.own {
            let _ = policies.wait_for(Observed::is_decided).await;
            let _ = exceptions.wait_for(Observed::is_decided).await;
        }
        let _ = self.namespaces.wait_for(Observed::is_decided).await;
    }

    /// The policies as they are now.
    #[must_use]
    pub fn policies(&mut self) -> Policies {
        let state = self.current_state();
        match &state.own {
            Some([policies, exceptions]) => state.build(&self.base, policies, exceptions).0,
            None => self.base.clone().with_namespaces(state.namespaces),
        }
    }

    fn current_state(&mut self) -> ClusterState {
        let mut troubles = Vec::new();
        let own = self.own.as_mut().map(|(policies, exceptions)| {
            [policies, exceptions].map(|kind| {
                let observed = kind.borrow_and_update();
                troubles.extend(observed.trouble.clone());
                observed.objects.iter().flat_map(|objects| objects.values()).map(Arc::clone).collect()
            })
        });
        let observed = self.namespaces.borrow_and_update();
        troubles.extend(observed.trouble.clone());
        let labels = observed.objects.iter().flat_map(|objects| objects.iter());
        let namespaces = labels.map(|((_, name), labels)| (name.clone(), labels.clone())).collect();
        ClusterState { own, namespaces, troubles }
    }

    /// Puts every change into force, for ever, and says after each how many policies there are.
    pub async fn run(mut self, in_force: Arc<ArcSwap<Policies>>, report: impl Fn(PolicyCounts)) {
        let mut active = ActivePolicies::new(self.base.clone(), in_force);
        let (statuses, states) = watch::channel(None);
        self.tasks.spawn(StatusWriter::new(self.client.clone()).run(states));
        loop {
            if let Some(state) = active.update(self.current_state()) {
                statuses.send_replace(Some(Arc::new(state)));
            }
            report(active.counts);
            self.wait_for_change().await;
        }
    }

    async fn wait_for_change(&mut self) {
        let own_changed = async {
            match &mut self.own {
                None => std::future::pending().await,
                Some((policies, exceptions)) => tokio::select! {
                    changed = policies.changed() => changed,
                    changed = exceptions.changed() => changed,
                },
            }
        };
        tokio::select! {
            _ = own_changed => {}
            _ = self.namespaces.changed() => {}
            () = sleep(EXPIRY_INTERVAL) => {}
        }
    }
}

fn watch_own_kind(tasks: &mut JoinSet<()>, client: &Client, kind: &str) -> Objects {
    let resource = resource_of(kind);
    let api: Api<DynamicObject> = Api::all_with(client.clone(), &resource);
    let (sender, receiver) = observed_channel();
    tasks.spawn(watch_kind(api, sender, move |object| Arc::new(to_json(object, &resource))));
    receiver
}

/// The object as JSON. Items of a list carry no version and kind of their own.
fn to_json(object: &DynamicObject, resource: &ApiResource) -> Value {
    let mut tree = serde_json::to_value(object).unwrap_or_default();
    if let Some(fields) = tree.as_object_mut() {
        fields.insert("apiVersion".to_owned(), resource.api_version.clone().into());
        fields.insert("kind".to_owned(), resource.kind.clone().into());
    }
    tree
}
