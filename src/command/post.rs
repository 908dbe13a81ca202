//! A run that tells: the pending status first, everything else when there is a report, and a status that
//! is closed in every case.

use std::rc::Rc;
use std::time::Duration;

use crate::command::World;
use crate::command::annotation;
use crate::command::passage::Passage;
use crate::github::{GitHub, Run, State};
use crate::publish::{
    self, Annotation, Gate, Level, Outcome, Places, Publication, Speaker, Standing, StatusLine,
};
use crate::report::escape::terminal;
use crate::report::turn::Turn;
use crate::report::{Report, json, line, markdown};
use crate::tree;
use crate::verdict::Exit;

/// How long telling may take once everything is decided, whatever was spent before.
const CLOSING: Duration = Duration::from_secs(30);

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
        let opened = gate
            .as_ref()
            .map_or(Outcome::Placeless, |gate| publish::pending(&github, gate, &speaker(run, began)));
        Self { run, passage, gate, github, environment, began, opened }
    }

    /// Closes the status alone, when nothing else can be said any more.
    pub fn abandon(&self, why: &str) {
        let line = StatusLine { state: State::Error, description: why.to_owned() };
        let Some(gate) = &self.gate else { return };
        self.github.grant(CLOSING);
        let _ = publish::close(&self.github, gate, &speaker(self.run, self.began), &line);
    }

    /// Says everything and closes the status. `usage` is what is wrong with the command line, when that kept the
    /// verdict from being made. False when something that may be said could not be.
    pub fn close(&self, report: &Report, usage: Option<&str>, world: &mut World) -> bool {
        let report_path = self.keep_report(report, world);
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
        if let Outcome::Failed(why) = &self.opened {
            world.tell(&format!("the pending commit status could not be written: {why}"));
        }
        for note in told.notes() {
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
            annotations: annotations(report),
        }
    }
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

/// The verdict and the problems as annotations.
fn annotations(report: &Report) -> Vec<Annotation> {
    let level = match report.verdict.exit {
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
    let problems = report.problems.iter().map(|problem| annotation::of(problem, &report.prefix));
    std::iter::once(verdict).chain(eased).chain(found).chain(problems).collect()
}
