//! The endpoints of a service: what users ask it for, each told from the others by labels of its events.
//!
//! Labels that tell nothing apart are errors: two endpoints with the same ones would be one budget under two names, and
//! one that contradicts an environment would never see an event there.

use std::collections::BTreeMap;

use super::load::{Loader, matchers};
use super::{Endpoint, FILE};
use crate::diagnostic::{Code, Diagnostic};
use crate::document::Part;

impl<'a> Loader<'a, '_> {
    /// The endpoints that a service declares, by name.
    pub(super) fn endpoints(&mut self, service: Part<'a>) -> BTreeMap<String, Endpoint> {
        let mut endpoints: BTreeMap<String, Endpoint> = BTreeMap::new();
        let mut seen: BTreeMap<BTreeMap<String, String>, &str> = BTreeMap::new();
        for (name, part) in service.get("endpoints").into_iter().flat_map(Part::entries) {
            let endpoint = Endpoint { matchers: matchers(part), place: part.key_place() };
            let first = seen.entry(endpoint.matchers.clone()).or_insert(name);
            if *first != name && !endpoint.matchers.is_empty() {
                let message = format!("the endpoints `{first}` and `{name}` match the same events");
                let problem = Diagnostic::error(Code::Duplicate, message)
                    .at(endpoint.place.clone(), format!("the labels of `{first}`"));
                self.problems.push(problem.help("give each a label, or a value, of its own"));
            }
            self.contradictions(name, part);
            endpoints.insert(name.to_owned(), endpoint);
        }
        endpoints
    }

    /// Tells each label of an endpoint that an environment asks another value of.
    fn contradictions(&mut self, endpoint: &str, part: Part<'a>) {
        let labels = part.get("match").into_iter().flat_map(Part::entries);
        for (label, value) in labels {
            let mut environments = self.root.get("environments").into_iter().flat_map(Part::entries);
            let other = environments.find(|(_, environment)| {
                let asked = environment.get("match").and_then(|labels| labels.get(label)?.text());
                asked.is_some_and(|asked| Some(asked) != value.text())
            });
            let Some((environment, _)) = other else { continue };
            let message = format!(
                "the endpoint `{endpoint}` asks another `{label}` than the environment `{environment}`"
            );
            let problem = Diagnostic::error(Code::WrongValue, message).at(value.place(), "no event has both");
            let help = format!("leave `{label}` to the environments' `match` in `{FILE}`");
            self.problems.push(problem.help(help));
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::diagnostic::SourceText;

    /// The lines and messages of the problems with the endpoints of a service.
    fn problems(endpoints: &str) -> Vec<(usize, String)> {
        let text = format!(
            "version: 1\nservices:\n  a:\n    paths: [a]\n    endpoints:\n{endpoints}environments: {{p: {{match: {{env: prod}}}}}}\n"
        );
        let (settings, problems) = super::super::load(&SourceText::new("slogate.yaml", text));
        assert_eq!(settings.is_none(), !problems.is_empty());
        problems.into_iter().map(|one| (one.place().expect("placed").line(), one.message)).collect()
    }

    #[test]
    fn endpoints_are_told_apart_by_labels() {
        let two = "      \"POST /orders\": { match: { handler: /orders, method: POST } }\n      \
                   \"GET /orders\": { match: { handler: /orders, method: GET, env: prod } }\n";
        assert_eq!(problems(two), []);
        let same = "      a: { match: { handler: x } }\n      b: { match: { handler: x } }\n";
        assert_eq!(problems(same), [(7, "the endpoints `a` and `b` match the same events".to_owned())]);
        let elsewhere = "      a: { match: { env: dev } }\n";
        let message = "the endpoint `a` asks another `env` than the environment `p`";
        assert_eq!(problems(elsewhere), [(6, message.to_owned())]);
    }

    #[test]
    fn an_endpoint_has_a_name_and_a_label() {
        for wrong in
            ["a: {}", "a: { match: {} }", "a: { match: { __name__: x } }", "\" a\": { match: { b: c } }"]
        {
            assert_eq!(problems(&format!("      {wrong}\n")).len(), 1, "{wrong}");
        }
    }
}
