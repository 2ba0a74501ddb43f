//! The parser of CIFAR-10's batches: every record that it gives is whole and has a class.

#![no_main]

use fenchel_datasets::cifar10;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    match cifar10::parse(bytes) {
        Ok(records) => {
            let mut read = 0;
            for (label, pixels) in records {
                assert!(label < 10);
                read += 1 + pixels.len();
            }
            assert_eq!(read, bytes.len());
        }
        Err(error) => assert!(error.offset <= bytes.len() as u64),
    }
});
