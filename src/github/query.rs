//! Questions to GitHub's other API, GraphQL: about many things of the repository in one call.
//!
//! It may answer in part: what an error names is not known then, and an answer with an error that names nothing is none.
//! Nothing that is not there is ever taken for empty. What is not answered once is not
//! asked so again in a run: each of these things can also be asked one by one.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value, json};

use super::GitHub;
use super::call::{Call, GRAPHQL, GitHubError, Verb};

/// How long one question may take: GitHub gives up after ten seconds.
const ASKING: Duration = Duration::from_secs(20);

/// The longest reason of a refusal that is told, in characters.
const LONGEST: usize = 200;

/// A question about several things, each under a name of its own.
#[derive(Default)]
pub(super) struct Inquiry {
    /// What is asked of each thing, behind its name.
    fields: Vec<String>,
    /// The texts in it, which never stand in the question itself.
    texts: Vec<String>,
}

/// What GraphQL answers.
#[derive(Deserialize)]
struct WireAnswer {
    /// What it found.
    data: Option<WireData>,
    /// What went wrong.
    #[serde(default)]
    errors: Vec<WireError>,
}

/// The data of an answer.
#[derive(Deserialize)]
struct WireData {
    /// The repository, with what was asked of it by name.
    repository: Option<BTreeMap<String, Value>>,
}

/// An error in an answer.
#[derive(Deserialize)]
struct WireError {
    /// In words.
    message: String,
    /// Which field it is about, from the root.
    #[serde(default)]
    path: Vec<Value>,
}

impl Inquiry {
    /// Asks one more thing of the repository.
    pub(super) fn add(&mut self, field: &str) {
        self.fields.push(format!("a{}: {field}", self.fields.len()));
    }

    /// A text, as the question refers to it.
    pub(super) fn text(&mut self, text: &str) -> String {
        let place = self.texts.iter().position(|known| known == text).unwrap_or_else(|| {
            self.texts.push(text.to_owned());
            self.texts.len() - 1
        });
        format!("$t{place}")
    }

    /// The body of the call.
    fn body(&self, owner: &str, name: &str) -> Value {
        let declared: Vec<String> =
            (0..self.texts.len()).map(|place| format!(", $t{place}: String!")).collect();
        let declared = declared.concat();
        let query = format!(
            "query($owner: String!, $name: String!{declared}) {{ repository(owner: $owner, name: $name) {{ {} }} }}",
            self.fields.join(" ")
        );
        let mut variables = Map::new();
        variables.insert("owner".to_owned(), owner.into());
        variables.insert("name".to_owned(), name.into());
        for (place, text) in self.texts.iter().enumerate() {
            variables.insert(format!("t{place}"), text.as_str().into());
        }
        json!({ "query": query, "variables": variables })
    }
}

impl GitHub {
    /// Whether all questions about many things at once were answered so far.
    #[must_use]
    pub fn answers_many(&self) -> bool {
        self.unanswered.borrow().is_empty()
    }

    /// What is known of each thing that is asked about, in order; none for one of which GitHub does not say all.
    pub(super) fn ask<T: DeserializeOwned>(&self, what: &str, inquiry: &Inquiry) -> Vec<Option<T>> {
        let nothing = || inquiry.fields.iter().map(|_| None).collect();
        if inquiry.fields.is_empty() || self.unanswered.borrow().contains(what) {
            return nothing();
        }
        let Ok(mut found) = self.within(ASKING, || self.answered(what, inquiry)) else {
            self.unanswered.borrow_mut().insert(what.to_owned());
            return nothing();
        };
        let mut each = |place: usize| serde_json::from_value(found.remove(&format!("a{place}"))?).ok();
        (0..inquiry.fields.len()).map(&mut each).collect()
    }

    /// What GitHub found, by name, without what an error is about.
    fn answered(&self, what: &str, inquiry: &Inquiry) -> Result<BTreeMap<String, Value>, GitHubError> {
        let repository = self.root.trim_start_matches("/repos/");
        let (owner, name) = repository.split_once('/').unwrap_or((repository, ""));
        let body = inquiry.body(owner, name);
        let answer = self.line.send(Call::get(GRAPHQL, what).sending(Verb::Ask, &body))?;
        whole(answer.json::<WireAnswer>(what)?)
            .map_err(|why| GitHubError::Unreachable { what: what.to_owned(), why })
    }
}

/// What an answer says for certain, or why it says nothing.
fn whole(answer: WireAnswer) -> Result<BTreeMap<String, Value>, String> {
    let mut doubtful = BTreeSet::new();
    for error in &answer.errors {
        match error.path.as_slice() {
            [Value::String(root), Value::String(name), ..] if root == "repository" => {
                doubtful.insert(name.as_str());
            }
            _ => {
                let words = error.message.chars().filter(|character| !character.is_control());
                return Err(words.take(LONGEST).collect());
            }
        }
    }
    let found = answer.data.and_then(|data| data.repository).ok_or("it answered without the repository")?;
    Ok(found.into_iter().filter(|(name, _)| !doubtful.contains(name.as_str())).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(answer: Value) -> Result<Vec<String>, String> {
        let answer = serde_json::from_value(answer).expect("an answer");
        whole(answer).map(|found| found.into_keys().collect())
    }

    #[test]
    fn an_error_takes_what_it_names_and_else_everything() {
        let data = json!({ "repository": { "a0": { "x": null }, "a1": { "x": 1 }, "a2": null } });
        assert_eq!(read(json!({ "data": data })).expect("all"), ["a0", "a1", "a2"]);
        let error = |path: Value| json!({ "message": "went\nwrong", "path": path });
        let named = json!({ "data": data, "errors": [error(json!(["repository", "a0", "x", 7]))] });
        assert_eq!(read(named).expect("the others"), ["a1", "a2"]);
        for path in [json!([]), json!(["repository"]), json!(["viewer", "a0"]), json!([7, "a0"])] {
            let answer = json!({ "data": data, "errors": [error(path)] });
            assert_eq!(read(answer), Err("wentwrong".to_owned()));
        }
        let refused = json!({ "errors": [{ "type": "RATE_LIMITED", "message": "limit" }] });
        assert_eq!(read(refused), Err("limit".to_owned()));
        for nothing in [json!({}), json!({ "data": null }), json!({ "data": { "repository": null } })] {
            assert!(read(nothing).is_err());
        }
    }

    #[test]
    fn no_text_stands_in_the_question() {
        let mut inquiry = Inquiry::default();
        for text in ["\") { id } #", "main", "\") { id } #"] {
            let context = inquiry.text(text);
            inquiry.add(&format!("object(oid: {context}) {{ id }}"));
        }
        let body = inquiry.body("acme", "shop");
        assert_eq!(
            body["query"],
            "query($owner: String!, $name: String!, $t0: String!, $t1: String!) { repository(owner: $owner, name: \
             $name) { a0: object(oid: $t0) { id } a1: object(oid: $t1) { id } a2: object(oid: $t0) { id } } }"
        );
        assert_eq!(body["variables"]["t0"], "\") { id } #");
    }
}
