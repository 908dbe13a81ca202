//! The cases: each directory under `tests/cases/` is one test, and so is each example.
//!
//! A case is run through the binary and its transcript is compared with `transcript.snap` beside it. To add one, make
//! the directory, run with `INSTA_UPDATE=always` and read the transcript in the diff. The tests are named for the
//! directories, so that a filter picks them: `cargo test --test cases check-freezes`.

#![expect(
    clippy::expect_used,
    clippy::panic,
    clippy::disallowed_methods,
    clippy::missing_docs_in_private_items,
    clippy::string_slice,
    reason = "a test ends with the first surprise, and reads its files itself"
)]

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use libtest_mimic::{Arguments, Failed, Trial};

#[path = "harness/case.rs"]
mod case;
#[path = "harness/checkout.rs"]
mod checkout;
#[path = "harness/datadog.rs"]
mod datadog;
#[path = "harness/github.rs"]
mod github;
#[path = "harness/prometheus.rs"]
mod prometheus;
#[path = "harness/recording.rs"]
mod recording;
#[path = "harness/request.rs"]
mod request;
#[path = "stub/stub.rs"]
mod stub;
#[path = "harness/store.rs"]
mod store;
#[path = "harness/transcript.rs"]
mod transcript;

use case::Case;
use checkout::Checkout;
use prometheus::Standin;
use recording::Recording;
use request::Stub;
use store::Shelf;

fn main() -> ExitCode {
    let arguments = Arguments::from_args();
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases");
    let trials = case::directories(&root).into_iter().map(|directory| {
        let name = directory.file_name().unwrap_or_default().to_string_lossy().into_owned();
        Trial::test(name, move || run(&directory))
    });
    libtest_mimic::run(&arguments, trials.collect()).exit_code()
}

/// Runs one case and compares its transcript.
fn run(directory: &PathBuf) -> Result<(), Failed> {
    let mut case = Case::load(directory)?;
    let checkout = Checkout::of(&case, directory)?;
    let mut stubs: Vec<Box<dyn Stub>> = Vec::new();
    let mut addresses = Vec::new();
    if let Some(plan) = case.prometheus.take() {
        let recording =
            plan.history.as_ref().map(|path| Recording::load(&directory.join(path))).transpose()?;
        let standin = Standin::start(plan, recording)?;
        addresses.push(("$PROMETHEUS", standin.url().to_owned()));
        stubs.push(Box::new(standin));
    }
    if let Some(kept) = case.datadog.take() {
        let standin = datadog::Standin::start(kept)?;
        addresses.push(("$DATADOG", standin.url().to_owned()));
        stubs.push(Box::new(standin));
    }
    let mut runs_in = checkout.path();
    if let Some(known) = &case.github {
        let run = github::start(known, &checkout)?;
        runs_in = run.directory();
        stubs.push(Box::new(run));
    }
    if let Some(store) = case.store.take() {
        let shelf = Shelf::start(store, &runs_in)?;
        addresses.push(("$STORE", shelf.url().to_owned()));
        stubs.push(Box::new(shelf));
    }
    let text = transcript::of(&case, &runs_in, &mut stubs, &addresses);
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path(directory);
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    settings.bind(|| insta::assert_snapshot!("transcript", text));
    Ok(())
}
