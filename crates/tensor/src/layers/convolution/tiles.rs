//! Convolutions by three by three, one position apart, with sixteen products for thirty-six: outputs are taken in tiles of two by two,
//! each from sixteen combinations of four by four inputs. Their data gradients are convolutions of the same kind.

use super::ConvGeometry;
use super::direct::ConvScratch;
use crate::Real;
use crate::kernels::{
    GatherOutputs, OuterProducts, SLACK, SpreadInputs, SpreadWeights, gather_outputs, spread_inputs,
    spread_weights, sum_outer_products, transpose,
};

/// With fewer channels on either side the combinations cost more than the products that they save.
const FEWEST_CHANNELS: usize = 16;

impl ConvGeometry {
    /// Whether this convolution and its gradients go by tiles.
    pub(crate) fn goes_by_tiles(self) -> bool {
        self.kernel == 3
            && self.stride == 1
            && self.padding <= 2
            && self.out_height.min(self.out_width) > 1
            && self.height.min(self.width) > 1
            && self.channels_in.min(self.channels_out) >= FEWEST_CHANNELS
    }

    /// Rows and columns of tiles.
    pub(crate) fn tiles(self) -> (usize, usize) {
        (self.out_height.div_ceil(2), self.out_width.div_ceil(2))
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
    let (patch, channels_out) = (geometry.patch(), geometry.channels_out);
    packed.resize(packed_len(geometry), T::zero());
    let by_output = &mut scratch.rows;
    by_output.resize(patch * channels_out, T::zero());
    transpose(channels_out, patch, weight, patch, by_output, channels_out);
    spread_kernels(channels_out, false, by_output, &mut packed);
    convolve_tiles(geometry, lanes, x, &packed, bias, y, false, scratch);
    scratch.packed = packed;
}

/// Packs a convolution's weights for [`convolve_backward`].
pub(super) fn pack_transposed<T: Real>(geometry: ConvGeometry, weight: &[T], packed: &mut Vec<T>) {
    let channels_in = geometry.channels_in;
    let len = packed_len(geometry);
    // The weights by input stand after the packed ones until they are cut off.
    packed.resize(len + weight.len(), T::zero());
    let (spread, by_input) = packed.split_at_mut(len);
    let kernels = weight.chunks_exact(9 * channels_in).zip(by_input.chunks_exact_mut(9 * channels_in));
    for (weight, by_input) in kernels {
        transpose(channels_in, 9, weight, 9, by_input, channels_in);
    }
    spread_kernels(channels_in, true, by_input, spread);
    packed.truncate(len);
}

/// Sixteen entries that stand a power of two apart would all fall on the same few places of the first cache.
pub(super) const APART: usize = 16;

fn packed_len(geometry: ConvGeometry) -> usize {
    16 * (geometry.channels_in * geometry.channels_out + APART)
}

/// `G g G'` for all kernels, `16 x count x outputs`, of kernels `count x 9 x outputs`.
fn spread_kernels<T: Real>(outputs: usize, turned: bool, kernels: &[T], spread: &mut [T]) {
    let entry_step = kernels.len() / 9 + APART;
    for (channel, weights) in kernels.chunks_exact(9 * outputs).enumerate() {
        let spread = &mut spread[channel * outputs..];
        spread_weights(SpreadWeights { weights, len: outputs, turned, spread, entry_step });
    }
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
    convolve_tiles(geometry.transposed(), lanes, u, packed, None, dx, accumulate, scratch);
}

/// The convolution with packed weights; adds to `y` if `accumulate`.
#[allow(clippy::too_many_arguments, reason = "each is another array or size")]
fn convolve_tiles<T: Real>(
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
    let (down, across) = geometry.tiles();
    let (row, out_row) = (width * lanes, geometry.out_width * lanes);
    // One row of tiles: its numbers for one channel and one of the sixteen entries.
    let len = across * lanes;
    let line = 2 * len + 2 * lanes;
    let ConvScratch { frame: band, spread, products, .. } = scratch;
    // The four padded rows that a row of tiles sees, row `r` in place `r % 4`. The zeros at both ends stay.
    band.resize(channels_in * 4 * line);
    band.fill(T::zero());
    let (spread_step, product_step) = (channels_in * len + APART, channels_out * len + APART);
    spread.resize(16 * spread_step + SLACK);
    products.resize(16 * product_step);
    for tile_row in 0..down {
        let top = 2 * tile_row;
        let new = if top == 0 { 0..4 } else { top + 2..top + 4 };
        for (channel, band) in band.chunks_exact_mut(4 * line).enumerate() {
            for r in new.clone() {
                let target = &mut band[r % 4 * line + padding * lanes..][..row];
                if (padding..padding + height).contains(&r) {
                    target.copy_from_slice(&x[(channel * height + r - padding) * row..][..row]);
                } else {
                    target.fill(T::zero());
                }
            }
            let place = |i: usize| &band[(top + i) % 4 * line..][..line];
            spread_inputs(SpreadInputs {
                rows: [place(0), place(1), place(2), place(3)],
                step: lanes,
                run: lanes,
                tiles: across,
                spread: &mut spread[channel * len..],
                entry_step: spread_step,
            });
        }
        for (entry, sums) in products.chunks_exact_mut(product_step).enumerate() {
            sum_outer_products(OuterProducts {
                count: channels_in,
                left: &packed[entry * packed.len() / 16..],
                left_step: channels_out,
                lefts: channels_out,
                right: &spread[entry * spread_step..],
                right_step: len,
                rights: len,
                sums,
                sums_step: len,
                accumulate: false,
            });
        }
        for (m, y) in y.chunks_exact_mut(out_height * out_row).enumerate() {
            let (upper, lower) = y[top * out_row..].split_at_mut(out_row);
            gather_outputs(GatherOutputs {
                products: &products[m * len..],
                entry_step: product_step,
                run: lanes,
                bias: bias.map_or(T::zero(), |bias| bias[m]),
                upper,
                lower: (!lower.is_empty()).then(|| &mut lower[..out_row]),
                accumulate,
            });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::direct;
    use super::*;
    use crate::Conv2d;
    use fenchel_random::Seed;
    use proptest::prelude::*;

    fn geometry() -> impl Strategy<Value = ConvGeometry> {
        let channels = (FEWEST_CHANNELS..20, FEWEST_CHANNELS..20);
        (channels, 1_usize..8, 1_usize..8, 0_usize..3).prop_filter_map(
            "too small an image",
            |((channels_in, channels_out), height, width, padding)| {
                let conv = Conv2d::new(channels_out, 3).padded(padding);
                ConvGeometry::new(conv, channels_in, height, width)
                    .filter(|geometry| geometry.goes_by_tiles())
            },
        )
    }

    /// Forward and back, by tiles and directly.
    struct Both<T> {
        tiles: [Vec<T>; 2],
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
        for buffer in [&mut scratch.frame, &mut scratch.spread, &mut scratch.products] {
            buffer.resize(100_000);
            buffer.fill(T::of(f64::NAN));
        }
        let mut scratch_of_direct = ConvScratch::default();
        let mut packed = Vec::new();
        let (mut y, mut dx) = (u.clone(), x.clone());
        convolve(geometry, lanes, &x, &weight, Some(&bias), &mut y, &mut scratch);
        pack_transposed(geometry, &weight, &mut packed);
        convolve_backward(geometry, lanes, &u, &packed, &mut dx, accumulate, &mut scratch);
        let tiles = [y.clone(), dx];
        let mut dx = x.clone();
        direct::convolve(geometry, lanes, &x, &weight, Some(&bias), &mut y, &mut scratch_of_direct);
        direct::pack_transposed(geometry, &weight, &mut packed);
        direct::convolve_backward(geometry, lanes, &u, &packed, &mut dx, accumulate, &mut scratch_of_direct);
        Both { tiles, direct: [y, dx] }
    }

    proptest! {
        /// Small integers and their halves: every sum is exact, in any order and precision.
        #[test]
        fn tiles_are_exact_on_integers(
            geometry in geometry(), lanes in 1_usize..20, accumulate: bool, seed: u64,
        ) {
            let mut stream = Seed::new(seed).stream();
            let single = both::<f32>(geometry, lanes, accumulate, |n| {
                (0..n).map(|_| f32::from(stream.random_range(-4_i8..5))).collect()
            });
            prop_assert_eq!(single.tiles, single.direct);
            let double = both::<f64>(geometry, lanes, accumulate, |n| {
                (0..n).map(|_| f64::from(stream.random_range(-4_i8..5))).collect()
            });
            prop_assert_eq!(double.tiles, double.direct);
        }

        /// The bound of the kernels' documentation. All numbers are below one in size, so the entries of `|G| |g|` are at most 1, 3/2, 3/2
        /// and 1 in each direction, those of `|B'| |d|` at most 2, and the three that `A'` adds at most 8 together.
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
            let roundings = (channels + 12) as f64;
            let unit = f64::from(f32::EPSILON / 2.0);
            let gamma = roundings * unit / (1.0 - roundings * unit);
            // The round-off of double precision is a millionth of this at most.
            let bound = 1.000_001 * gamma * ((64 * channels) as f64 + 1.0);
            for (single, double) in single.tiles.iter().flatten().zip(double.direct.iter().flatten()) {
                prop_assert!((f64::from(*single) - double).abs() <= bound, "{single}, {double}, {bound}");
            }
        }
    }
}
