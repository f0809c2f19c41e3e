//! File patterns of `include`, as glob(3) has them.

/// `*`, `?` and `[…]` as glob(3) has them within one folder. Only the last `*` is ever tried again, so the time is at most
/// the product of both lengths, whatever a manifest holds.
pub(crate) fn glob(pattern: &[u8], name: &[u8]) -> bool {
    let (mut pattern, mut name) = (pattern, name);
    let mut star: Option<(&[u8], &[u8])> = None;
    loop {
        if let [b'*', rest @ ..] = pattern {
            star = Some((rest, name));
            pattern = rest;
        } else if let ([], []) = (pattern, name) {
            return true;
        } else if let Some((rest, behind)) = step(pattern, name) {
            (pattern, name) = (rest, behind);
        } else {
            let Some((rest, [_, behind @ ..])) = star else { return false };
            star = Some((rest, behind));
            (pattern, name) = (rest, behind);
        }
    }
}

/// What is left of both behind one byte that matches.
fn step<'a>(pattern: &'a [u8], name: &'a [u8]) -> Option<(&'a [u8], &'a [u8])> {
    let (byte, behind) = name.split_first()?;
    let rest = match pattern {
        [b'?', rest @ ..] => rest,
        [b'[', rest @ ..] => class(rest, *byte)?,
        [b'\\', one, rest @ ..] | [one, rest @ ..] if one == byte => rest,
        _ => return None,
    };
    Some((rest, behind))
}

/// A bracket expression behind its `[`: the pattern behind it where the byte is in it.
fn class(pattern: &[u8], byte: u8) -> Option<&[u8]> {
    let (negated, set) = match pattern {
        [b'!' | b'^', rest @ ..] => (true, rest),
        _ => (false, pattern),
    };
    let end = set.iter().skip(1).position(|byte| *byte == b']')? + 1;
    let (set, rest) = set.split_at_checked(end)?;
    let mut found = false;
    let mut members = set;
    while let Some((first, behind)) = members.split_first() {
        if let [b'-', last, after @ ..] = behind {
            found |= (*first..=*last).contains(&byte);
            members = after;
        } else {
            found |= *first == byte;
            members = behind;
        }
    }
    (found != negated).then(|| rest.get(1..).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use crate::redis::glob::glob;

    #[test]
    fn globs_as_the_shell_does() {
        for (pattern, name) in
            [("*.conf", "a.conf"), ("a?c", "abc"), ("[a-c]*", "beta"), ("*a*b", "xaxab"), ("\\*", "*")]
        {
            assert!(glob(pattern.as_bytes(), name.as_bytes()), "{pattern} {name}");
        }
        for (pattern, name) in [("*.conf", "a.con"), ("[!a]b", "ab"), ("a", ""), ("", "a"), ("\\*", "a")] {
            assert!(!glob(pattern.as_bytes(), name.as_bytes()), "{pattern} {name}");
        }
    }

    #[test]
    fn many_stars_take_no_exponential_time() {
        assert!(!glob("a*".repeat(2000).as_bytes(), format!("{}b", "a".repeat(250)).as_bytes()));
    }
}
