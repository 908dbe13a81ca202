//! A run that tells: the pending status first, everything else when there is a report, and a status that
//! is closed in every case.

use std::rc::Rc;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crate::command::World;
use crate::command::annotation;
use crate::command::passage::Passage;
use crate::github::{Address, GitHub, Run, State};
use crate::http::{Client, Limits, before_an_interruption};
use crate::publish::{
    self, Annotation, Gate, Level, Outcome, Places, Publication, Speaker, Standing, StatusLine, status,
};
use crate::report::escape::terminal;
use crate::report::turn::Turn;
use crate::report::{Report, json, line, markdown};
use crate::tree;
use crate::verdict::{Effect, Exit};

/// How long telling may take once everything is decided, whatever was spent before.
const CLOSING: Duration = Duration::from_secs(30);

/// What the status says of a run that was cancelled.
const CANCELLED: &str = "cancelled before it could decide; run this check again";

/// What the status says of a run whose process did not come to its end.
const KILLED: &str = "ended before it could decide; run this check again";

/// How long closing the status of a cancelled run may take: a runner sends SIGINT, and SIGTERM 7.5 seconds later.
const HURRY: Limits = Limits { deadline: Duration::from_secs(6), attempt: Duration::from_secs(2), tries: 2 };

/// A run that tells what becomes of a change: its pull request, its commit, or the run's own summary alone.
pub struct Post<'a> {
    /// The run.
    run: &'a Run,
    /// The passage that it is about.
    passage: &'a Passage,
    /// Where the verdict stands as a commit status, if anywhere.
    gate: Option<Gate>,
    /// GitHub.
    github: Rc<GitHub>,
    /// The environment that the status is named for.
    environment: String,
    /// When this run began to judge, in seconds since the epoch.
    began: i64,
    /// What became of the pending status.
    opened: Outcome,
    /// Whoever holds it writes the status; true once somebody has closed it.
    closed: Arc<Mutex<bool>>,
}

impl<'a> Post<'a> {
    /// Reads the run from the environment.
    ///
    /// # Errors
    /// When this is no run.
    pub fn read_run(world: &World) -> Result<Run, String> {
        let path = Run::payload_path(&world.environment)
            .ok_or_else(|| "`GITHUB_EVENT_PATH` is not set, so this is no GitHub Actions run".to_owned())?;
        let bytes = tree::read_file(&path).map_err(|error| error.to_string())?;
        let payload = String::from_utf8(bytes).map_err(|_| "the event's payload is not UTF-8".to_owned())?;
        Run::read(&world.environment, &payload).map_err(|error| error.to_string())
    }

    /// Posts the pending status that the gate waits for.
    #[must_use]
    pub fn open(
        run: &'a Run,
        passage: &'a Passage,
        github: Rc<GitHub>,
        environment: &str,
        began: i64,
    ) -> Self {
        let environment = environment.to_owned();
        let gate = passage.gate(&environment);
        let began = github.met().unwrap_or(began);
        let closed = Arc::new(Mutex::new(false));
        let mut opened = Outcome::Placeless;
        if let Some(gate) = &gate {
            let speaker = speaker(run, began);
            close_when_cancelled(&closed, gate.clone(), speaker.clone(), run.address.clone());
            let _writing = held(&closed);
            opened = publish::pending(&github, gate, &speaker);
        }
        Self { run, passage, gate, github, environment, began, opened, closed }
    }

    /// Closes the status alone, when nothing else can be said any more.
    pub fn abandon(&self, why: &str) {
        let line = StatusLine { state: State::Error, description: why.to_owned() };
        let Some(gate) = &self.gate else { return };
        let mut closed = held(&self.closed);
        *closed = true;
        self.github.grant(CLOSING);
        let _ = publish::close(&self.github, gate, &speaker(self.run, self.began), &line);
    }

    /// Says everything and closes the status. `usage` is what is wrong with the command line, when that kept the
    /// verdict from being made. False when something that may be said could not be.
    pub fn close(&self, report: &Report, usage: Option<&str>, world: &mut World) -> bool {
        let report_path = self.keep_report(report, world);
        let mut closed = held(&self.closed);
        *closed = true;
        self.github.grant(CLOSING);
        let publication = self.publication(report, usage, report_path);
        let mut log = Vec::new();
        let pull = self.passage.pull();
        let mut places =
            Places { summary: self.run.summary.clone(), output: self.run.output.clone(), log: &mut log };
        let mut told = publish::apply(&publication, &self.github, pull.map(|pull| pull.number), &mut places);
        // A token that was let open the status is no token that may not write it.
        if let (Outcome::Written, Outcome::Degraded(what)) = (&self.opened, &told.status) {
            told.status =
                Outcome::Failed(format!("the token may not {what} any more, and it is left pending"));
        }
        let _ = world.out.write_all(&log);
        for note in told.notes(&self.opened) {
            world.tell(&note);
        }
        told.standing() != Standing::Failed
    }

    /// Leaves the whole report in a file of the run, and says where.
    fn keep_report(&self, report: &Report, world: &mut World) -> Option<String> {
        let directory = world.variable("RUNNER_TEMP")?.to_owned();
        let name =
            format!("slogate-{}.json", self.environment.replace(|c: char| !c.is_ascii_alphanumeric(), "-"));
        let path = std::path::Path::new(&directory).join(name);
        match std::fs::write(&path, json::render(report)) {
            Ok(()) => Some(path.display().to_string()),
            Err(error) => {
                world.tell(&format!("the report could not be written to `{}`: {error}", path.display()));
                None
            }
        }
    }

    /// Everything that is to be said.
    fn publication(&self, report: &Report, usage: Option<&str>, report_path: Option<String>) -> Publication {
        let verdict = &report.verdict;
        let comment = markdown::render(report);
        let status = match usage {
            Some(message) => StatusLine { state: State::Error, description: format!("usage: {message}") },
            None => StatusLine { state: state(verdict.exit), description: line::render(report) },
        };
        let exit = if usage.is_some() { Exit::Usage } else { verdict.exit };
        let mut outputs = vec![
            ("verdict".to_owned(), verdict.effect.as_str().to_owned()),
            ("exit".to_owned(), exit.code().to_string()),
            ("valid-until".to_owned(), verdict.valid_until.to_string()),
        ];
        outputs.push(("report".to_owned(), report_path.unwrap_or_default()));
        Publication {
            environment: self.environment.clone(),
            base_branch: self.passage.branch().to_owned(),
            head_sha: self.passage.head.clone().unwrap_or_default(),
            gate: self.gate.clone(),
            speaker: speaker(self.run, self.began),
            summary_markdown: comment.clone(),
            comment_markdown: comment,
            turn: if usage.is_some() { Turn::unsure() } else { Turn::of(report) },
            status,
            outputs,
            annotations: annotations(report, self.passage.pull().is_none()),
        }
    }
}

/// Waits until nobody else writes the status.
fn held(closed: &Mutex<bool>) -> MutexGuard<'_, bool> {
    closed.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Closes the status when the run is cancelled, unless it is closed by then. What the main thread uses is its own, so
/// this goes another way to GitHub, within the seconds that a runner grants.
fn close_when_cancelled(closed: &Arc<Mutex<bool>>, gate: Gate, speaker: Speaker, address: Address) {
    let closed = Arc::clone(closed);
    before_an_interruption(move || {
        let mut closed = held(&closed);
        if *closed {
            return;
        }
        *closed = true;
        let Ok(client) = Client::new(HURRY) else { return };
        if let Ok(github) = GitHub::connect(Rc::new(client), &address, HURRY) {
            let line = StatusLine { state: State::Error, description: CANCELLED.to_owned() };
            let _ = publish::close(&github, &gate, &speaker, &line);
        }
    });
}

/// Closes what a step of this very run left pending, because its process was killed; touches nothing else. False when
/// that cannot be known or done.
pub fn close_what_was_left(
    run: &Run,
    passage: &Passage,
    github: &GitHub,
    environment: &str,
    world: &mut World,
) -> bool {
    let speaker = speaker(run, github.met().unwrap_or(world.now.as_second()));
    let mut gates = Vec::from_iter(passage.gate(environment));
    // The head may have moved since the step that was killed.
    if let (Some(then), Some(_)) = (run.pull_request(), passage.pull()) {
        let context = status::context(environment, &then.base_ref);
        let gate = Gate { context, commit: then.head_sha.clone(), is_waited_for: true };
        if !gates.contains(&gate) {
            gates.push(gate);
        }
    }
    let mut done = true;
    for gate in gates {
        let latest = match github.latest(&gate.commit, &gate.context) {
            Ok(latest) => latest,
            Err(error) => {
                world.tell(&format!("whether a commit status was left pending is not known: {error}"));
                done = false;
                continue;
            }
        };
        let left = latest.filter(|latest| latest.status.state == State::Pending.as_str());
        if left.is_none_or(|left| !status::is_of(&left.status.target, &speaker)) {
            continue;
        }
        let line = StatusLine { state: State::Error, description: KILLED.to_owned() };
        match publish::close(github, &gate, &speaker, &line) {
            Outcome::Failed(why) => {
                world.tell(&format!("the commit status that was left pending could not be closed: {why}"));
                done = false;
            }
            Outcome::Degraded(what) => world.tell(&format!("the token may not {what}")),
            Outcome::Written | Outcome::Unchanged | Outcome::Skipped(_) | Outcome::Placeless => {
                world.tell("closed the commit status that a step of this run had left pending");
            }
        }
    }
    done
}

/// The run as the order of runs and people know it.
pub(super) fn speaker(run: &Run, began: i64) -> Speaker {
    Speaker { url: run.url(), run: run.id, attempt: run.attempt, began }
}

/// What the commit status says of an exit: only a verdict that withholds nothing is a success.
pub(super) const fn state(exit: Exit) -> State {
    match exit {
        Exit::Proceed => State::Success,
        Exit::Withheld | Exit::Failed => State::Failure,
        Exit::Usage | Exit::Invalid | Exit::Unknown | Exit::Untold => State::Error,
    }
}

/// The verdict and the problems as annotations; `is_looked_at` where what is written is itself judged, and not a change.
fn annotations(report: &Report, is_looked_at: bool) -> Vec<Annotation> {
    // In a mode that only informs, what is not known is said no louder than what is, and a reader must not miss it.
    let is_unsure = report.verdict.rulings.iter().any(|one| one.stated == Effect::Unknown);
    let level = match report.verdict.exit {
        Exit::Proceed if report.verdict.effect >= Effect::Warn || is_unsure => Level::Warning,
        Exit::Proceed => Level::Notice,
        Exit::Withheld | Exit::Failed | Exit::Usage | Exit::Invalid | Exit::Unknown | Exit::Untold => {
            Level::Error
        }
    };
    let verdict = Annotation {
        level,
        file: None,
        line: None,
        column: None,
        end_column: None,
        title: "slogate".to_owned(),
        message: line::render(report),
    };
    let proposed = report.proposed.as_ref();
    let eased = proposed.into_iter().flat_map(|proposed| &proposed.revisions).filter_map(|retold| {
        let place = &retold.revision.place;
        // What is removed stands on no line any more.
        let stands = retold.revision.revised.kind() != "removed";
        retold.eases_an_exhausted_budget().then(|| Annotation {
            level: Level::Warning,
            file: stands.then(|| format!("{}{}", report.prefix, place.source.path())),
            line: stands.then(|| place.line()),
            column: stands.then(|| place.column()),
            end_column: None,
            title: "slogate: an exhausted budget is eased".to_owned(),
            message: retold.sentence(terminal),
        })
    });
    let found = proposed.into_iter().flat_map(|proposed| &proposed.problems).filter(|found| found.ours);
    let found = found.map(|found| annotation::of(&found.problem, &report.prefix));
    // A warning about what is written on the base is not of this change's doing, and the same for every change.
    let problems = report.problems.iter().filter(|problem| is_looked_at || problem.is_error());
    let problems = problems.map(|problem| annotation::of(problem, &report.prefix));
    std::iter::once(verdict).chain(eased).chain(found).chain(problems).collect()
}
