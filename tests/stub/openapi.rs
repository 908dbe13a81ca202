//! GitHub's own description of its API, and whether a recorded request is one that it describes.

use std::path::Path;
use std::sync::OnceLock;

use serde_json::{Value, json};

use super::routes::{BY_ID, GRAPHQL};
use super::{Recorded, decode, graphql};

/// The description.
pub struct Description(Value);

/// The variable that names the file of the description; `tests/run` sets it.
const VARIABLE: &str = "SLOGATE_GITHUB_OPENAPI";

/// What is wrong with a request, where the environment names the description; without it nothing is said.
pub fn problems(request: &Recorded) -> Vec<String> {
    static DESCRIPTION: OnceLock<Option<Description>> = OnceLock::new();
    let named = || std::env::vars().find(|(name, _)| name == VARIABLE);
    let description =
        DESCRIPTION.get_or_init(|| named().map(|(_, path)| Description::read(Path::new(&path))));
    match description {
        Some(description) => description.problems(request),
        None if request.path.ends_with(GRAPHQL) => graphql::problems(request),
        None => Vec::new(),
    }
}

/// An operation that a request matched: its path item and itself.
struct Operation<'a> {
    item: &'a Value,
    itself: &'a Value,
    parameters: Vec<(String, String)>,
}

impl Description {
    /// Reads the description from a file.
    pub fn read(path: &Path) -> Self {
        let file = std::fs::File::open(path).expect("GitHub's API description is there");
        Self(serde_json::from_reader(std::io::BufReader::new(file)).expect("it is JSON"))
    }

    /// What is wrong with a request; nothing when GitHub describes it.
    pub fn problems(&self, request: &Recorded) -> Vec<String> {
        // GraphQL has a description of its own.
        if request.path.ends_with(GRAPHQL) {
            return graphql::problems(request);
        }
        let method = request.method.to_lowercase();
        // Links to further pages name a repository by its id, which the description does not show.
        let path = request.path.replace(BY_ID, "/repos/acme/shop");
        let Some(found) = self.operation(&method, &path) else {
            return vec![format!("{}: no such operation", request.line())];
        };
        let mut problems = Vec::new();
        self.parameters(request, &found, &mut problems);
        self.body(request, found.itself, &mut problems);
        problems.into_iter().map(|problem| format!("{}: {problem}", request.line())).collect()
    }

    /// The operation of a path, the one with the fewest parameters first.
    fn operation(&self, method: &str, path: &str) -> Option<Operation<'_>> {
        let paths = self.0.get("paths")?.as_object()?;
        let mut found: Vec<Operation<'_>> = paths
            .iter()
            .filter_map(|(template, item)| {
                let parameters = matched(template, path)?;
                Some(Operation { item, itself: item.get(method)?, parameters })
            })
            .collect();
        found.sort_by_key(|operation| operation.parameters.len());
        found.into_iter().next()
    }

    /// Follows a reference inside of the description.
    fn resolve<'a>(&'a self, value: &'a Value) -> &'a Value {
        match value.get("$ref").and_then(Value::as_str) {
            Some(pointer) => {
                self.0.pointer(pointer.trim_start_matches('#')).expect("the reference leads somewhere")
            }
            None => value,
        }
    }

    /// Judges what stands in the path and in the query.
    fn parameters(&self, request: &Recorded, found: &Operation<'_>, problems: &mut Vec<String>) {
        let declared: Vec<&Value> = [found.itself, found.item]
            .into_iter()
            .filter_map(|place| place.get("parameters").and_then(Value::as_array))
            .flatten()
            .map(|parameter| self.resolve(parameter))
            .collect();
        let find = |place: &str, name: &str| {
            declared.iter().find(|known| known["in"] == place && known["name"] == name)
        };
        let sent = [("path", &found.parameters), ("query", &request.query)];
        for (place, pairs) in sent {
            for (name, value) in pairs {
                match find(place, name) {
                    Some(known) => self.judge(
                        &known["schema"],
                        &typed(self.resolve(&known["schema"]), value),
                        name,
                        problems,
                    ),
                    None => problems.push(format!("no {place} parameter `{name}`")),
                }
            }
        }
        for known in declared.iter().filter(|known| known["in"] == "query" && known["required"] == true) {
            if !request.query.iter().any(|(name, _)| known["name"] == *name) {
                problems.push(format!("the query parameter {} is missing", known["name"]));
            }
        }
    }

    /// Judges the body.
    fn body(&self, request: &Recorded, operation: &Value, problems: &mut Vec<String>) {
        let declared = operation.get("requestBody").map(|body| self.resolve(body));
        let Some(declared) = declared else {
            if request.body.is_some() {
                problems.push("it takes no body".to_owned());
            }
            return;
        };
        let Some(body) = &request.body else {
            if declared["required"] == true {
                problems.push("its body is missing".to_owned());
            }
            return;
        };
        let schema = &declared["content"]["application/json"]["schema"];
        self.judge(schema, body, "body", problems);
        // The description leaves objects open, so a misspelt field would pass.
        let known = self.resolve(schema).get("properties").and_then(Value::as_object);
        for name in body.as_object().into_iter().flatten().map(|(name, _)| name) {
            if !known.is_some_and(|known| known.contains_key(name)) {
                problems.push(format!("no field `{name}`"));
            }
        }
    }

    /// Judges a value by a schema of the description.
    fn judge(&self, schema: &Value, value: &Value, name: &str, problems: &mut Vec<String>) {
        let mut whole = json!({ "allOf": [schema] });
        if schema.to_string().contains("\"$ref\"") {
            whole["components"] = self.0["components"].clone();
        }
        let validator = jsonschema::validator_for(&whole).expect("the schema is one");
        problems.extend(validator.iter_errors(value).map(|error| format!("`{name}`: {error}")));
    }
}

/// The parameters of a path that fits a template. References and paths may hold slashes.
fn matched(template: &str, path: &str) -> Option<Vec<(String, String)>> {
    let mut parameters = Vec::new();
    let mut parts = path.trim_matches('/').split('/').peekable();
    let mut template = template.trim_matches('/').split('/').peekable();
    while let Some(expected) = template.next() {
        let part = parts.next()?;
        match expected.strip_prefix('{').and_then(|name| name.strip_suffix('}')) {
            Some(name) => {
                let mut value = part.to_owned();
                while template.peek().is_none() && matches!(name, "ref" | "path") && parts.peek().is_some() {
                    value.push('/');
                    value.push_str(parts.next()?);
                }
                parameters.push((name.to_owned(), decode(&value)));
            }
            None if expected == part => {}
            None => return None,
        }
    }
    parts.next().is_none().then_some(parameters)
}

/// A text of an address as the type that the schema says.
fn typed(schema: &Value, text: &str) -> Value {
    let parsed = match schema["type"].as_str() {
        Some("integer" | "number") => text.parse::<i64>().ok().map(Value::from),
        Some("boolean") => text.parse::<bool>().ok().map(Value::from),
        _ => None,
    };
    parsed.unwrap_or_else(|| Value::from(text))
}
