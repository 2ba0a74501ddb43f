//! E4's nonlinearity at one width.

use fenchel_harness::Failure;
use fenchel_random::Seed;

use super::Settings;
use super::instances::networks::tangent_instance;
use super::record::Width;

/// The radius of the ball.
const RADIUS: f64 = 1.0;
/// Samples: a small set, since e is a mean over them of what one pair of weights can do to all.
const SAMPLES: usize = 16;
/// Random pairs, for comparison.
const PAIRS: usize = 20;

pub(super) fn measure(settings: &Settings, smooth: bool, width: usize, seed: u64) -> Result<Width, Failure> {
    // The samples do not depend on the width.
    let seed = Seed::new(seed).derive("proxy width");
    let instance = tangent_instance(SAMPLES, width, smooth, RADIUS, seed)?;
    let found = instance.search(seed, settings.ascent)?;
    Ok(Width {
        e: found.e,
        linearisation: found.linearisation,
        bound: instance.bound()?,
        random: instance.random_pairs(seed, PAIRS)?,
    })
}
