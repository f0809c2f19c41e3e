#!/usr/bin/env bash
# Writes FOLDER/redis.tar, pause.tar and plimsoll.tar: container images from the machine's own redis-server and busybox
# and from PLIMSOLL, the program under test, since the tests reach no registry: image.sh FOLDER PLIMSOLL. The entrypoint of
# redis behaves as the one of Docker Hub's image where rules rely on it.
set -euo pipefail
folder=$1 plimsoll=$2
root=$folder/root
mkdir -p "$root"/{bin,usr/bin,usr/local/bin,etc,tmp,data,proc,sys,dev}
chmod 1777 "$root/tmp" "$root/data"
cp "$(command -v busybox)" "$root/bin/busybox"
for applet in $("$root/bin/busybox" --list); do
    [ "$applet" = busybox ] || ln -s /bin/busybox "$root/bin/$applet"
done
put() { # FILE ROOT PATH: a program and the libraries that it needs.
    mkdir -p "$2$(dirname "$3")"
    cp "$1" "$2$3"
    ldd "$1" | grep -o '/[^ ]*' | while read -r library; do
        mkdir -p "$2$(dirname "$library")"
        cp -Ln "$library" "$2$library"
    done
}
for program in redis-server redis-cli; do
    put "$(readlink -f "$(command -v $program)")" "$root" "/usr/bin/$program"
done
put "$plimsoll" "$folder/own" /usr/local/bin/plimsoll
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

layer() { # ROOT NAME: prints the hash of a layer with all of a folder.
    tar -C "$1" --sort=name --owner=0 --group=0 -cf "$folder/$2" .
    sha256sum "$folder/$2" | cut -d' ' -f1
}
architecture=$(uname -m | sed 's/x86_64/amd64/; s/aarch64/arm64/')

image() { # NAME TAG PROCESS LAYER HASH: an image of one layer
    cat >"$folder/$1.json" <<JSON
{"architecture": "$architecture", "os": "linux", "rootfs": {"type": "layers", "diff_ids": ["sha256:$5"]},
 "config": {"Env": ["PATH=/usr/local/bin:/usr/bin:/bin"], $3}}
JSON
    cat >"$folder/manifest.json" <<JSON
[{"Config": "$1.json", "RepoTags": ["$2"], "Layers": ["$4"]}]
JSON
    tar -C "$folder" -cf "$folder/$1.tar" "$1.json" manifest.json "$4"
}
hash=$(layer "$root" layer.tar)
image redis docker.io/library/redis:7.4 \
    '"WorkingDir": "/data", "Entrypoint": ["docker-entrypoint.sh"], "Cmd": ["redis-server"]' layer.tar "$hash"
image pause docker.io/library/pause:tests '"Entrypoint": ["/bin/sleep", "2147483647"]' layer.tar "$hash"
image plimsoll docker.io/library/plimsoll:0.1.0 \
    '"Entrypoint": ["/usr/local/bin/plimsoll"]' own.tar "$(layer "$folder/own" own.tar)"
