//! A runner that runs the steps of the action as GitHub's does: each in its shell, with files of its own for outputs, variables,
//! paths and the summary, under its condition, with what is left of a run that is cancelled or killed.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::process::CommandExt as _;
use std::path::PathBuf;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tempfile::TempDir;

use super::expression::{Standing, filled, holds};
use super::stub::Stub;

/// The token of the run.
pub const TOKEN: &str = "ghs_that-nobody-may-see";

/// How often it is looked whether a step has come to something.
const LOOK: Duration = Duration::from_millis(10);

/// What a shell is told when its step is cancelled, and how long it is waited for then. A runner grants 7.5 s and 2.5 s; a
/// debug build on a machine with much to do may take longer, and what is asked here is whether the first is enough.
const GRACE: [(&str, Duration); 2] = [("-INT", Duration::from_secs(300)), ("-TERM", Duration::from_secs(60))];

/// What happens to the process of a step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Trouble {
    /// The run is cancelled: the shell of the step is told so, nobody else.
    Cancelled,
    /// The step and all that it started are killed.
    Killed,
}

/// A run of the action in a job.
pub struct Runner<'a> {
    /// GitHub.
    pub stub: &'a Stub,
    /// The event and its payload.
    pub event: (&'static str, Value),
    /// The run's id: later runs have higher ones.
    pub run: u64,
    /// What happens to the step that sends a request with these words.
    pub trouble: Option<(&'static str, Trouble)>,
}

/// How a step ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Conclusion {
    Success,
    Failure,
    Cancelled,
    Skipped,
}

/// How the action ended.
#[derive(Debug)]
pub struct Ended {
    /// Each step by its name.
    pub steps: Vec<(String, Conclusion)>,
    pub outputs: BTreeMap<String, String>,
    /// What the steps printed.
    pub log: String,
    pub summary: String,
    /// What a step that was to end had to be told until nothing of it was left.
    pub signals: Vec<&'static str>,
    /// The directory of the run, which goes away with this.
    pub place: TempDir,
}

impl Ended {
    /// True when no step failed.
    pub fn succeeded(&self) -> bool {
        self.steps
            .iter()
            .all(|(_, conclusion)| matches!(conclusion, Conclusion::Success | Conclusion::Skipped))
    }

    /// How the step of a name ended.
    pub fn step(&self, name: &str) -> Conclusion {
        let found = self.steps.iter().find(|(step, _)| step == name);
        found.unwrap_or_else(|| panic!("no step is called `{name}`")).1
    }
}

impl Runner<'_> {
    /// Runs the action with what a workflow gives it.
    pub fn run(&self, action: &Value, with: &[(&str, &str)]) -> Ended {
        let place = tempfile::tempdir().expect("a directory");
        for below in ["workspace", "temp", "files"] {
            fs::create_dir(place.path().join(below)).expect("a directory");
        }
        fs::write(place.path().join("event.json"), self.event.1.to_string()).expect("a payload");
        let mut job = Job {
            runner: self,
            path: place.path().canonicalize().expect("a path"),
            environment: BTreeMap::new(),
            contexts: json!({ "github": self.github(), "inputs": {}, "steps": {} }),
            standing: Standing::Succeeding,
            ended: Ended {
                steps: vec![],
                outputs: BTreeMap::new(),
                log: String::new(),
                summary: String::new(),
                signals: vec![],
                place,
            },
        };
        job.take(action, with);
        for (number, step) in action["runs"]["steps"].as_array().expect("steps").iter().enumerate() {
            job.step(number, step);
        }
        for (name, output) in action["outputs"].as_object().expect("outputs") {
            let value = filled(output["value"].as_str().expect("a value"), &job.contexts);
            job.ended.outputs.insert(name.clone(), value);
        }
        job.ended
    }

    /// The context `github`.
    pub fn github(&self) -> Value {
        json!({ "token": TOKEN, "event_name": self.event.0, "event": self.event.1 })
    }

    /// The variables that a runner sets for every step. The token is none of them.
    fn variables(&self, place: &std::path::Path) -> Vec<(&'static str, String)> {
        let at = |below: &str| place.join(below).display().to_string();
        let repository = self.stub.world().repository.clone();
        let mut variables = vec![
            ("PATH", std::env::var("PATH").expect("a path")),
            ("HOME", at("temp")),
            ("CI", "true".to_owned()),
            ("GITHUB_ACTIONS", "true".to_owned()),
            ("GITHUB_ACTION_PATH", env!("CARGO_MANIFEST_DIR").to_owned()),
            ("GITHUB_API_URL", self.stub.url().to_owned()),
            ("GITHUB_SERVER_URL", "https://github.example".to_owned()),
            ("GITHUB_REPOSITORY", repository),
            ("GITHUB_EVENT_NAME", self.event.0.to_owned()),
            ("GITHUB_EVENT_PATH", at("event.json")),
            ("GITHUB_WORKSPACE", at("workspace")),
            ("GITHUB_RUN_ID", self.run.to_string()),
            ("GITHUB_RUN_NUMBER", self.run.to_string()),
            ("GITHUB_RUN_ATTEMPT", "1".to_owned()),
            ("RUNNER_OS", "Linux".to_owned()),
            ("RUNNER_ARCH", "X64".to_owned()),
            ("RUNNER_TEMP", at("temp")),
        ];
        if let Some(base) = self.event.1["pull_request"]["base"]["ref"].as_str() {
            variables.push(("GITHUB_BASE_REF", base.to_owned()));
        }
        if let Some(pushed) = self.event.1["after"].as_str() {
            variables.push(("GITHUB_SHA", pushed.to_owned()));
        }
        variables
    }
}

/// A run of the action while it goes on.
struct Job<'a> {
    runner: &'a Runner<'a>,
    path: PathBuf,
    /// What steps left for later ones in `GITHUB_ENV` and `GITHUB_PATH`.
    environment: BTreeMap<String, String>,
    contexts: Value,
    standing: Standing,
    ended: Ended,
}

impl Job<'_> {
    /// Takes the inputs: those that are given, which the action must have, and the defaults of the others.
    fn take(&mut self, action: &Value, with: &[(&str, &str)]) {
        let inputs = action["inputs"].as_object().expect("inputs");
        for (name, _) in with {
            assert!(inputs.contains_key(*name), "the action has no input `{name}`");
        }
        for (name, input) in inputs {
            let given = with.iter().find(|(given, _)| given == name).map(|(_, value)| (*value).to_owned());
            let default = || filled(input["default"].as_str().unwrap_or_default(), &self.contexts);
            let value = given.unwrap_or_else(default);
            self.contexts["inputs"][name] = Value::from(value);
        }
    }

    /// Runs a step where its condition holds.
    fn step(&mut self, number: usize, step: &Value) {
        let keys = ["name", "id", "if", "shell", "env", "run"];
        for key in step.as_object().expect("a step").keys() {
            assert!(keys.contains(&key.as_str()), "what `{key}` of a step does is not known here");
        }
        let (name, script) =
            (step["name"].as_str().expect("a name"), step["run"].as_str().expect("a script"));
        let mut outputs = serde_json::Map::new();
        let conclusion = if holds(step["if"].as_str(), &self.contexts, self.standing) {
            assert_eq!(step["shell"], "bash", "a step names its shell");
            assert!(!script.contains("${{"), "inputs reach a script by the environment only");
            let (status, cancelled) = self.process(number, step, script);
            outputs.extend(self.left(number));
            match (cancelled, status.success()) {
                (true, _) => Conclusion::Cancelled,
                (false, true) => Conclusion::Success,
                (false, false) => Conclusion::Failure,
            }
        } else {
            Conclusion::Skipped
        };
        match conclusion {
            Conclusion::Failure if self.standing == Standing::Succeeding => self.standing = Standing::Failing,
            Conclusion::Cancelled => self.standing = Standing::Cancelled,
            Conclusion::Success | Conclusion::Failure | Conclusion::Skipped => {}
        }
        if let Some(id) = step["id"].as_str() {
            self.contexts["steps"][id] = json!({ "outputs": outputs });
        }
        self.ended.steps.push((name.to_owned(), conclusion));
    }

    /// A file of a step.
    fn file(&self, kind: &str, number: usize) -> PathBuf {
        self.path.join("files").join(format!("{kind}_{number}"))
    }

    /// The process of a step, run to its end; and whether it was cancelled.
    fn process(&mut self, number: usize, step: &Value, script: &str) -> (ExitStatus, bool) {
        let path = self.file("script", number);
        fs::write(&path, script).expect("a script");
        let log = fs::File::create(self.file("log", number)).expect("a log");
        // A runner's step hears signals, also where these tests run in the background of a shell and would not.
        let mut command = Command::new("env");
        command
            .args(["--default-signal=INT,TERM", "bash", "--noprofile", "--norc", "-e", "-o", "pipefail"])
            .arg(path);
        command.current_dir(self.path.join("workspace")).env_clear().process_group(0);
        command.stdout(log.try_clone().expect("a log")).stderr(log);
        command.envs(self.runner.variables(&self.path)).envs(&self.environment);
        for (name, kind) in [
            ("GITHUB_OUTPUT", "output"),
            ("GITHUB_ENV", "env"),
            ("GITHUB_PATH", "path"),
            ("GITHUB_STEP_SUMMARY", "summary"),
        ] {
            fs::write(self.file(kind, number), "").expect("a file");
            command.env(name, self.file(kind, number));
        }
        for (name, value) in step["env"].as_object().into_iter().flatten() {
            command.env(name, filled(value.as_str().expect("a text"), &self.contexts));
        }
        let mut child = command.spawn().expect("bash");
        while child.try_wait().expect("a child").is_none() {
            if let Some((words, trouble)) = self.runner.trouble
                && self.runner.stub.requests().iter().any(|request| request.line().contains(words))
                && self.standing == Standing::Succeeding
            {
                return (end(&mut child, trouble, &mut self.ended.signals), trouble == Trouble::Cancelled);
            }
            sleep(LOOK);
        }
        (child.wait().expect("a child"), false)
    }

    /// What a step left in its files: its outputs; the rest goes to those who read it.
    fn left(&mut self, number: usize) -> Vec<(String, Value)> {
        let kinds = ["output", "env", "path", "log", "summary"];
        let read = |kind| fs::read_to_string(self.file(kind, number)).expect("a file of the step");
        let [outputs, variables, paths, log, summary] = kinds.map(read);
        self.ended.log.push_str(&log);
        self.ended.summary.push_str(&summary);
        self.environment.extend(pairs(&variables));
        assert_eq!(paths, "", "the action puts nothing on the path of others");
        pairs(&outputs).into_iter().map(|(name, value)| (name, Value::from(value))).collect()
    }
}

/// Ends a step as trouble has it: cancelled, its shell is told twice before all of it is killed. What it had to be told is
/// noted, the last of it where something that it started lived on.
fn end(child: &mut Child, trouble: Trouble, signals: &mut Vec<&'static str>) -> ExitStatus {
    let tell = |signal: &str, whom: String| {
        let told = Command::new("kill").args([signal, "--", &whom]).stderr(Stdio::null()).status();
        told.expect("kill").success()
    };
    let grace = if trouble == Trouble::Cancelled { GRACE.as_slice() } else { &[] };
    'told: for (signal, time) in grace {
        signals.push(*signal);
        assert!(tell(signal, child.id().to_string()), "{signal} reaches the shell");
        let told = Instant::now();
        while told.elapsed() < *time {
            if child.try_wait().expect("a child").is_some() {
                break 'told;
            }
            sleep(LOOK);
        }
    }
    if tell("-KILL", format!("-{}", child.id())) {
        signals.push("-KILL");
    }
    child.wait().expect("a child")
}

/// The names and values in a file of commands: `name=value`, or `name<<end`, the lines of the value and the end.
fn pairs(text: &str) -> Vec<(String, String)> {
    let mut pairs = Vec::new();
    let mut lines = text.lines();
    while let Some(line) = lines.next() {
        let value = line.split_once('=').filter(|(name, _)| !name.contains("<<"));
        let (name, value) = match (value, line.split_once("<<")) {
            (Some((name, value)), _) => (name, value.to_owned()),
            (None, Some((name, end))) => {
                let value: Vec<&str> = lines.by_ref().take_while(|line| *line != end).collect();
                (name, value.join("\n"))
            }
            (None, None) => panic!("GitHub refuses the line `{line}`"),
        };
        pairs.push((name.to_owned(), value));
    }
    pairs
}
