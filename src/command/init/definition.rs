//! SLO definitions that lie in a repository already, told by what they say of themselves: `apiVersion`, `kind`, `version`.
//!
//! What the catalog reads is taken; the versions that it does not read are named, and none is passed over in silence.
//! Whether a definition can be judged is the catalog's to say.

use std::collections::BTreeSet;

use crate::catalog;
use crate::diagnostic::Diagnostic;
use crate::document::{self, Part};
use crate::settings;
use crate::tree::Tree;

/// The most YAML files that are opened.
const MAX_OPENED: usize = 5_000;

/// The most bytes that are read of all of them.
const MAX_READ: usize = 256 * 1024 * 1024;

/// The most bytes of a file that is looked at although it has no word of a dialect: an SLO is short.
const MAX_UNMARKED: usize = 64 * 1024;

/// Words without which a file that can be read defines no SLO, in small letters.
const MARKS: [&str; 4] = ["openslo", "prometheus/v", "sloth.slok.dev/", "pyrra.dev/"];

/// Directories whose definitions show something and are in force nowhere.
const SAMPLES: [&str; 8] =
    ["example", "examples", "fixtures", "sample", "samples", "test", "testdata", "tests"];

/// A file in a dialect that slogate reads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Definition {
    /// Its path.
    pub path: String,
    /// How many SLOs it defines.
    pub slos: usize,
    /// The services that it names.
    pub services: Vec<String>,
}

/// A file that may define SLOs, and does not as it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Broken {
    /// Its path.
    pub path: String,
    /// What is wrong, on one line that names it.
    pub told: String,
}

/// The definitions of a repository.
#[derive(Debug, Default)]
pub struct Definitions {
    /// Those that slogate reads.
    pub taken: Vec<Definition>,
    /// Files in a dialect that slogate does not read, with its name.
    pub unread: Vec<(String, String)>,
    /// The services that those name.
    pub services: BTreeSet<String>,
    /// Files that say that they define SLOs, and have errors.
    pub broken: Vec<Broken>,
    /// Files of which cannot even be told whether they define SLOs.
    pub unparsed: Vec<Broken>,
    /// What was passed over.
    pub notes: Vec<String>,
}

/// Finds the definitions among some files.
pub fn find(files: &[String], tree: &dyn Tree) -> Definitions {
    let mut found = Definitions::default();
    let is_yaml = |path: &&String| {
        let yaml = [".yaml", ".yml"].iter().any(|ending| path.ends_with(ending));
        yaml && *path != settings::FILE && !path.starts_with(".github/") && !path.ends_with(".test.yaml")
    };
    let mut files: Vec<&String> = files.iter().filter(is_yaml).collect();
    // What a limit cuts lies deepest.
    files.sort_by_key(|path| (path.matches('/').count(), *path));
    let all = files.len();
    let mut read = 0;
    for (index, path) in files.into_iter().enumerate() {
        if index == MAX_OPENED || read > MAX_READ {
            found.notes.push(format!("of {all} YAML files the {index} that lie least deep were opened"));
            break;
        }
        read += found.open(path, tree);
    }
    found
}

impl Definitions {
    /// Looks at one file, and says how many bytes it has.
    fn open(&mut self, path: &str, tree: &dyn Tree) -> usize {
        match tree.read(path) {
            Ok(bytes) => {
                let bytes = bytes.unwrap_or_default();
                let size = bytes.len();
                self.look(path, bytes);
                size
            }
            Err(error) => {
                self.notes.push(error.to_string());
                0
            }
        }
    }

    /// Looks at the bytes of one file.
    fn look(&mut self, path: &str, bytes: Vec<u8>) {
        let text = String::from_utf8_lossy(&bytes).to_lowercase();
        let marked = MARKS.iter().any(|mark| text.contains(mark));
        // Templates of other tools are no YAML until they are filled.
        if !marked && (text.contains("{{") || bytes.len() > MAX_UNMARKED) {
            return;
        }
        let mut above = path.split('/').rev().skip(1);
        if let Some(directory) = above.find(|directory| SAMPLES.contains(directory)) {
            let note = || format!("`{path}` lies below `{directory}`, so it is taken for a sample");
            self.notes.extend(marked.then(note));
            return;
        }
        let documents = document::decode(path, bytes)
            .map_err(|problem| vec![problem])
            .and_then(|source| document::parse(&source));
        match documents {
            Ok(documents) => {
                let parts: Vec<Part<'_>> = documents.iter().flat_map(|one| entries(one.root())).collect();
                self.take(path, &parts);
            }
            Err(problems) => {
                let broken = problems.first().map(|problem| Broken::new(path, problem));
                if marked { &mut self.broken } else { &mut self.unparsed }.extend(broken);
            }
        }
    }

    /// Takes a file by the dialects of its documents.
    fn take(&mut self, path: &str, parts: &[Part<'_>]) {
        let mut unread: Vec<String> = parts.iter().filter_map(|part| unreadable(*part)).collect();
        unread.dedup();
        if !unread.is_empty() {
            self.services.extend(parts.iter().filter_map(|part| service(*part)));
            self.unread.push((path.to_owned(), unread.join(", ")));
            return;
        }
        let ours: Vec<(Part<'_>, usize)> =
            parts.iter().filter_map(|part| Some((*part, catalog::defines(*part)?))).collect();
        if !ours.is_empty() {
            let slos = ours.iter().map(|(_, count)| count).sum();
            let defining = ours.iter().filter(|(_, count)| *count > 0);
            let services = defining.filter_map(|(part, _)| service(*part)).collect();
            self.taken.push(Definition { path: path.to_owned(), slos, services });
        }
    }
}

impl Broken {
    /// A file with what is wrong in it.
    pub fn new(path: &str, problem: &Diagnostic) -> Self {
        Self { path: path.to_owned(), told: told(path, problem) }
    }
}

/// A problem of a file that is passed over, on one line.
pub fn told(path: &str, problem: &Diagnostic) -> String {
    let line = problem.place().map_or_else(String::new, |place| format!(":{}", place.line()));
    format!("`{path}{line}`: {}", problem.message)
}

/// The documents that stand in a document: itself, or the entries of a list at its root.
fn entries(root: Part<'_>) -> Vec<Part<'_>> {
    if root.is_list() { root.items().collect() } else { vec![root] }
}

/// The text under a key of a document.
fn said<'a>(part: Part<'a>, key: &str) -> &'a str {
    part.get(key).and_then(Part::text).unwrap_or_default()
}

/// The dialect of a document that slogate does not read.
fn unreadable(part: Part<'_>) -> Option<String> {
    let (api, version) = (said(part, "apiVersion"), said(part, "version"));
    if catalog::defines(part).is_some() {
        return None;
    }
    let (group, _) = api.split_once('/').unwrap_or((api, ""));
    match group {
        "openslo" | "openslo.com" => Some(format!("OpenSLO `{api}`")),
        "sloth.slok.dev" => Some(format!("Sloth for Kubernetes `{api}`")),
        "pyrra.dev" => Some(format!("Pyrra `{api}`")),
        _ if version.starts_with("prometheus/v") && part.get("slos").is_some() => {
            Some(format!("Sloth `{version}`"))
        }
        _ => None,
    }
}

/// The service that a document names.
fn service(part: Part<'_>) -> Option<String> {
    let pyrra = said(part, "apiVersion") == "pyrra.dev/v1alpha1";
    let named =
        ["/spec/service", "/spec/serviceRef", "/service", "/metadata/annotations/slogate.dev~1service"]
            .into_iter()
            .chain(["/metadata/labels/pyrra.dev~1service"])
            .chain(pyrra.then_some("/metadata/name"))
            .find_map(|pointer| part.at(pointer));
    named.and_then(Part::text).map(ToOwned::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tree::WorkTree;

    /// What is found in one file.
    fn found(text: &str) -> Definitions {
        let directory = tempfile::tempdir().expect("a directory");
        std::fs::write(directory.path().join("a.yaml"), text).expect("a file");
        find(&["a.yaml".to_owned()], &WorkTree::new(directory.path()))
    }

    #[test]
    fn dialects_are_told_by_what_they_say_of_themselves() {
        for (text, dialect) in [
            ("apiVersion: openslo/v0\nkind: SLO\n", "OpenSLO `openslo/v0`"),
            ("apiVersion: openslo.com/v2alpha1\nkind: SLO\n", "OpenSLO `openslo.com/v2alpha1`"),
            ("version: prometheus/v2\nservice: a\nslos: []\n", "Sloth `prometheus/v2`"),
            (
                "apiVersion: sloth.slok.dev/v2\nkind: PrometheusServiceLevel\nspec: {service: a}\n",
                "Sloth for Kubernetes `sloth.slok.dev/v2`",
            ),
            ("apiVersion: pyrra.dev/v1\nkind: ServiceLevelObjective\n", "Pyrra `pyrra.dev/v1`"),
        ] {
            let found = found(text);
            assert_eq!(found.unread, [("a.yaml".to_owned(), dialect.to_owned())], "{text}");
            assert_eq!(found.services.contains("a"), text.contains("service: a"), "{text}");
            assert!(found.taken.is_empty() && found.notes.is_empty());
        }
    }

    #[test]
    fn what_the_catalog_reads_is_taken_and_counted() {
        for (text, slos) in [
            ("apiVersion: openslo/v1alpha\nkind: SLO\nspec: {service: a}\n", 1),
            ("apiVersion: openslo.com/v2alpha\nkind: SLO\nspec: {serviceRef: a}\n", 1),
            ("version: prometheus/v1\nservice: a\nslos: [{}, {}]\n", 2),
            (
                "apiVersion: sloth.slok.dev/v1\nkind: PrometheusServiceLevel\nspec: {service: a, slos: [{}]}\n",
                1,
            ),
            ("apiVersion: pyrra.dev/v1alpha1\nkind: ServiceLevelObjective\nmetadata: {name: a}\n", 1),
        ] {
            let taken = Definition { path: "a.yaml".to_owned(), slos, services: vec!["a".to_owned()] };
            assert_eq!(found(text).taken, [taken], "{text}");
        }
        let found = found(
            "apiVersion: openslo/v1\nkind: SLO\nspec: {service: a}\n---\napiVersion: openslo/v1\nkind: SLI\n",
        );
        let taken = Definition { path: "a.yaml".to_owned(), slos: 1, services: vec!["a".to_owned()] };
        assert_eq!((found.taken, found.unread), (vec![taken], vec![]));
    }

    #[test]
    fn what_is_no_definition_is_nothing_and_what_is_broken_is_told() {
        let nothing = found("apiVersion: v1\nkind: ConfigMap\ndata: {openslo: x}\n");
        assert!(nothing.taken.is_empty() && nothing.unread.is_empty() && nothing.notes.is_empty());
        let broken = found("apiVersion: openslo/v1\nkind: {\n");
        assert!(broken.broken[0].told.starts_with("`a.yaml:"), "{:?}", broken.broken);
        let unmarked = found("a: [\n");
        assert_eq!((unmarked.broken.len(), unmarked.unparsed.len()), (0, 1));
        assert!(found("{{ helm }}: [\n").unparsed.is_empty(), "a template is filled by another tool");
    }
}
