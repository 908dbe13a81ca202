//! GitHub's public schema of its GraphQL API, and whether a recorded request asks what it knows.

use std::collections::BTreeSet;
use std::sync::{Mutex, OnceLock, PoisonError};

use apollo_compiler::response::JsonMap;
use apollo_compiler::validation::Valid;
use apollo_compiler::{ExecutableDocument, Schema};
use serde_json::Value;

use super::Recorded;
use super::routes::GRAPHQL;

/// The variable that names the file of the schema; `tests/run` sets it.
const VARIABLE: &str = "SLOGATE_GITHUB_GRAPHQL";

/// The schema, where the environment names it.
fn schema() -> Option<&'static Valid<Schema>> {
    static SCHEMA: OnceLock<Option<Valid<Schema>>> = OnceLock::new();
    let read = |path: String| {
        let text = std::fs::read_to_string(&path).expect("GitHub's GraphQL schema is there");
        Schema::parse_and_validate(text, path).unwrap_or_else(|broken| {
            // GitHub's own text has fields of one object twice, which says nothing about queries.
            let found = broken.errors.to_string();
            let mut others = found.lines().filter(|line| line.starts_with("Error: "));
            assert!(others.all(|line| line.contains("duplicate definitions")), "{found}");
            Valid::assume_valid(broken.partial)
        })
    };
    let named = || std::env::vars().find(|(name, _)| name == VARIABLE);
    SCHEMA.get_or_init(|| named().map(|(_, path)| read(path))).as_ref()
}

/// What is wrong with a request, where it is one of GraphQL and the environment names the schema.
pub fn problems(request: &Recorded) -> Vec<String> {
    static SOUND: Mutex<BTreeSet<String>> = Mutex::new(BTreeSet::new());
    let Some(schema) = schema().filter(|_| request.path.ends_with(GRAPHQL)) else { return Vec::new() };
    // The same is asked often, and a schema of this size is not walked in no time.
    let asked = request.body.as_ref().map(Value::to_string).unwrap_or_default();
    let sound = || SOUND.lock().unwrap_or_else(PoisonError::into_inner);
    if sound().contains(&asked) {
        return Vec::new();
    }
    let found = refusals(schema, request.body.as_ref());
    if found.is_empty() {
        sound().insert(asked);
    }
    found.into_iter().map(|problem| format!("POST {GRAPHQL}: {problem}")).collect()
}

/// Why GitHub would refuse a body.
fn refusals(schema: &Valid<Schema>, body: Option<&Value>) -> Vec<String> {
    let Some(body) = body.and_then(Value::as_object) else { return vec!["its body is no object".to_owned()] };
    let unknown = body.keys().filter(|key| !["query", "variables", "operationName"].contains(&key.as_str()));
    let mut found: Vec<String> = unknown.map(|key| format!("no field `{key}`")).collect();
    let query = body.get("query").and_then(Value::as_str).unwrap_or_default();
    let document = match ExecutableDocument::parse_and_validate(schema, query, "query.graphql") {
        Ok(document) => document,
        Err(broken) => {
            found.push(broken.errors.to_string());
            return found;
        }
    };
    let given = body.get("variables").filter(|given| !given.is_null()).cloned();
    let given = given.unwrap_or_else(|| Value::Object(serde_json::Map::new()));
    let given: JsonMap = serde_json::from_value(given).expect("variables are an object");
    let name = body.get("operationName").and_then(Value::as_str);
    match document.operations.get(name) {
        Ok(operation) => {
            let declared: BTreeSet<&str> =
                operation.variables.iter().map(|variable| variable.name.as_str()).collect();
            let strange = given.keys().filter(|key| !declared.contains(key.as_str()));
            found.extend(strange.map(|key| format!("no variable `${}`", key.as_str())));
            let coerced = apollo_compiler::request::coerce_variable_values(schema, operation, &given);
            found.extend(coerced.err().map(|error| format!("a variable does not fit: {error:?}")));
        }
        Err(_) => found.push("it has no operation, or several".to_owned()),
    }
    found
}
