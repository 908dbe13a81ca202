//! A transcript: what one run of the binary said and did, in the order in which a reader wants it.
//!
//! The command, the requests that only read, what was printed, the requests that changed something, and the exit.
//! Whatever depends on chance (ports, directories) is shown under a fixed name.

use std::fmt::Write as _;
use std::fs;
use std::io::Read;
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::case::Case;
use crate::request::{Request, Stub};

/// The longest that a command may take.
const PATIENCE: Duration = Duration::from_secs(120);

/// What a command left behind.
struct Outcome {
    /// What it printed.
    out: String,
    /// What it complained about.
    err: String,
    /// How it ended.
    status: ExitStatus,
}

/// Runs every command of a case in `directory` and writes down what happens.
///
/// `addresses` are those of the stand-ins, by the word that stands for each.
pub fn of(
    case: &Case,
    directory: &Path,
    stubs: &mut [Box<dyn Stub>],
    addresses: &[(&str, String)],
) -> String {
    let mut text = format!("# {}\n", case.about.trim());
    for command in &case.commands {
        let instants: Vec<Option<&String>> =
            if case.now.is_empty() { vec![None] } else { case.now.iter().map(Some).collect() };
        for now in instants {
            let mut words: Vec<String> = command.split_whitespace().map(str::to_owned).collect();
            words.extend(now.into_iter().flat_map(|now| ["--now".to_owned(), now.clone()]));
            run(&mut text, case, directory, stubs, addresses, &words);
        }
    }
    for (chance, shown) in stubs.iter().flat_map(|stub| stub.redactions()) {
        text = text.replace(&chance, &shown);
    }
    let text = text.replace(&directory.display().to_string(), "/repository");
    let text = beginless(&text);
    if case.clock { text.split_inclusive('\n').map(timeless).collect() } else { text }
}

/// A text in which neither the links of statuses nor the markers of comments say when their run began.
fn beginless(text: &str) -> String {
    ["&at=", " at="].into_iter().fold(text.to_owned(), |text, name| {
        let mut parts = text.split(name);
        let first = parts.next().unwrap_or_default().to_owned();
        parts.fold(first, |shown, part| match part.trim_start_matches(|c: char| c.is_ascii_digit()) {
            rest if rest.len() == part.len() => shown + name + part,
            rest => shown + name + "$THEN" + rest,
        })
    })
}

/// A line without the instants that the clock gave it: RFC 3339, `21 Nov 12:00 UTC`, and the seconds of a query.
fn timeless(line: &str) -> String {
    for name in [">   time: ", ">   start: ", ">   end: "] {
        if line.starts_with(name) {
            return format!("{name}$THEN\n");
        }
    }
    let mut shown = String::new();
    let mut rest = line;
    while let Some(start) = rest.find(|c: char| c.is_ascii_digit()) {
        let (before, from) = rest.split_at(start);
        let after = |pattern: &[&str]| instant(from, pattern);
        let length = after(&["dddd-dd-ddTdd:dd:dd"])
            .map(|length| length + from[length..].find('Z').map_or(0, |z| z + 1))
            .or_else(|| after(&["dd aaa dd:dd UTC", "d aaa dd:dd UTC"]))
            .unwrap_or(0);
        let digits = from.find(|c: char| !c.is_ascii_digit()).unwrap_or(from.len());
        shown.push_str(before);
        shown.push_str(if length > 0 { "$THEN" } else { &from[..digits] });
        rest = &from[length.max(if length > 0 { 0 } else { digits })..];
    }
    shown + rest
}

/// The length of an instant at the start of a text: `d` stands for a digit, `a` for a letter.
fn instant(text: &str, patterns: &[&str]) -> Option<usize> {
    let fits = |pattern: &&&str| {
        text.len() >= pattern.len()
            && pattern.bytes().zip(text.bytes()).all(|(wanted, found)| match wanted {
                b'd' => found.is_ascii_digit(),
                b'a' => found.is_ascii_alphabetic(),
                other => other == found,
            })
    };
    patterns.iter().find(fits).map(|pattern| pattern.len())
}

/// Runs one command and writes it down.
fn run(
    text: &mut String,
    case: &Case,
    directory: &Path,
    stubs: &mut [Box<dyn Stub>],
    addresses: &[(&str, String)],
    words: &[String],
) {
    let placed = |word: &str| {
        addresses.iter().fold(word.to_owned(), |word, (name, address)| word.replace(name, address))
    };
    let mut command = Command::new(env!("CARGO_BIN_EXE_slogate"));
    command.args(words.iter().map(|word| placed(word))).current_dir(directory).env_clear();
    for (name, value) in stubs.iter().flat_map(|stub| stub.environment()) {
        command.env(name, value);
    }
    for (name, value) in &case.env {
        command.env(name, placed(value));
    }
    // Relative to the repository, like everything that a command is given.
    let stdin =
        case.stdin.as_ref().map(|path| fs::File::open(directory.join(path)).expect("what is piped in"));
    let outcome = finished(command, stdin.map_or_else(Stdio::null, Stdio::from));
    let (reads, writes): (Vec<Request>, Vec<Request>) =
        stubs.iter_mut().flat_map(|stub| stub.requests()).partition(reads_only);

    section(text, &format!("$ slogate {}", words.join(" ")));
    push(text, &reads);
    section(text, &if case.pick.is_empty() { outcome.out } else { picked(&outcome.out, &case.pick) });
    if !outcome.err.trim().is_empty() {
        section(text, "-- stderr");
        section(text, &outcome.err);
    }
    push(text, &writes);
    for (title, left) in stubs.iter_mut().flat_map(|stub| stub.left()) {
        section(text, &format!("-- {title}"));
        section(text, &left);
    }
    for path in &case.shows {
        section(text, &format!("-- {}", path.display()));
        section(text, &fs::read_to_string(directory.join(path)).unwrap_or_else(|error| error.to_string()));
    }
    section(
        text,
        &format!(
            "exit: {}\n",
            named(
                outcome.status,
                words.first().is_some_and(|verb| ["test", "definitions", "convert"].contains(&verb.as_str()))
            )
        ),
    );
}

/// True for a request that changes nothing: queries are posted, too.
fn reads_only(request: &Request) -> bool {
    request.method == "GET"
        || ["/api/v1/query", "/graphql"].iter().any(|read| request.target.starts_with(read))
}

/// Adds requests.
fn push(text: &mut String, requests: &[Request]) {
    for request in requests {
        write!(text, "{request}").expect("a string grows");
    }
}

/// Adds text that ends with a line's end, unless it is empty.
fn section(text: &mut String, part: &str) {
    text.push_str(part);
    if !part.is_empty() && !part.ends_with('\n') {
        text.push('\n');
    }
}

/// Waits for a command and ends it when it takes too long.
fn finished(mut command: Command, stdin: Stdio) -> Outcome {
    command.stdin(stdin).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().expect("the binary can be started");
    let out = drained(child.stdout.take());
    let err = drained(child.stderr.take());
    let status = awaited(&mut child);
    let collected = |reader: thread::JoinHandle<String>| reader.join().expect("the stream can be read");
    Outcome { out: collected(out), err: collected(err), status }
}

/// Reads a stream to its end beside everything else, so that no pipe fills up.
fn drained<R: Read + Send + 'static>(stream: Option<R>) -> thread::JoinHandle<String> {
    thread::spawn(move || {
        let mut bytes = Vec::new();
        if let Some(mut stream) = stream {
            stream.read_to_end(&mut bytes).expect("the stream can be read");
        }
        String::from_utf8_lossy(&bytes).into_owned()
    })
}

/// Waits for the child's end.
fn awaited(child: &mut Child) -> ExitStatus {
    let begun = Instant::now();
    loop {
        if let Some(status) = child.try_wait().expect("the child can be waited for") {
            return status;
        }
        if begun.elapsed() > PATIENCE {
            child.kill().expect("the child can be ended");
        }
        thread::sleep(Duration::from_millis(5));
    }
}

/// The exit with its name in the product's documentation.
fn named(status: ExitStatus, tries: bool) -> String {
    let name = match status.code() {
        Some(0) if tries => "passed",
        Some(1) if tries => "failed",
        Some(0) => "proceed",
        Some(1) => "withheld",
        Some(2) => "usage",
        Some(3) => "invalid",
        Some(4) => "unknown",
        Some(5) => "untold",
        Some(_) => "not an exit of slogate",
        None => return "ended by a signal".to_owned(),
    };
    format!("{} {name}", status.code().unwrap_or_default())
}

/// Values of a JSON document by their pointers, a line each; the document itself when it is none.
fn picked(out: &str, pointers: &[String]) -> String {
    let Ok(document) = serde_json::from_str::<Value>(out) else { return out.to_owned() };
    let mut lines = String::new();
    for pointer in pointers {
        let mut found = Vec::new();
        follow(&document, pointer.trim_start_matches('/'), &mut found);
        let values: Vec<String> = found.iter().map(|value| shortened(value)).collect();
        writeln!(lines, "{pointer}: {}", values.join(", ")).expect("a string grows");
    }
    lines
}

/// Follows a pointer; `*` stands for every element of an array.
fn follow<'a>(value: &'a Value, pointer: &str, found: &mut Vec<&'a Value>) {
    if pointer.is_empty() {
        found.push(value);
        return;
    }
    let (step, rest) = pointer.split_once('/').unwrap_or((pointer, ""));
    let elements = value.as_array().map(Vec::as_slice).unwrap_or_default();
    let inner: Vec<&Value> = match (step, step.parse::<usize>()) {
        ("*", _) => elements.iter().collect(),
        (_, Ok(index)) => elements.get(index).into_iter().collect(),
        (name, Err(_)) => value.get(name).into_iter().collect(),
    };
    for value in inner {
        follow(value, rest, found);
    }
}

/// A value on one line, numbers with four decimals at most.
fn shortened(value: &Value) -> String {
    match value.as_f64() {
        Some(number) if value.is_f64() => {
            let fixed = format!("{number:.4}");
            fixed.trim_end_matches('0').trim_end_matches('.').to_owned()
        }
        _ => value.as_str().map_or_else(|| value.to_string(), str::to_owned),
    }
}
