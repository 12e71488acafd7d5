//! Findings: their stable codes, and the collector that keeps a report bounded.

use super::message::{Message, UNDECIDED, fill};
use crate::document::path;
use crate::report::{Finding, Report, Route, Severity};
use crate::strings;

/// Most findings that keep a file open in a report, and most of the others. The verdict counts all; a note says how many are
/// not listed.
const MAX_FINDINGS: usize = 500;
/// Most routes in a report. The verdict counts all.
const MAX_ROUTES: usize = 100_000;

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

/// Routes and findings so far.
#[derive(Debug, Default)]
pub(super) struct Findings {
    routes: Vec<Route>,
    findings: Vec<Finding>,
    /// How many findings are kept that do not keep the file open, and how many that do.
    kept: [usize; 2],
    /// How many were not kept.
    dropped: usize,
    open: bool,
    undecided: bool,
    /// Commands of OpenClaw that close what is stored.
    commands: Vec<Vec<String>>,
}

impl Findings {
    /// Notes a route.
    pub(super) fn route(&mut self, path: &str, leads_to: &str, closed: bool) {
        self.open |= !closed;
        if self.routes.len() < MAX_ROUTES {
            self.routes.push(Route {
                path: path.to_owned(),
                leads_to: leads_to.to_owned(),
                closed,
            });
        } else {
            self.dropped += 1;
        }
    }

    /// Adds a finding with its message's own severity. `args` are what the message's template leaves open.
    pub(super) fn add(&mut self, message: &Message, path: &str, leads_to: &str, args: &[&str]) {
        self.add_as(message.severity, message, path, leads_to, args);
    }

    /// Adds a finding with another severity. The same code at the same path is kept once.
    pub(super) fn add_as(
        &mut self,
        severity: Severity,
        message: &Message,
        path: &str,
        leads_to: &str,
        args: &[&str],
    ) {
        self.open |= severity.is_open();
        self.undecided |= severity == Severity::Undecided;
        if self.is_full(severity) {
            self.dropped += 1;
            return;
        }
        let code = message.code.text();
        if self
            .findings
            .iter()
            .any(|known| known.code == code && known.path == path)
        {
            return;
        }
        if let Some(kept) = self.kept.get_mut(usize::from(severity.is_open())) {
            *kept += 1;
        }
        let mut text = fill(message.text, path, leads_to, args);
        if severity != message.severity && message.severity == Severity::Leak {
            text.push_str(" It is switched off now.");
        }
        self.findings.push(Finding {
            severity,
            code: code.to_owned(),
            path: path.to_owned(),
            leads_to: leads_to.to_owned(),
            message: text,
            fix: fill(message.fix, path, leads_to, args),
        });
    }

    /// Notes a command of OpenClaw that closes something, once for each thing; no more than findings.
    pub(super) fn command(&mut self, words: Vec<String>) {
        if self.commands.len() < MAX_FINDINGS && self.commands.last() != Some(&words) {
            self.commands.push(words);
        }
    }

    /// Whether no more findings of this kind, open or not, are kept.
    pub(super) fn is_full(&self, severity: Severity) -> bool {
        let kept = self.kept.get(usize::from(severity.is_open()));
        kept.is_some_and(|kept| *kept >= MAX_FINDINGS)
    }

    /// The routes at a path, around it or in it.
    pub(super) fn routes_at<'f>(&'f self, at: &'f str) -> impl Iterator<Item = &'f Route> {
        let meets =
            |route: &&Route| path::is_within(&route.path, at) || path::is_within(at, &route.path);
        self.routes.iter().filter(meets)
    }

    /// How many findings there are, for [`Findings::recode`].
    pub(super) fn len(&self) -> usize {
        self.findings.len()
    }

    /// Gives the leaks from a position on another code.
    pub(super) fn recode(&mut self, from: usize, code: Code) {
        for finding in self.findings.iter_mut().skip(from) {
            if finding.severity == Severity::Leak {
                finding.code = code.text().to_owned();
            }
        }
    }

    /// Adds a place that cannot be decided.
    pub(super) fn undecided(&mut self, code: Code, path: &str, why: &str) {
        let message = Message { code, ..*UNDECIDED };
        self.add(&message, path, "", &[why.trim_end_matches('.')]);
    }

    /// Puts the report together: findings worst first, in document order of the rules within a severity.
    pub(super) fn report(mut self, sources: &[(String, String)]) -> Report {
        for finding in &mut self.findings {
            let holds = |(place, _): &&(String, String)| {
                place.is_empty() || path::is_within(&finding.path, place)
            };
            let source = sources.iter().find(holds);
            if let Some((_, file)) = source.filter(|_| finding.severity.is_open()) {
                finding.message.push_str(&format!(
                    " (This place includes {}; the value may stand there.)",
                    strings::quoted(file)
                ));
            }
        }
        if self.dropped > 0 {
            self.findings.push(Finding {
                severity: Severity::Note,
                code: Code::TooLarge.text().to_owned(),
                path: String::new(),
                leads_to: String::new(),
                message: format!("There is more to say than a report holds; {} more findings and routes are not listed. The verdict counts them.", self.dropped),
                fix: "Correct what is listed, then audit again.".to_owned(),
            });
        }
        for finding in &mut self.findings {
            for text in [
                &mut finding.leads_to,
                &mut finding.message,
                &mut finding.fix,
            ] {
                *text = strings::escape_control(text);
            }
        }
        for route in &mut self.routes {
            route.leads_to = strings::escape_control(&route.leads_to);
        }
        sort_worst_first(&mut self.findings);
        Report {
            closed: !self.open,
            decided: !self.undecided,
            exit_code: match self.findings.first() {
                _ if !self.open => 0,
                Some(worst) if worst.severity == Severity::Leak => 1,
                _ => 2,
            },
            routes: self.routes,
            findings: self.findings,
            commands: self.commands,
            ..Report::default()
        }
    }
}

/// Orders findings by severity, those of one severity as they are.
pub(super) fn sort_worst_first(findings: &mut Vec<Finding>) {
    use Severity::{Exposure, Leak, Note, Undecided};
    let mut sorted = Vec::with_capacity(findings.len());
    for severity in [Leak, Undecided, Exposure, Note] {
        let of_it = findings.iter().filter(|one| one.severity == severity);
        sorted.extend(of_it.cloned());
    }
    *findings = sorted;
}

/// A command that removes a value, for pasting into a shell.
pub(super) fn unset(path: &str) -> String {
    format!("openclaw config unset {}", shell_word(path))
}

/// A command that sets a value (given as JSON), for pasting into a shell.
pub(super) fn set(path: &str, json: &str) -> String {
    format!(
        "openclaw config set {} {} --strict-json",
        shell_word(path),
        shell_word(json)
    )
}

/// A command of OpenClaw, for pasting into a shell.
pub(super) fn openclaw_command<W: AsRef<str>>(words: impl IntoIterator<Item = W>) -> String {
    let words = words.into_iter().map(|word| shell_word(word.as_ref()));
    std::iter::once("openclaw".to_owned())
        .chain(words)
        .collect::<Vec<_>>()
        .join(" ")
}

/// A text as one word of a POSIX shell.
pub(super) fn shell_word(word: &str) -> String {
    let plain = word
        .bytes()
        .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-' | b'_' | b'/' | b':'));
    if plain {
        word.to_owned()
    } else {
        format!("'{}'", word.replace('\'', r"'\''"))
    }
}

/// The path of the object or list that holds a path's last part.
pub(super) fn parent(at: &str) -> String {
    match path::parts(at) {
        Some(mut steps) => {
            steps.pop();
            path::format(&steps)
        }
        None => String::new(),
    }
}
