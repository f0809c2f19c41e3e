//! Start scripts made up at random: what real ones hold, in any order. `@` stands for the folder that all of them stay in.

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::strategy::BoxedStrategy;

/// A script that ends in a server.
pub(super) fn script(is_bash: bool) -> BoxedStrategy<String> {
    let last = prop_oneof![
        1 => words().prop_map(|words| format!("nice redis-server {words} --port $PORT")),
        1 => words().prop_map(|words| format!("redis-server {words} &\nwait")),
        1 => words().prop_map(|words| format!("sh -c 'exec redis-server \"$0\" \"$@\"' {words}")),
        1 => words().prop_map(|words| format!("set -- redis-server {words}; exec \"$@\"")),
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
        "$@",
        "$*",
        "\"$*\"",
        "\"$@\"",
        "a\"$B\"c",
        "--dir=$X",
        "@/cfg/*",
        "*.none",
        "${A:-$(echo p; echo q)}",
        "${Y-\"r s\"}",
        "\"${X:+--port \"$X\"}\"",
        "${HOSTNAME##*-}",
        "$(basename @/cfg/redis.conf)",
        "\"$(sed -n 1p @/cfg/redis.conf)\"",
        "$(grep -c port @/data/b.conf)",
        "$(cut -d' ' -f2 @/cfg/redis.conf)",
        "$(awk '/port/ {print $2}' @/cfg/redis.conf)",
        "$(echo \"$A\" | tr a-z A-Z)",
        "\"$(head -n 1 @/data/b.conf)\"",
        "$(expr 1 + $#)",
        "$(( ${X:+4} + 1 ))",
        "\"$(f \"$@\")\"",
        "$(wc -l < @/cfg/redis.conf)",
    ])
}

fn words() -> BoxedStrategy<String> {
    vec(word(), 0..4).prop_map(|words| words.join(" ")).boxed()
}

/// A file that may be written; what is read-only is only read.
fn target() -> BoxedStrategy<String> {
    pick(&[
        "@/data/a.conf",
        "@/data/a.conf",
        "@/data/b.conf",
        "b.conf",
        "@/data/$A",
        "@/data/../data/a.conf",
        "\"@/data/${X:-a}.conf\"",
    ])
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
            "grep port @/data/a.conf >/dev/null 2>&1",
            "[ \"$1\" = \"$A\" -o -n \"$Y\" ]",
            "[ \"${A#a}\" != \"$A\" ]",
            "case $A in a) true ;; *) false ;; esac",
            "( exit 1 )",
            "cat @/data/a.conf 2>/dev/null",
            "echo \"$A\" | grep -q a",
            "command -v redis-server >/dev/null",
            "test -r @/cfg/redis.conf -a \"$X\"",
            "[ ! \"$X\" ]",
            "[ $X ]",
            "cmp -s @/data/a.conf @/data/b.conf",
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
        3 => simple_more(),
    ];
    if !is_bash {
        return posix.boxed();
    }
    prop_oneof![
        3 => posix,
        1 => words().prop_map(|words| format!("L=({words}); A=${{L[0]}}; B=\"${{L[*]}}\"")),
        1 => words().prop_map(|words| format!("L+=({words}); set -- \"${{L[@]}}\"")),
        1 => pick(&["A=${A//a/b}", "A=${B^^}", "A=${B:1:2}", "B=A; A=${!B}", "printf -v A '%s.' $B", "read -r A <<< \"$B\"", "A+=z", "((N++)); A=$N", "A=$(< @/cfg/redis.conf)", "mapfile -t L < @/data/b.conf; set -- \"${L[@]}\"", "L[1]=x; A=${#L[@]}", "for ((I=0; I<2; I++)); do A+=$I; done", "A=${A^}", "A=${B@Q}", "declare -a L; L+=(\"$X\"); set -- \"${L[@]:0:1}\"", "echo -e \"a\\tb\" >> @/data/a.conf", "[[ $A == \"$B\" ]] && A=eq", "set -o pipefail; false | true && A=p", "A=$'t\\tu'", "cat <(echo sub) >> @/data/a.conf", "echo both &>> @/data/b.conf", "A={x,y}; echo {x,y} >> @/data/b.conf", "case $A in a) A=1 ;;& *) A+=2 ;; esac", "if [[ $B =~ ^([a-z]+)(.*)$ ]]; then A=${BASH_REMATCH[1]}; fi", "A=${L[*]:1}", "unset 'L[0]'", "read -r -a L <<< \"$B c\"; A=${L[1]}", "local A=1 2>/dev/null", "B=${A/#a/--}"]),
    ]
    .boxed()
}

/// More of them, of any shell.
fn simple_more() -> BoxedStrategy<String> {
    prop_oneof![
        1 => pick(&["IFS=:", "IFS=,; A=1,2,3; set -- $A; unset IFS", "unset IFS", "break", "continue", "return", "exit 3", "set -u", "set +e",
            "exec 3>> @/data/a.conf; echo three >&3", "exec >> @/data/b.conf", "echo err >&2", "mkdir -p @/data/sub", "touch @/data/a.conf",
            "ln -sf @/data/b.conf @/data/a.conf", "sleep 0", "unset f", "A=${X:?none}", ": ${A:=1} ${B:=2}", "shift 2", "shift $#",
            "getopts ab: O", "chmod 644 @/data/b.conf", "true & wait", "cd /; cd @/data", "cd ..; cd data", "type f >/dev/null",
            "command echo x >> b.conf", "exec 2>&1", "export PORT", "unset PORT", "> @/data/a.conf", ": > b.conf"]),
        1 => (words(), target()).prop_map(|(words, file)| format!("{{ echo {words}; cat @/cfg/redis.conf; }} > {file}")),
        1 => (file(), target()).prop_map(|(from, to)| format!("sed -e 's/port/#&/' -e \"\\$a end $A\" {from} > {to}")),
        1 => (file(), target()).prop_map(|(from, to)| format!("grep -v port {from} > {to}")),
        1 => (file(), target()).prop_map(|(from, to)| format!("cat {from} | sed \"s/6379/$PORT/\" | tee {to} >/dev/null")),
        1 => (file(), target()).prop_map(|(from, to)| format!("while read -r K V; do echo \"$K=$V\"; done < {from} >> {to}")),
        1 => (file(), target()).prop_map(|(from, to)| format!("cat {from} | while IFS=' ' read K V; do A=$V; echo $K >> {to}; done")),
        1 => (word(), target()).prop_map(|(word, to)| format!("echo \"echo {to} x$A\" > s.sh; sh s.sh {word} >> {to}; . ./s.sh")),
        1 => (word(), target()).prop_map(|(word, to)| format!("printf 'a %s %d\\n' {word} 7 > {to}")),
        1 => words().prop_map(|words| format!("while [ $# -gt 0 ]; do case $1 in a) A=1 ;; --port) shift; A=$1 ;; esac; shift; done; set -- {words}")),
        1 => words().prop_map(|words| format!("for V; do A=\"$A $V\"; done; set -- \"$@\" {words}")),
        1 => words().prop_map(|words| format!("exec env A=1 redis-server {words}")),
        1 => words().prop_map(|words| format!("if [ \"$X\" ]; then set -- redis-server {words}; exec \"$@\"; fi")),
        1 => words().prop_map(|words| format!("g() {{ f \"$@\"; A=$1; shift; B=\"$*\"; }}; g {words}")),
        1 => (word(), word()).prop_map(|(one, two)| format!("if [ {one} = {two} ]; then A=same; else A=other; fi")),
        1 => word().prop_map(|word| format!("eval \"A=\\\"{}\\\"\"", word.replace(['"', '\\', '`'], ""))),
        1 => (word(), target()).prop_map(|(word, to)| format!("cat <<E | tee {to}\n{}\nE", word.replace('"', ""))),
        1 => (word(), target()).prop_map(|(word, to)| format!("A={word} sh -c 'echo $A $PORT' > {to}")),
        1 => (word(), target()).prop_map(|(word, to)| format!("sed -i -e \"s|^port .*|port {word}|\" {to}")),
        1 => (word(), word()).prop_map(|(one, two)| format!("case {one} in {two}) A=m ;; *) A=n ;; esac")),
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
                // Where a here-document stands in a command substitution, bash prints the commands anew, and not always right.
                1 => body.clone().prop_map(|body| if body.contains("<<") { body } else { format!("A=$({body}\n)") }),
                1 => (file(), body.clone()).prop_map(|(file, body)| format!("while read -r V; do\n{body}\ndone < {file}")),
                1 => (condition(is_bash), body.clone())
                    .prop_map(|(condition, body)| format!("for V in 1 2 3; do\n{condition} || break\n{body}\ndone")),
                1 => body.clone().prop_map(|body| format!("f() {{\n{body}\n}}")),
                1 => (condition(is_bash), body).prop_map(|(condition, body)| format!("if {condition}; then exec redis-server @/data/b.conf q; fi\n{body}")),
            ]
        })
        .boxed()
}
