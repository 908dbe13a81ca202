//! Holding a document to a schema: the one door to the JSON Schema validator.
//!
//! The schemas are embedded and refer to nothing outside of themselves. A violation becomes a problem in our own
//! words (`violation`), so that a format is written down once and is documented by what checks it.

use std::sync::LazyLock;

use jsonschema::{PatternOptions, Validator};
use serde_json::Value;

use super::violation::Violation;
use super::{MAX_PROBLEMS, Part};
use crate::diagnostic::{self, Code, Diagnostic};

/// The formats that are read back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Schema {
    /// `slogate.yaml`.
    Settings,
    /// A document of OpenSLO v1, of any kind.
    OpenSlo,
    /// A document of OpenSLO v1alpha.
    OpenSloV1Alpha,
    /// A document of OpenSLO v2alpha, of any kind.
    OpenSloV2Alpha,
    /// A file of Sloth.
    Sloth,
    /// A resource of Kubernetes for Sloth.
    SlothResource,
    /// A resource of Kubernetes for Pyrra.
    Pyrra,
    /// The tests of a policy.
    PolicyTest,
    /// `organization.yaml`.
    Organization,
    /// An organisation's layer, vendored.
    Layer,
    /// What `check` has to say.
    Report,
    /// What does not count in budgets, and what is given back.
    Adjustments,
}

/// How much of a schema a document is held to. A rule of a schema names the sets that it belongs to under `x-sets`;
/// one that names none belongs to all.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RuleSet {
    /// What the format's own tools ask, and all that its specification asks.
    Strict,
    /// What the format's specification asks.
    Spec,
    /// What nobody could do without; an unknown key is a warning.
    Lenient,
}

impl RuleSet {
    /// All of them, the strictest first.
    pub const ALL: [Self; 3] = [Self::Strict, Self::Spec, Self::Lenient];

    /// As it is written in settings, on the command line and in schemas.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Strict => "strict",
            Self::Spec => "spec",
            Self::Lenient => "lenient",
        }
    }

    /// The set of a name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|set| set.as_str() == name)
    }
}

/// A schema that is ready to be applied.
pub(super) struct Compiled {
    /// Its text.
    text: Value,
    /// The validator.
    validator: Validator,
}

/// The schema of `slogate.yaml`.
static SETTINGS: LazyLock<Result<Compiled, String>> =
    LazyLock::new(|| Compiled::new(Schema::Settings.text()));
/// The schema of OpenSLO v1.
static OPENSLO: LazyLock<Result<Compiled, String>> = LazyLock::new(|| Compiled::new(Schema::OpenSlo.text()));
/// The schema of OpenSLO v1alpha.
static OPENSLO_V1ALPHA: LazyLock<Result<Compiled, String>> =
    LazyLock::new(|| Compiled::new(Schema::OpenSloV1Alpha.text()));
/// The schema of OpenSLO v2alpha.
static OPENSLO_V2ALPHA: LazyLock<Result<Compiled, String>> =
    LazyLock::new(|| Compiled::new(Schema::OpenSloV2Alpha.text()));
/// The schema of Sloth's files.
static SLOTH: LazyLock<Result<Compiled, String>> = LazyLock::new(|| Compiled::new(Schema::Sloth.text()));
/// The schema of Sloth's resources.
static SLOTH_RESOURCE: LazyLock<Result<Compiled, String>> =
    LazyLock::new(|| Compiled::new(Schema::SlothResource.text()));
/// The schema of Pyrra's resources.
static PYRRA: LazyLock<Result<Compiled, String>> = LazyLock::new(|| Compiled::new(Schema::Pyrra.text()));
/// The schema of a policy's tests.
static POLICY_TEST: LazyLock<Result<Compiled, String>> =
    LazyLock::new(|| Compiled::new(Schema::PolicyTest.text()));

/// The schema of `organization.yaml`.
static ORGANIZATION: LazyLock<Result<Compiled, String>> =
    LazyLock::new(|| Compiled::new(Schema::Organization.text()));
/// The schema of an organisation's layer, vendored.
static LAYER: LazyLock<Result<Compiled, String>> = LazyLock::new(|| Compiled::new(Schema::Layer.text()));
/// The schema of a report.
static REPORT: LazyLock<Result<Compiled, String>> = LazyLock::new(|| Compiled::new(Schema::Report.text()));

/// The schema of adjustments.
static ADJUSTMENTS: LazyLock<Result<Compiled, String>> =
    LazyLock::new(|| Compiled::new(Schema::Adjustments.text()));

impl Compiled {
    /// Makes a validator of a schema's text.
    fn new(text: &str) -> Result<Self, String> {
        let text: Value = serde_json::from_str(text).map_err(|error| error.to_string())?;
        let options = jsonschema::options().offline().with_pattern_options(PatternOptions::regex());
        let validator = options.build(&text).map_err(|error| error.to_string())?;
        Ok(Self { text, validator })
    }

    /// The rule that holds the keyword at a schema path, references followed.
    pub(super) fn rule(&self, path: &str) -> &Value {
        let parent = path.rsplit_once('/').map_or("", |(parent, _)| parent);
        self.text.pointer(parent).map_or(&Value::Null, |rule| self.follow(rule))
    }

    /// What the rules of this schema are called by, where a document can be held to a part of them.
    pub(super) fn family(&self) -> Option<&str> {
        self.text.get("x-family").and_then(Value::as_str)
    }

    /// A rule, or the one that it refers to.
    pub(super) fn follow<'a>(&'a self, rule: &'a Value) -> &'a Value {
        let target =
            rule.get("$ref").and_then(Value::as_str).and_then(|reference| reference.strip_prefix('#'));
        target.and_then(|pointer| self.text.pointer(pointer)).unwrap_or(rule)
    }
}

impl Schema {
    /// The name of its file.
    #[must_use]
    pub const fn file(self) -> &'static str {
        match self {
            Self::Settings => "settings.v1.json",
            Self::OpenSlo => "openslo.v1.json",
            Self::OpenSloV1Alpha => "openslo.v1alpha.json",
            Self::OpenSloV2Alpha => "openslo.v2alpha.json",
            Self::Sloth => "sloth.v1.json",
            Self::SlothResource => "sloth-resource.v1.json",
            Self::Pyrra => "pyrra.v1alpha1.json",
            Self::PolicyTest => "policy-test.v1.json",
            Self::Organization => "organization.v1.json",
            Self::Layer => "layer.v1.json",
            Self::Report => "report.v1.json",
            Self::Adjustments => "adjustments.v1.json",
        }
    }

    /// Its text.
    #[must_use]
    pub const fn text(self) -> &'static str {
        match self {
            Self::Settings => include_str!("../../schemas/settings.v1.json"),
            Self::OpenSlo => include_str!("../../schemas/openslo.v1.json"),
            Self::OpenSloV1Alpha => include_str!("../../schemas/openslo.v1alpha.json"),
            Self::OpenSloV2Alpha => include_str!("../../schemas/openslo.v2alpha.json"),
            Self::Sloth => include_str!("../../schemas/sloth.v1.json"),
            Self::SlothResource => include_str!("../../schemas/sloth-resource.v1.json"),
            Self::Pyrra => include_str!("../../schemas/pyrra.v1alpha1.json"),
            Self::PolicyTest => include_str!("../../schemas/policy-test.v1.json"),
            Self::Organization => include_str!("../../schemas/organization.v1.json"),
            Self::Layer => include_str!("../../schemas/layer.v1.json"),
            Self::Report => include_str!("../../schemas/report.v1.json"),
            Self::Adjustments => include_str!("../../schemas/adjustments.v1.json"),
        }
    }

    /// The violations, in the order of their places.
    pub(super) fn check(self, part: Part<'_>, set: RuleSet) -> Vec<Diagnostic> {
        let compiled = match self {
            Self::Settings => &*SETTINGS,
            Self::OpenSlo => &*OPENSLO,
            Self::OpenSloV1Alpha => &*OPENSLO_V1ALPHA,
            Self::OpenSloV2Alpha => &*OPENSLO_V2ALPHA,
            Self::Sloth => &*SLOTH,
            Self::SlothResource => &*SLOTH_RESOURCE,
            Self::Pyrra => &*PYRRA,
            Self::PolicyTest => &*POLICY_TEST,
            Self::Organization => &*ORGANIZATION,
            Self::Layer => &*LAYER,
            Self::Report => &*REPORT,
            Self::Adjustments => &*ADJUSTMENTS,
        };
        let compiled = match compiled {
            Ok(compiled) => compiled,
            // Never so in a release (a test compiles all), and never a pass if it were.
            Err(error) => {
                let message = format!("the embedded schema cannot be used: {error}");
                return vec![Diagnostic::error(Code::WrongValue, message).help("report this as a bug")];
            }
        };
        let value = part.value();
        let errors = compiled.validator.iter_errors(&value);
        let told =
            errors.flat_map(|error| Violation::new(compiled, part, &error, set).describe(error.kind()));
        let mut problems: Vec<Diagnostic> = told.take(MAX_PROBLEMS).collect();
        diagnostic::sort(&mut problems);
        problems
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every schema.
    fn all() -> [&'static LazyLock<Result<Compiled, String>>; 12] {
        [
            &SETTINGS,
            &OPENSLO,
            &OPENSLO_V1ALPHA,
            &OPENSLO_V2ALPHA,
            &SLOTH,
            &SLOTH_RESOURCE,
            &PYRRA,
            &POLICY_TEST,
            &ORGANIZATION,
            &LAYER,
            &REPORT,
            &ADJUSTMENTS,
        ]
    }

    /// Calls `visit` for every rule of a schema.
    fn walk(value: &Value, path: &str, visit: &mut impl FnMut(&str, &Value)) {
        visit(path, value);
        match value {
            Value::Object(object) => {
                object.iter().for_each(|(key, value)| walk(value, &format!("{path}/{key}"), visit));
            }
            Value::Array(items) => items.iter().for_each(|value| walk(value, path, visit)),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
        }
    }

    #[test]
    fn schemas_compile_describe_every_property_and_refer_only_to_themselves() {
        for schema in all() {
            let compiled = schema.as_ref().expect("it compiles");
            walk(&compiled.text, "", &mut |path, value| {
                if let Some(reference) = value.get("$ref").and_then(Value::as_str) {
                    let pointer = reference.strip_prefix('#').expect("it stays within the schema");
                    assert!(compiled.text.pointer(pointer).is_some(), "{path} refers to nothing");
                }
                assert!(
                    value.get("anyOf").is_none() && value.get("oneOf").is_none(),
                    "{path} does not discriminate"
                );
                if path.ends_with("/properties") && !path.contains("/if/") {
                    for (key, rule) in value.as_object().expect("properties are an object") {
                        let described =
                            rule.get("description").or_else(|| compiled.follow(rule).get("description"));
                        assert!(described.is_some(), "{path}/{key} has no description");
                    }
                }
            });
        }
    }

    #[test]
    fn every_example_and_default_follows_its_own_rule() {
        for schema in all() {
            let compiled = schema.as_ref().expect("it compiles");
            walk(&compiled.text, "", &mut |path, rule| {
                let examples = rule.get("examples").and_then(Value::as_array);
                let values: Vec<&Value> = examples.into_iter().flatten().chain(rule.get("default")).collect();
                if path.ends_with("/properties") || values.is_empty() {
                    return;
                }
                let mut alone = rule.clone();
                if let Some(shared) = compiled.text.get("$defs") {
                    alone["$defs"] = shared.clone();
                }
                let validator = jsonschema::options().offline().build(&alone).expect("it compiles");
                assert!(values.into_iter().all(|value| validator.is_valid(value)), "{path}");
            });
        }
    }
}
