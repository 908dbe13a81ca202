//! The slices of time that the budget of a history counts.

use rust_decimal::Decimal;

use super::{Reader, scalar};
use crate::catalog::{Method, Missing};
use crate::document::Part;
use crate::policy::length;
use crate::policy::trial::notation;

impl Reader<'_> {
    /// How the budget of a history counts on a grid of so many seconds, and what a slice without events counts as. What
    /// cannot be counted is told.
    pub(super) fn slices(&mut self, history: Part<'_>, step: i64) -> (Method, Missing) {
        let Some(part) = history.get("slices") else { return (Method::Occurrences, Missing::default()) };
        let missing = match part.get("missing").and_then(Part::text) {
            Some("good") => Missing::Good,
            Some("bad") => Missing::Bad,
            Some(_) | None => Missing::Excluded,
        };
        let window = part.get("length").and_then(Part::text).and_then(length::length).unwrap_or(step);
        if window % step != 0 {
            let at = part.get("length").unwrap_or(part);
            let message = "a slice is no whole number of steps".to_owned();
            self.wrong(at, message, "write a longer slice, or a `step` that divides it");
        }
        let place = part.key_place();
        let Some(written) = part.get("target") else {
            return (Method::RatioTimeslices { window, place }, missing);
        };
        let is_share = |target: &Decimal| *target > Decimal::ZERO && *target <= Decimal::ONE;
        let target = notation::share(scalar(written)).filter(is_share);
        if target.is_none() {
            let message = format!("`{}` makes no slice a good one", scalar(written));
            self.wrong(written, message, "a target is above 0 % and at most 100 %, such as `95 %`");
        }
        let target = target.unwrap_or(Decimal::ONE);
        (Method::Timeslices { target, window, place }, missing)
    }
}
