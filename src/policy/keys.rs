//! Where the keys and values of a header stand, so that a wrong one is underlined and not just the call it is in.
//!
//! A map that is put together before it is handed to `policy(...)` has no such places; its problems are told at the call.

#![expect(
    clippy::wildcard_enum_match_arm,
    reason = "the engine's syntax is not exhaustive, and what is not named passes"
)]

use std::collections::BTreeMap;

use rhai::{AST, Expr, Position};

use super::layout::Layout;
use super::syntax::{call, walk};
use crate::diagnostic::Place;

/// Where the keys and values of a map stand that is written out.
#[derive(Debug, Clone)]
pub(super) struct Keys {
    /// What a problem of the whole map is underlined at.
    pub(super) place: Place,
    /// The keys.
    entries: BTreeMap<String, Entry>,
}

/// One key.
#[derive(Debug, Clone)]
struct Entry {
    /// The key.
    key: Place,
    /// The first token of its value.
    value: Place,
    /// The texts in its value.
    texts: BTreeMap<String, Place>,
    /// The keys of its value, where that is a map.
    inner: Keys,
}

impl Keys {
    /// No keys: whatever is asked for stands at `place`.
    pub(super) const fn none(place: Place) -> Self {
        Self { place, entries: BTreeMap::new() }
    }

    /// The keys of the map that the call at `position` is given; none where the map is not written out there.
    pub(super) fn of_call(ast: &AST, layout: &Layout, position: Position) -> Self {
        let place = layout.token(position).unwrap_or_else(|| Place::line_of(layout.source(), 1));
        let mut keys = Self::none(place.clone());
        walk(ast, &mut |path| match path.last().and_then(call) {
            Some((call, at, _)) if at == position => {
                keys = call
                    .args
                    .first()
                    .map_or_else(|| keys.clone(), |map| Self::read(map, layout, place.clone()));
                false
            }
            _ => true,
        });
        keys
    }

    /// The keys of a map.
    fn read(expression: &Expr, layout: &Layout, place: Place) -> Self {
        let mut keys = Self::none(place);
        let Expr::Map(map, _) = expression else { return keys };
        for (name, value) in &map.0 {
            let key = layout.token(name.pos).unwrap_or_else(|| keys.place.clone());
            let texts = match value {
                Expr::Array(parts, _) => parts.iter().filter_map(|part| text(part, layout)).collect(),
                single => text(single, layout).into_iter().collect(),
            };
            let entry = Entry {
                value: layout.token(value.start_position()).unwrap_or_else(|| key.clone()),
                texts,
                inner: Self::read(value, layout, key.clone()),
                key,
            };
            keys.entries.insert(name.name.to_string(), entry);
        }
        keys
    }

    /// Where a key stands.
    pub(super) fn key(&self, name: &str) -> Place {
        self.entries.get(name).map_or_else(|| self.place.clone(), |entry| entry.key.clone())
    }

    /// Where a key's value begins.
    pub(super) fn value(&self, name: &str) -> Place {
        self.entries.get(name).map_or_else(|| self.place.clone(), |entry| entry.value.clone())
    }

    /// Where a text stands in a key's value.
    pub(super) fn literal(&self, name: &str, text: &str) -> Place {
        let found = self.entries.get(name).and_then(|entry| entry.texts.get(text));
        found.cloned().unwrap_or_else(|| self.value(name))
    }

    /// The keys of a key's value.
    pub(super) fn of(&self, name: &str) -> Self {
        let none = || Self::none(self.place.clone());
        self.entries.get(name).map_or_else(none, |entry| entry.inner.clone())
    }
}

/// A text and where it stands.
fn text(expression: &Expr, layout: &Layout) -> Option<(String, Place)> {
    match expression {
        Expr::StringConstant(text, position) => Some((text.to_string(), layout.token(*position)?)),
        _ => None,
    }
}
