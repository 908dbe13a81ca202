//! What the host says to a script that asks for something it must not or cannot have.
//!
//! A complaint travels through the engine as the value of a runtime error, so that its words and its advice arrive
//! unchanged where the run is judged; everything that the engine says by itself is put into the same words here.

#![expect(
    clippy::wildcard_enum_match_arm,
    reason = "the engine's errors are not exhaustive, and have words of their own"
)]

use std::any::type_name;

use rhai::{Dynamic, Engine, EvalAltResult, LexError, ParseErrorType, Position};

use super::facts::{Facts, QuarterFacts, SlaFacts};
use super::value::{Count, Name, Rate, Ratio, Time};
use super::vocabulary;
use crate::diagnostic::{Code, nearest};

/// Words, advice and kind of one problem of a run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Complaint {
    /// Its kind.
    pub(super) code: Code,
    /// What is wrong.
    pub(super) message: String,
    /// What to do next; may be empty.
    pub(super) help: String,
}

/// How a run inside the engine ends when it ends badly.
pub(super) type Raised = Box<EvalAltResult>;

impl Complaint {
    /// A complaint about a policy's own doing.
    pub(super) fn new(message: impl Into<String>, help: impl Into<String>) -> Self {
        Self { code: Code::PolicyError, message: message.into(), help: help.into() }
    }

    /// The same of another kind.
    pub(super) fn of(mut self, code: Code) -> Self {
        self.code = code;
        self
    }

    /// The complaint about a panic while a policy ran.
    pub(super) fn of_panic(why: &str) -> Self {
        Self::new(format!("the policy broke the script engine: {why}"), "write it in another way")
            .of(Code::PolicySandbox)
    }

    /// Message and advice in one sentence.
    pub(super) fn sentence(&self) -> String {
        if self.help.is_empty() { self.message.clone() } else { format!("{}: {}", self.message, self.help) }
    }

    /// The complaint that an error of a run carries or amounts to, and the innermost position that it names.
    pub(super) fn of_error(error: &EvalAltResult) -> (Self, Position) {
        let mut position = error.position();
        let mut inner = error;
        while let EvalAltResult::ErrorInFunctionCall(_, _, cause, _) = inner {
            inner = cause;
            position = inner.position().or_else(position);
        }
        (Self::in_words(inner), position)
    }

    /// An error of the engine in our words.
    fn in_words(error: &EvalAltResult) -> Self {
        use EvalAltResult as E;
        let sandbox = |message: String, help: &str| Self::new(message, help).of(Code::PolicySandbox);
        match error {
            E::ErrorRuntime(value, _) => match value.clone().try_cast::<Self>() {
                Some(complaint) => complaint,
                None => Self::new(format!("the policy raised `{}`", printable(&value.to_string())), ""),
            },
            E::ErrorFunctionNotFound(signature, _) => wrong_call(signature),
            E::ErrorDotExpr(what, _) => wrong_property(what),
            E::ErrorMismatchDataType(wanted, actual, _) | E::ErrorMismatchOutputType(wanted, actual, _) => {
                Self::new(format!("{} is needed here, not {}", kind(wanted), kind(actual)), "")
            }
            E::ErrorPropertyNotFound(name, _) => {
                Self::new(format!("there is no `{}` here", printable(name)), "a missing property is an error")
            }
            E::ErrorVariableNotFound(name, _) => Self::new(
                format!("there is no variable `{}`", printable(name)),
                "declare it with `const` or `let`",
            ),
            E::ErrorTerminated(why, _) if why.is_string() => sandbox(
                "too many operations".to_owned(),
                "a condition is asked thousands of times: compare facts, without loops",
            ),
            E::ErrorTooManyOperations(_) => sandbox(
                "too many operations".to_owned(),
                "a policy declares and compares; take loops out or make them shorter",
            ),
            E::ErrorTerminated(..) => sandbox(
                "the policy ran for too long".to_owned(),
                "a policy declares and compares; take loops out or make them shorter",
            ),
            E::ErrorStackOverflow(_) => {
                sandbox("calls are nested too deeply".to_owned(), "a function must not call itself")
            }
            E::ErrorTooManyVariables(_) => sandbox("too many variables".to_owned(), ""),
            E::ErrorDataTooLarge(what, _) => {
                sandbox(format!("{} grows too large", what.to_lowercase()), "keep texts and lists short")
            }
            E::ErrorParsing(problem, _) => Self::of_parsing(problem),
            other => {
                let mut bare = other.to_string();
                if let Some(at) = bare.rfind(" (line ") {
                    bare.truncate(at);
                }
                Self::new(printable(&lower(&bare)), "")
            }
        }
    }

    /// A parse error in our words.
    pub(super) fn of_parsing(problem: &ParseErrorType) -> Self {
        use ParseErrorType as P;
        let syntax = |message: String, help: &str| Self::new(message, help).of(Code::PolicySyntax);
        let sandbox = |message: String, help: &str| Self::new(message, help).of(Code::PolicySandbox);
        match problem {
            P::BadInput(LexError::ImproperSymbol(word, _)) if word == "eval" => {
                sandbox("`eval` is not allowed in a policy".to_owned(), "write out what it would run")
            }
            P::VariableExpected | P::PropertyExpected => syntax(
                "a name is expected here".to_owned(),
                "a reserved word cannot be one: choose another name",
            ),
            P::Reserved(word) if word == "import" || word == "export" => sandbox(
                format!("`{word}` is not allowed in a policy"),
                "a policy is one file: write out what you would import",
            ),
            P::Reserved(word) => {
                syntax(format!("`{}` is a reserved word", printable(word)), "choose another name")
            }
            P::VariableUndefined(name) => syntax(
                format!("there is no variable `{}`", printable(name)),
                "declare it above with `const` or `let`; a function sees its parameters only",
            ),
            P::VariableExists(name) => syntax(
                format!("`{}` is declared already", printable(name)),
                "choose another name: one name stands for one thing",
            ),
            P::ExprTooDeep => sandbox(
                "the expression is nested too deeply".to_owned(),
                "split it: name its parts with `let` or `const`",
            ),
            P::TooManyFunctions => sandbox("too many functions and closures".to_owned(), "split the policy"),
            P::LiteralTooLarge(what, limit) => {
                sandbox(format!("{} is over the limit of {limit}", what.to_lowercase()), "make it shorter")
            }
            other => syntax(printable(&lower(&other.to_string())).replace('\'', "`"), ""),
        }
    }
}

/// Raises a complaint; the engine adds the position.
impl From<Complaint> for Raised {
    fn from(complaint: Complaint) -> Self {
        Self::new(EvalAltResult::ErrorRuntime(Dynamic::from(complaint), Position::NONE))
    }
}

/// A function that is not there, or not for such arguments: `freeze (i64)`.
fn wrong_call(signature: &str) -> Complaint {
    let (name, arguments) = signature.split_once('(').unwrap_or((signature, ""));
    let kinds: Vec<String> =
        arguments.trim_end_matches(')').split(", ").filter(|kind| !kind.is_empty()).map(kind).collect();
    let name = printable(name.trim());
    let given = if kinds.is_empty() { "nothing".to_owned() } else { kinds.join(" and ") };
    let makes = || vocabulary::consequences().any(|(made, _)| made == name);
    let help = match kinds.as_slice() {
        [clause, first, _, ..] if name == "then" && clause == "a clause" && first == "a consequence" => {
            "write one `.then(…)` for each consequence".to_owned()
        }
        [list] if list == "a list" && makes() => format!("write one `{name}(\"…\")` for each"),
        _ => vocabulary::signature(&name).map_or_else(String::new, |form| format!("write `{form}`")),
    };
    Complaint::new(format!("`{name}` does not take {given}"), help)
}

/// A property that is not there, or cannot be written: `Unknown property 'x' - …`.
fn wrong_property(what: &str) -> Complaint {
    let name = printable(what.split('\'').nth(1).unwrap_or("this"));
    if what.starts_with("No writable") {
        return Complaint::new(format!("`{name}` cannot be written"), "facts can only be read");
    }
    let help = nearest(&name, vocabulary::fact_names())
        .map_or_else(String::new, |near| format!("did you mean `{near}`?"));
    Complaint::new(format!("there is no `{name}` here"), help).of(Code::UnknownFact)
}

/// What people call a value of the type that the engine calls `name`.
pub(super) fn kind(name: &str) -> String {
    match name.trim() {
        "i64" => "an integer",
        "decimal" => "a decimal",
        "string" | "&str" | "&str | ImmutableString | String" => "a text",
        "bool" => "true or false",
        "()" => "nothing",
        "array" => "a list",
        "map" => "a map",
        "Fn" => "a function",
        name if name == "ratio" || name == type_name::<Ratio>() => "a ratio",
        name if name == "rate" || name == type_name::<Rate>() => "a burn rate",
        name if name == "count" || name == type_name::<Count>() => "a count",
        name if name == "time" || name == type_name::<Time>() => "a length of time",
        name if name == "name" || name == type_name::<Name>() => "a name",
        name if name == "budget" || name == type_name::<Facts>() => "the budget",
        name if name == "sla" || name == type_name::<SlaFacts>() => "the SLA's budget",
        name if name == "quarter" || name == type_name::<QuarterFacts>() => "the quarter's budget",
        "clause" => "a clause",
        "consequence" => "a consequence",
        other => return format!("`{}`", printable(other)),
    }
    .to_owned()
}

/// A value with its kind, short enough for a sentence.
pub(super) fn described(engine: &Engine, value: &Dynamic) -> String {
    let type_name = engine.map_type_name(value.type_name());
    let name = kind(type_name);
    let shown = match type_name {
        "i64" | "decimal" => value.to_string(),
        "string" => format!("\"{}\"", printable(&value.to_string())),
        _ => return name,
    };
    let name = name.trim_start_matches("an ").trim_start_matches("a ");
    format!("the {name} `{shown}`")
}

/// One line without control characters and of bounded length.
pub(super) fn printable(text: &str) -> String {
    let mut clean: String =
        text.chars().take(120).map(|next| if next.is_control() { ' ' } else { next }).collect();
    if text.chars().nth(120).is_some() {
        clean.push('…');
    }
    clean.replace('`', "'")
}

/// The first letter in lower case.
fn lower(text: &str) -> String {
    let mut rest = text.chars();
    rest.next().map_or_else(String::new, |first| first.to_lowercase().chain(rest).collect())
}
