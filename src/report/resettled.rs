//! A setting that a change revises, in words that every rendering shares. Each hands in how it escapes what authors wrote.

use crate::settings::revision::{NONE, Resettled, Subject};

/// It as a sentence without its period.
pub fn sentence(resettled: &Resettled, safe: impl Fn(&str) -> String) -> String {
    let Resettled { subject, key, from, to } = resettled;
    let effect = key.zip(from.as_deref()).and_then(|(key, from)| effect(key, from, to.as_deref()));
    let effect = effect.map_or_else(String::new, |effect| format!("; {effect}"));
    let (from, to) = (from.as_deref().map(&safe), to.as_deref().map(&safe));
    let title = title(subject, &safe);
    let turn = |from: &str, to: &str| format!("{from} -> {to}");
    match (key, from, to) {
        (_, None, None) => title,
        (Some(key), Some(from), Some(to)) if resettled.redirects() => {
            let slos = if let Subject::Environment(name) = subject {
                format!("every SLO in {}", safe(name))
            } else {
                format!("every SLO of {title}")
            };
            format!("{slos} counts something else now: the {key} {}", turn(&from, &to))
        }
        (Some(key), Some(from), Some(to)) => {
            let colon = if title.is_empty() { ":" } else { "" };
            said(&title, &format!("{}{colon} {}{effect}", word(key), turn(&from, &to)))
        }
        (Some(key), None, Some(to)) => said(&title, &format!("{} is {to} now", word(key))),
        (Some(key), Some(from), None) => {
            said(&title, &format!("{} is no longer said; it was {from}{effect}", word(key)))
        }
        (None, from, Some(to)) if matches!(subject, Subject::Exclusion(_)) => {
            let what = from.map_or_else(|| format!("is new: {to}"), |from| turn(&from, &to));
            format!("{title} {what}; what happens in it counts no more once this is merged")
        }
        (None, None, Some(to)) if matches!(subject, Subject::TopUp(_)) => {
            format!("{title} is more: {to}; it counts once this is merged")
        }
        (None, Some(from), None) if matches!(subject, Subject::TopUp(_)) => {
            format!("{title} is less: no longer {from}")
        }
        (None, Some(from), Some(to)) => format!("{title} {}", turn(&from, &to)),
        (None, None, Some(to)) if matches!(subject, Subject::Lint(_)) => {
            format!("{title} is at the level {to} now")
        }
        (None, Some(from), None) if matches!(subject, Subject::Lint(_)) => {
            format!("{title} is at its usual level now; it was {from}")
        }
        (None, None, Some(to)) => format!("{title} is new: {to}"),
        (None, Some(from), None) => format!("{title} is removed; it was {from}"),
    }
}

/// What is said of a subject; of the repository it needs no name.
fn said(title: &str, what: &str) -> String {
    if title.is_empty() { what.to_owned() } else { format!("{title}: {what}") }
}

/// A subject as people call it; empty for the whole repository.
fn title(subject: &Subject, safe: impl Fn(&str) -> String) -> String {
    match subject {
        Subject::Environment(name) => format!("the environment {}", safe(name)),
        Subject::Endpoint { service, name } => format!("the endpoint {} of {}", safe(name), safe(service)),
        Subject::Repository => String::new(),
        Subject::Class(name) => format!("the class of change {}", safe(name)),
        Subject::Lint(name) => format!("the lint {}", safe(name)),
        Subject::Signal(name) => format!("the signal {}", safe(name)),
        Subject::ThirdParty(name) => format!("the third party {}", safe(name)),
        Subject::Service(name) => format!("the service {}", safe(name)),
        Subject::Exclusion(name) => format!("the exclusion {}", safe(name)),
        Subject::TopUp(slo) => format!("what is given back of {}", safe(slo)),
    }
}

/// A key as people say it.
fn word(key: &str) -> &str {
    match key {
        "adjustments" => "where adjustments are",
        "comment" => "when a comment is written",
        "granted_by" => "the least role of who grants it",
        "ignore" => "the paths that are ignored",
        "label" => "its label",
        "level" => "its level",
        "mode" => "the mode",
        "on_unknown" => "what an unknown budget does",
        "paths" => "its paths",
        "policies" => "where policies are",
        "query" => "its query",
        "sla" => "its SLA",
        "slo_rules" => "the rules for SLOs",
        "slos" => "where SLOs are",
        "source.observations.branch" => "the branch of the observations",
        "source.observations.for" => "for whom observations are made",
        "source.observations.keys" => "the keys whose observations are believed",
        "source.snapshot" => "the recorded history",
        "step" => "the step",
        "unmapped" => "what a path of no service does",
        other => other,
    }
}

/// What follows from a setting that is no longer as strict as it could be, or that reckons in another way.
fn effect(key: &str, from: &str, to: Option<&str>) -> Option<&'static str> {
    match (key, from, to) {
        ("mode", "enforce", _) => Some("nothing withholds a change there any more"),
        ("on_unknown", "block", _) => Some("not knowing no longer withholds a change"),
        ("unmapped", "all", _) => Some("such a path no longer concerns every service"),
        ("source.observations.keys", NONE, _) => Some("what none of them signed is not believed any more"),
        ("source.observations.keys", _, Some(NONE)) => {
            Some("nothing need be signed any more: whoever answers at the address is believed")
        }
        ("source.observations.keys", _, Some(_)) => Some("others sign what budgets are judged by"),
        ("source.observations.keys", _, None) => {
            Some("nothing need be signed any more, and budgets are read from elsewhere")
        }
        ("source.observations.for", _, None) => Some("observations are believed whoever they were made for"),
        ("source.observations.branch" | "source.snapshot", _, _) => Some("budgets are read from elsewhere"),
        ("step", _, _) => Some("budgets are reckoned on another grid"),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The sentence of a setting that is revised.
    fn told(subject: Subject, key: Option<&'static str>, from: Option<&str>, to: Option<&str>) -> String {
        let own = |text: Option<&str>| text.map(str::to_owned);
        sentence(&Resettled { subject, key, from: own(from), to: own(to) }, |text| format!("<{text}>"))
    }

    #[test]
    fn an_adjustment_is_told_by_what_it_does() {
        let night = || Subject::Exclusion("night".to_owned());
        assert_eq!(
            told(night(), None, None, Some("1h")),
            "the exclusion <night> is new: <1h>; what happens in it counts no more once this is merged"
        );
        assert_eq!(
            told(night(), None, Some("1h"), Some("2h")),
            "the exclusion <night> <1h> -> <2h>; what happens in it counts no more once this is merged"
        );
        assert_eq!(told(night(), None, Some("1h"), None), "the exclusion <night> is removed; it was <1h>");
        let given = || Subject::TopUp("shop".to_owned());
        assert_eq!(
            told(given(), None, None, Some("5 %")),
            "what is given back of <shop> is more: <5 %>; it counts once this is merged"
        );
        assert_eq!(
            told(given(), None, Some("5 %"), None),
            "what is given back of <shop> is less: no longer <5 %>"
        );
    }

    #[test]
    fn a_setting_is_told_by_what_it_does() {
        let production = || Subject::Environment("production".to_owned());
        assert_eq!(
            told(production(), Some("match"), Some("env=\"eu\""), Some("env=\"us\"")),
            "every SLO in <production> counts something else now: the match <env=\"eu\"> -> <env=\"us\">"
        );
        assert_eq!(
            told(production(), Some("mode"), Some("warn"), Some("inform")),
            "the environment <production>: the mode <warn> -> <inform>"
        );
        assert_eq!(
            told(production(), None, Some("mode warn"), None),
            "the environment <production> is removed; it was <mode warn>"
        );
        assert_eq!(
            told(Subject::Repository, Some("source.snapshot"), Some("a.om"), None),
            "the recorded history is no longer said; it was <a.om>; budgets are read from elsewhere"
        );
        let keys = |from, to| told(Subject::Repository, Some("source.observations.keys"), Some(from), to);
        assert_eq!(
            keys("a", Some("b")),
            "the keys whose observations are believed: <a> -> <b>; others sign what budgets are judged by"
        );
        assert_eq!(
            keys("a", Some("none")),
            "the keys whose observations are believed: <a> -> <none>; nothing need be signed any more: whoever answers \
             at the address is believed"
        );
        assert_eq!(
            keys("none", Some("a")),
            "the keys whose observations are believed: <none> -> <a>; what none of them signed is not believed any more"
        );
        assert_eq!(
            keys("a", None),
            "the keys whose observations are believed is no longer said; it was <a>; nothing need be signed any more, \
             and budgets are read from elsewhere"
        );
        assert_eq!(
            told(Subject::Lint("unsaid".to_owned()), None, None, Some("off")),
            "the lint <unsaid> is at the level <off> now"
        );
        let endpoint = Subject::Endpoint { service: "search".to_owned(), name: "GET /s".to_owned() };
        assert_eq!(
            told(endpoint, Some("match"), Some("h=\"s\""), Some("h=\"t\"")),
            "every SLO of the endpoint <GET /s> of <search> counts something else now: the match <h=\"s\"> -> <h=\"t\">"
        );
    }
}
