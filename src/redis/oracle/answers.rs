//! What real servers said of each directive, against the table of their versions.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::redis::Server;
use crate::redis::kind::Kind;
use crate::redis::line::Quotes;
use crate::redis::versions::{Directive, Releases, directives, releases};

/// The answers of all servers, by name.
const ANSWERS: [(&str, &str); 13] = [
    ("redis-6.2.5", include_str!("../../../tests/data/servers/redis-6.2.5.json")),
    ("redis-6.2.7", include_str!("../../../tests/data/servers/redis-6.2.7.json")),
    ("redis-6.2.14", include_str!("../../../tests/data/servers/redis-6.2.14.json")),
    ("redis-7.0.15", include_str!("../../../tests/data/servers/redis-7.0.15.json")),
    ("redis-7.2.4", include_str!("../../../tests/data/servers/redis-7.2.4.json")),
    ("redis-7.4.1", include_str!("../../../tests/data/servers/redis-7.4.1.json")),
    ("redis-8.0.2", include_str!("../../../tests/data/servers/redis-8.0.2.json")),
    ("redis-8.2.3", include_str!("../../../tests/data/servers/redis-8.2.3.json")),
    ("redis-8.6.3", include_str!("../../../tests/data/servers/redis-8.6.3.json")),
    ("valkey-8.1.1", include_str!("../../../tests/data/servers/valkey-8.1.1.json")),
    ("valkey-9.0.0", include_str!("../../../tests/data/servers/valkey-9.0.0.json")),
    ("valkey-9.1.0", include_str!("../../../tests/data/servers/valkey-9.1.0.json")),
    ("valkey-9.1.2", include_str!("../../../tests/data/servers/valkey-9.1.2.json")),
];

/// Defaults that stand for the machine or the way that the server was built and asked, not for its version.
const OF_THE_MACHINE: [&str; 9] =
    ["maxclients", "dir", "unixsocket", "port", "save", "pidfile", "jemalloc-bg-thread", "syslog-ident", "databases"];

/// Names that a server knows while the releases of its version do not know them in redis.conf.
const BESIDE: [(&str, &str); 5] = [
    // Only CONFIG GET and CONFIG SET know it.
    ("redis-6.2", "watchdog-period"),
    // Debian brought these into older versions.
    ("redis-", "lua-enable-deprecated-api"),
    ("valkey-8.1.1", "lua-enable-deprecated-api"),
    ("valkey-8.1.1", "lua-enable-insecure-api"),
    // A module's that is built in.
    ("redis-8", "vset-force-single-threaded-execution"),
];

/// The official image of a server that answered: `redis-8.2.3`.
pub(super) fn server(name: &str) -> Server {
    let (product, version) = name.split_once('-').unwrap();
    Server::of_image(&image(product, version)).without_entrypoint()
}

fn image(product: &str, version: &str) -> String {
    match product {
        "valkey" => format!("valkey/valkey:{version}"),
        _ => format!("{product}:{version}"),
    }
}

/// All servers that a server may be taken for by images that hold it.
pub(super) fn names_of(name: &str) -> Vec<Server> {
    let (product, version) = name.split_once('-').unwrap();
    let numbers: Vec<&str> = version.split('.').collect();
    let mut tags: Vec<String> = (1..=3).map(|count| numbers[..count].join(".")).collect();
    tags.extend([format!("{version}-debian-12-r1"), "latest".to_owned()]);
    let mut servers: Vec<Server> = tags.iter().map(|tag| Server::of_image(&image(product, tag))).collect();
    servers.extend(tags.iter().map(|tag| Server::of_image(&format!("bitnami/{product}:{tag}"))));
    servers.extend([Server::unknown(), Server::of_image("redis:5.0.14"), Server::of_image("redis:99.1")]);
    servers
}

/// What is wrong with a line of the table, by what the server said of it.
fn judge(directive: &Directive, said: &Value) -> Result<(), String> {
    let mut words: Vec<&str> =
        said["words"].as_array().into_iter().flatten().map(|word| word.as_str().unwrap()).collect();
    words.sort_unstable();
    let range = said["range"].as_array().map(|range| {
        let mut ends = range.iter().map(|end| end.as_i64().map(i128::from).or(end.as_u64().map(i128::from)).unwrap());
        (ends.next().unwrap(), ends.next().unwrap())
    });
    let fits = match &directive.kind {
        Kind::Bool => said["bool"] == true,
        Kind::OneOf(names) | Kind::SomeOf(names) => {
            let mut names = names.clone();
            names.sort_unstable();
            names == words
        }
        Kind::Int(least, most) => range.is_none_or(|range| range == (*least, *most)),
        Kind::Memory(least, most) | Kind::LaxMemory(least, most) => {
            range.is_none_or(|(low, high)| low == i128::from(*least) && high <= i128::from(*most))
        }
        _ => words.is_empty() && said.get("bool").is_none(),
    };
    if !fits {
        return Err(format!("{:?}, it said {said}", directive.kind));
    }
    let default = directive.default.as_deref();
    let is_told = !OF_THE_MACHINE.contains(&directive.spelling) && !directive.spelling.ends_with("cpulist");
    if is_told && default.is_some_and(|default| said["default"] != default) {
        return Err(format!("default {default:?}, it said {said}"));
    }
    Ok(())
}

#[test]
fn the_tables_say_what_the_servers_said() {
    let mut wrong = Vec::new();
    for (name, text) in ANSWERS {
        let answers: Value = serde_json::from_str(text).unwrap();
        let own = server(name).releases;
        let said = answers["directives"].as_object().unwrap();
        let mut known = BTreeSet::new();
        for (directive_name, said) in said {
            known.insert(directive_name.as_str());
            let mut lines = directives(directive_name).iter().filter(|line| !line.releases.and(own).is_empty());
            match lines.next().map(|line| judge(line, said)) {
                Some(Ok(())) => {}
                Some(Err(why)) => wrong.push(format!("{name} {directive_name}: {why}")),
                None if BESIDE.iter().any(|(server, beside)| name.starts_with(server) && directive_name == beside) => {}
                None => wrong.push(format!("{name} {directive_name}: not in the table, it said {said}")),
            }
        }
        for line in crate::redis::versions::all_directives() {
            let is_gettable = !matches!(line.kind, Kind::Ignored | Kind::Unsure) && line.default.is_some();
            // Some of these servers were built without TLS.
            let is_built = !line.spelling.starts_with("tls-");
            if is_gettable && is_built && !line.releases.and(own).is_empty() && !known.contains(line.spelling) {
                wrong.push(format!("{name} {}: in the table, it knows none", line.spelling));
            }
        }
        let quotes = if answers["quotes"] == "open" { Quotes::Open } else { Quotes::Closed };
        if own.any(|release| release.quotes != quotes) {
            wrong.push(format!("{name}: quotes {quotes:?}"));
        }
    }
    assert!(wrong.is_empty(), "{} wrong:\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn each_server_that_answered_is_one_release() {
    let all = 0..releases().len();
    for (name, _) in ANSWERS {
        let own = server(name).releases;
        assert_eq!(all.clone().filter(|index| !Releases::only(*index).and(own).is_empty()).count(), 1, "{name}");
    }
}
