//! One breach of a schema in our own words: what stands there, what belongs there, and what was meant.
//!
//! The words come from the schema: a rule's `title` says what a value is, as a noun with its article, its
//! `description` what the value is for, `x-message` what is wrong where neither would (and `x-label` what to write under
//! the underline), `x-rule` what the rule is called. Unknown keys stand at the key,
//! missing ones at what should have them.

use jsonschema::ValidationError;
use jsonschema::error::ValidationErrorKind;
use serde_json::Value;

use super::schema::{Compiled, RuleSet};
use super::{MAX_PROBLEMS, Part, meant, scalar};
use crate::diagnostic::{self, Code, Diagnostic, Severity};

/// One violation, with all that there is to say about it.
pub(super) struct Violation<'a> {
    /// The schema.
    compiled: &'a Compiled,
    /// The rule that is broken.
    rule: &'a Value,
    /// The value that breaks it.
    part: Part<'a>,
    /// The value's name: its key, or what the whole document is.
    subject: String,
    /// The set of rules that the document is held to.
    set: RuleSet,
}

impl<'a> Violation<'a> {
    /// What the validator found, brought to its place.
    pub(super) fn new(
        compiled: &'a Compiled,
        root: Part<'a>,
        error: &ValidationError<'_>,
        set: RuleSet,
    ) -> Self {
        let rule = compiled.rule(error.schema_path().as_str());
        let pointer = error.instance_path().as_str();
        let subject = match pointer.rsplit_once('/') {
            None => title(rule).unwrap_or("the document").to_owned(),
            Some((parent, step)) if root.nearest(parent).is_list() => match parent.rsplit_once('/') {
                Some((_, list)) => format!("an entry of `{}`", unescaped(list)),
                None => format!("entry {step}"),
            },
            Some((_, key)) => format!("`{}`", unescaped(key)),
        };
        Self { compiled, rule, part: root.nearest(pointer), subject, set }
    }

    /// The problems that it amounts to: none when the rule is not of the set, and each with the rule's name where a
    /// document can be held to a part of them.
    pub(super) fn describe(&self, kind: &ValidationErrorKind) -> Vec<Diagnostic> {
        let sets = self.rule.get("x-sets").and_then(Value::as_array);
        if sets.is_some_and(|sets| sets.iter().all(|set| set.as_str() != Some(self.set.as_str()))) {
            return Vec::new();
        }
        let mut problems = self.told(kind);
        if let Some(family) = self.compiled.family() {
            for problem in &mut problems {
                if problem.code == Code::UnknownKey && self.set == RuleSet::Lenient {
                    problem.severity = Severity::Warning;
                }
                let rule = self.rule.get("x-rule").and_then(Value::as_str);
                let rule = rule.unwrap_or_else(|| problem.code.as_str());
                problem.help = format!("{} [{family}/{rule}, {}]", problem.help, self.set.as_str());
            }
        }
        problems
    }

    #[expect(clippy::wildcard_enum_match_arm, reason = "all other keywords judge a value, and say so alike")]
    /// The problems that it amounts to, whatever the set.
    fn told(&self, kind: &ValidationErrorKind) -> Vec<Diagnostic> {
        match kind {
            ValidationErrorKind::AdditionalProperties { unexpected } => {
                unexpected.iter().take(MAX_PROBLEMS).map(|key| self.unknown_key(key)).collect()
            }
            ValidationErrorKind::Required { property } => {
                vec![self.missing_key(property.as_str().unwrap_or_default())]
            }
            ValidationErrorKind::Type { .. } => vec![self.wrong_type()],
            ValidationErrorKind::Enum { options } => {
                vec![self.not_one_of(options.as_array().map(Vec::as_slice).unwrap_or_default())]
            }
            ValidationErrorKind::Constant { expected_value } => {
                vec![self.not_one_of(std::slice::from_ref(&**expected_value))]
            }
            ValidationErrorKind::MinItems { limit } | ValidationErrorKind::MinProperties { limit } => {
                vec![self.too_few(*limit)]
            }
            ValidationErrorKind::MaxItems { limit } | ValidationErrorKind::MaxProperties { limit } => {
                vec![self.too_many(*limit)]
            }
            ValidationErrorKind::PropertyNames { error } => {
                vec![
                    self.wrong_name(
                        error.instance().as_str().unwrap_or_default(),
                        error.schema_path().as_str(),
                    ),
                ]
            }
            _ => vec![self.wrong_value()],
        }
    }

    /// A key that the format does not have.
    fn unknown_key(&self, key: &str) -> Diagnostic {
        let known: Vec<&str> = keys(self.rule.get("properties"));
        let owner = title(self.rule).unwrap_or("what stands here");
        let place = self.part.get(key).unwrap_or(self.part).key_place();
        // Some things are said elsewhere, and some keys have a prefix elsewhere.
        let elsewhere = self.rule.get("x-elsewhere").and_then(|keys| keys.get(key)).and_then(Value::as_str);
        let bare =
            key.rsplit_once('/').and_then(|(_, bare)| diagnostic::nearest(bare, known.iter().copied()));
        let help = match (elsewhere, bare) {
            (Some(elsewhere), _) => elsewhere.to_owned(),
            (None, Some(bare)) => format!("did you mean `{bare}`?"),
            (None, None) => diagnostic::suggestion(key, known),
        };
        Diagnostic::error(Code::UnknownKey, format!("unknown key `{key}`"))
            .at(place, format!("{owner} has no such key"))
            .help(help)
    }

    /// A key that must be there.
    fn missing_key(&self, key: &str) -> Diagnostic {
        let owner = title(self.rule).unwrap_or("what stands here");
        let rule = self.rule.get("properties").and_then(|rules| rules.get(key)).unwrap_or(&Value::Null);
        let example = first(rule, "examples").or_else(|| first(self.compiled.follow(rule), "examples"));
        let example = example.map_or_else(|| format!("`{key}`"), |example| format!("`{key}: {example}`"));
        let meaning = self.description(rule).map(|text| format!(" ({text})")).unwrap_or_default();
        Diagnostic::error(Code::MissingKey, format!("missing key `{key}`"))
            .at(self.part.key_place(), format!("{owner} needs `{key}`"))
            .help(format!("add {example}{meaning}"))
    }

    /// A value of the wrong type.
    fn wrong_type(&self) -> Diagnostic {
        let wanted: Vec<&str> = match self.rule.get("type") {
            Some(Value::String(one)) => vec![one],
            Some(Value::Array(several)) => several.iter().filter_map(Value::as_str).collect(),
            _ => Vec::new(),
        };
        let words: Vec<&str> = wanted.iter().filter(|name| **name != "null").map(|name| sort(name)).collect();
        let sort = self.part.sort();
        let message = match sort {
            "nothing" => format!("{} is empty, and must be {}", self.subject, words.join(" or ")),
            _ => format!("{} must be {}, not {sort}", self.subject, words.join(" or ")),
        };
        let number = self.part.text().is_some_and(|text| scalar::number(text).is_some());
        let hint = match (self.part.number(), wanted.as_slice()) {
            (Some(text), ["string"]) if meant::share(text, self.rule).is_some() => self.meant(text),
            (None, ["number" | "integer"]) if !number && self.part.text().is_some() => {
                self.part.text().and_then(|text| self.meant(text))
            }
            (Some(text), ["string"]) => Some(format!("put it in quotes: `\"{text}\"`")),
            (None, ["string"]) if self.part.boolean().is_some() => Some("put it in quotes".to_owned()),
            (None, ["boolean"]) if self.part.text().is_some() => Some("write `true` or `false`".to_owned()),
            (None, ["number" | "integer"]) if number => Some("write it without quotes".to_owned()),
            _ => None,
        };
        self.wrong(message, format!("{sort} stands here")).help(self.advice(hint))
    }

    /// A value that is none of those that are allowed.
    fn not_one_of(&self, options: &[Value]) -> Diagnostic {
        let options: Vec<String> = options.iter().map(shown).collect();
        let options: Vec<&str> = options.iter().map(String::as_str).collect();
        let stands = shown(&self.part.value());
        let message = match self.part.sort() {
            "nothing" => format!("{} is empty", self.subject),
            "a list" | "a mapping" => format!("{} cannot be {}", self.subject, self.part.sort()),
            _ => format!("{} cannot be `{stands}`", self.subject),
        };
        let word = self.part.text().is_some();
        let sign = meant::comparison(&stands).filter(|sign| options.contains(sign));
        let near = sign.or_else(|| diagnostic::nearest(&stands, options.iter().copied())).filter(|_| word);
        let hint = match (near, options.as_slice()) {
            (Some(near), _) => format!("did you mean `{near}`?"),
            (None, [only]) => format!("write `{only}`"),
            (None, _) => format!("write one of {}", diagnostic::list(&options)),
        };
        self.wrong(message, "not one of the values that there are").help(self.advice(Some(hint)))
    }

    /// Fewer entries than there must be.
    fn too_few(&self, limit: u64) -> Diagnostic {
        let message = if limit == 1 {
            format!("{} is empty, and needs at least one entry", self.subject)
        } else {
            format!("{} needs at least {limit} entries", self.subject)
        };
        self.wrong(message, "nothing stands here").help(self.advice(None))
    }

    /// More entries than there may be, shown at the first that is too many.
    fn too_many(&self, limit: u64) -> Diagnostic {
        let found = self.part.items().count().max(self.part.entries().count());
        let limit_index = usize::try_from(limit).unwrap_or(usize::MAX);
        let place = self.part.items().nth(limit_index).unwrap_or(self.part).key_place();
        let message = format!("{} has {found} entries, and may have {limit}", self.subject);
        Diagnostic::error(Code::WrongValue, message).at(place, "one too many").help(self.advice(None))
    }

    /// A key that names something and is not formed as such a name must be.
    fn wrong_name(&self, key: &str, path: &str) -> Diagnostic {
        let rule = self.compiled.rule(path);
        let place = self.part.get(key).unwrap_or(self.part).key_place();
        let what = title(rule).unwrap_or("a name that can stand here");
        let help = self.description(rule).unwrap_or("write another name");
        Diagnostic::error(Code::WrongValue, format!("`{key}` is not {what}"))
            .at(place, "not a name that can stand here")
            .help(help)
    }

    /// A value of the right type that is not what it must be.
    fn wrong_value(&self) -> Diagnostic {
        if let Some(message) = self.rule.get("x-message").and_then(Value::as_str) {
            let label = self.rule.get("x-label").and_then(Value::as_str);
            let label = label.unwrap_or("one of the two is too many");
            return self.wrong(message.to_owned(), label).help(self.advice(None));
        }
        let what = title(self.rule).unwrap_or("a value that can stand here");
        let message = match self.part.value() {
            Value::String(text) if text.is_empty() => format!("{} is empty", self.subject),
            value @ (Value::String(_) | Value::Number(_) | Value::Bool(_)) => {
                format!("`{}` is not {what}", shortened(&shown(&value)))
            }
            Value::Null | Value::Array(_) | Value::Object(_) => format!("{} is not {what}", self.subject),
        };
        let stands = self.part.text().or_else(|| self.part.number());
        let hint = stands.and_then(|text| self.meant(text));
        self.wrong(message, format!("not {what}")).help(self.advice(hint))
    }

    /// What was meant by a value in other units or letters, where that is known.
    fn meant(&self, text: &str) -> Option<String> {
        let meant = meant::duration(text, self.rule).or_else(|| meant::share(text, self.rule))?;
        let key = self.subject.strip_prefix('`').and_then(|subject| subject.strip_suffix('`'));
        Some(key.map_or_else(
            || format!("did you mean `{meant}`?"),
            |key| format!("did you mean `{key}: {meant}`?"),
        ))
    }

    /// A problem of the value itself.
    fn wrong(&self, message: String, label: impl Into<String>) -> Diagnostic {
        let place =
            if self.part.is_list() || self.part.is_map() { self.part.key_place() } else { self.part.place() };
        Diagnostic::error(Code::WrongValue, message).at(place, label)
    }

    /// What to do next: the hint, and what the value is for.
    fn advice(&self, hint: Option<String>) -> String {
        let meaning = self.description(self.rule).map(|text| format!("{}: {text}", self.subject));
        match (hint, meaning) {
            (Some(hint), Some(meaning)) if hint.ends_with('?') => format!("{hint} ({meaning})"),
            (Some(hint), Some(meaning)) => format!("{hint}; {meaning}"),
            (Some(only), None) | (None, Some(only)) => only,
            (None, None) => "see the schema of this file for what can stand here".to_owned(),
        }
    }

    /// What a rule's value is for; said beside a reference it is more particular than behind it.
    fn description(&self, rule: &'a Value) -> Option<&'a str> {
        let text = |rule: &'a Value| rule.get("description").and_then(Value::as_str);
        text(rule).or_else(|| text(self.compiled.follow(rule)))
    }
}

/// What a rule's value is, as a noun with its article.
fn title(rule: &Value) -> Option<&str> {
    rule.get("title").and_then(Value::as_str)
}

/// The names of an object.
fn keys(object: Option<&Value>) -> Vec<&str> {
    object
        .and_then(Value::as_object)
        .map(|object| object.keys().map(String::as_str).collect())
        .unwrap_or_default()
}

/// The first of a rule's list of values, as it is written in YAML.
fn first(rule: &Value, list: &str) -> Option<String> {
    rule.get(list)?.as_array()?.first().map(shown)
}

/// A value as a person writes it.
fn shown(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_) => {
            value.to_string()
        }
    }
}

/// A text of the length that a message bears.
fn shortened(text: &str) -> String {
    const LONGEST: usize = 60;
    if text.chars().count() <= LONGEST {
        return text.to_owned();
    }
    text.chars().take(LONGEST).chain(['…']).collect()
}

/// A type's name in words.
fn sort(name: &str) -> &'static str {
    match name {
        "boolean" => "`true` or `false`",
        "number" => "a number",
        "integer" => "a whole number",
        "string" => "a text",
        "array" => "a list",
        _ => "a mapping",
    }
}

/// A step of a JSON pointer as it was written.
fn unescaped(step: &str) -> String {
    step.replace("~1", "/").replace("~0", "~")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnostic::SourceText;
    use crate::document::{Schema, parse};

    /// The problems of one document under a schema.
    fn problems(schema: Schema, text: &str) -> Vec<Diagnostic> {
        let documents = parse(&SourceText::new("a.yaml", text)).expect("it is YAML");
        documents[0].check(schema)
    }

    /// Message, line, column and help of each problem of some settings.
    fn of_settings(text: &str) -> Vec<String> {
        let shown = |problem: Diagnostic| {
            let place = problem.place().expect("it has a place").clone();
            format!("{}:{} {} | {}", place.line(), place.column(), problem.message, problem.help)
        };
        problems(Schema::Settings, text).into_iter().map(shown).collect()
    }

    /// Settings that are valid.
    const GOOD: &str = "version: 1\nservices: {a: {paths: [\"a/**\"]}}\nenvironments: {p: {}}\n";

    #[test]
    fn what_follows_the_schema_has_no_problems() {
        assert_eq!(of_settings(GOOD), Vec::<String>::new());
    }

    #[test]
    fn an_unknown_key_is_refused_at_the_key_with_the_nearest_one() {
        assert_eq!(
            of_settings(&format!("{GOOD}polices: [a]\n")),
            ["4:1 unknown key `polices` | did you mean `policies`?"]
        );
        let nested = "version: 1\nservices:\n  a:\n    paths: [a]\n    owner: me\nenvironments: {p: {}}\n";
        assert_eq!(
            of_settings(nested),
            [
                "5:5 unknown key `owner` | there is `team`, `paths`, `dependencies`, `soft_dependencies`, `phase`, `tier` and `endpoints`"
            ]
        );
    }

    #[test]
    fn a_missing_key_is_labelled_at_what_should_have_it() {
        let found = of_settings("services:\n  a: {}\nenvironments: {p: {}}\n");
        assert_eq!(found.len(), 2, "{found:?}");
        assert_eq!(found[0], "1:1 missing key `version` | add `version: 1` (the version of this format)");
        assert!(
            found[1].starts_with("2:3 missing key `paths` | add `paths: [\"services/checkout/**\"]` (globs"),
            "{found:?}"
        );
    }

    #[test]
    fn a_wrong_word_suggests_the_nearest() {
        let found = of_settings(&format!("{GOOD}on_unknown: blokc\n"));
        assert!(
            found[0].starts_with("4:13 `on_unknown` cannot be `blokc` | did you mean `block`? ("),
            "{found:?}"
        );
        let found = of_settings(&GOOD.replace("version: 1", "version: 2"));
        assert!(found[0].starts_with("1:10 `version` cannot be `2` | write `1`; "), "{found:?}");
    }

    #[test]
    fn a_wrong_type_says_what_is_meant() {
        let text = "version: 1\nservices: [a]\nenvironments: {p: {match: {shard: 1}}}\nstep: 5\nslos: slos/*.yaml\nsource:\n";
        let found = of_settings(text);
        assert!(found[0].starts_with("2:1 `services` must be a mapping, not a list | "), "{found:?}");
        assert!(
            found[1].starts_with("3:35 `shard` must be a text, not a number | put it in quotes: `\"1\"`"),
            "{found:?}"
        );
        assert!(found[2].starts_with("4:7 `step` must be a text, not a number"), "{found:?}");
        assert!(found[3].starts_with("5:7 `slos` must be a list, not a text | "), "{found:?}");
        assert!(found[4].starts_with("6:1 `source` is empty, and must be a mapping | "), "{found:?}");
    }

    #[test]
    fn a_malformed_name_or_value_says_how_it_is_formed() {
        let text = "version: 1\nservices: {\"a b\": {paths: [a]}}\nenvironments: {p: {match: {1x: a}}}\nstep: 5 m\nignore: [\"\"]\n";
        let found = of_settings(text);
        assert!(found[0].starts_with("2:12 `a b` is not a name | a name has letters"), "{found:?}");
        assert!(found[1].starts_with("3:28 `1x` is not a label's name | "), "{found:?}");
        assert!(found[2].starts_with("4:7 `5 m` is not a duration such as `5m` | "), "{found:?}");
        assert!(found[3].starts_with("5:10 an entry of `ignore` is empty | "), "{found:?}");
    }

    #[test]
    fn a_kind_of_openslo_is_told_by_its_kind_alone() {
        let found = problems(
            Schema::OpenSlo,
            "apiVersion: openslo/v1\nkind: Slo\nmetadata: {name: a}\nspec: {x: 1}\n",
        );
        assert_eq!(found.len(), 1, "{found:?}");
        assert!(found[0].help.starts_with("did you mean `SLO`?"), "{found:?}");
        let found = problems(
            Schema::OpenSlo,
            "apiVersion: openslo/v1\nkind: DataSource\nmetadata: {name: a}\nspec: {x: 1}\n",
        );
        let messages: Vec<&str> = found.iter().map(|problem| problem.message.as_str()).collect();
        assert_eq!(messages, ["missing key `type`", "unknown key `x`"]);
    }
}
