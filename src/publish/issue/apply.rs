//! Brings a plan about: opens, lists again, and does what is then left.
//!
//! A run may be killed between any two calls. What was opened is found by the next one; a comment says in its first line
//! what it is for and is not written twice; only the webhook may be told twice, and is given a key by which it can know.

use std::collections::{BTreeMap, BTreeSet};

use jiff::{SignedDuration, Timestamp};

use super::marker::{self, Key, Marker};
use super::{Bounds, Ours, ours, plan};
use crate::github::{Fate, GitHub, GitHubError, Identity, Issue, Listed, is_bot};
use crate::publish::cut::{Measure, cut};
use crate::publish::webhook::Webhook;
use crate::report::duty::plan::{Act, Outcome, Step, Taken};
use crate::report::duty::template::Template;
use crate::report::duty::{Duty, Purpose, issue as words};
use crate::settings::Labels;

/// The label by which issues of ours are listed.
pub const LABEL: &str = "slogate";

/// How much earlier than a stretch an issue for it may have been changed, in seconds: clocks differ.
const EARLIER: i64 = 3_600;

/// The most characters of an issue and of a comment; GitHub takes 65,536 and people want to add theirs.
const LONGEST: usize = 60_000;

/// What stands where a text was cut.
const CUT: &str = "*The rest is left out: this is as much as an issue can hold.*";

/// How issues are opened.
#[derive(Debug, Clone, Default)]
pub struct Manner {
    /// The text of postmortems.
    pub template: Template,
    /// The labels.
    pub labels: Labels,
}

/// What is there, and what may be done with it.
pub struct Desk<'a> {
    /// GitHub; none where nothing is asked.
    github: Option<&'a GitHub>,
    /// Whom is told over the network, where somebody is.
    webhook: Option<&'a Webhook<'a>>,
    /// How issues are opened.
    manner: Manner,
    /// In whose name issues are opened; none where nothing is asked.
    me: Option<Identity>,
    /// Every issue that was listed, by its number.
    issues: BTreeMap<u64, Issue>,
}

impl<'a> Desk<'a> {
    /// A desk with nothing on it, for plans without GitHub.
    #[must_use]
    pub fn bare(webhook: Option<&'a Webhook<'a>>) -> Self {
        Self { github: None, webhook, manner: Manner::default(), me: None, issues: BTreeMap::new() }
    }

    /// Lists what is there.
    ///
    /// # Errors
    /// When GitHub does not answer.
    pub fn open(
        github: &'a GitHub,
        webhook: Option<&'a Webhook<'a>>,
        manner: Manner,
    ) -> Result<Self, GitHubError> {
        let me = Some(github.whoami()?);
        let mut desk = Self { github: Some(github), webhook, manner, me, issues: BTreeMap::new() };
        desk.take(github.issues(Listed::Labelled(LABEL))?);
        desk.recognize(github);
        Ok(desk)
    }

    /// The issues that are ours.
    #[must_use]
    pub fn ours(&self) -> Vec<Ours> {
        self.me.as_ref().map(|me| ours(&self.issues, &me.login)).unwrap_or_default()
    }

    /// Asks who we are where an app has opened issues like ours and it is not certain that we are another one.
    fn recognize(&mut self, github: &GitHub) {
        if !self.doubtful().is_empty() {
            self.me = github.certainly().or(self.me.take());
        }
    }

    /// The issues of apps that may be ours, while it is not certain who we are, with their authors.
    fn doubtful(&self) -> BTreeMap<Key, (u64, &str)> {
        let Some(me) = self.me.as_ref().filter(|me| !me.certain) else { return BTreeMap::new() };
        let maybe = self.issues.values().filter_map(|issue| {
            let author =
                issue.author.as_deref().filter(|author| is_bot(Some(author)) && !me.is(Some(author)))?;
            Some((Marker::read(&issue.body)?.key, (issue.number, author)))
        });
        maybe.collect()
    }

    /// Keeps what was listed.
    fn take(&mut self, issues: impl IntoIterator<Item = Issue>) {
        self.issues.extend(issues.into_iter().map(|issue| (issue.number, issue)));
    }

    /// What is to be done. Before an issue is opened, those that were changed lately are listed, whatever their labels: a
    /// person may have taken ours off, and a token that may not label drops it.
    ///
    /// # Errors
    /// When GitHub does not answer.
    pub fn plan<'d>(
        &mut self,
        duties: &'d [Duty],
        most: usize,
    ) -> Result<Vec<(Step<'d>, Marker)>, GitHubError> {
        let bounds = Bounds { most, webhook: self.webhook.is_some() };
        let planned = plan(duties, &self.ours(), bounds);
        let opens = planned.iter().filter(|(step, _)| matches!(step.act, Act::Open | Act::Wait));
        let begin =
            opens.filter_map(|(step, _)| step.duty.period.into_iter().chain(step.duty.since()).min()).min();
        let (Some(github), Some(begin)) = (self.github, begin) else { return Ok(planned) };
        self.take(github.issues(Listed::Since(instant(begin - EARLIER)))?);
        self.recognize(github);
        Ok(plan(duties, &self.ours(), bounds))
    }

    /// Does what is to be done, and answers what became of each step.
    ///
    /// # Errors
    /// When GitHub does not answer what is there; then nothing was done.
    pub fn apply<'d>(&mut self, duties: &'d [Duty], most: usize) -> Result<Vec<Taken<'d>>, GitHubError> {
        let Some(github) = self.github else { return Ok(Vec::new()) };
        let mut taken = Vec::new();
        let planned = self.plan(duties, most)?;
        let mut refused: BTreeMap<Key, String> = BTreeMap::new();
        let mut opened: Vec<(Step<'d>, Key)> = Vec::new();
        let (mut begin, mut is_lost) = (None, false);
        for (step, marker) in planned.into_iter().filter(|(step, _)| step.act == Act::Open) {
            if let Some((number, author)) = self.doubtful().get(&marker.key) {
                let why = format!(
                    "`{author}` opened #{number} for the same, and github does not say whether that is us"
                );
                refused.insert(marker.key.clone(), why);
                opened.push((step, marker.key));
                continue;
            }
            let why = match self.create(github, &step, &marker) {
                Ok(at) => {
                    begin = begin.or(Some(at));
                    None
                }
                Err(error) => Some(error),
            };
            let key = marker.key.clone();
            let is_over = why.as_ref().is_some_and(ends_the_run);
            is_lost |= matches!(why, Some(GitHubError::Unreachable { .. }));
            if let Some(error) = why {
                refused.insert(key.clone(), error.to_string());
            }
            opened.push((step, key));
            if is_over {
                break;
            }
        }
        // Another run may have opened the same, and an answer that was lost may have been carried out.
        let attempts = opened.iter().filter_map(|(step, _)| step.duty.since());
        let attempted = attempts.min().map(instant).filter(|_| is_lost);
        if let Some(begin) = attempted.or(begin)
            && let Ok(found) = github.issues(Listed::Since(earlier(begin)))
        {
            self.take(found);
        }
        for (step, key) in opened {
            let found = self.ours().into_iter().find(|one| one.marker.key == key && one.issue.is_open);
            let outcome = match (&found, refused.remove(&key)) {
                (Some(_), _) | (None, None) => Outcome::Done,
                (None, Some(why)) => {
                    refused.insert(key, why.clone());
                    Outcome::Left(why)
                }
            };
            let issue = found.map(|one| (one.issue.number, one.issue.url));
            taken.push(Taken { step, outcome, issue });
        }
        self.finish(github, duties, (&refused, most), &mut taken);
        Ok(taken)
    }

    /// Opens an issue, and answers when that was.
    fn create(
        &mut self,
        github: &GitHub,
        step: &Step<'_>,
        marker: &Marker,
    ) -> Result<Timestamp, GitHubError> {
        let Step { duty, purpose, .. } = step;
        let Manner { template, labels } = &self.manner;
        let body = body(duty, purpose, marker, template);
        let labels = self::labels(purpose, labels);
        let issue = github.open_issue(&words::title(duty, purpose), &body, &labels)?;
        self.me = github.known().or(self.me.take());
        let at = issue.opened_at;
        self.take([issue]);
        Ok(at)
    }

    /// Does everything but opening.
    fn finish<'d>(
        &mut self,
        github: &GitHub,
        duties: &'d [Duty],
        (refused, most): (&BTreeMap<Key, String>, usize),
        taken: &mut Vec<Taken<'d>>,
    ) {
        let bounds = Bounds { most: 0, webhook: self.webhook.is_some() };
        let mut broken: BTreeSet<Key> = refused.keys().cloned().collect();
        for (step, marker) in plan(duties, &self.ours(), bounds) {
            let key = marker.key.clone();
            if step.act == Act::Wait {
                if !refused.contains_key(&key) {
                    let stopped = refused.values().next().cloned();
                    let why = stopped.unwrap_or_else(|| format!("a run opens no more than {most}"));
                    taken.push(Taken { step, outcome: Outcome::Left(why), issue: None });
                }
                continue;
            }
            let Some(number) = step.act.issue() else { continue };
            let outcome = if broken.contains(&key) {
                Outcome::Left("what goes before it could not be done".to_owned())
            } else {
                match self.carry_out(github, &step, &marker, number) {
                    Ok(()) => Outcome::Done,
                    Err(why) => {
                        broken.insert(key);
                        Outcome::Left(why)
                    }
                }
            };
            let url = self.issues.get(&number).map(|issue| issue.url.clone());
            taken.push(Taken { step, outcome, issue: url.map(|url| (number, url)) });
        }
    }

    /// Does one step with an issue that is there.
    fn carry_out(
        &mut self,
        github: &GitHub,
        step: &Step<'_>,
        marker: &Marker,
        number: u64,
    ) -> Result<(), String> {
        let Step { duty, purpose, act } = step;
        let count = marker.count;
        let told = |error: GitHubError| error.to_string();
        let (head, fate) = match act {
            Act::Open | Act::Wait => return Ok(()),
            Act::Again { reopens, .. } => {
                let text = words::again(duty, purpose, count);
                self.say_once(github, number, &format!("again.{count}"), &text).map_err(told)?;
                (Some(words::head(duty, purpose, count)), reopens.then_some(Fate::Reopened))
            }
            Act::Widen { .. } => (Some(words::head(duty, purpose, count)), None),
            Act::Thaw { .. } => {
                let text = words::thawed(duty);
                self.say_once(github, number, &format!("thawed.{count}"), &text).map_err(told)?;
                (Some(words::ended(duty, count)), None)
            }
            Act::Withdraw { original, .. } => (Some(words::withdrawn(*original)), Some(Fate::Duplicate)),
            Act::Send { occasion, .. } => {
                let Some(webhook) = self.webhook else { return Ok(()) };
                let url = self.issues.get(&number).map_or("", |issue| issue.url.as_str());
                webhook.send(duty, (number, url), marker, occasion)?;
                (None, None)
            }
        };
        let Some(body) = self.newest(github, number, marker)? else { return Ok(()) };
        let body = marker.over(&body, head.as_deref());
        let issue = github.update_issue(number, &body, fate).map_err(told)?;
        self.take([issue]);
        Ok(())
    }

    /// The text of an issue as it is just now, because a person may have written in it since it was listed; none where
    /// another run has done the same meanwhile.
    fn newest(&mut self, github: &GitHub, number: u64, wanted: &Marker) -> Result<Option<String>, String> {
        let issue = github.issue(number).map_err(|error| error.to_string())?;
        let listed = self.issues.get(&number).and_then(|issue| Marker::read(&issue.body));
        let found = Marker::read(&issue.body);
        let body = issue.body.clone();
        self.take([issue]);
        match found {
            Some(found) if found == *wanted => Ok(None),
            found if found == listed => Ok(Some(body)),
            Some(_) => Err("another run has changed the issue meanwhile".to_owned()),
            None => Err("somebody has changed the first line of the issue meanwhile".to_owned()),
        }
    }

    /// Comments on an issue, unless a run that was killed has done so.
    fn say_once(&self, github: &GitHub, number: u64, occasion: &str, text: &str) -> Result<(), GitHubError> {
        let first = marker::of_comment(occasion);
        let is_mine = |author: Option<&str>| self.me.as_ref().is_some_and(|me| me.is(author));
        let said = github.comments(number)?;
        if said.iter().any(|comment| comment.body.starts_with(&first) && is_mine(comment.author.as_deref())) {
            return Ok(());
        }
        let text = cut(&format!("{first}\n{text}"), LONGEST, Measure::Characters, CUT);
        github.create_comment(number, &text).map(drop)
    }
}

/// The text of an issue as it is opened; what people may edit is cut at a line where it is too long.
pub(super) fn body(duty: &Duty, purpose: &Purpose, marker: &Marker, template: &Template) -> String {
    let head = words::head(duty, purpose, marker.count);
    let taken = marker.body(&head, "").chars().count();
    let rest = words::rest(duty, purpose, template);
    let rest = cut(&rest, LONGEST.saturating_sub(taken), Measure::Characters, CUT);
    marker.body(&head, &rest)
}

/// The labels of an issue, each once: first the one by which it is found.
fn labels(purpose: &Purpose, labels: &Labels) -> Vec<String> {
    let own = match purpose {
        Purpose::ActionItem { .. } => &labels.action_item,
        Purpose::Postmortem => &labels.postmortem,
        Purpose::Notice => &labels.notice,
    };
    let is_first = matches!(purpose, Purpose::ActionItem { top_of_backlog: true, .. });
    let top = labels.top_of_backlog.iter().filter(|_| is_first);
    let mut all = vec![LABEL.to_owned()];
    for label in labels.all.iter().chain(own).chain(top) {
        // GitHub's labels are the same whatever their case.
        if !all.iter().any(|one| one.to_lowercase() == label.to_lowercase()) {
            all.push(label.clone());
        }
    }
    all
}

/// Whether there is no use in trying the next issue.
const fn ends_the_run(error: &GitHubError) -> bool {
    match error {
        GitHubError::NotAllowed(_)
        | GitHubError::Unauthorized(_)
        | GitHubError::RateLimited { .. }
        | GitHubError::Address(_)
        | GitHubError::Rejected { status: 410, .. } => true,
        GitHubError::NotFound(_) | GitHubError::Rejected { .. } | GitHubError::Unreachable { .. } => false,
    }
}

/// An instant of seconds since the epoch.
fn instant(seconds: i64) -> Timestamp {
    Timestamp::from_second(seconds).unwrap_or(Timestamp::UNIX_EPOCH)
}

/// An instant somewhat earlier.
fn earlier(at: Timestamp) -> Timestamp {
    at.checked_sub(SignedDuration::from_secs(EARLIER)).unwrap_or(at)
}
