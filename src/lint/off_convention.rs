//! Names that do not follow the convention that the settings state for their sort.
//!
//! Endpoints and SLIs are named in annotations by hand, and are told apart by their names alone: one that is spelt in
//! another way is another one. Only the case of an SLI's letters is passed over.

use crate::catalog::Slo;
use crate::diagnostic::{Code, Diagnostic, Place};
use crate::settings::{Convention, Note, Settings};

/// The names of an SLO that do not follow.
pub(super) fn examine(slo: &Slo, settings: &Settings) -> Vec<Diagnostic> {
    let names = &settings.names;
    let slo_name = breach("SLO", &slo.name, &slo.place, names.slo.as_ref());
    let noted = |what: &str, note: Option<&Note>, convention: Option<&Convention>| {
        note.and_then(|note| breach(what, note.text.trim(), &note.place, convention))
    };
    let endpoint = noted("endpoint", slo.about.endpoint.as_ref(), names.endpoint.as_ref());
    let sli = noted("SLI", slo.about.sli.as_ref(), names.sli.as_ref());
    [slo_name, endpoint, sli].into_iter().flatten().collect()
}

/// The services of the settings whose names do not follow.
pub(super) fn services(settings: &Settings) -> Vec<Diagnostic> {
    let convention = settings.names.service.as_ref();
    let services = settings.services.iter();
    services.filter_map(|(name, service)| breach("service", name, &service.place, convention)).collect()
}

/// A name that does not follow its convention.
fn breach(what: &str, name: &str, place: &Place, convention: Option<&Convention>) -> Option<Diagnostic> {
    let convention = convention.filter(|convention| !convention.allows(name))?;
    let message = format!("the name of the {what} `{name}` does not follow the convention");
    let help = format!("`names` in `slogate.yaml` asks for `{}`", convention.text);
    Some(Diagnostic::warning(Code::OffConvention, message).at(place.clone(), "named otherwise").help(help))
}
