//! A shell script as the simple commands that it may run: enough of the grammar to follow a start script, no more.
//!
//! Control flow is flattened (every branch counts), function bodies, here-documents and substitutions are not entered.
//! Variables stay in the words as `${NAME}`; a substitution stays as `$()`.

/// One simple command, or one assignment to an array.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Command {
    /// The words, unquoted. `a=b` before a command is left out.
    pub(crate) words: Vec<String>,
    /// Output redirections: the file, and whether it is appended to.
    pub(crate) writes: Vec<(String, bool)>,
    /// For `NAME=(…)` and `NAME+=(…)`: the name, and whether it appends; `words` are the elements.
    pub(crate) array: Option<(String, bool)>,
    /// The line that it starts on, from 1.
    pub(crate) line: u32,
    /// Whether any word holds a `${NAME}`.
    pub(crate) variable: bool,
    /// Whether it is the head of a function: `name()`.
    function: bool,
}

/// Scripts above this size are not followed.
const LONGEST: usize = 256 << 10;

/// The commands of a script, in order.
pub(crate) fn commands(script: &str) -> Vec<Command> {
    if script.len() > LONGEST {
        return Vec::new();
    }
    let mut parser = Parser { rest: script.chars().collect(), at: 0, line: 1, commands: Vec::new(), here: Vec::new() };
    parser.run();
    parser.commands
}

struct Parser {
    rest: Vec<char>,
    at: usize,
    line: u32,
    commands: Vec<Command>,
    /// Delimiters of here-documents that start at the next line.
    here: Vec<String>,
}

/// Words that open or continue a compound command: the command proper comes behind them.
const KEYWORDS: [&str; 13] =
    ["if", "then", "else", "elif", "fi", "while", "until", "do", "done", "!", "{", "}", "time"];

impl Parser {
    fn run(&mut self) {
        let mut depth_to_skip: Option<usize> = None;
        let mut depth = 0usize;
        while let Some(command) = self.command() {
            // A function: `name()` was read as a command of one word; its body in braces is skipped.
            let first = command.words.first().map(String::as_str);
            if command.function {
                depth_to_skip = depth_to_skip.or(Some(depth));
                if command.words.iter().any(|word| word == "{") {
                    depth += 1;
                }
                continue;
            }
            match first {
                Some("{") => depth += 1,
                Some("}") => {
                    depth = depth.saturating_sub(1);
                    if depth_to_skip == Some(depth) {
                        depth_to_skip = None;
                    }
                    continue;
                }
                _ => {}
            }
            if depth_to_skip.is_none() {
                self.push(command);
            }
        }
    }

    fn push(&mut self, mut command: Command) {
        if command.array.is_none() {
            let keywords = command.words.iter().take_while(|word| KEYWORDS.contains(&word.as_str())).count();
            command.words.drain(..keywords);
            let assignments = command.words.iter().take_while(|word| is_assignment(word)).count();
            if assignments < command.words.len() {
                command.words.drain(..assignments);
            }
        }
        if !command.words.is_empty() || command.array.is_some() {
            command.variable = command.words.iter().any(|word| word.contains("${"));
            self.commands.push(command);
        }
    }

    fn peek(&self) -> Option<char> {
        self.rest.get(self.at).copied()
    }

    fn next(&mut self) -> Option<char> {
        let letter = self.peek()?;
        self.at += 1;
        if letter == '\n' {
            self.line += 1;
        }
        Some(letter)
    }

    fn looking_at(&self, text: &str) -> bool {
        text.chars().enumerate().all(|(offset, letter)| self.rest.get(self.at + offset) == Some(&letter))
    }

    /// The next command, up to a separator; an empty one for an empty line.
    fn command(&mut self) -> Option<Command> {
        self.peek()?;
        let mut command = Command {
            words: Vec::new(),
            writes: Vec::new(),
            array: None,
            line: self.line,
            variable: false,
            function: false,
        };
        loop {
            match self.peek() {
                None => return Some(command),
                Some('\n') => {
                    self.next();
                    self.skip_here_documents();
                    return Some(command);
                }
                Some(';' | '&' | '|' | ')') => {
                    self.next();
                    return Some(command);
                }
                // A subshell's commands count as any other.
                Some('(') => {
                    self.next();
                    if self.peek() == Some(')') {
                        self.next();
                        command.function = true;
                    }
                }
                Some('#') => self.skip_line(),
                Some('<' | '>') => self.redirection(&mut command),
                Some(letter) if letter.is_whitespace() => drop(self.next()),
                Some('\\') if self.looking_at("\\\n") => {
                    self.next();
                    self.next();
                }
                Some(_) => {
                    let word = self.word();
                    if self.peek() == Some('(') && (word.ends_with('=') && !word.is_empty()) {
                        self.array(&mut command, &word);
                        return Some(command);
                    }
                    // `2>&1`: the digit belongs to the redirection.
                    let digits = !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_digit());
                    if !(digits && matches!(self.peek(), Some('<' | '>'))) {
                        command.words.push(word);
                    }
                }
            }
        }
    }

    fn array(&mut self, command: &mut Command, word: &str) {
        let name = word.trim_end_matches('=');
        let append = name.ends_with('+');
        self.next();
        let mut words = Vec::new();
        while let Some(letter) = self.peek() {
            match letter {
                ')' => {
                    self.next();
                    break;
                }
                '#' => self.skip_line(),
                letter if letter.is_whitespace() => drop(self.next()),
                _ => {
                    let before = self.at;
                    words.push(self.word());
                    if self.at == before {
                        self.next(); // A letter that starts no word.
                    }
                }
            }
        }
        command.words = words;
        command.array = Some((name.trim_end_matches('+').to_owned(), append));
    }

    fn redirection(&mut self, command: &mut Command) {
        if self.looking_at("<<<") {
            self.at += 3;
            self.skip_blanks();
            self.word();
            return;
        }
        if self.looking_at("<<") {
            self.at += 2;
            if self.peek() == Some('-') {
                self.next();
            }
            self.skip_blanks();
            let delimiter = self.word();
            self.here.push(delimiter);
            return;
        }
        let reads = self.next() == Some('<');
        let append = !reads && self.peek() == Some('>');
        if append || matches!(self.peek(), Some('|' | '&')) {
            let duplicates = self.next() == Some('&');
            if duplicates && !append {
                self.word();
                return;
            }
        }
        self.skip_blanks();
        let file = self.word();
        if !reads && !file.is_empty() {
            command.writes.push((file, append));
        }
    }

    /// One word with its quotes taken off.
    fn word(&mut self) -> String {
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
                    self.double_quoted(&mut word);
                }
                '\\' => {
                    self.next();
                    match self.next() {
                        None | Some('\n') => {}
                        Some(letter) => word.push(letter),
                    }
                }
                '$' => self.expansion(&mut word),
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

    fn double_quoted(&mut self, word: &mut String) {
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
                '$' => self.expansion(word),
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

    fn expansion(&mut self, word: &mut String) {
        self.next();
        match self.peek() {
            Some('(') => {
                self.nested('(', ')');
                word.push_str("$()");
            }
            Some('{') => {
                let start = self.at;
                self.nested('{', '}');
                word.push('$');
                word.extend(self.rest.get(start..self.at).unwrap_or_default());
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
    fn nested(&mut self, open: char, close: char) {
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

    fn skip_line(&mut self) {
        while self.peek().is_some_and(|letter| letter != '\n') {
            self.next();
        }
    }

    fn skip_blanks(&mut self) {
        while self.peek().is_some_and(|letter| letter == ' ' || letter == '\t') {
            self.next();
        }
    }

    fn skip_here_documents(&mut self) {
        for delimiter in std::mem::take(&mut self.here) {
            while self.peek().is_some() {
                let start = self.at;
                self.skip_line();
                let line: String = self.rest.get(start..self.at).unwrap_or_default().iter().collect();
                self.next();
                if line.trim_start_matches('\t') == delimiter {
                    break;
                }
            }
        }
    }
}

fn is_assignment(word: &str) -> bool {
    word.split_once('=').is_some_and(|(name, _)| {
        !name.is_empty()
            && !name.starts_with(|letter: char| letter.is_ascii_digit())
            && name.chars().all(|letter| letter.is_ascii_alphanumeric() || letter == '_')
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn words(script: &str) -> Vec<Vec<String>> {
        commands(script).iter().map(|command| command.words.clone()).collect()
    }

    #[test]
    fn takes_quotes_and_comments_off() {
        let found =
            words("# redis-server --x\necho 'redis-server y' # z\nexec redis-server \"/a b/redis.conf\" --port $PORT");
        assert_eq!(found[0], ["echo", "redis-server y"]);
        assert_eq!(found[1], ["exec", "redis-server", "/a b/redis.conf", "--port", "${PORT}"]);
    }

    #[test]
    fn reads_arrays() {
        let found = commands(
            "ARGS=(\"--port\" \"${REDIS_PORT}\")\nARGS+=(\"--include\" \"/etc/a.conf\")\nexec redis-server \"${ARGS[@]}\"",
        );
        assert_eq!(found[0].array, Some(("ARGS".into(), false)));
        assert_eq!(found[1].array, Some(("ARGS".into(), true)));
        assert_eq!(found[1].words, ["--include", "/etc/a.conf"]);
        assert_eq!(found[2].words, ["exec", "redis-server", "${ARGS[@]}"]);
    }

    #[test]
    fn skips_functions_and_here_documents() {
        let script = "f() {\n  redis-server --in-function\n  if true; then { echo x; }; fi\n}\ncat > /x <<EOF\nredis-server --in-document\nEOF\nf && A=1 redis-server a.conf";
        let found = words(script);
        assert_eq!(found, [vec!["cat"], vec!["f"], vec!["redis-server", "a.conf"]]);
    }

    #[test]
    fn sees_what_is_written() {
        let found = commands("echo \"maxmemory 1gb\" >> /etc/redis.conf 2>&1");
        assert_eq!(found[0].words, ["echo", "maxmemory 1gb"]);
        assert_eq!(found[0].writes, [("/etc/redis.conf".to_owned(), true)]);
    }

    #[test]
    fn branches_count_all() {
        let found = words("if [[ -f /a ]];then\n cp /a /b\nfi\nif ! x; then exec redis-server; fi");
        assert_eq!(found[1], ["cp", "/a", "/b"]);
        assert_eq!(found.last().unwrap(), &["exec", "redis-server"]);
    }

    proptest! {
        #[test]
        fn ends_on_any_text(script in "[a-z \n\"'`$(){}<>;&|#\\\\=+]{0,200}") {
            let _ = commands(&script);
        }
    }
}
