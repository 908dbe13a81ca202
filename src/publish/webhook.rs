//! A webhook: an address that is told of what clauses ask people to do.
//!
//! What is sent is documented by `schemas/webhook.v1.json`. It is told at least once: a run that was killed after the
//! request tells the same again, with the same `idempotency-key`. The address is itself a secret and appears in no
//! message, but for its host. With a secret of its own each request is signed, so that the receiver can tell who speaks.

use jiff::Timestamp;
use serde_json::{Value as Json, json};

use super::issue::marker::Marker;
use crate::http::{Address, Client, Credentials, HttpError, Post, Secret};
use crate::report::duty::Duty;
use crate::report::escape::terminal;
use crate::report::json::number;
use crate::report::{consequence, figure};
use crate::signature;

/// The variable with the address.
pub const URL: &str = "SLOGATE_WEBHOOK_URL";

/// The variable with the secret that requests are signed with.
pub const SECRET: &str = "SLOGATE_WEBHOOK_SECRET";

/// The most characters of what people are asked to do, in the text that a chat shows: with names and the address it stays
/// below the 2,000 that the strictest of them takes.
const ASKS: usize = 800;

/// Somebody who is told.
pub struct Webhook<'a> {
    /// Where.
    url: Secret,
    /// The host, which messages may name.
    host: String,
    /// What requests are signed with.
    secret: Option<Secret>,
    /// The client.
    client: &'a Client,
    /// `owner/name`.
    repository: String,
}

impl<'a> Webhook<'a> {
    /// A webhook at an address, for events of a repository (`owner/name`).
    ///
    /// # Errors
    /// When the address is none, or what is sent there could be read on the way. It is not in the message.
    pub fn at(
        url: &str,
        secret: Option<Secret>,
        repository: &str,
        client: &'a Client,
    ) -> Result<Self, String> {
        // Those who are told often want a key in the query.
        let bare = url.split(['?', '#']).next().unwrap_or_default();
        let address = Address::parse(bare).map_err(|_| format!("`{URL}` is no http or https address"))?;
        if !address.is_safe_for_secrets() {
            return Err(format!("`{URL}` is not https: what is sent there could be read on the way"));
        }
        if address.has_userinfo() {
            return Err(format!("`{URL}` has a user's name in it; what is sent is signed by `{SECRET}`"));
        }
        let host = address.host().to_owned();
        Ok(Self { url: Secret::new(url), host, secret, client, repository: repository.to_owned() })
    }

    /// Tells what a marker says of a duty, on one occasion.
    ///
    /// # Errors
    /// Why it could not be told.
    pub fn send(
        &self,
        duty: &Duty,
        issue: (u64, &str),
        marker: &Marker,
        occasion: &str,
    ) -> Result<(), String> {
        let id = format!("{}/issues/{}/{occasion}", self.repository, issue.0);
        let body = serde_json::to_vec(&message(duty, issue, marker, (&self.repository, &id)));
        let body = body.map_err(|error| format!("the message could not be written: {error}"))?;
        let mut headers = vec![("idempotency-key", Secret::new(id))];
        if let Some(secret) = &self.secret {
            let signed = format!("sha256={}", signature::hmac_sha256(secret, &body));
            headers.push(("x-slogate-signature-256", Secret::new(signed)));
        }
        let post =
            Post { url: self.url.expose().to_owned(), credentials: Credentials::headers(headers)?, body };
        let failed = |why: String| format!("the webhook at `{}` {why}", self.host);
        match self.client.post(&post) {
            Ok(answer) if (200..300).contains(&answer.status) => Ok(()),
            Ok(answer) => Err(failed(format!("answered {}", answer.status))),
            Err(HttpError::Redirect { status, .. }) => {
                Err(failed(format!("answered {status} and redirects; redirects are not followed")))
            }
            Err(HttpError::Unreachable { reason, .. }) => Err(failed(format!("was not told: {reason}"))),
            Err(HttpError::Setup(_) | HttpError::Address { .. }) => Err(failed("cannot be told".to_owned())),
            Err(HttpError::TooLarge { .. }) => {
                Err(failed("answered with more than a word or two".to_owned()))
            }
        }
    }
}

/// What is sent.
fn message(duty: &Duty, (issue, url): (u64, &str), marker: &Marker, (repository, id): (&str, &str)) -> Json {
    let event = match (marker.ended, marker.count) {
        (Some(_), _) => "ended",
        (None, 1) => "in_force",
        (None, _) => "again",
    };
    let consequences = duty.notices.iter().map(|notice| {
        json!({ "word": notice.word(), "text": consequence::sentence(notice, plain).unwrap_or_default() })
    });
    let slos = duty.affected().iter().map(|one| {
        let figures = one.line.as_ref().and_then(|line| line.figures.as_ref().ok());
        json!({
            "name": one.slo,
            "title": one.line.as_ref().map(|line| line.title.clone()),
            "objective": one.line.as_ref().map(|line| number(line.objective)),
            "remaining": figures.map(|known| number(known.remaining)),
            "since": instant(one.since),
        })
    });
    json!({
        "version": 1,
        "id": id,
        "event": event,
        "text": sentence(duty, marker, url),
        "repository": repository,
        "policy": duty.policy,
        "policy_version": duty.version,
        "clause": duty.clause,
        "title": duty.title,
        "service": duty.service,
        "environment": duty.environment,
        "count": marker.count,
        "since": duty.since().map(instant),
        "judged_at": instant(duty.judged_at),
        "slos": slos.collect::<Vec<_>>(),
        "consequences": consequences.collect::<Vec<_>>(),
        "issue": { "number": issue, "url": url },
        "link": duty.link,
    })
}

/// What a chat shows.
fn sentence(duty: &Duty, marker: &Marker, url: &str) -> String {
    let [service, environment] = [&duty.service, &duty.environment].map(|name| plain(name));
    let [clause, policy] = [&duty.clause, &duty.policy].map(|name| plain(name));
    let of = format!("{service} in {environment}");
    let said = if marker.ended.is_some() {
        format!("Clause {clause} of policy {policy} has ended for {of}.")
    } else {
        let since = duty.since().map(figure::instant).unwrap_or_default();
        format!("Clause {clause} of policy {policy} is in force for {of} since {since}: {}.", asks(duty))
    };
    format!("{said} {url}")
}

/// What people are asked to do, as much as a message holds.
fn asks(duty: &Duty) -> String {
    let asks = duty.notices.iter().filter_map(|notice| consequence::sentence(notice, plain));
    let (mut said, mut length, mut more) = (Vec::new(), 0, 0);
    for ask in asks {
        length += ask.chars().count();
        if length <= ASKS || said.is_empty() {
            said.push(ask.chars().take(ASKS).collect());
        } else {
            more += 1;
        }
    }
    if more > 0 {
        said.push(format!("and {more} more"));
    }
    said.join("; ")
}

/// A text that a chat neither obeys nor hides: without control characters, and without the brackets in which chats write
/// their own words.
fn plain(text: &str) -> String {
    terminal(text).replace('<', "‹").replace('>', "›")
}

/// An instant in RFC 3339.
fn instant(seconds: i64) -> Option<String> {
    Timestamp::from_second(seconds).ok().map(|at| at.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::Limits;

    #[test]
    fn an_address_that_could_be_read_on_the_way_or_names_a_user_is_refused_without_being_shown() {
        let client = Client::new(Limits::default()).expect("a client");
        for (url, why) in [
            ("http://chat.example/s3cret", "is not https"),
            ("https://me:s3cret@chat.example/", "has a user's name"),
            ("ftp://chat.example/s3cret", "is no http or https address"),
            ("s3cret", "is no http or https address"),
            ("", "is no http or https address"),
        ] {
            let refused = Webhook::at(url, None, "acme/shop", &client).err().unwrap_or_default();
            assert!(refused.contains(why) && !refused.contains("s3cret"), "{url}: {refused}");
        }
        for url in ["https://chat.example/a?key=b", "http://127.0.0.1:1/a"] {
            assert!(Webhook::at(url, None, "acme/shop", &client).is_ok(), "{url}");
        }
    }
}
