//! An end that somebody else asks for: SIGINT and SIGTERM, as a runner sends them when a job is cancelled.
//!
//! Whoever is blocked on the network cannot answer a signal, so it is waited for beside them. What is to be done then
//! is done once, within the few seconds that a runner grants, and the process ends.

use std::sync::mpsc::{Sender, channel};

use tokio::runtime::Builder;

/// The exit of a process that was interrupted, as shells know it.
const INTERRUPTED: i32 = 130;

/// Does something when the process is asked to end, and ends it then; whoever asks after this has returned is heard.
/// Without the means to wait for signals the process ends as it would without this.
pub fn before_an_interruption(last: impl FnOnce() + Send + 'static) {
    let (listening, heard) = channel();
    let waiting = move || {
        let Ok(runtime) = Builder::new_current_thread().enable_all().build() else { return };
        if runtime.block_on(asked(listening)) {
            last();
            end();
        }
    };
    // A thread that cannot be had is one that waits for nothing: it drops its end of the channel, and so does one that
    // cannot listen.
    let _ = std::thread::Builder::new().name("interruption".to_owned()).spawn(waiting);
    let _ = heard.recv();
}

/// Ends the process, whatever its other threads wait for.
#[expect(
    clippy::exit,
    clippy::disallowed_methods,
    reason = "whoever asked for the end waits for it, and the main thread may be blocked"
)]
fn end() -> ! {
    std::process::exit(INTERRUPTED)
}

/// Waits until the process is asked to end, and says when it listens; false when that cannot be waited for.
#[cfg(unix)]
async fn asked(listening: Sender<()>) -> bool {
    use tokio::signal::unix::{SignalKind, signal};
    let (Ok(mut interrupt), Ok(mut terminate)) =
        (signal(SignalKind::interrupt()), signal(SignalKind::terminate()))
    else {
        return false;
    };
    drop(listening);
    tokio::select! {
        _ = interrupt.recv() => true,
        _ = terminate.recv() => true,
    }
}

/// Waits until the process is asked to end, and says when it is about to listen; false when that cannot be waited for.
#[cfg(not(unix))]
async fn asked(listening: Sender<()>) -> bool {
    drop(listening);
    tokio::signal::ctrl_c().await.is_ok()
}
