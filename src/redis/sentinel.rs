//! `sentinel` directives, as a Sentinel reads them: laxer than a server's, since numbers go through C's `atoi`.

use super::loaded::{Applied, Loaded, Origin};

/// A master that a Sentinel watches.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Monitor {
    /// Its name.
    pub name: String,
    /// Host name or address.
    pub host: String,
    /// Its port.
    pub port: u16,
    /// How many Sentinels must agree that it is down.
    pub quorum: u32,
    /// Where it is said.
    pub origin: Origin,
}

/// The masters that a Sentinel watches.
pub(crate) fn monitors(loaded: &Loaded) -> Vec<Monitor> {
    loaded.all("sentinel").filter_map(read_monitor).collect()
}

fn read_monitor(applied: &Applied) -> Option<Monitor> {
    let words: Vec<String> =
        applied.words.iter().map(|word| String::from_utf8_lossy(word.bytes()).into_owned()).collect();
    match words.as_slice() {
        [directive, name, host, port, quorum] if directive.eq_ignore_ascii_case("monitor") => Some(Monitor {
            name: name.clone(),
            host: host.clone(),
            port: u16::try_from(atoi(port)).unwrap_or(0),
            quorum: u32::try_from(atoi(quorum)).unwrap_or(0),
            origin: applied.origin.clone(),
        }),
        _ => None,
    }
}

/// Whether host names are resolved.
pub(crate) fn resolves(loaded: &Loaded) -> bool {
    loaded.all("sentinel").any(|applied| {
        let mut words = applied.words.iter().map(super::word::Word::bytes);
        words.next().is_some_and(|word| word.eq_ignore_ascii_case(b"resolve-hostnames"))
            && words.next().is_some_and(|word| word.eq_ignore_ascii_case(b"yes"))
    })
}

/// Whether these words monitor a master by a host name.
pub(crate) fn needs_resolving(words: &[Vec<u8>]) -> bool {
    let [directive, _, host, ..] = words else { return false };
    let host = String::from_utf8_lossy(host);
    directive.eq_ignore_ascii_case(b"monitor") && host.parse::<std::net::IpAddr>().is_err()
}

/// Whether a Sentinel takes these words behind `sentinel`; the text says what is wrong.
pub(crate) fn check(words: &[Vec<u8>], loaded: &Loaded) -> Result<(), String> {
    let text: Vec<String> = words.iter().map(|word| String::from_utf8_lossy(word).into_owned()).collect();
    let Some(directive) = text.first().map(|word| word.to_ascii_lowercase()) else { return Ok(()) };
    match (directive.as_str(), text.get(1..).unwrap_or_default()) {
        ("monitor", [name, _, port, quorum]) => {
            if atoi(quorum) <= 0 {
                return Err("the quorum is 1 or more".to_owned());
            }
            if !(0..=65535).contains(&atoi(port)) {
                return Err("the port is from 0 to 65535".to_owned());
            }
            if monitors(loaded).iter().any(|monitor| monitor.name == *name) {
                return Err("a master of this name is watched already".to_owned());
            }
            Ok(())
        }
        ("down-after-milliseconds" | "failover-timeout", [_, number]) => {
            if atoi(number) > 0 {
                Ok(())
            } else {
                Err("it takes milliseconds above 0".to_owned())
            }
        }
        ("deny-scripts-reconfig" | "resolve-hostnames" | "announce-hostnames", [value]) => {
            let fits = value.eq_ignore_ascii_case("yes") || value.eq_ignore_ascii_case("no");
            if fits { Ok(()) } else { Err("it takes yes or no".to_owned()) }
        }
        ("myid", [id]) => {
            if id.len() == 40 {
                Ok(())
            } else {
                Err("an id has 40 characters".to_owned())
            }
        }
        (
            "parallel-syncs"
            | "notification-script"
            | "client-reconfig-script"
            | "auth-pass"
            | "auth-user"
            | "config-epoch"
            | "leader-epoch"
            | "master-reboot-down-after-period",
            [_, _],
        )
        | ("current-epoch" | "announce-ip" | "announce-port" | "sentinel-user" | "sentinel-pass", [_])
        | ("known-slave" | "known-replica" | "rename-command", [_, _, _])
        | ("known-sentinel", [_, _, _] | [_, _, _, _]) => Ok(()),
        _ => Err("not a directive of a Sentinel, or the wrong number of words".to_owned()),
    }
}

/// C's `atoi`: leading blanks, a sign, digits; the rest is left.
fn atoi(text: &str) -> i64 {
    let text = text.trim_start();
    let (negative, digits) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    let end = digits.bytes().take_while(u8::is_ascii_digit).count();
    let number = digits.get(..end).and_then(|digits| digits.parse::<i64>().ok()).unwrap_or(0);
    if negative { -number } else { number }
}
