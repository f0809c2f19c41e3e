"""Reads the directives of one release from its own source: names, aliases, what values they take, defaults.

Facts only come out: a name, a kind of value with its words or range, a default. What can't be told from the source alone (a
check that is a function of its own and not listed in `VALIDATORS`) becomes the kind `unsure`, which refuses nothing.
"""

import json
import re
from pathlib import Path

LIMITS = {
    "INT_MAX": 2**31 - 1, "INT_MIN": -(2**31), "UINT_MAX": 2**32 - 1, "LONG_MAX": 2**63 - 1, "LONG_MIN": -(2**63),
    "LLONG_MAX": 2**63 - 1, "LLONG_MIN": -(2**63), "ULONG_MAX": 2**64 - 1, "ULLONG_MAX": 2**64 - 1,
    "SIZE_MAX": 2**64 - 1, "SSIZE_MAX": 2**63 - 1,
}
# What a check of a text comes to.
VALIDATORS = {
    "NULL": "text", "isValidDBfilename": "file", "isValidProcTitleTemplate": "template",
    "isValidAnnouncedHostname": "host-name", "isValidAnnouncedNodename": "unsure", "isValidAnnouncedIp": "unsure",
    "isValidClusterAnnounceIp": "ip", "isValidIpV4": "unsure", "isValidIpV6": "unsure", "isValidDbHashSeed": "unsure",
    "isValidS3Bucket": "unsure", "isValidAOFfilename": "file", "isValidAOFdirname": "file",
    "isValidClusterConfigFile": "text",
}
# What a setter of a directive with a grammar of its own comes to.
SETTERS = {
    "setConfigDirOption": "dir", "setConfigSaveOption": "save", "setConfigReplicaOfOption": "replicaof",
    "setConfigClientOutputBufferLimitOption": "output-buffer", "setConfigOOMScoreAdjValuesOption": "oom-scores",
    "setConfigNotifyKeyspaceEventsOption": "events", "setConfigBindOption": "words",
    "setConfigSocketBindOption": "words", "setConfigRdmaBindOption": "words",
    "setConfigLatencyTrackingInfoPercentilesOutputOption": "percentiles",
}
# Directives that releases before 7.0 read by a chain of comparisons. `plain` wants exactly one word.
CHAIN = {
    "bind": "some-words", "unixsocketperm": "lax", "save": "lax-save", "dir": "dir", "logfile": "text",
    "slaveof": "master", "replicaof": "master", "list-max-ziplist-entries": "text", "list-max-ziplist-value": "text",
    "cluster-config-file": "text", "client-output-buffer-limit": "lax-output-buffer", "oom-score-adj-values": "oom-scores",
    "notify-keyspace-events": "events", "requirepass": "text", "server-threads": "lax", "io-threads": "lax",
    "server-thread-affinity": "lax", "active-replica": "bool", "multi-master": "bool", "tls-allowlist": "some-words",
    "tls-auditlog-blocklist": "some-words", "version-override": "text", "testmode": "text", "rdbfuzz-mode": "unsure",
    "client-query-buffer-limit": "lax", "storage-provider": "some-words", "scratch-file-path": "unsure", "is-flash-enabled": "unsure",
}
# Not directives with a value: the loader of redis.conf knows them itself.
GRAMMAR = {"include", "rename-command", "user", "loadmodule", "sentinel"}
# Names that only a build with these switches has.
SPECIAL_BUILDS = ("LOG_REQ_RES",)


class Source:
    """The source of one release: `folder` holds its `src`."""

    def __init__(self, folder):
        src = Path(folder) / "src"
        self.config = read(src, "config")
        self.server = read(src, "server")
        self.notify = read(src, "notify")
        self.strings = read(src, "sds")
        texts = [self.config] + [path.read_text(errors="replace") for path in sorted(src.glob("*.h"))]
        self.defines = {}
        for text in texts:
            for name, value in re.findall(r"^[ \t]*#[ \t]*define[ \t]+(\w+)[ \t]+(.+?)[ \t]*$", text, re.M):
                self.defines.setdefault(name, re.sub(r"/\*.*|//.*", "", value).strip())
        self.enums = {}
        for name, body in re.findall(r"configEnum\s+(\w+)\[\]\s*=\s*\{(.*?)\};", self.config, re.S):
            self.enums[name] = re.findall(r'\{\s*"([^"]*)"\s*,\s*([^}]*?)\s*\}', body)

    def number(self, text, depth=0):
        """The value of a constant expression; None where it is none."""
        text = text.strip()
        if text in LIMITS:
            return LIMITS[text]
        if depth > 8:
            return None

        def known(match):
            word = match.group(0)
            value = self.number(self.defines[word], depth + 1) if word in self.defines else LIMITS.get(word)
            return "?" if value is None else str(value)

        text = re.sub(r"\(\s*(unsigned|long|int|size_t|long long)\s*\)", "", text)
        text = re.sub(r"\b(0x[0-9a-fA-F]+|\d+)[uUlL]*\b", lambda match: str(int(match.group(1), 0) if not re.fullmatch(r"0[0-7]+", match.group(1)) else int(match.group(1), 8)), text)
        text = re.sub(r"\b[A-Za-z_]\w*\b", known, text)
        if not re.fullmatch(r"[\d\s()+*<>|\-]+", text):
            return None
        try:
            return int(eval(text, {"__builtins__": {}}))
        except (SyntaxError, TypeError, ValueError):
            return None

    def string(self, text):
        """The value of a string constant; None for no string."""
        text = text.strip()
        if re.fullmatch(r'"(?:[^"\\]|\\.)*"', text):
            return json.loads(text)
        return self.string(self.defines[text]) if text in self.defines else None


def read(src, name):
    for suffix in (".c", ".cpp"):
        path = src / (name + suffix)
        if path.exists():
            return path.read_text(errors="replace")
    raise SystemExit(f"{src}: no {name}.c")


def without_comments(text):
    return re.sub(r'("(?:[^"\\\n]|\\.)*")|/\*.*?\*/|//[^\n]*', lambda match: match.group(1) or " ", text, flags=re.S)


def calls(text):
    """Each `createXConfig(…)` with its arguments, and whether only a special build has it."""
    conditions = []
    for line in re.findall(r"^[ \t]*#.*$|create\w+Config\((?:[^()\"]|\"(?:[^\"\\]|\\.)*\"|\((?:[^()]|\([^()]*\))*\))*\)", text, re.M):
        directive = line.strip()
        if directive.startswith("#"):
            word = directive[1:].split()
            if word[0].startswith("if"):
                conditions.append(" ".join(word[1:]))
            elif word[0] == "endif" and conditions:
                conditions.pop()
            continue
        kind, body = re.match(r"create(\w+)Config\((.*)\)$", line, re.S).groups()
        special = any(switch in condition for switch in SPECIAL_BUILDS for condition in conditions)
        yield kind, split(body), special


def split(body):
    parts, depth, quoted, part = [], 0, False, ""
    for letter in body:
        if letter == '"' and not part.endswith("\\"):
            quoted = not quoted
        if not quoted:
            depth += (letter in "({") - (letter in ")}")
            if letter == "," and depth == 0:
                parts.append(part.strip())
                part = ""
                continue
        part += letter
    return parts + [part.strip()]


def directives(source):
    """Name -> {"kind", "default", "alias"}."""
    table = re.search(r"^standardConfig (?:static_)?configs\[\]\s*=\s*\{(.*?)^\};", source.config, re.M | re.S).group(1)
    found = {}
    for kind, args, special in calls(without_comments(table)):
        name, alias = source.string(args[0]), source.string(args[1])
        entry = standard(source, kind, args)
        if special:
            entry["kind"] = "unsure"
        found[name] = {**entry, "alias": alias}
    for name, arity in re.findall(r'^\s*\{"([\w-]+)",\s*2,\s*(\d)\}', source.config, re.M):
        found.setdefault(name, {"kind": "text", "default": None, "alias": None, "ignored": True})
    loader = re.search(r"^void loadServerConfigFromString\(.*?^\}", source.config, re.M | re.S).group(0)
    for name in re.findall(r'strcasecmp\(argv\[0\],\s*"([^"]+)"\)', loader):
        if name in GRAMMAR or name in found:
            continue
        kind = CHAIN.get(name)
        if kind is None:
            raise SystemExit(f"a directive that no table speaks of: {name}")
        if kind == "events":
            kind = events(source)
        found[name] = {"kind": kind, "default": None, "alias": None, "chained": True}
    return found


def standard(source, kind, args):
    default = None
    if kind == "Bool":
        number = source.number(args[4])
        default = None if number is None else ("yes" if number else "no")
        return {"kind": "bool", "default": default}
    if kind == "Enum":
        words = source.enums[args[3]]
        default = next((word for word, value in words if value == args[5]), None)
        listed = " ".join(word for word, _ in words)
        return {"kind": ("some-of " if "MULTI_ARG_CONFIG" in args[2] else "one-of ") + listed, "default": default}
    if kind in ("String", "SDS"):
        value = VALIDATORS.get(args[6])
        if value is None:
            raise SystemExit(f"a check of a text that no table speaks of: {args[6]}")
        body = re.search(rf"{args[6]}\(.*?^\}}", source.config, re.M | re.S)
        if value in ("file", "text") and body and '""' in body.group(0).replace(" ", ""):
            value = "set-" + value
        default = "" if args[5] == "NULL" else source.string(args[5])
        return {"kind": value, "default": default}
    if kind == "Special":
        value = SETTERS[args[3]]
        return {"kind": events(source) if value == "events" else value, "default": None}
    low, high, number = source.number(args[3]), source.number(args[4]), source.number(args[6])
    flags = args[7]
    if low is None or high is None:
        return {"kind": "unsure", "default": None}
    if re.fullmatch(r"[01]", flags):  # The first of 6.2 said whether it is a memory size.
        flags = "MEMORY_CONFIG" if flags == "1" else "INTEGER_CONFIG"
    names = set(re.findall(r"(\w+)_CONFIG", flags))
    if names == {"MEMORY", "PERCENT"}:
        word = "memory-or-percent"
    elif names == {"MEMORY"}:
        word, low = "memory", max(low, 0)
        if "MULTI_ARG_CONFIG" not in source.config:
            # Before 7.0 a size may have a sign, and a number beyond the top stops there before it is compared.
            word, high = "lax-memory", LIMITS["ULLONG_MAX"] if high == LIMITS["LLONG_MAX"] else high
    elif names == {"MEMORY", "SIGNED_MEMORY"} or names == {"SIGNED_MEMORY"}:
        word = "signed-memory"
    elif names == {"OCTAL"}:
        word = "octal"
    elif names <= {"INTEGER"}:
        word = "int"
    else:
        return {"kind": "unsure", "default": None}
    return {"kind": f"{word} {low} {high}", "default": None if number is None else str(number)}


def events(source):
    body = re.search(r"keyspaceEventsStringToFlags\(.*?^\}", source.notify, re.M | re.S).group(0)
    return "events " + "".join(re.findall(r"case '(.)'", body))


def manners(source):
    """How a release reads its command line and lines, beyond the directives themselves."""
    main = source.server[source.server.index("int main(int argc"):]
    if "handled_last_config_arg" not in main:
        options = "each"  # Each word with `--` begins an option.
    elif "argc_tmp" not in main:
        options = "valued"  # Only behind an option that has a value in a word of its own.
    elif '"--sentinel"' not in main[main.index("argc_tmp"):]:
        options = "saved"  # Options of one word count as valued; `--save` may have none.
    else:
        options = "free"  # And so may `--sentinel`.
    loader = re.search(r"^void loadServerConfigFromString\(.*?^\}", source.config, re.M | re.S).group(0)
    if "module_configs_queue" not in loader:
        modules = "none"
    else:
        modules = "dotted" if re.search(r"strchr\(argv\[0\], *'\.'\)", loader) else "any"
    splits = re.search(r"MULTI_ARG_CONFIG\) && argc == 2", loader) is not None
    globs = re.search(r"\bglob\(filename", source.config) is not None
    quotes = "closed" if "closing quote must be followed" in source.strings else "open"
    return f"options-{options} modules-{modules} split-{word(splits)} glob-{word(globs)} quotes-{quotes}"


def word(truth):
    return "yes" if truth else "no"
