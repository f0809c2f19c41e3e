#!/usr/bin/env bash
# Builds the control plane that the tests run against, from Go modules, once per go.sum, into a user cache folder.
# Prints the folder. Needs `go`; takes about seven minutes on two cores, no time at all afterwards.
# KUBEBUILDER_ASSETS (a folder with kube-apiserver, etcd and kubectl) is used instead by the tests where it is set.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
version=v1.36.3
key=$(cat "$here"/go.sum "$here"/helm/go.sum "$0" | sha256sum | cut -c1-16)
out="${XDG_CACHE_HOME:-$HOME/.cache}/plimsoll/control-plane/$key"
if [ -f "$out/complete" ]; then echo "$out"; exit 0; fi
command -v go >/dev/null || { echo "build.sh: go is not installed; it builds the API server for the tests" >&2; exit 1; }
mkdir -p "$out"
echo "building kube-apiserver, etcd, helm and the rest into $out (once, about 7 minutes on 2 cores)" >&2
pkg=k8s.io/component-base/version
flags=(-trimpath -ldflags "-s -w -X $pkg.gitVersion=$version -X $pkg.gitMajor=1 -X $pkg.gitMinor=36")
cd "$here"
export GOBIN="$out" GOFLAGS=-mod=readonly
go install "${flags[@]}" k8s.io/kubernetes/cmd/kube-apiserver k8s.io/kubernetes/cmd/kubectl
go install "${flags[@]}" go.etcd.io/etcd/server/v3 && mv "$out/server" "$out/etcd" 2>/dev/null || mv "$out/v3" "$out/etcd"
go install "${flags[@]}" k8s.io/kubernetes/cmd/kube-controller-manager k8s.io/kubernetes/cmd/kube-scheduler k8s.io/kubernetes/cmd/kubelet
cd helm
go install -trimpath -ldflags "-s -w" helm.sh/helm/v3/cmd/helm
touch "$out/complete"
echo "$out"
