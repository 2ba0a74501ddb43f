//! What a run folder holds of a cell, whatever became of its file.

use super::*;
use crate::machine::Machine;
use serde_json::json;
use std::io::Write;

fn configuration(steps: u32, numerics: &str) -> Configuration {
    let settings = json!({ "steps": steps, "seeds": [0] });
    Configuration {
        experiment: "e".into(),
        revision: 1,
        settings,
        back_end: "rust".into(),
        numerics: numerics.into(),
        choosing: &["seeds"],
    }
}

fn store() -> (tempfile::TempDir, Store) {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::prepare(folder.path()).unwrap();
    (folder, store)
}

#[test]
fn a_cell_is_kept_until_its_case_or_code_changes() {
    let (_folder, store) = store();
    let (now, case) = (configuration(5, "aa"), json!({"r": 1.5}));
    assert_eq!(store.read("e", "c", &case, &now, false).unwrap(), Stored::Absent);
    store.write("e", "c", &case, &now, b"\x01\x02").unwrap();
    assert_eq!(store.read("e", "c", &case, &now, false).unwrap(), Stored::Current(vec![1, 2]));
    assert_eq!(store.read("e", "c", &json!({"r": 1.6}), &now, true).unwrap(), Stored::Stale(None));
    let other = configuration(5, "bb");
    assert_eq!(store.read("e", "c", &case, &other, false).unwrap(), Stored::Stale(Some(vec![1, 2])));
    assert_eq!(store.read("e", "c", &case, &other, true).unwrap(), Stored::Current(vec![1, 2]));
    let elsewhere = Configuration { back_end: "other".into(), ..other.clone() };
    assert_eq!(store.read("e", "c", &case, &elsewhere, true).unwrap(), Stored::Stale(Some(vec![1, 2])));
    let meaning = Configuration { revision: 2, ..other };
    assert_eq!(store.read("e", "c", &case, &meaning, true).unwrap(), Stored::Stale(None));
}

#[test]
fn a_cell_belongs_to_its_settings_wherever_its_file_lies() {
    let (_folder, store) = store();
    let (now, case) = (configuration(5, "aa"), json!({}));
    store.write("e", "c", &case, &now, b"\x01").unwrap();
    assert_eq!(
        store.read("e", "c", &case, &configuration(6, "aa"), true).unwrap(),
        Stored::Foreign("steps = 5 there, 6 here".into())
    );
    let mut more_seeds = now.clone();
    more_seeds.settings["seeds"] = json!([0, 1]);
    assert_eq!(store.read("e", "c", &case, &more_seeds, false).unwrap(), Stored::Current(vec![1]));
    fs::rename(store.cell("e", "c"), store.cell("e", "d")).unwrap();
    let Stored::Foreign(what) = store.read("e", "d", &case, &now, true).unwrap() else {
        panic!("not foreign")
    };
    assert!(what.contains("the cell c of `e`"), "{what}");
}

#[test]
fn a_run_that_starts_over_keeps_what_is_no_cell() {
    let (folder, store) = store();
    store.write("e", "c", &json!({}), &configuration(5, "bb"), b"\x01").unwrap();
    fs::write(folder.path().join("cells/e/notes.txt"), "mine").unwrap();
    assert_eq!(store.names("e").into_iter().collect::<Vec<_>>(), ["c"]);
    store.forget("e").unwrap();
    store.forget("never run").unwrap();
    assert_eq!(fs::read_dir(folder.path().join("cells/e")).unwrap().count(), 1);
}

#[test]
fn only_sessions_of_which_nothing_is_left_are_forgotten() {
    let (folder, store) = store();
    for experiments in [&["e"][..], &["e", "f"], &["f"], &[]] {
        let recorder =
            Recorder::begin(folder.path(), &experiments.concat(), 1, String::new(), Machine::default())
                .unwrap();
        experiments.iter().for_each(|experiment| recorder.took(experiment, "c", 1.0));
        recorder.end(Default::default()).unwrap();
    }
    store.forget_sessions(&BTreeSet::from(["e"])).unwrap();
    let left = Record::read_all(folder.path()).into_iter().map(|record| record.edition);
    assert_eq!(left.collect::<BTreeSet<_>>(), BTreeSet::from(["ef".to_owned(), "f".to_owned()]));
}

#[test]
fn one_process_prepares_at_a_time_and_readers_are_let_in() {
    let folder = tempfile::tempdir().unwrap();
    let first = Store::prepare(folder.path()).unwrap();
    assert!(first.is_protected());
    assert!(matches!(Store::open(folder.path()).plan(), Err(Error::NoRun(_))));
    fs::write(folder.path().join("manifest.json"), "{}").unwrap();
    assert!(matches!(Store::open(folder.path()).plan(), Err(Error::FirstLayout(_))));
    let plan = StoredPlan { edition: "x".into(), ..StoredPlan::default() };
    plan.write(folder.path()).unwrap();
    assert_eq!(Store::open(folder.path()).plan().unwrap(), plan);
    std::thread::scope(|scope| {
        let second = scope.spawn(|| Store::prepare(folder.path()).unwrap());
        std::thread::sleep(std::time::Duration::from_millis(50));
        assert!(!second.is_finished());
        drop(first);
        assert!(second.join().unwrap().is_protected());
    });
    fs::write(folder.path().join("plan.json"), "{").unwrap();
    assert!(matches!(Store::open(folder.path()).plan(), Err(Error::Damaged { .. })));
}

#[test]
fn leftovers_are_removed_unless_a_worker_of_another_host_may_be_alive() {
    let (folder, store) = store();
    let leftover = folder.path().join("sessions/.fenchel-0123456789abcdefghijklmn.tmp");
    let mut record = Record { worker: "w".into(), ..Record::default() };
    record.renewed = crate::machine::now();
    record.process.system = "elsewhere".into();
    for (seconds, stays) in [(None, true), (Some(1.0), false)] {
        record.session.seconds = seconds;
        write_whole(&folder.path().join("sessions/w.json"), &serde_json::to_vec(&record).unwrap()).unwrap();
        fs::write(&leftover, "half").unwrap();
        store.remove_leftovers(["e"].into_iter()).unwrap();
        assert_eq!(leftover.exists(), stays);
    }
}

#[test]
fn damage_of_every_kind_is_noticed_and_what_cannot_be_seen_just_now_is_an_error() {
    let (_folder, store) = store();
    let (now, case) = (configuration(5, "aa"), json!({}));
    store.write("e", "c", &case, &now, &[7; 1000]).unwrap();
    let path = store.cell("e", "c");
    let whole = fs::read(&path).unwrap();
    let damaged = |what: &str| {
        let found = store.read("e", "c", &case, &now, false).unwrap();
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
    assert_eq!(store.read("e", "c", &case, &now, false).unwrap(), Stored::Absent);
    // The folder of the cells is a file: nothing is said of the cell.
    fs::remove_dir_all(store.cells("e")).unwrap();
    fs::write(store.cells("e"), "x").unwrap();
    #[cfg(unix)]
    assert!(matches!(store.read("e", "c", &case, &now, false), Err(Error::File(_))));
}

#[test]
fn a_worker_of_this_system_is_at_work_while_its_process_lives_whatever_its_heart_does() {
    let mut record = Record { process: fenchel_files::Process::this(), ..Record::default() };
    record.renewed = "2020-01-01T00:00:00Z".into();
    assert_eq!(record.may_be_at_work(), cfg!(target_os = "linux"), "its clock is of no matter");
    record.process.began = "0".into();
    record.renewed = crate::machine::now();
    assert_eq!(record.may_be_at_work(), !cfg!(target_os = "linux"), "a later process with its number");
    record.process.system = "elsewhere".into();
    assert!(record.may_be_at_work());
    record.renewed = "2020-01-01T00:00:00Z".into();
    assert!(!record.may_be_at_work(), "elsewhere only silence tells");
}

#[test]
fn a_session_is_told_as_at_work_as_ended_or_as_interrupted() {
    let mut record = Record { renewed: crate::machine::now(), ..Record::default() };
    let took = |record: &Record| {
        let manifest = Manifest::new(&StoredPlan::default(), vec![record.clone()]);
        manifest.sessions[0].took()
    };
    assert_eq!(took(&record), "at work");
    record.renewed = "2020-01-01T00:00:00Z".into();
    assert_eq!(took(&record), "interrupted");
    record.session.seconds = Some(90.0);
    assert_eq!(took(&record), crate::number::duration(90.0));
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
    assert_eq!(store.read("e", "c", &json!({}), &now, true).unwrap(), Stored::Stale(None));
}

#[test]
fn timings_of_the_last_session_count() {
    let record = |started: &str, seconds| {
        let mut record = Record::default();
        record.session.started = started.into();
        record.timings.entry("e".into()).or_default().insert("c".into(), seconds);
        record
    };
    assert_eq!(timings(&[record("a", 1.0), record("b", 2.0)])["e"]["c"], 2.0);
    let (folder, _store) = store();
    let recorder = Recorder::begin(folder.path(), "x", 2, String::new(), Machine::default()).unwrap();
    recorder.took("e", "c", 0.25);
    recorder.failed();
    recorder.end(Default::default()).unwrap();
    let [record] = &Record::read_all(folder.path())[..] else { panic!("one record") };
    assert_eq!((record.session.cells, record.session.failed, record.session.threads), (1, 1, 2));
    assert!(!record.may_be_at_work() && record.beat == 2);
    assert_eq!(timings(std::slice::from_ref(record))["e"]["c"], 0.25);
}
