//! The versions whose directives we know, and what each takes: `versions.txt`, made from their own sources.

use std::sync::LazyLock;

use super::kind::Kind;
use super::line::Quotes;

/// A version's numbers.
pub(crate) type Version = [u16; 3];

/// Who makes a server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Product {
    Redis,
    Valkey,
    KeyDb,
}

impl Product {
    /// Its name as its makers write it.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Redis => "Redis",
            Self::Valkey => "Valkey",
            Self::KeyDb => "KeyDB",
        }
    }
}

/// When a word with `--` begins an option.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Options {
    /// Always.
    Each,
    /// Behind an option that has a value in a word of its own.
    Valued,
    /// An option and its value may be one word, and `--save` may have none.
    Saved,
    /// And `--sentinel` may have none.
    Free,
}

/// What a directive's name may be that the version does not know.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ModuleNames {
    /// An error.
    None,
    /// A module's, if it holds a dot.
    Dotted,
    /// A module's.
    Any,
}

/// Versions of one product that read alike.
#[derive(Debug)]
pub(crate) struct Release {
    pub(crate) product: Product,
    pub(crate) first: Version,
    pub(crate) last: Version,
    pub(crate) options: Options,
    pub(crate) modules: ModuleNames,
    /// Whether the words of a directive that takes several may be one word.
    pub(crate) splits: bool,
    /// Whether `include` takes a pattern.
    pub(crate) globs: bool,
    pub(crate) quotes: Quotes,
}

/// A set of releases: a bit for each, in the order of the file.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Releases(u64);

impl Releases {
    pub(crate) const NONE: Self = Self(0);

    pub(crate) fn only(index: usize) -> Self {
        Self(u32::try_from(index).ok().and_then(|index| 1u64.checked_shl(index)).unwrap_or(0))
    }

    pub(crate) fn all() -> Self {
        Self::which(|_| true)
    }

    /// The releases of which a condition holds.
    pub(crate) fn which(condition: impl Fn(&Release) -> bool) -> Self {
        let mut found = Self::NONE;
        for (index, release) in TABLE.releases.iter().enumerate() {
            if condition(release) {
                found = found.with(Self::only(index));
            }
        }
        found
    }

    pub(crate) fn with(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    pub(crate) fn and(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }

    pub(crate) fn without(self, other: Self) -> Self {
        Self(self.0 & !other.0)
    }

    pub(crate) fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// Whether some of these is newer than all of those; products come in the order of the file.
    pub(crate) fn is_newer_than(self, other: Self) -> bool {
        self.0 > other.0
    }

    pub(crate) fn any(self, condition: impl Fn(&Release) -> bool) -> bool {
        !self.and(Self::which(condition)).is_empty()
    }
}

/// What some releases take for one name.
#[derive(Debug)]
pub(crate) struct Directive {
    /// The name as written.
    pub(crate) spelling: &'static str,
    /// The name that we use: that of Redis 7.0.
    pub(crate) name: &'static str,
    pub(crate) kind: Kind,
    pub(crate) releases: Releases,
    /// The value where nobody sets one, as `CONFIG GET` shows it; nothing where it was not told.
    #[cfg(test)]
    pub(crate) default: Option<String>,
}

#[derive(Debug, Default)]
struct Table {
    releases: Vec<Release>,
    /// Sorted by spelling.
    directives: Vec<Directive>,
}

static TABLE: LazyLock<Table> = LazyLock::new(|| read_table(include_str!("versions.txt")));

/// All releases, by product and version.
pub(crate) fn releases() -> &'static [Release] {
    &TABLE.releases
}

/// What the releases take that know a name, in lower case; several where they differ.
pub(crate) fn directives(spelling: &str) -> &'static [Directive] {
    let all = TABLE.directives.as_slice();
    let start = all.partition_point(|directive| directive.spelling < spelling);
    let end = all.partition_point(|directive| directive.spelling <= spelling);
    all.get(start..end).unwrap_or_default()
}

/// Every line of the table.
#[cfg(test)]
pub(crate) fn all_directives() -> &'static [Directive] {
    &TABLE.directives
}

/// What a name's values look like in most releases that know it.
pub(crate) fn usual_kind(spelling: &str) -> Option<&'static Kind> {
    let kinds = || directives(spelling).iter().map(|directive| &directive.kind);
    let is_told = |kind: &&Kind| !matches!(kind, Kind::Lax | Kind::Ignored | Kind::Unsure);
    kinds().find(is_told).or_else(|| kinds().next())
}

/// The name that Redis 7.0 has for a directive that may be given by another one; any other name as it is.
#[must_use]
pub fn directive_name(name: &str) -> &str {
    directives(name).first().map_or(name, |directive| directive.name)
}

fn read_table(text: &'static str) -> Table {
    let mut table = Table::default();
    for line in text.lines().filter(|line| !line.starts_with('#')) {
        match line.strip_prefix("release ") {
            Some(release) => table.releases.extend(read_release(release)),
            None => table.directives.extend(read_directive(line)),
        }
    }
    table
}

fn read_release(line: &str) -> Option<Release> {
    let words: Vec<&str> = line.split(' ').collect();
    let [_, product, first, last, options, modules, splits, globs, quotes] = words.as_slice() else { return None };
    Some(Release {
        product: match *product {
            "redis" => Product::Redis,
            "valkey" => Product::Valkey,
            "keydb" => Product::KeyDb,
            _ => return None,
        },
        first: read_version(first)?,
        last: read_version(last)?,
        options: match *options {
            "options-each" => Options::Each,
            "options-valued" => Options::Valued,
            "options-saved" => Options::Saved,
            "options-free" => Options::Free,
            _ => return None,
        },
        modules: match *modules {
            "modules-none" => ModuleNames::None,
            "modules-dotted" => ModuleNames::Dotted,
            "modules-any" => ModuleNames::Any,
            _ => return None,
        },
        splits: *splits == "split-yes",
        globs: *globs == "glob-yes",
        quotes: if *quotes == "quotes-open" { Quotes::Open } else { Quotes::Closed },
    })
}

fn read_version(text: &str) -> Option<Version> {
    let numbers: Vec<u16> = text.split('.').map_while(|number| number.parse().ok()).collect();
    numbers.try_into().ok()
}

fn read_directive(line: &'static str) -> Option<Directive> {
    let fields: Vec<&'static str> = line.split(" | ").collect();
    let [names, kind, _, releases] = *fields.as_slice() else { return None };
    let kind = Kind::read(kind)?;
    let (spelling, name) = names.split_once('=').unwrap_or((names, names));
    let mut known = Releases::NONE;
    for run in releases.split(',') {
        let (first, last) = run.split_once('-').unwrap_or((run, run));
        for index in first.parse().ok()?..=last.parse::<usize>().ok()? {
            known = known.with(Releases::only(index));
        }
    }
    Some(Directive {
        spelling,
        name,
        kind,
        releases: known,
        #[cfg(test)]
        default: fields.get(2).and_then(|default| serde_json::from_str(default).ok()),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_line_of_the_table_is_read() {
        let lines = include_str!("versions.txt").lines().filter(|line| !line.starts_with('#'));
        assert_eq!(TABLE.releases.len() + TABLE.directives.len(), lines.count());
        assert!(TABLE.directives.is_sorted_by_key(|directive| directive.spelling));
        assert!(TABLE.directives.iter().all(|directive| !directive.releases.is_empty()));
    }

    #[test]
    fn a_release_has_one_line_for_a_name() {
        for directive in &TABLE.directives {
            let same = directives(directive.spelling)
                .iter()
                .filter(|other| !other.releases.and(directive.releases).is_empty());
            assert_eq!(same.count(), 1, "{}", directive.spelling);
        }
    }

    #[test]
    fn a_name_is_a_name_of_its_own() {
        for directive in &TABLE.directives {
            assert_eq!(directive_name(directive.name), directive.name, "{}", directive.spelling);
        }
    }
}
