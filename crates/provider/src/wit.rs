//! The bindings of `crates/plugin` take the types of this crate as they are. Of an enum they ask for one function more, from the
//! number of a case to the case: the cases stand in the order of `wit/`, which a test of `tests/conformance` compares.

macro_rules! cases {
    ($($type:path: $($case:ident)* | $last:ident;)*) => {$(
        impl $type {
            /// The case of a number, for the generated bindings alone. The last one stands for every other number, of which
            /// a host cannot send one.
            #[doc(hidden)]
            pub fn _lift(number: u8) -> Self {
                $(if number == Self::$case as u8 {
                    return Self::$case;
                })*
                Self::$last
            }
        }
    )*};
}

cases! {
    crate::answer::AnswerKind: Answered Limit RefusedLogin RefusedKey ExtraUsage UnknownModel Overloaded ServerError TooLong BrokenOff | Other;
    crate::auth::TokenState: Absent Present | Malformed;
    crate::catalog::InputKind: Text | Image;
    crate::doctor::Status: Pass Warn Fail | Unknown;
    crate::health::KeyCheck: Enforced NotEnforced Rejected | Unchecked;
    crate::health::Login: Claimed None | Unknown;
    crate::health::Readiness: Ready Starting Unhealthy | Foreign;
    crate::health::SpawnError: NotFound NotExecutable | Other;
    crate::audit::FileKind: Environment Models | Speech;
    crate::audit::ListKind: Sessions Jobs CredentialProfiles Folders | Resolutions;
    crate::problem::ErrorKind: InvalidSettings Unreadable Refused UnexpectedAnswer | Other;
    crate::audit::Severity: Leak Undecided Exposure | Note;
    crate::runtime::State: Stopped Starting Ready Unhealthy Stopping Backoff Failed Attached | Blocked;
}
