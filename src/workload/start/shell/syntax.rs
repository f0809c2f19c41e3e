//! The syntax tree of a shell script: POSIX `sh`, and what of bash start scripts use.

use std::sync::Arc;

/// Commands one after the other.
pub(crate) type List = Vec<Item>;

/// One command of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Item {
    /// The first pipeline.
    pub(crate) first: Pipeline,
    /// Those behind `&&` and `||`, which have the same rank.
    pub(crate) rest: Vec<(Connector, Pipeline)>,
    /// Whether it ends in `&`: it runs beside what follows.
    pub(crate) is_background: bool,
}

/// What joins two pipelines.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Connector {
    /// `&&`
    And,
    /// `||`
    Or,
}

/// Commands whose output is the next one's input.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Pipeline {
    /// Whether `!` stands before it.
    pub(crate) is_negated: bool,
    /// Whether `time` of bash stands before it, which writes to the standard error and changes nothing else.
    pub(crate) is_timed: bool,
    /// At least one.
    pub(crate) commands: Vec<Command>,
}

/// One command with its redirections.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Command {
    pub(crate) kind: CommandKind,
    /// In the order in which they are written.
    pub(crate) redirects: Vec<Redirect>,
    /// The line that it begins on, from 1.
    pub(crate) line: u32,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum CommandKind {
    /// `A=b program word …`; without words the assignments last.
    Simple { assignments: Vec<Assignment>, words: Vec<Word> },
    /// `declare`, `typeset`, `local`, `export` or `readonly`, written without quotes, which is never a `Simple`. Bash
    /// does not split the value of an argument that is an assignment; dash splits it as any other word.
    Declare { assignments: Vec<Assignment>, program: String, arguments: Vec<Argument> },
    /// `{ …; }`
    Group(List),
    /// `( … )`
    Subshell(List),
    /// `if`, with its `elif`s, each a condition and a body.
    If { branches: Vec<(List, List)>, otherwise: Option<List> },
    /// `while`, or `until`.
    Loop { is_until: bool, condition: List, body: List },
    /// `for NAME in …`; without `in` over the positional parameters.
    For { name: String, words: Option<Vec<Word>>, body: List },
    /// `for ((…; …; …))` of bash.
    ArithmeticFor { init: Word, condition: Word, step: Word, body: List },
    /// `case … in`
    Case { subject: Word, arms: Vec<Arm> },
    /// `NAME() …` or `function NAME …`.
    Function { name: String, body: Arc<Command>, is_keyword: bool },
    /// `[[ … ]]` of bash, as words: `&&`, `||`, `(`, `)`, `<`, `>`, `!` and the operators are unquoted literals.
    Condition(Vec<Word>),
    /// `(( … ))` of bash.
    Arithmetic(Word),
}

/// An argument of a command that declares variables.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Argument {
    /// An option, a name, or an assignment in which braces are expanded before it is one: `A={a,b}` of bash.
    Word(Word),
    Assignment(Assignment),
}

/// One branch of a `case`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Arm {
    pub(crate) patterns: Vec<Word>,
    pub(crate) body: List,
    pub(crate) end: ArmEnd,
}

/// How a branch of a `case` ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ArmEnd {
    /// `;;`
    Leave,
    /// `;&` of bash: the next body runs too.
    FallThrough,
    /// `;;&` of bash: the next patterns are tried.
    TryNext,
}

/// `NAME=value` before or instead of a command.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Assignment {
    pub(crate) name: String,
    /// The index of `NAME[index]=` of bash.
    pub(crate) index: Option<Word>,
    /// `NAME+=` of bash.
    pub(crate) is_append: bool,
    pub(crate) value: AssignedValue,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum AssignedValue {
    Word(Word),
    /// `( … )` of bash; an element may have an index: `[index]=value`.
    Array(Vec<(Option<Word>, Word)>),
}

/// Where input comes from or output goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Redirect {
    /// The number before it; nothing for the operator's own (0 or 1).
    pub(crate) descriptor: Option<u32>,
    pub(crate) kind: RedirectKind,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum RedirectKind {
    /// `< file`
    Read(Word),
    /// `> file` and `>| file`
    Write(Word),
    /// `>> file`
    Append(Word),
    /// `<> file`
    ReadWrite(Word),
    /// `<& n`, `>& n`; the word is a number, `-`, a number and `-`, or has expansions. The descriptor is always given.
    Duplicate(Word),
    /// `&> file` of bash, and `>& file`.
    WriteBoth(Word),
    /// `&>> file` of bash.
    AppendBoth(Word),
    /// `<< word`: the text, with its expansions where the word is not quoted.
    Here(Word),
    /// `<<< word` of bash; a line break is added.
    HereString(Word),
}

/// A word, before its expansions.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Word {
    pub(crate) parts: Vec<Part>,
}

impl Word {
    /// The whole word, where it is one plain text without quotes or expansions.
    pub(crate) fn bare(&self) -> Option<&str> {
        match self.parts.as_slice() {
            [Part::Bare(text)] => Some(text),
            _ => None,
        }
    }
}

/// A part of a word.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Part {
    /// Unquoted characters: patterns, a tilde and braces in them mean something. Holds `(`, `|` and `)` only where they
    /// belong to a pattern such as `@(a|b)` or a regular expression of bash.
    Bare(String),
    /// Quoted characters: in `'…'`, behind a backslash, or plain ones inside `"…"`.
    Quoted(String),
    /// `$'…'` of bash, read; dash takes the dollar for itself.
    AnsiQuoted(String),
    /// `"…"`, which may be empty. Holds no `Bare`.
    DoubleQuoted(Vec<Part>),
    /// `$NAME` and `${…}`
    Parameter(Box<Parameter>),
    /// `$(…)` and `` `…` ``
    Substitution(Arc<List>),
    /// `$((…))`, whose text is expanded like one in double quotes.
    Arithmetic(Box<Word>),
    /// `<(…)` and `>(…)` of bash.
    Process(Arc<List>),
}

/// `$NAME`, `${NAME}` and what can stand in the braces.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Parameter {
    /// A name, a number, or one of `@*#?-$!`.
    pub(crate) name: String,
    /// `[…]` behind the name.
    pub(crate) index: Option<Index>,
    pub(crate) operation: Operation,
}

/// The index of an array.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Index {
    /// `[@]`
    Each,
    /// `[*]`
    Joined,
    At(Word),
}

/// What `${…}` does with the value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Operation {
    /// `${NAME}`
    Value,
    /// `${#NAME}`
    Length,
    /// `${!NAME}` of bash.
    Indirect,
    /// `${!NAME[@]}` of bash.
    Keys,
    /// `${!PREFIX*}` of bash.
    Names,
    /// `${NAME-word}`; with a colon an empty value counts as none. So below.
    Default { with_colon: bool, word: Word },
    /// `${NAME=word}`
    Assign { with_colon: bool, word: Word },
    /// `${NAME?word}`
    Require { with_colon: bool, word: Word },
    /// `${NAME+word}`
    Alternative { with_colon: bool, word: Word },
    /// `${NAME#pattern}`, `##` takes the longest.
    RemovePrefix { is_longest: bool, pattern: Word },
    /// `${NAME%pattern}`, `%%` takes the longest.
    RemoveSuffix { is_longest: bool, pattern: Word },
    /// `${NAME/pattern/with}` of bash. Since bash 5.2 a plain `&` in `with` is what was matched; before it was not.
    Replace { place: ReplacePlace, pattern: Word, with: Word },
    /// `${NAME:offset:length}` of bash.
    Substring { offset: Word, length: Option<Word> },
    /// `${NAME^^}`, `${NAME,,}` and with one letter the first character only, of bash. With a pattern: `Other`.
    Case { is_upper: bool, is_all: bool },
    /// Anything else between the braces; the name may be empty.
    Other,
}

/// Which matches `${NAME/…}` replaces.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ReplacePlace {
    /// `/`
    First,
    /// `//`
    All,
    /// `/#`
    Start,
    /// `/%`
    End,
}
