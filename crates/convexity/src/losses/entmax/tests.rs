//! Entmax.
