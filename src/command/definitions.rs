//! `slogate definitions`: what editors need to help whoever writes policies, SLOs, tests and settings.
//!
//! Each file is written beside its place and then moved there, so that no editor ever reads half of one; a file that
//! says the same already is left alone.

use std::fmt::Write as _;
use std::io;
use std::path::Path;

use crate::cli::Definitions;
use crate::command::World;
use crate::document::Schema;
use crate::report::definitions;
use crate::settings;
use crate::tree;
use crate::verdict::Exit;

/// The directory below the one that has the settings.
const DIRECTORY: &str = ".slogate";

/// The formats that people write, each with the files that are written in it, and the way from such a file to the
/// directory of the definitions.
const SCHEMAS: [(Schema, &str, &str); 3] = [
    (Schema::Settings, "slogate.yaml", ""),
    (Schema::OpenSlo, "slos/**/*.yaml", "../"),
    (Schema::PolicyTest, "policies/*.test.yaml", "../"),
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
    for (shown, wanted) in files() {
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
fn files() -> Vec<(String, String)> {
    let schemas = SCHEMAS
        .iter()
        .map(|(schema, ..)| (format!("{DIRECTORY}/{}", schema.file()), schema.text().to_owned()));
    std::iter::once((settings::DEFINITIONS.to_owned(), definitions::render())).chain(schemas).collect()
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
    for (schema, files, up) in SCHEMAS {
        let line = format!("# yaml-language-server: $schema={up}{DIRECTORY}/{}", schema.file());
        let _ = writeln!(text, "  {line:<69} in {files}");
    }
    text.push_str("\nor once for all in VS Code's settings.json:\n\n  \"yaml.schemas\": {\n");
    let lines =
        SCHEMAS.map(|(schema, files, _)| format!("    \"./{DIRECTORY}/{}\": \"{files}\"", schema.file()));
    let _ = writeln!(text, "{}\n  }}", lines.join(",\n"));
    text
}
