//! Criterion benches, one file a subject; run them with `cargo xtask bench`.
