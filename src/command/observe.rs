//! `slogate observe`: what budgets rest on, read beside the monitoring system and left where gates find it.
//!
//! It reads the settings, SLOs and policies that a gate reads, by the same code, and asks for all that any verdict on
//! them can need. What is not known is written as that: the gate then says why. The secret key comes from the
//! environment, and must be one that the settings believe, because otherwise nobody would read what it signs.

use std::collections::BTreeSet;

use jiff::Timestamp;

use crate::budget::gap::Gap;
use crate::cli::Observe;
use crate::command::ground::{self, Ground};
use crate::command::judge::Stop;
use crate::command::law::{self, Law, Rules};
use crate::command::observed;
use crate::command::organization::Offer;
use crate::command::unsettled;
use crate::command::watch::signal::Wanted;
use crate::command::watch::{self, Asked, Named, Watch, dependency};
use crate::command::{World, check};
use crate::diagnostic::{self, Code, Diagnostic};
use crate::http::Secret;
use crate::policy::Policy;
use crate::report::escape::terminal;
use crate::report::problem;
use crate::settings::{self, Observers, Settings};
use crate::signature::envelope::Envelope;
use crate::signature::{PublicKey, SecretKey};
use crate::source::delivered::KIND;
use crate::source::instant;
use crate::verdict::Exit;

mod destination;

use destination::Destination;

/// The variable that holds the secret key.
const KEY: &str = "SLOGATE_OBSERVER_KEY";

/// What is to be left.
struct Made {
    /// The document, signed where the settings believe keys.
    text: String,
    /// Of what it is made and by whom, in words.
    notes: Vec<String>,
    /// The instant up to which was read.
    now: Timestamp,
    /// Where it is to be left.
    destination: Destination,
    /// Nothing is known of any budget.
    blind: bool,
}

/// Runs the verb.
pub fn run(observe: &Observe, world: &mut World) -> Exit {
    if observe.new_key {
        return new_key(world);
    }
    let mut problems = Vec::new();
    let made = made(observe, world, &mut problems);
    let made = match made {
        Ok(made) => Some(made),
        Err(stop) => match world.stopped(stop, &mut problems) {
            Some(exit) => return exit,
            None => None,
        },
    };
    diagnostic::sort(&mut problems);
    problems.retain(Diagnostic::is_error);
    if !problems.is_empty() {
        let look = world.look("auto");
        world.tell(problem::render(&problems, look).trim_end());
    }
    let Some(made) = made else {
        world.tell("error: nothing is written");
        return Exit::Invalid;
    };
    for note in &made.notes {
        world.tell(&terminal(note));
    }
    let exit = if made.blind { Exit::Unknown } else { Exit::Proceed };
    if made.blind {
        // What is there grows stale by itself; until then it says more than this does.
        match made.destination.is_taken() {
            Ok(Some(kept)) => {
                world.tell(&format!("nothing is known, and nothing is written: {}", terminal(&kept)));
                return exit;
            }
            Ok(None) => {}
            Err(why) => {
                world.tell(&format!("error: the observations could not be written: {}", terminal(&why)));
                return Exit::Untold;
            }
        }
    }
    let limits = check::limits(observe.source.deadline);
    match made.destination.leave(&made.text, made.now, limits) {
        Ok(None) => world.end(&made.text, exit),
        Ok(Some(said)) => world.end(&format!("{}\n", terminal(&said)), exit),
        Err(why) => {
            world.tell(&format!("error: the observations could not be written: {}", terminal(&why)));
            Exit::Untold
        }
    }
}

/// Prints a new pair of keys. The secret one is exposed here and nowhere else: somebody must be able to keep it.
fn new_key(world: &mut World) -> Exit {
    let pair = SecretKey::generate().and_then(|secret| {
        let public = SecretKey::read(&secret)?.public()?;
        Some((secret, public))
    });
    let Some((secret, public)) = pair else {
        world.tell("error: this machine has no randomness to make a key of");
        return Exit::Untold;
    };
    let text = format!(
        "# the secret key: in the environment of `slogate observe`, as a secret, and nowhere else\n{KEY}={}\n\
         # the public key: in the {} of the repositories that believe it, on their base branch\n\
         source: {{ observations: {{ for: NAME, keys: [\"{public}\"] }} }}\n",
        secret.expose(),
        settings::FILE
    );
    world.end(&text, Exit::Proceed)
}

/// The path: the ground, the law, the source, the document.
fn made(observe: &Observe, world: &World, problems: &mut Vec<Diagnostic>) -> Result<Made, Stop> {
    let root = world.directory.join(&observe.dir);
    let ground = ground::read(&root, &observe.dir, observe.base.as_deref())?;
    let layer = Offer::of(&observe.layered, world).read(&world.directory, None);
    let rules = law::read_rules(&ground, layer, problems).map_err(|stop| unsettled::beside(&ground, stop))?;
    let observers = observers(&rules.settings)?.clone();
    let key = key(&observers, world)?;
    let destination = Destination::read(observe, &observers, &root, world)?;
    let law = law::read(&ground, &rules)?.sound()?;
    let client = observed::client(&observe.source)?;
    let named = Named::of(&observe.source, &observe.dir, world, &client).map_err(Stop::Usage)?;
    named.sourced(&rules.settings).map_err(Stop::Usage)?;
    let (text, notes, now, blind) = observed(observe, world, &named, (&ground, &rules, &law), &observers)?;
    let text = match &key {
        None => text,
        Some((key, _)) => {
            let sealed = Envelope::seal(KIND, text.as_bytes(), key);
            sealed.ok_or_else(|| Stop::Usage(format!("the key in `{KEY}` cannot sign")))?.write()
        }
    };
    let mut notes = notes;
    notes.push(match key {
        Some((_, public)) => format!("made for {}, signed by {public}", observers.audience),
        None => format!("made for {}, and not signed: the settings name no key", observers.audience),
    });
    Ok(Made { text, notes, now, destination, blind })
}

/// Asks for everything; the document, what is to be said of it, its instant, and whether nothing at all is known.
fn observed(
    observe: &Observe,
    world: &World,
    named: &Named<'_>,
    (ground, rules, law): (&Ground, &Rules, &Law),
    observers: &Observers,
) -> Result<(String, Vec<String>, Timestamp, bool), Stop> {
    let settings = &rules.settings;
    // What it makes itself is no source of its own.
    let watch = Watch::choose(named, ground, &Settings { observers: None, ..settings.clone() }, observe.now)?;
    let (now, _) = watch.now(observe.now, world.now);
    let t = observed::grid(now.as_second(), settings);
    let asked = observed::asked(settings, law);
    let covering = |one: &Asked<'_>| -> Vec<&Policy> {
        let team = settings.services.get(&one.slo.service).and_then(|service| service.team.as_deref());
        let measures = |policy: &&Policy| {
            policy.covers(&one.slo.service, team)
                && policy.header.measures.as_deref().is_none_or(|name| name == one.environment)
        };
        law.policies.iter().filter(measures).collect()
    };
    let mut wanted = Wanted::default();
    let mut upstream = dependency::Wanted::new(settings, settings.step);
    for one in &asked {
        for policy in covering(one) {
            wanted.add(policy, one.slo, one.environment);
            upstream.add(policy, *one, &law.catalog);
        }
    }
    let measured: BTreeSet<Asked<'_>> = asked.iter().copied().collect();
    let asked: Vec<Asked<'_>> =
        measured.iter().copied().chain(upstream.asked()).collect::<BTreeSet<_>>().into_iter().collect();
    let depth = |one: &Asked<'_>| {
        let quarter = covering(one).iter().any(|policy| policy.reads("quarter").is_some());
        let own = measured.contains(one).then(|| watch::history(one.slo.period, quarter, settings.step));
        own.unwrap_or_default().max(upstream.depth(one))
    };
    let answers = watch.observe(&asked, depth, settings, t);
    let heard = watch.listen(&wanted, settings, t);
    let gaps: Vec<(&Asked<'_>, Gap)> =
        asked.iter().zip(&answers).filter_map(|(one, answer)| Some((one, answer.gap(one.slo)?))).collect();
    let count = |count: usize, what: &str| format!("{count} {what}{}", if count == 1 { "" } else { "s" });
    let (budgets, signals) = (count(asked.len(), "budget"), count(heard.answers.len(), "signal"));
    let read = format!("{budgets} and {signals} read from {} up to {}", watch.describe(), instant(t));
    let mut notes = vec![read];
    notes.extend(watch.notes());
    let told =
        |(one, gap): &(&Asked<'_>, Gap)| format!("not known: {} ({}): {gap}", one.slo.name, one.environment);
    notes.extend(gaps.iter().map(told));
    let text = watch.record(&asked, &answers, &heard, settings, (now, Some(&observers.audience)));
    Ok((text, notes, now, gaps.len() == asked.len()))
}

/// What the settings say of observers.
fn observers(settings: &Settings) -> Result<&Observers, Stop> {
    settings.observers.as_ref().ok_or_else(|| {
        Diagnostic::error(Code::MissingKey, "the settings do not say for whom observations are made")
            .at(settings.place.clone(), "without `source.observations`")
            .help("write `source: { observations: { for: NAME, keys: [...] } }`; `slogate observe --new-key` makes a key")
            .into()
    })
}

/// The key that signs, and its public half; none where the settings believe without one.
fn key(observers: &Observers, world: &World) -> Result<Option<(SecretKey, PublicKey)>, Stop> {
    if observers.keys.is_empty() {
        return Ok(None);
    }
    let Some(text) = world.variable(KEY) else {
        return Err(Stop::Usage(format!(
            "the settings believe only what is signed, and `{KEY}` is not set: give it the secret key"
        )));
    };
    let key = SecretKey::read(&Secret::new(text));
    let Some((key, public)) = key.and_then(|key| key.public().map(|public| (key, public))) else {
        return Err(Stop::Usage(format!(
            "`{KEY}` holds no secret key: `slogate observe --new-key` prints one, `ed25519-secret:` and 44 characters"
        )));
    };
    if !observers.keys.contains(&public) {
        let message = format!("`{public}` signs here, and these settings do not believe it");
        return Err(Diagnostic::error(Code::UnknownName, message)
            .at(observers.place.clone(), "its `keys` lack it")
            .help("add the key to `keys` on the base branch first, or sign with one that is there")
            .into());
    }
    Ok(Some((key, public)))
}
