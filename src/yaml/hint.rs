//! The nearest of the names that are known.

/// `; did you mean …?` where one of `names` is near, else the names themselves where they are few.
pub(crate) fn hint(found: &str, names: &[&str]) -> String {
    const FEW: usize = 12;
    hint_within(FEW, found, names)
}

/// The same, with at most so many names.
pub(crate) fn hint_within(few: usize, found: &str, names: &[&str]) -> String {
    const NEAR: f32 = 0.7;
    let near = similar::get_close_matches(found, names, 1, NEAR);
    match near.first() {
        Some(name) => format!("; did you mean `{name}`?"),
        None if names.is_empty() => String::new(),
        None if names.len() <= few => format!("; write one of {}", names.join(", ")),
        None => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_name_is_the_hint() {
        assert_eq!(hint("maxmemory-mising", &["maxmemory-missing", "x"]), "; did you mean `maxmemory-missing`?");
        assert_eq!(hint("strict", &["baseline", "cache"]), "; write one of baseline, cache");
        assert_eq!(hint("custom/a/b", &[]), "");
    }
}
