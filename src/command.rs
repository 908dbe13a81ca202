//! The verbs: each walks the whole path in order and leaves every step to the module that owns it.
//!
//! The outside world comes in as a value (`World`), so that a verb can be run in a test exactly as from a shell.

use std::any::Any;
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::ffi::OsString;
use std::io::{self, Read, Write};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;

use clap::Parser as _;
use jiff::Timestamp;

use crate::cli::{Cli, Verb};
use crate::command::judge::Stop;
use crate::diagnostic::Diagnostic;
use crate::publish::workflow;
use crate::report::problem::Look;
use crate::report::wrapped;
use crate::verdict::Exit;

pub mod act;
mod adjusted;
mod against;
mod annotation;
mod basis;
pub mod budget;
pub mod check;
pub mod convert;
pub mod definitions;
pub mod explain;
mod ground;
pub mod init;
mod judge;
mod known;
mod law;
mod means;
pub mod observe;
mod observed;
mod organization;
mod parting;
mod passage;
mod post;
mod postmortem;
mod proposed;
mod question;
mod reckoning;
mod released;
pub mod rules;
pub mod slos;
mod stranger;
pub mod sweep;
mod touched;
mod unfinished;
mod unread;
mod unsettled;
pub mod validate;
pub mod test;
pub mod vendor;
mod watch;
mod write;

/// Columns of a drawing or a table when nobody says how wide the terminal is.
const WIDTH: usize = 110;

/// Columns of a line of prose at a terminal that does not say how wide it is.
const LINE: usize = 80;

/// The fewest columns of a line of prose, and the most that are read with ease.
const LINES: (usize, usize) = (40, 120);

/// What enters from outside: arguments, environment, directory, clock and streams.
pub struct World {
    /// The command line, the program's name first.
    pub arguments: Vec<OsString>,
    /// The environment's variables.
    pub environment: BTreeMap<String, String>,
    /// The directory that relative paths start from.
    pub directory: PathBuf,
    /// The present.
    pub now: Timestamp,
    /// Whether `out` is a terminal.
    pub terminal: bool,
    /// How many columns that terminal has, where it says so.
    pub columns: Option<usize>,
    /// What is piped in.
    pub input: Box<dyn Read>,
    /// Where verdicts go.
    pub out: Box<dyn Write>,
    /// Where problems and progress go.
    pub err: Box<dyn Write>,
}

impl World {
    /// Tells why a verb's path ended early and answers its exit; problems are kept instead, to be listed with the others.
    fn stopped(&mut self, stop: Stop, problems: &mut Vec<Diagnostic>) -> Option<Exit> {
        let (message, exit) = match stop {
            Stop::Invalid(found) => {
                problems.extend(found);
                return None;
            }
            Stop::Usage(message) => (message, Exit::Usage),
            Stop::Unknown(message) => (message, Exit::Unknown),
        };
        self.tell(&format!("error: {message}"));
        Some(exit)
    }

    /// A variable of the environment that is set and not empty.
    #[must_use]
    pub fn variable(&self, name: &str) -> Option<&str> {
        self.environment.get(name).map(|value| value.trim()).filter(|value| !value.is_empty())
    }

    /// Writes a line for the reader of problems; a closed stream is no reason to fail.
    pub fn tell(&mut self, text: &str) {
        let text = self.safe(text);
        let _ = writeln!(self.err, "{text}");
    }

    /// Writes what was asked for.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn print(&mut self, text: &str) -> io::Result<()> {
        let text = self.safe(text);
        self.out.write_all(text.as_bytes())?;
        self.out.flush()
    }

    /// Writes commands to the runner, which `publish::workflow` made of what others wrote; a closed stream is no reason to
    /// fail.
    fn command(&mut self, commands: &str) {
        let _ = self.out.write_all(commands.as_bytes());
    }

    /// How problems and texts are drawn here: `always`, `never` or `auto` colour.
    #[must_use]
    pub fn look(&self, wanted: &str) -> Look {
        let plain = self.variable("NO_COLOR").is_some() || self.variable("TERM") == Some("dumb");
        let colour = match wanted {
            "always" => true,
            "never" => false,
            _ => self.terminal && !plain,
        };
        let width = self.columns().unwrap_or(WIDTH);
        Look { colour, unicode: self.unicode(), width, room: self.line(wrapped::ENDLESS) }
    }

    /// How wide the terminal is, where somebody says.
    fn columns(&self) -> Option<usize> {
        let said = self.variable("COLUMNS").and_then(|columns| columns.parse().ok());
        said.or(self.columns.filter(|_| self.terminal))
    }

    /// How long a line of prose may be: what fits the terminal and can be read, and in a pipe as long as is said here.
    fn line(&self, piped: usize) -> usize {
        match self.columns() {
            Some(columns) => columns.clamp(LINES.0, LINES.1),
            None if self.terminal => LINE,
            None => piped,
        }
    }

    /// Whether the reader's locale has more than ASCII: nobody says, or somebody says UTF-8.
    fn unicode(&self) -> bool {
        let locale = ["LC_ALL", "LC_CTYPE", "LANG"].iter().find_map(|name| self.variable(name));
        locale.is_none_or(|locale| {
            let locale = locale.to_lowercase();
            let named = locale.split_once('.').map(|(_, charset)| charset.starts_with("utf"));
            named.unwrap_or(!matches!(locale.as_str(), "c" | "posix"))
        })
    }

    /// Writes what was asked for and ends with `exit`; what could not be told is no success. A reader who has left is
    /// no failure.
    fn end(&mut self, text: &str, exit: Exit) -> Exit {
        match self.print(text) {
            Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
                self.tell(&format!("error: nothing could be printed: {error}"));
                if exit == Exit::Proceed { Exit::Untold } else { exit }
            }
            _ => exit,
        }
    }

    /// Text that a log may hold: in a workflow's log no line of it is a command.
    fn safe<'a>(&self, text: &'a str) -> Cow<'a, str> {
        if self.variable("GITHUB_ACTIONS").is_some() || self.variable("GITHUB_EVENT_NAME").is_some() {
            Cow::Owned(workflow::inert(text))
        } else {
            Cow::Borrowed(text)
        }
    }
}

/// Runs the command line of a world.
pub fn run(world: &mut World) -> Exit {
    match Cli::try_parse_from(&world.arguments) {
        Ok(cli) => guarded(world, |world| walk(cli.verb, world)),
        Err(error) if error.use_stderr() => {
            world.tell(error.to_string().trim_end());
            Exit::Usage
        }
        Err(help) => {
            let _ = world.print(&help.to_string());
            Exit::Proceed
        }
    }
}

/// Walks the path of a verb.
fn walk(verb: Verb, world: &mut World) -> Exit {
    match verb {
        Verb::Init(init) => init::run(&init, world),
        Verb::Check(check) => check::run(&check, world),
        Verb::Sweep(sweep) => sweep::run(&sweep, world),
        Verb::Validate(validate) => validate::run(&validate, world),
        Verb::Slos(slos) => slos::run(&slos, world),
        Verb::Budget(budget) => budget::run(&budget, world),
        Verb::Explain(explain) => explain::run(&explain, world),
        Verb::Test(test) => test::run(&test, world),
        Verb::Definitions(definitions) => definitions::run(&definitions, world),
        Verb::Vendor(vendor) => vendor::run(&vendor, world),
        Verb::Convert(convert) => convert::run(&convert, world),
        Verb::Rules(rules) => rules::run(&rules, world),
        Verb::Observe(observe) => observe::run(&observe, world),
        Verb::Act(act) => act::run(&act, world),
    }
}

/// Lets a verb run. A panic of ours is caught and told: what it was asked for is not known then.
fn guarded(world: &mut World, verb: impl FnOnce(&mut World) -> Exit) -> Exit {
    catch_unwind(AssertUnwindSafe(|| verb(world))).unwrap_or_else(|payload| {
        world.tell(&format!("error: {}", failed(payload.as_ref())));
        Exit::Unknown
    })
}

/// That a panic of ours happened, and what it said.
fn failed(payload: &(dyn Any + Send)) -> String {
    let text = payload.downcast_ref::<&str>().map(|text| (*text).to_owned());
    let text = text.or_else(|| payload.downcast_ref::<String>().cloned());
    let said = text.unwrap_or_else(|| "it did not say why".to_owned());
    format!("slogate itself failed, which is a bug in it: {said}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_of_a_verb_is_told_and_nothing_is_known() {
        let mut world = World {
            arguments: Vec::new(),
            environment: BTreeMap::new(),
            directory: PathBuf::new(),
            now: Timestamp::UNIX_EPOCH,
            terminal: false,
            columns: None,
            input: Box::new(io::empty()),
            out: Box::new(io::sink()),
            err: Box::new(io::sink()),
        };
        assert_eq!(guarded(&mut world, |_| panic!("no decimal")), Exit::Unknown);
        assert_eq!(guarded(&mut world, |_| Exit::Proceed), Exit::Proceed);
        let why = catch_unwind(|| panic!("no decimal")).expect_err("a panic");
        assert_eq!(failed(why.as_ref()), "slogate itself failed, which is a bug in it: no decimal");
    }
}
