//! What Kubernetes takes as a name (RFC 1123), and what we take as the name of a custom rule.

/// The longest label, and the longest name of a custom rule, in bytes.
pub(crate) const LABEL: usize = 63;
/// The longest subdomain, in bytes.
const SUBDOMAIN: usize = 253;

/// Whether a namespace can be called so.
pub(crate) fn is_label(name: &str) -> bool {
    name.len() <= LABEL && is_part(name)
}

/// Whether a workload or policy can be called so: labels with dots between them.
pub(crate) fn is_subdomain(name: &str) -> bool {
    name.len() <= SUBDOMAIN && name.split('.').all(is_part)
}

/// Whether a custom rule can be called so.
pub(crate) fn is_rule_name(name: &str) -> bool {
    is_label(name)
}

fn is_part(part: &str) -> bool {
    let inner = part.bytes().all(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'-'));
    !part.is_empty() && inner && !part.starts_with('-') && !part.ends_with('-')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_those_that_an_api_server_takes() {
        for good in ["a", "redis-node", "3", "payments.eu", &"x".repeat(63)] {
            assert!(is_subdomain(good), "{good}");
        }
        for wrong in ["", "redis-*", "My_Policy", "-a", "a-", "a..b", ".a", "a b", "ü", &"x".repeat(254)] {
            assert!(!is_subdomain(wrong), "{wrong}");
        }
        assert!(is_label("shop") && !is_label("shop.eu") && !is_label(&"x".repeat(64)));
    }
}
