//! Npz files. Bytes that begin as an archive does are taken for one; any others are npy arrays, which are put into an
//! archive whose checksums are right, as a fuzzer does not find those.

#![no_main]

use std::io::{Cursor, Write};

use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipWriter};

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    if bytes.starts_with(b"PK") {
        // Deflated bytes become up to 1032 times as many.
        fenchel_fuzz::check_tensors(bytes, (1 << 19) + 4 * 1032 * bytes.len());
    } else {
        fenchel_fuzz::check_tensors(&archive(bytes), (1 << 19) + 64 * bytes.len());
    }
});

/// An archive of the arrays in `bytes`, each after its length in two bytes, called `0.npy`, `1.npy` and so on.
fn archive(mut bytes: &[u8]) -> Vec<u8> {
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    let options = SimpleFileOptions::default().compression_method(CompressionMethod::Stored);
    for number in 0.. {
        let Some((length, rest)) = bytes.split_at_checked(2) else { break };
        let length = usize::from(u16::from_le_bytes([length[0], length[1]]));
        let (array, rest) = rest.split_at(length.min(rest.len()));
        zip.start_file(format!("{number}.npy"), options).expect("a name for each");
        zip.write_all(array).expect("memory takes it");
        bytes = rest;
    }
    zip.finish().expect("memory takes it").into_inner()
}
