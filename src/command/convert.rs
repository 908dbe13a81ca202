//! `slogate convert`: SLO definitions of every dialect as OpenSLO v1.
//!
//! What is written was read again by the catalog first, so that the files judge as the originals do. It goes to standard
//! output, or to files that were not there: all of them or none.

mod settled;

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::io::Read as _;
use std::path::{Component, Path, PathBuf};

use crate::catalog::convert::{self, Conversion, Converted};
use crate::cli::Convert;
use crate::command::World;
use crate::command::ground;
use crate::command::judge::Stop;
use crate::command::law;
use crate::command::write::{self, Draft};
use crate::diagnostic::{self, Code, Diagnostic, SourceText, list};
use crate::document;
use crate::report::escape::terminal;
use crate::report::problem;
use crate::settings;
use crate::source::promql;
use crate::tree::{self, Tree as _, TreeError, WorkTree};
use crate::verdict::Exit;
use settled::Settled;

/// What standard input is called.
const INPUT: &str = "standard input";

/// What was read.
#[derive(Default)]
struct Taken {
    /// The files.
    sources: Vec<SourceText>,
    /// What each of them is called below the directory that gets the files.
    outputs: Vec<String>,
    /// Those that the command line names one by one.
    named: BTreeSet<String>,
    /// The files on disk that were read already.
    seen: BTreeSet<PathBuf>,
}

/// Runs the verb.
pub fn run(convert: &Convert, world: &mut World) -> Exit {
    let mut problems = Vec::new();
    let read = read(convert, world, &mut problems);
    let (taken, settled) = match read {
        Ok(read) => read,
        Err(stop) => match world.stopped(stop, &mut problems) {
            Some(Exit::Unknown) => return Exit::Untold,
            Some(exit) => return exit,
            None => (Taken::default(), None),
        },
    };
    let mut made = Conversion::default();
    if !problems.iter().any(Diagnostic::is_error) {
        let (conversion, found) =
            convert::convert(&taken.sources, settled.as_ref().and_then(|settled| settled.settings.as_ref()));
        made = conversion;
        problems.extend(found);
        problems.extend(made.passed_over.iter().filter(|path| taken.named.contains(*path)).map(passed_over));
    }
    diagnostic::sort(&mut problems);
    if !problems.is_empty() {
        let look = world.look(&convert.color);
        world.tell(problem::render(&problems, look).trim_end());
    }
    if problems.iter().any(Diagnostic::is_error) {
        world.tell("error: nothing is written");
        return Exit::Invalid;
    }
    if convert.strict && !problems.is_empty() {
        world.tell("error: nothing is written, because --strict lets warnings fail");
        return Exit::Invalid;
    }
    let told = told(&made, settled.as_ref());
    if convert.check {
        return check(&made, &told, world);
    }
    match &convert.output {
        None => print(&made, &told, world),
        Some(output) => files(&made, &taken, output, (&told, world)),
    }
}

/// The warning about a file that was named and holds no definition.
fn passed_over(path: &String) -> Diagnostic {
    let message = format!("`{path}` is of no kind that is known, so nothing of it is written");
    let help = "write it in the terms of OpenSLO, Sloth or Pyrra, or leave it out";
    Diagnostic::warning(Code::NotConverted, message).help(help)
}

/// Reads the settings, where there are any, and all files.
fn read(
    convert: &Convert,
    world: &mut World,
    problems: &mut Vec<Diagnostic>,
) -> Result<(Taken, Option<Settled>), Stop> {
    let ground = ground::read(&world.directory, Path::new("."), None)?;
    let settled = settled::find(&convert.paths, &world.directory, problems)?;
    let mut taken = Taken::default();
    if convert.paths.is_empty() {
        let usual = || settings::SLOS.map(ToOwned::to_owned).to_vec();
        let here = settled.as_ref().filter(|settled| settled.here);
        let settings = here.and_then(|settled| settled.settings.as_ref());
        let globs = settings.map_or_else(usual, |settings| settings.slos.clone());
        let paths = ground.tree.paths()?;
        taken.sources = law::read_all(&ground, &paths, &globs, settings::FILE, problems)?;
        taken.outputs = taken.sources.iter().map(|source| called(source.path())).collect();
    }
    for path in &convert.paths {
        if path.as_os_str() == "-" {
            taken.input(convert, world, problems)?;
        } else {
            taken.path(path, &world.directory, problems)?;
        }
    }
    Ok((taken, settled))
}

/// What the file of a path is called: in the format that is written.
fn called(path: &str) -> String {
    let stem = [".yaml", ".yml", ".json"].iter().find_map(|end| path.strip_suffix(end));
    format!("{}.yaml", stem.unwrap_or(path))
}

impl Taken {
    /// Reads standard input.
    fn input(
        &mut self,
        convert: &Convert,
        world: &mut World,
        problems: &mut Vec<Diagnostic>,
    ) -> Result<(), Stop> {
        if convert.output.is_some() {
            let message = "standard input has no name that a file could be called after; leave --output out";
            return Err(Stop::Usage(message.to_owned()));
        }
        let mut bytes = Vec::new();
        let most = u64::try_from(document::MAX_BYTES).unwrap_or(u64::MAX).saturating_add(1);
        let read = world.input.as_mut().take(most).read_to_end(&mut bytes);
        read.map_err(|error| Stop::Usage(format!("standard input cannot be read: {error}")))?;
        self.add(INPUT, INPUT.to_owned(), bytes, problems);
        Ok(())
    }

    /// Reads a file, or all files of a directory.
    fn path(&mut self, path: &Path, above: &Path, problems: &mut Vec<Diagnostic>) -> Result<(), Stop> {
        let place = above.join(path);
        let shown = path.to_string_lossy().replace('\\', "/");
        if !place.is_dir() {
            if !place.exists() {
                return Err(Stop::Usage(format!("`{shown}` is not there")));
            }
            self.named.insert(shown.clone());
            if self.is_new(&place) {
                let name = path.file_name().map(|name| name.to_string_lossy().into_owned());
                match tree::read_file(&place) {
                    Ok(bytes) => self.add(&shown, called(&name.unwrap_or_default()), bytes, problems),
                    Err(error) => problems.push(unreadable(&error)),
                }
            }
            return Ok(());
        }
        let tree = WorkTree::new(&place);
        let shown = shown.trim_end_matches('/');
        for inside in tree.paths()? {
            let known = [".yaml", ".yml", ".json"].iter().any(|end| inside.ends_with(end));
            if !known || !self.is_new(&place.join(&inside)) {
                continue;
            }
            let path = if shown == "." { inside.clone() } else { format!("{shown}/{inside}") };
            match tree.read(&inside) {
                Ok(Some(bytes)) => self.add(&path, called(&inside), bytes, problems),
                Ok(None) => {}
                Err(error) => problems.push(unreadable(&error)),
            }
        }
        Ok(())
    }

    /// Notes a file on disk; false where it was read already.
    fn is_new(&mut self, place: &Path) -> bool {
        self.seen.insert(place.canonicalize().unwrap_or_else(|_| place.to_owned()))
    }

    /// Takes a file in.
    fn add(&mut self, path: &str, output: String, bytes: Vec<u8>, problems: &mut Vec<Diagnostic>) {
        match document::decode(path, bytes) {
            Ok(source) => {
                self.sources.push(source);
                self.outputs.push(output);
            }
            Err(problem) => problems.push(problem),
        }
    }
}

/// A file that cannot be read.
fn unreadable(error: &TreeError) -> Diagnostic {
    Diagnostic::error(Code::Unreadable, error.to_string()).help("put a plain file there, or leave it out")
}

/// Says what is of another format.
fn check(made: &Conversion, told: &str, world: &mut World) -> Exit {
    let others: Vec<&Converted> = made.files.iter().filter(|file| !file.unchanged).collect();
    let mut text = String::new();
    for file in &others {
        let _ = writeln!(text, "{} is not OpenSLO v1: {}", terminal(&file.path), described(file));
    }
    let files = counted(made.files.len(), "file", "files");
    let _ = writeln!(text, "{files}, {} to be converted", others.len());
    text.push_str(told);
    world.end(&text, if others.is_empty() { Exit::Proceed } else { Exit::Failed })
}

/// Prints everything as one stream of documents.
fn print(made: &Conversion, told: &str, world: &mut World) -> Exit {
    let mut text = String::new();
    for file in &made.files {
        if !text.is_empty() && !file.text.starts_with("---") {
            text.push_str("---\n");
        }
        text.push_str(&file.text);
        if !text.ends_with('\n') {
            text.push('\n');
        }
    }
    for file in &made.files {
        world.tell(&format!("{}: {}", terminal(&file.path), described(file)));
    }
    told.lines().for_each(|line| world.tell(line));
    world.end(&text, Exit::Proceed)
}

/// Writes a file for each.
fn files(made: &Conversion, taken: &Taken, output: &Path, (told, world): (&str, &mut World)) -> Exit {
    let shown = output.to_string_lossy().replace('\\', "/");
    let shown = shown.trim_end_matches('/');
    let (root, below) = place(output, &world.directory);
    let mut drafts: Vec<Draft> = Vec::new();
    let (mut text, mut obstacles) = (String::new(), Vec::new());
    for file in &made.files {
        let named = taken.sources.iter().zip(&taken.outputs).find(|(source, _)| source.path() == file.path);
        let Some((_, name)) = named else { continue };
        let path = if below.is_empty() { name.clone() } else { format!("{below}/{name}") };
        if drafts.iter().any(|draft| draft.path == path) {
            obstacles.push(format!("`{shown}/{name}` would be written twice; rename `{}`", file.path));
        }
        obstacles.extend(write::obstacle(&root, &path));
        let _ = writeln!(text, "{} written: {}", terminal(&format!("{shown}/{name}")), described(file));
        drafts.push(Draft { path, text: file.text.clone() });
    }
    if !obstacles.is_empty() {
        world.tell("error: nothing is written, because nothing is overwritten:");
        for obstacle in obstacles {
            world.tell(&format!("  {obstacle}"));
        }
        world.tell("help: move them away, or name another directory");
        return Exit::Invalid;
    }
    if let Err(why) = write::all(&root, &drafts) {
        world.tell(&format!("error: nothing is written: {why}"));
        return Exit::Untold;
    }
    text.push_str(told);
    if made.files.iter().any(|file| !file.unchanged) {
        text.push_str(
            "next: remove the originals, or take them out of `slos`; an SLO stands in one file alone\n",
        );
    }
    world.end(&text, Exit::Proceed)
}

/// A directory that is there, and the way from it to the one that gets the files: from the present directory where the
/// command line says so, else from the nearest above.
fn place(output: &Path, present: &Path) -> (PathBuf, String) {
    let root = if output.is_absolute() { output.ancestors().find(|above| above.is_dir()) } else { None };
    let (root, below) = match root {
        Some(root) => (root.to_owned(), output.strip_prefix(root).unwrap_or(output)),
        None => (present.to_owned(), output),
    };
    let named = below.components().filter(|part| !matches!(part, Component::CurDir));
    let below = named.collect::<PathBuf>().to_string_lossy().replace('\\', "/");
    (root, below)
}

/// `1 file`, `2 files`.
fn counted(count: usize, one: &str, many: &str) -> String {
    format!("{count} {}", if count == 1 { one } else { many })
}

/// `2 SLOs, 1 Service, from Sloth; valid under the rules strict`.
fn described(file: &Converted) -> String {
    let plural = |kind: &str| match kind.strip_suffix('y') {
        Some(stem) => format!("{stem}ies"),
        None => format!("{kind}s"),
    };
    let kinds = file.kinds.iter().map(|(kind, count)| counted(*count, kind, &plural(kind)));
    let kinds: Vec<String> = kinds.collect();
    let from: Vec<&str> = file.from.iter().copied().collect();
    let from = if file.unchanged { "as it was".to_owned() } else { format!("from {}", from.join(" and ")) };
    let broken: Vec<&str> = file.broken.iter().map(String::as_str).collect();
    let broken =
        if broken.is_empty() { String::new() } else { format!("; stricter ones refuse {}", list(&broken)) };
    let rules = file.rules.map_or_else(
        || "valid under no rules".to_owned(),
        |rules| format!("valid under the rules `{}`", rules.as_str()),
    );
    format!("{}, {from}; {rules}{broken}", kinds.join(", "))
}

/// What a reader must know of all files, with whatever others wrote escaped.
fn told(made: &Conversion, settled: Option<&Settled>) -> String {
    let mut text = String::new();
    if !made.passed_over.is_empty() {
        let files = counted(made.passed_over.len(), "file holds", "files hold");
        let _ = writeln!(text, "passed over: {files} no definition");
    }
    text.extend(settled::period(made, settled));
    let kept: BTreeSet<&String> = made.files.iter().flat_map(|file| &file.kept).collect();
    let kept: Vec<String> = kept.into_iter().map(|key| terminal(key)).collect();
    let kept: Vec<&str> = kept.iter().map(String::as_str).collect();
    if !kept.is_empty() {
        let _ = writeln!(text, "kept as annotations, which no tool acts on: {}", list(&kept));
    }
    if kept.iter().any(|key| key.ends_with("/alerting")) {
        text.push_str(
            "OpenSLO v1 has no words for alerts on several windows at once: go on making them where they are made now\n",
        );
    }
    let open =
        made.files.iter().flat_map(|file| &file.queries).filter(|query| promql::is_open(query)).count();
    if open > 0 {
        let _ = writeln!(
            text,
            "{} open, as by `{{{{.window}}}}`, which no other tool that reads OpenSLO fills in: for those write the \
             counters alone, such as `sum(requests_total)`",
            counted(open, "query leaves its window", "queries leave their windows")
        );
    }
    text
}
