// The texts of findings, one in each row: name, severity, code, message, fix. At a disabled place the severity is an exposure.
//
// Placeholders: `{at}` is the path, `{path}` is the path as a word for a shell, `{to}` is where the place leads, and `{0}` and so on
// are the arguments that the rule gives.
messages! {
    // ---- the documents ----
    NO_CONFIGURATION Undecided Unreadable "There is no configuration: the file is missing or empty, so OpenClaw chooses every provider by itself." "claude-proxy setup";
    UNREADABLE Undecided Unreadable "The file cannot be read, so it counts as open: {0}: found {1}, accepted {2}." "{3}";
    DUPLICATE_KEY Exposure DuplicateKey "This key occurs more than once in its object. The last one counts, which is easy to misread." "Remove all but one {at} from the file.";
    UNDECIDED Undecided UnknownShape "This cannot be decided, so it counts as open: {0}." "Correct {at} in the file.";
    UNRESOLVED_VARIABLE Undecided UnresolvedVariable "A variable without a value, or with another one in the environment, decides where requests go, so this counts as open." "Write the value itself at {at}, or set the variable in env.vars.";
    BACKUP_UNREADABLE Exposure BackupUnreadable "OpenClaw may restore this copy by itself, and it cannot be read." "Make the file readable, or remove it.";
    BACKUP_OPEN Exposure BackupOpen "OpenClaw may restore this copy by itself, without asking, and it is open: {0} at {1}." "Bring the copy up to date: apply with fix does so where it can; else remove the file.";
    REFUSED_ROUTE Undecided RefusedKey "OpenClaw refuses a file with this key, and its doctor may move it to where it selects a model; so what it does is unknown." "openclaw doctor --fix   (then audit again)";
    REFUSED_KEY Exposure RefusedKey "OpenClaw does not know this key, and refuses a file that has it." "openclaw doctor --fix   (then audit again)";
    UNPROVEN Undecided Unproven "This looks like a choice of model or endpoint in a place whose meaning OpenClaw's schema does not define, so it counts as open." "openclaw config unset {path}";
    RESOLVED_ELSEWHERE Leak ResolvedElsewhere "Two answers: this audit leads it to {0}, OpenClaw itself leads it to {to} (agent {1}). What OpenClaw does counts." "Report this with what `openclaw config get agents` prints; until then take the value out, and restart the Gateway.";
    UNVERIFIED_OPENCLAW Undecided UnverifiedHost "The audit knows OpenClaw {0}, and this is {to}. What that version does with the file is not known, so this counts as open." "{1}";
    VOUCHED_OPENCLAW Exposure UnverifiedHost "The audit knows OpenClaw {0}. This is {to}: its schema has no path that this audit lacks, and its own resolvers agree." "{1}";
    // ---- references ----
    OTHER_MODEL Leak OtherModel "Prompts go to {to}{0}, past the proxy ({1})." "{2}";
    OTHER_FALLBACK Leak OtherFallback "Prompts go to {to}{0}, past the proxy ({1})." "{2}";
    CHOSEN_FALLBACK Leak ChosenFallback "You chose this fallback on purpose (allowedFallbacks): when the proxy fails, prompts go to {to}. That is not closed." "{0}";
    UNCLEAR_MODEL Undecided UnclearModel "{0} is not shown to be the proxy, so this counts as open: {1}." "{2}";
    UNCLEAR_SERVICE Undecided UnclearModel "The proxy has no such service, and what OpenClaw does with this value was not seen, so this counts as open." "openclaw config unset {path}";
    IMPLICIT_MODEL Leak ImplicitModel "No primary model is set, so OpenClaw picks {to} by itself." "{0}";
    IMPLICIT_BY_ORDER Leak ImplicitModel "No primary model is set, and this provider's place in the file makes {to} the default." "{0}";
    ORDER_DEPENDENT Exposure OrderDependent "No primary model is set. OpenClaw takes the first provider in the file, which is the proxy now; another order changes that." "{0}";
    ALIAS_CAPTURE Leak AliasCapture "The alias {0} can be taken for a reference and leads to {to}: aliases are looked up before references." "openclaw config unset {path}";
    BUILT_IN_ALIAS Leak AliasCapture "OpenClaw adds the alias {0}, which is the id of a model of the proxy too, and leads to {to}." "openclaw config unset {path}";
    OUTSIDE_ALIAS Exposure OutsideAlias "The alias {0} leads to {to}. A user can choose it." "openclaw config unset {path}";
    OUTSIDE_MODEL Exposure OutsideModel "A model of another provider is listed. Nothing selects it by this, but a user can choose it, and it can make a bare id ambiguous." "openclaw config unset {path}";
    OPEN_GRANT Leak OpenGrant "{to} may be chosen here, past the proxy ({0})." "openclaw config unset {path}";
    UNBOUNDED_GRANT Leak OpenGrant "Nothing bounds this permission: {0}." "openclaw config set {path} false --strict-json";
    INBOUND_MODEL Exposure InboundModel "Callers of this interface may name any model in a header; agents.defaults.modelPolicy.allow is what bounds them." "openclaw config set agents.defaults.modelPolicy.allow '[\"anthropic-claude-proxy/*\"]' --strict-json";
    // ---- services and programs ----
    OTHER_PROVIDER Leak OtherProvider "{0} is handled by {to}, past the proxy." "openclaw config unset {path}";
    OWNED_MODEL Leak OtherProvider "A model of another service is chosen here ({0})." "openclaw config unset {path}";
    VENDOR_SERVICE Leak OtherProvider "Another vendor's service is set up here ({0}), and gets content when it is used." "openclaw config unset {path}";
    PROXY_CANNOT_SPEAK Leak OtherProvider "The proxy does not speak, so this selects nothing, and OpenClaw tries every other service." "openclaw config unset {path}";
    SPOKEN_REPLIES Leak OtherProvider "Replies are spoken by themselves, by a service that the proxy is not; one of them needs no key." "openclaw config set {path} {0} --strict-json";
    OTHER_ENDPOINT Leak OtherEndpoint "Content goes to {to}, which is not the proxy ({0})." "openclaw config unset {path}";
    CONTENT_ENDPOINT Exposure ContentEndpoint "Content may leave to {to}, but not as a model request ({0})." "Remove {at} if you do not want that.";
    EXTERNAL_PROGRAM Leak ExternalProgram "The program {0} gets content and may ask any model ({1})." "{2}";
    EXTERNAL_PLUGIN Undecided ExternalProgram "This plugin, which OpenClaw fetches by itself, offers turns another service or program than the proxy; whether one uses it is the model's choice, so this counts as open." "openclaw config set {path}.enabled false --strict-json";
    EXTERNAL_AGENT Leak ExternalHarness "An external agent, {to}, would get the conversation and call its own model." "openclaw config unset {path}   (and openclaw config set acp.enabled false --strict-json)";
    EXTERNAL_SWITCH Leak ExternalHarness "This opens a way past the proxy: {0}." "openclaw config set {path} false --strict-json";
    EXTERNAL_HARNESS Leak ExternalHarness "This agent's turns are run by {to}, outside OpenClaw." "openclaw config set {path} '\"embedded\"' --strict-json";
    EXTERNAL_RUNTIME Leak ExternalRuntime "The program behind {to} runs these turns, past the proxy ({0})." "openclaw config unset {path}";
    DEAD_RUNTIME Exposure DeadRuntime "OpenClaw refuses the runtime {to} for this provider, so such a turn fails." "openclaw config unset {path}";
    PLUGIN_SLOT Undecided PluginSlot "The plugin {to} takes over here ({0}), which this audit cannot look into." "openclaw config unset {path}";
    REMOTE_MODE Leak RemoteGateway "Conversations are run by another gateway, whose routes are not in this file." "openclaw config set {path} '\"local\"' --strict-json";
    REMOTE_GATEWAY Leak RemoteGateway "Another gateway is named here; in remote mode it runs the conversations." "openclaw config set gateway.mode '\"local\"' --strict-json";
    // ---- credentials, and what needs none ----
    UNKNOWN_CREDENTIAL Undecided UnknownCredential "OpenClaw ships no skill of this name, so which variable of its own process the key becomes is unknown, and so is the slot that it arms; this counts as open." "{0}   (or pin every slot: claude-proxy setup --harden)";
    ARMED_SLOT Leak ArmedSlot "With this credential OpenClaw by itself uses {to} for {0}, because nothing says otherwise." "{1}   (or: {2})";
    ARMED_SLOTS Leak ArmedSlot "With this credential OpenClaw by itself uses {to} for {0}, because nothing says otherwise." "{1}   (or pin every slot: claude-proxy setup --harden)";
    ARMED_BY_SETTING Leak ArmedSlot "With this credential OpenClaw by itself uses {to} for {0} ({1})." "openclaw config unset {path}   (or: {2})";
    UNUSED_CREDENTIAL Exposure UnusedCredential "A credential of {to} is in the file. Nothing selects {to} now: every slot that it could arm is pinned or off. What a person starts by hand (/tts, the microphone of the control page) still may, and OpenClaw itself asks {to} for its list of models with it, without any content, unless models.mode is \"replace\"." "{0}";
    ANONYMOUS_CREDENTIAL Exposure UnusedCredential "A credential in the file. No slot that this audit knows is armed by it." "{0}";
    PINNED_CREDENTIAL Exposure UnusedCredential "A credential of {to} is in the file. The slot that it could arm is pinned or off." "openclaw config unset {path}";
    LIKELY_CREDENTIAL Exposure UnusedCredential "This looks like a credential. No slot that this audit knows is armed by it." "openclaw config unset {path}";
    PROVIDER_CREDENTIAL Exposure UnusedCredential "A credential of {to} is in the file. Nothing selects {to} now." "openclaw config unset {path}";
    SETTING_CREDENTIAL Exposure UnusedCredential "A credential in the file: {0}." "openclaw config unset {path}";
    STORED_PROFILE Exposure UnusedCredential "The file knows a stored login of {to}. The credential store itself was not examined; a login there arms slots that nothing pins." "openclaw config unset {path}";
    ENVIRONMENT_ADDRESS Exposure EnvironmentAddress "Some plugins and programs take their address from this variable. It does not move the proxy's own endpoint, and it does not make another provider safe." "openclaw config unset {path}";
    SHELL_ENVIRONMENT Exposure ShellEnvironment "The login shell's variables are imported; a vendor's key there arms every slot that nothing pins." "openclaw config set {path} false --strict-json";
    RELOCATED_FILES Undecided Unproven "OpenClaw looks for its files, its plugins or its Gateway where this variable says, and what is there was not examined, so this counts as open." "{0}";
    UNPINNED_SLOTS Note UnpinnedSlots "A vendor's key in the environment or the credential store would arm: {0}." "claude-proxy setup --harden";
    OUTSIDE_PROVIDER Exposure OutsideProvider "Provider {to} is configured. Nothing in the file selects it, but a user can with /model, and the image and pdf tools may fall back to its image models unless agents.defaults.imageModel is set." "openclaw config unset {path}";
    LISTED_PROVIDER Exposure OutsideProvider "An agent's own list names this provider. Nothing selects it by this, but a user can." "Remove the provider {to} from {0}.";
    VISION_FIRST Leak OutsideVision "{to} sees images, and OpenClaw by itself asks it first, because no model of the proxy is said to see images (`input`), for {0}." "{1}";
    VISION_FALLBACK Undecided OutsideVision "{to} sees images, and OpenClaw by itself asks it when the proxy fails, for {0}." "{1}";
    KEYLESS_IDLE Exposure KeylessService "OpenClaw's plugin {0} needs no key. Nothing starts it by itself now; a person's own command (/tts, the method tts.convert) sends text to {to}." "{1}";
    KEYLESS_SPEECH Leak KeylessService "Replies are spoken by a service that needs no key: their text goes to {to}." "{0}";
    KEYLESS_TOOL Undecided KeylessService "OpenClaw offers every turn {0}, which sends text to {to} and needs no key. Whether a turn uses it is the model's choice, so this counts as open." "{1}";
    // ---- what is stored ----
    STORED_UNREADABLE Undecided StoredUnreadable "This cannot be decided, so it counts as open: OpenClaw has stored this, and {0}." "{1}";
    STORED_MODEL Leak StoredChoice "A model was chosen here and is stored: it goes to {to}, past the proxy." "{0}";
    STORED_UNCLEAR Undecided UnclearModel "{1} was chosen here and is stored. It is not shown to be the proxy, so this counts as open: {2}." "{0}";
    STORED_SPEECH Leak StoredChoice "Speech was chosen here and is stored; it goes before what the file says." "{0}";
    PROXIED_BY_VARIABLE Leak RequestProxy "OpenClaw sends its requests to the proxy through {to}, whose 127.0.0.1 is another machine's." "Add the line NO_PROXY=127.0.0.1,localhost to {0}, then restart the Gateway.";
    // ---- the proxy's own entry ----
    KEY_SPELLING_USED Exposure ProxyKeySpelling "OpenClaw takes this key for anthropic-claude-proxy, although it is spelled in another way." "{0}";
    KEY_SPELLING_UNUSED Exposure ProxyKeySpelling "This key also means anthropic-claude-proxy. The exactly spelled one counts now; that depends on the order of keys." "{0}";
    API_MISSING Exposure ProxyApiMissing "Without an api on the entry, an alias whose text equals a reference to the proxy is taken before the reference." "openclaw config set {path} '\"anthropic-messages\"' --strict-json";
    API_ELSEWHERE Leak ProxyApiElsewhere "The adapter {to} was not seen to use only the entry's address; it may go to its vendor." "openclaw config set {path} '\"anthropic-messages\"' --strict-json";
    LOCAL_SERVICE Exposure LocalService "OpenClaw starts this process before it asks the proxy. What then answers on the port is for the health check to prove." "{0}";
    ADDRESS_SPELLING Exposure ProxyAddressSpelling "This is {to}, in a spelling that is easy to misread." "{0}";
    ADDRESS_OUTSIDE Leak ProxyAddressOutside "The proxy's requests go to {to}, which is not this machine." "{0}";
    ADDRESS_UNPROVEN Leak ProxyAddressOutside "The proxy's requests go to an address that is not provably this machine: {0}." "openclaw config set {path} '\"http://127.0.0.1:3456\"' --strict-json";
    HOST_OUTSIDE Leak ProxyAddressOutside "The proxy would listen, or be looked for, on an address that is not this machine alone." "{0}";
    REMOTE_PROXY Exposure RemoteProxy "The proxy is on another machine, {to}. You listed that host in remoteHosts, so this counts as closed; prompts leave this machine on the way there." "Nothing, if the proxy is to run there. For one on this machine: {0}";
    TUNNELED Leak RequestProxy "Requests to the proxy are tunneled through another proxy, whose 127.0.0.1 is another machine." "{0}";
    UNUSED_PROXY Exposure RequestProxy "A proxy is configured for requests to the proxy. OpenClaw does not use it for this address, or refuses the request." "{0}";
    PROXIED_LOOPBACK Leak RequestProxy "Requests to 127.0.0.1 are sent to {to}, so the proxy's own address leads there." "openclaw config set {path} '\"gateway-only\"' --strict-json";
    BLOCKED_LOOPBACK Note RequestProxy "Requests to this machine are blocked, so the proxy cannot be reached at all." "openclaw config set {path} '\"gateway-only\"' --strict-json";
    OTHER_REQUESTS Exposure RequestProxy "OpenClaw's other requests go through {to}. Requests to this machine do so only with loopbackMode proxy." "openclaw config unset {path}";
}
