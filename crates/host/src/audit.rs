//! The component's requests for files and variables, answered from disk and environment.
//!
//! What is handed over is what OpenClaw itself would read: included files only from the configuration's own folder or
//! from `OPENCLAW_INCLUDE_ROOTS`, regular files without a second name, not too long. Everything else is answered with
//! "cannot be read", which the audit takes for *not closed*.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use crate::component::config::{
    AuditInput, AuditOutcome, FileText, Merged, OpenclawVersion, Question, Report, StoredFile,
    StoredList, Variable,
};
use crate::component::types::{Error, ErrorKind, Problem, Settings};
use crate::component::{CallError, ClaudeProxy};
use crate::location::{Locations, Lookup, folder_of, normalize};
use crate::store::Document;
use crate::stored_data;
use crate::text_file::read;

/// Longest included file, in bytes, as in OpenClaw.
const MAX_INCLUDE_BYTES: u64 = 2 << 20;
/// Longest copy that is read, in bytes.
const MAX_COPY_BYTES: u64 = 64 << 20;
/// Rounds of requests after which the rest counts as unreadable: deeper than OpenClaw itself follows includes.
const MAX_ROUNDS: usize = 64;

/// Everything the audit read, and its report.
#[derive(Debug, Clone)]
pub struct Audited {
    /// What the component was given; [`ClaudeProxy::apply`] and the auth flow take the same.
    pub input: AuditInput,
    /// Its report.
    pub report: Report,
}

/// What is known of the OpenClaw that reads a configuration.
#[derive(Debug, Clone, Default)]
pub struct Openclaw {
    /// Its version; `None` judges the one that wrote the file.
    pub version: Option<OpenclawVersion>,
    /// Files that it has stored where only it knows.
    pub stored_files: Vec<StoredFile>,
    /// What it has stored in databases, which only it reads, and what its resolvers say.
    pub stored_lists: Vec<StoredList>,
    /// What its resolvers could not be asked, and why.
    pub not_asked: Vec<String>,
}

impl Openclaw {
    /// One of which only the version is known, and not whether its schema is.
    pub fn of_version(version: &str) -> Self {
        Self {
            version: Some(OpenclawVersion {
                version: version.to_owned(),
                schema_known: false,
            }),
            ..Self::default()
        }
    }
}

/// Audits a configuration, with included files and variables looked up where the component asks for them.
///
/// # Errors
/// As any call of the component.
pub fn audit(
    proxy: &mut ClaudeProxy,
    document: &Document,
    lookup: Lookup<'_>,
    openclaw: &Openclaw,
) -> Result<Audited, CallError> {
    let mut input = AuditInput {
        openclaw: openclaw.version.clone(),
        stored_files: [
            stored_data::collect(document.path(), lookup),
            openclaw.stored_files.clone(),
        ]
        .concat(),
        stored_lists: openclaw.stored_lists.clone(),
        not_asked: openclaw.not_asked.clone(),
        ..new_input(document, restorable_copies(document))
    };
    let report = resolve(document, lookup, &mut input, |input| {
        Ok(match proxy.audit(input)? {
            AuditOutcome::Report(report) => Ok(report),
            AuditOutcome::Needs(questions) => Err(questions),
        })
    })?;
    Ok(Audited { input, report })
}

/// The settings in force: those of the whole document as OpenClaw works with it, includes and variables replaced.
///
/// # Errors
/// As any call of the component; where what may hold the settings cannot be read, or they are not accepted.
pub fn settings(
    proxy: &mut ClaudeProxy,
    document: &Document,
    lookup: Lookup<'_>,
) -> Result<Settings, CallError> {
    let mut input = new_input(document, Vec::new());
    let merged = resolve(document, lookup, &mut input, |input| {
        Ok(
            match proxy.merge(&input.document, &input.files, &input.variables)? {
                Merged::Document(text) => Ok(text),
                Merged::Needs(questions) => Err(questions),
            },
        )
    })?;
    proxy.settings_from_config(&merged)
}

/// What the component is given of a document before it has asked anything.
fn new_input(document: &Document, backups: Vec<FileText>) -> AuditInput {
    AuditInput {
        document: document.text().to_owned(),
        backups,
        ..AuditInput::default()
    }
}

/// Asks until nothing is open; the answers are added to the input.
fn resolve<T>(
    document: &Document,
    lookup: Lookup<'_>,
    input: &mut AuditInput,
    mut ask: impl FnMut(&AuditInput) -> Result<Result<T, Vec<Question>>, CallError>,
) -> Result<T, CallError> {
    let resolver = IncludeResolver::new(document, lookup);
    for _ in 0..MAX_ROUNDS {
        match ask(input)? {
            Ok(result) => return Ok(result),
            Err(questions) => resolver.answer(input, questions),
        }
    }
    Err(CallError::Input(Error {
        kind: ErrorKind::Unreadable,
        problems: vec![Problem::new(
            "includes-without-end",
            document.path().display().to_string(),
            "more and more files to read",
            "includes that come to an end",
            "openclaw config validate",
        )],
    }))
}

/// The copies that OpenClaw may restore. Where it is unknown whether there are any, the directory stands for them.
fn restorable_copies(document: &Document) -> Vec<FileText> {
    let file = |path: &Path, text| FileText {
        path: path.to_string_lossy().into_owned(),
        text,
    };
    match document.host_copies() {
        Ok(paths) => paths
            .iter()
            .map(|path| file(path, read(path, MAX_COPY_BYTES, true)))
            .collect(),
        Err(why) => vec![file(&why.path, None)],
    }
}

struct IncludeResolver<'a> {
    folder: PathBuf,
    roots: Vec<PathBuf>,
    lookup: Lookup<'a>,
}

impl<'a> IncludeResolver<'a> {
    fn new(document: &Document, lookup: Lookup<'a>) -> Self {
        let folder = folder_of(document.path());
        let roots = std::iter::once(folder.clone())
            .chain(Locations::new(lookup).include_roots())
            .collect();
        Self {
            folder,
            roots,
            lookup,
        }
    }

    fn answer(&self, input: &mut AuditInput, questions: Vec<Question>) {
        for question in questions {
            match question {
                Question::File(path) => {
                    // A file that is requested again was of no help.
                    let text = if input.files.iter().any(|file| file.path == path) {
                        None
                    } else {
                        self.read_include(Path::new(&path))
                    };
                    input.files.push(FileText { path, text });
                }
                Question::Variable(name) => {
                    let value = (self.lookup)(&name).and_then(|value| value.into_string().ok());
                    input.variables.push(Variable { name, value });
                }
            }
        }
    }

    fn read_include(&self, path: &Path) -> Option<String> {
        let named = normalize(&self.folder.join(path));
        let inside = |path: &Path, root: &Path| path.starts_with(root) && path != root;
        if !self
            .roots
            .iter()
            .any(|root| inside(&named, &normalize(root)))
        {
            return None;
        }
        // The resolved path counts too: a link may lead out.
        let real = named.canonicalize().ok()?;
        let roots: BTreeSet<PathBuf> = self
            .roots
            .iter()
            .filter_map(|root| root.canonicalize().ok())
            .collect();
        if !roots.iter().any(|root| inside(&real, root)) {
            return None;
        }
        read(&real, MAX_INCLUDE_BYTES, false)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;
    use std::os::unix::fs::symlink;

    /// What no file can bring about: the component follows includes ten deep.
    #[test]
    fn a_component_that_asks_without_end_is_an_error() {
        let place = tempfile::tempdir().unwrap();
        let path = place.path().join("openclaw.json");
        let lookup: Lookup<'_> = &|_| None;
        let document = crate::store::Store::new(lookup).read(&path).unwrap();
        let mut input = new_input(&document, Vec::new());
        let mut rounds = 0;
        let outcome: Result<(), CallError> = resolve(&document, lookup, &mut input, |_| {
            rounds += 1;
            Ok(Err(vec![Question::File(format!("{rounds}.json5"))]))
        });
        let Err(CallError::Input(error)) = outcome else {
            panic!("{outcome:?}");
        };
        assert_eq!(error.kind, ErrorKind::Unreadable);
        assert_eq!(error.problems.len(), 1);
        assert_eq!(error.problems[0].code, "includes-without-end");
        assert_eq!(error.problems[0].path, path.display().to_string());
        assert_eq!((rounds, input.files.len()), (MAX_ROUNDS, MAX_ROUNDS));
    }

    #[test]
    fn only_what_openclaw_would_read_is_handed_over() {
        let place = tempfile::tempdir().unwrap();
        let folder = place.path().join("config");
        let other = place.path().join("other");
        let shared = place.path().join("shared");
        for dir in [&folder, &other, &shared] {
            fs::create_dir(dir).unwrap();
        }
        for (path, text) in [
            (folder.join("in.json5"), "in"),
            (other.join("out.json5"), "out"),
            (shared.join("root.json5"), "root"),
            (folder.join("twice.json5"), "twice"),
        ] {
            fs::write(path, text).unwrap();
        }
        fs::hard_link(folder.join("twice.json5"), folder.join("second.json5")).unwrap();
        symlink(other.join("out.json5"), folder.join("leads-out.json5")).unwrap();
        symlink(folder.join("in.json5"), folder.join("leads-in.json5")).unwrap();
        symlink(folder.join("in.json5"), other.join("leads-in.json5")).unwrap();
        fs::write(folder.join("binary"), [0xff, 0xfe]).unwrap();
        let roots = shared.clone().into_os_string();
        let lookup = move |name: &str| (name == "OPENCLAW_INCLUDE_ROOTS").then(|| roots.clone());
        let resolver = IncludeResolver {
            folder: folder.clone(),
            roots: vec![folder.clone(), shared.clone()],
            lookup: &lookup,
        };
        let text = |path: &str| resolver.read_include(Path::new(path));
        assert_eq!(text("in.json5").as_deref(), Some("in"));
        assert_eq!(text("./x/../in.json5").as_deref(), Some("in"));
        assert_eq!(text("leads-in.json5").as_deref(), Some("in"));
        let absolute = shared.join("root.json5");
        assert_eq!(resolver.read_include(&absolute).as_deref(), Some("root"));
        for refused in [
            "../other/out.json5",
            "../other/leads-in.json5",
            "leads-out.json5",
            "twice.json5",
            "binary",
            "missing.json5",
            ".",
            "/etc/passwd",
        ] {
            assert_eq!(text(refused), None, "{refused}");
        }
    }
}
