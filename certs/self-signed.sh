#!/usr/bin/env bash
# A certificate for the webhook from an authority of its own, with the openssl command. Writes into a folder:
#   ca.crt, tls.crt, tls.key   the authority, the leaf and its key, as PEM (the authority's own key is thrown away)
#   secret.yaml                the Secret that the Deployment mounts
#   webhooks.yaml              the webhook configurations, trusting that authority
# It asks no cluster and applies nothing.
set -euo pipefail

usage() {
  cat >&2 <<END
usage: $0 [--out DIR] [--namespace NS] [--host NAME-OR-IP]... [--days N] [--previous CA.CRT] [--manifest FILE]
  --out DIR          where the files go (default ./plimsoll-tls)
  --namespace NS     where Plimsoll runs (default plimsoll-system)
  --host NAME-OR-IP  one more name or address that the API server may call
  --days N           how long the certificate is good (default 365)
  --previous CA.CRT  an authority that is still to be trusted: renewing without a gap
  --manifest FILE    the webhook configurations (default ../deploy/manifests/webhooks.yaml beside this script)
END
  exit 2
}

here=$(cd "$(dirname "$0")" && pwd)
out=plimsoll-tls
namespace=plimsoll-system
days=365
manifest=$here/../deploy/manifests/webhooks.yaml
previous=
hosts=()
while [ $# -gt 0 ]; do
  [ $# -ge 2 ] || usage
  case $1 in
    --out) out=$2 ;;
    --namespace) namespace=$2 ;;
    --host) hosts+=("$2") ;;
    --days) days=$2 ;;
    --previous) previous=$2 ;;
    --manifest) manifest=$2 ;;
    *) usage ;;
  esac
  shift 2
done

umask 077
mkdir -p "$out"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# Read before anything is written: it may be the ca.crt of the same folder.
trusted=
if [ -n "$previous" ]; then trusted=$(openssl x509 -in "$previous"); fi

service=plimsoll.$namespace.svc
names="DNS:$service,DNS:$service.cluster.local"
for host in ${hosts[@]+"${hosts[@]}"}; do
  case $host in
    *:* | *[0-9].[0-9]*.[0-9]*.[0-9]*) names+=",IP:$host" ;;
    *) names+=",DNS:$host" ;;
  esac
done

cat >"$work/openssl.cnf" <<END
[req]
distinguished_name = name
prompt = no
[name]
CN = $service
[authority]
basicConstraints = critical,CA:true,pathlen:0
keyUsage = critical,keyCertSign,cRLSign
subjectKeyIdentifier = hash
[leaf]
basicConstraints = critical,CA:false
keyUsage = critical,digitalSignature
extendedKeyUsage = serverAuth
subjectKeyIdentifier = hash
authorityKeyIdentifier = keyid
subjectAltName = $names
END

key() { openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out "$1" 2>/dev/null; }
key "$work/ca.key"
# Each authority has a name of its own: an old and a new one may be trusted together.
openssl req -x509 -new -sha256 -config "$work/openssl.cnf" -extensions authority -days "$days" \
  -subj "/CN=plimsoll authority $(openssl rand -hex 4)" -key "$work/ca.key" -out "$out/ca.crt"
key "$out/tls.key"
openssl req -new -sha256 -config "$work/openssl.cnf" -key "$out/tls.key" -out "$work/leaf.csr"
openssl x509 -req -sha256 -in "$work/leaf.csr" -CA "$out/ca.crt" -CAkey "$work/ca.key" -days "$days" \
  -set_serial "0x$(openssl rand -hex 16)" -extfile "$work/openssl.cnf" -extensions leaf -out "$out/tls.crt" 2>/dev/null
openssl verify -CAfile "$out/ca.crt" "$out/tls.crt" >/dev/null

base64_of() { openssl base64 -A; }
cat >"$out/secret.yaml" <<END
apiVersion: v1
kind: Secret
metadata:
  name: plimsoll-tls
  namespace: $namespace
  labels: {app.kubernetes.io/name: plimsoll}
type: kubernetes.io/tls
data:
  ca.crt: $(base64_of <"$out/ca.crt")
  tls.crt: $(base64_of <"$out/tls.crt")
  tls.key: $(base64_of <"$out/tls.key")
END

bundle=$({ cat "$out/ca.crt"; if [ -n "$trusted" ]; then printf '%s\n' "$trusted"; fi; } | base64_of)
sed "s|^\( *\)clientConfig:\$|&\n\1  caBundle: $bundle|" "$manifest" >"$out/webhooks.yaml"
echo "$out: certificate for $names, good for $days days" >&2
