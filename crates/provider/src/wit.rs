//! The bindings of `crates/plugin` take the types of this crate as they are. Of an enum they want one function more, and its
//! cases in the order of `wit/`, which a test of `tests/conformance` compares.

macro_rules! cases {
    ($type:path { $($number:literal => $case:ident,)* _ => $last:ident }) => {
        impl $type {
            /// The case of a number, for the generated bindings alone. The last one stands for every other number, of which
            /// a host cannot send one.
            #[doc(hidden)]
            pub fn _lift(number: u8) -> Self {
                match number {
                    $($number => Self::$case,)*
                    _ => Self::$last,
                }
            }
        }
    };
}

cases!(crate::answer::AnswerKind {
    0 => Answered,
    1 => Limit,
    2 => RefusedLogin,
    3 => RefusedKey,
    4 => ExtraUsage,
    5 => UnknownModel,
    6 => Overloaded,
    7 => ServerError,
    8 => TooLong,
    _ => Other
});
cases!(crate::auth::TokenState { 0 => Absent, 1 => Present, _ => Malformed });
cases!(crate::catalog::InputKind { 0 => Text, _ => Image });
cases!(crate::doctor::Status { 0 => Pass, 1 => Warn, 2 => Fail, _ => Unknown });
cases!(crate::health::KeyCheck { 0 => Enforced, 1 => NotEnforced, 2 => Rejected, _ => Unchecked });
cases!(crate::health::Login { 0 => Claimed, 1 => None, _ => Unknown });
cases!(crate::health::Readiness { 0 => Ready, 1 => Starting, 2 => Unhealthy, _ => Foreign });
cases!(crate::health::SpawnError { 0 => NotFound, 1 => NotExecutable, _ => Other });
cases!(crate::report::Severity { 0 => Leak, 1 => Undecided, 2 => Exposure, _ => Note });
cases!(crate::report::StoredKind {
    0 => Environment,
    1 => Models,
    2 => Speech,
    3 => Sessions,
    4 => Jobs,
    5 => Profiles,
    6 => Folders,
    _ => Resolved
});
cases!(crate::runtime::State {
    0 => Stopped,
    1 => Starting,
    2 => Ready,
    3 => Unhealthy,
    4 => Stopping,
    5 => Backoff,
    6 => Failed,
    7 => Attached,
    _ => Blocked
});
