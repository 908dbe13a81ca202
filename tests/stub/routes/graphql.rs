//! GraphQL: questions are read as they are written, and answered from the same state as everything else.

use std::collections::BTreeMap;

use apollo_compiler::ast::{self, Definition, Document, Selection};
use serde_json::{Map, Value, json};

use super::{commit, object, queue};
use crate::stub::world::{ChangedFile, World};
use crate::stub::{Recorded, Reply};

/// A thing that fields are asked of.
enum Node {
    /// The root.
    Root,
    Repository,
    Pull(u64),
    /// A branch by its name.
    Branch(String),
    Commit(String),
    /// The statuses of a commit.
    Status(String),
    /// Something all of whose fields are at hand; a list is one of each.
    Plain(Value),
}

/// Reads one question and answers it.
struct Answering<'a> {
    world: &'a World,
    variables: Map<String, Value>,
    errors: Vec<Value>,
}

/// The answer to a question.
pub(super) fn answer(world: &World, request: &Recorded) -> Reply {
    let body = request.body.clone().unwrap_or_default();
    if world.points == 0 {
        let error = json!({ "type": "RATE_LIMITED", "message": "API rate limit exceeded" });
        return Reply::json(200, &json!({ "errors": [error] }));
    }
    let document = Document::parse(body["query"].as_str().unwrap_or_default(), "query.graphql");
    let Ok(document) = document else {
        return Reply::json(200, &json!({ "errors": [{ "message": "Parse error" }] }));
    };
    let operation = document.definitions.iter().find_map(|definition| {
        if let Definition::OperationDefinition(operation) = definition { Some(operation) } else { None }
    });
    let variables = body["variables"].as_object().cloned().unwrap_or_default();
    let mut answering = Answering { world, variables, errors: Vec::new() };
    let selected = &operation.expect("a query has an operation").selection_set;
    let data = answering.project(&Node::Root, selected, &[]);
    let mut answer = json!({ "data": data });
    if !answering.errors.is_empty() {
        answer["errors"] = json!(answering.errors);
    }
    Reply::json(200, &answer)
}

impl Answering<'_> {
    /// The fields of a thing that are asked for, under the names that they are asked under.
    fn project(&mut self, node: &Node, selected: &[Selection], path: &[String]) -> Value {
        match node {
            Node::Plain(Value::Null) => return Value::Null,
            Node::Plain(Value::Array(items)) => {
                let items = items.iter().cloned().map(Node::Plain);
                return items.map(|item| self.project(&item, selected, path)).collect();
            }
            Node::Plain(value) if selected.is_empty() => return value.clone(),
            Node::Root
            | Node::Repository
            | Node::Pull(_)
            | Node::Branch(_)
            | Node::Commit(_)
            | Node::Status(_)
            | Node::Plain(_) => {}
        }
        let mut fields = Map::new();
        for one in selected {
            match one {
                Selection::Field(field) => {
                    let name = field.alias.as_ref().unwrap_or(&field.name).to_string();
                    let path = [path, std::slice::from_ref(&name)].concat();
                    let value = match self.field(node, field, &path) {
                        Some(found) => self.project(&found, &field.selection_set, &path),
                        None => Value::Null,
                    };
                    fields.insert(name, value);
                }
                Selection::InlineFragment(fragment) => {
                    let inner = self.project(node, &fragment.selection_set, path);
                    fields.extend(inner.as_object().cloned().unwrap_or_default());
                }
                Selection::FragmentSpread(_) => panic!("the stand-in knows no named fragments"),
            }
        }
        Value::Object(fields)
    }

    /// A field of a thing; none where it is null.
    fn field(&mut self, node: &Node, field: &ast::Field, path: &[String]) -> Option<Node> {
        let given = self.arguments(field);
        let text = |name: &str| given.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
        let plain = |value: Value| Some(Node::Plain(value));
        let world = self.world;
        match (node, field.name.as_str()) {
            (Node::Root, "viewer") if world.may_ask_viewer => plain(json!({ "login": world.actor })),
            (Node::Root, "viewer") => self.refuse(path, "Something went wrong"),
            (Node::Root, "repository") => {
                let named = format!("{}/{}", text("owner"), text("name"));
                if named == world.repository {
                    Some(Node::Repository)
                } else {
                    self.refuse(path, "Could not resolve to a Repository")
                }
            }
            (Node::Repository, "pullRequest") => {
                match given["number"].as_u64().filter(|number| world.pulls.contains_key(number)) {
                    Some(number) => Some(Node::Pull(number)),
                    None => self.refuse(path, "Could not resolve to a PullRequest"),
                }
            }
            (Node::Repository, "object") => {
                let id = text("oid");
                if world.commits.contains_key(&id) {
                    return Some(Node::Commit(id));
                }
                object::text(world, &id).map(Node::Plain)
            }
            (Node::Repository, "mergeQueue") => {
                // An error may come with what could be answered all the same.
                if let Some((kind, message)) = world.queue_error {
                    self.errors.push(json!({ "type": kind, "message": message, "path": path }));
                }
                plain(queue::of(world, &text("branch")))
            }
            (Node::Pull(number), "files") if world.unlisted.contains(number) => {
                self.refuse(path, "Something went wrong while executing your query")
            }
            (Node::Pull(number), "baseRef") => {
                let base = &world.pulls[number].base;
                world.branches.contains_key(base).then(|| Node::Branch(base.clone()))
            }
            (Node::Pull(number), name) => plain(pull(world, *number, name, &given)),
            (Node::Branch(name), "compare") => {
                let base = &world.branches[name];
                compared(world, base, &text("headRef")).map(Node::Plain)
            }
            (Node::Commit(id), "oid") => plain(json!(id)),
            (Node::Commit(id), "status") => {
                let is_there = world.statuses.iter().any(|status| &status.commit == id);
                is_there.then(|| Node::Status(id.clone()))
            }
            (Node::Status(id), "context") => status(world, id, &text("name")).map(Node::Plain),
            (Node::Plain(value), name) => {
                let mut found = value.get(name).unwrap_or_else(|| panic!("no field `{name}`")).clone();
                if let (Some(first), Some(items)) = (given.get("first"), found.get_mut("nodes")) {
                    cut(items, first);
                }
                plain(found)
            }
            (Node::Root | Node::Repository | Node::Branch(_) | Node::Commit(_) | Node::Status(_), name) => {
                panic!("the stand-in knows no field `{name}` here")
            }
        }
    }

    /// A field that is null, because of an error.
    fn refuse(&mut self, path: &[String], message: &str) -> Option<Node> {
        self.errors.push(json!({ "message": message, "path": path }));
        None
    }

    /// The arguments of a field.
    fn arguments(&self, field: &ast::Field) -> BTreeMap<String, Value> {
        let value = |value: &ast::Value| match value {
            ast::Value::Variable(name) => self.variables.get(name.as_str()).cloned().unwrap_or_default(),
            ast::Value::String(text) => json!(text),
            ast::Value::Int(number) => json!(number.try_to_i32().expect("a small number")),
            ast::Value::Null
            | ast::Value::Enum(_)
            | ast::Value::Float(_)
            | ast::Value::Boolean(_)
            | ast::Value::List(_)
            | ast::Value::Object(_) => panic!("the stand-in knows no argument such as {value}"),
        };
        let named = |one: &apollo_compiler::Node<ast::Argument>| (one.name.to_string(), value(&one.value));
        field.arguments.iter().map(named).collect()
    }
}

/// A field of a pull request: as GitHub found it when its head was pushed last, which may be long ago.
fn pull(world: &World, number: u64, field: &str, given: &BTreeMap<String, Value>) -> Value {
    let pull = &world.pulls[&number];
    let (more, files) =
        world.outdated.get(&number).map_or((None, &pull.files), |(more, files)| (Some(more), files));
    match field {
        "number" => json!(number),
        "state" => json!(if pull.closed { "CLOSED" } else { "OPEN" }),
        "headRefOid" => json!(pull.head),
        "baseRefName" => json!(pull.base),
        "changedFiles" => json!(files.len()),
        "files" => listed(&files.iter().map(changed_file).collect::<Vec<_>>(), given),
        "commits" => {
            let base = world.branches.get(&pull.base).map_or("", String::as_str);
            let led = ids(world, base, &pull.head);
            let all = more.into_iter().flatten().chain(&led).map(|id| json!({ "commit": { "oid": id } }));
            listed(&all.collect::<Vec<_>>(), given)
        }
        other => panic!("the stand-in knows no field `{other}` of a pull request"),
    }
}

/// A changed file; where it was before is not said.
fn changed_file(file: &ChangedFile) -> Value {
    json!({ "path": file.path, "changeType": if file.previous.is_some() { "RENAMED" } else { "MODIFIED" } })
}

/// The commits that lead from a base to a head.
fn ids(world: &World, base: &str, head: &str) -> Vec<String> {
    let fork = world.parted.get(&(base.to_owned(), head.to_owned())).map_or(base, String::as_str);
    let led = commit::led(world, base, head, fork);
    led.iter().map(|commit| commit["sha"].as_str().unwrap_or_default().to_owned()).collect()
}

/// A comparison of a base as it is now with a head.
fn compared(world: &World, base: &str, head: &str) -> Option<Value> {
    if !world.commits.contains_key(head) || !world.commits.contains_key(base) {
        return None;
    }
    let commits: Vec<Value> = ids(world, base, head).into_iter().map(|id| json!({ "oid": id })).collect();
    let commits = listed(&commits, &BTreeMap::new());
    Some(json!({ "baseTarget": { "oid": base }, "headTarget": { "oid": head }, "commits": commits }))
}

/// The latest status of a context. The name of an app's account has no ending here.
fn status(world: &World, commit: &str, context: &str) -> Option<Value> {
    let mut all = world.statuses.iter().rev();
    let found = all.find(|status| status.commit == commit && status.context == context)?;
    let creator = match found.creator.strip_suffix("[bot]") {
        Some(bot) => json!({ "__typename": "Bot", "login": bot }),
        None => json!({ "__typename": "User", "login": found.creator }),
    };
    Some(json!({
        "context": found.context,
        "state": found.state.to_uppercase(),
        "description": found.description,
        "targetUrl": found.target,
        "createdAt": found.created,
        "creator": creator,
    }))
}

/// A list with its count.
fn listed(all: &[Value], given: &BTreeMap<String, Value>) -> Value {
    let mut list = json!({ "totalCount": all.len(), "nodes": all });
    if let Some(first) = given.get("first") {
        cut(&mut list["nodes"], first);
    }
    list
}

/// Leaves the first so many.
fn cut(items: &mut Value, first: &Value) {
    let first = first.as_u64().and_then(|first| usize::try_from(first).ok()).expect("a count");
    items.as_array_mut().expect("a list").truncate(first);
}
