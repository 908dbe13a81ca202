//! Why GitHub could not answer, or would not.

use jiff::Timestamp;

use super::answer::{Answer, Limit};
use super::{Call, Verb};

/// Why GitHub could not answer, or would not.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum GitHubError {
    /// The address or the token cannot be used at all.
    #[error("{0}")]
    Address(String),
    /// The token may not do this.
    #[error("the token may not {0}")]
    NotAllowed(String),
    /// The token is not valid.
    #[error("github refused the token (401) to {0}")]
    Unauthorized(String),
    /// There is no such thing, or the token may not see it.
    #[error("github knows nothing to {0} (404)")]
    NotFound(String),
    /// Too many calls.
    #[error("github limits the rate of calls and did not let us {what}{}", patience(*wait, *until))]
    RateLimited {
        /// What was tried.
        what: String,
        /// Seconds that GitHub asks to wait, when it says so.
        wait: Option<u64>,
        /// When that is over, by the server's clock.
        until: Option<Timestamp>,
    },
    /// GitHub understood and declined.
    #[error("github would not {what} ({status}): {message}")]
    Rejected {
        /// What was tried.
        what: String,
        /// The HTTP status.
        status: u16,
        /// What GitHub said.
        message: String,
    },
    /// No answer, or none that makes sense.
    #[error("github could not be asked to {what}: {why}")]
    Unreachable {
        /// What was tried.
        what: String,
        /// What happened.
        why: String,
    },
}

impl GitHubError {
    /// Why something could not be said, where its place is named already, with what to do about it: the same words for
    /// every place that one cause keeps from being written.
    #[must_use]
    pub fn cause(&self) -> String {
        let cause = match self {
            Self::Unauthorized(_) => "github refused the token (401)".to_owned(),
            Self::Unreachable { why, .. } => format!("github could not be asked: {why}"),
            Self::Address(_)
            | Self::NotAllowed(_)
            | Self::NotFound(_)
            | Self::RateLimited { .. }
            | Self::Rejected { .. } => return self.to_string(),
        };
        cause + "; " + self.help().unwrap_or_default()
    }

    /// What to do about it, where that does not follow from its words: to be said once, however often it happens.
    #[must_use]
    pub const fn help(&self) -> Option<&'static str> {
        match self {
            Self::Unauthorized(_) => Some(
                "give the job's own (the input `github-token`, `GITHUB_TOKEN` elsewhere), or look whether it has expired",
            ),
            Self::NotFound(_) => Some(
                "look whether `GITHUB_REPOSITORY` is right, and whether the job's `permissions` let its token read that",
            ),
            Self::Unreachable { .. } => {
                Some("look whether `GITHUB_API_URL` is right, and whether the runner reaches it")
            }
            Self::Address(_) | Self::NotAllowed(_) | Self::RateLimited { .. } | Self::Rejected { .. } => None,
        }
    }
}

/// How long GitHub asks to wait, as the end of a sentence.
fn patience(wait: Option<u64>, until: Option<Timestamp>) -> String {
    match (wait, until) {
        (Some(seconds), Some(until)) => {
            format!("; it asks to wait {seconds} s, until {}", until.strftime("%-d %b %H:%M:%S UTC"))
        }
        (Some(seconds), None) => format!("; it asks to wait {seconds} s"),
        (None, _) => String::new(),
    }
}

/// What an answer that is no success means.
pub(super) fn failure(call: Call<'_>, answer: &Answer) -> GitHubError {
    let what = call.what.to_owned();
    if let Limit::Wait(wait) = answer.limit() {
        return GitHubError::RateLimited { what, wait, until: wait.and_then(|wait| answer.after(wait)) };
    }
    let message = answer.message();
    match answer.status {
        // A write that is not allowed is answered as if there were nothing there to write to.
        404 if matches!(call.verb, Verb::Create | Verb::Assert) => GitHubError::NotAllowed(what),
        403 if message.contains("not accessible by") => GitHubError::NotAllowed(what),
        401 => GitHubError::Unauthorized(what),
        404 | 410 => GitHubError::NotFound(what),
        status @ 300..=399 => GitHubError::Unreachable {
            what,
            why: format!("it answered with a redirect ({status}), and the token does not follow redirects"),
        },
        status if status >= 500 => {
            GitHubError::Unreachable { what, why: format!("it answered {status}: {message}") }
        }
        status => GitHubError::Rejected { what, status, message },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fails(verb: Verb, answer: &Answer) -> GitHubError {
        failure(Call { verb, ..Call::get("/x", "do it") }, answer)
    }

    #[test]
    fn a_token_without_the_right_is_told_from_other_refusals() {
        let answer = Answer::plain;
        let integration = answer(403, r#"{"message":"Resource not accessible by integration"}"#);
        assert_eq!(fails(Verb::Create, &integration), GitHubError::NotAllowed("do it".to_owned()));
        let last = Answer { remaining: Some(0), resets_at: Some(9), ..integration };
        assert_eq!(fails(Verb::Create, &last), GitHubError::NotAllowed("do it".to_owned()));
        assert_eq!(fails(Verb::Assert, &answer(404, "{}")), GitHubError::NotAllowed("do it".to_owned()));
        assert_eq!(fails(Verb::Update, &answer(404, "{}")), GitHubError::NotFound("do it".to_owned()));
        assert_eq!(fails(Verb::Get, &answer(404, "{}")), GitHubError::NotFound("do it".to_owned()));
        let locked = answer(403, r#"{"message":"Unable to create comment because issue is locked."}"#);
        assert!(matches!(fails(Verb::Create, &locked), GitHubError::Rejected { .. }));
    }

    #[test]
    fn a_limit_says_until_when() {
        let primary = Answer {
            remaining: Some(0),
            resets_at: Some(1_700_001_800),
            date: "2023-11-14T22:13:20Z".parse().ok(),
            ..Answer::plain(403, "{}")
        };
        assert_eq!(
            fails(Verb::Get, &primary).to_string(),
            "github limits the rate of calls and did not let us do it; it asks to wait 1800 s, until 14 Nov 22:43:20 UTC"
        );
        let unsaid = Answer::plain(429, "{}");
        assert_eq!(
            fails(Verb::Get, &unsaid).to_string(),
            "github limits the rate of calls and did not let us do it"
        );
    }
}
