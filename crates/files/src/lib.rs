//! Files as every crate of the workspace reads and writes them: whole or not at all, and never in place of
//! anything but a regular file.
//!
//! - [`AtomicFile`] and [`write_whole`] write under a temporary name that nobody can foresee, opened
//!   exclusively, and rename; [`AtomicFolder`] does the same for a folder with all its files.
//! - [`write_new`] gives a name to one of many who want it, on one host or many: what a lease needs.
//! - [`Process`] is a process as others recognise it, and says of one of this system whether it lives.
//! - [`set_aside`] moves what cannot be used out of the way, and [`remove_folder`] removes a folder so that a
//!   kill leaves no half one.
//! - [`read`] reads regular files only: a pipe would wait for ever, a device need not end. [`look`] tells what
//!   is no file from what cannot be seen just now.
//! - [`remove_leftovers`] removes what a killed process left half written, and nothing that this crate cannot
//!   have made.
//! - [`FolderLock`] keeps a second process out of a folder, where the file system has locks.
//! - [`FileError`] names the file and the remedy that fits the attempt, reading or writing.

mod aside;
mod atomic;
mod error;
mod folder;
mod leftovers;
mod lock;
mod process;
mod read;

pub use aside::set_aside;
pub use atomic::{AtomicFile, write_new, write_whole};
pub use error::{FileError, remedy};
pub use folder::{AtomicFolder, remove_folder};
pub use leftovers::remove_leftovers;
pub use lock::FolderLock;
pub use process::{Process, nonce};
pub use read::{Found, look, read};
