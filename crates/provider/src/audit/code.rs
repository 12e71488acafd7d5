//! The stable identifiers of findings.

macro_rules! codes {
    ($($(#[$doc:meta])* $name:ident = $text:literal,)*) => {
        /// The stable identifiers of findings.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
        pub enum Code {
            $($(#[$doc])* $name,)*
        }

        impl Code {
            /// Every code, for documentation and tests.
            pub const ALL: &[Self] = &[$(Self::$name),*];

            /// The identifier as reports hold it.
            pub fn text(self) -> &'static str {
                match self {
                    $(Self::$name => $text,)*
                }
            }
        }
    };
}

codes! {
    /// The document is not JSON5, or is nested too deeply.
    Unreadable = "unreadable",
    /// A value has another shape than OpenClaw accepts.
    UnknownShape = "unknown-shape",
    /// A key occurs twice; the last one counts.
    DuplicateKey = "duplicate-key",
    /// A key that JavaScript gives a meaning of its own.
    UnsafeKey = "unsafe-key",
    /// An included file is missing, unreadable, circular or of the wrong shape.
    IncludeUnreadable = "include-unreadable",
    /// Files nest too deeply.
    TooDeep = "too-deep",
    /// More than the audit checks (undecided), or more than a report lists (a note; the report counts all).
    TooLarge = "too-large",
    /// A variable without a value decides where a request goes.
    UnresolvedVariable = "unresolved-variable",
    /// A reference resolves to another provider.
    OtherModel = "other-model",
    /// A fallback to another provider.
    OtherFallback = "other-fallback",
    /// A fallback to another provider that the user allowed on purpose.
    ChosenFallback = "chosen-fallback",
    /// No primary is set, and OpenClaw picks a model of another provider.
    ImplicitModel = "implicit-model",
    /// No primary is set, and OpenClaw picks the proxy because of the order of keys.
    OrderDependent = "order-dependent",
    /// A reference of which it is unknown whether it leads to the proxy.
    UnclearModel = "unclear-model",
    /// An alias of another provider's model that is used in place of a reference.
    AliasCapture = "alias-capture",
    /// An alias of another provider's model that is not used.
    OutsideAlias = "outside-alias",
    /// A model of another provider is listed but not selected.
    OutsideModel = "outside-model",
    /// Another provider is configured but not selected.
    OutsideProvider = "outside-provider",
    /// A service of another provider is selected.
    OtherProvider = "other-provider",
    /// An address that is not the proxy's.
    OtherEndpoint = "other-endpoint",
    /// A permission to choose another provider's model.
    OpenGrant = "open-grant",
    /// A program that is given content.
    ExternalProgram = "external-program",
    /// A runtime of another program runs turns.
    ExternalRuntime = "external-runtime",
    /// A runtime that OpenClaw refuses for this provider.
    DeadRuntime = "dead-runtime",
    /// An external agent is given conversations.
    ExternalHarness = "external-harness",
    /// Another gateway is given conversations.
    RemoteGateway = "remote-gateway",
    /// A plugin takes over a slot.
    PluginSlot = "plugin-slot",
    /// Callers of an interface may name a model.
    InboundModel = "inbound-model",
    /// A credential with which OpenClaw fills a slot by itself.
    ArmedSlot = "armed-slot",
    /// A service that needs no credential.
    KeylessService = "keyless-service",
    /// Another provider whose models take images, which the image and PDF tools use by themselves.
    OutsideVision = "outside-vision",
    /// A credential of which it is unknown which slots it arms.
    UnknownCredential = "unknown-credential",
    /// OpenClaw's own resolvers lead a slot elsewhere that this audit found closed.
    ResolvedElsewhere = "resolved-elsewhere",
    /// The host runs a version of OpenClaw for which there is no inventory.
    UnverifiedHost = "unverified-host",
    /// A stored choice of another provider's model or service.
    StoredChoice = "stored-choice",
    /// Stored data that cannot be read.
    StoredUnreadable = "stored-unreadable",
    /// A key that OpenClaw refuses.
    RefusedKey = "refused-key",
    /// A credential with which OpenClaw fills no slot.
    UnusedCredential = "unused-credential",
    /// Slots that OpenClaw would fill by itself if it had a credential.
    UnpinnedSlots = "unpinned-slots",
    /// A variable from which some programs take an address.
    EnvironmentAddress = "environment-address",
    /// The login shell's environment is imported.
    ShellEnvironment = "shell-environment",
    /// The proxy's entry is missing.
    ProxyEntryMissing = "proxy-entry-missing",
    /// The key of the proxy's entry is spelled in another way.
    ProxyKeySpelling = "proxy-key-spelling",
    /// The proxy's entry has no address.
    ProxyAddressMissing = "proxy-address-missing",
    /// The proxy's address is not on this machine.
    ProxyAddressOutside = "proxy-address-outside",
    /// The proxy's address is on this machine, in an unusual spelling.
    ProxyAddressSpelling = "proxy-address-spelling",
    /// The proxy is on another machine that the user listed.
    RemoteProxy = "remote-proxy",
    /// The proxy's entry has no `api`, so an alias can be used in place of a reference.
    ProxyApiMissing = "proxy-api-missing",
    /// The adapter in the proxy's `api` may not use its address.
    ProxyApiElsewhere = "proxy-api-elsewhere",
    /// Requests to the proxy go through another proxy.
    RequestProxy = "request-proxy",
    /// OpenClaw starts a process before it sends requests.
    LocalService = "local-service",
    /// Content may leave, but not as a request to a model.
    ContentEndpoint = "content-endpoint",
    /// A key or value that looks like a route at a place that OpenClaw's schema does not define.
    Unproven = "unproven",
    /// A copy of the file that OpenClaw may restore is open.
    BackupOpen = "backup-open",
    /// A copy of the file that OpenClaw may restore cannot be read.
    BackupUnreadable = "backup-unreadable",
}
