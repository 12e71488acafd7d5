//! From settings to a running program: what the component plans, completed with what only this process knows.

use std::ffi::OsString;
use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use claude_proxy_supervisor::capture::Redaction;
use claude_proxy_supervisor::machine::Policy;
use claude_proxy_supervisor::{SecretString, Spec};
use rustix::fs::Access;

use super::context::Context;
use super::failure::{CANNOT_HELP, Failure};
use super::secret;
use crate::component::{ClaudeProxy, provider, types};
use crate::state::StateDir;

/// Hidden command that looks a program up at each start and becomes it.
pub(super) const TRAMPOLINE: &str = "exec";
/// What a shell answers where it finds no program.
pub(super) const NOT_FOUND: u8 = 127;
/// What a shell answers where the program that it finds does not run.
const NOT_RUN: u8 = 126;
/// Variable that marks the proxy, and everything that it starts, as started for one control socket.
const MARK: &str = "CLAUDE_PROXY_MARK";
/// Beginnings of Anthropic's keys and tokens.
const SECRET_PREFIX: &str = "sk-ant-";

/// A launch plan and what it takes to carry it out.
pub(super) struct Launch {
    pub(super) plan: provider::LaunchPlan,
    /// Absolute path of the program; `None` where it is not found.
    pub(super) program: Option<PathBuf>,
    pub(super) key_path: Option<PathBuf>,
    pub(super) spec: Spec,
    pub(super) redaction: Redaction,
}

/// Plans a launch. `spawn` says whether the program may be started at all.
pub(super) fn prepare(
    context: &Context,
    component: &mut ClaudeProxy,
    settings: &types::Settings,
    state: &StateDir,
) -> Result<Launch, Failure> {
    let plan = component
        .launch(settings, &context.variable_names())
        .map_err(|why| Failure::component(CANNOT_HELP, &why, None))?;
    let text = |name: &String| {
        context
            .variable(name)
            .and_then(|value| value.into_string().ok())
            .map(|value| (name.clone(), value))
    };
    let env: Vec<(String, String)> = plan
        .environment
        .iter()
        .cloned()
        .chain(plan.inherit.iter().filter_map(text))
        .collect();
    let search = context.variable("PATH").unwrap_or_default();
    let program = plan
        .command
        .first()
        .and_then(|program| find(program, &search));
    let (access_key, key_path) = match secret::in_use(settings, settings.port, state, CANNOT_HELP)?
    {
        Some((key, path)) => (Some(key), Some(path)),
        None if settings.access_key == types::AccessKeyMode::Generated && plan.local => {
            let key = state.key_or_new(plan.port);
            let key = key.map_err(|why| Failure::state(CANNOT_HELP, &why))?;
            (Some(key), Some(state.key_path(plan.port)))
        }
        None => (None, None),
    };
    let redaction = Redaction {
        prefixes: vec![SECRET_PREFIX.to_owned()],
        literals: env
            .iter()
            .filter(|(name, _)| name.contains("TOKEN") || name.contains("KEY"))
            .map(|(_, value)| SecretString::from(value.as_str()))
            .collect(),
        bearer: true,
        emails: true,
    };
    let mut argv = plan.command.clone();
    if let (Some(first), Some(found)) = (argv.first_mut(), &program) {
        *first = found.to_string_lossy().into_owned();
    }
    let spec = Spec {
        argv,
        env,
        cwd: None,
        host: plan.host.clone(),
        port: plan.port,
        access_key,
        key_variable: plan.key_variable.clone(),
        // Absolute, since two relative ones may be equal and mean different places.
        mark: std::path::absolute(state.socket_path(plan.port))
            .ok()
            .and_then(|path| path.into_os_string().into_string().ok())
            .map(|path| (MARK.to_owned(), path)),
        policy: Policy {
            auto_restart: plan.auto_restart,
            restart_delay: plan.restart_delay_ms.into(),
            restart_max: plan.restart_max_ms.into(),
            stable_after: plan.stable_after_ms.into(),
            start_limit: plan.start_limit,
            retry_failed: plan.retry_failed_ms.into(),
            start_timeout: plan.start_timeout_ms.into(),
            stop_grace: plan.stop_grace_ms.into(),
            liveness_period: plan.liveness_period_ms.into(),
            liveness_failures: plan.liveness_failures,
            login_period: plan.login_period_ms.into(),
            ..Policy::default()
        },
    };
    Ok(Launch {
        plan,
        program,
        key_path,
        spec,
        redaction,
    })
}

/// Looks a program up as a shell would, and makes its path absolute. Directories of the search path that every user may
/// write to are passed over, as are programs that every user may change: anybody may have put anything there.
pub(super) fn find(program: &str, search: &std::ffi::OsStr) -> Option<PathBuf> {
    if program.contains('/') {
        let path = std::path::absolute(program).ok()?;
        return runs(&path).then_some(path);
    }
    let mut there = candidates(program, search).filter(|path| runs(path));
    there.find(|path| !is_anybodys(path))
}

/// Whether a path is a program that this user may run.
pub(super) fn runs(path: &Path) -> bool {
    path.is_file() && rustix::fs::access(path, Access::EXEC_OK).is_ok()
}

/// Why a program cannot be started.
#[derive(Debug)]
pub(super) enum Unusable {
    /// This file may not be executed.
    NotExecutable(PathBuf),
    /// Anything else, for people.
    Other(String),
}

impl std::fmt::Display for Unusable {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::NotExecutable(path) => write!(f, "`{}` is not executable", path.display()),
            Self::Other(why) => f.write_str(why),
        }
    }
}

/// As [`find`], for who asks what would run: a program for another machine does not.
///
/// # Errors
/// Why there is none.
pub(super) fn find_usable(program: &str, search: &std::ffi::OsStr) -> Result<PathBuf, Unusable> {
    let path = find(program, search).ok_or_else(|| not_found(program, search))?;
    match other_machine(&path) {
        Some(machine) => Err(Unusable::Other(format!(
            "`{}` is built for {machine}, and this machine is {}",
            path.display(),
            std::env::consts::ARCH
        ))),
        None => Ok(path),
    }
}

/// The machine that a program is built for, where it is another one and nothing here runs its programs.
fn other_machine(path: &Path) -> Option<&'static str> {
    let mut head = [0; 20];
    let mut file = std::fs::File::open(path).ok()?;
    std::io::Read::read_exact(&mut file, &mut head).ok()?;
    // ELF has its machine behind 18 bytes.
    let machine = match head {
        [0x7f, b'E', b'L', b'F', .., 62, 0] => "x86_64",
        [0x7f, b'E', b'L', b'F', .., 183, 0] => "aarch64",
        _ => return None,
    };
    let emulator = Path::new("/proc/sys/fs/binfmt_misc").join(format!("qemu-{machine}"));
    (machine != std::env::consts::ARCH && !emulator.exists()).then_some(machine)
}

/// Why a program was not found.
pub(super) fn not_found(program: &str, search: &std::ffi::OsStr) -> Unusable {
    if program.contains('/') {
        // Looked up by its path alone.
        return Unusable::Other(match std::fs::metadata(program) {
            Ok(meta) if meta.is_file() => return does_not_run(Path::new(program)),
            Ok(_) => format!("`{program}` is not a file"),
            Err(why) if why.kind() == std::io::ErrorKind::NotFound => {
                format!("`{program}` is not there")
            }
            Err(why) => format!("`{program}` cannot be looked at: {why}"),
        });
    }
    let there = || candidates(program, search).filter(|path| path.is_file());
    match there().find(|path| is_anybodys(path)) {
        Some(planted) => Unusable::Other(format!(
            "`{}` is not used, since every user can write to it or to its directory",
            planted.display()
        )),
        None => there().next().map_or_else(
            || Unusable::Other(format!("`{program}` is in no directory of PATH")),
            |path| does_not_run(&path),
        ),
    }
}

/// Why the system does not let this user run a file.
fn does_not_run(path: &Path) -> Unusable {
    let allowed =
        std::fs::metadata(path).is_ok_and(|meta| meta.permissions().mode() & 0o111 == 0o111);
    match allowed {
        true => Unusable::Other(format!(
            "`{}` lies on a file system that is mounted noexec",
            path.display()
        )),
        false => Unusable::NotExecutable(path.to_owned()),
    }
}

/// Where a search path leads. An empty or relative entry means the working directory, and is left out.
fn candidates(program: &str, search: &std::ffi::OsStr) -> impl Iterator<Item = PathBuf> {
    std::env::split_paths(search)
        .filter(|folder| folder.is_absolute())
        .map(move |folder| folder.join(program))
}

/// Whether every user could put something in this place.
pub(super) fn is_anybodys(path: &Path) -> bool {
    let open = |path: &Path| {
        std::fs::metadata(path).is_ok_and(|meta| meta.permissions().mode() & 0o002 != 0)
    };
    open(path) || path.parent().is_some_and(open)
}

/// The command with this program in front, which looks the real one up at each start: a program that is installed later
/// is found by the next `restart`.
pub(super) fn through_trampoline(command: &[String]) -> Option<Vec<String>> {
    let own = std::env::current_exe()
        .ok()?
        .into_os_string()
        .into_string()
        .ok()?;
    Some(
        [own, TRAMPOLINE.to_owned()]
            .into_iter()
            .chain(command.iter().cloned())
            .collect(),
    )
}

/// Becomes the program that the arguments name.
pub(super) fn trampoline(arguments: &[OsString]) -> ExitCode {
    let Some((program, rest)) = arguments.split_first() else {
        return ExitCode::from(NOT_FOUND);
    };
    let search = std::env::var_os("PATH").unwrap_or_default();
    if let Some(path) = find(&program.to_string_lossy(), &search) {
        // Only returns where it failed. Said in the system's words, which the diagnosis of its output knows.
        let why = std::process::Command::new(&path).args(rest).exec();
        let _ = writeln!(std::io::stderr(), "{}: {why}", path.display());
        return ExitCode::from(NOT_RUN);
    }
    ExitCode::from(NOT_FOUND)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_program_is_found_as_a_shell_finds_it() {
        let place = tempfile::tempdir().unwrap();
        let folder = |name: &str| {
            let path = place.path().join(name);
            std::fs::create_dir(&path).unwrap();
            path
        };
        let (first, second) = (folder("a"), folder("b"));
        for (path, mode) in [(first.join("tool"), 0o644), (second.join("tool"), 0o755)] {
            std::fs::write(&path, "").unwrap();
            std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).unwrap();
        }
        std::fs::create_dir(first.join("folder")).unwrap();
        let search = std::env::join_paths([&first, &second]).unwrap();
        assert_eq!(find("tool", &search), Some(second.join("tool")));
        assert_eq!(find("folder", &search), None);
        assert_eq!(find("missing", &search), None);
        let anybodys = |path: &Path, mode| {
            std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).unwrap();
            let found = find("tool", &search);
            let why = not_found("tool", &search).to_string();
            std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o755)).unwrap();
            (found, why)
        };
        for path in [&second, &second.join("tool")] {
            let (found, why) = anybodys(path, 0o777);
            assert_eq!(found, None);
            assert!(why.contains("every user can write"), "{why}");
        }
        let why = |program: &str, search: &std::ffi::OsStr| not_found(program, search).to_string();
        assert!(why("missing", &search).contains("no directory"));
        assert!(why("tool", first.as_os_str()).ends_with("a/tool` is not executable"));
        let absolute = second.join("tool");
        assert_eq!(
            find(absolute.to_str().unwrap(), "".as_ref()),
            Some(absolute)
        );
        assert_eq!(find("tool", ".:".as_ref()), None);
        for (path, why) in [
            (first.join("tool"), "is not executable"),
            (first.join("folder"), "is not a file"),
            (first.join("missing"), "is not there"),
        ] {
            let path = path.to_str().unwrap();
            assert_eq!(find(path, &search), None);
            assert_eq!(
                not_found(path, &search).to_string(),
                format!("`{path}` {why}")
            );
        }
    }
}
