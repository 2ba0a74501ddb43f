//! From a downloaded part to files in their place: verified, then moved, never half-written.

use std::fs;
use std::path::Path;

use fenchel_files::write_whole;

use super::Event;
use crate::collection::{Member, present_as};
use crate::{Collection, Error, Result, archive, verified};

/// What is downloaded in one piece.
#[derive(Clone, Copy, Debug)]
pub(super) enum Item {
    /// One member, compressed with gzip.
    Member(&'static Member),
    /// All members in one archive of this name.
    Archive(&'static str, &'static [Member]),
}

impl Item {
    /// The name at the source.
    pub(super) fn file(self) -> String {
        match self {
            Self::Member(member) => format!("{}.gz", member.file),
            Self::Archive(name, _) => name.to_owned(),
        }
    }

    /// More bytes than this cannot be the file: the contents, and as much again as wrapping could ever add.
    pub(super) fn limit(self) -> u64 {
        let contents: u64 = match self {
            Self::Member(member) => member.bytes,
            Self::Archive(_, members) => members.iter().map(|member| member.bytes).sum(),
        };
        contents + contents / 64 + (1 << 20)
    }

    /// Verifies `part`, moves what it holds into `folder` and removes it.
    ///
    /// Nothing is moved before it is verified. A wrong file that lies in the place is set aside.
    pub(super) fn install(
        self,
        collection: Collection,
        part: &Path,
        folder: &Path,
        events: &mut dyn FnMut(Event<'_>),
    ) -> Result<()> {
        match self {
            Self::Member(member) => {
                let contents = verified::contents(part, member.bytes)?;
                verified::verify(collection, member, part, &contents)?;
                set_aside(folder, member, events)?;
                rename(part, &folder.join(self.file()))
            }
            Self::Archive(_, members) => {
                // The archive is gone through twice, so that nothing is moved if it breaks off in the middle.
                archive::read(collection, members, part)?;
                archive::each(collection, members, part, |i, contents| {
                    let member = &members[i];
                    let contents = contents?;
                    set_aside(folder, member, events)?;
                    Ok(write_whole(&folder.join(member.file), &contents)?)
                })?;
                fs::remove_file(part).map_err(|source| Error::Io {
                    action: "remove",
                    path: part.to_owned(),
                    source,
                })
            }
        }
    }
}

/// Makes room for a verified member: what lies in its place, plain or compressed, is renamed, not removed.
fn set_aside(folder: &Path, member: &Member, events: &mut dyn FnMut(Event<'_>)) -> Result<()> {
    while let Some(wrong) = present_as(folder, member.file) {
        let aside = fenchel_files::set_aside(&wrong, "wrong")?;
        events(Event::SetAside { wrong: &wrong, aside: &aside });
    }
    Ok(())
}

fn rename(from: &Path, to: &Path) -> Result<()> {
    fs::rename(from, to).map_err(|source| Error::Io {
        action: "move a verified file to",
        path: to.to_owned(),
        source,
    })
}
