//! A team's settings under its organisation's layer: of both, whatever is stricter.
//!
//! Pure, and in one direction: joining never makes anything milder than the team's settings are, nor than the layer
//! asks. What the layer raised is told in notes; what it cannot settle by itself (an environment that is not there, a
//! class that must not be) is an error at the team's line.

use super::layer::Classes;
use super::{ChangeClass, FILE, Layer, OnUnknown, Settings};
use crate::diagnostic::{self, Code, Diagnostic};

/// What comes of joining.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Joined {
    /// The settings that count.
    pub settings: Settings,
    /// What the layer raised, in sentences.
    pub raised: Vec<String>,
    /// What of the team's settings the layer does not allow.
    pub problems: Vec<Diagnostic>,
}

/// Joins a team's settings with its organisation's layer.
#[must_use]
pub fn join(team: Settings, layer: &Layer) -> Joined {
    let mut joined = Joined { settings: team, raised: Vec::new(), problems: Vec::new() };
    joined.environments(layer);
    joined.unknown(layer);
    joined.paths(layer);
    joined.classes(layer);
    joined.settings.excludable = layer.excludable.unwrap_or(joined.settings.excludable);
    joined
}

impl Joined {
    /// Notes what the layer raised.
    fn note(&mut self, layer: &Layer, what: &str) {
        self.raised.push(format!("organization {} {what}", layer.name));
    }

    /// Environments: the stricter mode. One that the team does not declare has no labels by which its events could be
    /// told, so it cannot be added for the team.
    fn environments(&mut self, layer: &Layer) {
        for (name, least) in &layer.environments {
            let Some(environment) = self.settings.environments.get_mut(name) else {
                let known = self.settings.environments.keys().map(String::as_str);
                let near = diagnostic::nearest(name, known);
                let near = near.map_or_else(String::new, |near| format!("; is `{near}` what is meant?"));
                let message = format!(
                    "the organisation {} asks for the environment `{name}`, which `{FILE}` does not declare",
                    layer.name
                );
                let problem = Diagnostic::error(Code::BelowLayer, message)
                    .at(self.settings.place.clone(), "what ships there would not be judged")
                    .help(format!("declare `{name}` under `environments`{near}"));
                self.problems.push(problem);
                continue;
            };
            if environment.mode < *least {
                let (from, to) = (environment.mode.as_str(), least.as_str());
                environment.mode = *least;
                self.note(layer, &format!("raises the mode of {name} from {from} to {to}"));
            }
        }
    }

    /// What not knowing does: blocking wins.
    fn unknown(&mut self, layer: &Layer) {
        if let Some(least) = layer.on_unknown.filter(|least| self.settings.on_unknown < *least) {
            self.settings.on_unknown = least;
            let does = match least {
                OnUnknown::Block => "lets not knowing withhold a change, not only warn",
                OnUnknown::Warn => "lets not knowing warn",
            };
            self.note(layer, does);
        }
    }

    /// Changed paths: fewer are ignored, and those of no service concern more.
    fn paths(&mut self, layer: &Layer) {
        if let Some(least) = layer.unmapped.filter(|least| self.settings.unmapped < *least) {
            let (from, to) = (self.settings.unmapped.as_str(), least.as_str());
            self.settings.unmapped = least;
            self.note(layer, &format!("raises `unmapped` from {from} to {to}"));
        }
        if let Some(globs) = &layer.ignore {
            let narrowed = self.settings.ignore.iter().any(|glob| !globs.contains(glob));
            self.settings.ignore_within = Some(globs.clone());
            if narrowed {
                let globs: Vec<&str> = globs.iter().map(String::as_str).collect();
                self.note(
                    layer,
                    &match globs.as_slice() {
                        [] => "lets no path be ignored".to_owned(),
                        globs => {
                            format!("lets a path be ignored only where {} matches", diagnostic::list(globs))
                        }
                    },
                );
            }
        }
    }

    /// Classes of change: the organisation's label, and the higher role; further ones where they are allowed.
    fn classes(&mut self, layer: &Layer) {
        let claimed = |label: &str| layer.changes.values().any(|class| class.is_claimed_by(label));
        for (name, class) in &self.settings.changes {
            if layer.changes.contains_key(name) {
                continue;
            }
            if layer.classes == Classes::Closed {
                self.problems.push(further(layer, name, class));
            } else if claimed(&class.label) {
                let message = format!(
                    "the label `{}` claims a class of the organisation {}, and `{name}`, too",
                    class.label, layer.name
                );
                let problem = Diagnostic::error(Code::BelowLayer, message);
                let problem = problem.at(class.place.clone(), "a label claims one class");
                self.problems.push(problem.help("give this class a label of its own"));
            }
        }
        for (name, asked) in &layer.changes {
            let Some(class) = self.settings.changes.get(name).cloned() else {
                self.settings.changes.insert(name.clone(), asked.clone());
                continue;
            };
            let granted_by = class.granted_by.and(&asked.granted_by);
            if class.granted_by != granted_by {
                let (from, to) = (class.granted_by.words(), granted_by.words());
                let the = if granted_by.role.is_some() { "the role " } else { "" };
                self.note(layer, &format!("lets {the}{to} grant class {name}, not {from}"));
            }
            let second_person = class.second_person || asked.second_person;
            if second_person && !class.second_person {
                self.note(layer, &format!("asks for a second person to grant class {name}"));
            }
            if class.label != asked.label {
                let (own, label) = (&class.label, &asked.label);
                self.note(layer, &format!("claims class {name} by the label `{label}`, not `{own}`"));
            }
            let joined =
                ChangeClass { label: asked.label.clone(), granted_by, second_person, place: class.place };
            self.settings.changes.insert(name.clone(), joined);
        }
    }
}

/// A class that only the organisation could declare.
fn further(layer: &Layer, name: &str, class: &ChangeClass) -> Diagnostic {
    let known: Vec<&str> = layer.changes.keys().map(String::as_str).collect();
    let message =
        format!("the organisation {} allows no class of change `{name}` besides its own", layer.name);
    let help = if known.is_empty() {
        "take it out: the organisation has none".to_owned()
    } else {
        format!("take it out; the organisation's are {}", diagnostic::list(&known))
    };
    Diagnostic::error(Code::BelowLayer, message)
        .at(class.place.clone(), "its layer says `classes: closed`")
        .help(help)
}

#[cfg(test)]
mod tests {
    use super::super::{Permission, Unmapped, load};
    use super::*;
    use crate::diagnostic::SourceText;

    /// A team's settings, as little as there must be and what is `further` said.
    fn team(mode: &str, further: &str) -> Settings {
        let text = format!(
            "version: 1\nservices: {{shop: {{paths: [shop/**]}}}}\nenvironments: {{production: {{mode: {mode}}}}}\n{further}"
        );
        let (settings, problems) = load(&SourceText::new(FILE, text));
        settings.unwrap_or_else(|| panic!("{problems:#?}"))
    }

    /// A layer of `acme`.
    fn layer(text: &str) -> Layer {
        let text = format!("version: 1\norganization: acme\n{text}");
        Layer::load(&SourceText::new("organization.yaml", text)).expect("a layer")
    }

    /// What comes of both: the settings, the notes without the organisation's name, and the problems' messages.
    fn joined(team: Settings, text: &str) -> (Settings, Vec<String>, Vec<String>) {
        let Joined { settings, raised, problems } = join(team, &layer(text));
        let noted = raised.iter().map(|note| note.trim_start_matches("organization acme ").to_owned());
        let told = problems.into_iter().map(|problem| {
            assert!(problem.is_error() && problem.code == Code::BelowLayer, "{problem:?}");
            problem.message
        });
        (settings, noted.collect(), told.collect())
    }

    #[test]
    fn a_layer_that_asks_nothing_changes_nothing() {
        let own = team("warn", "changes: {hotfix: {label: h}}\nignore: [docs/**]\non_unknown: warn\n");
        assert_eq!(joined(own.clone(), ""), (own, Vec::new(), Vec::new()));
    }

    #[test]
    fn the_stricter_mode_counts() {
        for (own, least, counts) in [
            ("inform", "enforce", "enforce"),
            ("inform", "warn", "warn"),
            ("warn", "enforce", "enforce"),
            ("enforce", "inform", "enforce"),
            ("warn", "warn", "warn"),
        ] {
            let text = format!("environments: {{production: {{mode: {least}}}}}\n");
            let (settings, notes, problems) = joined(team(own, ""), &text);
            assert_eq!(settings.environments["production"].mode.as_str(), counts, "{own} under {least}");
            let raised =
                (own != counts).then(|| format!("raises the mode of production from {own} to {counts}"));
            assert_eq!((notes, problems), (raised.into_iter().collect(), Vec::new()));
        }
    }

    #[test]
    fn an_environment_that_is_not_declared_is_told() {
        let text = "environments: {production: {mode: warn}, staging: {mode: warn}}\n";
        let (settings, _, problems) = joined(team("enforce", ""), text);
        let message =
            "the organisation acme asks for the environment `staging`, which `slogate.yaml` does not declare";
        assert_eq!(problems, [message]);
        assert!(!settings.environments.contains_key("staging"));
    }

    #[test]
    fn blocking_wins() {
        for (own, least, counts) in [
            ("warn", "block", OnUnknown::Block),
            ("block", "warn", OnUnknown::Block),
            ("warn", "warn", OnUnknown::Warn),
        ] {
            let (settings, notes, _) =
                joined(team("warn", &format!("on_unknown: {own}\n")), &format!("on_unknown: {least}\n"));
            assert_eq!(settings.on_unknown, counts, "{own} under {least}");
            assert_eq!(notes.len(), usize::from(own == "warn" && least == "block"));
        }
    }

    #[test]
    fn a_path_of_no_service_concerns_more() {
        for (own, least, counts) in [
            ("ignore", "warn", Unmapped::Warn),
            ("ignore", "all", Unmapped::All),
            ("warn", "ignore", Unmapped::Warn),
            ("all", "ignore", Unmapped::All),
        ] {
            let (settings, notes, _) =
                joined(team("warn", &format!("unmapped: {own}\n")), &format!("unmapped: {least}\n"));
            assert_eq!(settings.unmapped, counts, "{own} under {least}");
            assert_eq!(notes.is_empty(), counts.as_str() == own);
        }
    }

    #[test]
    fn a_path_is_ignored_only_where_both_ignore_it() {
        let own = || team("warn", "ignore: [docs/**, '**/*.md', '**']\n");
        let (settings, notes, _) = joined(own(), "ignore: [docs/**]\n");
        let touched = |path: &str| {
            let globs = [Some(settings.ignore.clone()), settings.ignore_within.clone()];
            !globs.into_iter().flatten().all(|globs| super::super::glob(globs).is_match(path))
        };
        assert!(!touched("docs/a") && touched("shop/a") && touched("a.md"));
        assert_eq!(notes, ["lets a path be ignored only where `docs/**` matches"]);
        assert_eq!(joined(own(), "ignore: []\n").1, ["lets no path be ignored"]);
        assert_eq!(joined(team("warn", "ignore: [docs/**]\n"), "ignore: [docs/**]\n").1, [""; 0]);
        assert_eq!(joined(team("warn", ""), "ignore: [docs/**]\n").0.ignore, [""; 0]);
    }

    #[test]
    fn a_class_has_the_organisations_label_and_the_higher_role() {
        for (own, asked, counts) in [
            ("write", "maintain", Permission::Maintain),
            ("admin", "write", Permission::Admin),
            ("triage", "triage", Permission::Triage),
        ] {
            let own = team("warn", &format!("changes: {{hotfix: {{label: h, granted_by: {own}}}}}\n"));
            let asked = format!("changes: {{hotfix: {{label: hotfix, granted_by: {asked}}}}}\n");
            let (settings, notes, problems) = joined(own, &asked);
            let class = settings.class("hotfix").expect("declared");
            assert_eq!((class.label.as_str(), class.granted_by.role), ("hotfix", Some(counts)));
            assert!(notes.contains(&"claims class hotfix by the label `hotfix`, not `h`".to_owned()));
            assert_eq!(problems, [""; 0]);
        }
        let (settings, notes, _) = joined(team("warn", ""), "changes: {hotfix: {label: hotfix}}\n");
        assert_eq!(settings.class("hotfix").expect("added").granted_by.words(), "maintain");
        assert_eq!(notes, [""; 0]);
    }

    #[test]
    fn a_class_is_granted_by_what_both_ask_and_by_a_second_person_where_one_does() {
        let own = "changes: {hotfix: {label: hotfix, granted_by: {team: sre}, second_person: false}}\n";
        let (settings, notes, _) = joined(
            team("warn", own),
            "changes: {hotfix: {label: hotfix, granted_by: {team: on-call, role: write}}}\n",
        );
        let class = settings.class("hotfix").expect("declared");
        assert_eq!(class.granted_by.words(), "write and team on-call and team sre");
        assert!(class.second_person);
        assert_eq!(
            notes,
            [
                "lets the role write and team on-call and team sre grant class hotfix, not team sre",
                "asks for a second person to grant class hotfix"
            ]
        );
        let asked = "changes: {hotfix: {label: hotfix, granted_by: {team: sre}, second_person: false}}\n";
        let (settings, notes, _) = joined(team("warn", own), asked);
        assert!(!settings.class("hotfix").expect("declared").second_person);
        assert_eq!(notes, [""; 0]);
    }

    #[test]
    fn further_classes_are_the_organisations_to_allow() {
        let own = || team("warn", "changes: {urgent: {label: urgent}}\n");
        let (settings, _, problems) = joined(own(), "changes: {hotfix: {label: hotfix}}\n");
        assert!(settings.changes.contains_key("urgent") && problems.is_empty());
        let (_, _, problems) = joined(own(), "changes: {hotfix: {label: hotfix}}\nclasses: closed\n");
        assert_eq!(problems, ["the organisation acme allows no class of change `urgent` besides its own"]);
        let (_, _, problems) = joined(own(), "changes: {hotfix: {label: urgent}}\n");
        assert_eq!(
            problems,
            ["the label `urgent` claims a class of the organisation acme, and `urgent`, too"]
        );
    }
}
