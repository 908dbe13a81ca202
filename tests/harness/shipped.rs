//! Pull requests that ship together: in a merge group, or by a deploy.

use std::collections::BTreeMap;

use serde::Deserialize;

use crate::stub::World;
use crate::stub::world::Step;

/// A commit on the way from the base to the head, by the pull request that it brings. The last one is the head.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Shipped {
    /// The number; none of a commit that somebody pushed.
    pull: Option<u64>,
    /// It was squashed into one commit; else merged.
    squashed: bool,
    /// Its labels, and who set each.
    labels: BTreeMap<String, String>,
    /// The branch that it goes into.
    base: String,
    /// Its head is another commit by now.
    moved: bool,
}

impl Default for Shipped {
    fn default() -> Self {
        Self { pull: None, squashed: false, labels: BTreeMap::new(), base: "main".to_owned(), moved: false }
    }
}

/// Lays the way from the base to the head. What is in a queue belongs to a pull request by the head that it merges; what is
/// merged, by the commit on the branch.
pub(super) fn lay(world: &mut World, shipped: &[Shipped], is_queue: bool, base: &str, head: &str) {
    let mut commits = Vec::new();
    let mut before = base.to_owned();
    for (place, one) in shipped.iter().enumerate() {
        let id =
            if place + 1 == shipped.len() { head.to_owned() } else { format!("{:040x}", 0xc0_0000 + place) };
        let mut parents = vec![before];
        if let Some(number) = one.pull {
            let own = format!("{number:040x}");
            let now = if one.moved { "d".repeat(40) } else { own.clone() };
            world.pull(number, &one.base, &now, Vec::new());
            one.labels.iter().for_each(|(label, by)| world.label(number, label, by));
            if !one.squashed {
                parents.push(own.clone());
                commits.push(Step { id: own.clone(), parents: vec![base.to_owned()] });
            }
            if is_queue {
                let belongs = if one.squashed { Vec::new() } else { vec![number] };
                world.belongings.insert(if one.squashed { id.clone() } else { own }, belongs);
            } else {
                world.merged.insert(number);
                world.belongings.insert(id.clone(), vec![number]);
            }
        }
        commits.push(Step { id: id.clone(), parents });
        before = id;
    }
    if !commits.is_empty() {
        world.led.insert((base.to_owned(), head.to_owned()), commits);
    }
}
