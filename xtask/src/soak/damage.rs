//! Ten ways in which a file of a run folder is damaged.

use super::folder::{Lottery, files};
use std::fs;
use std::path::{Path, PathBuf};

type Damage = fn(&Path, &Path) -> std::io::Result<()>;

/// What is done to a cell; the second path is another cell.
const KINDS: [(&str, Damage); 10] = [
    ("emptied", |path, _| fs::write(path, "")),
    ("cut off", |path, _| {
        let bytes = fs::read(path)?;
        fs::write(path, &bytes[..bytes.len() / 2])
    }),
    ("a bit flipped", |path, _| {
        let mut bytes = fs::read(path)?;
        let middle = bytes.len() / 2;
        if let Some(byte) = bytes.get_mut(middle) {
            *byte ^= 8;
        }
        fs::write(path, bytes)
    }),
    ("garbage behind its end", |path, _| {
        let mut bytes = fs::read(path)?;
        bytes.extend_from_slice(b"garbage");
        fs::write(path, bytes)
    }),
    ("another cell in its place", |path, other| fs::copy(other, path).map(|_| ())),
    ("a folder in its place", |path, _| {
        fs::remove_file(path)?;
        fs::create_dir(path)
    }),
    ("a link that leads nowhere", |path, _| {
        fs::remove_file(path)?;
        link("nowhere", path)
    }),
    ("a link to itself", |path, _| {
        fs::remove_file(path)?;
        link(&path.file_name().unwrap_or_default().to_string_lossy(), path)
    }),
    ("removed", |path, _| fs::remove_file(path)),
    ("text", |path, _| fs::write(path, "no cell at all\n")),
];

#[cfg(unix)]
fn link(target: &str, path: &Path) -> std::io::Result<()> {
    std::os::unix::fs::symlink(target, path)
}

#[cfg(not(unix))]
fn link(target: &str, path: &Path) -> std::io::Result<()> {
    fs::write(path, target)
}

/// Damages a cell that is drawn by lot, in the `turn`-th way; the name of the way, or None where there are not
/// two cells yet.
pub(super) fn damage(folder: &Path, turn: usize, lottery: &mut Lottery) -> Option<&'static str> {
    let is_cell = |path: &PathBuf| {
        path.starts_with("cells")
            && path.to_string_lossy().ends_with(".mpk.gz")
            && fs::symlink_metadata(folder.join(path)).is_ok_and(|found| found.is_file())
    };
    let mut cells: Vec<PathBuf> = files(folder).into_iter().filter(is_cell).collect();
    if cells.len() < 2 {
        return None;
    }
    let cell = cells.swap_remove(lottery.below(cells.len() as u64) as usize);
    let other = &cells[lottery.below(cells.len() as u64) as usize];
    let (name, damage) = KINDS[turn % KINDS.len()];
    damage(&folder.join(cell), &folder.join(other)).ok()?;
    Some(name)
}

/// How often each way was taken.
pub(super) fn tally(damaged: &[&'static str]) -> Vec<(&'static str, usize)> {
    let count = |name: &str| damaged.iter().filter(|other| **other == name).count();
    KINDS.iter().map(|(name, _)| (*name, count(name))).filter(|(_, count)| *count > 0).collect()
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    #[test]
    fn every_way_changes_the_folder() {
        let folder = std::env::temp_dir().join(format!("xtask-damage-{}", std::process::id()));
        let cells = folder.join("cells/gd");
        for turn in 0..KINDS.len() {
            fs::create_dir_all(&cells).unwrap();
            for name in ["a", "b"] {
                fs::write(cells.join(format!("{name}.mpk.gz")), format!("cell {name}")).unwrap();
            }
            assert_eq!(damage(&folder, turn, &mut Lottery(turn as u64)), Some(KINDS[turn].0));
            let intact = ["a", "b"].iter().all(|name| {
                fs::read(cells.join(format!("{name}.mpk.gz")))
                    .is_ok_and(|text| text == format!("cell {name}").as_bytes())
            });
            assert!(!intact, "{}", KINDS[turn].0);
            fs::remove_dir_all(&folder).unwrap();
        }
    }
}
