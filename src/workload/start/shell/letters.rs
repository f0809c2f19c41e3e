//! The letters of a script, and the words in them: quotes are taken off, expansions become `${NAME}` or `$()`.

/// A script that is read letter by letter.
pub(super) struct Letters {
    all: Vec<char>,
    at: usize,
    /// The line of the next letter, from 1.
    pub(super) line: u32,
}

impl Letters {
    pub(super) fn new(script: &str) -> Self {
        Self { all: script.chars().collect(), at: 0, line: 1 }
    }

    /// How many letters were read.
    pub(super) fn position(&self) -> usize {
        self.at
    }

    /// Passes over the rest of the line, which is what is returned, and its end.
    pub(super) fn next_line(&mut self) -> String {
        let start = self.at;
        self.skip_line();
        let line = self.all.get(start..self.at).unwrap_or_default().iter().collect();
        self.next();
        line
    }

    pub(super) fn peek(&self) -> Option<char> {
        self.all.get(self.at).copied()
    }

    pub(super) fn next(&mut self) -> Option<char> {
        let letter = self.peek()?;
        self.at += 1;
        if letter == '\n' {
            self.line += 1;
        }
        Some(letter)
    }

    /// Passes over so many letters of one line.
    pub(super) fn skip(&mut self, count: usize) {
        self.at += count;
    }

    pub(super) fn looking_at(&self, text: &str) -> bool {
        text.chars().enumerate().all(|(offset, letter)| self.all.get(self.at + offset) == Some(&letter))
    }

    /// One word with its quotes taken off.
    pub(super) fn next_word(&mut self) -> String {
        let mut word = String::new();
        while let Some(letter) = self.peek() {
            match letter {
                '\'' => {
                    self.next();
                    while let Some(letter) = self.next().filter(|letter| *letter != '\'') {
                        word.push(letter);
                    }
                }
                '"' => {
                    self.next();
                    self.read_double_quoted(&mut word);
                }
                '\\' => {
                    self.next();
                    match self.next() {
                        None | Some('\n') => {}
                        Some(letter) => word.push(letter),
                    }
                }
                '$' => self.read_expansion(&mut word),
                '`' => {
                    self.next();
                    while self.next().is_some_and(|letter| letter != '`') {}
                    word.push_str("$()");
                }
                letter if letter.is_whitespace() || ";&|<>()".contains(letter) => break,
                letter => {
                    self.next();
                    word.push(letter);
                }
            }
        }
        word
    }

    fn read_double_quoted(&mut self, word: &mut String) {
        while let Some(letter) = self.peek() {
            match letter {
                '"' => {
                    self.next();
                    return;
                }
                '\\' => {
                    self.next();
                    match self.next() {
                        Some('\n') | None => {}
                        Some(letter) if "$`\"\\".contains(letter) => word.push(letter),
                        Some(letter) => {
                            word.push('\\');
                            word.push(letter);
                        }
                    }
                }
                '$' => self.read_expansion(word),
                '`' => {
                    self.next();
                    while self.next().is_some_and(|letter| letter != '`') {}
                    word.push_str("$()");
                }
                letter => {
                    self.next();
                    word.push(letter);
                }
            }
        }
    }

    fn read_expansion(&mut self, word: &mut String) {
        self.next();
        match self.peek() {
            Some('(') => {
                self.skip_nested('(', ')');
                word.push_str("$()");
            }
            Some('{') => {
                let start = self.at;
                self.skip_nested('{', '}');
                word.push('$');
                word.extend(self.all.get(start..self.at).unwrap_or_default());
            }
            Some(letter) if letter.is_ascii_alphanumeric() || letter == '_' => {
                word.push_str("${");
                while let Some(letter) = self.peek().filter(|letter| letter.is_ascii_alphanumeric() || *letter == '_') {
                    word.push(letter);
                    self.next();
                }
                word.push('}');
            }
            Some(letter) if "@*#?$!-".contains(letter) => {
                self.next();
                word.push_str("$()");
            }
            _ => word.push('$'),
        }
    }

    /// Passes over a bracketed text, quotes and inner brackets included.
    fn skip_nested(&mut self, open: char, close: char) {
        let mut depth = 0usize;
        while let Some(letter) = self.next() {
            match letter {
                '\\' => drop(self.next()),
                '\'' if open == '(' => while self.next().is_some_and(|letter| letter != '\'') {},
                letter if letter == open => depth += 1,
                letter if letter == close => {
                    depth = depth.saturating_sub(1);
                    if depth == 0 {
                        return;
                    }
                }
                _ => {}
            }
        }
    }

    pub(super) fn skip_line(&mut self) {
        while self.peek().is_some_and(|letter| letter != '\n') {
            self.next();
        }
    }

    pub(super) fn skip_blanks(&mut self) {
        while self.peek().is_some_and(|letter| letter == ' ' || letter == '\t') {
            self.next();
        }
    }
}
