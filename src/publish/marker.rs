//! The marker that our comment begins with: whose it is, and what the next comment must know.
//!
//! It names the gate, the judged commit and the run; behind these it remembers what stood in the way, and since when it
//! no longer does. Markers that were written before there was something to remember are read as ones that remember
//! nothing, and so is whatever somebody made of a marker by hand.

use std::fmt::Write as _;

use super::stamp::Stamp;
use crate::report::turn::Stop;

/// The most services that are remembered; a stop of more is not, because a marker is no list.
const SERVICES: usize = 50;

/// A stop from its beginning to its end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Episode {
    /// What it was.
    pub(super) stop: Stop,
    /// Since when it no longer does, in seconds since the epoch.
    pub(super) over: Option<i64>,
}

/// What a marker says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Marker {
    /// The base branch, as the marker writes it.
    pub(super) base: String,
    /// The judged commit.
    pub(super) head: String,
    /// The run.
    pub(super) stamp: Stamp,
    /// The stop that it remembers.
    pub(super) episode: Option<Episode>,
}

impl Marker {
    /// The marker up to its environment, by which our comments are known.
    pub(super) fn prefix(environment: &str) -> String {
        format!("<!-- slogate:v1 key={}→", escape(environment))
    }

    /// Reads what follows the prefix, and the text below it; what is malformed is older than everything.
    pub(super) fn read(rest: &str) -> (Self, &str) {
        let (marker, text) = rest.split_once("-->").unwrap_or((rest, ""));
        let field = |name: &str| marker.split(' ').find_map(|word| word.strip_prefix(name));
        // A marker that does not say when its run began is older than all that do.
        let began = field("at=").and_then(|at| at.parse().ok()).unwrap_or_default();
        let stamp = field("run=").and_then(|run| Stamp::read(run, began));
        let marker = Self {
            base: marker.split(' ').next().unwrap_or_default().to_owned(),
            head: field("head=").unwrap_or_default().to_owned(),
            stamp: stamp.unwrap_or_default(),
            episode: Episode::read(field),
        };
        (marker, text)
    }

    /// The whole marker.
    pub(super) fn write(&self, prefix: &str) -> String {
        let Stamp { began, run, attempt } = self.stamp;
        let episode = self.episode.as_ref().map(Episode::write).unwrap_or_default();
        format!("{prefix}{} head={} run={run}.{attempt} at={began}{episode} -->", self.base, self.head)
    }
}

impl Episode {
    /// What stands in the way now, behind what was remembered before; nothing where that are too many services.
    pub(super) fn of(stop: &Stop, before: Option<&Self>) -> Option<Self> {
        // Where the history ends within the freeze, an earlier comment knows of an earlier beginning.
        let earlier = before.filter(|before| {
            let one = &before.stop;
            stop.at_least
                && before.over.is_none()
                && one.since < stop.since
                && (one.is_freeze, &one.services) == (stop.is_freeze, &stop.services)
        });
        let stop = earlier.map_or(stop, |before| &before.stop);
        let fits = (1..=SERVICES).contains(&stop.services.len());
        fits.then(|| Self { stop: stop.clone(), over: None })
    }

    /// Reads it from the fields of a marker.
    fn read<'a>(field: impl Fn(&str) -> Option<&'a str>) -> Option<Self> {
        let is_freeze = match field("said=")? {
            "freeze" => true,
            "restrict" => false,
            _ => return None,
        };
        let since = field("since=")?;
        let services: Vec<String> = field("of=")?.split(',').map(unescape).collect::<Option<_>>()?;
        let stop = Stop {
            is_freeze,
            since: since.trim_end_matches('+').parse().ok().filter(|since| *since > 0)?,
            at_least: since.ends_with('+'),
            services,
        };
        let over = field("over=").and_then(|at| at.parse().ok()).filter(|at| *at >= stop.since);
        (stop.services.len() <= SERVICES).then_some(Self { stop, over })
    }

    /// As fields of a marker, each after a blank.
    fn write(&self) -> String {
        let said = if self.stop.is_freeze { "freeze" } else { "restrict" };
        let more = if self.stop.at_least { "+" } else { "" };
        let services: Vec<String> = self.stop.services.iter().map(|name| escape(name)).collect();
        let over = self.over.map_or_else(String::new, |at| format!(" over={at}"));
        format!(" said={said} since={}{more} of={}{over}", self.stop.since, services.join(","))
    }
}

/// A name inside of the marker: without blanks, without `→`, and without what could end the marker.
pub(super) fn escape(name: &str) -> String {
    let mut safe = String::with_capacity(name.len());
    let mut previous = '-';
    for character in name.chars() {
        let plain = character.is_ascii_alphanumeric() || "._/".contains(character);
        if plain || (character == '-' && previous != '-') {
            safe.push(character);
        } else {
            let mut bytes = [0; 4];
            for byte in character.encode_utf8(&mut bytes).bytes() {
                // Writing to a string cannot fail.
                let _ = write!(safe, "%{byte:02X}");
            }
        }
        previous = character;
    }
    safe
}

/// The name that was escaped; none when nobody here wrote it so.
fn unescape(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        if byte != b'%' {
            bytes.push(byte);
            continue;
        }
        let digits = [rest.next()?, rest.next()?];
        bytes.push(u8::from_str_radix(std::str::from_utf8(&digits).ok()?, 16).ok()?);
    }
    let name = String::from_utf8(bytes).ok()?;
    (!name.is_empty() && escape(&name) == text).then_some(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn episode(over: Option<i64>) -> Episode {
        let services = vec!["check_out".to_owned(), "süche".to_owned()];
        Episode { stop: Stop { is_freeze: true, since: 1_000, at_least: true, services }, over }
    }

    #[test]
    fn no_name_can_end_the_marker_or_look_like_another() {
        assert_eq!(escape("release-1.2/x"), "release-1.2/x");
        assert_eq!(escape("a--> b→c"), "a-%2D%3E%20b%E2%86%92c");
        assert_eq!(escape("->"), "%2D%3E");
    }

    #[test]
    fn what_is_remembered_is_read_back() {
        for episode in [None, Some(episode(None)), Some(episode(Some(2_000)))] {
            let marker = Marker {
                base: "main".to_owned(),
                head: "abc".to_owned(),
                stamp: Stamp { began: 9, run: 7, attempt: 2 },
                episode,
            };
            let written = marker.write(&Marker::prefix("production"));
            let rest = written.strip_prefix("<!-- slogate:v1 key=production→").expect("a prefix");
            assert_eq!(Marker::read(&format!("{rest}\ntext")), (marker, "\ntext"));
        }
    }

    #[test]
    fn what_was_made_of_a_marker_by_hand_is_not_remembered() {
        let good = episode(Some(2_000)).write();
        for (from, to) in [
            ("said=freeze", "said=thaw"),
            ("since=1000+", "since=yesterday"),
            ("since=1000+", "since=-5"),
            ("of=check_out", "of=<b>"),
            ("of=check_out", "of=%FF"),
            ("of=check_out", "of="),
            (" said=freeze", ""),
        ] {
            let (marker, _) = Marker::read(&format!("head=a run=1.1{} -->", good.replace(from, to)));
            assert_eq!(marker.episode, None, "{to}");
        }
        let (marker, _) = Marker::read(&format!("head=a run=1.1{} -->", good.replace("over=2000", "over=9")));
        assert_eq!(marker.episode, Some(episode(None)));
    }

    #[test]
    fn a_marker_that_remembers_nothing_is_read_as_ever() {
        let (marker, text) = Marker::read("main head=abc run=7.2 -->\r\ntext");
        assert_eq!(
            (marker.head.as_str(), marker.stamp, marker.episode),
            ("abc", Stamp { began: 0, run: 7, attempt: 2 }, None)
        );
        assert_eq!(text, "\r\ntext");
        assert_eq!(Marker::read("run=x -->").0.stamp, Stamp::default());
    }
}
