#!/usr/bin/env bash
# A Kubernetes node for the tests: start.sh FOLDER NAME PLIMSOLL. Runs until it gets SIGTERM, then leaves nothing behind.
#
# All of the node lives in network, mount and process namespaces of its own, so that two runs cannot meet and
# everything (containers, mounts, interfaces) goes when the first process of the namespaces goes. This script stands
# outside of them, only to end that process and to remove what a namespace does not hold: control groups, the folder.
# The node's process id is in FOLDER/pid; it waits for FOLDER/kubeconfig before it starts the kubelet.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
folder=$1 name=$2 plimsoll=$3
child=

clean() {
    trap '' TERM INT
    [ -z "$child" ] || kill -KILL "$child" 2>/dev/null || true
    [ -z "$child" ] || wait "$child" 2>/dev/null || true
    # A control group can be removed once the kernel has buried its last process, which is a moment later.
    for _ in $(seq 50); do
        remove_groups && break
        sleep 0.1
    done
    rm -rf "$folder/containerd" "$folder/kubelet" "$folder/image" "$folder/pods" 2>/dev/null || true
    [ "$made" = no ] || rmdir /var/lib/kubelet 2>/dev/null || true
}

remove_groups() {
    local left=0 group
    for group in /sys/fs/cgroup/"$name" /sys/fs/cgroup/*/"$name"; do
        [ -d "$group" ] || continue
        find "$group" -depth -type d -exec rmdir {} + 2>/dev/null || true
        [ ! -d "$group" ] || left=1
    done
    return $left
}

made=no
[ -d /var/lib/kubelet ] || { mkdir -p /var/lib/kubelet; made=yes; }
trap 'clean; exit 0' TERM INT
trap clean EXIT
if [ -f /sys/fs/cgroup/cgroup.controllers ]; then
    mkdir -p "/sys/fs/cgroup/$name"
else
    for group in /sys/fs/cgroup/*/; do
        [ -f "$group/cgroup.procs" ] || continue
        mkdir -p "$group$name"
        # A fresh cpuset group of the first version takes no process until it has processors and memory.
        for file in cpuset.cpus cpuset.mems; do
            [ ! -f "$group$file" ] || cat "$group$file" >"$group$name/$file"
        done
    done
fi
unshare --net --mount --pid --fork --kill-child=KILL --mount-proc "$here/node.sh" "$folder" "$name" "$plimsoll" &
child=$!
echo "$child" >"$folder/pid"
wait "$child"
