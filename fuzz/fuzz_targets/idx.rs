//! The IDX parser: whatever it accepts is consistent, whatever it refuses is within the file.

#![no_main]

use fenchel_datasets::idx;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    match idx::parse(bytes) {
        Ok(parsed) => {
            let header = 4 + 4 * parsed.extents.len();
            assert_eq!(header + parsed.data.len(), bytes.len());
            assert_eq!(parsed.extents.iter().product::<usize>(), parsed.data.len());
        }
        Err(error) => assert!(error.offset <= bytes.len() as u64),
    }
});
