//! The version of a policy's text, as far as two can be compared: numbers with dots, the first the weightiest.
//!
//! Ordered as by Semantic Versioning, with as many numbers as the authors count by: what is not written is 0, a
//! pre-release (`2.0.0-rc.1`) comes before its release, and what stands behind `+` does not count.

use std::cmp::Ordering;
use std::fmt;
use std::str::FromStr;

use crate::diagnostic::list;

/// A version that can rise.
#[derive(Debug, Clone)]
pub struct Version {
    /// At least one number.
    numbers: Vec<u64>,
    /// The parts of a pre-release; none of a release.
    early: Vec<Part>,
}

/// A part of a pre-release; numbers come before words.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Part {
    /// Digits alone.
    Number(u64),
    /// Anything else.
    Word(String),
}

impl FromStr for Version {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let counted = text.split_once('+').map_or(text, |(counted, _)| counted);
        let (numbers, early) = counted.split_once('-').map_or((counted, None), |(one, two)| (one, Some(two)));
        let digits = |word: &str| !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_digit());
        let number = |word: &str| digits(word).then(|| word.parse().ok()).flatten().ok_or(());
        let part = |word: &str| match number(word) {
            Ok(number) => Ok(Part::Number(number)),
            Err(())
                if !word.is_empty()
                    && word.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-') =>
            {
                Ok(Part::Word(word.to_owned()))
            }
            Err(()) => Err(()),
        };
        Ok(Self {
            numbers: numbers.split('.').map(number).collect::<Result<_, _>>()?,
            early: early
                .into_iter()
                .flat_map(|early| early.split('.'))
                .map(part)
                .collect::<Result<_, _>>()?,
        })
    }
}

impl Version {
    /// What may come next, as a sentence lists it: `2.1.1`, `2.2.0` or `3.0.0` after 2.1.0; first of all the release
    /// where this is early.
    #[must_use]
    pub fn next(&self) -> String {
        let mut next: Vec<String> = Vec::new();
        if !self.early.is_empty() {
            next.push(Self { numbers: self.numbers.clone(), early: Vec::new() }.to_string());
        }
        for place in (0..self.numbers.len()).rev() {
            let numbers = self.numbers.iter().enumerate().map(|(at, number)| match at.cmp(&place) {
                Ordering::Less => *number,
                Ordering::Equal => number.saturating_add(1),
                Ordering::Greater => 0,
            });
            next.push(Self { numbers: numbers.collect(), early: Vec::new() }.to_string());
        }
        let next: Vec<&str> = next.iter().map(String::as_str).collect();
        list(&next).replace(" and ", " or ")
    }
}

impl Ord for Version {
    fn cmp(&self, other: &Self) -> Ordering {
        let longest = self.numbers.len().max(other.numbers.len());
        let filled = |version: &Self| {
            let numbers = version.numbers.iter().copied();
            numbers.chain(std::iter::repeat(0)).take(longest).collect::<Vec<_>>()
        };
        let early = || match (self.early.is_empty(), other.early.is_empty()) {
            (true, false) => Ordering::Greater,
            (false, true) => Ordering::Less,
            (true, true) | (false, false) => self.early.cmp(&other.early),
        };
        filled(self).cmp(&filled(other)).then_with(early)
    }
}

impl PartialOrd for Version {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Version {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Version {}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let numbers: Vec<String> = self.numbers.iter().map(ToString::to_string).collect();
        f.write_str(&numbers.join("."))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn version(text: &str) -> Version {
        text.parse().unwrap_or_else(|()| panic!("{text} is a version"))
    }

    #[test]
    fn versions_rise_from_the_left() {
        let rising = [
            "0.9",
            "1.0.0-alpha",
            "1.0.0-alpha.1",
            "1.0.0-alpha.beta",
            "1.0.0-beta.2",
            "1.0.0-beta.11",
            "1.0.0-rc.1",
            "1.0.0",
            "1.0.1",
            "1.2",
            "1.10",
            "2",
            "2026.9",
            "2026.10",
        ];
        for pair in rising.windows(2) {
            assert!(version(pair[0]) < version(pair[1]), "{pair:?}");
        }
        for (one, other) in [("1", "1.0.0"), ("1.0.0+a", "1.0.0+b"), ("1.02", "1.2")] {
            assert_eq!(version(one), version(other));
        }
    }

    #[test]
    fn what_cannot_rise_is_no_version() {
        for text in [
            "",
            "draft",
            "v1.0.0",
            "1.",
            ".1",
            "1..2",
            "1.x",
            "1.0.0-",
            "1.0-a..b",
            "1.0-ü",
            "99999999999999999999",
        ] {
            assert!(text.parse::<Version>().is_err(), "{text}");
        }
    }

    #[test]
    fn the_next_versions_keep_the_number_of_numbers() {
        assert_eq!(version("2.1.0").next(), "`2.1.1`, `2.2.0` or `3.0.0`");
        assert_eq!(version("2.1").next(), "`2.2` or `3.0`");
        assert_eq!(version("7").next(), "`8`");
        assert_eq!(version("2.1.0-rc.1").next(), "`2.1.0`, `2.1.1`, `2.2.0` or `3.0.0`");
    }
}
