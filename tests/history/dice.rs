//! Dice: numbers that look random and are the same on every machine and in every year.
//!
//! The algorithm is `SplitMix64` (Steele, Lea, Flood: Fast splittable pseudorandom number generators, 2014). A crate's
//! generator may change with its version, and with it every committed history; these twenty lines do not.

/// A seeded sequence of numbers.
#[derive(Debug, Clone)]
pub struct Dice(u64);

impl Dice {
    /// The sequence that belongs to `seed`.
    pub const fn seeded(seed: u64) -> Self {
        Self(seed)
    }

    /// The next 64 bits.
    const fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut bits = self.0;
        bits = (bits ^ (bits >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        bits = (bits ^ (bits >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        bits ^ (bits >> 31)
    }

    /// A number from 0 to `below`, excluded.
    pub const fn below(&mut self, below: u64) -> u64 {
        self.next() % below
    }

    /// How many of `events` turn out bad when on average `millionths` of them do: the whole part of the
    /// expectation, and one more as often as its fraction says.
    pub const fn bad_of(&mut self, events: u64, millionths: u64) -> u64 {
        let expected = events * millionths;
        let more = if self.below(1_000_000) < expected % 1_000_000 { 1 } else { 0 };
        let bad = expected / 1_000_000 + more;
        if bad > events { events } else { bad }
    }
}
