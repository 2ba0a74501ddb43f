//! Is everything there, and is it what it should be?

use std::path::{Path, PathBuf};

use crate::collection::{Member, present_as};
use crate::{Collection, Result, archive, verified};

/// What became of one member of a collection.
#[derive(Debug)]
pub struct Checked {
    /// The member.
    pub member: &'static Member,
    /// Its file; for an archive, followed by the member's name.
    pub path: PathBuf,
    /// Nothing if its contents are right, else what is wrong.
    pub outcome: Result<()>,
}

impl Collection {
    /// Verifies every member of the collection in `directory`, going on after one that is wrong.
    ///
    /// A member that loading does not need is left out where it is not there.
    ///
    /// # Errors
    /// As [`locate`](Self::locate), if there is nothing to verify; or if an archive of the members breaks off.
    ///
    /// ```no_run
    /// use fenchel_datasets::{Collection, DataDirectory};
    ///
    /// for checked in Collection::Mnist.check(DataDirectory::find(None)?.path())? {
    ///     match checked.outcome {
    ///         Ok(()) => println!("{}: right", checked.path.display()),
    ///         Err(error) => println!("{error}"),
    ///     }
    /// }
    /// # Ok::<(), fenchel_datasets::Error>(())
    /// ```
    pub fn check(self, directory: &Path) -> Result<Vec<Checked>> {
        self.check_members(self.members(), directory)
    }

    pub(crate) fn check_members(self, members: &'static [Member], directory: &Path) -> Result<Vec<Checked>> {
        let place = self.locate(directory)?;
        if place.is_dir() {
            let there = |member: &&Member| member.required || present_as(&place, member.file).is_some();
            return Ok(members.iter().filter(there).map(|member| self.check_file(member, &place)).collect());
        }
        let mut found: Vec<Option<Result<()>>> = members.iter().map(|_| None).collect();
        archive::each(self, members, &place, |i, contents| {
            found[i] = Some(contents.map(drop));
            Ok(())
        })?;
        let missing =
            |member: &'static Member| member.required.then(|| Err(archive::missing(self, member, &place)));
        Ok(members
            .iter()
            .zip(found)
            .filter_map(|(member, outcome)| {
                let outcome = outcome.or_else(|| missing(member))?;
                Some(Checked { member, path: place.join(member.file), outcome })
            })
            .collect())
    }

    fn check_file(self, member: &'static Member, folder: &Path) -> Checked {
        let path = present_as(folder, member.file).unwrap_or_else(|| folder.join(member.file));
        Checked { member, path, outcome: verified::read(self, member, folder).map(drop) }
    }
}
