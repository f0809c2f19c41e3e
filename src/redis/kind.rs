//! What values a directive takes.

/// What values a directive takes. The words are those of `versions.txt`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Kind {
    /// `yes` or `no`, in any case.
    Bool,
    /// One of these, in any case.
    OneOf(Vec<&'static str>),
    /// Several of these, in any case.
    SomeOf(Vec<&'static str>),
    /// A whole number without `+` or leading zero.
    Int(i128, i128),
    /// An octal number.
    Octal(u32),
    /// A memory size of so many bytes.
    Memory(u64, u64),
    /// The same, and `-0`.
    LaxMemory(u64, u64),
    /// A memory size, or a percentage of maxmemory.
    MemoryOrPercent,
    /// A memory size, or a plain number from the first one, which may be negative.
    SignedMemory(i128),
    /// Any one word.
    Text,
    /// Any one word but an empty one.
    SetText,
    /// Any one word that is no path.
    FileName,
    /// The same, and not empty.
    SetFileName,
    /// A folder that must exist.
    Dir,
    /// Any number of words.
    Words,
    /// One word or more.
    SomeWords,
    /// Pairs of seconds and changes, or nothing.
    Save,
    /// One pair, while any other number of words is left without a word.
    LaxSave,
    /// Class, hard limit, soft limit, seconds; and again.
    OutputBuffer,
    /// The same, once; what is no size reads as 0.
    LaxOutputBuffer,
    /// Three numbers from -2000 to 2000.
    OomScores,
    /// Letters of event classes.
    Events(&'static str),
    /// Host and port, or `no one`.
    Replicaof,
    /// Numbers from 0 to 100.
    Percentiles,
    /// A template of `{name}` parts.
    Template,
    /// A host name.
    HostName,
    /// An address, or nothing.
    Address,
    /// Any one word: the directive is dead and sets nothing.
    Ignored,
    /// One word that C's `atoi` or the like reads: some are refused, we don't say which.
    Lax,
    /// We don't know, not even how many words.
    Unsure,
}

impl Kind {
    /// Reads what `versions.txt` says; nothing where that is no kind.
    pub(crate) fn read(text: &'static str) -> Option<Self> {
        let mut words = text.split_ascii_whitespace();
        let word = words.next()?;
        let rest: Vec<&'static str> = words.collect();
        Some(match (word, rest.as_slice()) {
            ("bool", []) => Self::Bool,
            ("one-of", [_, ..]) => Self::OneOf(rest),
            ("some-of", [_, ..]) => Self::SomeOf(rest),
            ("int", [least, most]) => Self::Int(least.parse().ok()?, most.parse().ok()?),
            ("octal", [_, most]) => Self::Octal(most.parse().ok()?),
            ("memory", [least, most]) => Self::Memory(least.parse().ok()?, most.parse().ok()?),
            ("lax-memory", [least, most]) => Self::LaxMemory(least.parse().ok()?, most.parse().ok()?),
            ("memory-or-percent", [_, _]) => Self::MemoryOrPercent,
            ("signed-memory", [least, _]) => Self::SignedMemory(least.parse().ok()?),
            ("events", [letters]) => Self::Events(letters),
            (plain, []) => Self::plain(plain)?,
            _ => return None,
        })
    }

    fn plain(word: &str) -> Option<Self> {
        Some(match word {
            "text" => Self::Text,
            "set-text" => Self::SetText,
            "file" => Self::FileName,
            "set-file" => Self::SetFileName,
            "dir" => Self::Dir,
            "words" => Self::Words,
            "some-words" => Self::SomeWords,
            "save" => Self::Save,
            "lax-save" => Self::LaxSave,
            "output-buffer" => Self::OutputBuffer,
            "lax-output-buffer" => Self::LaxOutputBuffer,
            "oom-scores" => Self::OomScores,
            "replicaof" => Self::Replicaof,
            "percentiles" => Self::Percentiles,
            "template" => Self::Template,
            "host-name" => Self::HostName,
            "ip" => Self::Address,
            "ignored" => Self::Ignored,
            "lax" => Self::Lax,
            "unsure" => Self::Unsure,
            _ => return None,
        })
    }

    /// Whether it takes any number of words; all others take exactly one.
    pub(crate) fn is_multi(&self) -> bool {
        matches!(
            self,
            Self::Words
                | Self::SomeWords
                | Self::Save
                | Self::LaxSave
                | Self::OutputBuffer
                | Self::LaxOutputBuffer
                | Self::OomScores
                | Self::Replicaof
                | Self::Percentiles
                | Self::SomeOf(_)
                | Self::Unsure
        )
    }
}
