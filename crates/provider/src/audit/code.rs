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
    /// The document is not JSON5, or too deep.
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
    /// More than the audit judges (undecided), or than a report lists (a note; the verdict counts all).
    TooLarge = "too-large",
    /// A variable without a value decides where a request goes.
    UnresolvedVariable = "unresolved-variable",
    /// A reference resolves to another provider.
    OtherModel = "other-model",
    /// A failover hop to another provider.
    OtherFallback = "other-fallback",
    /// A failover hop that the user chose on purpose.
    ChosenFallback = "chosen-fallback",
    /// No primary is set, and the one that OpenClaw picks is elsewhere.
    ImplicitModel = "implicit-model",
    /// The primary that OpenClaw picks is the proxy because of the order of keys.
    OrderDependent = "order-dependent",
    /// A reference that is not shown to be the proxy, nor to lead elsewhere.
    UnclearModel = "unclear-model",
    /// An alias to another provider captures references.
    AliasCapture = "alias-capture",
    /// An alias to another provider that nothing uses.
    OutsideAlias = "outside-alias",
    /// A model of another provider is listed and not selected.
    OutsideModel = "outside-model",
    /// Another provider is configured and not selected.
    OutsideProvider = "outside-provider",
    /// A service of another provider is selected.
    OtherProvider = "other-provider",
    /// An endpoint that is not the proxy.
    OtherEndpoint = "other-endpoint",
    /// A standing permission to choose another model.
    OpenGrant = "open-grant",
    /// A program gets content.
    ExternalProgram = "external-program",
    /// Another process runs turns.
    ExternalRuntime = "external-runtime",
    /// A runtime that OpenClaw refuses on this provider.
    DeadRuntime = "dead-runtime",
    /// An external agent harness gets conversations.
    ExternalHarness = "external-harness",
    /// Another gateway gets conversations.
    RemoteGateway = "remote-gateway",
    /// A plugin takes over a slot.
    PluginSlot = "plugin-slot",
    /// Callers from outside may name a model.
    InboundModel = "inbound-model",
    /// A credential in the file arms slots that choose a provider by themselves.
    ArmedSlot = "armed-slot",
    /// A service that needs no credential.
    KeylessService = "keyless-service",
    /// Another provider that sees images, which the image and pdf tools take by themselves.
    OutsideVision = "outside-vision",
    /// A credential that may arm anything.
    UnknownCredential = "unknown-credential",
    /// OpenClaw itself leads a slot elsewhere that this audit found closed.
    ResolvedElsewhere = "resolved-elsewhere",
    /// The host runs a version of OpenClaw that the inventory is not of.
    UnverifiedHost = "unverified-host",
    /// A model or a service that was chosen elsewhere and is stored.
    StoredChoice = "stored-choice",
    /// Something stored that cannot be read.
    StoredUnreadable = "stored-unreadable",
    /// A key that OpenClaw refuses.
    RefusedKey = "refused-key",
    /// A credential whose slots are all pinned or off.
    UnusedCredential = "unused-credential",
    /// Slots that a key outside the file would arm.
    UnpinnedSlots = "unpinned-slots",
    /// A variable that some programs take an address from.
    EnvironmentAddress = "environment-address",
    /// The login shell's environment is imported.
    ShellEnvironment = "shell-environment",
    /// The proxy's entry is missing.
    ProxyEntryMissing = "proxy-entry-missing",
    /// The proxy's key is spelled in another way.
    ProxyKeySpelling = "proxy-key-spelling",
    /// The proxy's entry has no address.
    ProxyAddressMissing = "proxy-address-missing",
    /// The proxy's address is not this machine.
    ProxyAddressOutside = "proxy-address-outside",
    /// The proxy's address is this machine in an unusual spelling.
    ProxyAddressSpelling = "proxy-address-spelling",
    /// The proxy is on another machine that the user named.
    RemoteProxy = "remote-proxy",
    /// The proxy's entry has no `api`, which makes aliases stronger than references.
    ProxyApiMissing = "proxy-api-missing",
    /// The proxy's `api` does not use its address.
    ProxyApiElsewhere = "proxy-api-elsewhere",
    /// Requests to the proxy go through another proxy.
    RequestProxy = "request-proxy",
    /// A process is started before requests.
    LocalService = "local-service",
    /// Content may leave, but not as inference.
    ContentEndpoint = "content-endpoint",
    /// A key or value that looks like a route where the schema says nothing.
    Unproven = "unproven",
    /// A copy that OpenClaw may restore is open.
    BackupOpen = "backup-open",
    /// A copy that OpenClaw may restore cannot be read.
    BackupUnreadable = "backup-unreadable",
}
