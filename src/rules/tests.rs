//! Rules as they are derived and written, without a Prometheus; `tests/peers/rules.rs` has it judge them.

use std::str::FromStr as _;

use super::convention::{PACES, WINDOWS, length};
use super::text::{Form, MARK, file};
use super::*;
use crate::catalog;
use crate::diagnostic::SourceText;
use crate::document;
use crate::settings;

/// Settings with two services and two environments, of which one is told by a label.
const SETTINGS: &str = "version: 1\nservices: {shop: {team: payments, paths: [a]}, mail_x: {paths: [b]}}\n\
                        environments: {production: {match: {env: prod}}, staging: {}}\n";

/// The rules of one SLO of a service as Sloth writes it, with a period; and what is told.
fn derived(objective: &str, error: &str, total: &str, period: &str) -> (Vec<ServiceRules>, Vec<Diagnostic>) {
    let settings = SourceText::new("slogate.yaml", format!("{SETTINGS}sloth_period: {period}\n"));
    let (settings, problems) = settings::load(&settings);
    let settings = settings.unwrap_or_else(|| panic!("{problems:?}"));
    let text = format!(
        "version: prometheus/v1\nservice: shop\nslos:\n  - name: answers\n    objective: {objective}\n    \
         sli: {{ events: {{ error_query: '{error}', total_query: '{total}' }} }}\n    alerting: {{ name: A }}\n"
    );
    let (catalog, problems) = catalog::load(&[SourceText::new("slos/a.yaml", text)], &settings);
    assert!(problems.iter().all(|problem| !problem.is_error()), "{problems:?}");
    derive(&catalog, &settings, &["shop"], &["production", "staging"])
}

/// The expression of a recorded series in an environment.
fn recorded(rules: &[ServiceRules], environment: &str, name: &str) -> String {
    let rules = rules.iter().flat_map(|service| &service.groups).flat_map(|group| &group.rules);
    let mut of = rules.filter(|rule| {
        rule.made == Made::Record(name.to_owned())
            && rule.labels.get("environment").is_some_and(|one| one == environment)
    });
    let rule = of.next().unwrap_or_else(|| panic!("no rule records {name}"));
    assert_eq!(of.next(), None, "{name} is recorded twice");
    rule.expression.replace('\n', " ")
}

/// The alerts of an environment, by severity.
fn alerts(rules: &[ServiceRules], environment: &str) -> BTreeMap<String, Rule> {
    let rules = rules.iter().flat_map(|service| &service.groups).flat_map(|group| &group.rules);
    let alerts = rules
        .filter(|rule| matches!(rule.made, Made::Alert { .. }) && rule.labels["environment"] == environment);
    alerts.map(|rule| (rule.labels["severity"].clone(), rule.clone())).collect()
}

#[test]
fn the_paces_follow_the_period_and_never_fall_below_an_even_burn() {
    let of = |days: i64| PACES.map(|pace| pace.burn_rate(days * 86_400).to_string());
    assert_eq!(of(30), ["14.4", "6", "3", "1"]);
    assert_eq!(of(28), ["13.44", "5.6", "2.8", "1"]);
    assert_eq!(of(7), ["3.36", "1.4", "1", "1"]);
    assert_eq!(of(90), ["43.2", "18", "9", "3"]);
    for window in WINDOWS {
        assert_eq!(length(window.seconds), window.name);
    }
    assert_eq!([90, 129_600, 60, 30 * 86_400].map(length), ["90s", "36h", "1m", "30d"]);
}

#[test]
fn a_share_is_of_sums_of_rates_and_absent_without_events() {
    let (rules, problems) = derived("99.9", r#"b{code="5"}"#, "t", "30d");
    assert_eq!(problems, []);
    let of = |environment, name| recorded(&rules, environment, name);
    assert_eq!(
        of("production", "slogate:slo_errors:ratio_rate1h"),
        r#"sum(rate(b{code="5",env="prod"}[1h])) / (sum(rate(t{env="prod"}[1h])) > 0)"#
    );
    assert_eq!(
        of("staging", "slogate:slo_errors:ratio_rate3d"),
        r#"sum(rate(b{code="5"}[3d])) / (sum(rate(t[3d])) > 0)"#
    );
    assert_eq!(
        of("staging", "slogate:slo_events:rate5m"),
        r#"sum(rate(t[5m])) and sum(rate(b{code="5"}[5m]))"#
    );
    assert_eq!(
        of("staging", "slogate:slo_events:increase5m"),
        r#"sum(increase(t[300s])) and sum(increase(b{code="5"}[300s]))"#
    );
    assert_eq!(
        of("staging", "slogate:slo_errors:increase5m"),
        r#"sum(increase(b{code="5"}[300s])) and sum(increase(t[300s]))"#
    );
    assert_eq!(of("staging", "slogate:slo_objective:ratio"), "vector(0.999)");
    assert_eq!(of("staging", "slogate:slo_period:seconds"), "vector(2592000)");
    assert!(of("staging", "slogate:slo_budget_remaining:ratio").contains("/ 0.001 and count_over_time("));
    assert!(of("staging", "slogate:slo_budget_remaining:ratio").contains("[30d]) >= 38880 and"));
}

#[test]
fn what_is_zero_when_absent_is_said_by_the_author_and_never_of_all_events() {
    let (rules, _) = derived("99.9", "sum(b) or vector(0)", "sum(t) or vector(0)", "30d");
    let of = |name| recorded(&rules, "staging", name);
    assert_eq!(of("slogate:slo_events:rate5m"), "(sum(rate(t[5m])) or vector(0)) and (sum(rate(t[5m])))");
    assert_eq!(of("slogate:slo_errors:rate5m"), "(sum(rate(b[5m])) or vector(0)) and (sum(rate(t[5m])))");
    let (rules, _) = derived("99.9", "t - g", "t + u", "30d");
    assert_eq!(
        recorded(&rules, "staging", "slogate:slo_errors:ratio_rate5m"),
        "(sum(rate(t[5m])) - sum(rate(g[5m]))) / ((sum(rate(t[5m])) + sum(rate(u[5m]))) > 0)"
    );
}

#[test]
fn a_burn_rate_that_no_failure_reaches_is_left_out_and_told_once() {
    let (rules, problems) = derived("90", "b", "t", "30d");
    let told: Vec<&str> = problems.iter().map(|problem| problem.message.as_str()).collect();
    assert_eq!(
        told,
        [
            "the page of `shop-answers` is written without a burn rate of 14.4 over `1h`: at 90 % nothing burns faster than 10"
        ]
    );
    assert_eq!(problems[0].code, Code::UnreachableAlert);
    let page = &alerts(&rules, "production")["page"].expression;
    assert!(!page.contains("ratio_rate1h") && page.contains("> 0.6\n"), "{page}");
    // At 2 x the allowance everything must fail: only the slowest pace is left.
    let (rules, problems) = derived("50", "b", "t", "30d");
    assert_eq!(problems.len(), 3);
    let alerts = alerts(&rules, "staging");
    assert_eq!(alerts.keys().map(String::as_str).collect::<Vec<_>>(), ["ticket"]);
    assert!(!alerts["ticket"].expression.contains("ratio_rate1d"));
}

#[test]
fn a_window_that_outlasts_the_period_is_left_out_and_told() {
    let (rules, problems) = derived("99", "b", "t", "1d");
    let told: Vec<&str> = problems.iter().map(|problem| problem.message.as_str()).collect();
    assert_eq!(
        told,
        [
            "the ticket of `shop-answers` is written without a burn rate of 1 over `3d`: `3d` is longer than the period of 1d"
        ]
    );
    assert!(!alerts(&rules, "staging")["ticket"].expression.contains("ratio_rate3d"));
}

#[test]
fn a_threshold_is_the_exact_product_of_burn_rate_and_allowance() {
    for (objective, page) in [("99.9", "> 0.0144\n"), ("99.95", "> 0.0072\n"), ("99.999", "> 0.000144\n")] {
        let (rules, _) = derived(objective, "b", "t", "30d");
        let expression = &alerts(&rules, "staging")["page"].expression;
        assert_eq!(expression.matches(page).count(), 2, "{expression}");
    }
    assert!(
        Decimal::from_str("0.0144")
            .is_ok_and(|one| one == PACES[0].burn_rate(2_592_000) * Decimal::new(1, 3))
    );
}

#[test]
fn a_file_reads_back_and_says_where_it_came_from() {
    let (rules, _) = derived("99.9", "b", "t", "30d");
    let services: Vec<&ServiceRules> = rules.iter().collect();
    for form in [Form::Prometheus, Form::Operator] {
        let text = file(&services, &["production", "staging"], form).expect("it is written");
        assert!(text.starts_with(MARK), "{text}");
        assert!(text.contains(" from slogate.yaml, slos/a.yaml, for production, staging.\n"), "{text}");
        assert_eq!(text, file(&services, &["production", "staging"], form).expect("it is written"));
        let read = document::parse(&SourceText::new("rules.yaml", text)).expect("it is YAML");
        assert_eq!(read.len(), 1);
    }
    let nothing = file(&[], &["production"], Form::Prometheus).expect("it is written");
    assert!(nothing.ends_with("for production.\ngroups: []\n"), "{nothing}");
}

#[test]
fn no_file_name_ends_the_comment_that_names_it() {
    let (mut rules, _) = derived("99.9", "b", "t", "30d");
    rules[0].files = vec!["slos/a\ngroups: stolen\n.yaml".to_owned()];
    let text = file(&rules.iter().collect::<Vec<_>>(), &["p"], Form::Prometheus).expect("it is written");
    assert!(text.lines().all(|line| !line.starts_with("groups: stolen")), "{text}");
}

#[test]
fn every_resource_has_a_name_of_its_own_that_kubernetes_takes() {
    let (mut rules, _) = derived("99.9", "b", "t", "30d");
    let mut names = BTreeSet::new();
    let services = ["shop", "Shop", "mail_x", "mail-x5f-x", "mail.x", "mail-x", "a-x5f-b", "a_b", "SHOP"];
    for service in services {
        service.clone_into(&mut rules[0].service);
        let text = file(&rules.iter().collect::<Vec<_>>(), &["p"], Form::Operator).expect("it is written");
        let name = text.lines().find_map(|line| line.strip_prefix("  name: ")).expect("a name").to_owned();
        let fine = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
        assert!(name.chars().all(fine) && !name.ends_with('-'), "{name}");
        assert!(names.insert(name.clone()), "{name} is the name of two");
    }
}
