//! The search for a pair that breaks an inequality, or that asks most of a constant.
//!
//! A search looks at pairs of every size and shape and climbs from the best of them. It takes any
//! inequality of this crate; what it climbs is a landscape: the relative violation, or the constant or offset that a
//! pair asks for. It decides nothing: whoever calls it examines what it finds.
//!
//! The same seed gives the same bits on any number of threads.

mod ascent;
mod config;
mod landscape;
mod low_discrepancy;
mod rounds;
mod starts;

pub use config::{Coverage, Progress, SearchConfig};

pub(crate) use landscape::{Landscape, Measure};
pub(crate) use rounds::{Found, search};
