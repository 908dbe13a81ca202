//! Many rulings, one answer: freeze or proceed, and everything between.
//!
//! The strictest effect of all rulings that concern the judged environment, capped by the environment's mode, eased
//! for the classes of change that a clause excepts. Not knowing is an effect of its own, between warning and
//! restricting: a certain freeze beats it, and it beats a warning. A verdict never travels without the rulings,
//! obstacles and notes that it rests on.

use std::collections::BTreeMap;
use std::fmt;

use jiff::{SignedDuration, Timestamp};

use crate::change::Rollout;
use crate::policy::ruling::{Ruling, Standing};
use crate::settings::{Mode, OnUnknown};

#[cfg(test)]
mod layered;
mod passing;
pub mod waiver;
mod weigh;

pub use passing::{Passing, mildest, passing};
use waiver::{Use, Waiver};
pub use weigh::{Circumstance, Weighed};

/// What a verdict does to a change, from the mildest to the strictest. A closed list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Effect {
    /// Nothing stands in the way.
    Proceed,
    /// Something is said.
    Inform,
    /// Something is said with emphasis.
    Warn,
    /// What an enforced policy needs to know is not known.
    Unknown,
    /// Only a part may ship.
    Restrict,
    /// Nothing ships but the excepted classes.
    Freeze,
}

impl Effect {
    /// As it stands in reports.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Proceed => "proceed",
            Self::Inform => "inform",
            Self::Warn => "warn",
            Self::Unknown => "unknown",
            Self::Restrict => "restrict",
            Self::Freeze => "freeze",
        }
    }
}

impl fmt::Display for Effect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The exit codes; their numbers are part of the interface and never reused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exit {
    /// Nothing stands in the way; informing and warning included.
    Proceed,
    /// An enforced clause restricts or freezes.
    Withheld,
    /// What was tried did not pass: the exit of verbs that try, where `check` has `withheld`.
    Failed,
    /// The command line is wrong.
    Usage,
    /// Something written is wrong: settings, SLO, policy.
    Invalid,
    /// A budget or fact that an enforced policy needs could not be known.
    Unknown,
    /// Decided, but it could not be published.
    Untold,
}

impl Exit {
    /// Every exit of a verdict with its meaning, in numeric order.
    pub const ALL: [(Self, &'static str); 6] = [
        (Self::Proceed, "nothing stands in the way (informs and warnings included)"),
        (Self::Withheld, "an enforced clause restricts or freezes"),
        (Self::Usage, "the command line is wrong"),
        (Self::Invalid, "something written is wrong: settings, SLO, policy"),
        (Self::Unknown, "a budget or fact that an enforced policy needs could not be known"),
        (Self::Untold, "decided, but it could not be published"),
    ];

    /// Every exit of a run of tests with its meaning, in numeric order.
    pub const OF_TESTS: [(Self, &'static str); 4] = [
        (Self::Proceed, "every case passed"),
        (Self::Failed, "a case failed, or less is covered than --min asks for"),
        (Self::Usage, "the command line is wrong, or no case ran"),
        (Self::Invalid, "something written is wrong: settings, SLO, policy, test"),
    ];

    /// Every exit of writing the first files, with its meaning, in numeric order.
    pub const OF_INIT: [(Self, &'static str); 4] = [
        (Self::Proceed, "the files are written, or would be with --dry-run"),
        (Self::Usage, "the command line is wrong"),
        (Self::Invalid, "a file is in the way, or something written is wrong; none is written"),
        (Self::Untold, "the files could not be written; none is left behind"),
    ];

    /// The process's exit code.
    #[must_use]
    pub const fn code(self) -> u8 {
        match self {
            Self::Proceed => 0,
            Self::Withheld | Self::Failed => 1,
            Self::Usage => 2,
            Self::Invalid => 3,
            Self::Unknown => 4,
            Self::Untold => 5,
        }
    }

    /// Its name.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Proceed => "proceed",
            Self::Withheld => "withheld",
            Self::Failed => "failed",
            Self::Usage => "usage",
            Self::Invalid => "invalid",
            Self::Unknown => "unknown",
            Self::Untold => "untold",
        }
    }
}

/// What is judged, and how strictly.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Situation {
    /// The judged environment.
    pub environment: String,
    /// Its mode.
    pub mode: Mode,
    /// What not knowing does.
    pub on_unknown: OnUnknown,
    /// The change's class, if it has one.
    pub class: Option<String>,
    /// The change's head, where it is known: a silver bullet is fired for one.
    pub head: Option<String>,
    /// How much of its rollout is judged.
    pub rollout: Rollout,
    /// Releases into the environment on this day until now, by service; none where nobody can count them.
    pub released_today: Option<BTreeMap<String, usize>>,
    /// When the verdict is made.
    pub now: Timestamp,
    /// The least that is said whatever the rulings are: a warning where a service has no SLO or no policy.
    pub floor: Effect,
    /// What somebody waived, with its effect or without.
    pub waivers: Vec<Waiver>,
}

impl Situation {
    /// The same for a change of a class.
    #[must_use]
    pub fn of_class(&self, class: &str) -> Self {
        Self { class: Some(class.to_owned()), ..self.clone() }
    }
}

/// The answer for one change, environment and instant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verdict {
    /// The strictest effect.
    pub effect: Effect,
    /// What the process exits with, before publishing.
    pub exit: Exit,
    /// Every ruling, the strictest first.
    pub rulings: Vec<Weighed>,
    /// The waivers that there are, and what became of each.
    pub waivers: Vec<(Waiver, Use)>,
    /// When it was made.
    pub evaluated_at: Timestamp,
    /// Until when it may be relied upon.
    pub valid_until: Timestamp,
}

/// How long a verdict may be relied upon when nothing ends it earlier.
const VALID_FOR: SignedDuration = SignedDuration::from_hours(1);

/// Folds rulings into a verdict. `ahead` are instants at which something else changes: an effective date, a
/// waiver's end.
#[must_use]
pub fn fold(situation: &Situation, rulings: Vec<Ruling>, ahead: &[Timestamp]) -> Verdict {
    let mut weighed: Vec<Weighed> =
        rulings.into_iter().map(|ruling| weigh::weigh(situation, ruling)).collect();
    weighed.sort_by_key(|one| (std::cmp::Reverse(one.effect), one.ruling.place.line()));
    let floor = situation.floor.min(cap(situation.mode));
    let effect = weighed.iter().map(|one| one.effect).fold(floor, Effect::max);
    let evaluated_at = situation.now;
    let thaws = weighed.iter().filter_map(|one| match one.ruling.standing {
        Standing::InForce { thaws_at, .. } => thaws_at.and_then(|at| Timestamp::from_second(at).ok()),
        Standing::Idle | Standing::Unknown | Standing::Untriggered => None,
    });
    let waivers = waiver::used(situation, &weighed);
    let valid_until = thaws
        .chain(ahead.iter().copied())
        .chain(situation.waivers.iter().filter_map(Waiver::ends))
        .filter(|at| *at > evaluated_at)
        .chain(evaluated_at.checked_add(VALID_FOR).ok())
        .min()
        .unwrap_or(evaluated_at);
    Verdict { effect, exit: exit(effect), rulings: weighed, waivers, evaluated_at, valid_until }
}

/// The verdict when something that was written is wrong: nothing can be decided, so nothing proceeds.
#[must_use]
pub fn invalid(now: Timestamp) -> Verdict {
    undecided(now, Exit::Invalid)
}

/// The verdict when the world did not answer before any policy could be asked.
#[must_use]
pub fn unknown(now: Timestamp) -> Verdict {
    undecided(now, Exit::Unknown)
}

/// A verdict without rulings, relied upon by nobody.
fn undecided(now: Timestamp, exit: Exit) -> Verdict {
    Verdict {
        effect: Effect::Unknown,
        exit,
        rulings: Vec::new(),
        waivers: Vec::new(),
        evaluated_at: now,
        valid_until: now,
    }
}

/// The exit of an effect.
const fn exit(effect: Effect) -> Exit {
    match effect {
        Effect::Proceed | Effect::Inform | Effect::Warn => Exit::Proceed,
        Effect::Unknown => Exit::Unknown,
        Effect::Restrict | Effect::Freeze => Exit::Withheld,
    }
}

/// The strictest effect that a mode allows.
const fn cap(mode: Mode) -> Effect {
    match mode {
        Mode::Inform => Effect::Inform,
        Mode::Warn => Effect::Warn,
        Mode::Enforce => Effect::Freeze,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::diagnostic::{Place, SourceText};
    use crate::policy::Consequence;
    use crate::policy::recall::Recalled;
    use crate::policy::ruling::Obstacle;

    fn ruling(standing: Standing, obstacle: Option<Obstacle>, consequences: Vec<Consequence>) -> Ruling {
        Ruling {
            policy: "p".to_owned(),
            clause: "c".to_owned(),
            title: "t".to_owned(),
            place: Place::new(&SourceText::new("p.rhai", "clause"), 0..6),
            slo: "s".to_owned(),
            service: "v".to_owned(),
            environment: "production".to_owned(),
            standing,
            obstacle,
            evidence: Vec::new(),
            thaw_evidence: Vec::new(),
            consequences,
            pending: false,
            unforeseen: false,
            estimated: None,
            recalled: Recalled::default(),
        }
    }

    pub(super) fn in_force(consequences: Vec<Consequence>) -> Ruling {
        ruling(Standing::InForce { since: 0, at_least: false, thaws_at: None }, None, consequences)
    }

    pub(super) fn unknown(consequences: Vec<Consequence>) -> Ruling {
        let obstacle = Obstacle::Unknown { why: "no data".to_owned() };
        ruling(Standing::Unknown, Some(obstacle), consequences)
    }

    fn failed(consequences: Vec<Consequence>) -> Ruling {
        let place = Place::new(&SourceText::new("p.rhai", "clause"), 0..6);
        let obstacle = Obstacle::Failed { message: "too many operations".to_owned(), place };
        ruling(Standing::Unknown, Some(obstacle), consequences)
    }

    pub(super) fn freeze(except: &[&str]) -> Consequence {
        let except = except.iter().map(|class| (*class).to_owned()).collect();
        Consequence::Freeze { environment: "production".to_owned(), except }
    }

    pub(super) fn warn() -> Consequence {
        Consequence::Warn("look".to_owned())
    }

    pub(super) fn situation(mode: Mode) -> Situation {
        Situation {
            environment: "production".to_owned(),
            mode,
            on_unknown: OnUnknown::Block,
            class: None,
            head: None,
            rollout: Rollout::Full,
            released_today: None,
            now: Timestamp::UNIX_EPOCH,
            floor: Effect::Proceed,
            waivers: Vec::new(),
        }
    }

    fn effect(situation: &Situation, rulings: Vec<Ruling>) -> (Effect, Exit) {
        let verdict = fold(situation, rulings, &[]);
        (verdict.effect, verdict.exit)
    }

    #[test]
    fn a_certain_freeze_beats_not_knowing_and_not_knowing_beats_a_warning() {
        let enforce = situation(Mode::Enforce);
        let freezing = in_force(vec![freeze(&[])]);
        assert_eq!(
            effect(&enforce, vec![unknown(vec![freeze(&[])]), freezing]),
            (Effect::Freeze, Exit::Withheld)
        );
        let warning = in_force(vec![warn()]);
        assert_eq!(
            effect(&enforce, vec![warning, unknown(vec![freeze(&[])])]),
            (Effect::Unknown, Exit::Unknown)
        );
    }

    #[test]
    fn a_clause_that_stops_nobody_stops_nobody_when_it_is_not_known() {
        let engage = vec![Consequence::Engage("@team".to_owned())];
        let enforce = situation(Mode::Enforce);
        assert_eq!(effect(&enforce, vec![unknown(engage.clone())]), (Effect::Inform, Exit::Proceed));
        assert_eq!(effect(&enforce, vec![unknown(vec![warn()])]), (Effect::Warn, Exit::Proceed));
        assert_eq!(effect(&enforce, vec![failed(engage)]), (Effect::Unknown, Exit::Unknown));
    }

    #[test]
    fn the_mode_caps_everything() {
        let rulings = || vec![in_force(vec![freeze(&[])]), unknown(vec![freeze(&[])]), failed(vec![warn()])];
        assert_eq!(effect(&situation(Mode::Inform), rulings()), (Effect::Inform, Exit::Proceed));
        assert_eq!(effect(&situation(Mode::Warn), rulings()), (Effect::Warn, Exit::Proceed));
        assert_eq!(effect(&situation(Mode::Enforce), rulings()), (Effect::Freeze, Exit::Withheld));
    }

    #[test]
    fn an_excepted_class_is_told_and_passes() {
        let hotfix = Situation { class: Some("hotfix".to_owned()), ..situation(Mode::Enforce) };
        assert_eq!(
            effect(&hotfix, vec![in_force(vec![freeze(&["hotfix"])])]),
            (Effect::Inform, Exit::Proceed)
        );
        assert_eq!(
            effect(&hotfix, vec![in_force(vec![freeze(&["security"])])]),
            (Effect::Freeze, Exit::Withheld)
        );
    }

    fn restrict(except: &[&str]) -> Consequence {
        let except = except.iter().map(|class| (*class).to_owned()).collect();
        Consequence::Restrict { to: Rollout::Canary, except }
    }

    fn limit(a_day: u32) -> Consequence {
        Consequence::LimitReleases { a_day, except: vec!["hotfix".to_owned()] }
    }

    #[test]
    fn a_restriction_withholds_a_full_rollout_and_tells_a_canary() {
        let full = situation(Mode::Enforce);
        let canary = Situation { rollout: Rollout::Canary, ..situation(Mode::Enforce) };
        let rulings = || vec![in_force(vec![restrict(&["hotfix"])])];
        assert_eq!(effect(&full, rulings()), (Effect::Restrict, Exit::Withheld));
        assert_eq!(effect(&canary, rulings()), (Effect::Inform, Exit::Proceed));
        let hotfix = Situation { class: Some("hotfix".to_owned()), ..full.clone() };
        assert_eq!(effect(&hotfix, rulings()), (Effect::Inform, Exit::Proceed));
        assert_eq!(effect(&situation(Mode::Warn), rulings()), (Effect::Warn, Exit::Proceed));
        let both = || vec![in_force(vec![restrict(&[]), freeze(&[])])];
        assert_eq!(effect(&canary, both()), (Effect::Freeze, Exit::Withheld));
        assert_eq!(effect(&full, vec![unknown(vec![restrict(&[])])]), (Effect::Unknown, Exit::Unknown));
        assert_eq!(effect(&canary, vec![unknown(vec![restrict(&[])])]), (Effect::Inform, Exit::Proceed));
    }

    #[test]
    fn a_limit_of_releases_that_nobody_can_count_is_not_known() {
        let uncounted = situation(Mode::Enforce);
        let after = |released| {
            let released = BTreeMap::from([("v".to_owned(), released), ("other".to_owned(), 9)]);
            Situation { released_today: Some(released), ..situation(Mode::Enforce) }
        };
        let rulings = || vec![in_force(vec![limit(2)])];
        assert_eq!(effect(&uncounted, rulings()), (Effect::Unknown, Exit::Unknown));
        assert_eq!(effect(&after(1), rulings()), (Effect::Inform, Exit::Proceed));
        assert_eq!(effect(&after(2), rulings()), (Effect::Restrict, Exit::Withheld));
        let lenient = Situation { on_unknown: OnUnknown::Warn, ..situation(Mode::Enforce) };
        assert_eq!(effect(&lenient, rulings()), (Effect::Warn, Exit::Proceed));
        let hotfix = Situation { class: Some("hotfix".to_owned()), ..situation(Mode::Enforce) };
        assert_eq!(effect(&hotfix, rulings()), (Effect::Inform, Exit::Proceed));
    }

    #[test]
    fn what_people_carry_out_stops_nobody() {
        let consequences = vec![
            Consequence::Notify("@po".to_owned()),
            Consequence::Assign(rust_decimal::Decimal::ONE),
            Consequence::Escalate { decides: Vec::new(), how: String::new() },
            Consequence::CodeYellow,
            Consequence::CodeRed,
            Consequence::HandBackOperations,
        ];
        let enforce = situation(Mode::Enforce);
        assert_eq!(effect(&enforce, vec![in_force(consequences)]), (Effect::Inform, Exit::Proceed));
    }

    #[test]
    fn what_is_stopped_elsewhere_is_only_told_here() {
        let staging = Situation { environment: "staging".to_owned(), ..situation(Mode::Enforce) };
        assert_eq!(effect(&staging, vec![in_force(vec![freeze(&[])])]), (Effect::Inform, Exit::Proceed));
    }

    #[test]
    fn on_unknown_warn_lowers_not_knowing_and_nothing_else() {
        let lenient = Situation { on_unknown: OnUnknown::Warn, ..situation(Mode::Enforce) };
        assert_eq!(effect(&lenient, vec![unknown(vec![freeze(&[])])]), (Effect::Warn, Exit::Proceed));
        assert_eq!(effect(&lenient, vec![in_force(vec![freeze(&[])])]), (Effect::Freeze, Exit::Withheld));
    }

    #[test]
    fn a_verdict_holds_until_the_first_thing_that_changes_it() {
        let enforce = situation(Mode::Enforce);
        let hour = Timestamp::UNIX_EPOCH + SignedDuration::from_hours(1);
        assert_eq!(fold(&enforce, Vec::new(), &[]).valid_until, hour);
        let mut thawing = in_force(vec![freeze(&[])]);
        thawing.standing = Standing::InForce { since: 0, at_least: false, thaws_at: Some(900) };
        let quarter = Timestamp::UNIX_EPOCH + SignedDuration::from_mins(15);
        assert_eq!(fold(&enforce, vec![thawing], &[]).valid_until, quarter);
        let soon = Timestamp::UNIX_EPOCH + SignedDuration::from_mins(5);
        assert_eq!(fold(&enforce, Vec::new(), &[soon, Timestamp::MIN]).valid_until, soon);
    }

    #[test]
    fn what_could_not_be_decided_never_proceeds() {
        for (verdict, exit) in [
            (invalid(Timestamp::UNIX_EPOCH), Exit::Invalid),
            (super::unknown(Timestamp::UNIX_EPOCH), Exit::Unknown),
        ] {
            assert_eq!((verdict.effect, verdict.exit), (Effect::Unknown, exit));
        }
    }

    proptest! {
        #[test]
        fn one_more_ruling_never_eases_a_verdict(kinds in prop::collection::vec(0u8..9, 0..6), more in 0u8..9, mode in 0u8..3) {
            let make = |kind: &u8| match kind {
                0 => in_force(vec![freeze(&[])]),
                1 => in_force(vec![warn()]),
                2 => unknown(vec![freeze(&[])]),
                3 => unknown(vec![warn()]),
                4 => failed(vec![warn()]),
                5 => in_force(vec![restrict(&[])]),
                6 => in_force(vec![limit(2)]),
                7 => unknown(vec![restrict(&[])]),
                _ => ruling(Standing::Idle, None, vec![freeze(&[])]),
            };
            let situation = situation([Mode::Inform, Mode::Warn, Mode::Enforce][usize::from(mode)]);
            let before = fold(&situation, kinds.iter().map(make).collect(), &[]).effect;
            let after = fold(&situation, kinds.iter().chain([&more]).map(make).collect(), &[]).effect;
            prop_assert!(after >= before);
        }
    }
}
