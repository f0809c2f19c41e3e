//! Which server is started: the releases that it may be, as far as anybody says.

use super::versions::{ModuleNames, Product, Release, Releases, Version, releases};

/// Which server is started, as far as its image tells.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Server {
    /// What it may be.
    pub(crate) releases: Releases,
    /// Those of them that are of the line which the tag names, as 8.6.3 is of 8.6.0's: what one takes is well.
    pub(crate) line: Releases,
    pub(crate) knowledge: Knowledge,
    pub(crate) modules: Modules,
    /// Its name in messages: `Redis 7.2.4`; nothing where no version is known.
    name: Option<String>,
    may_bake: bool,
}

/// How much is known of a server's version.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Knowledge {
    /// It is one of the releases.
    Version,
    /// Nobody says which it is: what all refuse is refused, and what one takes is well.
    Nothing,
    /// It is older or newer than what we know: nothing is certain.
    Outside,
}

/// Which modules are loaded beside those that the configuration names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Modules {
    /// Those that Docker Hub's Redis 8 brings: its entrypoint loads them.
    Bundled,
    /// We don't see them.
    Hidden,
}

/// What the names of the bundled modules' directives begin with (search, time series, Bloom and cuckoo filters, JSON, vectors).
const BUNDLED: [&str; 6] = ["search-", "ts-", "bf-", "cf-", "json-", "vset-"];

/// Lines of releases that have ended: no patch is to come behind these.
const ENDED: [(Product, Version); 1] = [(Product::Redis, [7, 0, 15])];

/// Numbers as a tag has them: `7`, `7.2` or `7.2.4`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Numbers {
    pub(crate) major: u16,
    pub(crate) minor: Option<u16>,
    pub(crate) patch: Option<u16>,
}

impl Server {
    /// Nobody says what it is: only what every version refuses is refused.
    #[must_use]
    pub fn unknown() -> Self {
        Self {
            releases: Releases::all(),
            line: Releases::NONE,
            knowledge: Knowledge::Nothing,
            modules: Modules::Hidden,
            name: None,
            may_bake: true,
        }
    }

    /// A product of which no version is known.
    pub(crate) fn of_product(product: Product) -> Self {
        let releases = Releases::which(|release| release.product == product);
        Self { releases, ..Self::unknown() }.without_baked_configuration()
    }

    /// A product by its version.
    pub(crate) fn of_version(product: Product, numbers: Numbers) -> Self {
        let found = releases_of(product, numbers);
        let (knowledge, releases) = match found {
            Some(releases) => (Knowledge::Version, releases),
            None => (Knowledge::Outside, Releases::which(|release| release.product == product)),
        };
        let line = Releases::which(|release| is_of_line(release, product, numbers)).and(releases);
        let name = Some(format!("{} {numbers}", product.name()));
        Self { releases, line, knowledge, name, ..Self::of_product(product) }
    }

    /// The same, whose entrypoint loads the modules that its image brings.
    pub(crate) fn with_bundled_modules(self) -> Self {
        Self { modules: Modules::Bundled, ..self }
    }

    /// The same, whose image holds no configuration of its own.
    pub(crate) fn without_baked_configuration(self) -> Self {
        Self { may_bake: false, ..self }
    }

    /// The same, started by a command of the manifest's: what the image's entrypoint would load need not be loaded.
    #[must_use]
    pub fn without_entrypoint(self) -> Self {
        Self { modules: Modules::Hidden, ..self }
    }

    /// Whether its image may hold a configuration of its own that a start without arguments would read.
    #[must_use]
    pub fn may_bake_configuration(&self) -> bool {
        self.may_bake
    }

    /// What to call it in a message.
    pub(crate) fn name(&self) -> &str {
        self.name.as_deref().unwrap_or("any version that is known")
    }

    /// Whether a name that a release does not know may be a module's directive; nothing where it is none.
    pub(crate) fn module_directive(&self, releases: Releases, name: &str) -> Option<ModuleDirective> {
        if name.contains([':', '=']) {
            return None; // No module may register such a name.
        }
        let known = |names| !releases.and(Releases::which(|release| release.modules == names)).is_empty();
        if name.contains('.') {
            return (known(ModuleNames::Any) || known(ModuleNames::Dotted)).then_some(ModuleDirective::Perhaps);
        }
        if !known(ModuleNames::Any) {
            return (self.knowledge != Knowledge::Version).then_some(ModuleDirective::Perhaps);
        }
        let is_bundled = BUNDLED.iter().any(|prefix| name.starts_with(prefix));
        match (self.knowledge, self.modules) {
            (_, Modules::Bundled) if is_bundled => Some(ModuleDirective::Bundled),
            (Knowledge::Version, Modules::Bundled) => None,
            (Knowledge::Version, Modules::Hidden) if !is_bundled => None,
            _ => Some(ModuleDirective::Perhaps),
        }
    }
}

/// A name that no release knows by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ModuleDirective {
    /// It is of a module that is loaded.
    Bundled,
    /// It may be of a module that is loaded.
    Perhaps,
}

impl std::fmt::Display for Numbers {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "{}", self.major)?;
        for number in [self.minor, self.patch].into_iter().flatten() {
            write!(formatter, ".{number}")?;
        }
        Ok(())
    }
}

fn is_of_line(release: &Release, product: Product, numbers: Numbers) -> bool {
    let [major, minor, _] = release.first;
    release.product == product && major == numbers.major && numbers.minor == Some(minor)
}

/// The releases that these numbers may stand for; nothing where they are older or newer than all.
///
/// A version that was read is one release. Of any other we know the one before it, and that what a patch brings a later
/// release has as well: it may be either, so only what all of these refuse is refused.
fn releases_of(product: Product, numbers: Numbers) -> Option<Releases> {
    let [first, last] = [
        [numbers.minor.unwrap_or(0), numbers.patch.unwrap_or(0)],
        [numbers.minor.unwrap_or(u16::MAX), numbers.patch.unwrap_or(u16::MAX)],
    ]
    .map(|[minor, patch]| [numbers.major, minor, patch]);
    let own: Vec<&Release> = releases().iter().filter(|release| release.product == product).collect();
    let (oldest, newest) = (own.first()?.first, own.last()?.last);
    if last < oldest || first.get(..2) > newest.get(..2) {
        return None;
    }
    let is_read = own.iter().any(|release| release.first <= first && last <= release.last);
    let is_ended = |end: &Version| first.get(..2) == end.get(..2) && (numbers.patch.is_none() || last <= *end);
    let has_ended = ENDED.iter().any(|(ended, end)| *ended == product && numbers.minor.is_some() && is_ended(end));
    let overlaps = |release: &Release| release.product == product && release.first <= last && first <= release.last;
    if is_read || has_ended {
        return Some(Releases::which(overlaps));
    }
    let before = own.iter().filter(|release| release.last < first).map(|release| release.last).max();
    let start = if own.iter().any(|release| release.first == first) { first } else { before.unwrap_or(first) };
    if before.is_none() && first < oldest && numbers.patch.is_some() {
        return None; // It is older than what we know.
    }
    Some(Releases::which(|release| release.product == product && release.last >= start))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn numbers(text: &str) -> Numbers {
        let mut parts = text.split('.').map(|part| part.parse().unwrap());
        Numbers { major: parts.next().unwrap(), minor: parts.next(), patch: parts.next() }
    }

    /// The first versions of the releases that these numbers may be.
    fn may_be(product: Product, text: &str) -> Option<Vec<String>> {
        let found = releases_of(product, numbers(text))?;
        let mut versions = Vec::new();
        for (index, release) in releases().iter().enumerate() {
            if !found.and(Releases::only(index)).is_empty() {
                versions.push(release.first.map(|number| number.to_string()).join("."));
            }
        }
        Some(versions)
    }

    #[test]
    fn a_version_that_was_read_is_one_release() {
        for (text, release) in
            [("7.0.0", "7.0.0"), ("7.0.2", "7.0.1"), ("7.0.15", "7.0.6"), ("7.2.4", "7.2.0"), ("8.6.3", "8.6.3")]
        {
            assert_eq!(may_be(Product::Redis, text).unwrap(), [release], "{text}");
        }
        assert_eq!(may_be(Product::Valkey, "9.0.0").unwrap(), ["9.0.0"]);
        assert_eq!(may_be(Product::KeyDb, "6.3.4").unwrap(), ["6.3.4"]);
    }

    #[test]
    fn a_version_between_is_the_one_before_or_has_what_later_ones_have() {
        assert_eq!(may_be(Product::Redis, "8.2.4").unwrap(), ["8.2.3", "8.6.3"]);
        assert_eq!(may_be(Product::Redis, "8.4.1").unwrap(), ["8.2.3", "8.6.3"]);
        assert_eq!(may_be(Product::Redis, "8.4").unwrap(), ["8.2.3", "8.6.3"]);
        assert_eq!(may_be(Product::Redis, "8.0.1").unwrap(), ["7.4.0", "8.0.2", "8.0.6", "8.2.3", "8.6.3"]);
        assert_eq!(may_be(Product::Redis, "7.4.2").unwrap(), ["7.4.0", "8.0.2", "8.0.6", "8.2.3", "8.6.3"]);
        assert_eq!(may_be(Product::Redis, "8.6.9").unwrap(), ["8.6.3"]);
        assert_eq!(may_be(Product::Valkey, "8.1").unwrap(), ["8.0.0", "8.1.1", "9.0.0", "9.1.0", "9.1.2"]);
    }

    #[test]
    fn a_tag_of_a_line_is_any_of_it() {
        assert_eq!(may_be(Product::Redis, "7.0").unwrap(), ["7.0.0", "7.0.1", "7.0.3", "7.0.6"]);
        assert_eq!(may_be(Product::Redis, "8").unwrap(), ["7.4.0", "8.0.2", "8.0.6", "8.2.3", "8.6.3"]);
        assert_eq!(may_be(Product::Redis, "7").unwrap().first().unwrap(), "7.0.0");
        assert_eq!(may_be(Product::Redis, "6.2").unwrap().first().unwrap(), "6.2.0");
    }

    #[test]
    fn older_and_newer_than_all_is_outside() {
        for text in ["5", "5.0.14", "6.0.20", "8.8", "8.8.0", "9", "10.1", "2024.3"] {
            assert_eq!(may_be(Product::Redis, text), None, "{text}");
        }
        for text in ["7.2.4", "9.2", "10"] {
            assert_eq!(may_be(Product::Valkey, text), None, "{text}");
        }
        for text in ["5.3.3", "6.0.16", "6.2.0", "7"] {
            assert_eq!(may_be(Product::KeyDb, text), None, "{text}");
        }
    }
}
