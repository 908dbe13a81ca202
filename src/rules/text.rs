//! Rules as the text of files: for Prometheus itself, or as resources of its operator.
//!
//! The same rules give the same text, byte for byte, so that a file can be compared. Each file says first what it was
//! written from, and nothing else is ever overwritten.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use serde_json::{Map, Value, json};

use super::{Group, Made, Rule, ServiceRules, convention};
use crate::document::write;
use crate::settings;

/// How every file begins that was written here.
pub const MARK: &str = "# Written by `slogate rules`, not by hand: ";

/// What a file is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// A file that `rule_files` of a Prometheus names.
    Prometheus,
    /// Resources of kind `PrometheusRule`.
    Operator,
}

/// The rules of some services as one file.
///
/// # Errors
/// They cannot be written so that they read back as they are.
pub fn file(services: &[&ServiceRules], environments: &[&str], form: Form) -> Result<String, String> {
    let mut text = header(services, environments);
    match form {
        // Service by service, so that each part is read back within the limits of one document.
        Form::Prometheus => {
            let mut groups = String::new();
            for service in services {
                let written = write(&[json!({ "groups": groups_of(service) })])?;
                let (_, below) = written.split_once('\n').ok_or("a list of groups has one line alone")?;
                groups.push_str(below);
            }
            text.push_str(if groups.is_empty() { "groups: []\n" } else { "groups:\n" });
            text.push_str(&groups);
        }
        Form::Operator => {
            for (index, service) in services.iter().enumerate() {
                if index > 0 {
                    text.push_str("---\n");
                }
                text.push_str(&write(&[resource(service)])?);
            }
        }
    }
    Ok(text)
}

/// What a file was written from.
fn header(services: &[&ServiceRules], environments: &[&str]) -> String {
    let files: BTreeSet<&str> =
        services.iter().flat_map(|service| service.files.iter().map(String::as_str)).collect();
    // A file's name may hold a line break, and a comment ends with its line.
    let files: Vec<String> = files.into_iter().map(|file| file.escape_debug().to_string()).collect();
    format!(
        "{MARK}write it again when a definition changes.\n# By slogate {} from {}{}{}, for {}.\n",
        env!("CARGO_PKG_VERSION"),
        settings::FILE,
        if files.is_empty() { "" } else { ", " },
        files.join(", "),
        environments.join(", ")
    )
}

/// The resource of a service.
fn resource(service: &ServiceRules) -> Value {
    json!({
        "apiVersion": "monitoring.coreos.com/v1",
        "kind": "PrometheusRule",
        "metadata": {
            "name": resource_name(&service.service),
            "labels": {
                "app.kubernetes.io/managed-by": "slogate",
                "app.kubernetes.io/component": "slo",
            },
        },
        "spec": { "groups": groups_of(service) },
    })
}

/// The name of a service's resource. Kubernetes allows small letters, digits and hyphens: other characters become their
/// code, and so does a hyphen that looks like the beginning of one, so that no two services share a name.
fn resource_name(service: &str) -> String {
    let mut name = "slogate-".to_owned();
    let mut characters = service.chars().peekable();
    while let Some(c) = characters.next() {
        let is_code = c == '-' && characters.peek() == Some(&'x');
        if (c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-') && !is_code {
            name.push(c);
        } else {
            let _infallible = write!(name, "-x{:x}-", u32::from(c));
        }
    }
    name.trim_end_matches('-').to_owned()
}

/// The groups of a service.
fn groups_of(service: &ServiceRules) -> Vec<Value> {
    service.groups.iter().map(group).collect()
}

/// A group.
fn group(group: &Group) -> Value {
    json!({
        "name": group.name,
        "interval": convention::length(group.interval),
        "rules": group.rules.iter().map(rule).collect::<Vec<Value>>(),
    })
}

/// A rule.
fn rule(rule: &Rule) -> Value {
    let mut value = Map::new();
    match &rule.made {
        Made::Record(name) => value.insert("record".to_owned(), json!(name)),
        Made::Alert { name, .. } => value.insert("alert".to_owned(), json!(name)),
    };
    value.insert("expr".to_owned(), json!(rule.expression));
    value.insert("labels".to_owned(), json!(rule.labels));
    if let Made::Alert { annotations, .. } = &rule.made {
        value.insert("annotations".to_owned(), json!(annotations));
    }
    Value::Object(value)
}
