//! What is proven of two queries, by examples.

use super::super::parse;
use super::*;
use crate::catalog::Query;
use crate::diagnostic::{Place, SourceText};

/// What a query counts.
fn counted(text: &str) -> Counted {
    let source = SourceText::new("a.yaml", text);
    let place = Place::new(&source, 0..text.len());
    parse(&Query { text: text.to_owned(), place }).expect("a query that can be counted")
}

/// Why a part is none.
fn stray(part: &str, total: &str) -> Option<Stray> {
    counted(part).stray(&counted(total))
}

#[test]
fn a_part_of_the_total_is_one() {
    for (part, total) in [
        ("x_total{code=~\"5..\"}", "x_total"),
        ("x_total{job=\"a\",code=~\"5..\"}", "x_total{job=\"a\"}"),
        ("x_total{code=\"503\"}", "x_total{code=~\"5..|200\"}"),
        ("x_total{method=~\"GET|HEAD\"}", "x_total{method!=\"POST\"}"),
        ("x_bucket{le=\"0.3\",job=\"a\"}", "x_count{job=\"a\"}"),
        ("x_bucket{le=\"0.3\"}", "x_bucket{le=\"+Inf\"}"),
        ("x_count - x_bucket{le=\"0.3\"}", "x_count"),
        ("x_total{code=\"500\"} + x_total{code=\"503\"}", "x_total"),
        ("x_total{code=~\"5..\"}", "x_total{code!~\"4..\"}"),
        ("x_total{code=~\"5..\"}", "x_total{code=~\"2..|5..\"}"),
        ("x_total{job=\"a\"}", "x_total{code!=\"\",job=~\".+\"}"),
        ("errors_total", "requests_total{job=\"a\"}"),
        ("http_errors_total", "http_requests_total{method=\"GET\"}"),
        ("db_errors_total{job=\"a\"}", "http_requests_total{job=\"a\"}"),
        ("errors_total", "ok_total + errors_total"),
        ("errors_total", "requests_total - probes_total"),
        ("x_total{m=~\"GET|POST\"}", "x_total{m=\"GET\"} + x_total{m=\"POST\"}"),
        ("x_total - x_total{code=~\"4..\"}", "x_total{code!~\"4..\"}"),
        ("x_total{code!~\"4..|5..\"}", "x_total{code!~\"4..\"}"),
        ("x_total{status!=\"failed\"}", "x_total{status=~\"ok|failed\"}"),
        ("x_total{grpc_code!=\"OK\"}", "x_total{grpc_code!=\"\"}"),
        ("x_total{m!~\"GET|POST\"}", "x_total{m!=\"POST\"}"),
        ("x_bucket{le=\"0.1\"}", "x_bucket{le=\"5\"}"),
        ("x_bucket{le=\"1\"}", "x_bucket{le=\"1.0\"}"),
        ("errors_total{type=\"timeout\"}", "requests_total{type=\"http\"}"),
        ("errors_total{job=\"a\"}", "requests_total{job=\"b\"} + requests_total{job=\"a\"}"),
    ] {
        assert_eq!(stray(part, total), None, "{part} of {total}");
    }
}

#[test]
fn what_counts_beyond_its_total_is_none() {
    let narrower = |matcher: &str| Some(Stray::Narrower(matcher.to_owned()));
    let apart = |part: &str, total: &str| Some(Stray::Apart(part.to_owned(), total.to_owned()));
    let higher = |part: &str, total: &str| Some(Stray::Higher(part.to_owned(), total.to_owned()));
    let buckets = |in_total| Some(Stray::EveryBucket { metric: "x_bucket".to_owned(), in_total });
    for (part, total, why) in [
        ("x_total", "sum(rate(x_total[5m]))", Some(Stray::Same)),
        ("sum(x_total) or vector(0)", "x_total", Some(Stray::Same)),
        ("x_total{code=~\"5..\"}", "x_total{method=\"GET\"}", narrower("method=\"GET\"")),
        ("x_total{code=~\"5..\"}", "x_total{path!=\"/health\"}", narrower("path!=\"/health\"")),
        ("x_total{m=~\"GET|POST\"}", "x_total{m=\"GET\"}", narrower("m=\"GET\"")),
        ("x_total{job=\"a\"}", "x_total{job=\"b\"}", apart("job=\"a\"", "job=\"b\"")),
        ("x_total{code=~\"5..\"}", "x_total{code=\"200\"}", apart("code=~\"5..\"", "code=\"200\"")),
        ("x{code!~\"5..\"}", "x{code!~\"4..\"}", narrower("code!~\"4..\"")),
        ("x{code=~\"4..|5..\"}", "x{code=~\"2..|3..|5..\"}", narrower("code=~\"2..|3..|5..\"")),
        ("x{code!=\"500\"}", "x{code!=\"404\"}", narrower("code!=\"404\"")),
        ("x{grpc_code!=\"OK\"}", "x{grpc_code!=\"Canceled\"}", narrower("grpc_code!=\"Canceled\"")),
        ("x{code=~\"2..\"}", "x{code=~\"3..\"}", apart("code=~\"2..\"", "code=~\"3..\"")),
        ("x_bucket{le=\"5\"}", "x_bucket{le=\"0.1\"}", higher("le=\"5\"", "le=\"0.1\"")),
        ("x_bucket{le=\"+Inf\"}", "x_bucket{le=\"10\"}", higher("le=\"+Inf\"", "le=\"10\"")),
        ("x_count", "x_bucket{le=\"10\"}", higher("x_count", "le=\"10\"")),
        ("errors_total{job=\"a\"}", "requests_total{job=\"b\"}", apart("job=\"a\"", "job=\"b\"")),
        ("x_bucket{le=\"1\"}", "x_bucket", buckets(true)),
        ("x_bucket", "x_count", buckets(false)),
        (
            "db_errors_total",
            "http_requests_total",
            Some(Stray::Unrelated("db_errors_total".to_owned(), "http_requests_total".to_owned())),
        ),
    ] {
        assert_eq!(stray(part, total), why, "{part} of {total}");
    }
}

#[test]
fn codes_stand_on_one_side_or_on_none() {
    let side_of = |text: &str| counted(text).side_of(&counted("x")).map(|(side, _)| side);
    for (text, side) in [
        ("x{code=~\"5..\"}", Some(Side::Failures)),
        ("x{status=\"500\"}", Some(Side::Failures)),
        ("x{code!~\"2..|3..|4..|OK\"}", Some(Side::Failures)),
        ("x{code!~\"5..\"}", Some(Side::Successes)),
        ("x{code=~\"2..\"}", Some(Side::Successes)),
        ("x{code=\"404\"}", None),
        ("x{grpc_code!=\"OK\"}", Some(Side::Failures)),
        ("x{code=~\"OK|500\"}", None),
        ("x{grpc_code=~\"Internal|Unavailable\"}", Some(Side::Failures)),
        ("x{method=\"500\"}", None),
        ("x - x{code=~\"5..\"}", None),
        ("x_bucket{code=\"200\",le=\"0.3\"}", Some(Side::Successes)),
        ("x{code=\"200\"} + x{status=\"200\"}", Some(Side::Successes)),
        ("x{code=~\"5..\"} + x{code=\"200\",slow=\"yes\"}", None),
        ("x{code=\"200\",slow=\"yes\"}", None),
        ("x_slow{code=\"200\"}", None),
    ] {
        assert_eq!(side_of(text), side, "{text}");
    }
}

#[test]
fn what_else_tells_events_apart_stands_on_no_side() {
    for (part, total) in [
        ("d_count{code=~\"2..\"} - d_bucket{code=~\"2..\",le=\"0.4\"}", "d_count{code=~\"2..\"}"),
        ("d_count{code=~\"2..\"} - d_bucket{code=~\"2..\",le=\"0.4\"}", "d_count"),
        ("d_bucket{code=~\"2..\",le=\"0.4\"}", "d_count{code=~\"2..\"}"),
    ] {
        let (part, total) = (counted(part), counted(total));
        assert_eq!((part.side_of(&total), part.told_by_codes(&total)), (None, false), "{part:?}");
    }
    for (part, total) in [
        ("x{code=~\"5..\"} + x{code=\"429\"}", "x"),
        ("x{code=~\"5..\"} - x{code=~\"5..\",path=\"/health\"}", "x"),
        ("x{code!~\"5..\"}", "x{code!~\"4..\"}"),
    ] {
        assert!(counted(part).told_by_codes(&counted(total)), "{part}");
    }
}
