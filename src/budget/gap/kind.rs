//! What each kind of gap means, for whoever asks without having one: a specimen of each, without the numbers of any.

use rust_decimal::Decimal;

use super::Gap;

/// A gap of each kind, with nothing to say of itself but what its kind says.
#[must_use]
pub fn specimens() -> Vec<Gap> {
    let detail = String::new;
    vec![
        Gap::NoData { detail: detail() },
        Gap::Stale { age: 0 },
        Gap::Short { have: 0, need: 0 },
        Gap::Coverage { share: Decimal::ZERO, minimum: Decimal::ZERO },
        Gap::Excluded { share: Decimal::ZERO, most: Decimal::ZERO },
        Gap::TooFew { events: Decimal::ZERO },
        Gap::Ambiguous { detail: detail() },
        Gap::Unreachable { detail: detail() },
        Gap::Coarse { detail: detail() },
        Gap::NotFinite { detail: detail() },
        Gap::Inconsistent { detail: detail() },
        Gap::Untrusted { detail: detail() },
        Gap::Unsupported { detail: detail() },
    ]
}

/// The specimen of a kind; none where there is no kind of that name.
#[must_use]
pub fn specimen(kind: &str) -> Option<Gap> {
    specimens().into_iter().find(|gap| gap.kind() == kind)
}

impl Gap {
    /// Its words for a table with its kind, by which `slogate explain` knows it: `no answer (unreachable)`.
    #[must_use]
    pub fn called(&self) -> String {
        let (brief, kind) = (self.brief(), self.kind());
        if brief.replace(' ', "_") == kind { brief.to_owned() } else { format!("{brief} ({kind})") }
    }

    /// What its kind means, in sentences.
    #[must_use]
    pub const fn means(&self) -> &'static str {
        match self {
            Self::NoData { .. } => {
                "The monitoring system answered, and the series is not there. Absent is not zero: a misspelt selector \
                 looks the same as a service without failures."
            }
            Self::Stale { .. } | Self::Outdated { .. } => {
                "The newest data is older than three steps of the grid, or than the SLO's own limit for it; or an \
                 observer's document is older than three steps. What happened since then is not known."
            }
            Self::Short { .. } => {
                "The history begins after the period does, or after the quarter does where a policy asks for one. What \
                 failed before that would be missing from the budget."
            }
            Self::Coverage { .. } => {
                "Too many points of the period are missing: nine tenths of them must be there, unless the SLO says \
                 otherwise."
            }
            Self::Excluded { .. } => {
                "Exclusions take more of the period than may be excluded: a quarter of it, unless the organisation says \
                 otherwise. What is left is too little to judge by."
            }
            Self::TooFew { .. } => {
                "The period has fewer events than the SLO asks for before its budget says anything."
            }
            Self::Ambiguous { .. } => {
                "The query gave several series where one was meant, and which of them counts is nobody's guess."
            }
            Self::Unreachable { .. } => {
                "The source did not answer in time, refused, or sent what is no answer, such as a page of HTML."
            }
            Self::Coarse { .. } => {
                "The source counts over longer times than a step of the grid. Nobody knows when in such a time \
                 something failed."
            }
            Self::NotFinite { .. } => {
                "A number that is none, such as NaN or infinity, stands where events were counted."
            }
            Self::Inconsistent { .. } => {
                "The numbers contradict each other: more good events than there were events, or a count over the whole \
                 period that differs from the sum over the grid."
            }
            Self::Untrusted { .. } => {
                "Somebody else brought the numbers, and they are not proven to be what was asked for: not signed, \
                 changed, signed by a key that is not listed, made for another repository, or counted by another \
                 definition."
            }
            Self::Unsupported { .. } => "The SLO says something that is valid and that is not reckoned yet.",
            Self::Part { gap, .. } | Self::Said { gap } | Self::Hinted { gap, .. } => gap.means(),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_kind_has_one_specimen_and_words_of_its_own() {
        let gaps = specimens();
        let distinct = |of: fn(&Gap) -> &'static str| gaps.iter().map(of).collect::<BTreeSet<_>>().len();
        assert_eq!(distinct(Gap::kind), gaps.len());
        assert_eq!(distinct(Gap::means), gaps.len());
        assert!(gaps.iter().all(|gap| specimen(gap.kind()).as_ref() == Some(gap)));
        assert_eq!(specimen("zero"), None);
    }
}
