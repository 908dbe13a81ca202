//! Colours and weights of text on a terminal. Each word that is coloured says by itself what its colour says.

use crate::report::problem::Look;
use crate::verdict::Effect;

/// A colour or weight.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ink {
    /// Bold on red, green, yellow or blue ground.
    Banner(Effect),
    /// Bold.
    Strong,
    /// Dim.
    Faint,
    /// Red: exhausted, overdue, failed.
    Alarm,
    /// Yellow: not known.
    Doubt,
    /// Green: done.
    Calm,
}

impl Ink {
    /// The numbers of a terminal's "select graphic rendition".
    const fn code(self) -> &'static str {
        match self {
            Self::Banner(Effect::Freeze | Effect::Restrict) => "1;37;41",
            Self::Banner(Effect::Proceed) => "1;30;42",
            Self::Banner(Effect::Warn | Effect::Unknown) => "1;30;43",
            Self::Banner(Effect::Inform) => "1;37;44",
            Self::Strong => "1",
            Self::Faint => "2",
            Self::Alarm => "31",
            Self::Doubt => "33",
            Self::Calm => "32",
        }
    }
}

impl Look {
    /// Text in a colour, where there is colour.
    #[must_use]
    pub fn ink(self, ink: Ink, text: &str) -> String {
        if self.colour { format!("\u{1b}[{}m{text}\u{1b}[0m", ink.code()) } else { text.to_owned() }
    }
}
