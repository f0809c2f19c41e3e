//! By which path a directive of ours reaches its server, as the mark names it.

/// A path into a workload.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DeliveryPath {
    /// `args`.
    Args,
    /// `env:NAME`.
    Env(String),
    /// `overlay:<mountPath>:<key>`.
    Overlay {
        /// The `mountPath`.
        mount_path: String,
        /// The winning key.
        key: String,
    },
}

impl DeliveryPath {
    /// Reads the mark's name.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        if text == "args" {
            return Some(Self::Args);
        }
        let (path, rest) = text.split_once(':')?;
        match path {
            "env" => Some(Self::Env(rest.to_owned())),
            "overlay" => {
                let (mount_path, key) = rest.rsplit_once(':')?;
                Some(Self::Overlay { mount_path: mount_path.to_owned(), key: key.to_owned() })
            }
            _ => None,
        }
    }

    /// The mark's name.
    #[must_use]
    pub fn name(&self) -> String {
        match self {
            Self::Args => "args".to_owned(),
            Self::Env(name) => format!("env:{name}"),
            Self::Overlay { mount_path, key } => format!("overlay:{mount_path}:{key}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_have_names() {
        for name in ["args", "env:REDIS_ARGS", "overlay:/opt/conf:master.conf"] {
            assert_eq!(DeliveryPath::parse(name).unwrap().name(), name);
        }
        assert_eq!(DeliveryPath::parse("elsewhere"), None);
    }
}
