//! What is refused for which tag.

use crate::redis::loaded::{FileSeen, Files, Loaded, Start};
use crate::redis::{Server, load};

/// No files but one.
struct File(Option<&'static str>);

impl Files for File {
    fn read(&self, path: &str) -> FileSeen {
        match (path, self.0) {
            ("/redis.conf", Some(text)) => FileSeen::Text(text.as_bytes().to_vec()),
            _ => FileSeen::Missing,
        }
    }

    fn list(&self, _folder: &str) -> Option<Vec<String>> {
        Some(Vec::new())
    }
}

fn start(server: &Server, args: &[&str], text: Option<&'static str>) -> Loaded {
    let args: Vec<Vec<u8>> = args.iter().map(|word| word.as_bytes().to_vec()).collect();
    load(&Start { server, argv0: "redis-server", args: &args, working_dir: "/", stdin: None, files: &File(text) })
}

fn load_line(image: &str, text: &'static str) -> Loaded {
    start(&Server::of_image(image), &["/redis.conf"], Some(text))
}

#[track_caller]
fn accepts(image: &str, text: &'static str) {
    let problems = load_line(image, text).problems;
    assert!(problems.is_empty(), "{image}: {problems:?}");
}

#[track_caller]
fn refuses(image: &str, text: &'static str) {
    let problems = load_line(image, text).problems;
    assert!(problems.iter().any(|problem| problem.certain), "{image}: {problems:?}");
}

#[track_caller]
fn doubts(image: &str, text: &'static str) {
    let problems = load_line(image, text).problems;
    assert!(!problems.is_empty() && problems.iter().all(|problem| !problem.certain), "{image}: {problems:?}");
}

#[test]
fn a_value_is_taken_by_the_versions_that_have_it() {
    accepts("redis:7.2.4", "loglevel nothing");
    accepts("valkey/valkey:8.0.1", "loglevel nothing");
    refuses("redis:7.0.15", "loglevel nothing");
    doubts("redis:7", "loglevel nothing");
    accepts("registry.corp/team/redis:prod", "loglevel nothing");
    accepts("redis:8.6.3", "maxmemory-policy allkeys-lrm");
    refuses("redis:8.2.3", "maxmemory-policy allkeys-lrm");
    refuses("valkey/valkey:9.1.2", "maxmemory-policy allkeys-lrm");
    doubts("redis:8.4.0", "maxmemory-policy allkeys-lrm");
    accepts("redis:8.6.0", "maxmemory-policy allkeys-lrm");
    accepts("redis:8.6", "maxmemory-policy allkeys-lrm");
    accepts("valkey/valkey:8.1.1", "repl-diskless-load flush-before-load");
    refuses("redis:7.2.4", "repl-diskless-load flush-before-load");
    accepts("valkey/valkey:9.0.0", "io-threads 200");
    refuses("valkey/valkey:8.0.1", "io-threads 200");
    refuses("redis:8.6.3", "io-threads 200");
}

#[test]
fn a_name_is_known_to_the_versions_that_have_it() {
    refuses("redis:7.0.15", "set-max-listpack-entries 128");
    accepts("redis:8.2.1", "set-max-listpack-entries 128");
    accepts("bitnami/redis:7.2.4-debian-12-r9", "set-max-listpack-entries 128");
    refuses("redis:6.2.14-alpine", "hash-max-listpack-entries 128");
    accepts("valkey/valkey:8.0.1", "primaryauth x");
    refuses("redis:8.6.3", "primaryauth x");
    accepts("eqalpha/keydb:x86_64_v6.3.4", "server-threads 4\nactive-replica yes\nmulti-master yes");
    refuses("eqalpha/keydb:x86_64_v6.3.4", "appenddirname aof");
    // A patch may bring what a later version has: 8.0.6 has this, as other lines got it too.
    doubts("redis:7.2.11", "lua-enable-deprecated-api yes");
    refuses("redis:7.2.11", "maxmemmory 100mb");
}

#[test]
fn nothing_is_certain_of_versions_that_are_not_known() {
    for image in ["redis:5.0.14", "redis:6.0.20", "redis:9.0", "redis:10.1-alpine", "valkey/valkey:10"] {
        doubts(image, "maxmemory 512Mi");
        doubts(image, "maxmemory: 350mb");
        doubts(image, "requirepass \"x");
        accepts(image, "maxmemory 512mb");
    }
}

#[test]
fn what_every_version_refuses_is_refused_for_any_image() {
    for image in ["registry.corp/team/redis:prod", "mine/base", "redis", "redis:7.4", "valkey/valkey", "eqalpha/keydb"]
    {
        refuses(image, "maxmemory 512Mi");
        refuses(image, "maxmemory: 350mb");
        refuses(image, "maxmemory=350mb");
        refuses(image, "maxmemory 350mb # of 512");
        refuses(image, "appendonly on");
        refuses(image, "rename-command CONFIG \"\"\nrename-command CONFIG x");
    }
    doubts("registry.corp/team/redis:prod", "maxmemmory 100mb");
}

#[test]
fn modules_bring_directives() {
    accepts("redis:8.2.1", "search-threads 4\nts-retention-policy 0\nbf-error-rate 0.01");
    doubts("bitnami/redis:8.2.1", "search-threads 4");
    refuses("redis:7.4.1", "search-threads 4");
    refuses("valkey/valkey:9.1.2", "search-threads 4");
    refuses("redis:8.2.1", "foo-bar 1");
    doubts("redis:8.2.1", "foo-bar 1\nloadmodule /modules/foo.so");
    refuses("redis:7.4.1", "foo-bar 1\nloadmodule /modules/foo.so");
    let bypassed = Server::of_image("redis:8.2.1").without_entrypoint();
    let problems = start(&bypassed, &["/redis.conf"], Some("search-threads 4")).problems;
    assert!(problems.iter().all(|problem| !problem.certain) && !problems.is_empty());
}

#[test]
fn options_of_one_word_are_refused_by_the_versions_that_do_not_split_them() {
    let words = ["--maxmemory 256mb", "--maxmemory-policy volatile-lru", "--save", ""];
    let is_refused =
        |image: &str| start(&Server::of_image(image), &words, None).problems.iter().any(|problem| problem.certain);
    for image in ["redis:7.0.1", "redis:7.0.2", "redis:7.0.2-alpine3.16"] {
        assert!(is_refused(image), "{image}");
    }
    for image in [
        "redis:6.2.14",
        "redis:7.0.0",
        "redis:7.0.3",
        "redis:7.0",
        "redis:7.4.1",
        "valkey/valkey:8",
        "redis",
        "x/redis",
    ] {
        let loaded = start(&Server::of_image(image), &words, None);
        assert!(!loaded.problems.iter().any(|problem| problem.certain), "{image}: {:?}", loaded.problems);
        assert_eq!(loaded.setting("maxmemory").unwrap().0, "256mb", "{image}");
    }
    let last = start(&Server::of_image("redis:7.0.2"), &["--maxmemory 256mb"], None);
    assert!(last.problems.is_empty());
}
