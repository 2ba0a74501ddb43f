//! The experiments, one module each.

pub mod bounds;
pub mod gap;
pub mod gd;
pub mod init;
pub mod labels;
pub mod losses;
pub mod optimisers;
pub mod proxy;
pub mod sgd;
pub mod skip;
pub mod width;
