//! How far a sweep is: a bar that moves on a terminal, and now and then a line elsewhere.

use rust_decimal::Decimal;

use crate::command::World;
use crate::report::chart;
use crate::report::problem::Look;

/// Cells of the bar.
const BAR: u32 = 20;

/// After how many pull requests a line is written where no bar can move.
const LINES: usize = 50;

/// How far a sweep is.
pub struct Progress {
    /// A bar can move.
    moves: bool,
    /// Beyond ASCII.
    unicode: bool,
    /// How many there are.
    all: usize,
}

impl Progress {
    /// Of so many.
    pub fn of(all: usize, look: Look, world: &World) -> Self {
        let logged = world.variable("CI").is_some() || world.variable("TERM") == Some("dumb");
        Self { moves: world.terminal && !logged, unicode: look.unicode, all }
    }

    /// So many are behind it.
    pub fn show(&self, what: &str, behind: usize, world: &mut World) {
        if self.moves {
            let share = Decimal::from(behind) / Decimal::from(self.all.max(1));
            let bar = chart::bar(share, BAR, self.unicode);
            let _ = write!(world.err, "\r\u{1b}[2K{bar} {behind} of {} {what}", self.all);
            let _ = world.err.flush();
        } else if behind.is_multiple_of(LINES) && behind > 0 {
            world.tell(&format!("{behind} of {} open pull requests {what}", self.all));
        }
    }

    /// Takes the bar away.
    pub fn clear(&self, world: &mut World) {
        if self.moves {
            let _ = write!(world.err, "\r\u{1b}[2K");
            let _ = world.err.flush();
        }
    }
}
