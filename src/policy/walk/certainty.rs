//! Stretches in force as far as they are known: a walk begins somewhere, and what was before it may still matter.

use super::Span;

/// The stretches in force that a walk forwards found, as far as they are known: a clause is in force in those that are
/// sure, and idle outside of those that may be.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Stretches {
    /// Those during which it is in force, whatever was before the walk.
    pub surely: Vec<Span>,
    /// Those during which it is in force if it was before the walk; each sure one lies within one of them.
    pub maybe: Vec<Span>,
}

impl Stretches {
    /// Stretches of which all is known.
    #[must_use]
    pub fn known(spans: Vec<Span>) -> Self {
        Self { maybe: spans.clone(), surely: spans }
    }

    /// The stretches in force of a clause that is so for `length` seconds after each end of these, unless these come
    /// back.
    #[must_use]
    pub fn after(&self, length: i64) -> Self {
        Self {
            surely: outside(&lengthened(&self.surely, length), &self.maybe),
            maybe: outside(&lengthened(&self.maybe, length), &self.surely),
        }
    }

    /// The same as they are known at `t`: what ends later has not ended.
    #[must_use]
    pub fn until(mut self, t: i64) -> Self {
        for spans in [&mut self.surely, &mut self.maybe] {
            spans.retain(|span| span.since <= t);
            for span in spans {
                span.until = span.until.filter(|until| *until <= t);
            }
        }
        self
    }
}

/// Stretches that each last longer, those that meet as one.
fn lengthened(spans: &[Span], length: i64) -> Vec<Span> {
    let mut longer: Vec<Span> = Vec::new();
    for span in spans {
        let until = span.until.map(|until| until.saturating_add(length));
        match longer.last_mut() {
            Some(last) if last.until.is_none_or(|last| last >= span.since) => {
                last.until = last.until.zip(until).map(|(one, other)| one.max(other));
            }
            Some(_) | None => longer.push(Span { since: span.since, until }),
        }
    }
    longer
}

/// What of some stretches lies outside of others, both in the order of time.
fn outside(spans: &[Span], others: &[Span]) -> Vec<Span> {
    let mut left = Vec::new();
    for span in spans {
        let mut since = Some(span.since);
        for other in others {
            let Some(from) = since else { break };
            if other.until.is_some_and(|until| until <= from) {
                continue;
            }
            if span.until.is_some_and(|until| until <= other.since) {
                break;
            }
            if from < other.since {
                left.push(Span { since: from, until: Some(other.since) });
            }
            since = other.until;
        }
        if let Some(since) = since.filter(|since| span.until.is_none_or(|until| *since < until)) {
            left.push(Span { since, until: span.until });
        }
    }
    left
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Stretches from pairs of numbers.
    fn spans(pairs: &[(i64, i64)]) -> Vec<Span> {
        pairs.iter().map(|(since, until)| Span { since: *since, until: Some(*until) }).collect()
    }

    #[test]
    fn what_follows_is_as_sure_as_what_it_follows() {
        let first = Stretches { surely: spans(&[(10, 20)]), maybe: spans(&[(-1, 3), (10, 20)]) };
        let second = first.after(5);
        assert_eq!(second, Stretches { surely: spans(&[(20, 25)]), maybe: spans(&[(-1, 8), (20, 25)]) });
        assert_eq!(second.after(3).surely, spans(&[(25, 28)]));
        let again = Stretches::known(spans(&[(1, 2), (4, 6), (20, 21)])).after(5);
        assert_eq!(again, Stretches::known(spans(&[(2, 4), (6, 11), (21, 26)])));
        let open = Stretches::known(vec![Span { since: 3, until: None }]);
        assert_eq!(open.after(5), Stretches::default());
    }
}
