//! The walls around a policy: what it cannot reach, how much it may use, and what happens when it breaks.
//!
//! The engine starts from nothing: no package, no files, no clock, no `eval`, no output. Every limit is written here,
//! because the engine's own differ between builds, and a deadline stands behind them, because operations bound neither
//! time nor memory. The optimizer is off: it changes answers. Every run is guarded, so that a panic is a result.

use std::any::Any;
use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use rhai::{Array, Dynamic, Engine, EvalAltResult, OptimizationLevel, Position};

use super::complaint::{Raised, printable};
use super::effort;

/// The longest text of a policy, in bytes.
pub(super) const MAX_SOURCE: usize = 256 * 1024;

/// The most lines, and the most characters of one line: beyond what positions can name.
pub(super) const MAX_LINE: usize = 10_000;

/// Operations of one run of declarations.
const MAX_OPERATIONS: u64 = 50_000;

/// Operations of one run of a condition. It is asked at every point of weeks of history, so it must be short.
const MAX_ASKED: u64 = 2_000;

/// Calls within calls.
const MAX_CALL_LEVELS: usize = 8;

/// Expressions within expressions at the top; a clause's chain of methods is one within the other.
const MAX_DEPTH: usize = 64;

/// Expressions within expressions in functions.
const MAX_FUNCTION_DEPTH: usize = 32;

/// The longest text in a script, in bytes.
const MAX_STRING: usize = 64 * 1024;

/// The most elements of a list or a map, those within it included.
const MAX_ELEMENTS: usize = 1_000;

/// The most variables at one time.
const MAX_VARIABLES: usize = 500;

/// The most functions and closures of a script.
const MAX_FUNCTIONS: usize = 500;

/// How long one run may compute.
const DEADLINE: Duration = Duration::from_millis(250);

/// What was computed is asked for once in so many operations; a condition of ordinary size never asks.
const CLOCK_EVERY: u64 = 16;

/// What a run is ended with that used up its operations; one whose time is over is ended with nothing.
const TOO_MANY: &str = "operations";

/// The most that is kept of what scripts print, in bytes.
const MAX_PRINTED: usize = 4 * 1024;

thread_local! {
    /// What was computed when the run that is under way first asked.
    static STARTED: Cell<Option<Duration>> = const { Cell::new(None) };

    /// What will have been computed when everything ends that has a time together.
    static UNTIL: Cell<Option<Duration>> = const { Cell::new(None) };

    /// How many operations the run that is under way may use.
    static ALLOWED: Cell<u64> = const { Cell::new(MAX_OPERATIONS) };
}

/// What scripts printed, cut at a limit.
#[derive(Debug, Clone, Default)]
pub(super) struct Printed(Arc<Mutex<String>>);

impl Printed {
    /// Adds one line, without anything that a terminal or a workflow would obey.
    fn add(&self, text: &str) {
        let mut printed = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        for line in text.split(['\n', '\r']) {
            if printed.len() < MAX_PRINTED {
                printed.push_str("| ");
                printed.push_str(&printable(line));
                printed.push('\n');
            }
        }
    }

    /// What was printed until now, each line behind a bar.
    pub(super) fn text(&self) -> String {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// An engine that can do nothing but compute within its limits.
pub(super) fn engine(printed: &Printed) -> Engine {
    let mut engine = Engine::new_raw();
    engine.set_optimization_level(OptimizationLevel::None);
    engine.set_strict_variables(true);
    engine.set_allow_shadowing(false);
    engine.set_fail_on_invalid_map_property(true);
    engine.set_fast_operators(false);
    engine.set_max_operations(MAX_OPERATIONS);
    engine.set_max_call_levels(MAX_CALL_LEVELS);
    engine.set_max_expr_depths(MAX_DEPTH, MAX_FUNCTION_DEPTH);
    engine.set_max_string_size(MAX_STRING);
    engine.set_max_array_size(MAX_ELEMENTS);
    engine.set_max_map_size(MAX_ELEMENTS);
    engine.set_max_variables(MAX_VARIABLES);
    engine.set_max_functions(MAX_FUNCTIONS);
    engine.disable_symbol("eval");
    // Lists can be walked and nothing else: no package is registered.
    engine.register_iterator::<Array>();
    let sink = printed.clone();
    engine.on_print(move |text| sink.add(text));
    let sink = printed.clone();
    engine.on_debug(move |text, _, _| sink.add(text));
    engine.on_progress(late);
    engine
}

/// Ends a run whose time or operations are used up; the engine's own count stands behind.
fn late(operations: u64) -> Option<Dynamic> {
    if !operations.is_multiple_of(CLOCK_EVERY) {
        return None;
    }
    if operations > ALLOWED.get() {
        return Some(TOO_MANY.into());
    }
    let now = effort::so_far();
    let started = STARTED.get();
    if started.is_none() {
        STARTED.set(Some(now));
    }
    let over = started.is_some_and(|started| now.saturating_sub(started) > DEADLINE);
    (over || UNTIL.get().is_some_and(|until| now > until)).then_some(Dynamic::UNIT)
}

/// Bounds the time of all runs of policies in `running` together, and answers whether it was enough: where it was not, what
/// came of them means nothing. One run alone is bounded always, but a clause is asked at thousands of points.
pub fn within<T>(time: Duration, running: impl FnOnce() -> T) -> (T, bool) {
    let _ended = Ended;
    UNTIL.set(Some(effort::so_far().saturating_add(time)));
    let run = running();
    (run, !is_over())
}

/// The time of all runs together is over.
#[must_use]
pub fn is_over() -> bool {
    UNTIL.get().is_some_and(|until| effort::so_far() > until)
}

/// Ends what has a time, also when a run panics.
struct Ended;

impl Drop for Ended {
    fn drop(&mut self) {
        UNTIL.set(None);
    }
}

/// How a guarded run ends when it does not end well.
#[derive(Debug)]
pub(super) enum Broken {
    /// The engine raised an error.
    Raised(Raised),
    /// It panicked.
    Panicked(String),
}

/// What a run is for, and with it how much it may use.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Purpose {
    /// Reading the text and running its declarations, once.
    Declaring,
    /// Asking one condition, thousands of times.
    Asking,
}

/// Runs something of a policy under the deadline; a panic becomes a result.
pub(super) fn guarded<T>(purpose: Purpose, run: impl FnOnce() -> Result<T, Raised>) -> Result<T, Broken> {
    if is_over() {
        return Err(Broken::Raised(EvalAltResult::ErrorTerminated(Dynamic::UNIT, Position::NONE).into()));
    }
    STARTED.set(None);
    ALLOWED.set(if purpose == Purpose::Asking { MAX_ASKED } else { MAX_OPERATIONS });
    match catch_unwind(AssertUnwindSafe(run)) {
        Ok(result) => result.map_err(Broken::Raised),
        Err(panic) => Err(Broken::Panicked(words(panic.as_ref()))),
    }
}

/// What a panic says.
fn words(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().copied();
    let text = text.or_else(|| panic.downcast_ref::<String>().map(String::as_str));
    printable(text.unwrap_or("no reason was given"))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// An engine of ours with one word more.
    fn with(word: fn()) -> Engine {
        let mut engine = engine(&Printed::default());
        engine.register_fn("word", word);
        engine
    }

    fn run(engine: &Engine, script: &str) -> Result<(), Broken> {
        guarded(Purpose::Declaring, || engine.run(script))
    }

    #[test]
    fn a_panic_is_a_result() {
        let engine = with(|| panic!("of the host\n"));
        let broken = run(&engine, "word();");
        assert!(matches!(broken, Err(Broken::Panicked(ref why)) if why == "of the host "), "{broken:?}");
        assert!(run(&engine, "let x = 1;").is_ok(), "the engine lives on");
    }

    #[test]
    fn slow_words_are_stopped_by_the_deadline_and_not_by_operations() {
        let engine = with(|| effort::work(Duration::from_millis(10)));
        let before = effort::so_far();
        let Err(Broken::Raised(error)) = run(&engine, "loop { word(); }") else { panic!("it ends") };
        assert!(matches!(*error, EvalAltResult::ErrorTerminated(..)), "{error}");
        assert!(effort::so_far().saturating_sub(before) >= DEADLINE, "not before its time");
        assert!(
            run(&engine, "let x = 1; while x < 100 { x += 1; }").is_ok(),
            "the next run has its own time"
        );
    }

    #[test]
    fn many_runs_may_have_one_time_together() {
        let engine = with(|| ());
        let time = Duration::from_secs(1);
        let ((first, then), in_time) = within(time, || {
            let first = run(&engine, "word();").is_ok();
            effort::work(time);
            (first, run(&engine, "word();"))
        });
        assert!(first && !in_time);
        let Err(Broken::Raised(error)) = then else { panic!("its time is over") };
        assert!(matches!(*error, EvalAltResult::ErrorTerminated(..)), "{error}");
        assert!(run(&engine, "word();").is_ok() && !is_over(), "afterwards there is no such time");
    }

    #[test]
    fn a_condition_may_use_less_than_declarations() {
        let engine = with(|| ());
        let script = "let x = 0; while x < 1000 { x += 1; }";
        assert!(run(&engine, script).is_ok());
        let Err(Broken::Raised(error)) = guarded(Purpose::Asking, || engine.run(script)) else {
            panic!("it ends")
        };
        assert!(matches!(*error, EvalAltResult::ErrorTerminated(ref why, _) if why.is_string()), "{error}");
    }

    #[test]
    fn the_engine_starts_from_nothing() {
        let engine = engine(&Printed::default());
        for script in
            ["sleep(1)", "timestamp()", "exit()", "1 < \"2\".len()", "[1].push(2)", "parse_json(\"1\")"]
        {
            let Err(Broken::Raised(error)) = run(&engine, script) else { panic!("{script}") };
            assert!(error.to_string().starts_with("Function not found"), "{script}: {error}");
        }
    }

    #[test]
    fn every_limit_is_ours_whatever_the_build() {
        let engine = engine(&Printed::default());
        assert_eq!(engine.max_operations(), MAX_OPERATIONS);
        assert_eq!(engine.max_call_levels(), MAX_CALL_LEVELS);
        assert_eq!(
            (engine.max_expr_depth(), engine.max_function_expr_depth()),
            (MAX_DEPTH, MAX_FUNCTION_DEPTH)
        );
        assert_eq!((engine.max_string_size(), engine.max_array_size()), (MAX_STRING, MAX_ELEMENTS));
        assert_eq!((engine.max_map_size(), engine.max_variables()), (MAX_ELEMENTS, MAX_VARIABLES));
        assert_eq!(engine.max_functions(), MAX_FUNCTIONS);
        assert!(!engine.fast_operators() && engine.strict_variables() && !engine.allow_shadowing());
        assert!(engine.fail_on_invalid_map_property());
        assert_eq!(engine.optimization_level(), OptimizationLevel::None);
    }
}
