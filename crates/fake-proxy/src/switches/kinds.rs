//! The values that a switch can have.

/// What speaks on the port.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Service {
    /// Meridian 1.43.
    #[default]
    Meridian,
    /// The same program under the name it had before March 2026.
    ClaudeMaxProxy,
    /// `claude-max-api-proxy` 1.0, which knows the OpenAI dialect only.
    OpenAi,
    /// claude-code-router 2.0.
    ClaudeCodeRouter,
    /// LiteLLM 1.108.
    LiteLlm,
    /// CLIProxyAPI, as its sources have it.
    CliProxyApi,
    /// Some other program with web pages.
    Html,
    /// Something that does not speak HTTP.
    Garbage,
    /// Something that expects TLS.
    Tls,
}

/// What the proxy believes about its login, and what is true.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Login {
    /// A stored subscription login that works.
    #[default]
    Ok,
    /// A token from the environment: works, and no account is shown.
    Token,
    /// Logged out the usual way: the proxy cannot tell, and chat is refused.
    Degraded,
    /// Logged out, and the proxy says so.
    Unhealthy,
    /// Claimed but dead, as with an expired login.
    Rejected,
    /// Logged out and noticed before listening.
    AtStart,
}

impl Login {
    /// Whether a chat request is answered.
    pub(crate) fn works(self) -> bool {
        match self {
            Self::Ok | Self::Token => true,
            Self::Degraded | Self::Unhealthy | Self::Rejected | Self::AtStart => false,
        }
    }
}

/// What `/v1/models` lists.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Listing {
    /// What the real one lists.
    #[default]
    Real,
    /// Nothing.
    None,
    /// Entries that are none.
    Rubbish,
    /// Ten thousand models.
    Many,
}

/// How ids are passed on; it changed with the versions.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Ids {
    /// Up to 1.40: every id becomes the proxy's own version of its family.
    Pinned,
    /// 1.43: an id of an Opus that names a version goes on as it is.
    #[default]
    OpusVerbatim,
    /// Later ones (read in their source, not run): any id that names a version goes on as it is.
    Verbatim,
}
