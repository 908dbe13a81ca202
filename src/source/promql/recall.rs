//! What was read of queries on this thread: each distinct one is parsed once, however many checks look at it.
//!
//! Compiled regular expressions are large, so equal ones are shared, and what is kept is bounded. Reading text that
//! nobody trusts is bounded in time as well.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::rc::Rc;
use std::time::{Duration, Instant};

use promql_parser::label::MatchOp;

use super::Counted;
use super::shape::Refusal;

/// The most text of queries that is kept, in bytes.
const MOST_TEXT: usize = 8 * 1024 * 1024;

/// The most text of distinct regular expressions whose compiled form is kept, in bytes.
const MOST_REGEXES: usize = 128 * 1024;

thread_local! {
    /// What is kept.
    static KEPT: RefCell<Kept> = RefCell::default();

    /// When reading ends that has a time.
    static UNTIL: Cell<Option<Instant>> = const { Cell::new(None) };
}

/// What was read, and how much of it there is.
#[derive(Default)]
struct Kept {
    /// What became of each text.
    queries: BTreeMap<String, Result<Counted, Refusal>>,
    /// The regular expressions in them, by their operator and text.
    regexes: BTreeMap<(bool, String), MatchOp>,
    /// The bytes of the queries.
    text: usize,
    /// The bytes of the regular expressions.
    regex_text: usize,
}

/// What a query's text says, as `parse` reads it where it was not read before.
pub(super) fn read(
    text: &str,
    parse: impl FnOnce(&str) -> Result<Counted, Refusal>,
) -> Result<Counted, Refusal> {
    if UNTIL.get().is_some_and(|until| Instant::now() > until) {
        return Err(Refusal::new("", "the time for reading queries is over"));
    }
    if let Some(known) = KEPT.with_borrow(|kept| kept.queries.get(text).cloned()) {
        return known;
    }
    let mut read = parse(text);
    KEPT.with_borrow_mut(|kept| {
        if kept.text + text.len() > MOST_TEXT || kept.regex_text > MOST_REGEXES {
            *kept = Kept::default();
        }
        if let Ok(counted) = &mut read {
            kept.share(counted);
        }
        kept.text += text.len();
        kept.queries.insert(text.to_owned(), read.clone());
    });
    read
}

impl Kept {
    /// Takes regular expressions that are kept already in place of equal ones.
    fn share(&mut self, counted: &mut Counted) {
        let terms = Rc::make_mut(&mut counted.terms).iter_mut();
        for matcher in terms.flat_map(|term| &mut term.selector.matchers) {
            let is_re = match &matcher.op {
                MatchOp::Re(_) => true,
                MatchOp::NotRe(_) => false,
                MatchOp::Equal | MatchOp::NotEqual => continue,
            };
            let key = (is_re, matcher.value.clone());
            if let Some(known) = self.regexes.get(&key) {
                matcher.op = known.clone();
            } else {
                self.regex_text += matcher.value.len();
                self.regexes.insert(key, matcher.op.clone());
            }
        }
    }
}

/// Reads queries for so long and no longer; whether the time sufficed. Queries are refused once it is over.
pub fn within<T>(time: Duration, reading: impl FnOnce() -> T) -> (T, bool) {
    let _ended = Ended;
    let until = Instant::now() + time;
    UNTIL.set(Some(until));
    let read = reading();
    (read, Instant::now() <= until)
}

/// Ends what has a time, also when reading panics.
struct Ended;

impl Drop for Ended {
    fn drop(&mut self) {
        UNTIL.set(None);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_parsed_once_and_not_when_the_time_is_over() {
        let parse = |_: &str| -> Result<Counted, Refusal> { Err(Refusal::new("", "parsed")) };
        let message = |text: &str, parse: fn(&str) -> Result<Counted, Refusal>| {
            read(text, parse).map_err(|refusal| refusal.message).expect_err("a refusal")
        };
        assert_eq!(message("a", parse), "parsed");
        assert_eq!(message("a", |_| panic!("it is known")), "parsed");
        let (told, in_time) = within(Duration::ZERO, || {
            std::thread::sleep(Duration::from_millis(2));
            message("a", parse)
        });
        assert!(!in_time && told.contains("is over"));
        assert_eq!(message("a", parse), "parsed");
    }
}
