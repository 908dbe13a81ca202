//! OpenMetrics text with timestamps, line by line: the text from which `promtool tsdb create-blocks-from
//! openmetrics` fills a Prometheus.
//!
//! The reader holds one line at a time and hands each sample on; metadata is checked and passed over, exemplars
//! are ignored. The first line that is wrong ends it. What the samples mean is left to `snapshot`.

use std::collections::BTreeMap;
use std::io::{self, BufRead};

use super::number::{self, Number};
use super::promql::NAME;

/// The longest line, in bytes.
const LONGEST: u64 = 64 * 1024;

/// The words that a `# TYPE` line may end with.
const TYPES: [&str; 8] =
    ["counter", "gauge", "histogram", "gaugehistogram", "stateset", "info", "summary", "unknown"];

/// The latest and the earliest instant that is believed, in milliseconds: the years 1 to 9999.
const INSTANTS: std::ops::RangeInclusive<i64> = -62_135_596_800_000..=253_402_300_799_000;

/// A line that is wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// The line, from 1.
    pub line: usize,
    /// What is wrong.
    pub message: String,
    /// The bytes are not text.
    pub is_encoding: bool,
}

/// One sample.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sample<'a> {
    /// The line, from 1.
    pub line: usize,
    /// The series as it is written: `name{a="b"}`. `labels` takes it apart.
    pub series: &'a str,
    /// The value.
    pub value: Number,
    /// The instant, in milliseconds since the epoch.
    pub at: i64,
}

/// Reads a whole text, of at most `cap` bytes, and hands every sample to `sink`, whose errors are faults of the
/// sample's line.
///
/// # Errors
/// The first line that is wrong; a text without `# EOF` at its end is cut off.
pub fn read(
    mut text: impl BufRead,
    cap: u64,
    mut sink: impl FnMut(Sample<'_>) -> Result<(), String>,
) -> Result<(), Fault> {
    let mut buffer = Vec::new();
    let mut line = 0;
    let mut size = 0;
    let mut ended = false;
    loop {
        line += 1;
        buffer.clear();
        let fault = |message: String| Fault { line, message, is_encoding: false };
        let count = io::Read::take(&mut text, LONGEST)
            .read_until(b'\n', &mut buffer)
            .map_err(|error| fault(format!("the file cannot be inflated: {error}")))?;
        size += u64::try_from(count).unwrap_or(LONGEST);
        if size > cap {
            return Err(fault(format!("the text is larger than {} MiB", cap / 1024 / 1024)));
        }
        if count == 0 {
            return if ended {
                Ok(())
            } else {
                Err(fault("the text ends without `# EOF`: it is cut off".to_owned()))
            };
        }
        if ended {
            return Err(fault("something stands after `# EOF`".to_owned()));
        }
        if !buffer.ends_with(b"\n") && u64::try_from(count) == Ok(LONGEST) {
            return Err(fault(format!("the line is longer than {LONGEST} bytes")));
        }
        let Ok(written) = std::str::from_utf8(buffer.strip_suffix(b"\n").unwrap_or(&buffer)) else {
            return Err(Fault { line, message: "the line is not UTF-8".to_owned(), is_encoding: true });
        };
        if written == "# EOF" {
            ended = true;
        } else if let Some(comment) = written.strip_prefix('#') {
            metadata(comment).map_err(fault)?;
        } else {
            sample(line, written).and_then(&mut sink).map_err(fault)?;
        }
    }
}

/// Checks a line that begins with `#`.
fn metadata(comment: &str) -> Result<(), String> {
    let mut words = comment.splitn(4, ' ');
    let (Some(""), Some(keyword), Some(_name)) = (words.next(), words.next(), words.next()) else {
        return Err("a line that begins with `#` is `# TYPE`, `# HELP`, `# UNIT` or `# EOF`".to_owned());
    };
    let rest = words.next().unwrap_or_default();
    match keyword {
        "HELP" | "UNIT" => Ok(()),
        "TYPE" if TYPES.contains(&rest) => Ok(()),
        "TYPE" => Err(format!("`{}` is no type of OpenMetrics", rest.escape_debug())),
        _ => Err("a line that begins with `#` is `# TYPE`, `# HELP`, `# UNIT` or `# EOF`".to_owned()),
    }
}

/// Reads `name{labels} value timestamp`.
fn sample(line: usize, written: &str) -> Result<Sample<'_>, String> {
    if written.is_empty() {
        return Err("the line is empty, which OpenMetrics does not allow".to_owned());
    }
    let end = series_end(written).ok_or("the labels are not closed with `}`")?;
    let (series, rest) = written.split_at_checked(end).unwrap_or((written, ""));
    let rest = rest.strip_prefix(' ').ok_or("a space and a value must follow the series")?;
    let rest = if rest.contains('#') {
        rest.split_once(" # ").map_or(rest, |(sample, _exemplar)| sample)
    } else {
        rest
    };
    let mut words = rest.split(' ');
    let value = words.next().unwrap_or_default();
    let value = number::read(value).ok_or_else(|| format!("`{}` is no number", value.escape_debug()))?;
    let at = words.next().ok_or("the sample has no timestamp; a history needs one on every sample")?;
    let at = milliseconds(at).ok_or_else(|| format!("`{}` is no timestamp in seconds", at.escape_debug()))?;
    if words.next().is_some() {
        return Err("something stands after the timestamp".to_owned());
    }
    Ok(Sample { line, series, value, at })
}

/// Where the series ends and its value begins.
fn series_end(written: &str) -> Option<usize> {
    let bytes = written.as_bytes();
    let open = bytes.iter().position(|byte| matches!(byte, b'{' | b' '));
    let Some(open) = open.filter(|at| bytes.get(*at) == Some(&b'{')) else {
        return Some(open.unwrap_or(bytes.len()));
    };
    let (mut quoted, mut escaped) = (false, false);
    for (at, byte) in bytes.iter().enumerate().skip(open) {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if quoted => escaped = true,
            b'"' => quoted = !quoted,
            b'}' if !quoted => return Some(at + 1),
            _ => {}
        }
    }
    None
}

/// An instant in seconds, read into milliseconds.
fn milliseconds(text: &str) -> Option<i64> {
    if let Some((digits, scale @ 0..=3)) = number::short(text) {
        return digits.checked_mul(10_i64.pow(3 - scale)).filter(|at| INSTANTS.contains(at));
    }
    match number::read(text)? {
        Number::Finite(seconds) => {
            let thousandths = seconds.checked_mul(1_000.into())?.round();
            i64::try_from(thousandths).ok().filter(|at| INSTANTS.contains(at))
        }
        Number::NotFinite => None,
    }
}

/// Takes a series apart: its labels, and its metric's name as `__name__`.
///
/// # Errors
/// What is wrong with it.
pub fn labels(series: &str) -> Result<BTreeMap<String, String>, String> {
    let mut labels = BTreeMap::new();
    let (name, inside) = series.split_once('{').unwrap_or((series, "}"));
    if !name.is_empty() {
        labels.insert(NAME.to_owned(), name.to_owned());
    }
    let mut rest = inside.strip_suffix('}').unwrap_or(inside);
    while !rest.is_empty() {
        let (name, value, after) = label(rest)?;
        rest = match after.strip_prefix(',') {
            Some(more) => more,
            None if after.is_empty() => after,
            None => return Err("labels are separated by `,`".to_owned()),
        };
        if labels.insert(name.clone(), value).is_some() {
            return Err(format!("the label `{name}` stands there twice"));
        }
    }
    match labels.get(NAME) {
        Some(name) if series.starts_with('{') || is_metric(name) => {}
        Some(name) => return Err(format!("`{}` is no name of a metric", name.escape_debug())),
        None => return Err("the series has no name".to_owned()),
    }
    // An empty label is an absent one.
    labels.retain(|_, value| !value.is_empty());
    Ok(labels)
}

/// Reads one `name="value"`, or a metric's name in quotes; and what follows.
fn label(text: &str) -> Result<(String, String, &str), String> {
    if let Some(quoted) = text.strip_prefix('"') {
        let (name, after) = string(quoted)?;
        return match after.strip_prefix("=\"") {
            None => Ok((NAME.to_owned(), name, after)),
            Some(quoted) => {
                let (value, after) = string(quoted)?;
                Ok((name, value, after))
            }
        };
    }
    let (name, quoted) = text.split_once("=\"").ok_or("a label is written `name=\"value\"`")?;
    if name.is_empty() || name.contains(':') || !is_metric(name) {
        return Err(format!("`{}` is no name of a label", name.escape_debug()));
    }
    let (value, after) = string(quoted)?;
    Ok((name.to_owned(), value, after))
}

/// Reads a string up to its closing quote, with its escapes; and what follows.
fn string(quoted: &str) -> Result<(String, &str), String> {
    let mut value = String::new();
    let mut chars = quoted.char_indices();
    while let Some((at, c)) = chars.next() {
        match c {
            '"' => return Ok((value, quoted.get(at + 1..).unwrap_or_default())),
            '\\' => match chars.next() {
                Some((_, 'n')) => value.push('\n'),
                Some((_, escaped @ ('\\' | '"'))) => value.push(escaped),
                _ => return Err("`\\` stands before `n`, `\\` and `\"` only".to_owned()),
            },
            c => value.push(c),
        }
    }
    Err("a string is not closed".to_owned())
}

/// True for a name that stands without quotes.
fn is_metric(name: &str) -> bool {
    let letter = |c: char| c.is_ascii_alphabetic() || matches!(c, '_' | ':');
    name.starts_with(letter) && name.chars().all(|c| letter(c) || c.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use rust_decimal::Decimal;

    use super::*;

    /// The samples of a text as they are read: series, value, milliseconds.
    fn samples(text: &str) -> Result<Vec<(String, Number, i64)>, Fault> {
        let mut samples = Vec::new();
        read(text.as_bytes(), 1_000_000, |sample| {
            samples.push((sample.series.to_owned(), sample.value, sample.at));
            Ok(())
        })?;
        Ok(samples)
    }

    fn fault(text: &str) -> (usize, String) {
        let fault = samples(text).expect_err("a fault");
        (fault.line, fault.message)
    }

    #[test]
    fn samples_are_read_and_metadata_and_exemplars_passed_over() {
        let text = "# TYPE x counter\n# HELP x All \"of\" them\n# UNIT x seconds\n\
                    x_total{a=\"}\\\" 1\",b=\"\"} 1.5 1700000000.1234 # {trace=\"y\"} 0.5 1699999999\n\
                    x_created 1e3 -5\ny{} NaN 1.7e9\n# EOF\n";
        let finite = |value: &str| Number::Finite(value.parse::<Decimal>().expect("a number"));
        assert_eq!(
            samples(text).expect("samples"),
            [
                ("x_total{a=\"}\\\" 1\",b=\"\"}".to_owned(), finite("1.5"), 1_700_000_000_123),
                ("x_created".to_owned(), finite("1000"), -5_000),
                ("y{}".to_owned(), Number::NotFinite, 1_700_000_000_000),
            ]
        );
        assert_eq!(samples("# EOF"), Ok(vec![]));
    }

    #[test]
    fn every_fault_names_its_line() {
        let long = format!("x{{a=\"{}\"}} 1 1\n", "y".repeat(70_000));
        for (text, line, words) in [
            ("", 1, "ends without `# EOF`"),
            ("x 1 1\n", 2, "ends without `# EOF`"),
            ("x 1 1\n# EOF\nx 2 2\n", 3, "after `# EOF`"),
            ("x 1 1\n\n# EOF\n", 2, "the line is empty"),
            ("x 1\n# EOF\n", 1, "no timestamp"),
            ("x 1 1\r\n# EOF\n", 1, "`1\\r` is no timestamp"),
            ("x 1 yesterday\n# EOF\n", 1, "`yesterday` is no timestamp"),
            ("x 1 99999999999999\n# EOF\n", 1, "is no timestamp"),
            ("x one 1\n# EOF\n", 1, "`one` is no number"),
            ("x 1 1 1\n# EOF\n", 1, "after the timestamp"),
            ("x{a=\"b} 1 1\n# EOF\n", 1, "not closed"),
            ("x{a=\"b\"}1 1\n# EOF\n", 1, "a space"),
            ("x\n# EOF\n", 1, "a space"),
            ("# TYPE x numbers\n# EOF\n", 1, "`numbers` is no type"),
            ("# a comment\n# EOF\n", 1, "begins with `#`"),
            ("#EOF\n", 1, "begins with `#`"),
            (long.as_str(), 1, "longer than 65536 bytes"),
        ] {
            let (at, message) = fault(text);
            assert!(at == line && message.contains(words), "{text:.40?}: {at}: {message}");
        }
        let fault = read(&b"x\xff 1 1\n"[..], 1_000, |_| Ok(())).expect_err("a fault");
        assert!(fault.is_encoding && fault.line == 1);
        let text = "x 1 1\n".repeat(400_000);
        assert!(samples(&text).expect_err("a fault").message.contains("larger than 0 MiB"));
    }

    #[test]
    fn labels_are_taken_apart_with_their_escapes() {
        let pairs = |series: &str| {
            labels(series)
                .map(|labels| labels.into_iter().map(|(n, v)| format!("{n}={v}")).collect::<Vec<_>>())
        };
        assert_eq!(pairs("x"), Ok(vec!["__name__=x".to_owned()]));
        assert_eq!(pairs("x{}"), Ok(vec!["__name__=x".to_owned()]));
        let all = ["__name__=x", "a=1,\"}\n\\", "b=ü"].map(str::to_owned).to_vec();
        assert_eq!(pairs("x{b=\"ü\",a=\"1,\\\"}\\n\\\\\",c=\"\",}"), Ok(all));
        let quoted = ["__name__=my.x", "a.b=1"].map(str::to_owned).to_vec();
        assert_eq!(pairs("{\"my.x\",\"a.b\"=\"1\"}"), Ok(quoted));
        for series in [
            "1x",
            "{}",
            "{a=\"b\"}",
            "x{a=\"1\",a=\"2\"}",
            "x{a=\"1\"b=\"2\"}",
            "x{a=1}",
            "x{a:b=\"1\"}",
            "x{a=\"\\t\"}",
        ] {
            assert!(labels(series).is_err(), "{series}");
        }
    }
}
