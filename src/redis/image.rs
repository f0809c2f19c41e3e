//! Which server an image holds, by its name and tag: only names that are known to be their makers' say so.

use super::server::{Numbers, Server};
use super::versions::{Product, Release, releases};

/// Folders of Docker Hub's own images, in whose place a mirror may put its own.
const HUB: [&str; 6] = ["library", "docker.io", "index.docker.io", "registry-1.docker.io", "dockerhub", "docker-hub"];

/// Lines of Redis' releases that were not read: an image with such a tag may be Redis' own.
const UNREAD_LINES: [(u16, u16); 8] = [(2, 6), (2, 8), (3, 0), (3, 2), (4, 0), (5, 0), (6, 0), (8, 4)];

/// An image's name taken apart.
struct Image<'a> {
    host: Option<&'a str>,
    folders: Vec<&'a str>,
    name: &'a str,
    tag: Option<&'a str>,
}

/// Who made an image.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Maker {
    /// The product's own, with its numbers.
    Official,
    /// Somebody who numbers as the product does.
    Packager,
    /// Redis Stack: the first two numbers are the server's.
    Stack,
    /// Anybody.
    Private,
}

impl Server {
    /// The server of an image, as a container names it.
    #[must_use]
    pub fn of_image(image: &str) -> Self {
        let image = read_image(image);
        let Some((product, maker)) = maker(&image) else { return Self::unknown() };
        let numbers = image.tag.and_then(read_numbers);
        match (maker, numbers) {
            (Maker::Private, Some(numbers)) if is_line_of(product, numbers) => {
                Self::unknown().without_baked_configuration()
            }
            (Maker::Private, _) => Self::unknown(),
            (_, None) => Self::of_product(product),
            (Maker::Stack, Some(numbers)) => Self::of_version(product, Numbers { patch: None, ..numbers }),
            (Maker::Official, Some(numbers)) if product == Product::Redis => {
                Self::of_version(product, numbers).with_bundled_modules()
            }
            (_, Some(numbers)) => Self::of_version(product, numbers),
        }
    }
}

fn read_image(image: &str) -> Image<'_> {
    let path = image.split('@').next().unwrap_or(image);
    let mut folders: Vec<&str> = path.split('/').collect();
    let last = folders.pop().unwrap_or_default();
    let (name, tag) = last.split_once(':').map_or((last, None), |(name, tag)| (name, Some(tag)));
    let is_host = |folder: &&str| folder.contains(['.', ':']) || *folder == "localhost";
    let host = folders.first().copied().filter(is_host);
    folders.drain(..usize::from(host.is_some()));
    Image { host, folders, name, tag }
}

fn maker(image: &Image) -> Option<(Product, Maker)> {
    let product = match image.name {
        "redis" | "redis-sentinel" | "redis-cluster" | "redis-stack" | "redis-stack-server" => Product::Redis,
        "valkey" | "valkey-sentinel" | "valkey-cluster" => Product::Valkey,
        "keydb" => Product::KeyDb,
        _ => return None,
    };
    let is_in = |name: &str| image.folders.iter().any(|folder| folder.starts_with(name));
    let last = image.folders.last().copied();
    let maker = if is_in("bitnami") || is_in("cloudpirates") {
        Maker::Packager
    } else if image.name.starts_with("redis-stack") {
        if last == Some("redis") { Maker::Stack } else { Maker::Private }
    } else if is_official(image, last) {
        Maker::Official
    } else {
        Maker::Private
    };
    Some((product, maker))
}

fn is_official(image: &Image, last: Option<&str>) -> bool {
    let is_hub = image.host.is_none_or(|host| HUB.contains(&host));
    match (image.name, last) {
        ("redis" | "valkey", None) => is_hub,
        ("redis", Some(folder)) => HUB.contains(&folder),
        ("valkey", Some("valkey")) | ("keydb", Some("eqalpha")) => true,
        _ => false,
    }
}

/// The numbers at the start of a tag: `7.2.4-alpine`, `v8.0`, `alpine_x86_64_v6.3.4`; nothing for candidates of a
/// release and for what is no number.
fn read_numbers(tag: &str) -> Option<Numbers> {
    let tag = tag.rsplit_once("_v").map_or(tag, |(_, numbers)| numbers);
    let tag = tag.strip_prefix('v').unwrap_or(tag);
    let (numbers, suffix) = tag.split_once(['-', '_', '+']).unwrap_or((tag, ""));
    let is_candidate = suffix.starts_with("rc") || suffix.starts_with("m0") || suffix.starts_with("int");
    let mut parts = numbers.split('.');
    let major = parts.next()?.parse().ok()?;
    let mut number = || parts.next().map(str::parse).transpose();
    let (minor, patch) = (number().ok()?, number().ok()?);
    (!is_candidate && parts.next().is_none()).then_some(Numbers { major, minor, patch })
}

/// Whether these may be numbers of the product, rather than an image's own.
fn is_line_of(product: Product, numbers: Numbers) -> bool {
    let is_read = |release: &Release| {
        let [major, minor, _] = release.first;
        release.product == product && major == numbers.major && numbers.minor.is_none_or(|number| number == minor)
    };
    let line = (numbers.major, numbers.minor.unwrap_or(0));
    releases().iter().any(is_read)
        || (product == Product::Redis && numbers.minor.is_some() && UNREAD_LINES.contains(&line))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn is(image: &str, name: &str) {
        assert_eq!(Server::of_image(image).name(), name, "{image}");
    }

    #[test]
    fn a_known_name_says_product_and_version() {
        is("redis:7.0.15", "Redis 7.0.15");
        is("redis:7.2-alpine3.20", "Redis 7.2");
        is("docker.io/library/redis:8.2.1-bookworm@sha256:0a", "Redis 8.2.1");
        is("mirror.corp:5000/proxy/library/redis:7.2", "Redis 7.2");
        is("public.ecr.aws/docker/library/redis:7.4.1", "Redis 7.4.1");
        is("mirror.corp/docker.io/redis:6.2.14", "Redis 6.2.14");
        is("bitnami/redis:7.2.4-debian-12-r9", "Redis 7.2.4");
        is("registry-1.docker.io/bitnamilegacy/redis-cluster:7.4.2-debian-12-r0", "Redis 7.4.2");
        is("bitnami/valkey:8.0.1", "Valkey 8.0.1");
        is("redis/redis-stack-server:7.2.0-v10", "Redis 7.2");
        is("redis/redis-stack:6.2.6-v14", "Redis 6.2");
        is("valkey/valkey:9-alpine", "Valkey 9");
        is("ghcr.io/mirror/valkey/valkey:8.1.1", "Valkey 8.1.1");
        is("eqalpha/keydb:alpine_x86_64_v6.3.4", "KeyDB 6.3.4");
    }

    #[test]
    fn an_unknown_name_or_tag_says_nothing() {
        for image in [
            "redis",
            "redis:latest",
            "redis:alpine",
            "redis@sha256:0a",
            "redis:8.0-rc1",
            "registry.corp/team/redis:7.2.4",
            "mine/base:7.0.15",
            "",
        ] {
            is(image, "any version that is known");
        }
    }

    #[test]
    fn an_image_with_numbers_of_its_own_may_hold_its_configuration() {
        for image in [
            "registry.corp/team/redis:2024.3",
            "registry.corp/search/redis:5.1.0",
            "team/redis:1.4",
            "team/redis:prod",
            "team/redis-cache:7.2.4",
            "mine/base",
        ] {
            assert!(Server::of_image(image).may_bake_configuration(), "{image}");
        }
        for image in [
            "redis",
            "redis:7.2",
            "redis:5.0.14",
            "registry.corp/team/redis:7.2.4",
            "registry.corp/redis:5.0.7-alpine",
            "mirror.corp/library/redis:7.2",
            "bitnami/redis",
            "valkey/valkey:8",
        ] {
            assert!(!Server::of_image(image).may_bake_configuration(), "{image}");
        }
    }
}
