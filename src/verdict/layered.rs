//! What an organisation's layer must never do: make anything milder.
//!
//! Whatever a team, its organisation and a change look like: under the layer the change is judged no milder than by
//! the team alone, and no milder than by the organisation alone, which is the layer over a team that asks nothing.

use std::collections::BTreeMap;

use proptest::prelude::*;
use proptest::sample::{select, subsequence};

use super::*;
use crate::change::{self, Rollout};
use crate::diagnostic::{Place, SourceText};
use crate::policy::Consequence;
use crate::policy::recall::Recalled;
use crate::policy::ruling::Obstacle;
use crate::settings::{
    ChangeClass, Classes, Environment, GrantedBy, Layer, OnUnknown, Permission, Service, Settings, Unmapped,
    join,
};

/// The services of every team, by which rulings and paths are told apart.
const SERVICES: [&str; 2] = ["shop", "search"];

/// Paths of services, of documents, and of nobody.
const PATHS: [&str; 6] = ["shop/a", "search/a", "shop/a.md", "docs/a", "Makefile", "search/docs/a"];

/// Globs that teams and organisations ignore.
const GLOBS: [&str; 5] = ["**/*.md", "docs/**", "**", "shop/**", "Makefile"];

/// Teams that people may be in.
const TEAMS: [&str; 2] = ["sre", "on-call"];

/// A person with a role and in teams, who claims that a change is of a class.
#[derive(Debug, Clone)]
struct Claim {
    class: &'static str,
    role: Permission,
    teams: Vec<&'static str>,
    is_author: bool,
}

/// One clause's say on a service, as far as a verdict depends on it.
#[derive(Debug, Clone)]
struct Said {
    service: &'static str,
    standing: Standing,
    obstacle: Option<Obstacle>,
    consequence: Consequence,
}

/// What is about to ship.
#[derive(Debug, Clone)]
struct Shipped {
    paths: Vec<&'static str>,
    claims: Vec<Claim>,
    rollout: Rollout,
    released: Option<usize>,
}

fn place() -> Place {
    Place::new(&SourceText::new("slogate.yaml", "version: 1"), 0..7)
}

fn mode() -> impl Strategy<Value = Mode> {
    select(vec![Mode::Inform, Mode::Warn, Mode::Enforce])
}

fn on_unknown() -> impl Strategy<Value = OnUnknown> {
    select(vec![OnUnknown::Warn, OnUnknown::Block])
}

fn unmapped() -> impl Strategy<Value = Unmapped> {
    select(vec![Unmapped::Ignore, Unmapped::Warn, Unmapped::All])
}

fn globs() -> impl Strategy<Value = Vec<String>> {
    subsequence(GLOBS.to_vec(), 0..=GLOBS.len())
        .prop_map(|globs| globs.into_iter().map(str::to_owned).collect())
}

fn role() -> impl Strategy<Value = Permission> + Clone {
    select(vec![Permission::Triage, Permission::Write, Permission::Maintain, Permission::Admin])
}

/// Classes of some of these names, each with a label of its own.
fn changes(names: &[&'static str]) -> impl Strategy<Value = BTreeMap<String, ChangeClass>> + use<> {
    let teams = subsequence(TEAMS.to_vec(), 0..=TEAMS.len());
    let class = (any::<bool>(), proptest::option::of(role()), teams, any::<bool>());
    let all = names.iter().map(|name| (Just(*name), proptest::option::of(class.clone()))).collect::<Vec<_>>();
    all.prop_map(|all| {
        let given = all.into_iter().filter_map(|(name, class)| Some((name, class?)));
        given
            .map(|(name, (other, role, teams, second_person))| {
                let label = if other { format!("{name}-label") } else { name.to_owned() };
                let granted_by = GrantedBy { role, teams: teams.into_iter().map(str::to_owned).collect() };
                (name.to_owned(), ChangeClass { label, granted_by, second_person, place: place() })
            })
            .collect()
    })
}

prop_compose! {
    fn team()(
        mode in mode(), on_unknown in on_unknown(), unmapped in unmapped(), ignore in globs(),
        changes in changes(&["hotfix", "security", "urgent"]), declares in prop::bool::weighted(0.9),
    ) -> Settings {
        let name = if declares { "production" } else { "prod" };
        Settings {
            environments: [(name.to_owned(), Environment { mode, matchers: BTreeMap::new() })].into(),
            on_unknown, unmapped, ignore, changes,
            ..lenient()
        }
    }
}

prop_compose! {
    fn layer()(
        least in proptest::option::of(mode()), on_unknown in proptest::option::of(on_unknown()),
        unmapped in proptest::option::of(unmapped()), ignore in proptest::option::of(globs()),
        changes in changes(&["hotfix", "security"]), closed in prop::bool::weighted(0.2),
    ) -> Layer {
        Layer {
            name: "acme".to_owned(),
            policies: None,
            environments: least.map(|mode| ("production".to_owned(), mode)).into_iter().collect(),
            changes,
            classes: if closed { Classes::Closed } else { Classes::Open },
            unmapped, ignore, on_unknown,
            silver_bullets: None,
            minimum: None,
            excludable: None,
        }
    }
}

/// A team that asks nothing: whatever stands in its way was put there by the organisation.
fn lenient() -> Settings {
    let service = |name: &&str| Service {
        team: None,
        paths: vec![format!("{name}/**")],
        dependencies: Vec::new(),
        phase: None,
        tier: None,
        endpoints: BTreeMap::new(),
        place: place(),
    };
    let production = Environment { mode: Mode::Inform, matchers: BTreeMap::new() };
    Settings {
        slos: Vec::new(),
        slo_rules: crate::document::RuleSet::Spec,
        sloth_period: crate::settings::SLOTH_PERIOD,
        policies: Vec::new(),
        adjustments: Vec::new(),
        adjustment_places: Vec::new(),
        excludable: crate::settings::EXCLUDABLE,
        services: SERVICES.iter().map(|name| ((*name).to_owned(), service(name))).collect(),
        environments: [("production".to_owned(), production)].into(),
        changes: BTreeMap::new(),
        signals: BTreeMap::new(),
        annotations: BTreeMap::new(),
        names: crate::settings::Conventions::default(),
        third_parties: BTreeMap::new(),
        lints: BTreeMap::new(),
        unmapped: Unmapped::Ignore,
        ignore: vec!["**".to_owned()],
        ignore_within: None,
        step: 300,
        on_unknown: OnUnknown::Warn,
        commenting: crate::settings::Commenting::Always,
        acting: crate::settings::Acting::default(),
        snapshot: None,
        observers: None,
        place: place(),
    }
}

/// Says of clauses that except classes by these names alone.
fn says(names: &'static [&'static str]) -> impl Strategy<Value = Vec<Said>> {
    let standing = select(vec![
        Standing::InForce { since: 0, at_least: false, thaws_at: None },
        Standing::Idle,
        Standing::Unknown,
    ]);
    let except = subsequence(names.to_vec(), 0..=names.len())
        .prop_map(|names| names.into_iter().map(str::to_owned).collect::<Vec<_>>());
    let said = (select(SERVICES.to_vec()), standing, any::<bool>(), 0_u8..5, except);
    let said = said.prop_map(|(service, standing, fails, kind, except)| Said {
        service,
        standing,
        obstacle: fails.then(|| Obstacle::Failed { message: "limit".to_owned(), place: place() }),
        consequence: match kind {
            0 => Consequence::Freeze { environment: "production".to_owned(), except },
            1 => Consequence::Restrict { to: Rollout::Canary, except },
            2 => Consequence::LimitReleases { a_day: 2, except },
            3 => Consequence::Warn("look".to_owned()),
            _ => Consequence::Postmortem,
        },
    });
    prop::collection::vec(said, 0..4)
}

prop_compose! {
    fn shipped()(
        paths in subsequence(PATHS.to_vec(), 0..=PATHS.len()),
        claims in prop::collection::vec(
            (
                select(vec!["hotfix", "security", "urgent"]),
                role(),
                subsequence(TEAMS.to_vec(), 0..=TEAMS.len()),
                any::<bool>(),
            ),
            0..3,
        ),
        canary in any::<bool>(),
        released in proptest::option::of(0_usize..4),
    ) -> Shipped {
        let rollout = if canary { Rollout::Canary } else { Rollout::Full };
        let claim = |(class, role, teams, is_author)| Claim { class, role, teams, is_author };
        Shipped { paths, claims: claims.into_iter().map(claim).collect(), rollout, released }
    }
}

/// The verdict on a change by some settings and policies.
fn judged(settings: &Settings, says: &[Said], shipped: &Shipped) -> Effect {
    let paths: Vec<String> = shipped.paths.iter().map(|path| (*path).to_owned()).collect();
    let touched = change::touched(settings, &paths).services;
    let concerns = |said: &&Said| touched.iter().any(|service| service.name == said.service);
    let rulings: Vec<Ruling> = says
        .iter()
        .filter(concerns)
        .map(|said| Ruling {
            policy: "p".to_owned(),
            clause: "c".to_owned(),
            title: "t".to_owned(),
            place: place(),
            slo: "s".to_owned(),
            service: said.service.to_owned(),
            environment: "production".to_owned(),
            standing: said.standing,
            obstacle: said.obstacle.clone(),
            evidence: Vec::new(),
            thaw_evidence: Vec::new(),
            consequences: vec![said.consequence.clone()],
            pending: false,
            unforeseen: false,
            estimated: None,
            recalled: Recalled::default(),
        })
        .collect();
    let granted = |claim: &&Claim| {
        settings.changes.get(claim.class).is_some_and(|class| {
            class.granted_by.role.is_none_or(|role| claim.role >= role)
                && class.granted_by.teams.iter().all(|team| claim.teams.contains(&team.as_str()))
                && !(class.second_person && claim.is_author)
        })
    };
    let Some(environment) = settings.environments.get("production") else {
        // No environment of that name is a wrong command line, which lets nothing pass.
        return Effect::Freeze;
    };
    let situation = Situation {
        environment: "production".to_owned(),
        mode: environment.mode,
        on_unknown: settings.on_unknown,
        class: None,
        rollout: shipped.rollout,
        head: None,
        released_today: shipped
            .released
            .map(|count| SERVICES.iter().map(|name| ((*name).to_owned(), count)).collect()),
        now: Timestamp::UNIX_EPOCH,
        floor: Effect::Proceed,
        waivers: Vec::new(),
    };
    let class = mildest(&situation, &rulings, shipped.claims.iter().filter(granted).map(|claim| claim.class));
    fold(&Situation { class, ..situation }, rulings, &[]).effect
}

/// Clauses whose exceptions are classes that the settings declare; the others do not load.
fn loaded(says: Vec<Said>, classes: &BTreeMap<String, ChangeClass>) -> Vec<Said> {
    let known = |said: &Said| {
        said.consequence.except().is_none_or(|except| except.iter().all(|name| classes.contains_key(name)))
    };
    says.into_iter().filter(known).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn a_layer_never_makes_a_verdict_milder(
        team in team(),
        layer in layer(),
        own in says(&["hotfix", "security", "urgent"]),
        demanded in says(&["hotfix", "security"]),
        shipped in shipped(),
    ) {
        let own = loaded(own, &team.changes);
        let demanded = loaded(demanded, &layer.changes);
        let both: Vec<Said> = own.iter().chain(&demanded).cloned().collect();
        let joined = join(team.clone(), &layer);
        // With an error nothing is decided, and nothing passes.
        if joined.problems.is_empty() {
            let together = judged(&joined.settings, &both, &shipped);
            prop_assert!(together >= judged(&team, &own, &shipped), "milder than the team alone");
            let alone = join(lenient(), &layer);
            prop_assert!(alone.problems.is_empty());
            prop_assert!(
                together >= judged(&alone.settings, &demanded, &shipped),
                "milder than the organisation alone"
            );
        }
    }
}
