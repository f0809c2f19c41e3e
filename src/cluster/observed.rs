//! One kind of object, watched: what is known of it, and why that may be stale.

use std::collections::BTreeMap;
use std::fmt::Debug;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use futures_util::StreamExt as _;
use kube::runtime::watcher::{self, Event, watcher};
use kube::{Api, Resource, ResourceExt as _};
use serde::de::DeserializeOwned;
use tokio::sync::watch::{self, Receiver, Sender};
use tokio::time::sleep;

/// Between two tries of a watch that fails: the first pause and the longest.
const PAUSES: (Duration, Duration) = (Duration::from_millis(250), Duration::from_secs(5));

/// What is known of one kind.
#[derive(Debug)]
pub(crate) struct Observed<T> {
    /// The objects by namespace and name; nothing before they were listed once.
    pub(crate) objects: Option<Arc<BTreeMap<(String, String), T>>>,
    /// Why they may be stale.
    pub(crate) trouble: Option<String>,
}

impl<T> Observed<T> {
    /// Whether the kind was listed, or could not be.
    pub(crate) fn is_decided(&self) -> bool {
        self.objects.is_some() || self.trouble.is_some()
    }
}

/// A channel that holds the latest state of a kind.
pub(crate) fn observed_channel<T>() -> (Sender<Observed<T>>, Receiver<Observed<T>>) {
    watch::channel(Observed { objects: None, trouble: None })
}

/// Watches a kind for ever, and keeps what is known of it in `observed`.
pub(crate) async fn watch_kind<K, T>(api: Api<K>, observed: Sender<Observed<T>>, read: impl Fn(&K) -> T + Send)
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
                    record_failure(&observed, &what, &error);
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
            observed.send_replace(Observed { objects: Some(Arc::new(objects.clone())), trouble: None });
        }
        sleep(pause).await;
        pause = (pause * 2).min(PAUSES.1);
    }
}

/// Keeps what was known; a kind that is not installed has no objects.
fn record_failure<T>(observed: &Sender<Observed<T>>, what: &str, error: &watcher::Error) {
    let code = match error {
        watcher::Error::InitialListFailed(kube::Error::Api(status))
        | watcher::Error::WatchStartFailed(kube::Error::Api(status))
        | watcher::Error::WatchFailed(kube::Error::Api(status))
        | watcher::Error::WatchError(status) => status.code,
        _ => 0,
    };
    let trouble = match code {
        404 => None,
        403 => Some(format!("{what}: forbidden; deploy/manifests/rbac.yaml grants the right")),
        0 => Some(format!("{what}: the API server could not be asked")),
        code => Some(format!("{what}: the API server answered {code}")),
    };
    observed.send_if_modified(|known| {
        let is_absent = code == 404;
        let had_objects = known.objects.as_ref().is_none_or(|objects| !objects.is_empty());
        let changed = known.trouble != trouble || (is_absent && had_objects);
        known.trouble = trouble;
        if is_absent {
            known.objects = Some(Arc::default());
        }
        changed
    });
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn answer(code: u16) -> watcher::Error {
        let status = json!({"kind": "Status", "apiVersion": "v1", "status": "Failure", "code": code});
        watcher::Error::WatchError(serde_json::from_value(status).unwrap())
    }

    #[test]
    fn only_a_404_says_that_there_is_nothing() {
        let (sender, receiver) = observed_channel();
        let objects = BTreeMap::from([((String::new(), "one".to_owned()), 1)]);
        sender.send_replace(Observed { objects: Some(Arc::new(objects)), trouble: None });
        for error in [watcher::Error::NoResourceVersion, answer(500), answer(403)] {
            record_failure(&sender, "policies", &error);
            let known = receiver.borrow();
            assert_eq!(known.objects.as_ref().map(|objects| objects.len()), Some(1), "{error}");
            assert!(known.trouble.is_some(), "{error}");
        }
        record_failure(&sender, "policies", &answer(404));
        let known = receiver.borrow();
        assert_eq!((known.objects.as_ref().map(|objects| objects.len()), known.trouble.is_none()), (Some(0), true));
    }
}
