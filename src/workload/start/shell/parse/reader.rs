//! A place in a text. A backslash before a line break joins two lines, and is passed over.

/// A place in a text.
pub(super) struct Reader<'a> {
    text: &'a str,
    /// Bytes before the place.
    at: usize,
    /// Where the line breaks stand.
    breaks: Vec<usize>,
    first_line: u32,
}

impl<'a> Reader<'a> {
    pub(super) fn new(text: &'a str, first_line: u32) -> Self {
        let breaks = text.match_indices('\n').map(|(at, _)| at).collect();
        Self { text, at: 0, breaks, first_line }
    }

    /// Bytes before the place.
    pub(super) fn at(&self) -> usize {
        self.at
    }

    /// Goes back to a place that `at` gave.
    pub(super) fn go_back(&mut self, at: usize) {
        self.at = at;
    }

    /// The line of the place.
    pub(super) fn line(&self) -> u32 {
        let before = self.breaks.partition_point(|at| *at < self.at);
        self.first_line.saturating_add(u32::try_from(before).unwrap_or(u32::MAX))
    }

    /// What is left, with its line continuations.
    pub(super) fn rest(&self) -> &'a str {
        self.text.get(self.at..).unwrap_or_default()
    }

    /// The text since a place that `at` gave.
    pub(super) fn since(&self, at: usize) -> &'a str {
        self.text.get(at..self.at).unwrap_or_default()
    }

    /// The next character as it stands.
    pub(super) fn next_raw(&mut self) -> Option<char> {
        let next = self.rest().chars().next()?;
        self.at += next.len_utf8();
        Some(next)
    }

    /// Passes over bytes, up to a border of characters.
    pub(super) fn skip_raw(&mut self, bytes: usize) {
        self.at = self.text.len().min(self.at + bytes);
    }

    /// The next character, which stays.
    pub(super) fn peek(&mut self) -> Option<char> {
        let bytes = self.text.as_bytes();
        while bytes.get(self.at) == Some(&b'\\') && bytes.get(self.at + 1) == Some(&b'\n') {
            self.at += 2;
        }
        // Nearly all scripts are ASCII.
        match bytes.get(self.at) {
            Some(byte) if byte.is_ascii() => Some(char::from(*byte)),
            _ => self.rest().chars().next(),
        }
    }

    /// The next character.
    pub(super) fn next(&mut self) -> Option<char> {
        let next = self.peek()?;
        self.at += next.len_utf8();
        Some(next)
    }

    /// The characters from here on, without line continuations.
    pub(super) fn ahead(&self) -> Ahead<'a> {
        Ahead { rest: self.rest() }
    }

    /// The character that is so many characters away.
    pub(super) fn look(&self, distance: usize) -> Option<char> {
        self.ahead().nth(distance)
    }

    /// Whether this text comes next.
    pub(super) fn is_at(&self, text: &str) -> bool {
        let mut ahead = self.ahead();
        text.chars().all(|wanted| ahead.next() == Some(wanted))
    }

    /// Passes over this text, if it comes next.
    pub(super) fn eat(&mut self, text: &str) -> bool {
        let is_here = self.is_at(text);
        if is_here {
            self.skip(text.chars().count());
        }
        is_here
    }

    /// Whether one of these characters stands right before the place.
    pub(super) fn is_behind<const N: usize>(&self, characters: [char; N]) -> bool {
        self.text.get(..self.at).is_some_and(|before| before.ends_with(characters))
    }

    /// Passes over so many characters.
    pub(super) fn skip(&mut self, characters: usize) {
        for _ in 0..characters {
            self.next();
        }
    }
}

/// The characters from a place on, without line continuations.
pub(super) struct Ahead<'a> {
    rest: &'a str,
}

impl Iterator for Ahead<'_> {
    type Item = char;

    fn next(&mut self) -> Option<char> {
        while self.rest.as_bytes().first() == Some(&b'\\')
            && let Some(rest) = self.rest.strip_prefix("\\\n")
        {
            self.rest = rest;
        }
        let mut characters = self.rest.chars();
        let next = characters.next();
        self.rest = characters.as_str();
        next
    }
}
