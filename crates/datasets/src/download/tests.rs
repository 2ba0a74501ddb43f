//! Downloads from a server on loopback that does everything wrong that a server can.

use std::collections::VecDeque;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::thread;

use fenchel_random::Seed;
use sha2::{Digest, Sha256};
use tempfile::TempDir;

use super::*;
use crate::image_set::hexadecimal;

/// What the server does with one request.
#[derive(Clone, Debug)]
enum Answer {
    /// What was asked, from the offset of the range on.
    Honest,
    /// The whole file, whatever range was asked.
    IgnoreRange,
    /// The right announcement, then so many bytes, then the connection closes.
    Truncate(usize),
    /// So many bytes, then silence.
    Stall(usize),
    /// Not a word.
    Silence,
    /// A status and no file.
    Status(u16),
    /// The whole body, announced with so many bytes too many (or too few).
    Announce(i64),
    /// Another range than was asked.
    WrongRange,
    /// Another file.
    Other(Vec<u8>),
    /// Bytes without end, with no length announced.
    Endless,
}

/// A server of one file, with an answer for each request, honest when they run out, and a log of ranges asked.
struct Server {
    address: String,
    log: Arc<Mutex<Vec<Option<u64>>>>,
}

impl Server {
    fn new(file: Vec<u8>, answers: impl IntoIterator<Item = Answer>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let log = Arc::new(Mutex::new(Vec::new()));
        let answers = Arc::new(Mutex::new(answers.into_iter().collect::<VecDeque<_>>()));
        let (file, log_of_server) = (Arc::new(file), log.clone());
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (file, answers, log) = (file.clone(), answers.clone(), log_of_server.clone());
                thread::spawn(move || {
                    let range = asked(&stream);
                    log.lock().unwrap().push(range);
                    let answer = answers.lock().unwrap().pop_front().unwrap_or(Answer::Honest);
                    // The client may hang up first; that is its business.
                    let _ = reply(stream, &file, range, &answer);
                });
            }
        });
        Self { address, log }
    }

    fn ranges(&self) -> Vec<Option<u64>> {
        self.log.lock().unwrap().clone()
    }
}

/// Reads a request; the offset of its range, if it has one.
fn asked(stream: &TcpStream) -> Option<u64> {
    let lines =
        BufReader::new(stream).lines().map_while(std::io::Result::ok).take_while(|line| !line.is_empty());
    let mut range = None;
    for line in lines {
        if let Some(bytes) = line.to_ascii_lowercase().strip_prefix("range: bytes=") {
            range = bytes.trim_end_matches('-').parse().ok();
        }
    }
    range
}

fn reply(mut stream: TcpStream, file: &[u8], range: Option<u64>, answer: &Answer) -> std::io::Result<()> {
    let head =
        |status: u16, extra: &str| format!("HTTP/1.1 {status} Some\r\nConnection: close\r\n{extra}\r\n");
    let length = |n: usize| format!("Content-Length: {n}\r\n");
    let start = range.unwrap_or(0) as usize;
    if matches!(answer, Answer::Honest | Answer::Truncate(_) | Answer::Stall(_)) && start >= file.len() {
        return stream.write_all(head(416, &length(0)).as_bytes());
    }
    let (honest, body) = match range {
        None => (head(200, &length(file.len())), file),
        Some(_) => {
            let range = format!("Content-Range: bytes {start}-{}/{}\r\n", file.len() - 1, file.len());
            (head(206, &(range + &length(file.len() - start))), &file[start..])
        }
    };
    match answer {
        Answer::Honest => {
            stream.write_all(honest.as_bytes())?;
            stream.write_all(body)
        }
        Answer::IgnoreRange => {
            stream.write_all(head(200, &length(file.len())).as_bytes())?;
            stream.write_all(file)
        }
        Answer::Truncate(n) => {
            stream.write_all(honest.as_bytes())?;
            stream.write_all(&body[..*n])
        }
        Answer::Stall(n) => {
            stream.write_all(honest.as_bytes())?;
            stream.write_all(&body[..*n])?;
            // Until the client gives up and closes its side.
            stream.read_to_end(&mut Vec::new()).map(drop)
        }
        Answer::Silence => stream.read_to_end(&mut Vec::new()).map(drop),
        Answer::Status(status) => stream.write_all(head(*status, &length(0)).as_bytes()),
        Answer::Announce(more) => {
            let announced = (file.len() as i64 + more) as usize;
            stream.write_all(head(200, &length(announced)).as_bytes())?;
            stream.write_all(file)
        }
        Answer::WrongRange => {
            let range = format!("Content-Range: bytes 1-{}/{}\r\n", file.len() - 1, file.len());
            stream.write_all(head(206, &(range + &length(file.len() - 1))).as_bytes())?;
            stream.write_all(&file[1..])
        }
        Answer::Other(other) => {
            stream.write_all(head(200, &length(other.len())).as_bytes())?;
            stream.write_all(other)
        }
        Answer::Endless => {
            stream.write_all(head(200, "").as_bytes())?;
            loop {
                stream.write_all(&[0; 1 << 16])?;
            }
        }
    }
}

fn gzip(bytes: &[u8], level: u32) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::new(level));
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

/// The contents of a small IDX file of labels.
fn labels() -> Vec<u8> {
    // Random bytes, so that the compressed file is as long as the offsets in these tests need.
    let mut stream = Seed::new(1).stream();
    let data: Vec<u8> = (0..50_000).map(|_| stream.random()).collect();
    [&[0, 0, 8, 1][..], &(data.len() as u32).to_be_bytes(), &data].concat()
}

fn member(file: &'static str, contents: &[u8]) -> Member {
    let sha256 = Box::leak(hexadecimal(&Sha256::digest(contents)).into_boxed_str());
    Member { file, bytes: contents.len() as u64, sha256, required: true }
}

/// MNIST, if it had one small file.
fn tiny() -> &'static [Member] {
    vec![member("train-labels-idx1-ubyte", &labels())].leak()
}

struct Outcome {
    result: Result<()>,
    directory: TempDir,
    failures: Vec<String>,
}

impl Outcome {
    fn folder(&self) -> PathBuf {
        self.directory.path().join("mnist")
    }

    /// The file is there, right, and alone but for the lock.
    fn assert_installed(&self) {
        assert!(self.result.is_ok(), "{:?}", self.result);
        assert!(verified::read(Collection::Mnist, &tiny()[0], &self.folder()).is_ok());
        assert_eq!(names(&self.folder()), [".lock", "train-labels-idx1-ubyte.gz"]);
    }
}

fn names(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).unwrap();
    let mut names: Vec<String> =
        entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

fn fast(servers: &[&Server]) -> Options {
    Options {
        sources: servers.iter().map(|server| format!("{}/{{name}}/", server.address)).collect(),
        stall: Duration::from_millis(200),
        attempts: 4,
        pause: Duration::ZERO,
    }
}

fn get_tiny(servers: &[&Server]) -> Outcome {
    let directory = tempfile::tempdir().unwrap();
    let mut failures = Vec::new();
    let result = get_members(Collection::Mnist, tiny(), directory.path(), &fast(servers), &mut |event| {
        if let Event::Failed { problem, .. } = event {
            failures.push(problem.to_owned());
        }
    });
    Outcome { result, directory, failures }
}

#[test]
fn an_honest_server_is_asked_once_and_a_second_call_asks_nobody() {
    let server = Server::new(gzip(&labels(), 9), []);
    let outcome = get_tiny(&[&server]);
    outcome.assert_installed();
    assert!(outcome.failures.is_empty());
    get_members(Collection::Mnist, tiny(), outcome.directory.path(), &fast(&[&server]), &mut |event| {
        assert!(matches!(event, Event::Present(_)), "{event:?}");
    })
    .unwrap();
    assert_eq!(server.ranges(), [None]);
}

#[test]
fn a_cut_download_goes_on_where_it_was_cut() {
    let server = Server::new(gzip(&labels(), 9), [Answer::Truncate(10_000), Answer::Truncate(5_000)]);
    let outcome = get_tiny(&[&server]);
    outcome.assert_installed();
    assert_eq!(server.ranges(), [None, Some(10_000), Some(15_000)]);
    assert_eq!(outcome.failures.len(), 2);
}

#[test]
fn a_stalled_download_is_given_up_and_goes_on() {
    let server = Server::new(gzip(&labels(), 9), [Answer::Stall(7_000)]);
    let outcome = get_tiny(&[&server]);
    outcome.assert_installed();
    assert_eq!(server.ranges(), [None, Some(7_000)]);
}

#[test]
fn a_server_without_ranges_starts_again() {
    let server = Server::new(gzip(&labels(), 9), [Answer::Truncate(10_000), Answer::IgnoreRange]);
    let outcome = get_tiny(&[&server]);
    outcome.assert_installed();
    assert_eq!(server.ranges(), [None, Some(10_000)]);
}

#[test]
fn a_server_that_mistakes_the_range_is_asked_for_the_whole() {
    let server = Server::new(gzip(&labels(), 9), [Answer::Truncate(10_000), Answer::WrongRange]);
    let outcome = get_tiny(&[&server]);
    outcome.assert_installed();
    assert_eq!(server.ranges(), [None, Some(10_000), None]);
    assert!(outcome.failures[1].contains("from 10000 on, got `bytes 1-"), "{:?}", outcome.failures);
}

#[test]
fn an_announcement_that_is_too_long_does_not_matter_when_the_contents_are_right() {
    let server = Server::new(gzip(&labels(), 9), [Answer::Announce(1000)]);
    let outcome = get_tiny(&[&server]);
    outcome.assert_installed();
    assert_eq!(server.ranges(), [None]);
}

#[test]
fn an_announcement_that_is_too_short_sends_us_to_the_next_source() {
    let liar = Server::new(gzip(&labels(), 9), vec![Answer::Announce(-1000); 9]);
    let honest = Server::new(gzip(&labels(), 9), []);
    let outcome = get_tiny(&[&liar, &honest]);
    outcome.assert_installed();
    assert_eq!((liar.ranges().len(), honest.ranges()), (1, vec![None]));
    assert!(outcome.failures[0].contains("the gzip stream breaks here"), "{:?}", outcome.failures);
}

#[test]
fn a_missing_file_and_a_dead_server_send_us_to_the_next_source() {
    let missing = Server::new(Vec::new(), vec![Answer::Status(404); 9]);
    let dead = Server { address: "http://127.0.0.1:1".to_owned(), log: Arc::default() };
    let honest = Server::new(gzip(&labels(), 9), []);
    let outcome = get_tiny(&[&missing, &dead, &honest]);
    outcome.assert_installed();
    assert_eq!((missing.ranges().len(), outcome.failures.len()), (1, 2));
    assert!(outcome.failures[0].contains("404"), "{:?}", outcome.failures);
}

#[test]
fn a_server_that_says_nothing_is_left_in_time() {
    let silent = Server::new(Vec::new(), vec![Answer::Silence; 9]);
    let honest = Server::new(gzip(&labels(), 9), []);
    let start = std::time::Instant::now();
    get_tiny(&[&silent, &honest]).assert_installed();
    assert!(start.elapsed() < Duration::from_secs(5), "{:?}", start.elapsed());
    assert_eq!(silent.ranges().len(), 1);
}

#[test]
fn wrong_bytes_are_never_installed() {
    let mut flipped = labels();
    flipped[100] ^= 1;
    let wrong = [gzip(&flipped, 9), b"<html>not here</html>".to_vec(), Vec::new(), gzip(&[0; 1 << 20], 9)];
    for bytes in wrong {
        let server = Server::new(Vec::new(), vec![Answer::Other(bytes); 9]);
        let outcome = get_tiny(&[&server]);
        let Err(Error::Download { file, tried, .. }) = &outcome.result else {
            panic!("{:?}", outcome.result)
        };
        assert_eq!((file.as_str(), tried.len()), ("train-labels-idx1-ubyte.gz", 1), "{tried:?}");
        assert_eq!(names(&outcome.folder()), [".lock"], "nothing is left of it");
    }
}

#[test]
fn a_part_of_another_file_is_thrown_away_and_the_whole_fetched() {
    let server = Server::new(gzip(&labels(), 9), [Answer::Other(gzip(&[7; 100], 9)), Answer::Honest]);
    let directory = tempfile::tempdir().unwrap();
    let folder = directory.path().join("mnist");
    fs::create_dir_all(&folder).unwrap();
    fs::write(folder.join(".train-labels-idx1-ubyte.gz.part"), [1; 5000]).unwrap();
    let server_of_rest = Server::new(gzip(&labels(), 9), []);
    let options = fast(&[&server_of_rest, &server]);
    get_members(Collection::Mnist, tiny(), directory.path(), &options, &mut |_| {}).unwrap();
    assert_eq!(server_of_rest.ranges(), [Some(5000), None]);
    assert!(server.ranges().is_empty());
}

#[test]
fn a_part_that_was_complete_is_installed_without_another_byte() {
    let server = Server::new(gzip(&labels(), 9), []);
    let directory = tempfile::tempdir().unwrap();
    let folder = directory.path().join("mnist");
    fs::create_dir_all(&folder).unwrap();
    fs::write(folder.join(".train-labels-idx1-ubyte.gz.part"), gzip(&labels(), 9)).unwrap();
    get_members(Collection::Mnist, tiny(), directory.path(), &fast(&[&server]), &mut |_| {}).unwrap();
    assert_eq!(server.ranges(), [Some(gzip(&labels(), 9).len() as u64)]);
    assert_eq!(names(&folder), [".lock", "train-labels-idx1-ubyte.gz"]);
}

#[test]
fn an_endless_body_is_cut_off() {
    let server = Server::new(Vec::new(), vec![Answer::Endless; 9]);
    let outcome = get_tiny(&[&server]);
    assert!(outcome.failures[0].contains("cannot be the file"), "{:?}", outcome.failures);
    assert_eq!(names(&outcome.folder()), [".lock"]);
}

#[test]
fn another_wrapping_of_the_same_contents_is_accepted() {
    let server = Server::new(gzip(&labels(), 1), []);
    get_tiny(&[&server]).assert_installed();
}

#[test]
fn a_wrong_file_in_the_place_is_set_aside_not_lost() {
    let server = Server::new(gzip(&labels(), 9), []);
    let directory = tempfile::tempdir().unwrap();
    let folder = directory.path().join("mnist");
    fs::create_dir_all(folder.join("train-labels-idx1-ubyte.gz/inside")).unwrap();
    fs::write(folder.join("train-labels-idx1-ubyte"), "mine").unwrap();
    get_members(Collection::Mnist, tiny(), directory.path(), &fast(&[&server]), &mut |_| {}).unwrap();
    assert!(verified::read(Collection::Mnist, &tiny()[0], &folder).is_ok());
    assert_eq!(fs::read(folder.join("train-labels-idx1-ubyte.wrong")).unwrap(), b"mine");
    assert!(folder.join("train-labels-idx1-ubyte.gz.wrong/inside").is_dir());
}

#[test]
fn two_at_once_fetch_once() {
    let server = Server::new(gzip(&labels(), 9), []);
    let directory = tempfile::tempdir().unwrap();
    thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                get_members(Collection::Mnist, tiny(), directory.path(), &fast(&[&server]), &mut |_| {})
                    .unwrap();
            });
        }
    });
    assert_eq!(server.ranges(), [None]);
}

#[test]
fn a_folder_that_cannot_be_written_is_named() {
    let server = Server::new(gzip(&labels(), 9), []);
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("a file");
    fs::write(&file, []).unwrap();
    let error = get_members(Collection::Mnist, tiny(), &file, &fast(&[&server]), &mut |_| {}).unwrap_err();
    assert!(matches!(&error, Error::Io { path, .. } if path.starts_with(&file)), "{error}");
    assert!(server.ranges().is_empty());
}

/// CIFAR-10's archive, if it had two small batches.
fn small_archive() -> (&'static [Member], Vec<(&'static str, Vec<u8>)>) {
    let batch = |label| [vec![label], vec![label * 3; 3072]].concat();
    let files = vec![("data_batch_1.bin", batch(1)), ("test_batch.bin", batch(2))];
    let members: Vec<Member> = files.iter().map(|(name, contents)| member(name, contents)).collect();
    (members.leak(), files)
}

fn archived(files: &[(&str, Vec<u8>)]) -> Vec<u8> {
    let mut archive = tar::Builder::new(Vec::new());
    for (name, contents) in files {
        let mut header = tar::Header::new_ustar();
        header.set_size(contents.len() as u64);
        header.set_mode(0o644);
        let path = format!("cifar-10-batches-bin/{name}");
        archive.append_data(&mut header, path, &contents[..]).unwrap();
    }
    gzip(&archive.into_inner().unwrap(), 6)
}

#[test]
fn an_archive_is_unpacked_into_its_verified_members() {
    let (members, mut files) = small_archive();
    let honest = Server::new(archived(&files), [Answer::Truncate(60)]);
    files[1].1[5] ^= 4;
    let damaged = Server::new(archived(&files), []);
    files.pop();
    let incomplete = Server::new(archived(&files), []);
    let directory = tempfile::tempdir().unwrap();
    let mut failures = Vec::new();
    let options = fast(&[&damaged, &incomplete, &honest]);
    get_members(Collection::Cifar10, members, directory.path(), &options, &mut |event| {
        if let Event::Failed { problem, .. } = event {
            failures.push(problem.to_owned());
        }
    })
    .unwrap();
    assert!(failures[0].contains("tar.gz.part/test_batch.bin: SHA-256"), "{failures:?}");
    assert!(failures[1].contains("test_batch.bin of cifar-10 not found"), "{failures:?}");
    assert_eq!(honest.ranges(), [None, Some(60)]);
    let folder = directory.path().join("cifar-10-batches-bin");
    assert_eq!(names(&folder), [".lock", "data_batch_1.bin", "test_batch.bin"]);
    let checked = Collection::Cifar10.check_members(members, directory.path()).unwrap();
    assert!(checked.iter().all(|checked| checked.outcome.is_ok()));
}

#[test]
fn addresses_are_built_from_either_form_of_source() {
    let options = Options {
        sources: vec!["http://a/{name}".to_owned(), "http://b/x/".to_owned()],
        ..Options::default()
    };
    assert_eq!(options.addresses(Collection::Mnist, "f.gz"), ["http://a/mnist/f.gz", "http://b/x/f.gz"]);
    for collection in Collection::ALL {
        for source in sources::of(collection) {
            assert!(source.starts_with("http") && source.ends_with('/'), "{source}");
        }
    }
}
