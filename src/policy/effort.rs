//! How long this thread has computed. A machine that is busy with other things makes a policy wait, which is none of the
//! policy's doing, so limits of a policy count what it used and not what the clock on the wall says.

use std::time::Duration;

/// What the processor has done for this thread so far.
#[cfg(unix)]
pub(super) fn so_far() -> Duration {
    use rustix::time::{ClockId, clock_gettime};
    Duration::try_from(clock_gettime(ClockId::ThreadCPUTime)).unwrap_or_default()
}

/// The time since this was first asked: nothing better is to be had here.
#[cfg(not(unix))]
pub(super) fn so_far() -> Duration {
    use std::sync::OnceLock;
    use std::time::Instant;
    static BEGINNING: OnceLock<Instant> = OnceLock::new();
    BEGINNING.get_or_init(Instant::now).elapsed()
}

/// Works for so long.
#[cfg(test)]
pub(super) fn work(time: Duration) {
    let begun = so_far();
    while so_far().saturating_sub(begun) < time {
        std::hint::spin_loop();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[cfg(unix)]
    fn waiting_is_no_effort() {
        let begun = so_far();
        std::thread::sleep(Duration::from_millis(50));
        assert!(so_far().saturating_sub(begun) < Duration::from_millis(50));
        work(Duration::from_millis(1));
        assert!(so_far().saturating_sub(begun) >= Duration::from_millis(1));
    }
}
