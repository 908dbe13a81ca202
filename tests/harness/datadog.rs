//! A stand-in Datadog: keeps SLOs and answers with their histories, in the shapes that the real one was recorded with.
//!
//! Like the real one it chooses the interval of a metric's bins by the span that it is asked for. It speaks over the
//! same bare socket as the stand-in Prometheus.

use std::io::BufReader;
use std::net::{TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;

use jiff::Timestamp;
use serde_json::{Value, json};

use crate::case::{Datadog, Kept};
use crate::prometheus::{Incoming, receive, send};
use crate::request::{Request, Stub};

/// The address under which transcripts show it.
const SHOWN: &str = "http://datadog.example";

/// The intervals of bins, in seconds.
const INTERVALS: [i64; 10] = [60, 300, 600, 1_200, 1_800, 3_600, 7_200, 14_400, 43_200, 86_400];

/// Events in an hour.
const EVENTS: i64 = 600;

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
    pub fn start(kept: Datadog) -> Result<Self, String> {
        let listener = TcpListener::bind("127.0.0.1:0").map_err(|error| error.to_string())?;
        let address = listener.local_addr().map_err(|error| error.to_string())?;
        let standin = Self { url: format!("http://{address}"), asked: Arc::default(), over: Arc::default() };
        let (asked, over, kept) = (Arc::clone(&standin.asked), Arc::clone(&standin.over), Arc::new(kept));
        thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                if over.load(Ordering::SeqCst) {
                    break;
                }
                let (asked, kept) = (Arc::clone(&asked), Arc::clone(&kept));
                // Whoever asks may go away in the middle of an answer.
                thread::spawn(move || drop(serve(stream, &kept, &asked)));
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

/// Answers the requests of one connection.
fn serve(stream: TcpStream, kept: &Datadog, asked: &Mutex<Vec<Request>>) -> std::io::Result<()> {
    let mut writer = stream.try_clone()?;
    let mut reader = BufReader::new(stream);
    while let Some(incoming) = receive(&mut reader)? {
        let parameters = incoming.parameters.iter().map(|(name, value)| format!("{name}: {value}"));
        let lines = parameters.chain(incoming.who.iter().cloned()).collect();
        let request = Request { method: incoming.method.clone(), target: incoming.path.clone(), lines };
        asked.lock().expect("nobody panics with it").push(request);
        let (status, header, body) = answer(&incoming, kept);
        send(&mut writer, status, &format!("content-type: application/json{header}"), &body.to_string())?;
    }
    Ok(())
}

/// The status, further headers and the body of an answer.
fn answer(incoming: &Incoming, kept: &Datadog) -> (&'static str, &'static str, Value) {
    let id = incoming.path.trim_start_matches("/api/v1/slo/").trim_end_matches("/history");
    let Some(slo) = kept.slos.iter().find(|slo| slo.id == id) else {
        return ("404 Not Found", "", json!({ "errors": [format!("SLO not found: {id} not found")] }));
    };
    let instant = |name: &str| incoming.parameters.get(name).and_then(|text| text.parse().ok()).unwrap_or(0);
    let asked = (instant("from_ts"), instant("to_ts"));
    match slo.kind.as_str() {
        "forbidden" => ("403 Forbidden", "", json!({ "errors": ["Forbidden"] })),
        "limited" => {
            let limit = "\r\nx-ratelimit-limit: 60\r\nx-ratelimit-remaining: 0\r\nx-ratelimit-reset: 3000";
            (
                "429 Too Many Requests",
                limit,
                json!({ "errors": ["Rate limit of 60 requests in 3600 seconds reached"] }),
            )
        }
        "partial" => {
            let errors = json!([{ "error": "Query timed out for 1 of 3 clusters" }]);
            ("200 OK", "", json!({ "data": history(slo, asked, kept.bins), "errors": errors }))
        }
        _ => ("200 OK", "", json!({ "data": history(slo, asked, kept.bins), "errors": null })),
    }
}

/// The history of an SLO from one second to another.
fn history(slo: &Kept, asked: (i64, i64), bins: i64) -> Value {
    let kind = if ["monitor", "time_slice"].contains(&slo.kind.as_str()) { &slo.kind } else { "metric" };
    let threshold =
        json!({ "timeframe": "7d", "target": slo.target, "target_display": format!("{}.", slo.target) });
    let (series, overall) = if kind == "metric" { metric(slo, asked, bins) } else { uptime(slo, asked) };
    json!({
        "thresholds": { "7d": threshold },
        "from_ts": asked.0,
        "to_ts": asked.1,
        "type": kind,
        "type_id": match kind { "monitor" => 0, "metric" => 1, _ => 2 },
        "slo": { "id": slo.id, "name": slo.id, "tags": [], "monitor_tags": [], "thresholds": [threshold], "type": kind },
        "group_by": [],
        "series": series,
        "overall": overall,
    })
}

/// The seconds of outages between two instants.
fn overlap(slo: &Kept, from: i64, to: i64) -> i64 {
    let outages = slo.outages.iter().map(|(first, last)| (second(first), second(last)));
    outages.map(|(first, last)| (to.min(last) - from.max(first)).max(0)).sum()
}

/// The share of good ones in percent.
fn share(bad: i64, all: i64) -> Value {
    if all == 0 { Value::Null } else { json!(100.0 - 100.0 * number(bad) / number(all)) }
}

/// The bins of a metric and the figures of the whole.
fn metric(slo: &Kept, (from, to): (i64, i64), bins: i64) -> (Value, Value) {
    let events = if slo.kind == "silent" { 0 } else { EVENTS };
    let interval = INTERVALS.into_iter().find(|interval| (to - from) / interval <= bins).unwrap_or(86_400);
    // The first bin begins with what was asked for, the others at multiples of the interval.
    let rest = (from / interval + 1..).map(|index| index * interval).take_while(|start| *start < to);
    let starts: Vec<i64> = [from].into_iter().chain(rest).collect();
    let ends = starts.iter().skip(1).copied().chain([to]);
    let counted: Vec<(i64, i64)> = starts
        .iter()
        .zip(ends)
        .map(|(start, end)| (overlap(slo, *start, end) * events / 3_600 / 2, (end - start) * events / 3_600))
        .collect();
    let values = |query: &str, index: i64, values: Vec<i64>| {
        json!({
            "values": values.iter().map(|value| number(*value)).collect::<Vec<_>>(),
            "metadata": { "unit": null, "query_index": index, "aggr": "sum", "metric": query, "tag_set": [] },
            "sum": number(values.iter().sum()),
            "count": values.len(),
        })
    };
    let series = json!({
        "timing": "0.0214",
        "res_type": "time_series",
        "resp_version": 2,
        "query": "default_zero(sum:good{*}.as_count()), default_zero(sum:all{*}.as_count())",
        "from_date": from * 1_000,
        "to_date": to * 1_000,
        "message": "",
        "interval": interval,
        "times": starts.iter().map(|start| number(start * 1_000)).collect::<Vec<_>>(),
        "numerator": values("good", 0, counted.iter().map(|(bad, all)| all - bad).collect()),
        "denominator": values("all", 1, counted.iter().map(|(_, all)| *all).collect()),
    });
    let (bad, all) = counted.iter().fold((0, 0), |(bad, all), one| (bad + one.0, all + one.1));
    let nothing =
        json!({ "error_message": "The denominator is zero valued", "error_type": "ZERO_VALUED_DENOMINATOR" });
    let errors = if all == 0 { json!([nothing]) } else { json!([]) };
    (
        series,
        json!({ "errors": errors, "sli_value": share(bad, all), "span_precision": 2, "corrections": [] }),
    )
}

/// No series, and when the whole was up and down.
fn uptime(slo: &Kept, (from, to): (i64, i64)) -> (Value, Value) {
    let mut changes = vec![(from, i64::from(overlap(slo, from, from + 1) > 0))];
    for (first, last) in &slo.outages {
        let both = [(second(first), 1), (second(last), 0)];
        changes.extend(both.into_iter().filter(|(at, _)| *at > from && *at < to));
    }
    let sli = share(overlap(slo, from, to), to - from);
    let overall =
        json!({ "errors": null, "history": changes, "preview": false, "sli_value": sli, "uptime": sli });
    (Value::Null, overall)
}

/// A count as Datadog writes it: with a fraction.
fn number(count: i64) -> f64 {
    f64::from(u32::try_from(count / 1_000).expect("a small count")) * 1_000.0
        + f64::from(u32::try_from(count % 1_000).expect("a small count"))
}

/// The second of an instant.
fn second(text: &str) -> i64 {
    text.parse::<Timestamp>().expect("an instant").as_second()
}
