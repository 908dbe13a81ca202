//! Files of observations and their schema say the same: what is written satisfies it, and what it refuses is no such
//! file.

#![expect(
    clippy::expect_used,
    clippy::disallowed_methods,
    reason = "a test ends with the first surprise, and reads its files itself"
)]

use std::fs;
use std::path::Path;
use std::process::Command;

use serde_json::{Value, json};
use slogate::budget::gap::Gap;
use slogate::budget::signal::Signal;
use slogate::diagnostic::{Place, SourceText};
use slogate::settings::{self, Environment, Mode};
use slogate::signature::envelope::Envelope;
use slogate::source::delivered::KIND;
use slogate::source::recorded::{self, Heading, Recorded};
use slogate::source::{Range, SignalRequest, Source as _};

/// A file of the project.
fn path(of: &str) -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(of)
}

/// True when a text satisfies the schema of observations.
fn is_valid(text: &str) -> bool {
    satisfies(text, "schemas/observations.v1.json")
}

/// True when a text satisfies a schema.
fn satisfies(text: &str, schema: &str) -> bool {
    let schema = fs::read_to_string(path(schema)).expect("the schema");
    let schema: Value = serde_json::from_str(&schema).expect("a schema is JSON");
    let document: Value = serde_json::from_str(text).expect("observations are JSON");
    jsonschema::validator_for(&schema).expect("a schema").is_valid(&document)
}

#[test]
fn what_check_saves_satisfies_the_schema() {
    let directory = tempfile::tempdir().expect("a directory");
    let saved = directory.path().join("seen.json");
    let mut command = Command::new(env!("CARGO_BIN_EXE_slogate"));
    command.env_clear().arg("check").arg(path("tests/cases/check-freezes-when-spent/repo"));
    command.args(["--environment", "production", "--save-observations"]).arg(&saved);
    let output = command.output().expect("the binary can be started");
    assert_eq!(output.status.code(), Some(1), "{}", String::from_utf8_lossy(&output.stderr));
    assert!(is_valid(&fs::read_to_string(saved).expect("the observations")));
}

#[test]
fn what_observe_signs_satisfies_both_schemas() {
    let directory = tempfile::tempdir().expect("a directory");
    let left = directory.path().join("signed.json");
    for (case, file) in [
        ("check-freezes-when-spent", "slos/shop.yaml"),
        ("check-freezes-when-spent", "policies/shop.rhai"),
        ("observe-needs-a-key", "slogate.yaml"),
    ] {
        let target = directory.path().join(file);
        fs::create_dir_all(target.parent().expect("a directory above")).expect("a directory");
        fs::copy(path(&format!("tests/cases/{case}/repo/{file}")), target).expect("a file");
    }
    let mut command = Command::new(env!("CARGO_BIN_EXE_slogate"));
    command.env_clear().arg("observe").arg(directory.path());
    command.env("SLOGATE_OBSERVER_KEY", "ed25519-secret:nWGxne/9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A=");
    let seen = "tests/cases/check-unknown-when-observations-are-not-believed/repo/seen/plain.json";
    command.arg("--observations").arg(path(seen));
    let output = command.arg("--output").arg(&left).output().expect("the binary can be started");
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
    let text = fs::read_to_string(left).expect("the observations");
    assert!(satisfies(&text, "schemas/envelope.v1.json") && !is_valid(&text), "{text}");
    let sealed = Envelope::read(text.as_bytes()).expect("an envelope");
    let inside = sealed.unproven(KIND).expect("observations");
    assert!(is_valid(&String::from_utf8(inside).expect("a text")));
}

#[test]
fn signals_satisfy_the_schema_and_what_it_refuses_is_not_read() {
    let file = SourceText::new("slogate.yaml", "cpu");
    let place = Place::new(&file, 0..3);
    let signal = settings::Signal { query: "cpu".to_owned(), query_place: place.clone(), place };
    let matchers = Environment { mode: Mode::Enforce, matchers: [].into() };
    let asked =
        |name| SignalRequest { name, signal: &signal, environment: "production", matchers: &matchers };
    let known = Signal { first: 600, step: 300, fires: vec![Some(true), None, Some(false), Some(false)] };
    let lost = Gap::Unreachable { detail: "nobody answered".to_owned() };
    let answers = [(asked("cpu"), Ok(known.clone())), (asked("disk"), Err(lost))];
    let heading = Heading { source: "a test", evaluated_at: 1_500, step: 300, audience: Some("acme/shop") };
    let text = recorded::write(heading, &[], &[], &answers);
    assert!(is_valid(&text), "{text}");
    let again = Recorded::read("o.json", &text).expect("it is readable");
    let range = Range { first: 600, last: 1_500, step: 300 };
    assert_eq!(again.signals(&[asked("cpu")], range), [Ok(known)]);
    let gap = json!({ "kind": "stale", "age": 900 });
    for (key, value) in
        [("gap", gap), ("fires", json!("yes")), ("first", json!("today")), ("unit", json!("%"))]
    {
        let mut document: Value = serde_json::from_str(&text).expect("JSON");
        let entry =
            document.pointer_mut("/signals/0").and_then(Value::as_object_mut).expect("the first signal");
        entry.insert(key.to_owned(), value);
        let text = document.to_string();
        assert!(!is_valid(&text) && Recorded::read("o.json", &text).is_err(), "{text}");
    }
}
