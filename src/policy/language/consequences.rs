//! The words that make consequences, and what can be said of one: whom it excepts, when it is due.

use rhai::{Array, Engine, INT, ImmutableString, NativeCallContext, Position};
use rust_decimal::Decimal;

use super::super::complaint::{Complaint, Raised, described};
use super::super::value::Ratio;
use super::super::{Consequence, length};
use super::{Book, Made};
use crate::change::Rollout;

/// A consequence that is made of a text.
type Spoken = fn(String) -> Consequence;

/// The most releases a day that are a limit.
const MOST_RELEASES: INT = 1_000;

/// The consequences and their methods.
pub(super) fn register(engine: &mut Engine, book: &Book) {
    register_stopping(engine, book);
    register_spoken(engine, book);
    register_bare(engine, book);
    let its = book.clone();
    engine.register_fn("assign", move |context: NativeCallContext<'_>, share: Ratio| {
        its.assign(share.number(), context.call_position())
    });
    engine.register_fn("top_of_backlog", |made: &mut Made| -> Result<Made, Raised> {
        let mut changed = made.clone();
        let Consequence::ActionItem { top_of_backlog, .. } = &mut changed.consequence else {
            return Err(Complaint::new("only an action item has a place in a backlog", "").into());
        };
        *top_of_backlog = true;
        Ok(changed)
    });
    let its = book.clone();
    engine.register_fn(
        "due",
        move |context: NativeCallContext<'_>, made: &mut Made, text: ImmutableString| {
            its.due(made.clone(), &text, context.call_position())
        },
    );
}

/// What stops changes, and whom it does not stop.
fn register_stopping(engine: &mut Engine, book: &Book) {
    let its = book.clone();
    engine.register_fn("freeze", move |context: NativeCallContext<'_>, environment: ImmutableString| {
        let position = context.call_position();
        let known = its.names.environments.iter().map(String::as_str);
        its.known("environment", &environment, known, position)?;
        its.make(Consequence::Freeze { environment: environment.to_string(), except: Vec::new() }, position)
    });
    let its = book.clone();
    engine.register_fn("restrict", move |context: NativeCallContext<'_>, to: ImmutableString| {
        let position = context.call_position();
        let partial = Rollout::Canary;
        if to == Rollout::Full.as_str() {
            let complaint = Complaint::new(
                "`restrict(\"full\")` restricts nothing",
                "write `restrict(\"canary\")`: a full rollout is then withheld",
            );
            its.problem_at(complaint, its.layout.literal(position, &to))?;
        } else {
            its.known("partial rollout", &to, std::iter::once(partial.as_str()), position)?;
        }
        its.make(Consequence::Restrict { to: partial, except: Vec::new() }, position)
    });
    let its = book.clone();
    engine.register_fn("limit_releases", move |context: NativeCallContext<'_>, a_day: INT| {
        its.limit_releases(a_day, context.call_position())
    });
    let its = book.clone();
    engine.register_fn("except", move |context: NativeCallContext<'_>, made: &mut Made, classes: Array| {
        its.except(&context, made.clone(), classes)
    });
}

/// Consequences that are made of a text.
fn register_spoken(engine: &mut Engine, book: &Book) {
    let texts: [(&'static str, Spoken); 5] = [
        ("warn", Consequence::Warn),
        ("inform", Consequence::Inform),
        ("engage", Consequence::Engage),
        ("notify", Consequence::Notify),
        ("action_item", |title| Consequence::ActionItem { title, top_of_backlog: false, due: None }),
    ];
    for (name, consequence) in texts {
        let its = book.clone();
        engine.register_fn(name, move |context: NativeCallContext<'_>, text: ImmutableString| {
            let position = context.call_position();
            if text.trim().is_empty() {
                its.problem(Complaint::new(format!("`{name}` says nothing"), "write its text"), position)?;
            }
            its.on_one_line(&format!("the text of `{name}`"), &text, position)?;
            its.make(consequence(text.to_string()), position)
        });
    }
}

/// Consequences that are made of nothing.
fn register_bare(engine: &mut Engine, book: &Book) {
    let bare = [
        Consequence::Postmortem,
        // Whom it names is known once the header is read.
        Consequence::Escalate { decides: Vec::new(), how: String::new() },
        Consequence::CodeYellow,
        Consequence::CodeRed,
        Consequence::HandBackOperations,
    ];
    for consequence in bare {
        let its = book.clone();
        engine.register_fn(consequence.word(), move |context: NativeCallContext<'_>| {
            its.make(consequence.clone(), context.call_position())
        });
    }
}

impl Book {
    /// `limit_releases(2)`.
    fn limit_releases(&self, a_day: INT, position: Position) -> Result<Made, Raised> {
        let limit = u32::try_from(a_day).ok().filter(|_| (1..=MOST_RELEASES).contains(&a_day));
        if limit.is_none() {
            let message = format!("`{a_day}` releases a day are no limit");
            let help = format!("write a number from 1 to {MOST_RELEASES}, or `freeze(…)` to stop them");
            self.problem_at(Complaint::new(message, help), self.layout.arguments(position))?;
        }
        self.make(Consequence::LimitReleases { a_day: limit.unwrap_or(1), except: Vec::new() }, position)
    }

    /// `assign(percent(50))`.
    fn assign(&self, share: Decimal, position: Position) -> Result<Made, Raised> {
        if share <= Decimal::ZERO || share > Decimal::ONE {
            let shown = (share * Decimal::ONE_HUNDRED).normalize();
            let message = format!("{shown} % of the engineers cannot be assigned");
            let complaint = Complaint::new(message, "write a share such as `assign(percent(50))`");
            self.problem_at(complaint, self.layout.arguments(position))?;
        }
        self.make(Consequence::Assign(share), position)
    }

    /// `.except([...])`.
    fn except(
        &self,
        context: &NativeCallContext<'_>,
        mut made: Made,
        classes: Array,
    ) -> Result<Made, Raised> {
        let position = context.call_position();
        let Some(except) = made.consequence.except_mut() else {
            return Err(Complaint::new("only what stops a change has exceptions", "").into());
        };
        for class in classes {
            let shown = described(context.engine(), &class);
            let Ok(class) = class.into_string() else {
                let complaint = Complaint::new(format!("a class of change is a text, not {shown}"), "");
                self.problem_at(complaint, self.layout.arguments(position))?;
                continue;
            };
            self.known("class of change", &class, self.names.classes.iter().map(String::as_str), position)?;
            if !except.contains(&class) {
                except.push(class);
            }
        }
        Ok(made)
    }

    /// `.due("7d")`.
    fn due(&self, mut made: Made, text: &str, position: Position) -> Result<Made, Raised> {
        let Consequence::ActionItem { due, .. } = &mut made.consequence else {
            return Err(Complaint::new("only an action item is due", "").into());
        };
        match length::read(text) {
            Ok(seconds) => *due = Some(seconds),
            Err(complaint) => self.problem_at(complaint, self.layout.literal(position, text))?,
        }
        Ok(made)
    }
}
