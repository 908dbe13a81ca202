//! Expressions of GitHub Actions, as far as the action and its workflows use them, and nothing further: a word that is not
//! known here ends the test, where GitHub would make an empty text of it in silence.

use serde_json::Value;

/// How the run stands that a condition asks about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// Every step so far succeeded.
    Succeeding,
    /// A step failed.
    Failing,
    /// The run is being cancelled.
    Cancelled,
}

/// A text with its `${{ }}` replaced.
pub fn filled(text: &str, contexts: &Value) -> String {
    let mut filled = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("${{") {
        let (expression, after) = after.split_once("}}").unwrap_or_else(|| panic!("`{text}` has no end"));
        filled.push_str(before);
        filled.push_str(&written(&evaluated(expression, contexts, Standing::Succeeding)));
        rest = after;
    }
    filled + rest
}

/// Whether something happens under a condition; without a word on how the run stands, only while all succeeds.
pub fn holds(condition: Option<&str>, contexts: &Value, standing: Standing) -> bool {
    let condition = condition.unwrap_or("success()").trim();
    let condition =
        condition.strip_prefix("${{").and_then(|rest| rest.strip_suffix("}}")).unwrap_or(condition);
    let asks =
        ["always()", "success()", "failure()", "cancelled()"].iter().any(|word| condition.contains(word));
    let holds = is_true(&evaluated(condition, contexts, standing));
    holds && (asks || standing == Standing::Succeeding)
}

/// The value of an expression.
fn evaluated(expression: &str, contexts: &Value, standing: Standing) -> Value {
    let mut reader = Reader { words: words(expression), at: 0, contexts, standing };
    let value = reader.either();
    assert_eq!(reader.at, reader.words.len(), "`{expression}` is more than is known of expressions");
    value
}

/// A value as a text.
fn written(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        Value::Bool(_) | Value::Number(_) => value.to_string(),
        Value::Array(_) | Value::Object(_) => panic!("{value} is no text"),
    }
}

/// What counts as true.
fn is_true(value: &Value) -> bool {
    match value {
        Value::Null => false,
        Value::Bool(value) => *value,
        Value::Number(number) => number.as_i64() != Some(0),
        Value::String(text) => !text.is_empty(),
        Value::Array(_) | Value::Object(_) => true,
    }
}

/// The words of an expression: operators, texts in single quotes with the quote in front, and names with their dots.
fn words(expression: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut rest = expression.trim_start();
    while let Some(first) = rest.chars().next() {
        let operator =
            ["&&", "||", "==", "!=", "!", "(", ")"].into_iter().find(|word| rest.starts_with(word));
        let (word, length) = match (operator, first) {
            (Some(operator), _) => (operator, operator.len()),
            (None, '\'') => {
                let end = 1 + rest[1..].find('\'').unwrap_or_else(|| panic!("`{expression}` has no end"));
                (&rest[..end], end + 1)
            }
            (None, _) => {
                let is_part = |c: char| c.is_ascii_alphanumeric() || "._-".contains(c);
                let length = rest.find(|c| !is_part(c)).unwrap_or(rest.len());
                (&rest[..length], length)
            }
        };
        assert!(length > 0, "`{expression}` is more than is known of expressions");
        words.push(word.to_owned());
        rest = rest[length..].trim_start();
    }
    words
}

/// Reads words in order of their precedence.
struct Reader<'a> {
    words: Vec<String>,
    at: usize,
    contexts: &'a Value,
    standing: Standing,
}

impl Reader<'_> {
    /// True, and on to the next word, where this word comes next.
    fn takes(&mut self, word: &str) -> bool {
        let takes = self.words.get(self.at).is_some_and(|next| next == word);
        self.at += usize::from(takes);
        takes
    }

    /// `a || b`: the first that is true, else the last.
    fn either(&mut self) -> Value {
        let mut value = self.both();
        while self.takes("||") {
            let other = self.both();
            value = if is_true(&value) { value } else { other };
        }
        value
    }

    /// `a && b`: the first that is not true, else the last.
    fn both(&mut self) -> Value {
        let mut value = self.compared();
        while self.takes("&&") {
            let other = self.compared();
            value = if is_true(&value) { other } else { value };
        }
        value
    }

    /// `a == b` and `a != b`, of texts whatever their case.
    fn compared(&mut self) -> Value {
        let value = self.one();
        for (word, wanted) in [("==", true), ("!=", false)] {
            if self.takes(word) {
                let other = self.one();
                return Value::Bool(
                    (written(&value).to_lowercase() == written(&other).to_lowercase()) == wanted,
                );
            }
        }
        value
    }

    /// A value by itself.
    fn one(&mut self) -> Value {
        if self.takes("!") {
            return Value::Bool(!is_true(&self.one()));
        }
        if self.takes("(") {
            let value = self.either();
            assert!(self.takes(")"), "a parenthesis has no end in {:?}", self.words);
            return value;
        }
        let word = self.words.get(self.at).unwrap_or_else(|| panic!("{:?} has no end", self.words)).clone();
        self.at += 1;
        if let Some(text) = word.strip_prefix('\'') {
            return Value::from(text);
        }
        if self.takes("(") {
            assert!(self.takes(")"), "`{word}` is given something in {:?}", self.words);
            return Value::Bool(match word.as_str() {
                "always" => true,
                "success" => self.standing == Standing::Succeeding,
                "failure" => self.standing == Standing::Failing,
                "cancelled" => self.standing == Standing::Cancelled,
                other => panic!("`{other}()` is not known"),
            });
        }
        match word.as_str() {
            "true" => Value::Bool(true),
            "false" => Value::Bool(false),
            path => self.found(path),
        }
    }

    /// The value at a path of the contexts. What a step did not write and an event does not have is empty, as on GitHub.
    fn found(&self, path: &str) -> Value {
        let mut value = self.contexts;
        let mut open = false;
        for name in path.split('.') {
            match value.get(name) {
                Some(found) => value = found,
                None if open => return Value::Null,
                None => panic!("`{path}` is not known: there is no `{name}`"),
            }
            open |= ["outputs", "event", "vars", "secrets"].contains(&name);
        }
        value.clone()
    }
}

#[test]
fn expressions_mean_what_they_mean_on_github() {
    let contexts = serde_json::json!({
        "inputs": { "run": "check", "empty": "" },
        "steps": { "one": { "outputs": { "posted": "true" } } },
        "github": { "event": { "number": 7 } },
    });
    let is = |condition: &str, standing| holds(Some(condition), &contexts, standing);
    for standing in [Standing::Succeeding, Standing::Failing, Standing::Cancelled] {
        assert!(is("always() && inputs.run == 'Check'", standing));
        assert!(!is("always() && steps.one.outputs.posted != 'true'", standing));
        assert!(is(
            "${{ always() && steps.one.outputs.other != 'true' && !(inputs.empty || false) }}",
            standing
        ));
        assert_eq!(is("inputs.run", standing), standing == Standing::Succeeding);
        assert_eq!(holds(None, &contexts, standing), standing == Standing::Succeeding);
    }
    assert!(!is("inputs.empty || inputs.run == 'sweep'", Standing::Succeeding));
    let text = "a${{ inputs.run }}-${{ github.event.number || 'none' }}${{github.event.pull.number}}";
    assert_eq!(filled(text, &contexts), "acheck-7");
}

#[test]
fn what_is_not_known_of_expressions_is_refused() {
    let contexts = serde_json::json!({ "inputs": { "run": "check" } });
    for text in [
        "${{ inputs.rum }}",
        "${{ steps.one.outputs.x }}",
        "${{ format('x') }}",
        "${{ inputs.run < 'x' }}",
        "${{ inputs.run",
    ] {
        assert!(std::panic::catch_unwind(|| filled(text, &contexts)).is_err(), "{text}");
    }
}
