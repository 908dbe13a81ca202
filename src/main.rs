//! Arguments, environment, clock and streams enter here and nowhere else.

use std::io::{IsTerminal as _, stderr, stdout};
use std::process::ExitCode;

use slogate::command::World;

#[expect(
    clippy::disallowed_methods,
    reason = "main is where the environment, the directory and the clock enter"
)]
fn main() -> ExitCode {
    let environment = std::env::vars_os()
        .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
        .collect();
    let mut world = World {
        arguments: std::env::args_os().collect(),
        environment,
        directory: std::env::current_dir().unwrap_or_default(),
        now: jiff::Timestamp::now(),
        terminal: stdout().is_terminal(),
        out: Box::new(stdout()),
        err: Box::new(stderr()),
    };
    ExitCode::from(slogate::command::run(&mut world).code())
}
