//! What is judged with: the source that budgets are read from, the organisation's layer, the instant. It is the same for
//! whatever a run judges, and every verb that judges makes it here.

use std::path::{Component, Path, PathBuf};

use jiff::Timestamp;

use crate::cli::{Layered, Source};
use crate::command::World;
use crate::command::ground::Ground;
use crate::command::judge::Stop;
use crate::command::organization::Offer;
use crate::command::watch::Named;
use crate::http::Client;
use crate::settings::organization::Organization;

/// What is judged with.
#[derive(Clone)]
pub struct Means<'a> {
    /// The directory that has the settings, as the command line names it.
    pub dir: PathBuf,
    /// How the source of budgets is named, and what asks it.
    pub named: Named<'a>,
    /// The organisation's layer, when one is offered.
    pub organization: Offer,
    /// The instant that is to be judged, when one is given.
    pub given: Option<Timestamp>,
    /// The present.
    pub present: Timestamp,
}

impl<'a> Means<'a> {
    /// What the command line and the environment name.
    ///
    /// # Errors
    /// When the source is named wrongly.
    pub fn of(
        dir: &Path,
        (source, layered): (&'a Source, &Layered),
        given: Option<Timestamp>,
        client: &'a Client,
        world: &World,
    ) -> Result<Self, String> {
        Ok(Self {
            dir: dir.to_owned(),
            named: Named::of(source, dir, world, client)?,
            organization: Offer::of(layered, world),
            given,
            present: world.now,
        })
    }

    /// The same, with another client that asks.
    pub fn asking(&self, client: &'a Client) -> Self {
        Self { named: Named { client, ..self.named.clone() }, ..self.clone() }
    }

    /// Reads the organisation's layer. Where a base decides, it must not lie in the team's repository.
    ///
    /// # Errors
    /// When it is not the layer that was meant.
    pub fn layer(&self, ground: &Ground) -> Result<Option<Organization>, Stop> {
        self.organization.read(&self.named.directory, ground.base.as_ref().map(|_| self.root()))
    }

    /// The directory that has the settings, when it is on this machine.
    pub fn root(&self) -> &Path {
        &self.named.root
    }
}

/// The judged directory inside its repository as GitHub knows it, for a run without a clone; none when the argument
/// does not lead into the repository.
pub fn prefix(dir: &Path) -> Option<String> {
    let mut prefix = String::new();
    for part in dir.components() {
        match part {
            Component::CurDir => {}
            Component::Normal(part) => {
                prefix.push_str(part.to_str()?);
                prefix.push('/');
            }
            Component::Prefix(_) | Component::RootDir | Component::ParentDir => return None,
        }
    }
    Some(prefix)
}
