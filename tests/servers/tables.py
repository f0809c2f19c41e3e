#!/usr/bin/env python3
"""Makes src/redis/versions.txt: what each version of Redis, Valkey and KeyDB takes in its redis.conf.

  tables.py SOURCES          SOURCES holds a folder for each line of sources.txt: `redis-7.2.6/src/config.c` and so on.
  tables.py SOURCES --git redis=CLONE --git valkey=CLONE --git keydb=CLONE
                             takes what is missing there out of clones of the projects, at the tags that sources.txt names.
  tables.py SOURCES --check  compares with the file that is there; 1 if it differs.

sources.txt names each release that is read, with the project, the tag and the hash of its config.c: another text is refused.
A release whose source is not read has what its server answered (tests/data/servers/, made by ask.py) instead: a directive is
as the releases around it agree, or as the server said; where neither tells, it is `unsure`.
"""
import argparse
import hashlib
import json
import re
import subprocess
import sys
from pathlib import Path

import read_source

HERE = Path(__file__).resolve().parent
OUT = HERE.parent.parent / "src" / "redis" / "versions.txt"
ANSWERS = HERE.parent / "data" / "servers"
PRODUCTS = ("redis", "valkey", "keydb")
FILES = ("config.c", "config.cpp", "server.c", "server.cpp", "notify.c", "notify.cpp", "sds.c", "config.h", "server.h", "rdb.h",
         "sds.h", "zmalloc.h", "cluster.h", "io_threads.h", "memory_prefetch.h", "connection.h", "version.h")


class Release:
    def __init__(self, product, version, manners, names, main):
        self.product, self.version, self.manners = product, version, manners
        self.names = names  # spelling -> (kind, default)
        self.main = main  # alias -> the name that it stands for

    def same(self, other):
        return (self.product, self.manners, self.names) == (other.product, other.manners, other.names)


def numbers(version):
    return tuple(int(part) for part in version.split("."))


def read_release(product, version, folder):
    source = read_source.Source(folder)
    names, main = {}, {}
    for name, entry in read_source.directives(source).items():
        kind = "ignored" if entry.get("ignored") else entry["kind"]
        names[name] = (kind, entry["default"])
        if entry["alias"]:
            names[entry["alias"]] = names[name]
            main[entry["alias"]] = name
    for name in [name for name, (kind, _) in names.items() if kind == "master"]:
        names[name] = ("replicaof", None)
        main.update({"slaveof": "replicaof"} if name == "slaveof" else {})
    return Release(product, version, read_source.manners(source), names, main)


def answered_release(product, version, before, after):
    told = json.loads((ANSWERS / f"{product}-{version}.json").read_text())
    answers = told["directives"]
    manners = [re.sub("quotes-.*", "quotes-" + told["quotes"], release.manners) for release in (before, after)]
    if manners[0] != manners[1]:
        raise SystemExit(f"{product} {version}: the releases around it are read in different manners")
    names = {}
    for name in sorted(set(before.names) | set(after.names) | set(answers)):
        one, other, said = before.names.get(name), after.names.get(name), answers.get(name)
        if said is None:
            # Names that CONFIG GET does not tell of: dead ones, and those of special builds.
            if one and other:
                names[name] = one if one == other else ("unsure", None)
            continue
        same_kind = one and other and one[0] == other[0]
        kind = one[0] if same_kind else told_kind(said, [near[0] for near in (one, other) if near])
        same_default = one and other and one[1] == other[1]
        names[name] = (kind, one[1] if same_default else said["default"])
    return Release(product, version, manners[0], names, {**before.main, **after.main})


def told_kind(said, near):
    for kind in near:
        word, *rest = kind.split()
        if "words" in said and word in ("one-of", "some-of") and sorted(rest) == said["words"]:
            return kind
        if "range" in said and [int(number) for number in rest if number.lstrip("-").isdigit()] == said["range"]:
            return kind
        if "bool" in said and word == "bool":
            return kind
    if "words" in said:
        return "one-of " + " ".join(said["words"])
    return "bool" if "bool" in said else "unsure"


def folder_of(arguments, product, version, tag):
    folder = Path(arguments.sources) / f"{product}-{version}"
    clone = dict(pair.split("=", 1) for pair in arguments.git).get(product)
    if not (folder / "src").exists() and clone:
        (folder / "src").mkdir(parents=True)
        for name in FILES:
            shown = subprocess.run(["git", "-C", clone, "show", f"{tag}:src/{name}"], capture_output=True)
            if shown.returncode == 0:
                (folder / "src" / name).write_bytes(shown.stdout)
    return folder


def read_all(arguments):
    listed = [line.split() for line in (HERE / "sources.txt").read_text().splitlines() if line and not line.startswith("#")]
    releases, late = [], []
    for product, version, tag, digest in listed:
        if tag == "answers":
            late.append((product, version))
            continue
        folder = folder_of(arguments, product, version, tag)
        config = next((folder / "src").glob("config.c*"), None)
        if config is None:
            raise SystemExit(f"{folder}: no source; unpack the tag {tag} there")
        found = hashlib.sha256(config.read_bytes()).hexdigest()[: len(digest)]
        if found != digest:
            raise SystemExit(f"{config}: its hash is {found}, sources.txt says {digest}")
        releases.append(read_release(product, version, folder))
    for product, version in late:
        own = sorted((release for release in releases if release.product == product), key=lambda each: numbers(each.version))
        before = [release for release in own if numbers(release.version) < numbers(version)][-1]
        after = [release for release in own if numbers(release.version) > numbers(version)][0]
        releases.append(answered_release(product, version, before, after))
    return sorted(releases, key=lambda each: (PRODUCTS.index(each.product), numbers(each.version)))


def groups(releases):
    """Each spelling -> the name that we use for it: that of Redis 7.0.15, else that of the newest release that has one."""
    parent = {}

    def root(name):
        while parent.get(name, name) != name:
            name = parent[name]
        return name

    for release in releases:
        for alias, name in release.main.items():
            parent[root(alias)] = root(name)
    pivot = next(release for release in releases if (release.product, release.version) == ("redis", "7.0.15"))
    newest = [pivot] + [release for product in PRODUCTS for release in reversed(releases) if release.product == product]
    members = {}
    for name in parent:
        members.setdefault(root(name), set()).update((name, root(name)))
    chosen = {}
    for names in members.values():
        for release in newest:
            mains = sorted(name for name in names if name in release.names and name not in release.main)
            if mains:
                chosen.update({name: mains[0] for name in names})
                break
    return chosen


def runs(indices):
    parts, start = [], None
    for index in indices:
        if start is not None and index == last + 1:
            last = index
            continue
        if start is not None:
            parts.append((start, last))
        start = last = index
    parts.append((start, last))
    return ",".join(str(a) if a == b else f"{a}-{b}" for a, b in parts)


def written(releases):
    kept = []  # [first, last, release]
    for release in releases:
        if kept and kept[-1][2].same(release):
            kept[-1][1] = release.version
        else:
            kept.append([release.version, release.version, release])
    lines = [
        "# What each version takes in its redis.conf. Made by tests/servers/tables.py: do not edit.",
        "# release: its number below, product, first and last version that is alike, manners.",
        "# Then one directive a line: spelling[=our name] | what it takes | default | numbers of releases. `?`: not told.",
    ]
    lines += [f"release {number} {release.product} {first} {last} {release.manners}" for number, (first, last, release) in enumerate(kept)]
    chosen = groups(releases)
    rows = {}
    for number, (_, _, release) in enumerate(kept):
        for name, (kind, default) in release.names.items():
            rows.setdefault((name, kind, "?" if default is None else json.dumps(default)), []).append(number)
    for (name, kind, default), numbers_of in sorted(rows.items(), key=lambda row: (row[0][0], row[1])):
        ours = chosen.get(name, name)
        spelled = name if ours == name else f"{name}={ours}"
        lines.append(f"{spelled} | {kind} | {default} | {runs(numbers_of)}")
    return "\n".join(lines) + "\n"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("sources")
    parser.add_argument("--git", action="append", default=[], metavar="PRODUCT=CLONE")
    parser.add_argument("--check", action="store_true")
    arguments = parser.parse_args()
    text = written(read_all(arguments))
    if arguments.check:
        sys.exit(0 if OUT.read_text() == text else f"{OUT} is not what the sources say")
    OUT.parent.mkdir(exist_ok=True)
    OUT.write_text(text)


main()
