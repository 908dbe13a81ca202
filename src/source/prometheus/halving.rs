//! Asking many questions at once, and in halves those that are too much for a server: it refuses them, or does not
//! answer in time.
//!
//! The halves of a round are asked together, until each is answered, cannot be halved, or the run has no time left. A
//! server that refuses too many altogether is asked for too much, and what it refuses then stays without an answer.

use crate::budget::gap::Gap;
use crate::http::{Get, HttpError, Response};
use crate::source::prometheus::Prometheus;
use crate::source::prometheus::answer::{Reader, Refused};

/// The most questions that are asked in halves in one run.
const MOST: usize = 250;

/// Something to ask.
pub(super) trait Asking: Sized {
    /// What is read of an answer.
    type Answer;

    /// The request.
    fn get(&self, server: &Prometheus<'_>) -> Get;

    /// Reads an answer.
    fn read(&self, reader: &Reader<'_>, answer: Result<Response, HttpError>)
    -> Result<Self::Answer, Refused>;

    /// The same in two questions, where that can be.
    fn halves(&self) -> Option<[Self; 2]>;
}

/// Asks everything and hands over every answer, or the gap in its place. What comes back is to be said of it.
pub(super) fn ask<Q: Asking>(
    server: &Prometheus<'_>,
    questions: Vec<Q>,
    mut take: impl FnMut(&Q, Result<Q::Answer, Gap>),
) -> Option<String> {
    let mut waiting = questions;
    let mut refusals = Refusals::default();
    while !waiting.is_empty() {
        let get = |question: &Q| Get { is_divisible: question.halves().is_some(), ..question.get(server) };
        let gets = waiting.iter().map(get).collect();
        let reader = server.reader();
        let read = server.client.read_all(gets, |index, answer| {
            waiting.get(index).map(|question| question.read(&reader, answer))
        });
        let mut parts = Vec::new();
        for (question, read) in waiting.into_iter().zip(read.into_iter().flatten()) {
            let refused = match read {
                Ok(answer) => {
                    take(&question, Ok(answer));
                    continue;
                }
                Err(refused) => refused,
            };
            let is_time = !server.client.remaining().is_zero();
            match question.halves().filter(|_| is_time && refusals.allows(&refused)) {
                Some(halves) => parts.extend(halves),
                None => take(&question, Err(refused.gap)),
            }
        }
        waiting = parts;
    }
    refusals.note()
}

/// Questions that were too much for the server.
#[derive(Default)]
struct Refusals {
    /// How many were asked in halves.
    count: usize,
    /// How many of them were not answered in time.
    late: usize,
    /// Why the first one was.
    first: Option<Gap>,
    /// There were more than are asked in halves.
    is_over: bool,
}

impl Refusals {
    /// Whether a refused question is asked in halves; it is counted when it is.
    fn allows(&mut self, refused: &Refused) -> bool {
        let is_left = self.count < MOST;
        self.is_over |= refused.is_too_much && !is_left;
        if refused.is_too_much && is_left {
            self.count += 1;
            self.late += usize::from(refused.is_late);
            self.first.get_or_insert_with(|| refused.gap.clone());
        }
        refused.is_too_much && is_left
    }

    /// What is to be said of them.
    fn note(&self) -> Option<String> {
        let first = self.first.as_ref()?;
        let (queries, were) = if self.count == 1 { ("query", "was") } else { ("queries", "were") };
        let end = if self.is_over { ", and no more than that are" } else { "" };
        let why = match self.late {
            0 => "refused",
            late if late == self.count => "not answered in time",
            _ => "refused or not answered in time",
        };
        Some(format!("{} {queries} {were} {why} and asked in halves{end}: {first}", self.count))
    }
}
