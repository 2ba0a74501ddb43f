//! Points of every size and shape at which an inequality of one vector is examined.

use crate::objectives::{Domain, Kink};
use fenchel_random::{Rng, Seed};

/// The point with this index: a normal-like direction, a coordinate, a sign pattern or a pair of coordinates, of a size from 1e-4 to 1e4; some at a
/// kink, all in the domain.
pub(super) fn point(seed: Seed, index: u64, m: usize, domain: &Domain, kinks: &[Kink]) -> Vec<f64> {
    let mut stream = seed.index(index).stream();
    let size = 10f64.powf(stream.random_range(-4.0..4.0));
    let mut x = vec![0.0; m];
    match index % 4 {
        0 => x[stream.random_range(0..m)] = if stream.random() { size } else { -size },
        1 => x.iter_mut().for_each(|x| *x = if stream.random() { size } else { -size }),
        2 => {
            let (i, j) = (stream.random_range(0..m), stream.random_range(0..m));
            x[i] += size;
            x[j] -= size * stream.random_range(0.0..2.0);
        }
        // A sum of four uniform numbers is near enough to a normal one.
        _ => {
            x.iter_mut()
                .for_each(|x| *x = size * (0..4).map(|_| stream.random_range(-1.0..1.0)).sum::<f64>());
        }
    }
    if !kinks.is_empty() && stream.random_range(0..4) == 0 {
        kinks[stream.random_range(0..kinks.len())].project(&mut x);
    }
    if *domain == Domain::Simplex {
        // The interior of the simplex, where subgradients exist.
        let most = x.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        x.iter_mut().for_each(|x| *x = (*x - most).max(-30.0).exp());
        let sum: f64 = x.iter().sum();
        x.iter_mut().for_each(|x| *x /= sum);
    } else {
        domain.project(&mut x);
    }
    x
}
