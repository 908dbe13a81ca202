//! From the text of a policy to its clauses, with every problem on the way.
//!
//! The syntax is examined, the declarations run statement by statement, the seven parts are checked and each condition
//! is tried on two sample budgets. A later stage leaves out what an earlier one has said of the same lines, so that one
//! mistake is one problem.

use std::path::Path;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::{Duration, Instant};

use rhai::{AST, Engine, EvalAltResult, Scope, Stmt};
use sha2::{Digest as _, Sha256};

use super::complaint::{Complaint, Raised, printable};
use super::facts::{Facts, Sample};
use super::keys::Keys;
use super::language::{self, Declarations, Draft};
use super::layout::Layout;
use super::sandbox::{self, Broken, MAX_LINE, MAX_SOURCE, Printed, Purpose, guarded};
use super::slip;
use super::syntax;
use super::{After, Clause, Condition, Header, Names, Policy, Script, agreement, header};
use crate::diagnostic::{self, Code, Diagnostic, Place, SourceText, suggestion};

/// The most problems that are told of one policy.
const MOST_PROBLEMS: usize = 100;

/// How long all conditions together may be tried.
const LONGEST_TRIAL: Duration = Duration::from_secs(1);

/// Loads a policy; see `Policy::load`.
pub(super) fn load(source: &SourceText, names: &Names) -> Result<(Policy, Vec<Diagnostic>), Vec<Diagnostic>> {
    within_limits(source).map_err(|problem| vec![problem])?;
    let layout = Arc::new(Layout::new(source));
    let printed = Printed::default();
    let mut engine = sandbox::engine(&printed);
    let ast = compile(&engine, &layout, names).map_err(|problem| vec![problem])?;
    let words = syntax::redefined(&ast, &layout);
    if !words.is_empty() {
        // Nothing means what it says any more.
        return Err(words);
    }
    let syntax::Examined { problems, slo_names } = syntax::examine(&ast, &layout, names);
    let mut found = Findings { problems, layout: Arc::clone(&layout) };
    super::value::register(&mut engine);
    super::facts::register(&mut engine);
    let shared = Arc::new(names.clone());
    let book = language::register(&mut engine, &layout, &shared, syntax::functions(&ast));
    let declared = declare(&engine, &ast, &book, &mut found);
    let (header, keys) = found.header(&ast, &declared, names);
    found.missing(&ast, &declared);
    let mut clauses: Vec<Clause> = declared.clauses.iter().map(|draft| found.clause(draft)).collect();
    found.followed(&declared.clauses);
    let script = Script { engine, functions: ast.clone_functions_only(), layout, printed };
    found.try_conditions(&script, &clauses, names.step);
    diagnostic::sort(&mut found.problems);
    found.problems.truncate(MOST_PROBLEMS);
    let Some(header) = header.filter(|_| !found.problems.iter().any(Diagnostic::is_error)) else {
        return Err(found.problems);
    };
    for clause in &mut clauses {
        clause.consequences.iter_mut().for_each(|one| one.name_escalation(&header.escalation));
    }
    found.problems.extend(declared.unused().filter_map(|position| script.layout.call(position)).map(unused));
    found.problems.extend(idle_rights(&header, &clauses, &keys));
    found.problems.extend(agreement::warn(&header, &keys));
    let mut windows = syntax::windows(&ast, &script.layout, names.step);
    let afters = clauses.iter().filter_map(|clause| clause.after.as_ref());
    windows.extend(afters.map(|after| (after.length, after.place.clone())));
    let policy = Policy {
        id: id(source.path()),
        header,
        clauses,
        keys,
        source: source.clone(),
        digest: digest(source.text()),
        windows,
        reads: syntax::reads(&ast, &script.layout),
        signals: syntax::names(&ast, "signal", &names.signals),
        dependencies: syntax::names(&ast, "burned_by", &names.dependencies),
        slo_names,
        script,
        subject: Mutex::default(),
    };
    Ok((policy, found.problems))
}

/// The warning about a consequence that no clause has.
fn unused(place: Place) -> Diagnostic {
    Diagnostic::warning(Code::Unused, "a consequence belongs to no clause")
        .at(place, "never used")
        .help("hand it to a clause with `.then(…)`, or take it out")
}

/// Warnings about a thaw tax and silver bullets where nothing freezes, each at its place.
fn idle_rights(header: &Header, clauses: &[Clause], keys: &Keys) -> Vec<Diagnostic> {
    let mut consequences = clauses.iter().flat_map(|clause| &clause.consequences);
    if consequences.any(|consequence| consequence.frozen().is_some()) {
        return Vec::new();
    }
    let taxed = header.thaw_tax.is_some_and(|tax| !tax.is_zero());
    let rights = [
        ("thaw_tax", taxed, "a thaw tax makes a freeze longer"),
        ("silver_bullets", header.silver_bullets.is_some(), "a silver bullet lifts a freeze"),
    ];
    let written = rights.into_iter().filter(|(_, written, _)| *written);
    written
        .map(|(key, _, does)| {
            Diagnostic::warning(Code::Unused, format!("{does}, and no clause of this policy freezes"))
                .at(keys.key(key), "never used")
                .help(format!("write a clause with `freeze(…)`, or take `{key}` out"))
        })
        .collect()
}

/// The file's name without directory and ending.
fn id(path: &str) -> String {
    Path::new(path).file_stem().map_or_else(|| path.to_owned(), |stem| stem.to_string_lossy().into_owned())
}

/// `sha256:` and the digest of a text in hexadecimal.
fn digest(text: &str) -> String {
    Sha256::digest(text).iter().fold("sha256:".to_owned(), |digest, byte| format!("{digest}{byte:02x}"))
}

/// Refuses a text whose size alone is a problem.
fn within_limits(source: &SourceText) -> Result<(), Diagnostic> {
    let problem = |message: String, line: usize| {
        let place = Place::line_of(source, line);
        let place = Place::new(source, place.span.start..place.span.start.saturating_add(1));
        Diagnostic::error(Code::PolicySandbox, message)
            .at(place, "here")
            .help("a policy is a short text: split it")
    };
    if source.text().len() > MAX_SOURCE {
        return Err(problem(format!("the policy is longer than {} KiB", MAX_SOURCE / 1024), 1));
    }
    let long = |line: &str| line.len() > MAX_LINE && line.chars().nth(MAX_LINE).is_some();
    if let Some(index) = source.text().split('\n').position(long) {
        return Err(problem(format!("a line is longer than {MAX_LINE} characters"), index + 1));
    }
    if source.text().split('\n').nth(MAX_LINE).is_some() {
        return Err(problem(format!("the policy has more than {MAX_LINE} lines"), 1));
    }
    Ok(())
}

/// Parses the script.
fn compile(engine: &Engine, layout: &Layout, names: &Names) -> Result<AST, Diagnostic> {
    let parse = || {
        let parsed = engine.compile(layout.source().text());
        parsed.map_err(|error| Box::new(EvalAltResult::ErrorParsing(*error.0, error.1)))
    };
    let ast = guarded(Purpose::Declaring, parse).map_err(|broken| {
        let problem = diagnosed(broken, layout, None);
        let token = problem.place().filter(|_| problem.code == Code::PolicySyntax);
        match token.and_then(|token| slip::at(layout, token, &problem.message, names)) {
            Some(slip) => {
                Diagnostic::error(problem.code, slip.message).at(slip.place, "here").help(slip.help)
            }
            None => problem,
        }
    })?;
    // The engine takes the end of the file for the end of a comment, and every clause behind its beginning for words.
    match layout.open_comment() {
        Some(place) => Err(Diagnostic::error(Code::PolicySyntax, "the comment is never closed")
            .at(place, "everything from here on is a comment")
            .help("close it with `*/`, or begin each of its lines with `//`")),
        None => Ok(ast),
    }
}

/// A broken run as a problem; `line` is where it is when the engine does not say.
fn diagnosed(broken: Broken, layout: &Layout, line: Option<usize>) -> Diagnostic {
    let (complaint, place) = match broken {
        Broken::Raised(error) => {
            let (complaint, position) = Complaint::of_error(&error);
            (complaint, layout.token(position))
        }
        Broken::Panicked(why) => (Complaint::of_panic(&why), None),
    };
    let place = place.unwrap_or_else(|| Place::line_of(layout.source(), line.unwrap_or(1)));
    Diagnostic::error(complaint.code, complaint.message).at(place, "here").help(complaint.help)
}

/// Runs the declarations, statement by statement, so that one that fails does not hide the next.
fn declare(engine: &Engine, ast: &AST, book: &Mutex<Declarations>, found: &mut Findings) -> Declarations {
    let mut raised: Vec<(usize, Raised)> = Vec::new();
    let run = guarded(Purpose::Declaring, || {
        let mut scope = Scope::new();
        for (index, statement) in ast.statements().iter().enumerate() {
            let one = AST::new([statement.clone()], ast.shared_lib().clone());
            let Err(error) = engine.run_ast_with_scope(&mut scope, &one) else { continue };
            // After a variable that is not there, the next ones are not where the engine looks for them.
            let over = matches!(statement, Stmt::Var(..)) || error.is_system_exception();
            raised.push((index, error));
            if over {
                break;
            }
        }
        Ok(())
    });
    let declared = book.lock().unwrap_or_else(PoisonError::into_inner).close();
    let known = found.problems.len();
    found.problems.extend(declared.problems.iter().cloned());
    for (index, error) in raised {
        let start = ast.statements().get(index).map(Stmt::position);
        let end = ast.statements().get(index + 1).map(Stmt::position);
        let start = start.and_then(|position| found.layout.offset(position)).unwrap_or(0);
        let end = end.and_then(|position| found.layout.offset(position)).unwrap_or(usize::MAX);
        let told = found.problems.iter().take(known).filter_map(Diagnostic::place);
        if told.into_iter().any(|place| (start..end).contains(&place.span.start)) {
            continue;
        }
        let line = found.layout.source().line_column(start).0;
        let problem = diagnosed(Broken::Raised(error), &found.layout, Some(line));
        found.problems.push(problem);
    }
    if let Err(broken) = run {
        let problem = diagnosed(broken, &found.layout, None);
        found.problems.push(problem);
    }
    declared
}

/// True when a script calls a function of this name somewhere.
fn calls(ast: &AST, name: &str) -> bool {
    !ast.walk(&mut |path: &[rhai::ASTNode<'_>]| {
        !path.last().is_some_and(|node| syntax::is_call_of(node, name))
    })
}

/// The problems that were found until now.
struct Findings {
    /// In the order of finding.
    problems: Vec<Diagnostic>,
    /// The text.
    layout: Arc<Layout>,
}

impl Findings {
    /// True when a problem lies within a place.
    fn within(&self, place: &Place) -> bool {
        self.problems
            .iter()
            .filter(|problem| problem.is_error())
            .filter_map(Diagnostic::place)
            .any(|found| place.span.start <= found.span.start && found.span.start <= place.span.end)
    }

    /// The header, unless something in it is wrong, and where its keys stand.
    fn header(&mut self, ast: &AST, declared: &Declarations, names: &Names) -> (Option<Header>, Keys) {
        let Some((map, position)) = &declared.header else {
            return (None, Keys::none(Place::line_of(self.layout.source(), 1)));
        };
        let keys = Keys::of_call(ast, &self.layout, *position);
        let header = header::read(map, &keys, names).map_err(|problems| self.problems.extend(problems));
        (header.ok(), keys)
    }

    /// Notes that there is no policy, or no clause.
    fn missing(&mut self, ast: &AST, declared: &Declarations) {
        let top = Place::line_of(self.layout.source(), 1);
        let failed = self.problems.iter().any(Diagnostic::is_error);
        let parts = [
            (
                "policy",
                declared.header.is_some(),
                "the file declares no policy",
                "begin with `policy(#{ … })`",
            ),
            (
                "clause",
                !declared.clauses.is_empty(),
                "the policy has no clause: no condition and no consequence",
                "write `clause(\"name\", \"title\").when(|budget| …).then(…)`",
            ),
        ];
        for (name, there, message, help) in parts {
            // A call that failed has been told already.
            if there || (failed && calls(ast, name)) {
                continue;
            }
            let problem = Diagnostic::error(Code::PolicyPart, message).at(top.clone(), "in this file");
            self.problems.push(problem.help(help));
        }
    }

    /// A clause; its missing parts are told, unless something else in its lines is.
    fn clause(&mut self, draft: &Draft) -> Clause {
        let place = self.layout.chain(draft.position);
        let place = place.unwrap_or_else(|| Place::line_of(self.layout.source(), 1));
        if !self.within(&place) {
            let head = self.layout.call(draft.position).unwrap_or_else(|| place.clone());
            for (message, help) in lacking(draft) {
                let problem = Diagnostic::error(Code::PolicyPart, message).at(head.clone(), "this clause");
                self.problems.push(problem.help(help));
            }
        }
        let condition = |declared: &language::Condition| {
            let place = self.layout.arguments(declared.position).unwrap_or_else(|| place.clone());
            Condition {
                place,
                function: declared.function.clone(),
                steadily: declared.steadily,
                asked: OnceLock::new(),
            }
        };
        Clause {
            name: draft.name.clone(),
            title: draft.title.clone(),
            when: draft.when.as_ref().map(condition),
            thaws: draft.thaws.as_ref().map(condition),
            place: place.clone(),
            consequences: draft.consequences.clone(),
            manual: draft.manual,
            on_gap: draft.on_gap,
            after: draft.after.as_ref().map(|after| self.after(after, &place)),
        }
    }

    /// The clause that a clause follows.
    fn after(&self, declared: &language::After, clause: &Place) -> After {
        After {
            clause: declared.clause.clone(),
            length: declared.length,
            place: self.layout.arguments(declared.position).unwrap_or_else(|| clause.clone()),
        }
    }

    /// Notes clauses that follow none, themselves, or each other in a circle.
    fn followed(&mut self, drafts: &[Draft]) {
        let named = |name: &str| drafts.iter().find(|draft| draft.name == name);
        for draft in drafts {
            let Some(after) = &draft.after else { continue };
            let (name, other) = (printable(&draft.name), printable(&after.clause));
            let (code, message, help) = if after.clause == draft.name {
                let help = "name the clause at whose end it comes into force".to_owned();
                (Code::PolicyPart, format!("the clause `{name}` follows itself"), help)
            } else if named(&after.clause).is_none() {
                let others = drafts.iter().map(|draft| draft.name.as_str()).filter(|one| *one != draft.name);
                (
                    Code::UnknownName,
                    format!("there is no clause `{other}`"),
                    suggestion(&after.clause, others),
                )
            } else if circular(draft, named) {
                let message = format!("the clause `{name}` follows `{other}`, which follows it in turn");
                let help = "begin with a clause that has a condition, or is manual";
                (Code::PolicyPart, message, help.to_owned())
            } else {
                continue;
            };
            let place = self.layout.literal(after.position, &after.clause);
            let place = place.or_else(|| self.layout.token(after.position));
            let place = place.unwrap_or_else(|| Place::line_of(self.layout.source(), 1));
            self.problems.push(Diagnostic::error(code, message).at(place, "this clause").help(help));
        }
    }

    /// Tries every condition on samples. What is unknown there is no mistake.
    fn try_conditions(&mut self, script: &Script, clauses: &[Clause], step: i64) {
        let began = Instant::now();
        for condition in clauses.iter().flat_map(|clause| clause.when.iter().chain(&clause.thaws)) {
            if self.within(&condition.place) {
                continue;
            }
            if began.elapsed() > LONGEST_TRIAL {
                let message = "the conditions take too long to be tried";
                let problem =
                    Diagnostic::error(Code::PolicySandbox, message).at(condition.place.clone(), "until here");
                self.problems.push(problem.help("compare facts, without loops"));
                return;
            }
            for sample in [Sample::Healthy, Sample::Exhausted] {
                let facts = Facts::sample(sample, step);
                let answer = script.ask(condition, &facts);
                let (None, Err((complaint, place))) = (facts.take().1, answer) else { continue };
                if !self.problems.iter().any(|told| told.is_error() && told.place() == Some(&place)) {
                    let problem = Diagnostic::error(complaint.code, complaint.message);
                    self.problems.push(problem.at(place, "here").help(complaint.help));
                }
                break;
            }
        }
    }
}

/// True when the clauses that a clause follows lead back to it.
fn circular<'a>(first: &'a Draft, named: impl Fn(&str) -> Option<&'a Draft>) -> bool {
    let (mut draft, mut seen) = (first, Vec::new());
    while let Some(next) = draft.after.as_ref().and_then(|after| named(&after.clause)) {
        if next.name == first.name {
            return true;
        }
        if seen.contains(&&next.name) {
            return false;
        }
        seen.push(&next.name);
        draft = next;
    }
    false
}

/// What a clause lacks, and what to do about it.
fn lacking(draft: &Draft) -> Vec<(String, &'static str)> {
    let name = printable(&draft.name);
    let mut lacking = Vec::new();
    if draft.when.is_none() && !draft.manual && draft.after.is_none() && !draft.on_gap {
        lacking.push((
            format!("the clause `{name}` has no condition"),
            "write `.when(|budget| budget.remaining <= 0)`, or `.manual()` where a person triggers it",
        ));
    }
    if draft.manual && draft.when.is_some() {
        lacking.push((
            format!("the clause `{name}` is manual and has a condition"),
            "keep one: `.manual()` or `.when(…)`",
        ));
    }
    let beside =
        [("manual()", draft.manual), ("when(…)", draft.when.is_some()), ("thaws(…)", draft.thaws.is_some())];
    for (method, _) in beside.into_iter().filter(|(_, there)| *there && draft.after.is_some()) {
        lacking.push((
            format!("the clause `{name}` follows another one and has `.{method}`"),
            "keep one: `.after(…)` says when it begins and when it ends",
        ));
    }
    let others = [
        ("manual()", draft.manual),
        ("when(…)", draft.when.is_some()),
        ("thaws(…)", draft.thaws.is_some()),
        ("after(…)", draft.after.is_some()),
    ];
    for (method, _) in others.into_iter().filter(|(_, there)| *there && draft.on_gap) {
        lacking.push((
            format!("the clause `{name}` has `.on_gap()` and `.{method}`"),
            "keep one: `.on_gap()` is in force while the budget is not known, and ends when it is",
        ));
    }
    if draft.thaws.is_some() && draft.when.is_none() && draft.after.is_none() && !draft.on_gap {
        lacking.push((
            format!("the clause `{name}` thaws and never comes into force"),
            "write `.when(…)` before `.thaws(…)`",
        ));
    }
    if draft.consequences.is_empty() {
        lacking.push((
            format!("the clause `{name}` has no consequence"),
            "write `.then(freeze(\"production\"))` or `.then(warn(\"…\"))`",
        ));
    }
    lacking
}
