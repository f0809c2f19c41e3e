//! Workloads and Services as tests need them: sound by default, wrong where a test says so.

use serde_json::{Value, json};

/// A StatefulSet under construction; [`StatefulSet::build`] ends it.
#[derive(Debug, Clone)]
pub(crate) struct StatefulSet {
    object: Value,
}

/// A standalone Redis of the official image: one container `redis` with 1Gi of memory, and no maxmemory yet.
pub(crate) fn statefulset(name: &str) -> StatefulSet {
    let object = json!({
        "apiVersion": "apps/v1",
        "kind": "StatefulSet",
        "metadata": {"name": name},
        "spec": {
            "replicas": 1,
            "serviceName": name,
            "selector": {"matchLabels": {"app": name}},
            "template": {
                "metadata": {"labels": {"app": name}},
                "spec": {"containers": [{"name": "redis", "image": "redis:7.4"}]},
            },
        },
    });
    StatefulSet { object }.limit("1Gi")
}

/// A Service without an IP of its own, as the StatefulSet of this name wants it.
pub(crate) fn headless_service(name: &str) -> Value {
    json!({
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": name},
        "spec": {"clusterIP": "None", "selector": {"app": name}, "ports": [{"port": 6379, "targetPort": 6379}]},
    })
}

/// A ConfigMap with one key, `redis.conf`.
pub(crate) fn config_map(name: &str, redis_conf: &str) -> Value {
    json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name}, "data": {"redis.conf": redis_conf}})
}

/// The same object in a namespace.
pub(crate) fn in_namespace(mut object: Value, namespace: &str) -> Value {
    object["metadata"]["namespace"] = json!(namespace);
    object
}

impl StatefulSet {
    pub(crate) fn build(self) -> Value {
        self.object
    }

    /// The same template under another kind that has no governing Service: Deployment or DaemonSet.
    pub(crate) fn build_as(mut self, kind: &str) -> Value {
        self.object["kind"] = json!(kind);
        let spec = self.object["spec"].as_object_mut().unwrap();
        spec.remove("serviceName");
        if kind == "DaemonSet" {
            spec.remove("replicas");
        }
        self.object
    }

    /// The Pod of its template that nobody controls.
    pub(crate) fn build_pod(mut self) -> Value {
        let mut pod = self.object["spec"]["template"].take();
        pod["apiVersion"] = json!("v1");
        pod["kind"] = json!("Pod");
        let metadata = self.object["metadata"].as_object_mut().unwrap();
        pod["metadata"].as_object_mut().unwrap().append(metadata);
        pod
    }

    pub(crate) fn namespace(mut self, namespace: &str) -> Self {
        self.object["metadata"]["namespace"] = json!(namespace);
        self
    }

    /// A label of the object itself.
    pub(crate) fn label(mut self, key: &str, value: &str) -> Self {
        self.object["metadata"]["labels"][key] = json!(value);
        self
    }

    pub(crate) fn replicas(mut self, replicas: u64) -> Self {
        self.object["spec"]["replicas"] = json!(replicas);
        self
    }

    pub(crate) fn image(self, image: &str) -> Self {
        self.container("image", json!(image))
    }

    pub(crate) fn command(self, words: &[&str]) -> Self {
        self.container("command", json!(words))
    }

    pub(crate) fn args(self, words: &[&str]) -> Self {
        self.container("args", json!(words))
    }

    /// The memory limit, and a request of the same amount.
    pub(crate) fn limit(mut self, memory: &str) -> Self {
        self.first_container()["resources"]["limits"]["memory"] = json!(memory);
        self.request(memory)
    }

    /// The memory request alone.
    pub(crate) fn request(mut self, memory: &str) -> Self {
        self.first_container()["resources"]["requests"]["memory"] = json!(memory);
        self
    }

    /// Any field of the first container.
    pub(crate) fn container(mut self, field: &str, value: Value) -> Self {
        self.first_container()[field] = value;
        self
    }

    /// A volume, such as `{"configMap": {"name": "conf"}}`, mounted by the first container.
    pub(crate) fn volume(mut self, name: &str, path: &str, source: Value) -> Self {
        let mut volume = source;
        volume["name"] = json!(name);
        push(&mut self.object["spec"]["template"]["spec"]["volumes"], volume);
        self.mount(name, path)
    }

    /// A claim for each Pod, mounted by the first container.
    pub(crate) fn claim(mut self, name: &str, path: &str, storage: &str) -> Self {
        let spec = json!({"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": storage}}});
        let template = json!({"metadata": {"name": name}, "spec": spec});
        push(&mut self.object["spec"]["volumeClaimTemplates"], template);
        self.mount(name, path)
    }

    fn mount(mut self, volume: &str, path: &str) -> Self {
        push(&mut self.first_container()["volumeMounts"], json!({"name": volume, "mountPath": path}));
        self
    }

    fn first_container(&mut self) -> &mut Value {
        &mut self.object["spec"]["template"]["spec"]["containers"][0]
    }
}

fn push(list: &mut Value, item: Value) {
    if list.is_null() {
        *list = json!([]);
    }
    list.as_array_mut().unwrap().push(item);
}
