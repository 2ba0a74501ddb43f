//! Safetensors files: no claim of a header is believed, and what is read is written and read back equal.

#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    // Of the format itself at least 40 bytes stand for a tensor, of which a few hundred are made.
    fenchel_fuzz::check_tensors(bytes, (1 << 17) + 64 * bytes.len());
});
