//! What GitHub answered before in this run, by its own tags: asked again with the tag, an answer that did not change
//! comes without a body and costs none of the hour's calls.
//!
//! It is kept in memory alone. On disk it would have to be proof against whoever can write to a runner's cache: an answer
//! that was planted there would be believed for as long as its tag holds.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;

use super::answer::{Answer, Next};
use super::{Call, Form, Verb};

/// The largest answer that is kept, in bytes.
const LARGEST: usize = 1024 * 1024;

/// The most that is kept in all, in bytes.
const MOST: usize = 16 * 1024 * 1024;

/// One answer.
struct Kept {
    /// Its tag.
    tag: String,
    /// Where the list goes on.
    next: Next,
    /// Its body.
    body: Vec<u8>,
}

/// Answers by what was asked.
#[derive(Default)]
pub(super) struct Memory {
    /// The answers, by path.
    kept: RefCell<BTreeMap<String, Kept>>,
    /// How many bytes they have.
    size: Cell<usize>,
}

impl Memory {
    /// The tag to ask with, where the same was asked before.
    pub(super) fn tag(&self, call: Call<'_>) -> Option<String> {
        self.kept.borrow().get(call.path).filter(|_| is_kept(call)).map(|kept| kept.tag.clone())
    }

    /// Keeps an answer, or gives the one that was kept where GitHub says that it has not changed.
    pub(super) fn settle(&self, call: Call<'_>, mut answer: Answer) -> Answer {
        if !is_kept(call) {
            return answer;
        }
        let mut kept = self.kept.borrow_mut();
        if answer.status == 304
            && let Some(same) = kept.get(call.path)
        {
            answer.status = 200;
            answer.body.clone_from(&same.body);
            answer.next = same.next.clone();
            return answer;
        }
        let mut size = self.size.get() - kept.remove(call.path).map_or(0, |old| old.body.len());
        if let Some(tag) = &answer.tag
            && answer.body.len() <= LARGEST
        {
            if size + answer.body.len() > MOST {
                // What a run reads twice it reads soon: what is older has had its time.
                kept.clear();
                size = 0;
            }
            size += answer.body.len();
            let again = Kept { tag: tag.clone(), next: answer.next.clone(), body: answer.body.clone() };
            kept.insert(call.path.to_owned(), again);
        }
        self.size.set(size);
        answer
    }
}

/// True for what may be read twice: files are known by their ids and remembered elsewhere.
const fn is_kept(call: Call<'_>) -> bool {
    matches!((call.verb, call.form), (Verb::Get, Form::Json))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(status: u16, tag: &str, body: &str) -> Answer {
        Answer { tag: Some(tag.to_owned()), ..Answer::plain(status, body) }
    }

    #[test]
    fn what_did_not_change_is_what_it_was() {
        let memory = Memory::default();
        let call = Call::get("/a", "read it");
        assert_eq!(memory.tag(call), None);
        let first = Answer { next: Next::Path("/b".to_owned()), ..answer(200, "W/\"1\"", "one") };
        memory.settle(call, first);
        assert_eq!(memory.tag(call).as_deref(), Some("W/\"1\""));
        let same = memory.settle(call, Answer::plain(304, ""));
        assert_eq!(
            (same.status, same.body.as_slice(), same.next),
            (200, b"one".as_slice(), Next::Path("/b".to_owned()))
        );
        memory.settle(call, answer(200, "W/\"2\"", "two"));
        assert_eq!(memory.settle(call, Answer::plain(304, "")).body, b"two");
        memory.settle(call, Answer::plain(200, "untagged"));
        assert_eq!((memory.tag(call), memory.size.get()), (None, 0));
    }

    #[test]
    fn only_what_is_read_is_kept_and_not_without_end() {
        let memory = Memory::default();
        memory.settle(Call { verb: Verb::Update, ..Call::get("/a", "") }, answer(200, "x", "one"));
        memory.settle(Call { form: Form::Raw, ..Call::get("/a", "") }, answer(200, "x", "one"));
        memory.settle(Call::get("/a", ""), answer(200, "x", &"a".repeat(LARGEST + 1)));
        assert!(memory.kept.borrow().is_empty());
        for number in 0..40 {
            memory.settle(Call::get(&format!("/{number}"), ""), answer(200, "x", &"a".repeat(LARGEST)));
            assert!(memory.size.get() <= MOST);
        }
        assert!(memory.tag(Call::get("/39", "")).is_some() && memory.tag(Call::get("/0", "")).is_none());
    }
}
