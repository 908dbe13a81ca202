//! The words in which a policy declares: `policy`, `clause`, its conditions, and the consequences.
//!
//! Declarations are collected, with a problem for each that cannot stand, so that one run finds as many mistakes as
//! there are. Once the script has run the book is closed: a condition that declares something is an error.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use rhai::{Array, Dynamic, Engine, FnPtr, ImmutableString, Map, NativeCallContext, Position};

use super::complaint::{Complaint, Raised, printable};
use super::layout::Layout;
use super::vocabulary::signature;
use super::{Consequence, Names, length};
use crate::diagnostic::{Code, Diagnostic, Place, suggestion};

mod consequences;

/// How deeply nested a value may be that a condition captures.
const MAX_CAPTURE_DEPTH: usize = 8;

/// A condition as it was declared.
#[derive(Debug, Clone)]
pub(super) struct Condition {
    /// The closure or function.
    pub(super) function: FnPtr,
    /// Where it was handed over: the method's name.
    pub(super) position: Position,
    /// Seconds for which it must have held before it counts.
    pub(super) steadily: Option<i64>,
}

/// A clause as it was declared.
#[derive(Debug)]
pub(super) struct Draft {
    /// Its name.
    pub(super) name: String,
    /// Its title.
    pub(super) title: String,
    /// Where `clause(...)` stands.
    pub(super) position: Position,
    /// When it comes into force.
    pub(super) when: Option<Condition>,
    /// When it ends.
    pub(super) thaws: Option<Condition>,
    /// What follows.
    pub(super) consequences: Vec<Consequence>,
    /// A person triggers it.
    pub(super) manual: bool,
    /// It is in force while its budget is not known.
    pub(super) on_gap: bool,
    /// It follows another clause.
    pub(super) after: Option<After>,
    /// The condition that was declared last is `thaws`.
    thawing: bool,
}

/// The clause that a clause follows, as it was declared.
#[derive(Debug, Clone)]
pub(super) struct After {
    /// The other clause's name.
    pub(super) clause: String,
    /// Seconds.
    pub(super) length: i64,
    /// Where it stands: the method's name.
    pub(super) position: Position,
}

impl Draft {
    /// The condition that was declared last.
    fn latest(&mut self) -> Option<&mut Condition> {
        if self.thawing { self.thaws.as_mut() } else { self.when.as_mut() }
    }
}

/// Everything that a script declared.
#[derive(Debug, Default)]
pub(super) struct Declarations {
    /// Nothing can be declared any more.
    closed: bool,
    /// The map of the first `policy(...)`, and where it stands.
    pub(super) header: Option<(Map, Position)>,
    /// The clauses in their order.
    pub(super) clauses: Vec<Draft>,
    /// Each consequence that was made: where, and whether a clause has it.
    made: Vec<(Position, bool)>,
    /// What cannot stand.
    pub(super) problems: Vec<Diagnostic>,
}

impl Declarations {
    /// Closes the book and takes what is in it.
    pub(super) fn close(&mut self) -> Self {
        std::mem::replace(self, Self { closed: true, ..Self::default() })
    }

    /// Where consequences were made that no clause has.
    pub(super) fn unused(&self) -> impl Iterator<Item = Position> + '_ {
        self.made.iter().filter(|(_, used)| !used).map(|(position, _)| *position)
    }
}

/// What the functions of the language share.
#[derive(Clone)]
struct Book {
    /// What was declared.
    declarations: Arc<Mutex<Declarations>>,
    /// The script's text.
    layout: Arc<Layout>,
    /// The names that stand for something.
    names: Arc<Names>,
    /// The parameter counts of the script's own functions, closures included.
    functions: Arc<BTreeMap<String, Vec<usize>>>,
}

/// A clause as a script holds it.
#[derive(Debug, Clone, Copy)]
struct Handle(usize);

/// A consequence as a script holds it.
#[derive(Debug, Clone)]
struct Made {
    /// The consequence.
    consequence: Consequence,
    /// Its place among those that were made.
    index: usize,
}

/// Teaches an engine the language; what a script declares is found in the declarations that it answers.
pub(super) fn register(
    engine: &mut Engine,
    layout: &Arc<Layout>,
    names: &Arc<Names>,
    functions: BTreeMap<String, Vec<usize>>,
) -> Arc<Mutex<Declarations>> {
    let book = Book {
        declarations: Arc::default(),
        layout: Arc::clone(layout),
        names: Arc::clone(names),
        functions: Arc::new(functions),
    };
    engine.register_type_with_name::<Handle>("clause").register_type_with_name::<Made>("consequence");
    register_clauses(engine, &book);
    register_conditions(engine, &book);
    consequences::register(engine, &book);
    book.declarations
}

/// `policy`, `clause`, `then`, `manual` and `on_gap`.
fn register_clauses(engine: &mut Engine, book: &Book) {
    let its = book.clone();
    engine.register_fn("policy", move |context: NativeCallContext<'_>, header: Map| -> Result<(), Raised> {
        its.policy(header, context.call_position())
    });
    let its = book.clone();
    engine.register_fn(
        "clause",
        move |context: NativeCallContext<'_>, name: ImmutableString, title: ImmutableString| {
            its.clause(&name, &title, context.call_position())
        },
    );
    let its = book.clone();
    engine.register_fn("then", move |handle: &mut Handle, made: Made| -> Result<Handle, Raised> {
        let mut declarations = its.open()?;
        if let Some((_, used)) = declarations.made.get_mut(made.index) {
            *used = true;
        }
        if let Some(clause) = declarations.clauses.get_mut(handle.0) {
            clause.consequences.push(made.consequence);
        }
        Ok(*handle)
    });
    let its = book.clone();
    engine.register_fn("manual", move |handle: &mut Handle| -> Result<Handle, Raised> {
        if let Some(clause) = its.open()?.clauses.get_mut(handle.0) {
            clause.manual = true;
        }
        Ok(*handle)
    });
    let its = book.clone();
    engine.register_fn("on_gap", move |handle: &mut Handle| -> Result<Handle, Raised> {
        if let Some(clause) = its.open()?.clauses.get_mut(handle.0) {
            clause.on_gap = true;
        }
        Ok(*handle)
    });
}

/// `when`, `thaws` and `after`, and how long they must have held.
fn register_conditions(engine: &mut Engine, book: &Book) {
    for method in ["when", "thaws"] {
        let its = book.clone();
        engine.register_fn(
            method,
            move |context: NativeCallContext<'_>, handle: &mut Handle, function: FnPtr| {
                its.condition(method, *handle, function, context.call_position())
            },
        );
    }
    let its = book.clone();
    engine.register_fn(
        "steadily",
        move |context: NativeCallContext<'_>, handle: &mut Handle, text: ImmutableString| {
            its.steadily(*handle, &text, context.call_position())
        },
    );
    let its = book.clone();
    engine.register_fn(
        "after",
        move |context: NativeCallContext<'_>,
              handle: &mut Handle,
              clause: ImmutableString,
              text: ImmutableString| { its.after(*handle, &clause, &text, context.call_position()) },
    );
}

impl Book {
    /// The declarations, while they can be added to.
    fn open(&self) -> Result<MutexGuard<'_, Declarations>, Raised> {
        let declarations = self.declarations.lock().unwrap_or_else(PoisonError::into_inner);
        if declarations.closed {
            return Err(Complaint::new(
                "a condition declares something",
                "declare clauses and consequences outside of conditions",
            )
            .into());
        }
        Ok(declarations)
    }

    /// Notes a problem with what stands at a position, and goes on.
    fn problem(&self, complaint: Complaint, position: Position) -> Result<(), Raised> {
        self.problem_at(complaint, self.layout.call(position))
    }

    /// Notes a problem, and goes on.
    fn problem_at(&self, complaint: Complaint, place: Option<Place>) -> Result<(), Raised> {
        let place = place.unwrap_or_else(|| Place::line_of(self.layout.source(), 1));
        let problem = Diagnostic::error(complaint.code, complaint.message).at(place, "here");
        self.open()?.problems.push(problem.help(complaint.help));
        Ok(())
    }

    /// Checks that a name stands for something.
    fn known<'a>(
        &self,
        what: &str,
        name: &str,
        known: impl Iterator<Item = &'a str> + Clone,
        position: Position,
    ) -> Result<(), Raised> {
        if known.clone().any(|candidate| candidate == name) {
            return Ok(());
        }
        let message = format!("there is no {what} `{}`", printable(name));
        let complaint = Complaint::new(message, suggestion(name, known)).of(Code::UnknownName);
        self.problem_at(complaint, self.layout.literal(position, name))
    }

    /// Checks that a text has nothing in it that no line of a report can show.
    fn on_one_line(&self, what: &str, text: &str, position: Position) -> Result<(), Raised> {
        if !text.contains(char::is_control) {
            return Ok(());
        }
        let message = format!("{what} has a line break or another control character in it");
        let complaint = Complaint::new(message, "write it on one line, without `\\n` and the like");
        self.problem(complaint.of(Code::PolicyPart), position)
    }

    /// `policy(#{...})`.
    fn policy(&self, header: Map, position: Position) -> Result<(), Raised> {
        let mut declarations = self.open()?;
        if declarations.header.is_none() {
            declarations.header = Some((header, position));
            return Ok(());
        }
        drop(declarations);
        let complaint = Complaint::new("`policy` is declared twice", "keep one: a file is one policy");
        self.problem_at(complaint.of(Code::Duplicate), self.layout.token(position))
    }

    /// `clause(name, title)`.
    fn clause(&self, name: &str, title: &str, position: Position) -> Result<Handle, Raised> {
        for (what, text) in [("name", name), ("title", title)] {
            if text.trim().is_empty() {
                let message = format!("a clause has an empty {what}");
                self.problem(Complaint::new(message, "").of(Code::PolicyPart), position)?;
            }
            self.on_one_line(&format!("the {what} of a clause"), text, position)?;
        }
        let first =
            self.open()?.clauses.iter().find(|clause| clause.name == name).map(|clause| clause.position);
        if let Some(line) = first.and_then(Position::line) {
            let message = format!("there are two clauses `{}`", printable(name));
            let complaint = Complaint::new(message, format!("rename it: the first one is in line {line}"));
            self.problem_at(complaint.of(Code::Duplicate), self.layout.literal(position, name))?;
        }
        let mut declarations = self.open()?;
        declarations.clauses.push(Draft {
            name: name.to_owned(),
            title: title.to_owned(),
            position,
            when: None,
            thaws: None,
            consequences: Vec::new(),
            manual: false,
            after: None,
            on_gap: false,
            thawing: false,
        });
        Ok(Handle(declarations.clauses.len() - 1))
    }

    /// `.when(...)` or `.thaws(...)`.
    fn condition(
        &self,
        method: &'static str,
        handle: Handle,
        mut function: FnPtr,
        position: Position,
    ) -> Result<Handle, Raised> {
        detach(&mut function, MAX_CAPTURE_DEPTH)?;
        let takes = self.functions.get(function.fn_name()).map(Vec::as_slice).unwrap_or_default();
        let given = function.curry().len() + 1;
        if !takes.contains(&given) {
            let parameters = takes.first().map(|count| count.saturating_sub(given - 1));
            let message = match parameters {
                Some(0) => "the condition has no parameter".to_owned(),
                Some(count) => format!("the condition has {count} parameters"),
                None => format!("`{}` is no function of this policy", printable(function.fn_name())),
            };
            let form = signature(method).unwrap_or_default();
            let complaint = Complaint::new(message, format!("a condition takes the budget: write `{form}`"));
            self.problem_at(complaint, self.layout.arguments(position))?;
            return Ok(handle);
        }
        let mut declarations = self.open()?;
        let Some(clause) = declarations.clauses.get_mut(handle.0) else { return Ok(handle) };
        clause.thawing = method == "thaws";
        let condition = if clause.thawing { &mut clause.thaws } else { &mut clause.when };
        if condition.is_none() {
            *condition = Some(Condition { function, position, steadily: None });
            return Ok(handle);
        }
        drop(declarations);
        let complaint =
            Complaint::new(format!("the clause has two `.{method}(…)`"), "join them with `&&` or `||`");
        self.problem_at(complaint.of(Code::Duplicate), self.layout.token(position))?;
        Ok(handle)
    }

    /// `.steadily("3d")`, of the condition before it.
    fn steadily(&self, handle: Handle, text: &str, position: Position) -> Result<Handle, Raised> {
        let seconds = match length::window(text, self.names.step) {
            Ok(seconds) => seconds,
            Err(complaint) => {
                self.problem_at(complaint, self.layout.literal(position, text))?;
                return Ok(handle);
            }
        };
        let mut declarations = self.open()?;
        let clause = declarations.clauses.get_mut(handle.0);
        let complaint = match clause.and_then(Draft::latest) {
            Some(condition) if condition.steadily.is_none() => {
                condition.steadily = Some(seconds);
                return Ok(handle);
            }
            Some(_) => Complaint::new("the condition has two `.steadily(…)`", "keep one").of(Code::Duplicate),
            None => Complaint::new(
                "`.steadily(…)` belongs to no condition",
                "write it behind `.when(…)` or `.thaws(…)`",
            )
            .of(Code::PolicyPart),
        };
        drop(declarations);
        self.problem_at(complaint, self.layout.token(position))?;
        Ok(handle)
    }

    /// `.after("exhausted", "3d")`. Whether there is such a clause is known once all are declared.
    fn after(&self, handle: Handle, clause: &str, text: &str, position: Position) -> Result<Handle, Raised> {
        let length = match length::window(text, self.names.step) {
            Ok(length) => length,
            Err(complaint) => {
                self.problem_at(complaint, self.layout.literal(position, text))?;
                return Ok(handle);
            }
        };
        let mut declarations = self.open()?;
        let Some(draft) = declarations.clauses.get_mut(handle.0) else { return Ok(handle) };
        if draft.after.is_none() {
            draft.after = Some(After { clause: clause.to_owned(), length, position });
            return Ok(handle);
        }
        drop(declarations);
        let complaint =
            Complaint::new("the clause has two `.after(…)`", "keep one: a clause follows one other");
        self.problem_at(complaint.of(Code::Duplicate), self.layout.token(position))?;
        Ok(handle)
    }

    /// Keeps a consequence that a script made.
    fn make(&self, consequence: Consequence, position: Position) -> Result<Made, Raised> {
        let mut declarations = self.open()?;
        declarations.made.push((position, false));
        Ok(Made { consequence, index: declarations.made.len() - 1 })
    }
}

/// Cuts what a closure captured loose from the script and from its other calls, so that a condition has no memory:
/// the same budget gives the same answer however often and in whatever order it is asked.
fn detach(function: &mut FnPtr, depth: usize) -> Result<(), Raised> {
    for value in function.iter_curry_mut() {
        *value = detached(std::mem::take(value), depth)?;
    }
    Ok(())
}

/// A value of its own, down to its last part.
fn detached(value: Dynamic, depth: usize) -> Result<Dynamic, Raised> {
    let Some(depth) = depth.checked_sub(1) else {
        return Err(Complaint::new("a condition captures a value that is nested too deeply", "").into());
    };
    let value = value.flatten();
    if value.is_array() {
        let parts = value.into_array().unwrap_or_default();
        return Ok(parts.into_iter().map(|part| detached(part, depth)).collect::<Result<Array, _>>()?.into());
    }
    let value = match value.try_cast_result::<Map>() {
        Ok(parts) => {
            let parts = parts.into_iter().map(|(key, part)| Ok((key, detached(part, depth)?)));
            return Ok(parts.collect::<Result<Map, Raised>>()?.into());
        }
        Err(value) => value,
    };
    match value.try_cast_result::<FnPtr>() {
        Ok(mut function) => {
            detach(&mut function, depth)?;
            Ok(function.into())
        }
        Err(value) => Ok(value),
    }
}
