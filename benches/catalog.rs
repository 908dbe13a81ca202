//! How long it takes to load and examine a catalog of SLOs, and how that grows with their number.
//!
//! The documents differ in their names and queries alone, each in a file of its own; one run reads them all in one file.

#![expect(clippy::expect_used, reason = "a bench ends with the first surprise")]

use divan::counter::ItemsCount;
use divan::{Bencher, black_box};
use slogate::catalog::{self, Catalog};
use slogate::diagnostic::{Diagnostic, SourceText};
use slogate::lint;
use slogate::settings::{self, Settings};
use slogate::source::promql;

/// One SLO, with `NUMBER` where they differ.
const DOCUMENT: &str = include_str!("document.yaml");

/// The settings that they are read under.
const SETTINGS: &str = include_str!("settings.yaml");

/// How many SLOs there are.
const SIZES: [usize; 3] = [100, 1_000, 10_000];

/// Runs the benches that the command line names.
fn main() {
    divan::main();
}

/// The settings.
fn settings() -> Settings {
    let (settings, problems) = settings::load(&SourceText::new(settings::FILE, SETTINGS));
    assert_eq!(problems, []);
    settings.expect("the settings are valid")
}

/// One document.
fn document(number: usize) -> String {
    DOCUMENT.replace("NUMBER", &number.to_string())
}

/// Everything that `validate` does with definitions.
fn load(files: &[SourceText], settings: &Settings) -> (Catalog, Vec<Diagnostic>) {
    let (catalog, mut problems) = catalog::load(files, settings);
    problems.extend(promql::check(&catalog, settings));
    problems.extend(lint::examine(&catalog, settings));
    (catalog, problems)
}

/// Measures the loading of some files that hold `count` documents; `problems` of them have an error.
fn measure(
    bencher: Bencher<'_, '_>,
    count: usize,
    problems: usize,
    files: impl Fn() -> Vec<SourceText> + Sync,
) {
    let settings = settings();
    let (catalog, found) = load(&files(), &settings);
    let errors = found.iter().filter(|problem| problem.is_error()).count();
    assert_eq!((catalog.slos.len(), errors), (count, problems));
    bencher
        .counter(ItemsCount::new(count))
        .with_inputs(files)
        .bench_refs(|files| black_box(load(files, &settings)));
}

/// Each document in a file of its own.
#[divan::bench(args = SIZES, sample_count = 10)]
fn files(bencher: Bencher<'_, '_>, count: usize) {
    measure(bencher, count, 0, || {
        (0..count).map(|number| SourceText::new(format!("slos/{number}.yaml"), document(number))).collect()
    });
}

/// All documents in one file.
#[divan::bench(args = SIZES, sample_count = 10)]
fn one_file(bencher: Bencher<'_, '_>, count: usize) {
    measure(bencher, count, 0, || {
        let documents: Vec<String> = (0..count).map(document).collect();
        vec![SourceText::new("slos/all.yaml", documents.join("---\n"))]
    });
}

/// All documents in one file, each with a key that there is not.
#[divan::bench(args = SIZES, sample_count = 10)]
fn one_file_of_mistakes(bencher: Bencher<'_, '_>, count: usize) {
    measure(bencher, count, count, || {
        let wrong = |number| document(number).replace("kind: SLO", "kind: SLO\nkimd: SLO");
        let documents: Vec<String> = (0..count).map(wrong).collect();
        vec![SourceText::new("slos/all.yaml", documents.join("---\n"))]
    });
}
