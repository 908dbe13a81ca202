//! `slogate definitions`: what editors need to help whoever writes policies, SLOs, tests and settings.
//!
//! Each file is written beside its place and then moved there, so that no editor ever reads half of one; a file that
//! says the same already is left alone.

use std::fmt::Write as _;
use std::io;
use std::path::Path;

use crate::cli::Definitions;
use crate::command::World;
use crate::document::{self, DIALECTS, RuleSet, Schema};
use crate::report::definitions;
use crate::settings;
use crate::tree::{self, Tree as _, WorkTree};
use crate::verdict::Exit;

/// The directory below the one that has the settings.
const DIRECTORY: &str = ".slogate";

/// A file that people write, the schema that it follows, and the way from it to the directory of the definitions.
struct Format {
    /// The name of the schema's file.
    schema: &'static str,
    /// The files that are written in it.
    files: &'static str,
    /// The way up.
    up: &'static str,
}

/// The formats that people write.
const FORMATS: [Format; 3] = [
    Format { schema: Schema::Settings.file(), files: "slogate.yaml", up: "" },
    Format { schema: DIALECTS, files: "slos/**/*.yaml", up: "../" },
    Format { schema: Schema::PolicyTest.file(), files: "policies/*.test.yaml", up: "../" },
];

/// What became of one file.
enum Fate {
    /// It says what it should.
    Same,
    /// It was written, or would be.
    Changed,
    /// It was not there.
    New,
}

/// Runs the verb.
pub fn run(definitions: &Definitions, world: &mut World) -> Exit {
    let root = world.directory.join(&definitions.dir);
    if !root.is_dir() {
        world.tell(&format!("error: `{}` is no directory", definitions.dir.display()));
        return Exit::Usage;
    }
    let mut text = String::new();
    let mut differs = false;
    for (shown, wanted) in files(slo_rules(&root)) {
        let place = root.join(&shown);
        let fate = fate(&place, &wanted);
        let done = match (&fate, definitions.check) {
            (Fate::Same, _) => "is up to date",
            (Fate::Changed, true) => "is not up to date",
            (Fate::New, true) => "is missing",
            (Fate::Changed | Fate::New, false) => "written",
        };
        differs |= !matches!(fate, Fate::Same);
        if !definitions.check
            && !matches!(fate, Fate::Same)
            && let Err(error) = write(&place, &wanted)
        {
            world.tell(&format!("error: `{shown}` could not be written: {error}"));
            return Exit::Untold;
        }
        let _ = writeln!(text, "{shown} {done}");
    }
    if definitions.check && differs {
        world.tell("error: run `slogate definitions` and commit what it writes");
        return world.end(&text, Exit::Failed);
    }
    if !definitions.check {
        text.push_str(&advice());
    }
    world.end(&text, Exit::Proceed)
}

/// The files by their paths, with what they must say.
fn files(slo_rules: RuleSet) -> [(String, String); 4] {
    let below = |file: &str| format!("{DIRECTORY}/{file}");
    [
        (settings::DEFINITIONS.to_owned(), definitions::render()),
        (below(Schema::Settings.file()), Schema::Settings.text().to_owned()),
        (below(DIALECTS), document::dialects(slo_rules)),
        (below(Schema::PolicyTest.file()), Schema::PolicyTest.text().to_owned()),
    ]
}

/// The rules that SLO documents are held to, by the settings of a directory; the usual ones where there are none, or
/// none that are valid.
fn slo_rules(root: &Path) -> RuleSet {
    let read = WorkTree::new(root).read(settings::FILE).ok().flatten();
    let source = read.and_then(|bytes| document::decode(settings::FILE, bytes).ok());
    let settings = source.and_then(|source| settings::load(&source).0);
    settings.map_or(RuleSet::Spec, |settings| settings.slo_rules)
}

/// How a file stands to what it must say.
fn fate(path: &Path, wanted: &str) -> Fate {
    if !path.exists() {
        return Fate::New;
    }
    match tree::read_file(path) {
        Ok(bytes) if bytes == wanted.as_bytes() => Fate::Same,
        Ok(_) | Err(_) => Fate::Changed,
    }
}

/// Writes a file beside its place, and moves it there.
fn write(place: &Path, wanted: &str) -> io::Result<()> {
    std::fs::create_dir_all(place.parent().unwrap_or(place))?;
    let mut beside = place.as_os_str().to_owned();
    beside.push(".part");
    std::fs::write(&beside, wanted)?;
    std::fs::rename(&beside, place)
}

/// How an editor is told of them.
fn advice() -> String {
    let mut text = "\nThe Rhai language server finds the words of policies by itself. Editors of YAML (the YAML language \
                    server,\nVS Code's YAML extension) are told by a first line in each file, with one `../` for each \
                    directory that it is in:\n\n"
        .to_owned();
    for Format { schema, files, up } in FORMATS {
        let line = format!("# yaml-language-server: $schema={up}{DIRECTORY}/{schema}");
        let _ = writeln!(text, "  {line:<69} in {files}");
    }
    text.push_str("\nor once for all in VS Code's settings.json:\n\n  \"yaml.schemas\": {\n");
    let lines =
        FORMATS.map(|Format { schema, files, .. }| format!("    \"./{DIRECTORY}/{schema}\": \"{files}\""));
    let _ = writeln!(text, "{}\n  }}", lines.join(",\n"));
    text
}
