//! Pull requests that ship together: in a merge group, or by a deploy.

use std::collections::BTreeMap;

use serde::Deserialize;

use crate::stub::World;
use crate::stub::world::{Entry, File, Step};

/// A pull request on the way from the base to the head, or a commit that somebody pushed. The last commit is the head.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
#[expect(clippy::struct_excessive_bools, reason = "each is one thing that may be so of what ships")]
pub(super) struct Shipped {
    /// The number; none of a commit that somebody pushed.
    pull: Option<u64>,
    /// It was squashed into one commit; else merged.
    squashed: bool,
    /// It was rebased: so many commits.
    rebased: usize,
    /// Its labels, and who set each.
    labels: BTreeMap<String, String>,
    /// The branch that it goes into.
    base: String,
    /// Its head is another commit by now.
    moved: bool,
    /// The queue has no entry for it any more.
    gone: bool,
    /// Its commits on the way change one more file than it does.
    altered: bool,
}

impl Default for Shipped {
    fn default() -> Self {
        Self {
            pull: None,
            squashed: false,
            rebased: 0,
            labels: BTreeMap::new(),
            base: "main".to_owned(),
            moved: false,
            gone: false,
            altered: false,
        }
    }
}

impl Shipped {
    /// How many commits it puts on the way.
    fn length(&self) -> usize {
        self.rebased.max(1)
    }

    /// It is merged by a commit with two parents.
    const fn is_merged(&self) -> bool {
        self.pull.is_some() && !self.squashed && self.rebased == 0
    }
}

/// Lays the way from the base to the head. What is in a queue belongs to a pull request by the head that it merges, else only
/// the queue itself knows whose it is; what is merged, by each commit on the branch.
pub(super) fn lay(world: &mut World, shipped: &[Shipped], is_queue: bool, base: &str, head: &str) {
    let whole: usize = shipped.iter().map(Shipped::length).sum();
    let ids =
        (1..=whole).map(|at| if at == whole { head.to_owned() } else { format!("{:040x}", 0xbf_ffff + at) });
    let mut ids = ids.collect::<Vec<_>>().into_iter();
    let mut commits = Vec::new();
    let mut before = base.to_owned();
    let files_of = |commit: &str| world.commits.get(commit).cloned().unwrap_or_default();
    let (old, new) = (files_of(base), files_of(head));
    let mut files = old.clone();
    for (place, one) in shipped.iter().enumerate() {
        let own = format!("{:040x}", one.pull.unwrap_or_default());
        if let Some(number) = one.pull {
            let now = if one.moved { "d".repeat(40) } else { own.clone() };
            world.pull(number, &one.base, &now, Vec::new());
            one.labels.iter().for_each(|(label, by)| world.label(number, label, by));
        }
        // The last one brings what is on disk, each before it a file of its own.
        let its = if place + 1 == shipped.len() {
            new.clone()
        } else {
            with(old.clone(), &format!("docs/{own}.md"))
        };
        let more: BTreeMap<String, File> = its
            .iter()
            .filter(|(path, file)| old.get(*path) != Some(file))
            .map(|(path, file)| (path.clone(), file.clone()))
            .collect();
        world.commit(&own, its);
        let first = before.clone();
        for id in ids.by_ref().take(one.length()) {
            let mut parents = vec![before];
            if one.is_merged() {
                parents.push(own.clone());
                commits.push(Step { id: own.clone(), parents: vec![base.to_owned()] });
            }
            if is_queue {
                let belongs = one.pull.filter(|_| one.is_merged()).into_iter().collect();
                world.belongings.insert(if one.is_merged() { own.clone() } else { id.clone() }, belongs);
            } else if let Some(number) = one.pull {
                world.merged.insert(number);
                world.belongings.insert(id.clone(), vec![number]);
            }
            commits.push(Step { id: id.clone(), parents });
            // Of several commits all but the last leave something unfinished.
            world.commit(&id, with(files.clone(), "unfinished"));
            before = id;
        }
        files.extend(more);
        if one.altered {
            files = with(files, "smuggled");
        }
        world.commit(&before, files.clone());
        if let Some(pull) = one.pull.filter(|_| is_queue && !one.gone) {
            let entry = Entry { pull, base: Some(first), head: Some(before.clone()) };
            world.queues.entry("main".to_owned()).or_default().push(entry);
        }
    }
    if !commits.is_empty() {
        world.led.insert((base.to_owned(), head.to_owned()), commits);
    }
}

/// Files with one more.
fn with(mut files: BTreeMap<String, File>, path: &str) -> BTreeMap<String, File> {
    files.insert(path.to_owned(), File { mode: "100644", bytes: path.as_bytes().to_vec() });
    files
}
