//! Arguments, environment, clock and streams enter here and nowhere else.

use std::io::{IsTerminal as _, stderr, stdin, stdout};
use std::process::ExitCode;

use slogate::command::World;

#[expect(
    clippy::disallowed_methods,
    reason = "main is where the environment, the directory and the clock enter"
)]
fn main() -> ExitCode {
    let environment = std::env::vars_os()
        // A value that is not UTF-8 must not look like one that is not there.
        .filter_map(|(name, value)| Some((name.into_string().ok()?, value.to_string_lossy().into_owned())))
        .collect();
    let mut world = World {
        arguments: std::env::args_os().collect(),
        environment,
        directory: std::env::current_dir().unwrap_or_default(),
        now: jiff::Timestamp::now(),
        terminal: stdout().is_terminal(),
        columns: terminal_size::terminal_size_of(stdout()).map(|(width, _)| usize::from(width.0)),
        input: Box::new(stdin()),
        out: Box::new(stdout()),
        err: Box::new(stderr()),
    };
    ExitCode::from(slogate::command::run(&mut world).code())
}
