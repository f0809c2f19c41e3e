//! What a container does.

/// What a container does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// Runs redis-server, valkey-server or keydb-server.
    Server,
    /// Runs a Sentinel.
    Sentinel,
    /// Runs `redis_exporter`.
    Exporter,
    /// A Redis image or command that serves nothing.
    Client,
    /// A proxy in front of Redis.
    Proxy,
    /// Nothing to do with Redis.
    Other,
    /// Looks like Redis, without proof: reported, never patched.
    Unknown,
}

impl Role {
    /// The name in the model's JSON.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Server => "server",
            Self::Sentinel => "sentinel",
            Self::Exporter => "exporter",
            Self::Client => "client",
            Self::Proxy => "proxy",
            Self::Other => "other",
            Self::Unknown => "unknown",
        }
    }

    /// Whether it runs a server or a Sentinel.
    #[must_use]
    pub fn is_redis(self) -> bool {
        matches!(self, Self::Server | Self::Sentinel)
    }
}
