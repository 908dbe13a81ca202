//! The one comment on a pull request that says what stands, updated in place.
//!
//! Ours is a comment that begins with our marker *and* that we wrote: whoever plants the marker in a comment of
//! their own gains nothing. The marker names the judged commit and the run, so that a run that was overtaken
//! keeps silent. Of several that runs wrote at the same time the oldest stays. A comment that would say the same
//! is not written again, because every edit is noise.

use super::cut::{Measure, cut};
use super::{Outcome, Publication};
use crate::github::{Comment, GitHub, GitHubError};

/// The most characters of a comment; GitHub refuses more than 65,536.
const LONGEST: usize = 60_000;

/// What a comment that is too long ends with.
const CUT: &str = "_The rest did not fit into a comment; the step summary of the run has it._";

/// How often the comments are listed before the comment is given up.
const ROUNDS: usize = 4;

/// A run, as comments are ordered by it: its number, then its attempt.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Stamp(u64, u64);

/// A comment that is to be there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wanted {
    /// The marker up to the key, by which our comments about this gate are known.
    prefix: String,
    /// The judged commit.
    head: String,
    /// The run.
    stamp: Stamp,
    /// The text below the marker.
    text: String,
}

impl Wanted {
    /// The comment of a publication.
    #[must_use]
    pub fn new(publication: &Publication) -> Self {
        let key = format!("{}→{}", escape(&publication.environment), escape(&publication.base_branch));
        let prefix = format!("<!-- slogate:v1 key={key} ");
        let room = LONGEST.saturating_sub(prefix.chars().count() + 256);
        Self {
            prefix,
            head: publication.head_sha.clone(),
            stamp: Stamp(publication.speaker.run, publication.speaker.attempt),
            text: cut(publication.comment_markdown.trim_end(), room, Measure::Characters, CUT),
        }
    }

    /// The whole comment, marker first.
    #[must_use]
    pub fn body(&self) -> String {
        let Stamp(number, attempt) = self.stamp;
        format!("{}head={} run={number}.{attempt} -->\n{}", self.prefix, self.head, self.text)
    }
}

/// What is to be done with the comment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// There is none of ours: write one.
    Create,
    /// Ours says something else: replace its text.
    Update(u64),
    /// Ours says the same.
    Keep(u64),
    /// A newer run wrote ours: leave it.
    Yield(u64),
}

/// What is to be done with all comments of ours.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plan {
    /// With the one that stays.
    pub step: Step,
    /// Others of ours about the same gate, which go.
    pub delete: Vec<u64>,
}

/// Finds what is to be done, from the comments that are there and the login that we write as.
#[must_use]
pub fn plan(wanted: &Wanted, comments: &[Comment], me: &str) -> Plan {
    let is_ours = |comment: &&Comment| {
        comment.body.starts_with(&wanted.prefix)
            && comment.author.as_deref().is_some_and(|author| author.eq_ignore_ascii_case(me))
    };
    let mut ours: Vec<(&Comment, Marker)> =
        comments.iter().filter(is_ours).map(|comment| (comment, Marker::read(wanted, comment))).collect();
    ours.sort_by_key(|(comment, _)| comment.id);
    let Some((oldest, marker)) = ours.first() else {
        return Plan { step: Step::Create, delete: Vec::new() };
    };
    let newest = ours.iter().map(|(_, marker)| marker).max_by_key(|marker| marker.stamp);
    if newest.is_some_and(|newest| newest.stamp > wanted.stamp) {
        // The newer run deletes what is too many; two that delete could leave nothing.
        return Plan { step: Step::Yield(oldest.id), delete: Vec::new() };
    }
    let same = marker.head == wanted.head && marker.text == normal(&wanted.text);
    let step = if same { Step::Keep(oldest.id) } else { Step::Update(oldest.id) };
    Plan { step, delete: ours.iter().skip(1).map(|(comment, _)| comment.id).collect() }
}

/// What became of the comment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Posted {
    /// What became of it.
    pub outcome: Outcome,
    /// Where people see it.
    pub url: Option<String>,
}

/// Brings the comment about.
#[must_use]
pub fn post(github: &GitHub, pull: u64, publication: &Publication) -> Posted {
    let nothing = |outcome| Posted { outcome, url: None };
    if publication.comment_markdown.trim().is_empty() {
        return nothing(Outcome::Skipped("there is nothing to comment".to_owned()));
    }
    match bring_about(github, pull, &Wanted::new(publication)) {
        Ok(posted) => posted,
        Err(error) => nothing(error.into()),
    }
}

/// Lists, plans and acts until what is wanted stands there alone.
fn bring_about(github: &GitHub, pull: u64, wanted: &Wanted) -> Result<Posted, GitHubError> {
    let mut me = github.whoami()?.login;
    let mut written: Option<Comment> = None;
    let mut failure = None;
    let body = wanted.body();
    for _ in 0..ROUNDS {
        let comments = match (github.comments(pull), &written) {
            (Ok(comments), _) => comments,
            // It stands there; whether another run wrote one too will be seen by the next run.
            (Err(_), Some(comment)) => return Ok(done(Outcome::Written, Some(comment.url.clone()))),
            (Err(error), None) => return Err(error),
        };
        let planned = plan(wanted, &comments, &me);
        let url = |id: u64| comments.iter().find(|comment| comment.id == id).map(|found| found.url.clone());
        match planned.step {
            Step::Create => match (github.create_comment(pull, &body), &failure) {
                (Ok(comment), _) => {
                    // The author of what we wrote is who we are, whatever the token could say about it.
                    me = comment.author.clone().unwrap_or(me);
                    written = Some(comment);
                }
                // It may have been written although the answer was lost: the next round sees whether it was.
                (Err(error @ GitHubError::Unreachable { .. }), None) => failure = Some(error),
                (Err(error), _) => return Err(error),
            },
            Step::Update(id) => match github.update_comment(id, &body) {
                Ok(comment) => {
                    delete(github, &planned.delete)?;
                    return Ok(done(Outcome::Written, Some(comment.url)));
                }
                // Somebody deleted it in between.
                Err(GitHubError::NotFound(_)) => {}
                Err(error) => return Err(error),
            },
            Step::Keep(id) => {
                delete(github, &planned.delete)?;
                let wrote = written.is_some() || failure.is_some();
                return Ok(done(if wrote { Outcome::Written } else { Outcome::Unchanged }, url(id)));
            }
            Step::Yield(id) => {
                let why = "a newer run has commented".to_owned();
                return Ok(done(Outcome::Skipped(why), url(id)));
            }
        }
    }
    let why = "other runs keep changing it".to_owned();
    Err(failure.unwrap_or(GitHubError::Unreachable { what: "settle the comment".to_owned(), why }))
}

/// The end of bringing it about.
const fn done(outcome: Outcome, url: Option<String>) -> Posted {
    Posted { outcome, url }
}

/// Deletes what is too many.
fn delete(github: &GitHub, ids: &[u64]) -> Result<(), GitHubError> {
    ids.iter().try_for_each(|id| github.delete_comment(*id))
}

/// What the marker of a comment says, and the text below it.
struct Marker {
    /// The judged commit.
    head: String,
    /// The run.
    stamp: Stamp,
    /// The text below the marker.
    text: String,
}

impl Marker {
    /// Reads the marker of a comment that begins with ours; what is malformed is older than everything.
    fn read(wanted: &Wanted, comment: &Comment) -> Self {
        let rest = comment.body.strip_prefix(&wanted.prefix).unwrap_or_default();
        let (marker, text) = rest.split_once("-->").unwrap_or((rest, ""));
        let field = |name: &str| marker.split(' ').find_map(|word| word.strip_prefix(name));
        let run = field("run=").and_then(|run| run.split_once('.'));
        let stamp =
            run.and_then(|(number, attempt)| Some(Stamp(number.parse().ok()?, attempt.parse().ok()?)));
        Self {
            head: field("head=").unwrap_or_default().to_owned(),
            stamp: stamp.unwrap_or_default(),
            text: normal(text.trim_start_matches(['\r', '\n'])),
        }
    }
}

/// A text as it is compared: GitHub may change line ends and drops what trails.
fn normal(text: &str) -> String {
    text.replace("\r\n", "\n").trim_end().to_owned()
}

/// A name inside of the marker: without blanks, without `→`, and without what could end the marker.
pub(super) fn escape(name: &str) -> String {
    use std::fmt::Write as _;
    let mut safe = String::with_capacity(name.len());
    let mut previous = '-';
    for character in name.chars() {
        let plain = character.is_ascii_alphanumeric() || "._/".contains(character);
        if plain || (character == '-' && previous != '-') {
            safe.push(character);
        } else {
            let mut bytes = [0; 4];
            for byte in character.encode_utf8(&mut bytes).bytes() {
                // Writing to a string cannot fail.
                let _ = write!(safe, "%{byte:02X}");
            }
        }
        previous = character;
    }
    safe
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::github::State;
    use crate::publish::StatusLine;

    fn wanted(text: &str, head: &str, run: (u64, u64)) -> Wanted {
        Wanted::new(&Publication {
            environment: "production".to_owned(),
            base_branch: "main".to_owned(),
            head_sha: head.to_owned(),
            speaker: crate::publish::Speaker { url: String::new(), run: run.0, attempt: run.1, began: 0 },
            comment_markdown: text.to_owned(),
            summary_markdown: String::new(),
            status: StatusLine { state: State::Success, description: String::new() },
            outputs: Vec::new(),
            annotations: Vec::new(),
        })
    }

    fn comment(id: u64, author: &str, body: &str) -> Comment {
        Comment { id, body: body.to_owned(), url: String::new(), author: Some(author.to_owned()) }
    }

    #[test]
    fn the_marker_is_the_first_thing_and_names_gate_commit_and_run() {
        let body = wanted("text", "abc", (7, 2)).body();
        assert_eq!(body, "<!-- slogate:v1 key=production→main head=abc run=7.2 -->\ntext");
    }

    #[test]
    fn no_name_can_end_the_marker_or_look_like_another() {
        assert_eq!(escape("release-1.2/x"), "release-1.2/x");
        assert_eq!(escape("a--> b→c"), "a-%2D%3E%20b%E2%86%92c");
        assert_eq!(escape("->"), "%2D%3E");
    }

    #[test]
    fn ours_is_known_by_marker_and_author() {
        let now = wanted("text", "abc", (7, 1));
        let body = now.body();
        let planted = comment(1, "mallory", &body);
        let quoted = comment(2, "bot", &format!("> {body}"));
        let other = comment(3, "bot", &body.replace("production", "staging"));
        let longer = comment(4, "bot", &body.replace("→main ", "→main2 "));
        let found = plan(&now, &[planted, quoted, other, longer], "bot");
        assert_eq!(found, Plan { step: Step::Create, delete: vec![] });
        assert_eq!(plan(&now, &[comment(9, "Bot", &body)], "bot").step, Step::Keep(9));
    }

    #[test]
    fn what_says_the_same_is_kept_and_what_differs_is_updated() {
        let old = comment(5, "bot", &wanted("text\nmore", "abc", (6, 1)).body().replace('\n', "\r\n"));
        let step = |now: &Wanted| plan(now, std::slice::from_ref(&old), "bot").step;
        assert_eq!(step(&wanted("text\nmore\n\n", "abc", (7, 1))), Step::Keep(5));
        assert_eq!(step(&wanted("text", "abc", (7, 1))), Step::Update(5));
        assert_eq!(step(&wanted("text\nmore", "def", (7, 1))), Step::Update(5));
        assert_eq!(step(&wanted("text", "abc", (6, 1))), Step::Update(5));
    }

    #[test]
    fn an_older_run_never_overwrites_a_newer_one() {
        let newer = comment(5, "bot", &wanted("newer", "def", (7, 2)).body());
        for run in [(7, 1), (6, 9)] {
            let found = plan(&wanted("older", "abc", run), std::slice::from_ref(&newer), "bot");
            assert_eq!(found.step, Step::Yield(5));
        }
        let broken = comment(5, "bot", "<!-- slogate:v1 key=production→main run=x -->\n");
        assert_eq!(plan(&wanted("text", "abc", (1, 1)), &[broken], "bot").step, Step::Update(5));
    }

    #[test]
    fn of_several_the_oldest_stays() {
        let now = wanted("text", "abc", (7, 1));
        let ours = |id| comment(id, "bot", &wanted("text", "abc", (6, 1)).body());
        let found = plan(&now, &[ours(9), ours(3), comment(1, "mallory", &now.body()), ours(5)], "bot");
        assert_eq!(found, Plan { step: Step::Keep(3), delete: vec![5, 9] });
    }

    #[test]
    fn a_long_comment_is_cut_between_rows() {
        let body = wanted(&"| ❄ row |\n".repeat(20_000), "abc", (7, 1)).body();
        assert!(body.chars().count() <= LONGEST);
        assert!(body.ends_with(&format!("| ❄ row |\n\n{CUT}\n")));
    }
}
