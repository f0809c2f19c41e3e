//! Derived directives of ours in a Pod that a controller makes follow a limit that somebody changed on the way.

use serde_json::Value;

use super::mark::{Key, Mark};
use super::owned::{delivered, directive};

/// Lets each derived directive of ours that stands in a Pod follow its limit. `wanted` says what it should be, given its
/// key and the limit that ours was derived from; nothing leaves it. True where anything was changed.
pub fn follow_limits(pod: &mut Value, mark: &Mark, wanted: &dyn Fn(&Key, u64) -> Option<String>) -> bool {
    let mut is_changed = false;
    for (key, entry) in &mark.entries {
        let (Some(delivered), Some(directive), Some(limit)) =
            (delivered(mark, key), directive(key, entry), entry.limit_bytes())
        else {
            continue;
        };
        if !delivered.holds(pod, directive) {
            continue;
        }
        if let Some(wanted) = wanted(key, limit).filter(|wanted| wanted != directive.value) {
            delivered.rewrite(pod, directive, &wanted);
            is_changed = true;
        }
    }
    is_changed
}
