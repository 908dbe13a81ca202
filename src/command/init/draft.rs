//! The files that are to be written: templates, filled with what was found.
//!
//! Names from a repository are data: each is put in as a quoted text, in one pass, so that none can end its quotes or
//! be taken for a mark of the template.

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;

use crate::command::init::service::Service;
use crate::command::init::template::{fill, globs, literal, named, quoted};
use crate::command::write::Draft;
use crate::policy::trial;
use crate::publish::status;
use crate::settings;

/// Where the workflow lies, from the top of the repository.
pub const WORKFLOW: &str = ".github/workflows/slogate.yml";

/// `slogate.yaml`.
const SETTINGS: &str = include_str!("draft/settings.yaml");
/// A sample SLO.
const SLO: &str = include_str!("draft/slo.yaml");
/// A policy.
const POLICY: &str = include_str!("draft/policy.rhai");
/// The tests of the policy.
const TESTS: &str = include_str!("draft/policy.test.yaml");
/// The tests of the policy in a further environment.
const ELSEWHERE: &str = include_str!("draft/elsewhere.test.yaml");
/// The workflow.
const ACTION: &str = include_str!("draft/workflow.yml");

/// The name of a policy for services of no team.
const NO_TEAM: &str = "error-budget";

/// What the files are made of.
#[derive(Debug, Clone)]
pub struct Plan {
    /// The services.
    pub services: Vec<Service>,
    /// The environments.
    pub environments: Vec<String>,
    /// The environments that the policy freezes and the workflow asks about; at least one.
    pub targets: Vec<String>,
    /// Paths of SLO definitions that are there already.
    pub definitions: Vec<String>,
    /// Paths of SLO definitions that have errors.
    pub broken: Vec<String>,
    /// Paths of files of which cannot be told what they are.
    pub unparsed: Vec<String>,
    /// Every file of the repository.
    pub files: Vec<String>,
    /// The service that gets a sample SLO, where there is no SLO.
    pub sample: Option<String>,
    /// The directory of the settings, from the top of the repository: empty, or with a slash at its end.
    pub prefix: String,
    /// When the policy is reviewed next.
    pub review: Date,
}

impl Plan {
    /// The paths of definitions that the settings name: those that are there, that are broken and that are written.
    fn named(&self) -> Vec<String> {
        let written = self.sample_path();
        let mut named: Vec<String> =
            [&self.definitions, &self.broken].into_iter().flatten().cloned().collect();
        named.extend(written);
        // What lies beside definitions is one, once it is mended.
        let above = |path: &str| path.rsplit_once('/').map_or(String::new(), |(above, _)| above.to_owned());
        let directories: BTreeSet<String> = named.iter().map(|path| above(path)).collect();
        named.extend(self.unparsed.iter().filter(|path| directories.contains(&above(path))).cloned());
        named
    }

    /// Those among them that have errors: nothing is decided until they are mended, and no mended one is missed.
    #[must_use]
    pub fn to_mend(&self) -> Vec<String> {
        let is_broken = |path: &String| self.broken.contains(path) || self.unparsed.contains(path);
        self.named().into_iter().filter(is_broken).collect()
    }

    /// The plan as if the broken files were not there: what can be held to something before they are mended.
    #[must_use]
    pub fn sound(&self) -> Self {
        let to_mend = self.to_mend();
        let mut sound = Self { broken: Vec::new(), unparsed: Vec::new(), ..self.clone() };
        sound.files.retain(|path| !to_mend.contains(path));
        sound
    }

    /// The path of the sample, where there is one.
    fn sample_path(&self) -> Option<String> {
        self.sample.as_ref().map(|service| format!("slos/{}-sample.yaml", slug(service)))
    }
}

/// The files of a plan.
pub fn files(plan: &Plan) -> Vec<Draft> {
    let draft = |path: &str, text: String| Draft { path: path.to_owned(), text };
    let mut drafts = Vec::new();
    let definitions = plan.named();
    if let (Some(service), Some(path)) = (&plan.sample, plan.sample_path()) {
        let query = format!("http_requests_total{{service=\"{service}\"}}");
        let bad = format!("http_requests_total{{service=\"{service}\", code=~\"5..\"}}");
        drafts.push(draft(
            &path,
            fill(SLO, &[("service", named(service)), ("bad", quoted(&bad)), ("total", quoted(&query))]),
        ));
    }
    let globs: Vec<String> = globs(&definitions, &plan.files).iter().map(|glob| quoted(glob)).collect();
    let settings = fill(
        SETTINGS,
        &[
            (
                "slos",
                if globs.len() > 3 { format!("\n  {},\n", globs.join(",\n  ")) } else { globs.join(", ") },
            ),
            ("services", plan.services.iter().map(service).collect()),
            ("environments", plan.environments.iter().map(|name| environment(name)).collect()),
        ],
    );
    drafts.insert(0, draft(settings::FILE, settings));
    for (id, team, services) in policies(&plan.services) {
        let names: Vec<String> = services.iter().map(|name| quoted(name)).collect();
        let (of, scope) = if let Some(team) = &team {
            (format!("team {}", quoted(team)), format!("team: {}", quoted(team)))
        } else {
            // A line of a policy has an end.
            let between = if names.len() > 4 { ",\n        " } else { ", " };
            ("services that no team owns".to_owned(), format!("services: [{}]", names.join(between)))
        };
        let path = format!("policies/{id}.rhai");
        let tests = trial::beside(&path);
        let marks = [
            ("of", of),
            ("scope", scope),
            ("path", path.clone()),
            ("measures", measures(&plan.targets)),
            ("freezes", plan.targets.iter().map(|name| freeze(name)).collect()),
            ("review", quoted(&plan.review.to_string())),
        ];
        drafts.push(draft(&path, fill(POLICY, &marks)));
        drafts.push(draft(&tests, cases(&plan.targets)));
    }
    let up = "../".repeat(plan.prefix.matches('/').count());
    let within = plan.prefix.trim_end_matches('/');
    let dir = if within.is_empty() { String::new() } else { format!("          dir: {}\n", named(within)) };
    let (matrix, target) = workflow(&plan.targets);
    let first = plan.targets.first().map_or_else(String::new, |name| status::context(name, "main"));
    // It stands in a comment, which ends with its line.
    let required = first.replace(char::is_control, " ");
    let marks = [("matrix", matrix), ("target", target), ("dir", dir), ("required", required)];
    let action = fill(ACTION, &marks);
    drafts.push(draft(&format!("{up}{WORKFLOW}"), action));
    drafts
}

/// The policies: one for each team, and one for the services of none.
fn policies(services: &[Service]) -> Vec<(String, Option<String>, Vec<String>)> {
    let mut teams: BTreeMap<Option<String>, Vec<String>> = BTreeMap::new();
    for service in services {
        teams.entry(service.team.clone()).or_default().push(service.name.clone());
    }
    let mut ids = BTreeSet::new();
    let name = |(team, services): (Option<String>, Vec<String>)| {
        let plain = team.as_deref().map_or_else(|| NO_TEAM.to_owned(), slug);
        // Some file systems do not tell small letters from capitals, and some teams differ in nothing else.
        let numbered = (2..).map(|number| format!("{plain}-{number}"));
        let id = std::iter::once(plain.clone()).chain(numbered).find(|id| ids.insert(id.to_lowercase()));
        (id.unwrap_or(plain), team, services)
    };
    teams.into_iter().map(name).collect()
}

/// A name as a part of a path.
fn slug(name: &str) -> String {
    let plain = name.replace(|c: char| !(c.is_ascii_alphanumeric() || "-_.".contains(c)), "-");
    let plain = plain.trim_matches(|c: char| !c.is_ascii_alphanumeric());
    if plain.is_empty() { "team".to_owned() } else { plain.to_owned() }
}

/// A service in the settings.
fn service(service: &Service) -> String {
    let paths: Vec<String> =
        service.directories.iter().map(|path| quoted(&format!("{}/**", literal(path)))).collect();
    let (paths, why) = if paths.is_empty() {
        (quoted("**"), "   # no directory of this name was found: every path")
    } else {
        (paths.join(", "), "")
    };
    let team = service.team.as_deref().map_or_else(String::new, |team| format!("team: {}, ", named(team)));
    format!("  {}: {{ {team}paths: [{paths}] }}{why}\n", named(&service.name))
}

/// An environment in the settings.
fn environment(name: &str) -> String {
    format!("  {}: {{ mode: inform, match: {{}} }}\n", named(name))
}

/// Whose budgets count, as a line of the policy: of several environments each is judged by its own.
fn measures(targets: &[String]) -> String {
    match targets {
        [only] => format!(
            "    measures: {},   // whose budgets count, whatever environment is judged\n",
            quoted(only)
        ),
        _ => "    // No `measures`: each environment is judged by its own budgets.\n".to_owned(),
    }
}

/// A freeze of one environment, as a line of the policy.
fn freeze(target: &str) -> String {
    format!("    .then(freeze({}).except([\"hotfix\", \"security\", \"reliability\"]))\n", quoted(target))
}

/// The tests of a policy that freezes these environments.
fn cases(targets: &[String]) -> String {
    let (home, elsewhere) = match targets {
        [first, others @ ..] if !others.is_empty() => {
            (format!("    environment: {}\n", named(first)), others)
        }
        _ => (String::new(), [].as_slice()),
    };
    let further = elsewhere.iter().map(|name| fill(ELSEWHERE, &[("target", named(name))]));
    let freezes = vec!["freeze"; targets.len()].join(", ");
    fill(TESTS, &[("home", home), ("freezes", freezes), ("elsewhere", further.collect())])
}

/// How the workflow's job is repeated for these environments, and the environment that it asks about.
fn workflow(targets: &[String]) -> (String, String) {
    match targets {
        [only] => (String::new(), named(only)),
        several => {
            let names: Vec<String> = several.iter().map(|name| named(name)).collect();
            let matrix = format!(
                "    strategy:\n      fail-fast: false # each environment has a status of its own\n      matrix:\n        environment: [{}]\n",
                names.join(", ")
            );
            (matrix, "${{ matrix.environment }}".to_owned())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnostic::SourceText;
    use crate::settings::Mode;

    /// A plan for some services, each with its team and a directory.
    fn plan(services: &[(&str, Option<&str>, &str)]) -> Plan {
        let service = |(name, team, directory): &(&str, Option<&str>, &str)| Service {
            name: (*name).to_owned(),
            team: team.map(str::to_owned),
            directories: vec![(*directory).to_owned()],
        };
        Plan {
            services: services.iter().map(service).collect(),
            environments: vec!["on".to_owned(), "1.5".to_owned(), "prod".to_owned()],
            targets: vec!["prod".to_owned()],
            definitions: Vec::new(),
            broken: Vec::new(),
            unparsed: Vec::new(),
            files: Vec::new(),
            sample: Some(services[0].0.to_owned()),
            prefix: "a/b c/".to_owned(),
            review: jiff::civil::date(2027, 2, 21),
        }
    }

    /// The settings of a plan.
    fn settings(plan: &Plan) -> settings::Settings {
        let drafts = files(plan);
        let (settings, problems) = settings::load(&SourceText::new(settings::FILE, drafts[0].text.clone()));
        settings.unwrap_or_else(|| panic!("{problems:#?}"))
    }

    #[test]
    fn names_are_data_whatever_they_say() {
        let directory = "x\", \"**\"]}, «services» {a,b}*?[c] : # é\u{202e}";
        let plan = plan(&[("no", Some("true"), directory)]);
        let settings = settings(&plan);
        let service = &settings.services["no"];
        assert_eq!(service.team.as_deref(), Some("true"));
        assert_eq!(service.paths.len(), 1);
        assert!(
            settings::glob(&service.paths).is_match("x\", \"**\"]}, «services» {a,b}*?[c] : # é\u{202e}/f")
        );
        let environments: Vec<&str> = settings.environments.keys().map(String::as_str).collect();
        assert_eq!(environments, ["1.5", "on", "prod"]);
        assert!(settings.environments.values().all(|one| one.mode == Mode::Inform));
        let drafts = files(&plan);
        let action = drafts.last().expect("there is a workflow");
        assert_eq!(action.path, "../../.github/workflows/slogate.yml");
        assert!(action.text.contains("dir: \"a/b c\"\n") && action.text.contains("environment: prod\n"));
    }

    #[test]
    fn no_mark_of_a_template_is_left() {
        for draft in files(&plan(&[("a", Some("t"), "a"), ("b", None, "b")])) {
            assert!(!draft.text.contains(['«', '»']), "{}", draft.text);
        }
        for (template, marks) in
            [(SETTINGS, 3), (SLO, 3), (POLICY, 6), (TESTS, 3), (ELSEWHERE, 1), (ACTION, 4)]
        {
            let names: BTreeSet<&str> =
                template.split('«').skip(1).filter_map(|rest| rest.split('»').next()).collect();
            assert_eq!(names.len(), marks, "{names:?}");
        }
    }

    #[test]
    fn each_team_has_a_policy_under_a_name_of_its_own() {
        let plan = plan(&[
            ("a", Some("Pay"), "a"),
            ("b", Some("pay"), "b"),
            ("c", None, "c"),
            ("d", Some("Pay"), "d"),
        ]);
        let ids: Vec<String> = policies(&plan.services).into_iter().map(|(id, ..)| id).collect();
        assert_eq!(ids, ["error-budget", "Pay", "pay-2"]);
    }
}
