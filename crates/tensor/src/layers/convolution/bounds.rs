//! What a convolution may lose on the way back, and how long its rows of the Jacobian are.

use super::ConvGeometry;
use crate::Real;
use crate::layer::{Bounded, Carry, RowBound, gamma};

/// Carries cotangents back with a bound on what is lost.
pub(crate) fn pull_bounded<T: Real>(geometry: ConvGeometry, weight: &[T], carry: &mut Carry<'_>) {
    let terms = geometry.channels_out * geometry.kernel * geometry.kernel;
    geometry.for_each_entry(|output, input, place| {
        carry.entry(terms, output, input, weight[place].as_f64());
    });
    if geometry.goes_by_tiles() {
        add_tile_errors(geometry, weight, carry.u, carry.into, carry.k, carry.unit);
    }
}

/// The rows of the Jacobian at an input.
pub(crate) fn bound<T: Real>(geometry: ConvGeometry, bias: bool, x: &[T]) -> RowBound {
    let squares: Vec<f64> = x.iter().map(|x| x.as_f64().powi(2)).collect();
    let mut patches = vec![0.0; geometry.in_len()];
    geometry.for_each_entry(|output, input, _| {
        if output < geometry.positions() {
            patches[input] += squares[input];
        }
    });
    let (positions, patch) = (geometry.positions(), geometry.patch());
    let ones = if bias { positions as f64 } else { 0.0 };
    let factor = patches.iter().sum::<f64>() + ones;
    let terms = patch + positions + geometry.channels_out * positions.max(patch);
    let tiles = if geometry.goes_by_tiles() {
        let (down, across) = geometry.tiles();
        144.0 * gamma(down * across + 10, T::UNIT_ROUNDOFF) * squares.iter().sum::<f64>().sqrt()
    } else {
        0.0
    };
    RowBound { factor: factor.sqrt(), terms, tiles }
}

/// What a data gradient by tiles loses beyond the direct sum.
///
/// A product of a tile is off relative to `|A'| ((|G| |g| |G'|) * (|B'| |d| |B|)) |A|` summed over the
/// channels, with `C + 12` roundings. No entry of the first factor exceeds the sum of the nine `|g|`, none of
/// the second that of `|d|` over its window of four by four, which lies within two rows and columns of the
/// entry, and at most nine of their products are added.
fn add_tile_errors<T: Real>(
    geometry: ConvGeometry,
    weight: &[T],
    u: &Bounded,
    into: &mut Bounded,
    k: usize,
    unit: f64,
) {
    let ConvGeometry { channels_in, channels_out, height, width, out_height, out_width, padding, .. } =
        geometry;
    let gamma = 9.0 * gamma(channels_out + 12, unit);
    let kernel = |c: usize, channel: usize| -> f64 {
        weight[(channel * channels_in + c) * 9..][..9].iter().map(|w| w.as_f64().abs()).sum()
    };
    let near = |place: usize, end: usize| (place + padding).saturating_sub(3)..(place + padding + 2).min(end);
    for channel in 0..channels_out {
        for row in 0..height {
            for column in 0..width {
                let mut sizes = vec![0.0; k];
                for r in near(row, out_height) {
                    for s in near(column, out_width) {
                        let place = ((channel * out_height + r) * out_width + s) * k;
                        for l in 0..k {
                            sizes[l] += u.values[place + l].abs() + u.errors[place + l];
                        }
                    }
                }
                for c in 0..channels_in {
                    let size = gamma * kernel(c, channel);
                    let errors = &mut into.errors[((c * height + row) * width + column) * k..][..k];
                    errors.iter_mut().zip(&sizes).for_each(|(error, near)| *error += size * near);
                }
            }
        }
    }
}
