#!/usr/bin/env bash
# Writes FOLDER/redis.tar and FOLDER/pause.tar: container images from the machine's own redis-server and busybox,
# since the tests reach no registry. The entrypoint behaves as the one of Docker Hub's image where rules rely on it.
set -euo pipefail
folder=$1
root=$folder/root
mkdir -p "$root"/{bin,usr/bin,usr/local/bin,etc,tmp,data,proc,sys,dev}
chmod 1777 "$root/tmp" "$root/data"
cp "$(command -v busybox)" "$root/bin/busybox"
for applet in $("$root/bin/busybox" --list); do
    [ "$applet" = busybox ] || ln -s /bin/busybox "$root/bin/$applet"
done
for program in redis-server redis-cli; do
    file=$(readlink -f "$(command -v $program)")
    cp "$file" "$root/usr/bin/$program"
    ldd "$file" | grep -o '/[^ ]*' | while read -r library; do
        mkdir -p "$root$(dirname "$library")"
        cp -Ln "$library" "$root$library"
    done
done
printf 'root:x:0:0:root:/:/bin/sh\nredis:x:999:999:redis:/data:/bin/sh\n' >"$root/etc/passwd"
cat >"$root/usr/local/bin/docker-entrypoint.sh" <<'SH'
#!/bin/sh
# Options or a configuration file alone mean redis-server.
case "${1:-}" in
    -*|*.conf) set -- redis-server "$@" ;;
esac
exec "$@"
SH
chmod 755 "$root/usr/local/bin/docker-entrypoint.sh"

tar -C "$root" --sort=name --owner=0 --group=0 -cf "$folder/layer.tar" .
layer=$(sha256sum "$folder/layer.tar" | cut -d' ' -f1)
architecture=$(uname -m | sed 's/x86_64/amd64/; s/aarch64/arm64/')

image() { # NAME TAG PROCESS: an image of that one layer
    cat >"$folder/$1.json" <<JSON
{"architecture": "$architecture", "os": "linux", "rootfs": {"type": "layers", "diff_ids": ["sha256:$layer"]},
 "config": {"Env": ["PATH=/usr/local/bin:/usr/bin:/bin"], "WorkingDir": "/data", $3}}
JSON
    cat >"$folder/manifest.json" <<JSON
[{"Config": "$1.json", "RepoTags": ["$2"], "Layers": ["layer.tar"]}]
JSON
    tar -C "$folder" -cf "$folder/$1.tar" "$1.json" manifest.json layer.tar
}
image redis docker.io/library/redis:7.4 '"Entrypoint": ["docker-entrypoint.sh"], "Cmd": ["redis-server"]'
image pause docker.io/library/pause:tests '"Entrypoint": ["/bin/sleep", "2147483647"]'
