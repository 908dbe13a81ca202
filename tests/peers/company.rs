//! The small company whose eight weeks are judged: its repository, and the servers that scraped it.

use std::fmt::Write as _;
use std::fs::{self, File};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError, Weak};

use flate2::Compression;
use flate2::write::GzEncoder;
use tempfile::TempDir;

use super::eight_weeks::history;
use super::server::Server;
use super::{prometheus, victoria_metrics};

/// Settings, with an environment that is told by a label.
const SETTINGS: &str = "version: 1\nstep: 1h\nsource: { snapshot: history.om.gz }\nunmapped: warn\n\
    environments: { production: { mode: enforce, match: { env: prod } } }\n\
    changes: { hotfix: { label: hotfix, granted_by: maintain } }\n\
    slos: [\"slos/*.yaml\"]\npolicies: [\"policies/*.rhai\"]\nservices:\n";

/// Clauses that begin, hold and end. Incidents cross their thresholds in one step: along one that is crept over, a difference
/// of a tenth of a point between two sources is hours of `since`.
const POLICY: &str = r#"
policy(#{
    version: "1.0.0",
    scope: #{ team: "company" },
    purpose: "Reliability work goes first when customers are in pain.",
    escalation: #{ decides: ["@vp"], how: "decides within one working day" },
    agreed_by: #{ operations: "@ola", development: "@dev", product: "@po", escalation: "@vp" },
    effective_from: "2026-01-01",
    next_review: #{ on: "2027-01-15", or_after: "a priority 1 incident" },
});
clause("exhausted", "The budget is gone before the period ends")
    .when(|budget| budget.remaining <= 0)
    .thaws(|budget| budget.remaining >= percent(10))
    .then(freeze("production").except(["hotfix"]));
clause("fast", "A tenth of the budget went within a day")
    .when(|budget| budget.burned("24h") >= percent(10) && budget.burn_rate("1h") > 6)
    .thaws(|budget| budget.burned("24h") < percent(2))
    .then(restrict("canary"));
clause("slow", "A fifth went within a week")
    .when(|budget| budget.burned("7d") >= percent(21))
    .then(warn("Look before you ship."));
clause("incident", "One incident took a seventh")
    .when(|budget| budget.worst_incident >= percent(15))
    .then(action_item("Find out why"));
clause("lasting", "It burns all morning")
    .when(|budget| budget.burn_rate("1h") > 3).steadily("3h")
    .then(inform("It burns."));
"#;

/// An SLO: the service, the objective, the period, bad (or good) events, and all.
pub struct Slo {
    /// Its service, and its name.
    pub service: &'static str,
    /// Its objective.
    pub target: &'static str,
    /// Its period, as OpenSLO has it.
    period: &'static str,
    /// More keys of its objective, and how it counts.
    method: (&'static str, &'static str),
    /// `bad` or `good`.
    kind: &'static str,
    /// What counts bad events, or good ones.
    part: &'static str,
    /// What counts all events.
    total: &'static str,
}

/// Four weeks.
const ROLLING: &str = "{ duration: 28d, isRolling: true }";

/// By events.
const EVENTS: (&str, &str) = ("", "Occurrences");

/// All objectives.
pub const SLOS: [Slo; 12] = [
    Slo {
        service: "checkout",
        target: "0.999",
        period: ROLLING,
        method: EVENTS,
        kind: "bad",
        part: r#"http_requests_total{service="checkout",code=~"5.."}"#,
        total: r#"http_requests_total{service="checkout"}"#,
    },
    Slo {
        service: "login",
        target: "0.999",
        period: ROLLING,
        method: EVENTS,
        kind: "bad",
        part: r#"http_requests_total{service="login",code=~"5.."}"#,
        total: r#"http_requests_total{service="login"}"#,
    },
    Slo {
        service: "search",
        target: "0.95",
        period: "{ duration: 7d, isRolling: true }",
        method: EVENTS,
        kind: "good",
        part: r#"request_duration_seconds_bucket{service="search",le="0.4"}"#,
        total: r#"request_duration_seconds_bucket{service="search",le="+Inf"}"#,
    },
    Slo {
        service: "mail",
        target: "0.99",
        period: "{ duration: 1M, calendar: { startTime: 2026-01-01 00:00:00, timeZone: Europe/Berlin } }",
        method: EVENTS,
        kind: "bad",
        part: r#"mails_total{result="failed"}"#,
        total: "mails_total",
    },
    Slo {
        service: "import",
        target: "0.99",
        period: ROLLING,
        method: EVENTS,
        kind: "bad",
        part: r#"imports_total{outcome="broken"}"#,
        total: "imports_total",
    },
    Slo {
        service: "young",
        target: "0.995",
        period: ROLLING,
        method: EVENTS,
        kind: "bad",
        part: r#"calls_total{service="young",status="error"}"#,
        total: r#"calls_total{service="young"}"#,
    },
    Slo {
        service: "gone",
        target: "0.995",
        period: ROLLING,
        method: EVENTS,
        kind: "bad",
        part: r#"calls_total{service="gone",status="error"}"#,
        total: r#"calls_total{service="gone"}"#,
    },
    Slo {
        service: "quiet",
        target: "0.99",
        period: "{ duration: 1w, calendar: { startTime: 2026-01-05 00:00:00, timeZone: Europe/Berlin } }",
        method: EVENTS,
        kind: "bad",
        part: r#"calls_total{service="quiet",status="error"}"#,
        total: r#"calls_total{service="quiet"}"#,
    },
    Slo {
        service: "proud",
        target: "0.99",
        period: ROLLING,
        method: EVENTS,
        kind: "bad",
        part: r#"sum(calls_total{service="proud",status="error"}) or vector(0)"#,
        total: r#"sum(calls_total{service="proud"})"#,
    },
    Slo {
        service: "video",
        target: "0.905",
        period: ROLLING,
        method: (", timeSliceTarget: 0.95, timeSliceWindow: 1h", "Timeslices"),
        kind: "bad",
        part: r#"frames_total{drawn="no"}"#,
        total: "frames_total",
    },
    Slo {
        service: "rare",
        target: "0.98",
        period: ROLLING,
        method: EVENTS,
        kind: "bad",
        part: r#"calls_total{service="rare",status="error"}"#,
        total: r#"calls_total{service="rare"}"#,
    },
    Slo {
        service: "ghost",
        target: "0.99",
        period: ROLLING,
        method: EVENTS,
        kind: "bad",
        part: r#"calls_total{service="ghost",status="error"}"#,
        total: r#"calls_total{service="ghost"}"#,
    },
];

impl Slo {
    /// The days of its period, where it counts events of a rolling one.
    pub fn days(&self) -> Option<u16> {
        let days = self.period.strip_prefix("{ duration: ")?.strip_suffix("d, isRolling: true }")?;
        days.parse().ok().filter(|_| self.method == EVENTS)
    }

    /// How many bad events there were in a window, and how many in all, as one asks Prometheus.
    pub fn counted(&self, window: &str) -> [String; 2] {
        let of = |query: &str| {
            let selector = query.trim_start_matches("sum(").trim_end_matches(" or vector(0)");
            let selector = selector.trim_end_matches(')');
            let (name, labels) = selector.split_once('{').unwrap_or((selector, "}"));
            format!("sum(increase({name}{{env=\"prod\",{labels}[{window}]))")
        };
        let (part, total) = (of(self.part), of(self.total));
        [if self.kind == "good" { format!("({total} - {part})") } else { part }, total]
    }

    /// It as OpenSLO, with annotations.
    fn definition(&self, annotations: &str) -> String {
        let Self { service, target, period, method: (slice, method), kind, part, total } = self;
        let metric =
            |query: &str| format!("{{ metricSource: {{ type: Prometheus, spec: {{ query: '{query}' }} }} }}");
        let (part, total) = (metric(part), metric(total));
        format!(
            "---\napiVersion: openslo/v1\nkind: SLO\nmetadata:\n  name: {service}\n  annotations: {{ {annotations} }}\nspec:\n  \
             service: {service}\n  budgetingMethod: {method}\n  timeWindow: [{period}]\n  objectives: [{{ target: \
             {target}{slice} }}]\n  indicator:\n    metadata: {{ name: {service} }}\n    spec:\n      ratioMetric:\n        \
             counter: true\n        {kind}: {part}\n        total: {total}\n"
        )
    }
}

/// Writes the company's repository, with annotations on each SLO; the history is somewhere already.
pub fn write(repository: &Path, history: &Path, annotations: &str) {
    for place in ["slos", "policies"] {
        fs::create_dir_all(repository.join(place)).expect("a directory");
    }
    let mut settings = SETTINGS.to_owned();
    for Slo { service, .. } in &SLOS {
        writeln!(settings, "  {service}: {{ team: company, paths: [\"{service}/**\"] }}").expect("it grows");
    }
    let definitions: String = SLOS.iter().map(|slo| slo.definition(annotations)).collect();
    for (file, text) in [
        ("slogate.yaml", &settings),
        ("slos/company.yaml", &definitions),
        ("policies/company.rhai", &POLICY.to_owned()),
    ] {
        fs::write(repository.join(file), text).expect("a file of the repository");
    }
    let link = repository.join("history.om.gz");
    // A copy where it lies on another disk.
    fs::hard_link(history, &link).or_else(|_| fs::copy(history, &link).map(drop)).expect("the history");
}

/// The company, and the servers that scraped it.
pub struct Company {
    /// Holds everything, for as long as somebody asks.
    _directory: TempDir,
    /// The repository.
    pub repository: PathBuf,
    /// The same repository, whose SLOs are counted by raw samples.
    pub raw: PathBuf,
    /// Prometheus, with its eight weeks.
    pub prometheus: Server,
    /// `VictoriaMetrics`, with the same.
    pub victoria_metrics: Server,
}

impl Company {
    /// The one that tests share which run at a time; it ends with the last of them.
    pub fn shared() -> Arc<Self> {
        static SHARED: Mutex<Weak<Company>> = Mutex::new(Weak::new());
        let mut shared = SHARED.lock().unwrap_or_else(PoisonError::into_inner);
        shared.upgrade().unwrap_or_else(|| {
            let company = Arc::new(Self::founded());
            *shared = Arc::downgrade(&company);
            company
        })
    }

    /// Writes everything and starts the servers.
    fn founded() -> Self {
        let directory = tempfile::tempdir().expect("a directory");
        let recording = directory.path().join("history.om.gz");
        let file = File::create(&recording).expect("a file");
        let mut zipped = GzEncoder::new(file, Compression::fast());
        zipped
            .write_all(history().as_bytes())
            .and_then(|()| zipped.finish())
            .expect("the history is written");
        let [repository, raw] = ["as-it-is", "raw"].map(|name| directory.path().join(name));
        write(&repository, &recording, "");
        write(&raw, &recording, "slogate.dev/exact: raw");
        Self {
            prometheus: prometheus::filled(&recording),
            victoria_metrics: victoria_metrics::filled(&recording),
            _directory: directory,
            repository,
            raw,
        }
    }
}
