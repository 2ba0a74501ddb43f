//! The experiments, one module each.

pub mod bounds;
pub mod gd;
pub mod labels;
pub mod proxy;
