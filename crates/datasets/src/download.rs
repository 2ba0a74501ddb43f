//! Fetching the public data sets, when asked: resumed, verified by contents, moved into place whole.
//!
//! What arrives goes to a hidden file beside its place, which a later call goes on with if the connection breaks or
//! the process dies. Only when the SHA-256 of the *decompressed* contents is right does it get its name, so a rebuilt
//! archive is accepted and wrong bytes are not. A lock in the folder makes a second process wait for the first and
//! then find the files there. The operating system drops the lock when its process ends, however it ends.
//!
//! ```no_run
//! use fenchel_datasets::download::{self, Event, Options};
//! use fenchel_datasets::{Collection, DataDirectory};
//!
//! let directory = DataDirectory::find(None)?;
//! let report = &mut |event: Event<'_>| println!("{event}");
//! download::get(Collection::Mnist, directory.path(), &Options::from_environment(), report)?;
//! let mnist = directory.load(Collection::Mnist)?;
//! # Ok::<(), fenchel_datasets::Error>(())
//! ```

use std::fs;
use std::path::Path;
use std::time::Duration;

use fenchel_files::FolderLock;

use crate::collection::Member;
use crate::{Collection, Error, Result, verified};

mod fetch;
mod install;
pub mod sources;
#[cfg(test)]
mod tests;

use fetch::End;
use install::Item;

/// How to fetch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Options {
    /// Addresses of folders to try instead of the known [`sources`], in this order; empty for the known ones.
    ///
    /// `{name}` stands for the name of the data set, and the file's name is appended:
    /// `http://mirror.example.org/{name}/` gives `http://mirror.example.org/mnist/train-images-idx3-ubyte.gz`.
    pub sources: Vec<String>,
    /// A connection that gives no byte for so long is given up.
    pub stall: Duration,
    /// Requests to one source for one file, the later ones going on where the earlier were cut off.
    pub attempts: usize,
    /// The wait before the second request to a source; it doubles with each further one.
    pub pause: Duration,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            sources: Vec::new(),
            stall: Duration::from_secs(30),
            attempts: 8,
            pause: Duration::from_secs(1),
        }
    }
}

impl Options {
    /// The environment variable that names sources, separated by white space.
    pub const VARIABLE: &'static str = "FENCHEL_DATA_SOURCES";

    /// The default options with the sources of `FENCHEL_DATA_SOURCES`, if it is set.
    #[must_use]
    pub fn from_environment() -> Self {
        let sources = std::env::var(Self::VARIABLE).unwrap_or_default();
        Self { sources: sources.split_whitespace().map(str::to_owned).collect(), ..Self::default() }
    }

    /// The addresses of `file`.
    fn addresses(&self, collection: Collection, file: &str) -> Vec<String> {
        let known = sources::of(collection).iter().map(|&source| source.to_owned());
        let sources = if self.sources.is_empty() { known.collect() } else { self.sources.clone() };
        let address = |source: String| {
            let folder = source.replace("{name}", collection.name());
            format!("{}/{file}", folder.trim_end_matches('/'))
        };
        sources.into_iter().map(address).collect()
    }
}

/// What is happening, for whoever shows it.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub enum Event<'a> {
    /// Another process is fetching into the same folder: waiting for it.
    Waiting,
    /// The file system has no locks: nothing keeps another process from fetching into the same folder.
    Unprotected,
    /// A file is there and its contents are right.
    Present(&'a str),
    /// A request is made, for the bytes from `from` on.
    Request {
        /// The address.
        url: &'a str,
        /// Bytes there are already.
        from: u64,
    },
    /// Bytes have come.
    Received {
        /// The file.
        file: &'a str,
        /// Bytes there are, also from earlier requests.
        bytes: u64,
        /// Bytes there will be, if the server says so truly.
        total: Option<u64>,
    },
    /// A request failed; another attempt or source follows, if any is left.
    Failed {
        /// The address.
        url: &'a str,
        /// What went wrong.
        problem: &'a str,
    },
    /// A wrong file lay in the place of a right one and was renamed.
    SetAside {
        /// Where it was.
        wrong: &'a Path,
        /// Where it is.
        aside: &'a Path,
    },
    /// A file is verified and in its place.
    Installed(&'a str),
}

impl std::fmt::Display for Event<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Waiting => write!(f, "waiting for another process that fetches the same data"),
            Self::Unprotected => write!(
                f,
                "this file system has no locks: take care that no other process fetches into the same folder"
            ),
            Self::Present(file) => write!(f, "{file}: there and verified"),
            Self::Request { url, from: 0 } => write!(f, "{url}"),
            Self::Request { url, from } => write!(f, "{url}, from byte {from} on"),
            Self::Received { file, bytes, total: None } => write!(f, "{file}: {bytes} bytes"),
            Self::Received { file, bytes, total: Some(total) } => {
                write!(f, "{file}: {bytes} of {total} bytes")
            }
            Self::Failed { url, problem } => write!(f, "{url}: {problem}"),
            Self::SetAside { wrong, aside } => {
                write!(f, "{} was wrong; it is now {}", wrong.display(), aside.display())
            }
            Self::Installed(file) => write!(f, "{file}: verified and in place"),
        }
    }
}

/// Makes sure that `collection` is in its folder below `directory`, fetching what is missing or wrong.
///
/// Files that are there and right are left alone, so calling this again costs one verification.
///
/// # Errors
/// [`Error::Download`], with every attempt, if no source gives a file whose contents are right; [`Error::Io`] if the
/// folder cannot be written.
pub fn get(
    collection: Collection,
    directory: &Path,
    options: &Options,
    events: &mut dyn FnMut(Event<'_>),
) -> Result<()> {
    get_members(collection, collection.members(), directory, options, events)
}

fn get_members(
    collection: Collection,
    members: &'static [Member],
    directory: &Path,
    options: &Options,
    events: &mut dyn FnMut(Event<'_>),
) -> Result<()> {
    // Where everything is right, wherever it lies, nothing is written, not even a lock.
    if all_present(collection, members, directory, events) {
        return Ok(());
    }
    let folder = directory.join(collection.folder());
    fs::create_dir_all(&folder).map_err(|source| Error::Io {
        action: "create",
        path: folder.clone(),
        source,
    })?;
    // The lock lives as long as the handle, so until this function returns or the process ends.
    let lock = FolderLock::wait(&folder.join(".lock"), || events(Event::Waiting))?;
    if !lock.protects() {
        events(Event::Unprotected);
    }
    fenchel_files::remove_leftovers(&folder)?;
    if all_present(collection, members, directory, events) {
        return Ok(());
    }
    let agent = fetch::agent(options);
    let mut get = |item| get_item(&agent, collection, item, &folder, options, events);
    if let Some(archive) = collection.archives().first() {
        return get(Item::Archive(archive, members));
    }
    let right = |member| verified::read(collection, member, &folder).is_ok();
    members.iter().filter(|member| !right(member)).try_for_each(|member| get(Item::Member(member)))
}

/// Whether every member is somewhere that loading finds, and right.
fn all_present(
    collection: Collection,
    members: &'static [Member],
    directory: &Path,
    events: &mut dyn FnMut(Event<'_>),
) -> bool {
    let Ok(checked) = collection.check_members(members, directory) else { return false };
    let all = checked.iter().all(|checked| checked.outcome.is_ok());
    if all {
        checked.iter().for_each(|checked| events(Event::Present(checked.member.file)));
    }
    all
}

fn get_item(
    agent: &ureq::Agent,
    collection: Collection,
    item: Item,
    folder: &Path,
    options: &Options,
    events: &mut dyn FnMut(Event<'_>),
) -> Result<()> {
    let file = item.file();
    let part = folder.join(format!(".{file}.part"));
    let length = || part.metadata().map_or(0, |part| part.len());
    let discard = || match fs::remove_file(&part) {
        Err(source) if source.kind() != std::io::ErrorKind::NotFound => {
            Err(Error::Io { action: "remove", path: part.clone(), source })
        }
        _ => Ok(()),
    };
    let mut tried = Vec::new();
    for url in options.addresses(collection, &file) {
        for attempt in 0..options.attempts.max(1) {
            if attempt > 0 {
                std::thread::sleep(options.pause.saturating_mul(1 << (attempt - 1).min(10)));
            }
            let from = length();
            events(Event::Request { url: &url, from });
            let received = &mut |bytes, total| events(Event::Received { file: &file, bytes, total });
            let end = fetch::fetch(agent, &url, &part, item.limit(), received)?;
            // Whatever the server says of the end, the contents decide: it may have announced too much.
            let installed = match &end {
                End::Complete | End::OutOfRange | End::Cut(_) if length() > 0 => {
                    item.install(collection, &part, folder, events)
                }
                End::Complete => Err(Error::argument("file", "it is empty")),
                End::OutOfRange | End::Cut(_) | End::Refused(_) => Err(Error::argument("file", "none came")),
            };
            let (problem, again) = match (installed, end) {
                (Ok(()), _) => {
                    events(Event::Installed(&file));
                    return Ok(());
                }
                // The data directory's own trouble is no other source's to mend.
                (Err(error @ (Error::Io { .. } | Error::File(_))), _) => return Err(error),
                // What has come is kept. A source that gave nothing new is not asked again.
                (Err(_), End::Cut(problem)) => (problem, length() > from),
                (Err(_), End::Refused(problem)) => {
                    discard()?;
                    // A server that mistook the range may still give the whole.
                    (problem, from > 0)
                }
                (Err(error), End::Complete | End::OutOfRange) => {
                    discard()?;
                    // An earlier part may have been another file's, or another source's wrapping of the same.
                    (error.to_string(), from > 0)
                }
            };
            events(Event::Failed { url: &url, problem: &problem });
            tried.push(format!("{url}: {problem}"));
            if !again {
                break;
            }
        }
    }
    let remedy = format!(
        "Try again later (what has come is kept), name other sources in {}, or put the files into {} yourself.",
        Options::VARIABLE,
        folder.display()
    );
    Err(Error::Download { file, tried, remedy })
}
