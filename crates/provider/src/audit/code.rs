//! The stable identifiers of findings.

macro_rules! codes {
    ($($name:ident $text:literal $meaning:literal;)*) => {
        /// The stable identifiers of findings.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
        pub enum Code {
            $(#[doc = $meaning] $name,)*
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
    Unreadable "unreadable" "The document is not JSON5, or is nested too deeply.";
    UnknownShape "unknown-shape" "A value has another shape than OpenClaw accepts.";
    DuplicateKey "duplicate-key" "A key occurs twice; the last one counts.";
    UnsafeKey "unsafe-key" "A key that JavaScript gives a meaning of its own.";
    IncludeUnreadable "include-unreadable" "An included file is missing, unreadable, circular or of the wrong shape.";
    TooDeep "too-deep" "Files nest too deeply.";
    TooLarge "too-large" "More than the audit checks (undecided), or more than a report lists (a note; the report counts all).";
    UnresolvedVariable "unresolved-variable" "A variable without a value decides where a request goes.";
    OtherModel "other-model" "A reference resolves to another provider.";
    OtherFallback "other-fallback" "A fallback to another provider.";
    ChosenFallback "chosen-fallback" "A fallback to another provider that the user allowed on purpose.";
    ImplicitModel "implicit-model" "No primary is set, and OpenClaw picks a model of another provider.";
    OrderDependent "order-dependent" "No primary is set, and OpenClaw picks the proxy because of the order of keys.";
    UnclearModel "unclear-model" "A reference of which it is unknown whether it leads to the proxy.";
    AliasCapture "alias-capture" "An alias of another provider's model that is used in place of a reference.";
    OutsideAlias "outside-alias" "An alias of another provider's model that is not used.";
    OutsideModel "outside-model" "A model of another provider is listed but not selected.";
    OutsideProvider "outside-provider" "Another provider is configured but not selected.";
    OtherProvider "other-provider" "A service of another provider is selected.";
    OtherEndpoint "other-endpoint" "An address that is not the proxy's.";
    OpenGrant "open-grant" "A permission to choose another provider's model.";
    ExternalProgram "external-program" "A program that is given content.";
    ExternalRuntime "external-runtime" "A runtime of another program runs turns.";
    DeadRuntime "dead-runtime" "A runtime that OpenClaw refuses for this provider.";
    ExternalHarness "external-harness" "An external agent is given conversations.";
    RemoteGateway "remote-gateway" "Another gateway is given conversations.";
    PluginSlot "plugin-slot" "A plugin takes over a slot.";
    InboundModel "inbound-model" "Callers of an interface may name a model.";
    ArmedSlot "armed-slot" "A credential with which OpenClaw fills a slot by itself.";
    KeylessService "keyless-service" "A service that needs no credential.";
    OutsideVision "outside-vision" "Another provider whose models take images, which the image and PDF tools use by themselves.";
    UnknownCredential "unknown-credential" "A credential of which it is unknown which slots it arms.";
    ResolvedElsewhere "resolved-elsewhere" "OpenClaw's own resolvers lead a slot elsewhere that this audit found closed.";
    UnverifiedHost "unverified-host" "The host runs a version of OpenClaw for which there is no inventory.";
    StoredChoice "stored-choice" "A stored choice of another provider's model or service.";
    StoredUnreadable "stored-unreadable" "Stored data that cannot be read.";
    RefusedKey "refused-key" "A key that OpenClaw refuses.";
    UnusedCredential "unused-credential" "A credential with which OpenClaw fills no slot.";
    UnpinnedSlots "unpinned-slots" "Slots that OpenClaw would fill by itself if it had a credential.";
    EnvironmentAddress "environment-address" "A variable from which some programs take an address.";
    ShellEnvironment "shell-environment" "The login shell's environment is imported.";
    ProxyEntryMissing "proxy-entry-missing" "The proxy's entry is missing.";
    ProxyKeySpelling "proxy-key-spelling" "The key of the proxy's entry is spelled in another way.";
    ProxyAddressMissing "proxy-address-missing" "The proxy's entry has no address.";
    ProxyAddressOutside "proxy-address-outside" "The proxy's address is not on this machine.";
    ProxyAddressSpelling "proxy-address-spelling" "The proxy's address is on this machine, in an unusual spelling.";
    RemoteProxy "remote-proxy" "The proxy is on another machine that the user listed.";
    ProxyApiMissing "proxy-api-missing" "The proxy's entry has no `api`, so an alias can be used in place of a reference.";
    ProxyApiElsewhere "proxy-api-elsewhere" "The adapter in the proxy's `api` may not use its address.";
    RequestProxy "request-proxy" "Requests to the proxy go through another proxy.";
    LocalService "local-service" "OpenClaw starts a process before it sends requests.";
    ContentEndpoint "content-endpoint" "Content may leave, but not as a request to a model.";
    Unproven "unproven" "A key or value that looks like a route at a place that OpenClaw's schema does not define.";
    BackupOpen "backup-open" "A copy of the file that OpenClaw may restore is open.";
    BackupUnreadable "backup-unreadable" "A copy of the file that OpenClaw may restore cannot be read.";
}
