//! An end that somebody else asks for: SIGINT and SIGTERM, as a runner sends them when a job is cancelled.
//!
//! Whoever is blocked on the network cannot answer a signal, so it is waited for beside them. What is to be done then
//! is done once, within the few seconds that a runner grants, and the process ends.

use tokio::runtime::Builder;

/// The exit of a process that was interrupted, as shells know it.
const INTERRUPTED: i32 = 130;

/// Does something when the process is asked to end, and ends it then. Without the means to wait for signals the process
/// ends as it would without this.
pub fn before_an_interruption(last: impl FnOnce() + Send + 'static) {
    let waiting = move || {
        let Ok(runtime) = Builder::new_current_thread().enable_all().build() else { return };
        if runtime.block_on(asked()) {
            last();
            end();
        }
    };
    // A thread that cannot be had is one that waits for nothing.
    let _ = std::thread::Builder::new().name("interruption".to_owned()).spawn(waiting);
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

/// Waits until the process is asked to end; false when that cannot be waited for.
#[cfg(unix)]
async fn asked() -> bool {
    use tokio::signal::unix::{SignalKind, signal};
    let (Ok(mut interrupt), Ok(mut terminate)) =
        (signal(SignalKind::interrupt()), signal(SignalKind::terminate()))
    else {
        return false;
    };
    tokio::select! {
        _ = interrupt.recv() => true,
        _ = terminate.recv() => true,
    }
}

/// Waits until the process is asked to end; false when that cannot be waited for.
#[cfg(not(unix))]
async fn asked() -> bool {
    tokio::signal::ctrl_c().await.is_ok()
}
