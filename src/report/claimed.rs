//! The labels that claim a class, in sentences that every rendering shares: who set each, whether it counts, and what
//! would make it count. Each rendering hands in how it escapes names, and how it shows a label.

use crate::change::claim::{Claim, Refusal};
use crate::report::{Report, figure};

/// The sentences without their periods; none where no label claims a class.
pub fn sentences(
    report: &Report,
    safe: impl Fn(&str) -> String,
    label: impl Fn(&str) -> String,
) -> Vec<String> {
    let claims = &report.change.claims;
    let unread = claims.unread.iter().map(|why| format!("no class counts, because {}", safe(why)));
    let several =
        claims.claims.iter().any(|claim| claims.claims.iter().any(|other| other.pull != claim.pull))
            || claims.claims.iter().any(|claim| claim.refused == Some(Refusal::Alone));
    let said = claims.claims.iter().map(|claim| sentence(claim, several, &safe, &label));
    let of_many = report.change.class.as_ref().filter(|_| claims.classes().len() > 1);
    let of_many = of_many.map(|class| {
        format!("the change is judged as class {}, the mildest of its classes here", safe(class))
    });
    unread.chain(said).chain(of_many).collect()
}

/// One label's sentence; of several pull requests each says which one it is about.
fn sentence(
    claim: &Claim,
    several: bool,
    safe: &impl Fn(&str) -> String,
    label: &impl Fn(&str) -> String,
) -> String {
    let pull = if several { format!(" of pull request {}", claim.pull) } else { String::new() };
    let (label, class) = (label(&claim.label), safe(&claim.class));
    if let Some((why, help)) = claim.why(safe).zip(claim.help()) {
        return format!("the label {label}{pull} does not count as class {class}: {why}; {}", safe(&help));
    }
    let who = claim.set_by.as_deref().map(safe).unwrap_or_default();
    let role = claim.role.as_deref().map_or_else(String::new, |role| format!(" ({})", safe(role)));
    let at = claim.at.map_or_else(String::new, |at| format!(" {}", figure::moment(at)));
    format!("the label {label}{pull} counts as class {class}: {who}{role} set it{at}")
}
