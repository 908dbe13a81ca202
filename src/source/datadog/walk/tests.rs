//! Walks against a Datadog that chooses the interval of its bins by the span.

use super::*;
use crate::source::datadog::bins::Bins;
use crate::source::datadog::uptime::{State, Uptime};

/// A day.
const DAY: i64 = 86_400;

/// Ten events in each minute, of which one is bad.
fn events(seconds: i64) -> Total {
    Total { bad: Decimal::from(seconds / 60), total: Decimal::from(seconds / 6) }
}

/// An answer in bins of an interval.
fn answer((from, to): Stretch, interval: i64) -> Answer {
    let starts: Vec<i64> = (from..to).step_by(usize::try_from(interval).expect("an interval")).collect();
    let bins = starts.iter().map(|start| Some(events(interval.min(to - start)))).collect();
    let counted = Counted::Events(Bins::new(interval, &starts, bins, to));
    Answer { counted, sli: Some(Decimal::from(90)), targets: BTreeMap::new() }
}

/// The range of so many days, in steps of so many seconds.
fn range(days: i64, step: i64) -> Range {
    Range { first: 100 * DAY + step, last: (100 + days) * DAY, step }
}

/// Walks, and the number of requests that it takes.
fn walk(range: Range, answer: impl Fn(Stretch) -> Result<Answer, Refused>) -> (Result<Series, Gap>, usize) {
    let mut walk = Walk::new("9236f988", range);
    let mut requests = 0;
    loop {
        let next = walk.next();
        if next.is_empty() {
            return (walk.series(range), requests);
        }
        for stretch in next {
            requests += 1;
            walk.take(stretch, answer(stretch));
        }
    }
}

/// The shortest of some intervals of which so many at most make the span.
fn ladder((from, to): Stretch, bins: i64) -> i64 {
    let intervals = [300, 600, 1_200, 3_600, 7_200, 14_400, DAY];
    intervals.into_iter().find(|interval| (to - from) / interval <= bins).unwrap_or(DAY)
}

#[test]
fn bins_of_a_step_or_less_take_one_request() {
    let (series, requests) = walk(range(84, 3_600), |stretch| Ok(answer(stretch, 300)));
    let series = series.expect("a series");
    assert_eq!((requests, series.points.len(), series.last()), (1, 84 * 24, 184 * DAY));
    assert!(series.points.iter().all(|point| *point == Some(events(3_600))));
}

#[test]
fn longer_bins_are_asked_for_in_shorter_stretches_and_never_spread() {
    let (series, requests) = walk(range(84, 3_600), |stretch| Ok(answer(stretch, ladder(stretch, 12))));
    let series = series.expect("a series");
    assert!((150..=250).contains(&requests), "{requests}");
    assert_eq!(series.points.len(), 84 * 24);
    assert!(series.points.iter().all(|point| *point == Some(events(3_600))));
}

#[test]
fn a_step_that_is_not_to_be_had_is_a_gap_that_says_which_would() {
    let (series, requests) = walk(range(84, 300), |stretch| Ok(answer(stretch, ladder(stretch, 12))));
    let gap = series.expect_err("a gap");
    assert_eq!(gap.kind(), "coarse");
    assert!(gap.to_string().ends_with("and the step is 5m: `step: 1h` would do"), "{gap}");
    assert!(requests < 10, "{requests}");
    // What the gap promises is true.
    assert!(walk(range(84, 3_600), |stretch| Ok(answer(stretch, ladder(stretch, 12)))).0.is_ok());
    // Weeks would be no step at all.
    let weeks = walk(range(84, 3_600), |stretch| Ok(answer(stretch, 7 * DAY))).0.expect_err("a gap");
    assert!(weeks.to_string().ends_with("no step would do"), "{weeks}");
}

#[test]
fn an_older_stretch_may_need_shorter_pieces_than_the_newest() {
    let old = 110 * DAY;
    let finer = |stretch: Stretch| {
        let bins = if stretch.0 < old { 4 } else { 50 };
        Ok(answer(stretch, ladder(stretch, bins)))
    };
    let (series, requests) = walk(range(84, 3_600), finer);
    assert!(requests <= 300, "{requests}");
    assert!(series.expect("a series").points.iter().all(|point| *point == Some(events(3_600))));
}

#[test]
fn no_history_takes_more_requests_than_are_affordable() {
    for bins in 1..=20 {
        let stubborn = |stretch: Stretch| {
            let old = stretch.0 < 150 * DAY;
            Ok(answer(stretch, ladder(stretch, if old { 1 } else { bins })))
        };
        let (series, requests) = walk(range(84, 3_600), stubborn);
        assert!(requests <= 300, "{bins}: {requests}");
        assert!(series.is_ok() || series.is_err_and(|gap| gap.kind() == "coarse"), "{bins}");
    }
}

#[test]
fn what_is_too_much_at_once_is_asked_in_parts_and_a_refusal_ends_the_way() {
    let refusal = |is_too_much| Refused { gap: Gap::Unreachable { detail: "no".to_owned() }, is_too_much };
    let most_of_a_week = |stretch: Stretch| {
        if stretch.1 - stretch.0 > 7 * DAY { Err(refusal(true)) } else { Ok(answer(stretch, 300)) }
    };
    let (series, requests) = walk(range(84, 3_600), most_of_a_week);
    assert_eq!((series.map(|series| series.points.len()), requests), (Ok(84 * 24), 4 + 16));
    let (series, requests) = walk(range(84, 3_600), |_| Err(refusal(false)));
    assert_eq!((series.map_err(|gap| gap.kind()), requests), (Err("unreachable"), 1));
    let (series, requests) = walk(range(84, 3_600), |_| Err(refusal(true)));
    assert!(series.is_err() && requests <= 12, "{requests}");
}

#[test]
fn a_figure_that_its_own_series_contradict_is_a_gap() {
    let bad_and_good_changed_places =
        |stretch: Stretch| Ok(Answer { sli: Some(Decimal::from(10)), ..answer(stretch, 300) });
    let gap = walk(range(7, 3_600), bad_and_good_changed_places).0.expect_err("a gap");
    assert_eq!(gap.kind(), "inconsistent");
    assert!(
        gap.to_string().contains("Datadog gives 10 %") && gap.to_string().contains("makes 90 %"),
        "{gap}"
    );
    let rounded = |stretch: Stretch| Ok(Answer { sli: Some(Decimal::new(90_01, 2)), ..answer(stretch, 300) });
    assert!(walk(range(7, 3_600), rounded).0.is_ok());
    let without = |stretch: Stretch| Ok(Answer { sli: None, ..answer(stretch, 300) });
    let gap = walk(range(7, 3_600), without).0.expect_err("a gap");
    assert_eq!(gap.kind(), "inconsistent");
    assert!(gap.to_string().contains("Datadog gives no share of good events"), "{gap}");
}

#[test]
fn nothing_counted_is_no_data_and_time_keeps_its_zeros() {
    let silent = |stretch: Stretch| {
        let mut answer = answer(stretch, 300);
        if let Counted::Events(bins) = &mut answer.counted {
            for bin in &mut bins.bins {
                bin.events = Some(Total::default());
            }
        }
        Ok(Answer { sli: None, ..answer })
    };
    assert_eq!(walk(range(7, 3_600), silent).0.map_err(|gap| gap.kind()), Err("no_data"));
    let up = |stretch: Stretch| {
        let counted = Counted::Time(Uptime::new(vec![(stretch.0, State::Up)], stretch));
        Ok(Answer { counted, sli: Some(Decimal::ONE_HUNDRED), targets: BTreeMap::new() })
    };
    let series = walk(range(7, 3_600), up).0.expect("a series");
    assert!(series.points.iter().all(|point| point.is_some_and(|events| events.bad.is_zero())));
}
