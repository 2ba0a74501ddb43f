//! Convolutions by three by three, one position apart, with four products for six: rows of outputs are taken in pairs, each from four
//! combinations of four rows of inputs. Their data gradients are convolutions of the same kind.

use super::ConvGeometry;
use super::direct::ConvScratch;
use crate::Real;
use crate::kernels::{
    Correlation, Rows, SLACK, correlate, gather_rows, pack_many, spread_rows, spread_weights,
};

/// With fewer channels on either side the combinations cost more than the products that they save.
const FEWEST_CHANNELS: usize = 8;

impl ConvGeometry {
    /// Whether this convolution and its data gradient take rows in pairs.
    pub(super) fn goes_by_pairs(self) -> bool {
        self.kernel == 3
            && self.stride == 1
            && self.padding <= 2
            && self.out_height > 1
            && self.height > 1
            && self.channels_in.min(self.channels_out) >= FEWEST_CHANNELS
    }

    /// The convolution of cotangents, with the kernel turned round, that is the data gradient.
    fn transposed(self) -> Self {
        Self {
            channels_in: self.channels_out,
            height: self.out_height,
            width: self.out_width,
            channels_out: self.channels_in,
            padding: 2 - self.padding,
            out_height: self.height,
            out_width: self.width,
            ..self
        }
    }
}

/// The convolution of images with any number of lanes; `weight` is `channels_out x patch`.
pub(super) fn convolve<T: Real>(
    geometry: ConvGeometry,
    lanes: usize,
    x: &[T],
    weight: &[T],
    bias: Option<&[T]>,
    y: &mut [T],
    scratch: &mut ConvScratch<T>,
) {
    let mut packed = std::mem::take(&mut scratch.packed);
    pack_pairs(geometry, false, weight, &mut packed);
    convolve_pairs(geometry, lanes, x, &packed, bias, y, false, scratch);
    scratch.packed = packed;
}

/// Packs a convolution's weights for [`convolve_backward`].
pub(super) fn pack_transposed<T: Real>(geometry: ConvGeometry, weight: &[T], packed: &mut Vec<T>) {
    pack_pairs(geometry, true, weight, packed);
}

/// `dX` for images of cotangents with any number of lanes; adds to `dx` if `accumulate`.
pub(super) fn convolve_backward<T: Real>(
    geometry: ConvGeometry,
    lanes: usize,
    u: &[T],
    packed: &[T],
    dx: &mut [T],
    accumulate: bool,
    scratch: &mut ConvScratch<T>,
) {
    convolve_pairs(geometry.transposed(), lanes, u, packed, None, dx, accumulate, scratch);
}

/// Combines and packs a convolution's weights, or with `turned` those of its data gradient; `geometry` is the convolution's own.
fn pack_pairs<T: Real>(geometry: ConvGeometry, turned: bool, weight: &[T], packed: &mut Vec<T>) {
    let ConvGeometry { channels_in, channels_out, .. } = geometry;
    let len = 3 * channels_in * channels_out;
    packed.resize(4 * len, T::zero());
    let mut rest = packed.chunks_exact_mut(len);
    let entries = std::array::from_fn(|_| rest.next().unwrap_or_default());
    // A tap is a channel and a column of its kernel.
    if turned {
        let column = |m: usize, tap: usize| {
            let kernel = &weight[((tap / 3) * channels_in + m) * 9..][..9];
            spread_weights([kernel[8 - tap % 3], kernel[5 - tap % 3], kernel[2 - tap % 3]])
        };
        pack_many(channels_in, 3 * channels_out, column, entries);
    } else {
        let column = |m: usize, tap: usize| {
            let kernel = &weight[(m * channels_in + tap / 3) * 9..][..9];
            spread_weights([kernel[tap % 3], kernel[3 + tap % 3], kernel[6 + tap % 3]])
        };
        pack_many(channels_out, 3 * channels_in, column, entries);
    }
}

/// The convolution with packed weights; adds to `y` if `accumulate`.
#[allow(clippy::too_many_arguments, reason = "each is another array or size")]
fn convolve_pairs<T: Real>(
    geometry: ConvGeometry,
    lanes: usize,
    x: &[T],
    packed: &[T],
    bias: Option<&[T]>,
    y: &mut [T],
    accumulate: bool,
    scratch: &mut ConvScratch<T>,
) {
    let ConvGeometry { channels_in, channels_out, height, width, padding, out_height, .. } = geometry;
    let (row, out_row) = (width * lanes, geometry.out_width * lanes);
    let line = row + 2 * padding * lanes;
    let ConvScratch { frame, offsets, products, rows: zeros, .. } = scratch;
    // The four combinations of all channels, with zeros at both ends of each line.
    let image = channels_in * line;
    frame.resize(4 * image + SLACK);
    for line in frame.chunks_exact_mut(line) {
        let end = line.len() - padding * lanes;
        line[..padding * lanes].fill(T::zero());
        line[end..].fill(T::zero());
    }
    products.resize(4 * channels_out * out_row);
    zeros.clear();
    zeros.resize(row, T::zero());
    offsets.clear();
    offsets.extend((0..3 * channels_in).map(|tap| tap / 3 * line + tap % 3 * lanes));
    let weights = packed.chunks_exact(packed.len() / 4);
    for top in (0..out_height).step_by(2) {
        for channel in 0..channels_in {
            let mut d = [&**zeros; 4];
            for (i, d) in d.iter_mut().enumerate() {
                if (padding..padding + height).contains(&(top + i)) {
                    *d = &x[(channel * height + top + i - padding) * row..][..row];
                }
            }
            let mut lines = frame[channel * line + padding * lanes..].chunks_mut(image);
            let mut next = || lines.next().unwrap_or_default();
            spread_rows(d, [next(), next(), next(), next()]);
        }
        let all = products.chunks_exact_mut(channels_out * out_row);
        for (entry, (products, weights)) in all.zip(weights.clone()).enumerate() {
            correlate(Correlation {
                x: &frame[entry * image..],
                offsets,
                weights,
                // The second product goes to both rows with factor 1.
                bias: bias.filter(|_| entry == 1),
                outputs: channels_out,
                rows: Rows { count: 1, len: out_row, source: 0, source_step: 0, target: 0, target_step: 0 },
                plane: out_row,
                y: products,
                accumulate: false,
            });
        }
        for (m, y) in y.chunks_exact_mut(out_height * out_row).enumerate() {
            let product = |entry: usize| &products[(entry * channels_out + m) * out_row..][..out_row];
            let (upper, lower) = y[top * out_row..].split_at_mut(out_row);
            let lower = (!lower.is_empty()).then_some(lower);
            gather_rows([product(0), product(1), product(2), product(3)], upper, lower, accumulate);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Conv2d, direct};
    use super::*;
    use fenchel_random::{Rng, Seed};
    use proptest::prelude::*;

    fn geometry() -> impl Strategy<Value = ConvGeometry> {
        let channels = (FEWEST_CHANNELS..14, FEWEST_CHANNELS..14);
        (channels, 1_usize..8, 1_usize..8, 0_usize..3).prop_filter_map(
            "too small an image",
            |((channels_in, channels_out), height, width, padding)| {
                let conv = Conv2d::new(channels_out, 3).padded(padding);
                ConvGeometry::new(conv, channels_in, height, width)
                    .filter(|geometry| geometry.goes_by_pairs())
            },
        )
    }

    /// Forward and back, by pairs and directly.
    struct Both<T> {
        pairs: [Vec<T>; 2],
        direct: [Vec<T>; 2],
    }

    fn both<T: Real>(
        geometry: ConvGeometry,
        lanes: usize,
        accumulate: bool,
        mut draw: impl FnMut(usize) -> Vec<T>,
    ) -> Both<T> {
        let x = draw(geometry.in_len() * lanes);
        let u = draw(geometry.channels_out * geometry.positions() * lanes);
        let weight = draw(geometry.channels_out * geometry.patch());
        let bias = draw(geometry.channels_out);
        // What stood in the buffers before must not matter.
        let mut scratch = ConvScratch::<T>::default();
        for buffer in [&mut scratch.frame, &mut scratch.products] {
            buffer.resize(100_000);
            buffer.fill(T::of(f64::NAN));
        }
        let mut scratch_of_direct = ConvScratch::default();
        let mut packed = Vec::new();
        let (mut y, mut dx) = (u.clone(), x.clone());
        convolve(geometry, lanes, &x, &weight, Some(&bias), &mut y, &mut scratch);
        pack_transposed(geometry, &weight, &mut packed);
        convolve_backward(geometry, lanes, &u, &packed, &mut dx, accumulate, &mut scratch);
        let pairs = [y.clone(), dx];
        let mut dx = x.clone();
        direct::convolve(geometry, lanes, &x, &weight, Some(&bias), &mut y, &mut scratch_of_direct);
        direct::pack_transposed(geometry, &weight, &mut packed);
        direct::convolve_backward(geometry, lanes, &u, &packed, &mut dx, accumulate, &mut scratch_of_direct);
        Both { pairs, direct: [y, dx] }
    }

    proptest! {
        /// Small integers and their halves: every sum is exact, in any order and precision.
        #[test]
        fn pairs_of_rows_are_exact_on_integers(
            geometry in geometry(), lanes in 1_usize..20, accumulate: bool, seed: u64,
        ) {
            let mut stream = Seed::new(seed).stream();
            let single = both::<f32>(geometry, lanes, accumulate, |n| {
                (0..n).map(|_| f32::from(stream.random_range(-4_i8..5))).collect()
            });
            prop_assert_eq!(single.pairs, single.direct);
            let double = both::<f64>(geometry, lanes, accumulate, |n| {
                (0..n).map(|_| f64::from(stream.random_range(-4_i8..5))).collect()
            });
            prop_assert_eq!(double.pairs, double.direct);
        }

        /// The bound of the kernels' documentation. All numbers are below one in size, so the entries of `|G| |g|` are at most 1, 3/2, 3/2
        /// and 1, those of `|B'| |d|` at most 2, and the three that `A'` adds at most 8, in each of the three columns of each channel.
        #[test]
        fn round_off_stays_below_its_bound(geometry in geometry(), lanes in 1_usize..20, seed: u64) {
            let numbers = |seed: u64| {
                let mut stream = Seed::new(seed).stream();
                move |n: usize| (0..n).map(|_| stream.random_range(-1.0_f32..1.0)).collect::<Vec<f32>>()
            };
            let single = both::<f32>(geometry, lanes, false, numbers(seed));
            let mut same = numbers(seed);
            let double = both::<f64>(geometry, lanes, false, |n| same(n).into_iter().map(f64::from).collect());
            let channels = geometry.channels_in.max(geometry.channels_out);
            let roundings = (3 * channels + 6) as f64;
            let unit = f64::from(f32::EPSILON / 2.0);
            let gamma = roundings * unit / (1.0 - roundings * unit);
            // The round-off of double precision is a millionth of this at most.
            let bound = 1.000_001 * gamma * (8.0 * (3 * channels) as f64 + 1.0);
            for (single, double) in single.pairs.iter().flatten().zip(double.direct.iter().flatten()) {
                prop_assert!((f64::from(*single) - double).abs() <= bound, "{single}, {double}, {bound}");
            }
        }
    }
}
