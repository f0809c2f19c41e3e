//! Start scripts made up at random: what real ones hold, in any order. `@` stands for the folder that all of them stay in.

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::strategy::BoxedStrategy;

/// A script that ends in a server.
pub(super) fn script(is_bash: bool) -> BoxedStrategy<String> {
    let last = prop_oneof![
        3 => words().prop_map(|words| format!("exec redis-server @/data/a.conf {words}")),
        1 => words().prop_map(|words| format!("redis-server {words}")),
        1 => Just("exec redis-server \"$@\"".to_owned()),
        1 => Just("f; exec redis-server @/data/b.conf $A".to_owned()),
    ];
    (vec(statement(is_bash), 1..7), last)
        .prop_map(|(statements, last)| format!("{}\n{last}", statements.join("\n")))
        .boxed()
}

fn pick(choices: &'static [&'static str]) -> BoxedStrategy<String> {
    prop::sample::select(choices).prop_map(str::to_owned).boxed()
}

/// A word: literal, expanded, quoted or not.
fn word() -> BoxedStrategy<String> {
    pick(&[
        "a",
        "port",
        "'b c'",
        "\"x  y\"",
        "$A",
        "\"$A\"",
        "$B",
        "\"${B}z\"",
        "$X",
        "\"$X\"",
        "${X:-d}",
        "\"${A:-e f}\"",
        "${Y:+g}",
        "${A%?}",
        "\"${B#*-}\"",
        "${A%%.*}",
        "$1",
        "\"$2\"",
        "$#",
        "$(echo h i)",
        "\"$(echo j; echo k)\"",
        "`echo l`",
        "$((1 + 2))",
        "$(( $# * 2 ))",
        "-n",
        "--port",
        "6379",
        "\"\"",
        "''",
        "\\$A",
        "a\\ b",
        "$PORT",
        "${C-unset}",
        "${C=given}",
        "\"$W\"",
        "$(f m)",
        "${#A}",
        "\"$(cat @/cfg/redis.conf)\"",
        "$(printf '%s-' n o)",
        "~x",
        "[a]",
        "$?",
    ])
}

fn words() -> BoxedStrategy<String> {
    vec(word(), 0..4).prop_map(|words| words.join(" ")).boxed()
}

/// A file that may be written; what is read-only is only read.
fn target() -> BoxedStrategy<String> {
    pick(&["@/data/a.conf", "@/data/a.conf", "@/data/b.conf", "b.conf", "@/data/$A"])
}

fn file() -> BoxedStrategy<String> {
    pick(&["@/data/a.conf", "@/data/a.conf", "@/data/b.conf", "b.conf", "@/cfg/redis.conf", "@/data/$A"])
}

/// A condition.
fn condition(is_bash: bool) -> BoxedStrategy<String> {
    let posix = prop_oneof![
        pick(&[
            "true",
            "false",
            "[ \"$X\" = 1 ]",
            "[ -n \"$X\" ]",
            "[ -z \"$A\" ]",
            "[ \"$A\" = a ]",
            "[ \"$A\" != \"$B\" ]",
            "[ -f @/cfg/redis.conf ]",
            "[ -f @/data/a.conf ]",
            "[ ! -e @/cfg/none ]",
            "[ $# -gt 1 ]",
            "test \"$Y\"",
            "grep -q port @/cfg/redis.conf",
            "grep -q '^b' @/data/b.conf",
            "! true",
            "[ \"$X\" ] && [ \"$A\" ]",
            "f x >/dev/null",
            "[ a ] || [ \"$X\" ]",
            "[ -s @/data/b.conf ]",
            "[ -d @/data ]",
            "read V < @/data/a.conf",
        ]),
        word().prop_map(|word| format!("[ {word} = a ]")),
    ];
    if !is_bash {
        return posix.boxed();
    }
    prop_oneof![
        2 => posix,
        1 => pick(&["[[ $X == a* ]]", "[[ -f @/data/a.conf && -n $A ]]", "[[ $A =~ ^a ]]", "(( $# > 1 ))", "[[ \"$B\" != b || $Y ]]"]),
    ]
    .boxed()
}

/// A statement that holds no other.
fn simple(is_bash: bool) -> BoxedStrategy<String> {
    let posix = prop_oneof![
        4 => (pick(&["A", "B", "C", "X", "IFS_", "W"]), word()).prop_map(|(name, word)| format!("{name}={word}")),
        3 => (words(), target()).prop_map(|(words, file)| format!("echo {words} > {file}")),
        3 => (words(), target()).prop_map(|(words, file)| format!("echo {words} >> {file}")),
        2 => (word(), target()).prop_map(|(word, file)| format!("printf '%s\\n' {word} >> {file}")),
        2 => (file(), target()).prop_map(|(from, to)| format!("cp {from} {to}")),
        1 => (file(), target()).prop_map(|(from, to)| format!("cat {from} >> {to}")),
        1 => (target(), target()).prop_map(|(from, to)| format!("mv {from} {to}")),
        2 => (pick(&["s/port/PORT/", "/^b/d", "s/a/[&]/g", "$d", "2,3d", "s/$A/x/"]), target())
            .prop_map(|(program, file)| format!("sed -i \"{program}\" {file}")),
        1 => (words(), target()).prop_map(|(words, file)| format!("echo {words} | tee -a {file}")),
        1 => target().prop_map(|file| format!("rm -f {file}")),
        1 => target().prop_map(|file| format!("cat > {file} <<E\nport $A\n  b ${{X}}\nE")),
        1 => target().prop_map(|file| format!("cat >> {file} <<'E'\nport $A\nE")),
        1 => words().prop_map(|words| format!("set -- {words}")),
        1 => pick(&["shift", "export A", "unset A", "set -e", "cd @/data", ". @/cfg/words.sh", "true", "false", "set -f",
            "local_=1", "readonly R=1", "export B=\"x y\"", "wait", "eval \"A=\\$B\"", "trap 'rm @/data/a.conf' TERM"]),
        1 => word().prop_map(|word| format!("sh -c 'echo \"$0\" $1 > @/data/b.conf' {word} q")),
        1 => word().prop_map(|word| format!("A=$(echo {word} | sed 's/a/b/')")),
        1 => word().prop_map(|word| format!("env A={word} true")),
        1 => (word(), word()).prop_map(|(one, two)| format!("A=1 B={one} f {two}")),
        1 => words().prop_map(|words| format!("f() {{ echo in {words} $1; A=$1; }}")),
        1 => words().prop_map(|words| format!("f() {{ local A=q; echo {words}; return 1; }}")),
    ];
    if !is_bash {
        return posix.boxed();
    }
    prop_oneof![
        3 => posix,
        1 => words().prop_map(|words| format!("L=({words}); A=${{L[0]}}; B=\"${{L[*]}}\"")),
        1 => words().prop_map(|words| format!("L+=({words}); set -- \"${{L[@]}}\"")),
        1 => pick(&["A=${A//a/b}", "A=${B^^}", "A=${B:1:2}", "B=A; A=${!B}", "printf -v A '%s.' $B", "read -r A <<< \"$B\"", "A+=z", "((N++)); A=$N"]),
    ]
    .boxed()
}

/// A statement, which may hold others.
fn statement(is_bash: bool) -> BoxedStrategy<String> {
    simple(is_bash)
        .prop_recursive(3, 12, 3, move |inner| {
            let body = vec(inner, 1..3).prop_map(|statements| statements.join("\n"));
            prop_oneof![
                3 => (condition(is_bash), body.clone(), body.clone())
                    .prop_map(|(condition, then, other)| format!("if {condition}; then\n{then}\nelse\n{other}\nfi")),
                1 => (condition(is_bash), body.clone()).prop_map(|(condition, body)| format!("{condition} && {{ {body}\n}}")),
                1 => (condition(is_bash), body.clone()).prop_map(|(condition, body)| format!("{condition} || {{ {body}\n}}")),
                2 => (words(), body.clone()).prop_map(|(words, body)| format!("for V in {words}; do\n{body}\ndone")),
                1 => (word(), body.clone(), body.clone())
                    .prop_map(|(word, one, two)| format!("case {word} in a*|x) {one}\n;;\n?) ;;\n*) {two}\n;;\nesac")),
                1 => (body.clone(), target()).prop_map(|(body, file)| format!("{{ {body}\n}} >> {file}")),
                1 => (body.clone(), target()).prop_map(|(body, file)| format!("( {body}\n) > {file}")),
                1 => body.clone().prop_map(|body| format!("A=$({body}\n)")),
                1 => (file(), body.clone()).prop_map(|(file, body)| format!("while read -r V; do\n{body}\ndone < {file}")),
                1 => (condition(is_bash), body.clone())
                    .prop_map(|(condition, body)| format!("for V in 1 2 3; do\n{condition} || break\n{body}\ndone")),
                1 => body.clone().prop_map(|body| format!("f() {{\n{body}\n}}")),
                1 => (condition(is_bash), body).prop_map(|(condition, body)| format!("if {condition}; then exec redis-server @/data/b.conf q; fi\n{body}")),
            ]
        })
        .boxed()
}
