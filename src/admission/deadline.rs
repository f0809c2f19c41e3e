//! How long a review may take: what the API server says in `?timeout=`, less a margin for the way back.

use std::time::Duration;

/// The API server's own default, for where it names none.
const DEFAULT_TIMEOUT: Duration = Duration::from_secs(10);
/// The longest that the API server accepts in a webhook configuration.
const MAX_TIMEOUT: Duration = Duration::from_secs(30);
/// At most this is kept for writing the answer and sending it back.
const MAX_MARGIN: Duration = Duration::from_millis(300);

/// The time for a review whose URL has this query.
#[must_use]
pub(crate) fn read_budget(query: Option<&str>) -> Duration {
    let given = query.unwrap_or_default().split('&').find_map(|pair| pair.strip_prefix("timeout="));
    let whole = given.and_then(parse_go_duration).unwrap_or(DEFAULT_TIMEOUT).min(MAX_TIMEOUT);
    whole.saturating_sub(MAX_MARGIN.min(whole / 10))
}

/// A duration as Go prints it, such as `3s`, `1m30s`, `1.5s`, `300ms`. Nothing for other text, for zero
/// and for what does not fit.
fn parse_go_duration(text: &str) -> Option<Duration> {
    let mut seconds = 0.0_f64;
    let mut rest = text;
    while !rest.is_empty() {
        let number = rest.find(|letter: char| !letter.is_ascii_digit() && letter != '.')?;
        let (digits, tail) = rest.split_at(number);
        let unit = tail.find(|letter: char| letter.is_ascii_digit() || letter == '.').unwrap_or(tail.len());
        let (unit, tail) = tail.split_at(unit);
        let scale = match unit {
            "h" => 3600.0,
            "m" => 60.0,
            "s" => 1.0,
            "ms" => 1e-3,
            "us" | "µs" | "%C2%B5s" => 1e-6,
            "ns" => 1e-9,
            _ => return None,
        };
        seconds += digits.parse::<f64>().ok()? * scale;
        rest = tail;
    }
    if seconds > 0.0 { Duration::try_from_secs_f64(seconds).ok() } else { None }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn reads_what_go_prints() {
        let cases = [("3s", 3000), ("1m30s", 90_000), ("1.5s", 1500), ("300ms", 300), ("1h2m3s", 3_723_000)];
        for (text, milliseconds) in cases {
            assert_eq!(parse_go_duration(text), Some(Duration::from_millis(milliseconds)), "{text}");
        }
        for text in ["", "3", "s", "-3s", "3x", "0s", "1..2s", "99999999999999999999h"] {
            assert_eq!(parse_go_duration(text), None, "{text}");
        }
    }

    #[test]
    fn keeps_a_margin() {
        assert_eq!(read_budget(Some("timeout=3s")), Duration::from_millis(2700));
        assert_eq!(read_budget(Some("x=1&timeout=1s")), Duration::from_millis(900));
        assert_eq!(read_budget(Some("timeout=1h")), Duration::from_millis(29_700));
        assert_eq!(read_budget(None), read_budget(Some("timeout=nonsense")));
    }

    proptest! {
        #[test]
        fn never_panics(query in ".*") {
            let query = format!("timeout={query}");
            prop_assert!(read_budget(Some(&query)) <= MAX_TIMEOUT);
        }
    }
}
