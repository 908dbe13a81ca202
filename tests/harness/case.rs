//! A case: one thing that the binary must do, as a directory.
//!
//! `case.toml` says what is run and against what, `repo/` holds the files that it is run on, `head/` what the change
//! lays over them, `observed/` what lies on the branch of observations, `uncommitted/` what lies in the work tree besides, and `transcript.snap` what was seen. Whatever the file does not say is left at the plainest: no
//! git, no monitoring system, no GitHub, an empty environment.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use serde::Deserialize;

/// The file that makes a directory a case.
pub const FILE: &str = "case.toml";

/// What `case.toml` says.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Case {
    /// What the case shows, in a sentence; the transcript opens with it.
    pub about: String,
    /// The directory whose files lie under those of `repo/`, relative to the case.
    pub repo: Option<PathBuf>,
    /// Files that are taken out of `repo`, by their path in it.
    #[serde(default)]
    pub remove: Vec<String>,
    /// Where the repository lies below the directory that commands run in.
    #[serde(default)]
    pub place: PathBuf,
    /// The command lines after `slogate`, one run each. Besides plain words: `$PROMETHEUS` and `$DATADOG`, the
    /// addresses of the stand-in monitoring systems.
    #[serde(default = "a_plain_check")]
    pub commands: Vec<String>,
    /// Instants: each command is run once for each of them, with `--now`.
    #[serde(default)]
    pub now: Vec<String>,
    /// The case is judged at the present: instants of it are shown under a fixed name.
    #[serde(default)]
    pub clock: bool,
    /// Pointers into the JSON that a command prints (RFC 6901): only what is there is shown, on one line.
    #[serde(default)]
    pub pick: Vec<String>,
    /// Files that the commands write and that are shown after them.
    #[serde(default)]
    pub shows: Vec<PathBuf>,
    /// The file of the repository that is piped into each command; without it nothing is.
    pub stdin: Option<PathBuf>,
    /// Variables of the environment, with the same placeholders as commands.
    #[serde(default)]
    pub env: BTreeMap<String, String>,
    /// The repository's history; without it there is no git.
    pub git: Option<Git>,
    /// How the stand-in monitoring system answers; without it there is none.
    pub prometheus: Option<Prometheus>,
    /// What the stand-in Datadog keeps; without it there is none.
    pub datadog: Option<Datadog>,
    /// What lies on the stand-in file server, whose address is `$STORE`; without it there is none.
    pub store: Option<Store>,
    /// What GitHub knows, in the words of its own stub; without it there is no GitHub.
    pub github: Option<toml::Table>,
}

/// The repository's history: a commit of `repo` on the base branch, and one of `head/` on a branch from it.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Git {
    /// The name of the base branch.
    pub base: String,
    /// The name of the branch of the change, which is made if there is a `head/`; it is checked out.
    pub head: String,
    /// When the base was committed, in RFC 3339; the change follows an hour later.
    pub committed: Option<String>,
    /// Files that the change deletes.
    pub delete: Vec<String>,
    /// Only the change's commit is here, as after a shallow clone.
    pub shallow: bool,
}

impl Default for Git {
    fn default() -> Self {
        Self {
            base: "main".to_owned(),
            head: "change".to_owned(),
            committed: None,
            delete: Vec::new(),
            shallow: false,
        }
    }
}

/// What lies on the stand-in file server.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Store {
    /// The statuses of the first answers, in order; the others follow from what is there.
    pub statuses: Vec<u16>,
}

/// How the stand-in monitoring system answers.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Prometheus {
    /// How it answers when no rule matches.
    pub answer: Answer,
    /// The number at every point, where numbers are answered.
    #[serde(default)]
    pub value: String,
    /// The recorded history that `answer = "history"` is computed from, relative to the case.
    pub history: Option<PathBuf>,
    /// The first one whose words the query contains decides.
    #[serde(default)]
    pub rules: Vec<Rule>,
}

/// What the stand-in Datadog keeps.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Datadog {
    /// How many bins an answer has at most: their interval grows with the span that is asked for.
    #[serde(default = "as_recorded")]
    pub bins: i64,
    /// Its SLOs; any other is answered with 404.
    pub slos: Vec<Kept>,
}

/// A day comes in bins of two hours.
fn as_recorded() -> i64 {
    12
}

/// An SLO that the stand-in Datadog keeps: 600 events an hour, or the seconds of the day.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Kept {
    /// Its identifier.
    pub id: String,
    /// `metric`, `monitor` or `time_slice`; or what goes wrong: `forbidden`, `limited`, `partial`, `silent`.
    pub kind: String,
    /// Its target over seven days, in percent.
    #[serde(default = "three_nines")]
    pub target: f64,
    /// The first and the last instant of an outage, in RFC 3339, in which every second event is bad.
    #[serde(default)]
    pub outages: Vec<(String, String)>,
}

/// 99.9 %.
fn three_nines() -> f64 {
    99.9
}

/// An answer for some queries.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rule {
    /// Words of the query.
    pub contains: String,
    /// How it is answered.
    pub answer: Answer,
    /// The number at every point, where numbers are answered.
    #[serde(default)]
    pub value: String,
}

/// A kind of answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Answer {
    /// Success, with no series.
    Empty,
    /// One series of `value` at every point.
    Steady,
    /// One series of NaN.
    Nan,
    /// One series of infinity.
    Infinite,
    /// One series; `value` is a list of numbers, each for an equal part of the range, `_` for none.
    Parts,
    /// Two series of `value`.
    TwoSeries,
    /// One series that begins when three quarters of the range have passed.
    Short,
    /// What a Prometheus that scraped the recorded history would count.
    History,
    /// The connection is accepted, and nothing comes.
    Hang,
    /// Nobody listens.
    Refuse,
    /// 301 to another host.
    Redirect,
    /// A page for people, with status 200.
    Html,
    /// A body that never ends.
    Endless,
    /// 503, again and again.
    Busy,
    /// 422, with the reason in Prometheus's own words.
    Refused,
    /// 401.
    Unauthorized,
}

/// A check of production, with nothing else said.
fn a_plain_check() -> Vec<String> {
    vec!["check --environment production".to_owned()]
}

impl Case {
    /// Reads the case of a directory.
    pub fn load(directory: &Path) -> Result<Self, String> {
        let file = directory.join(FILE);
        let text = fs::read_to_string(&file).map_err(|error| format!("{}: {error}", file.display()))?;
        toml::from_str(&text).map_err(|error| format!("{}: {error}", file.display()))
    }
}

/// Every directory under `root` that has a case, sorted.
pub fn directories(root: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(root).expect("the cases can be listed");
    let mut found: Vec<PathBuf> = entries
        .map(|entry| entry.expect("the cases can be listed").path())
        .filter(|path| path.join(FILE).is_file())
        .collect();
    found.sort();
    found
}
