#!/usr/bin/env bash
# The inside of the node: first process of its namespaces, called by start.sh. Network, containerd, images, kubelet.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
folder=$1 name=$2 plimsoll=$3
address=10.99.0.1

# What these programs write to fixed places stays in this mount namespace.
mount -t tmpfs tmpfs /run
mount -t tmpfs tmpfs /var/log
mount -t tmpfs tmpfs /var/lib/kubelet
mkdir -p /run/containerd /run/netns "$folder"/{containerd,kubelet,cni,image,pods}

# The kubelet refuses a loopback address as the node's.
ip link set lo up
# Where Pods are told that the API server is: the first address of the Services.
ip addr add 10.96.0.1/32 dev lo
ip link add node0 type veth peer name node1
ip addr add "$address/24" dev node0
ip link set node0 up
ip link set node1 up
ip route add default dev node0

snapshotter=overlayfs
mkdir -p "$folder"/image/{lower,upper,work,merged}
if mount -t overlay overlay "$folder/image/merged" \
    -o "lowerdir=$folder/image/lower,upperdir=$folder/image/upper,workdir=$folder/image/work" 2>/dev/null; then
    umount "$folder/image/merged"
else
    snapshotter=native
fi

cat >"$folder/cni/10-tests.conflist" <<JSON
{"cniVersion": "0.4.0", "name": "tests", "plugins": [
  {"type": "bridge", "bridge": "pods0", "isGateway": true, "ipMasq": false,
   "ipam": {"type": "host-local", "dataDir": "/run/cni", "ranges": [[{"subnet": "10.244.0.0/24"}]], "routes": [{"dst": "0.0.0.0/0"}]}}]}
JSON
cat >"$folder/containerd.toml" <<TOML
version = 2
root = "$folder/containerd"
state = "/run/containerd/state"
[grpc]
address = "/run/containerd/containerd.sock"
[plugins."io.containerd.grpc.v1.cri"]
sandbox_image = "docker.io/library/pause:tests"
restrict_oom_score_adj = true
disable_apparmor = true
[plugins."io.containerd.grpc.v1.cri".containerd]
snapshotter = "$snapshotter"
[plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc]
runtime_type = "io.containerd.runc.v2"
[plugins."io.containerd.grpc.v1.cri".cni]
bin_dir = "/usr/lib/cni"
conf_dir = "$folder/cni"
TOML
cat >"$folder/kubelet.yaml" <<YAML
apiVersion: kubelet.config.k8s.io/v1beta1
kind: KubeletConfiguration
authentication: {anonymous: {enabled: true}, webhook: {enabled: false}}
authorization: {mode: AlwaysAllow}
cgroupDriver: cgroupfs
cgroupRoot: /$name
failCgroupV1: false
failSwapOn: false
enforceNodeAllocatable: []
makeIPTablesUtilChains: false
evictionHard: {memory.available: 1Mi, nodefs.available: 0%, nodefs.inodesFree: 0%, imagefs.available: 0%}
imageGCHighThresholdPercent: 100
imageGCLowThresholdPercent: 99
resolvConf: ""
containerRuntimeEndpoint: unix:///run/containerd/containerd.sock
podLogsDir: $folder/pods
syncFrequency: 5s
configMapAndSecretChangeDetectionStrategy: Watch
YAML

containerd --config "$folder/containerd.toml" >"$folder/containerd.log" 2>&1 &
"$here/image.sh" "$folder/image" "$plimsoll" >"$folder/image.log" 2>&1
until ctr --address /run/containerd/containerd.sock version >/dev/null 2>&1; do sleep 0.1; done
for tar in redis pause plimsoll; do
    ctr --address /run/containerd/containerd.sock -n k8s.io images import \
        --snapshotter "$snapshotter" "$folder/image/$tar.tar" >>"$folder/image.log" 2>&1
done

# The kubelet gives up on a start while the API server is away.
until [ -f "$folder/kubeconfig" ]; do sleep 0.1; done
"$folder/bin/kubelet" --kubeconfig "$folder/kubeconfig" --config "$folder/kubelet.yaml" \
    --root-dir "$folder/kubelet" --hostname-override=node --node-ip="$address" >"$folder/kubelet.log" 2>&1 &
# Ends when any of the two ends: a node without one of them is no node.
wait -n
