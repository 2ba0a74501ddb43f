//! What a run folder holds of a cell, whatever became of its file.

use super::*;
use serde_json::json;

fn configuration(steps: u32, numerics: &str) -> Configuration {
    let settings = json!({ "steps": steps, "seeds": [0] });
    Configuration {
        experiment: "e".into(),
        revision: 1,
        settings,
        back_end: "rust".into(),
        numerics: numerics.into(),
    }
}

fn store() -> (tempfile::TempDir, Store) {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::create(folder.path()).unwrap();
    (folder, store)
}

#[test]
fn a_cell_is_kept_until_its_case_or_code_changes() {
    let (_folder, store) = store();
    let (now, case) = (configuration(5, "aa"), json!({"r": 1.5}));
    assert_eq!(store.read("e", "c", &case, &now, false), Stored::Absent);
    store.write("e", "c", &case, &now, b"\x01\x02").unwrap();
    assert_eq!(store.read("e", "c", &case, &now, false), Stored::Current(vec![1, 2]));
    assert_eq!(store.read("e", "c", &json!({"r": 1.6}), &now, true), Stored::Stale(None));
    let other = configuration(5, "bb");
    assert_eq!(store.read("e", "c", &case, &other, false), Stored::Stale(Some(vec![1, 2])));
    assert_eq!(store.read("e", "c", &case, &other, true), Stored::Current(vec![1, 2]));
    let elsewhere = Configuration { back_end: "other".into(), ..other.clone() };
    assert_eq!(store.read("e", "c", &case, &elsewhere, true), Stored::Stale(Some(vec![1, 2])));
    let meaning = Configuration { revision: 2, ..other };
    assert_eq!(store.read("e", "c", &case, &meaning, true), Stored::Stale(None));
}

#[test]
fn a_cell_belongs_to_its_settings_wherever_its_file_lies() {
    let (_folder, store) = store();
    let (now, case) = (configuration(5, "aa"), json!({}));
    store.write("e", "c", &case, &now, b"\x01").unwrap();
    assert_eq!(
        store.read("e", "c", &case, &configuration(6, "aa"), true),
        Stored::Foreign("steps = 5 there, 6 here".into())
    );
    let mut more_seeds = now.clone();
    more_seeds.settings["seeds"] = json!([0, 1]);
    assert_eq!(store.read("e", "c", &case, &more_seeds, false), Stored::Current(vec![1]));
    fs::rename(store.cell("e", "c"), store.cell("e", "d")).unwrap();
    let Stored::Foreign(what) = store.read("e", "d", &case, &now, true) else { panic!("not foreign") };
    assert!(what.contains("the cell c of `e`"), "{what}");
}

#[test]
fn another_configuration_is_refused_until_the_folder_starts_over() {
    let (folder, store) = store();
    assert_eq!(store.claim("e", &configuration(5, "aa")).unwrap(), None);
    assert_eq!(store.claim("e", &configuration(5, "bb")).unwrap(), None);
    let message = store.claim("e", &configuration(6, "bb")).unwrap_err().to_string();
    assert!(message.contains("steps = 5 there, 6 here") && message.contains("--out"), "{message}");
    store.write("e", "c", &json!({}), &configuration(5, "bb"), b"\x01").unwrap();
    fs::write(folder.path().join("cells/e/notes.txt"), "mine").unwrap();
    store.forget("e").unwrap();
    store.claim("e", &configuration(6, "bb")).unwrap();
    let left = || fs::read_dir(folder.path().join("cells/e")).unwrap().count();
    assert_eq!(left(), 2, "the new note and the user's file");
    // A note that cannot be read is replaced, and said.
    fs::write(folder.path().join("cells/e/configuration.json"), "").unwrap();
    let told = store.claim("e", &configuration(6, "bb")).unwrap().unwrap();
    assert!(told.contains("configuration.json is damaged"), "{told}");
    assert_eq!(store.claim("e", &configuration(6, "bb")).unwrap(), None);
}

#[test]
fn two_processes_do_not_write_into_one_folder_and_readers_are_let_in() {
    let folder = tempfile::tempdir().unwrap();
    let first = Store::create(folder.path()).unwrap();
    assert!(first.is_protected());
    assert!(matches!(Store::create(folder.path()), Err(Error::FolderInUse(_))));
    assert!(matches!(Store::open(folder.path()), Err(Error::NoRun(_))));
    Manifest::default().write(folder.path()).unwrap();
    assert!(Store::open(folder.path()).is_ok());
    drop(first);
    assert!(Store::create(folder.path()).is_ok());
}

#[test]
fn damage_of_every_kind_is_noticed_and_is_no_error() {
    let (_folder, store) = store();
    let (now, case) = (configuration(5, "aa"), json!({}));
    store.write("e", "c", &case, &now, &[7; 1000]).unwrap();
    let path = store.cell("e", "c");
    let whole = fs::read(&path).unwrap();
    let damaged = |what: &str| {
        let found = store.read("e", "c", &case, &now, false);
        assert!(matches!(found, Stored::Damaged(_)), "{what}: {found:?}");
    };
    for at in [0, 12, whole.len() / 2, whole.len() - 5] {
        let mut bent = whole.clone();
        bent[at] ^= 0x10;
        fs::write(&path, &bent).unwrap();
        damaged(&format!("byte {at}"));
    }
    for (what, bytes) in [
        ("cut off", &whole[..whole.len() - 3]),
        ("empty", &[]),
        ("something behind the end", &[whole.as_slice(), b"garbage"].concat()),
        ("text", b"no gzip"),
    ] {
        fs::write(&path, bytes).unwrap();
        damaged(what);
    }
    // A record that was exchanged under a sound gzip checksum.
    let mut content = Vec::new();
    std::io::Read::read_to_end(&mut flate2::read::GzDecoder::new(whole.as_slice()), &mut content).unwrap();
    let at = content.iter().rposition(|&byte| byte == 7).unwrap();
    content[at] = 8;
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(&content).unwrap();
    fs::write(&path, encoder.finish().unwrap()).unwrap();
    damaged("another record");
    fs::remove_file(&path).unwrap();
    fs::create_dir(&path).unwrap();
    damaged("a folder");
    let aside = store.set_aside("e", "c", "damaged").unwrap();
    assert!(aside.is_dir());
    #[cfg(unix)]
    for target in ["nowhere", "c.mpk.gz"] {
        std::os::unix::fs::symlink(target, &path).unwrap();
        damaged(target);
        fs::remove_file(&path).unwrap();
    }
    assert_eq!(store.read("e", "c", &case, &now, false), Stored::Absent);
}

#[test]
fn a_cell_of_the_first_layout_is_run_again() {
    let (_folder, store) = store();
    let now = configuration(5, "aa");
    let header = json!({"experiment": "e", "cell": "c", "revision": 1, "case": "{}", "back_end": "rust", "numerics": "aa"});
    let mut bytes = rmp_serde::to_vec_named(&header).unwrap();
    bytes.extend_from_slice(&[1, 2]);
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(&bytes).unwrap();
    write_whole(&store.cell("e", "c"), &encoder.finish().unwrap()).unwrap();
    assert_eq!(store.read("e", "c", &json!({}), &now, true), Stored::Stale(None));
}

#[test]
fn timings_of_the_last_run_count() {
    let (_folder, store) = store();
    store.note_timing("e", "c", 1.0);
    store.note_timing("e", "c", 2.0);
    assert_eq!(store.timings()[&("e".into(), "c".into())], 2.0);
}
