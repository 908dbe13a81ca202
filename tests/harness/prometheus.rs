//! A stand-in monitoring system: answers as a Prometheus does on its good and on its bad days.
//!
//! It speaks bare HTTP over a socket, because the bad days (silence, a body without end) are what an HTTP library
//! prevents. What it counts from a recorded history is exact: increases between neighbouring samples, without
//! extrapolation. How a real one extrapolates is for the tests against the real one.

use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;

use serde_json::{Value, json};

use crate::case::{Answer, Prometheus};
use crate::recording::{self, Recording};
use crate::request::{Request, Stub};

/// The address under which transcripts show it.
const SHOWN: &str = "http://prometheus.example";

/// A listening stand-in.
pub struct Standin {
    /// `http://127.0.0.1:PORT`.
    url: String,
    /// What it was asked.
    asked: Arc<Mutex<Vec<Request>>>,
    /// Set when it has to end.
    over: Arc<AtomicBool>,
}

impl Standin {
    /// Starts to listen.
    pub fn start(plan: Prometheus, recording: Option<Recording>) -> Result<Self, String> {
        let listener = TcpListener::bind("127.0.0.1:0").map_err(|error| error.to_string())?;
        let address = listener.local_addr().map_err(|error| error.to_string())?;
        let standin = Self { url: format!("http://{address}"), asked: Arc::default(), over: Arc::default() };
        if plan.answer == Answer::Refuse {
            // The port was free a moment ago; nobody listens on it once the listener is gone.
            return Ok(standin);
        }
        let (asked, over) = (Arc::clone(&standin.asked), Arc::clone(&standin.over));
        let shared = Arc::new((plan, recording));
        thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                if over.load(Ordering::SeqCst) {
                    break;
                }
                let (asked, over, shared) = (Arc::clone(&asked), Arc::clone(&over), Arc::clone(&shared));
                // A client that goes away in the middle of an answer is what several cases are about.
                thread::spawn(move || drop(serve(stream, &shared.0, shared.1.as_ref(), &asked, &over)));
            }
        });
        Ok(standin)
    }

    /// Where it listens.
    pub fn url(&self) -> &str {
        &self.url
    }
}

impl Stub for Standin {
    fn environment(&self) -> Vec<(String, String)> {
        Vec::new()
    }

    fn requests(&mut self) -> Vec<Request> {
        let mut requests = std::mem::take(&mut *self.asked.lock().expect("nobody panics with it"));
        // Queries run concurrently, so they arrive in any order.
        requests.sort();
        requests
    }

    fn redactions(&self) -> Vec<(String, String)> {
        let bare = |url: &str| url.trim_start_matches("http://").to_owned();
        vec![(self.url.clone(), SHOWN.to_owned()), (bare(&self.url), bare(SHOWN))]
    }
}

impl Drop for Standin {
    fn drop(&mut self) {
        self.over.store(true, Ordering::SeqCst);
        // One last visitor, so that the listener looks up.
        drop(TcpStream::connect(self.url.trim_start_matches("http://")));
    }
}

/// A request as it came in.
#[derive(Clone)]
struct Incoming {
    /// The method.
    method: String,
    /// The path, without the query.
    path: String,
    /// The parameters of query and body together.
    parameters: BTreeMap<String, String>,
    /// The headers that say who asks: a line each.
    who: Vec<String>,
}

/// Reads one request; none when the client has gone.
fn receive(reader: &mut BufReader<TcpStream>) -> std::io::Result<Option<Incoming>> {
    let mut line = String::new();
    if reader.read_line(&mut line)? == 0 {
        return Ok(None);
    }
    let mut words = line.split_whitespace().map(str::to_owned);
    let (method, target) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
    let mut length = 0;
    let mut who = Vec::new();
    loop {
        let mut header = String::new();
        reader.read_line(&mut header)?;
        let Some((name, value)) = header.trim().split_once(':') else { break };
        if name.eq_ignore_ascii_case("content-length") {
            length = value.trim().parse().unwrap_or(0);
        }
        if name.eq_ignore_ascii_case("authorization") || name.to_lowercase().starts_with("x-") {
            who.push(format!("{}: {}", name.to_lowercase(), value.trim()));
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body)?;
    let (path, query) = target.split_once('?').unwrap_or((&target, ""));
    let mut parameters = decoded(query);
    parameters.extend(decoded(&String::from_utf8_lossy(&body)));
    Ok(Some(Incoming { method, path: path.to_owned(), parameters, who }))
}

/// Parameters of a form.
fn decoded(form: &str) -> BTreeMap<String, String> {
    form.split('&')
        .filter_map(|pair| pair.split_once('='))
        .map(|(k, v)| (unescaped(k), unescaped(v)))
        .collect()
}

/// A percent-decoded word.
fn unescaped(word: &str) -> String {
    let mut bytes = Vec::new();
    let mut rest = word.bytes();
    while let Some(byte) = rest.next() {
        match byte {
            b'+' => bytes.push(b' '),
            b'%' => {
                let digits: String = rest.by_ref().take(2).map(char::from).collect();
                bytes.push(u8::from_str_radix(&digits, 16).unwrap_or(b'?'));
            }
            other => bytes.push(other),
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

/// Answers the requests of one connection.
fn serve(
    stream: TcpStream,
    plan: &Prometheus,
    recording: Option<&Recording>,
    asked: &Mutex<Vec<Request>>,
    over: &AtomicBool,
) -> std::io::Result<()> {
    let mut writer = stream.try_clone()?;
    let mut reader = BufReader::new(stream);
    while let Some(incoming) = receive(&mut reader)? {
        let parameters = incoming.parameters.iter().map(|(name, value)| format!("{name}: {value}"));
        let lines = parameters.chain(incoming.who.iter().cloned()).collect();
        let request = Request { method: incoming.method.clone(), target: incoming.path.clone(), lines };
        asked.lock().expect("nobody panics with it").push(request);
        let query = incoming.parameters.get("query").map_or("", String::as_str);
        let rule = |query: &str| plan.rules.iter().find(|rule| query.contains(&rule.contains));
        let of =
            |query: &str| rule(query).map_or((plan.answer, &plan.value), |rule| (rule.answer, &rule.value));
        if let Some(all) = joined(query, |part| {
            let (answer, value) = of(part);
            let mut parameters = incoming.parameters.clone();
            parameters.insert("query".to_owned(), part.to_owned());
            let one = Incoming { parameters, ..incoming.clone() };
            // Whatever else is answered to a single query is not joined.
            if answer == Answer::History {
                recorded(&one, recording.expect("a history")).expect("a query that is counted")
            } else {
                results(&one, 1, 0, value)
            }
        }) {
            let body = json!({ "status": "success", "data": all }).to_string();
            send(&mut writer, "200 OK", "content-type: application/json", &body)?;
            continue;
        }
        let (answer, value) = of(query);
        reply(&mut writer, answer, value, &incoming, recording, over)?;
    }
    Ok(())
}

/// The answer to several queries that are asked as one: that of each, with its label; none to any other query.
fn joined(query: &str, answer: impl Fn(&str) -> Value) -> Option<Value> {
    let mut all = Vec::new();
    for part in query.strip_prefix("label_replace(")?.split(" or label_replace(") {
        let (part, number) = part.strip_suffix("\", \"\", \"\")")?.split_once(", \"slogate_part\", \"")?;
        let answered = answer(part);
        for row in answered.get("result")?.as_array()? {
            let mut row = row.clone();
            row.get_mut("metric")?.as_object_mut()?.insert("slogate_part".to_owned(), json!(number));
            all.push(row);
        }
    }
    Some(typed(&all, false))
}

/// Writes one answer.
fn reply(
    writer: &mut TcpStream,
    answer: Answer,
    value: &str,
    incoming: &Incoming,
    recording: Option<&Recording>,
    over: &AtomicBool,
) -> std::io::Result<()> {
    let numbers = |results: &Value| json!({ "status": "success", "data": results }).to_string();
    let error =
        |kind: &str, words: &str| json!({ "status": "error", "errorType": kind, "error": words }).to_string();
    let json = "content-type: application/json";
    match answer {
        Answer::Empty => send(writer, "200 OK", json, &numbers(&results(incoming, 0, 0, value))),
        Answer::Steady => send(writer, "200 OK", json, &numbers(&results(incoming, 1, 0, value))),
        Answer::Nan => send(writer, "200 OK", json, &numbers(&results(incoming, 1, 0, "NaN"))),
        Answer::Infinite => send(writer, "200 OK", json, &numbers(&results(incoming, 1, 0, "+Inf"))),
        Answer::Parts => send(writer, "200 OK", json, &numbers(&parts(incoming, value))),
        Answer::TwoSeries => send(writer, "200 OK", json, &numbers(&results(incoming, 2, 0, value))),
        Answer::Short => send(writer, "200 OK", json, &numbers(&results(incoming, 1, 75, value))),
        Answer::History => {
            let recording = recording.expect("a case that answers from a history names it");
            match recorded(incoming, recording) {
                Ok(counted) => send(writer, "200 OK", json, &numbers(&counted)),
                Err(words) => send(writer, "400 Bad Request", json, &error("bad_data", &words)),
            }
        }
        Answer::Redirect => {
            send(writer, "301 Moved Permanently", "location: http://elsewhere.example/api/v1/query_range", "")
        }
        Answer::Html => send(
            writer,
            "200 OK",
            "content-type: text/html",
            "<!doctype html><title>Sign in</title><h1>Sign in</h1>",
        ),
        Answer::Busy => {
            let words = "query processing would load too many samples into memory in query execution";
            send(writer, "503 Service Unavailable", json, &error("timeout", words))
        }
        Answer::Refused => send(
            writer,
            "422 Unprocessable Entity",
            json,
            &error("execution", "many-to-many matching not allowed"),
        ),
        Answer::Unauthorized => {
            send(writer, "401 Unauthorized", "www-authenticate: Bearer", "Unauthorized\n")
        }
        Answer::Hang | Answer::Refuse => {
            while !over.load(Ordering::SeqCst) {
                thread::sleep(std::time::Duration::from_millis(50));
            }
            Ok(())
        }
        Answer::Endless => {
            write!(writer, "HTTP/1.1 200 OK\r\n{json}\r\nconnection: close\r\n\r\n")?;
            write!(writer, "{{\"status\":\"success\",\"data\":{{\"resultType\":\"matrix\",\"result\":[")?;
            let filler = vec![b' '; 64 * 1024];
            loop {
                writer.write_all(&filler)?;
            }
        }
    }
}

/// Writes a whole response.
fn send(writer: &mut TcpStream, status: &str, header: &str, body: &str) -> std::io::Result<()> {
    write!(writer, "HTTP/1.1 {status}\r\n{header}\r\ncontent-length: {}\r\n\r\n{body}", body.len())?;
    writer.flush()
}

/// The instants that a request asks for, and whether it asked for a range.
fn instants(incoming: &Incoming) -> (Vec<i64>, bool) {
    let instant = |name: &str| incoming.parameters.get(name).map(|text| seconds(text));
    let ranged = incoming.path.ends_with("/query_range");
    match (ranged, instant("start"), instant("end"), instant("step"), instant("time")) {
        (true, Some(start), Some(end), Some(step), _) if step > 0 => {
            let step = usize::try_from(step).expect("a positive step");
            ((start..=end).step_by(step).collect(), true)
        }
        (_, _, _, _, Some(time)) => (vec![time], ranged),
        _ => (Vec::new(), ranged),
    }
}

/// Seconds from a parameter: seconds since the epoch, an RFC 3339 instant, or a length like `300s`.
fn seconds(text: &str) -> i64 {
    let whole = text.trim_end_matches('s');
    let whole = whole.strip_suffix(".0").unwrap_or(whole);
    whole
        .parse()
        .ok()
        .or_else(|| text.parse::<jiff::Timestamp>().ok().map(jiff::Timestamp::as_second))
        .unwrap_or_else(|| panic!("`{text}` is no instant of the grid"))
}

/// So many series of one value, from the instant at which `after` percent of the range have passed.
fn results(incoming: &Incoming, series: usize, after: usize, value: &str) -> Value {
    let (instants, ranged) = instants(incoming);
    let skipped = instants.len() * after / 100;
    let points: Vec<Value> = instants.iter().skip(skipped).map(|at| json!([at, value])).collect();
    let names = ["eu-1", "eu-2"];
    let mut all = Vec::new();
    for group in groups(incoming) {
        for name in names.iter().take(series) {
            let mut labels = group.clone();
            if series > 1 {
                labels.insert("replica".to_owned(), (*name).to_owned());
            }
            all.push(shaped(&json!(labels), &points, ranged));
        }
    }
    typed(&all, ranged)
}

/// The groups that a query asks for by name: every combination of the values that its matchers list.
fn groups(incoming: &Incoming) -> Vec<BTreeMap<String, String>> {
    let query = incoming.parameters.get("query").map_or("", String::as_str);
    let mut groups = vec![BTreeMap::new()];
    for label in counting(query).map(|counting| counting.by).unwrap_or_default() {
        let listed = query.split_once(&format!("{label}=~\"")).and_then(|(_, rest)| rest.split_once('"'));
        let values: Vec<&str> = listed.map_or("", |(values, _)| values).split('|').collect();
        let extended = groups.iter().flat_map(|group| {
            values.iter().map(move |value| {
                let mut group: BTreeMap<String, String> = group.clone();
                group.insert(label.to_owned(), value.replace("\\\\", ""));
                group
            })
        });
        groups = extended.collect();
    }
    groups
}

/// One series of numbers, each for an equal part of the range; `_` is none.
fn parts(incoming: &Incoming, values: &str) -> Value {
    let (instants, ranged) = instants(incoming);
    let values: Vec<&str> = values.split_whitespace().collect();
    let of = |index: usize| values.get(index * values.len() / instants.len()).filter(|value| **value != "_");
    let points: Vec<Value> =
        instants.iter().enumerate().filter_map(|(index, at)| Some(json!([at, of(index)?]))).collect();
    typed(&[shaped(&json!({}), &points, ranged)], ranged)
}

/// One series of a matrix or of a vector.
fn shaped(labels: &Value, points: &[Value], ranged: bool) -> Value {
    if ranged {
        json!({ "metric": labels, "values": points })
    } else {
        json!({ "metric": labels, "value": points.last() })
    }
}

/// Results under their type.
fn typed(results: &[Value], ranged: bool) -> Value {
    json!({ "resultType": if ranged { "matrix" } else { "vector" }, "result": results })
}

/// What a Prometheus that scraped the recording would count for `sum(increase(selector[window]))`, or for each group of
/// `sum by (labels) (increase(selector[window]))`.
fn recorded(incoming: &Incoming, recording: &Recording) -> Result<Value, String> {
    let query = incoming.parameters.get("query").map_or("", String::as_str);
    let (instants, ranged) = instants(incoming);
    if let (Some((selector, length)), [end]) = (scraping(query), instants.as_slice()) {
        let series = recording.samples(selector, end - length, *end)?;
        let shaped = |(labels, samples): recording::Series| {
            let points: Vec<Value> =
                samples.into_iter().map(|(at, value)| json!([at, value.to_string()])).collect();
            shaped(&json!(labels), &points, true)
        };
        return Ok(typed(&series.into_iter().map(shaped).collect::<Vec<_>>(), true));
    }
    let Counting { by, selector, window } =
        counting(query).ok_or_else(|| format!("the stand-in counts increases only, not `{query}`"))?;
    let mut series = Vec::new();
    for (labels, counted) in recording.increases_by(selector, &by, &instants, window)? {
        let points: Vec<Value> = instants
            .iter()
            .zip(counted)
            .filter_map(|(at, count)| Some(json!([at, count?.to_string()])))
            .collect();
        if !points.is_empty() {
            series.push(shaped(&json!(labels), &points, ranged));
        }
    }
    Ok(typed(&series, ranged))
}

/// A query of the only shape that is counted.
struct Counting<'a> {
    /// The labels that groups are kept apart by.
    by: Vec<&'a str>,
    /// The counters.
    selector: &'a str,
    /// The seconds that they are counted over.
    window: i64,
}

/// The counters whose samples a query asks for, and over how many seconds; none when it asks for something else.
fn scraping(query: &str) -> Option<(&str, i64)> {
    let (selector, length) = query.strip_suffix("s]")?.rsplit_once('[')?;
    if selector.contains('(') { None } else { Some((selector, length.parse().ok()?)) }
}

/// Reads a query; none when it is of another shape.
fn counting(query: &str) -> Option<Counting<'_>> {
    let query = query.strip_suffix(" or vector(0)").unwrap_or(query).strip_prefix("sum")?;
    let (by, rest) = match query.strip_prefix(" by (") {
        Some(rest) => rest.split_once(") ")?,
        None => ("", query),
    };
    let (selector, window) = rest.strip_prefix("(increase(")?.strip_suffix("s]))")?.rsplit_once('[')?;
    let by = by.split(',').filter(|label| !label.is_empty()).collect();
    Some(Counting { by, selector, window: window.parse().ok()? })
}
