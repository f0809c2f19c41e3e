//! A shell script as the simple commands that it may run: enough of the grammar to follow a start script, no more.
//!
//! Control flow is flattened (every branch counts), function bodies, here-documents and substitutions are not entered.
//! Variables stay in the words as `${NAME}`; a substitution stays as `$()`.

mod letters;

use self::letters::Letters;

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
const MAX_BYTES: usize = 256 << 10;

/// The commands of a script, in order.
pub(crate) fn read_commands(script: &str) -> Vec<Command> {
    if script.len() > MAX_BYTES {
        return Vec::new();
    }
    let mut parser = Parser { letters: Letters::new(script), commands: Vec::new(), here: Vec::new() };
    parser.read_commands();
    parser.commands
}

struct Parser {
    letters: Letters,
    commands: Vec<Command>,
    /// Delimiters of here-documents that start at the next line.
    here: Vec<String>,
}

/// Words that open or continue a compound command: the command proper comes behind them.
const KEYWORDS: [&str; 13] =
    ["if", "then", "else", "elif", "fi", "while", "until", "do", "done", "!", "{", "}", "time"];

impl Parser {
    fn read_commands(&mut self) {
        let mut depth_to_skip: Option<usize> = None;
        let mut depth = 0usize;
        while let Some(command) = self.next_command() {
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
                self.push_command(command);
            }
        }
    }

    fn push_command(&mut self, mut command: Command) {
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

    /// The next command, up to a separator; an empty one for an empty line.
    fn next_command(&mut self) -> Option<Command> {
        self.letters.peek()?;
        let mut command = Command {
            words: Vec::new(),
            writes: Vec::new(),
            array: None,
            line: self.letters.line,
            variable: false,
            function: false,
        };
        loop {
            match self.letters.peek() {
                None => return Some(command),
                Some('\n') => {
                    self.letters.next();
                    self.skip_here_documents();
                    return Some(command);
                }
                Some(';' | '&' | '|' | ')') => {
                    self.letters.next();
                    return Some(command);
                }
                // A subshell's commands count as any other.
                Some('(') => {
                    self.letters.next();
                    if self.letters.peek() == Some(')') {
                        self.letters.next();
                        command.function = true;
                    }
                }
                Some('#') => self.letters.skip_line(),
                Some('<' | '>') => self.read_redirection(&mut command),
                Some(letter) if letter.is_whitespace() => drop(self.letters.next()),
                Some('\\') if self.letters.looking_at("\\\n") => {
                    self.letters.next();
                    self.letters.next();
                }
                Some(_) => {
                    let word = self.letters.next_word();
                    if self.letters.peek() == Some('(') && (word.ends_with('=') && !word.is_empty()) {
                        self.read_array(&mut command, &word);
                        return Some(command);
                    }
                    // `2>&1`: the digit belongs to the redirection.
                    let digits = !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_digit());
                    if !(digits && matches!(self.letters.peek(), Some('<' | '>'))) {
                        command.words.push(word);
                    }
                }
            }
        }
    }

    fn read_array(&mut self, command: &mut Command, word: &str) {
        let name = word.trim_end_matches('=');
        let append = name.ends_with('+');
        self.letters.next();
        let mut words = Vec::new();
        while let Some(letter) = self.letters.peek() {
            match letter {
                ')' => {
                    self.letters.next();
                    break;
                }
                '#' => self.letters.skip_line(),
                letter if letter.is_whitespace() => drop(self.letters.next()),
                _ => {
                    let before = self.letters.position();
                    words.push(self.letters.next_word());
                    if self.letters.position() == before {
                        self.letters.next(); // A letter that starts no word.
                    }
                }
            }
        }
        command.words = words;
        command.array = Some((name.trim_end_matches('+').to_owned(), append));
    }

    fn read_redirection(&mut self, command: &mut Command) {
        if self.letters.looking_at("<<<") {
            self.letters.skip(3);
            self.letters.skip_blanks();
            self.letters.next_word();
            return;
        }
        if self.letters.looking_at("<<") {
            self.letters.skip(2);
            if self.letters.peek() == Some('-') {
                self.letters.next();
            }
            self.letters.skip_blanks();
            let delimiter = self.letters.next_word();
            self.here.push(delimiter);
            return;
        }
        let reads = self.letters.next() == Some('<');
        let append = !reads && self.letters.peek() == Some('>');
        if append || matches!(self.letters.peek(), Some('|' | '&')) {
            let duplicates = self.letters.next() == Some('&');
            if duplicates && !append {
                self.letters.next_word();
                return;
            }
        }
        self.letters.skip_blanks();
        let file = self.letters.next_word();
        if !reads && !file.is_empty() {
            command.writes.push((file, append));
        }
    }

    fn skip_here_documents(&mut self) {
        for delimiter in std::mem::take(&mut self.here) {
            while self.letters.peek().is_some() {
                let line = self.letters.next_line();
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
        read_commands(script).iter().map(|command| command.words.clone()).collect()
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
        let found = read_commands(
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
        let found = read_commands("echo \"maxmemory 1gb\" >> /etc/redis.conf 2>&1");
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
            let _ = read_commands(&script);
        }
    }
}
