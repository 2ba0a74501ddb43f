//! The public data sets that this crate knows: what their files are called, what must be in them, where they may lie.

use std::path::{Path, PathBuf};

use crate::format::FormatError;
use crate::{Error, Result, Split, cifar10, fashion_mnist, idx, mnist};

/// One file of a collection, described by its decompressed contents: a rebuilt archive is as good as the original.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Member {
    /// The upstream name, without `.gz`.
    pub file: &'static str,
    /// The number of bytes, decompressed.
    pub bytes: u64,
    /// The SHA-256 of the decompressed bytes, in hexadecimal.
    pub sha256: &'static str,
    /// Whether loading needs it; a member that it does not need is verified if it is there.
    pub required: bool,
}

/// A public data set.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Collection {
    /// Handwritten digits, 28 x 28 grey (LeCun, Cortes, Burges).
    Mnist,
    /// Articles of clothing, 28 x 28 grey (Xiao, Rasul, Vollgraf, 2017, arXiv:1708.07747).
    FashionMnist,
    /// Objects, 32 x 32 in colour (Krizhevsky, 2009).
    Cifar10,
}

impl Collection {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Mnist, Self::FashionMnist, Self::Cifar10];

    /// The name on the command line.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Mnist => "mnist",
            Self::FashionMnist => "fashion-mnist",
            Self::Cifar10 => "cifar-10",
        }
    }

    /// The files.
    #[must_use]
    pub const fn members(self) -> &'static [Member] {
        match self {
            Self::Mnist => &mnist::MEMBERS,
            Self::FashionMnist => &fashion_mnist::MEMBERS,
            Self::Cifar10 => &cifar10::MEMBERS,
        }
    }

    /// The folder below a data directory in which the files belong.
    #[must_use]
    pub const fn folder(self) -> &'static str {
        self.folders()[0]
    }

    /// Every folder below a data directory in which the files are found; the later ones are other programs' layouts.
    const fn folders(self) -> &'static [&'static str] {
        match self {
            Self::Mnist => &["mnist", "MNIST/raw"],
            Self::FashionMnist => &["fashion-mnist", "FashionMNIST/raw"],
            Self::Cifar10 => &["cifar-10-batches-bin", "cifar-10/cifar-10-batches-bin", "cifar-10"],
        }
    }

    /// The names under which all members together may come as one tar archive.
    pub(crate) const fn archives(self) -> &'static [&'static str] {
        match self {
            Self::Mnist | Self::FashionMnist => &[],
            Self::Cifar10 => &["cifar-10-binary.tar.gz", "cifar-10-binary.tar"],
        }
    }

    /// Whether `bytes` follow the format of `member`, whatever they say in it.
    pub(crate) fn well_formed(self, member: &Member, bytes: &[u8]) -> std::result::Result<(), FormatError> {
        match self {
            Self::Mnist | Self::FashionMnist => idx::parse(bytes).map(|_| ()),
            Self::Cifar10 if member.required => cifar10::well_formed(bytes),
            Self::Cifar10 => Ok(()),
        }
    }

    /// Where the files are, in or below `directory`: their folder, or an archive of all of them.
    ///
    /// Looks in the collection's own folder, in the folders that other programs use, and in `directory` itself.
    ///
    /// # Errors
    /// [`Error::NotFound`], with every place looked at, if not one of the files is anywhere.
    pub fn locate(self, directory: &Path) -> Result<PathBuf> {
        let folders = self.folders().iter().map(|folder| directory.join(folder));
        let places: Vec<PathBuf> = folders.chain([directory.to_owned()]).collect();
        let holds = |place: &Path, member: &Member| present_as(place, member.file).is_some();
        for place in &places {
            if self.members().iter().any(|member| member.required && holds(place, member)) {
                return Ok(place.clone());
            }
            if let Some(archive) =
                self.archives().iter().map(|name| place.join(name)).find(|path| is_there(path))
            {
                return Ok(archive);
            }
        }
        let what = |place: &PathBuf| match std::fs::metadata(place) {
            Ok(found) if found.is_dir() => format!("{}: none of the files is in it", place.display()),
            Ok(_) => format!("{}: not a directory", place.display()),
            Err(error) => format!("{}: {error}", place.display()),
        };
        Err(Error::NotFound {
            dataset: self.name().to_owned(),
            tried: places.iter().map(what).collect(),
            remedy: self.remedy(directory),
        })
    }

    /// Loads the training and the test set from `directory`, every byte verified.
    ///
    /// # Errors
    /// As [`locate`](Self::locate); and, naming the file, if one is missing, unreadable, damaged or another one
    /// under its name.
    pub fn load(self, directory: &Path) -> Result<Split> {
        match self {
            Self::Mnist => mnist::load(directory),
            Self::FashionMnist => fashion_mnist::load(directory),
            Self::Cifar10 => cifar10::load(directory),
        }
    }

    /// How to put the files where they are looked for.
    pub(crate) fn remedy(self, directory: &Path) -> String {
        let required = self.members().iter().filter(|member| member.required);
        let names: Vec<&str> = required.map(|member| member.file).collect();
        format!(
            "Put {} (plain or .gz{}) into {}, or name the directory that holds them with --data-dir or {}, or run \
             `fenchel data get {}`.",
            names.join(", "),
            self.archives()
                .first()
                .map_or(String::new(), |archive| format!(", or {archive} with all of them")),
            directory.join(self.folder()).display(),
            crate::DataDirectory::VARIABLE,
            self.name()
        )
    }
}

impl std::fmt::Display for Collection {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(self.name())
    }
}

impl std::str::FromStr for Collection {
    type Err = Error;

    fn from_str(name: &str) -> Result<Self> {
        Self::ALL.into_iter().find(|collection| collection.name() == name).ok_or_else(|| {
            let names = Self::ALL.map(Self::name).join(", ");
            Error::argument("data set", format!("`{name}` is not known; the data sets are {names}"))
        })
    }
}

/// The path of `file` in `folder`, plain or with `.gz`, if there is anything of that name, readable or not.
pub(crate) fn present_as(folder: &Path, file: &str) -> Option<PathBuf> {
    [folder.join(file), folder.join(format!("{file}.gz"))].into_iter().find(|path| is_there(path))
}

/// Whether there is anything at `path`, be it a dangling link.
fn is_there(path: &Path) -> bool {
    path.symlink_metadata().is_ok()
}
