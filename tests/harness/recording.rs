//! A recorded history as the stand-in reads it: series by their labels, and increases between their samples.
//!
//! Deliberately not the product's own reader, so that a mistake in one of them shows.

use std::collections::BTreeMap;
use std::fs;
use std::io::Read as _;
use std::path::Path;

use flate2::read::GzDecoder;
use promql_parser::parser::{Expr, parse};

/// One series: its labels, the metric's name as `__name__`, and its samples.
pub type Series = (BTreeMap<String, String>, Vec<(i64, u64)>);

/// What counters grew by up to each of some instants, by the labels that they have in common.
pub type Grown = BTreeMap<BTreeMap<String, String>, Vec<Option<u64>>>;

/// All series of a recording.
pub struct Recording(Vec<Series>);

impl Recording {
    /// Reads a file of `OpenMetrics` text with timestamps, inflated where its name ends in `gz`.
    pub fn load(path: &Path) -> Result<Self, String> {
        let text = text(path)?;
        let mut series: BTreeMap<BTreeMap<String, String>, Vec<(i64, u64)>> = BTreeMap::new();
        for line in text.lines().filter(|line| !line.starts_with('#')) {
            let (labels, instant, value) = sample(line).ok_or_else(|| format!("no sample: {line}"))?;
            series.entry(labels).or_default().push((instant, value));
        }
        Ok(Self(series.into_iter().collect()))
    }

    /// What the selected counters grew by within the `window` seconds up to each instant, for each group of them that has
    /// the same values of some labels (a label that is not there is empty); none where there are fewer than two samples
    /// of any of them.
    pub fn increases_by(
        &self,
        selector: &str,
        by: &[&str],
        instants: &[i64],
        window: i64,
    ) -> Result<Grown, String> {
        let mut groups: BTreeMap<BTreeMap<String, String>, Vec<&Series>> = BTreeMap::new();
        for series in self.chosen(selector)? {
            let value = |name: &str| series.0.get(name).map_or("", String::as_str);
            let group = by.iter().map(|name| ((*name).to_owned(), value(name).to_owned()));
            groups.entry(group.filter(|(_, value)| !value.is_empty()).collect()).or_default().push(series);
        }
        let grown =
            |chosen: Vec<&Series>| instants.iter().map(|end| counted(&chosen, end - window, *end)).collect();
        Ok(groups.into_iter().map(|(group, chosen)| (group, grown(chosen))).collect())
    }

    /// The samples of the selected counters from one instant to another, both included.
    pub fn samples(&self, selector: &str, from: i64, until: i64) -> Result<Vec<Series>, String> {
        let within = |series: &Series| {
            let samples = series.1.iter().filter(|(at, _)| (from..=until).contains(at)).copied();
            (series.0.clone(), samples.collect::<Vec<_>>())
        };
        let all = self.chosen(selector)?.into_iter().map(within);
        Ok(all.filter(|(_, samples)| !samples.is_empty()).collect())
    }

    /// The series that a selector selects.
    fn chosen(&self, selector: &str) -> Result<Vec<&Series>, String> {
        let Expr::VectorSelector(selector) = parse(selector)? else {
            return Err(format!("`{selector}` selects no series"));
        };
        let chosen = self.0.iter().filter(|(labels, _)| {
            let value = |name: &str| labels.get(name).map_or("", String::as_str);
            selector.name.as_deref().is_none_or(|name| value("__name__") == name)
                && selector.matchers.matchers.iter().all(|matcher| matcher.is_match(value(&matcher.name)))
        });
        Ok(chosen.collect())
    }
}

/// The text of a recording, inflated where its name ends in `gz`.
pub fn text(path: &Path) -> Result<String, String> {
    let failed = |error: std::io::Error| format!("{}: {error}", path.display());
    let bytes = fs::read(path).map_err(failed)?;
    if path.extension().is_none_or(|extension| extension != "gz") {
        return String::from_utf8(bytes).map_err(|error| error.to_string());
    }
    let mut text = String::new();
    GzDecoder::new(bytes.as_slice()).read_to_string(&mut text).map_err(failed)?;
    Ok(text)
}

/// What the series grew by from one instant to another, both included.
fn counted(series: &[&Series], from: i64, until: i64) -> Option<u64> {
    let mut sum = None;
    for (_, samples) in series {
        let first = samples.partition_point(|(instant, _)| *instant < from);
        let behind = samples.partition_point(|(instant, _)| *instant <= until);
        let seen = samples.get(first..behind).unwrap_or_default();
        for pair in seen.windows(2) {
            if let [(_, before), (_, after)] = pair {
                *sum.get_or_insert(0) += if after < before { *after } else { after - before };
            }
        }
    }
    sum
}

/// Labels, instant and value of a line.
fn sample(line: &str) -> Option<(BTreeMap<String, String>, i64, u64)> {
    let (name, rest) = line.split_once('{')?;
    let (inside, numbers) = rest.rsplit_once("} ")?;
    let (value, instant) = numbers.split_once(' ')?;
    let mut labels = BTreeMap::from([("__name__".to_owned(), name.to_owned())]);
    for label in inside.split(',') {
        let (name, value) = label.split_once('=')?;
        labels.insert(name.to_owned(), value.trim_matches('"').to_owned());
    }
    Some((labels, instant.parse().ok()?, value.parse().ok()?))
}
