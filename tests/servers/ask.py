#!/usr/bin/env python3
"""What a real server says of its directives: ask.py SERVER < names > answers.json

SERVER is a redis-server, valkey-server or keydb-server binary; `names` are directives to ask for beside those that it lists
itself (`CONFIG GET *` leaves hidden ones out), one a line. Nothing but a Unix socket in a fresh folder is listened on. Each
directive is offered values that none takes, and the server's own words are read:

  {"product": "redis", "version": "8.2.3", "quotes": "closed",
   "directives": {"maxmemory-policy": {"default": "noeviction", "words": ["…"]}, …}}

`quotes` says whether text may follow a closing quote (`open`) or not (`closed`). An entry has `words`, `range` or `bool` where the server told what it takes, `lax` where it took all that was offered; else
only its default.
"""
import json
import os
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import time

NEVER_SET = {"dir", "unixsocket", "port", "save", "logfile", "requirepass", "pidfile", "bind", "rdma-bind", "tls-port"}
OFFERED = ("zzzz", "-9999999999999", "99999999999999999999")


class Server:
    def __init__(self, path):
        self.path, self.work, self.process = os.path.abspath(path), tempfile.mkdtemp(prefix="ask-"), None

    def spawn(self, *more):
        self.stop()
        words = [self.path, "--port", "0", "--unixsocket", self.work + "/s", "--dir", self.work, "--save", "", *more]
        self.log = open(self.work + "/log", "w+")
        self.process = subprocess.Popen(words, stdout=self.log, stderr=self.log, cwd=self.work, env={"LC_ALL": "C", "PATH": "/usr/bin:/bin"})
        for _ in range(200):
            if self.process.poll() is not None:
                return False
            try:
                return self.call("PING") == "PONG"
            except OSError:
                time.sleep(0.02)
        return False

    def stop(self):
        if self.process and self.process.poll() is None:
            self.process.kill()
        if self.process:
            self.process.wait()
        if os.path.exists(self.work + "/s"):
            os.unlink(self.work + "/s")

    def call(self, *words):
        with socket.socket(socket.AF_UNIX) as connection:
            connection.settimeout(5)
            connection.connect(self.work + "/s")
            parts = [word.encode() for word in words]
            connection.sendall(b"*%d\r\n" % len(parts) + b"".join(b"$%d\r\n%s\r\n" % (len(part), part) for part in parts))
            return self.reply(connection.makefile("rb"))

    def reply(self, stream):
        line = stream.readline().rstrip(b"\r\n")
        if not line:
            raise OSError("it hung up")
        sign, rest = line[:1], line[1:].decode("utf-8", "replace")
        if sign in b"*%":
            return [self.reply(stream) for _ in range(int(rest) * (2 if sign == b"%" else 1))]
        if sign == b"$":
            return "" if rest == "-1" else stream.read(int(rest) + 2)[:-2].decode("utf-8", "replace")
        return rest

    def words_at_start(self, name, value):
        """What it says of a directive that can't be changed later; nothing where it starts."""
        if self.spawn("--" + name, value):
            return ""
        self.log.seek(0)
        return self.log.read()


def learn(says, entry):
    """Whether the words tell what the directive takes."""
    if found := re.search(r"one of the following: (.*)", says):
        entry["words"] = sorted(word.strip() for word in found[1].split(","))
    elif found := re.search(r"between (-?\d+) and (-?\d+)", says):
        entry["range"] = [int(found[1]), int(found[2])]
    elif "'yes' or 'no'" in says:
        entry["bool"] = True
    else:
        return False
    return True


def main():
    server = Server(sys.argv[1])
    told = subprocess.run([server.path, "--version"], capture_output=True, text=True).stdout
    if not server.spawn():
        raise SystemExit("it does not start: " + open(server.work + "/log").read())
    pairs = server.call("CONFIG", "GET", "*")
    defaults = dict(zip(pairs[::2], pairs[1::2]))
    for name in sys.stdin.read().split():
        pair = server.call("CONFIG", "GET", name)
        if len(pair) == 2:
            defaults[name] = pair[1]
    table, fixed = {}, []
    for name, default in sorted(defaults.items()):
        entry = table[name] = {"default": default.replace(server.work, "$DIR")}
        if name in NEVER_SET:
            continue
        taken = 0
        for value in OFFERED:
            try:
                says = server.call("CONFIG", "SET", name, value)
            except OSError:
                server.spawn()
                break
            if re.search(r"immutable|protected|Unsupported CONFIG", says):
                fixed.append(name)
                break
            if says == "OK":
                taken += 1
                server.call("CONFIG", "SET", name, default)
            elif learn(says, entry):
                break
        if taken == len(OFFERED):
            entry["lax"] = True
    for name in fixed:
        for value in OFFERED:
            if learn(server.words_at_start(name, value), table[name]):
                break
    with open(server.work + "/quotes.conf", "w") as file:
        file.write('syslog-ident a"b"c\n')
    quotes = "open" if server.spawn("--include", server.work + "/quotes.conf") else "closed"
    server.stop()
    shutil.rmtree(server.work, ignore_errors=True)
    product = "valkey" if "alkey" in told else "keydb" if "KeyDB" in told else "redis"
    version = re.search(r"v=(\S+)", told)[1]
    json.dump({"product": product, "version": version, "quotes": quotes, "directives": table}, sys.stdout, indent=1, sort_keys=True)
    print()


main()
