//! The weight gradients of convolutions, as sums of outer products of inputs with cotangents, channels innermost: so the inner loop is
//! a matrix product's, and no sum over lanes is left to be taken in a register.
//!
//! Convolutions by three by three with channels enough go by tiles ([`super::tiles`]): sixteen sums for thirty-six. With few
//! channels, and for the norms of other kernels, samples stay lanes ([`weight_products`]).

use std::ops::Range;

use super::ConvGeometry;
use super::direct::{ConvScratch, weight_products};
use super::tiles::APART;
use crate::Real;
use crate::buffer::Buffer;
use crate::kernels::{
    GatherWeights, OuterProducts, SLACK, SpreadCotangents, SpreadInputs, gather_weights, spread_cotangents,
    spread_inputs, sum_of_products, sum_outer_products, transpose,
};

/// What goes into the products of some rows of tiles should stay in the second-level cache: this many bytes of it.
const CACHE_BYTES: usize = 256 * 1024;

/// Buffers for weight gradients.
#[derive(Clone, Debug, Default)]
pub(crate) struct WeightScratch<T> {
    inputs: Band<T>,
    cotangents: Band<T>,
    spread_inputs: Buffer<T>,
    spread_cotangents: Buffer<T>,
    /// The sums of products.
    products: Buffer<T>,
    /// The gradient, `patch x channels_out`.
    weights: Buffer<T>,
}

/// Rows of an image with zeros around it, `rows x columns x lanes x channels`, the columns sorted by their remainder modulo the stride.
#[derive(Clone, Debug, Default)]
struct Band<T> {
    numbers: Buffer<T>,
    /// How many rows it holds: row `r` stands in place `r % held`.
    held: usize,
    /// Columns of each remainder.
    columns: usize,
    stride: usize,
    /// The numbers of a row, and of a position.
    row: usize,
    position: usize,
}

impl<T: Real> Band<T> {
    /// Makes room, all zeros.
    fn clear(&mut self, held: usize, (columns, stride): (usize, usize), lanes: usize, channels: usize) {
        self.held = held;
        self.stride = stride;
        self.columns = columns.div_ceil(stride);
        self.position = lanes * channels;
        self.row = stride * self.columns * self.position;
        self.numbers.resize(held * self.row + SLACK);
        self.numbers.fill(T::zero());
    }

    /// Where a column stands in its row.
    fn place(&self, column: usize) -> usize {
        (column % self.stride * self.columns + column / self.stride) * self.position
    }

    /// Copies some rows of the padded image from `x`, `channels x height x width x lanes` with `padding` around it.
    fn fill(
        &mut self,
        rows: Range<usize>,
        x: &[T],
        (height, width): (usize, usize),
        lanes: usize,
        padding: usize,
    ) {
        let channels = self.position / lanes;
        let plane = height * width * lanes;
        for r in rows {
            let start = r % self.held * self.row;
            if !(padding..padding + height).contains(&r) {
                self.numbers[start..start + self.row].fill(T::zero());
                continue;
            }
            let x = &x[(r - padding) * width * lanes..];
            if self.stride == 1 {
                let row = &mut self.numbers[start + padding * self.position..];
                transpose(channels, width * lanes, x, plane, row, channels);
                continue;
            }
            for column in 0..width {
                let to = start + self.place(padding + column);
                transpose(channels, lanes, &x[column * lanes..], plane, &mut self.numbers[to..], channels);
            }
        }
    }

    fn row(&self, r: usize) -> &[T] {
        &self.numbers[r % self.held * self.row..][..self.row]
    }
}

/// Calls `take` with the weight gradient of one lane after the other, `patch x channels_out`, or with the sum of them all.
fn weights_by_tiles<T: Real>(
    geometry: ConvGeometry,
    lanes: usize,
    apart: bool,
    x: &[T],
    u: &[T],
    scratch: &mut WeightScratch<T>,
    mut take: impl FnMut(usize, &mut [T]),
) {
    let ConvGeometry { channels_in, channels_out, height, width, padding, out_height, out_width, .. } =
        geometry;
    let (down, across) = geometry.tiles();
    // How many lanes go together, and how many tiles of how many rows.
    let together = if apart { 1 } else { lanes };
    let tile_bytes = 16 * together * (channels_in + channels_out) * size_of::<T>();
    let rows_together = (CACHE_BYTES / (tile_bytes * across)).clamp(1, down);
    let WeightScratch { inputs, cotangents, spread_inputs: d, spread_cotangents: v, products, weights } =
        scratch;
    let (x_rows, u_rows) =
        if apart { (2 * down + 2, 2 * down) } else { (2 * rows_together + 2, 2 * rows_together) };
    inputs.clear(x_rows, (2 * across + 2, 1), lanes, channels_in);
    cotangents.clear(u_rows, (2 * across, 1), lanes, channels_out);
    let count = rows_together * across * together;
    let (d_step, v_step) = (count * channels_in + APART, count * channels_out + APART);
    d.resize(16 * d_step);
    v.resize(16 * v_step + SLACK);
    let len = channels_in * channels_out;
    products.resize(16 * (len + APART));
    weights.resize(9 * len);
    let passes = if apart { lanes } else { 1 };
    let mut filled = 0;
    for pass in 0..passes {
        for first in (0..down).step_by(rows_together) {
            let tile_rows = first..down.min(first + rows_together);
            let end = if apart { down } else { tile_rows.end };
            if filled < end {
                let from = if filled == 0 { 0 } else { 2 * filled + 2 };
                inputs.fill(from..2 * end + 2, x, (height, width), lanes, padding);
                cotangents.fill(2 * filled..2 * end, u, (out_height, out_width), lanes, 0);
                filled = end;
            }
            for (place, tile_row) in tile_rows.clone().enumerate() {
                let top = 2 * tile_row;
                let row = |r: usize| &inputs.row(top + r)[pass * channels_in..];
                spread_inputs(SpreadInputs {
                    rows: [row(0), row(1), row(2), row(3)],
                    step: inputs.position,
                    run: together * channels_in,
                    tiles: across,
                    spread: &mut d[place * across * together * channels_in..],
                    entry_step: d_step,
                });
                let row = |r: usize| &cotangents.row(top + r)[pass * channels_out..];
                spread_cotangents(SpreadCotangents {
                    rows: [row(0), row(1)],
                    step: cotangents.position,
                    run: together * channels_out,
                    tiles: across,
                    spread: &mut v[place * across * together * channels_out..],
                    entry_step: v_step,
                });
            }
            for (entry, sums) in products.chunks_exact_mut(len + APART).enumerate() {
                sum_outer_products(OuterProducts {
                    count: tile_rows.len() * across * together,
                    left: &d[entry * d_step..],
                    left_step: channels_in,
                    lefts: channels_in,
                    right: &v[entry * v_step..],
                    right_step: channels_out,
                    rights: channels_out,
                    sums,
                    sums_step: channels_out,
                    accumulate: first > 0,
                });
            }
        }
        for (c, weights) in weights.chunks_exact_mut(9 * channels_out).enumerate() {
            gather_weights(GatherWeights {
                products: &products[c * channels_out..],
                entry_step: len + APART,
                len: channels_out,
                weights,
            });
        }
        take(pass, weights);
    }
}

/// With fewer channels in, or out, a register block of outer products is not full.
const FULL_BLOCK: (usize, usize) = (5, 8);

/// Whether sums over lanes go tap by tap, as outer products.
fn goes_by_taps(geometry: ConvGeometry) -> bool {
    geometry.channels_in >= FULL_BLOCK.0 && geometry.channels_out >= FULL_BLOCK.1
}

/// The sum over lanes of the weight gradients, `patch x channels_out`.
fn weights_by_taps<'a, T: Real>(
    geometry: ConvGeometry,
    lanes: usize,
    x: &[T],
    u: &[T],
    scratch: &'a mut WeightScratch<T>,
) -> &'a mut [T] {
    let ConvGeometry { channels_in, channels_out, kernel, stride, padding, height, width, .. } = geometry;
    let (out_height, out_width) = (geometry.out_height, geometry.out_width);
    let WeightScratch { inputs, cotangents, weights, .. } = scratch;
    inputs.clear(kernel, (width + 2 * padding, stride), lanes, channels_in);
    cotangents.clear(1, (out_width, 1), lanes, channels_out);
    weights.resize(geometry.patch() * channels_out);
    let mut filled = 0;
    for row in 0..out_height {
        let top = row * stride;
        inputs.fill(filled.max(top)..top + kernel, x, (height, width), lanes, padding);
        filled = top + kernel;
        cotangents.fill(row..row + 1, u, (out_height, out_width), lanes, 0);
        for tap in 0..kernel * kernel {
            sum_outer_products(OuterProducts {
                count: out_width * lanes,
                left: &inputs.row(top + tap / kernel)[inputs.place(tap % kernel)..],
                left_step: channels_in,
                lefts: channels_in,
                right: &cotangents.numbers,
                right_step: channels_out,
                rights: channels_out,
                sums: &mut weights[tap * channels_out..],
                sums_step: kernel * kernel * channels_out,
                accumulate: row > 0,
            });
        }
    }
    weights
}

/// Writes the sum over lanes of the weight gradients to `gradient`, `channels_out x patch`, or adds it.
pub(crate) fn weight_gradient<T: Real>(
    geometry: ConvGeometry,
    lanes: usize,
    x: &[T],
    u: &[T],
    gradient: &mut [T],
    accumulate: bool,
    scratch: &mut ConvScratch<T>,
) {
    let (patch, channels_out) = (geometry.patch(), geometry.channels_out);
    let by_tiles = geometry.goes_by_tiles();
    if by_tiles || goes_by_taps(geometry) {
        let ConvScratch { weights: scratch, rows: turned, .. } = scratch;
        let mut add = |weights: &mut [T]| {
            if accumulate {
                turned.resize(gradient.len(), T::zero());
                transpose(patch, channels_out, weights, channels_out, turned, patch);
                gradient.iter_mut().zip(&**turned).for_each(|(sum, &value)| *sum += value);
            } else {
                transpose(patch, channels_out, weights, channels_out, gradient, patch);
            }
        };
        if by_tiles {
            weights_by_tiles(geometry, lanes, false, x, u, scratch, |_, weights| add(weights));
        } else {
            add(weights_by_taps(geometry, lanes, x, u, scratch));
        }
        return;
    }
    weight_products(geometry, lanes, 1, x, u, scratch, |channel, tap, _, products| {
        let place = &mut gradient[channel * patch + tap];
        *place = if accumulate { *place + products[0] } else { products[0] };
    });
}

/// Adds every lane's squared norm of the weight gradient to its place of `norms`.
pub(crate) fn add_weight_norms<T: Real>(
    geometry: ConvGeometry,
    x: &[T],
    u: &[T],
    norms: &mut [T],
    sums: &mut Vec<T>,
    scratch: &mut ConvScratch<T>,
) {
    let lanes = norms.len();
    if geometry.goes_by_tiles() {
        weights_by_tiles(geometry, lanes, true, x, u, &mut scratch.weights, |lane, weights| {
            norms[lane] += sum_of_products(weights, weights);
        });
        return;
    }
    weight_products(geometry, lanes, lanes, x, u, scratch, |_, _, first, products| {
        if products.len() <= lanes {
            for (norm, &product) in norms[first..].iter_mut().zip(products) {
                *norm += product * product;
            }
        } else {
            // Several positions side by side: their lanes belong together.
            sums.clear();
            sums.resize(lanes, T::zero());
            for row in products.chunks_exact(lanes) {
                sums.iter_mut().zip(row).for_each(|(sum, &value)| *sum += value);
            }
            for (norm, &sum) in norms.iter_mut().zip(&**sums) {
                *norm += sum * sum;
            }
        }
    });
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Conv2d;
    use fenchel_random::Seed;
    use proptest::prelude::*;

    /// Convolutions whose weight gradient goes by taps.
    fn by_taps() -> impl Strategy<Value = ConvGeometry> {
        let channels = (FULL_BLOCK.0..14, FULL_BLOCK.1..20);
        let kernel = (prop_oneof![Just(1_usize), Just(2), Just(3), Just(5)], 1_usize..4, 0_usize..3);
        (channels, 1_usize..9, 1_usize..9, kernel).prop_filter_map(
            "too small an image",
            |((channels_in, channels_out), height, width, (kernel, stride, padding))| {
                let conv = Conv2d::new(channels_out, kernel).padded(padding).strided(stride);
                ConvGeometry::new(conv, channels_in, height, width)
            },
        )
    }

    /// Convolutions that go by tiles.
    fn by_tiles() -> impl Strategy<Value = ConvGeometry> {
        (16_usize..19, 16_usize..21, 2_usize..9, 2_usize..9, 0_usize..3).prop_filter_map(
            "too small an image",
            |(channels_in, channels_out, height, width, padding)| {
                let conv = Conv2d::new(channels_out, 3).padded(padding);
                ConvGeometry::new(conv, channels_in, height, width)
                    .filter(|geometry| geometry.goes_by_tiles())
            },
        )
    }

    /// The weight gradient of each lane, by the definition.
    fn defined<T: Real>(geometry: ConvGeometry, lanes: usize, x: &[T], u: &[T]) -> Vec<Vec<T>> {
        let ConvGeometry { channels_out, height, width, kernel, stride, padding, .. } = geometry;
        let mut all = vec![vec![T::zero(); channels_out * geometry.patch()]; lanes];
        for (lane, gradient) in all.iter_mut().enumerate() {
            for (place, sum) in gradient.iter_mut().enumerate() {
                let (m, tap) = (place / geometry.patch(), place % geometry.patch());
                let (c, i, j) = (tap / (kernel * kernel), tap / kernel % kernel, tap % kernel);
                for p in 0..geometry.positions() {
                    let row = p / geometry.out_width * stride + i;
                    let column = p % geometry.out_width * stride + j;
                    if (padding..padding + height).contains(&row)
                        && (padding..padding + width).contains(&column)
                    {
                        let from = (c * height + row - padding) * width + column - padding;
                        *sum += x[from * lanes + lane] * u[(m * geometry.positions() + p) * lanes + lane];
                    }
                }
            }
        }
        all
    }

    /// Small integers: every sum is exact, in any order and precision.
    fn check<T: Real>(geometry: ConvGeometry, lanes: usize, accumulate: bool, seed: u64) {
        let mut stream = Seed::new(seed).stream();
        let mut draw =
            |n: usize| (0..n).map(|_| T::of(f64::from(stream.random_range(-2_i8..3)))).collect::<Vec<_>>();
        let x = draw(geometry.in_len() * lanes);
        let u = draw(geometry.channels_out * geometry.positions() * lanes);
        let before = draw(geometry.channels_out * geometry.patch());
        // What stood in the buffers before must not matter.
        let mut scratch = ConvScratch::<T>::default();
        let WeightScratch { inputs, cotangents, spread_inputs, spread_cotangents, products, weights } =
            &mut scratch.weights;
        for buffer in [
            &mut inputs.numbers,
            &mut cotangents.numbers,
            spread_inputs,
            spread_cotangents,
            products,
            weights,
        ] {
            buffer.resize(100_000);
            buffer.fill(T::of(f64::NAN));
        }
        let apart = defined(geometry, lanes, &x, &u);
        let mut want = if accumulate { before.clone() } else { vec![T::zero(); before.len()] };
        for gradient in &apart {
            want.iter_mut().zip(gradient).for_each(|(sum, &value)| *sum += value);
        }
        let mut gradient = before;
        weight_gradient(geometry, lanes, &x, &u, &mut gradient, accumulate, &mut scratch);
        assert_eq!(gradient, want);
        if T::UNIT_ROUNDOFF < 1e-10 {
            let mut norms = vec![T::one(); lanes];
            add_weight_norms(geometry, &x, &u, &mut norms, &mut Vec::new(), &mut scratch);
            for (norm, gradient) in norms.into_iter().zip(apart) {
                assert_eq!(norm, T::one() + gradient.into_iter().map(|value| value * value).sum());
            }
        }
    }

    /// So large an image that its rows of tiles are taken in parts.
    #[test]
    fn exact_on_integers_in_parts() {
        for (seed, lanes) in [1, 8].into_iter().enumerate() {
            let geometry = ConvGeometry::new(Conv2d::new(17, 3).padded(1), 16, 33, 35).expect("it fits");
            assert!(geometry.goes_by_tiles());
            check::<f64>(geometry, lanes, false, seed as u64);
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(100))]

        #[test]
        fn exact_on_integers(
            geometry in prop_oneof![by_taps(), by_tiles()],
            lanes in prop_oneof![Just(1_usize), Just(2), Just(4), Just(8), Just(16)], accumulate: bool, seed: u64,
        ) {
            check::<f32>(geometry, lanes, accumulate, seed);
            check::<f64>(geometry, lanes, accumulate, seed);
        }

        /// The bound of the kernels' documentation. All numbers are below one in size, so the entries of `|A| |u|` are at most 1, 2, 2 and 1
        /// in each direction, those of `|B'| |d|` at most 2, and the three that `G'` adds at most 6 together.
        #[test]
        fn round_off_stays_below_its_bound(
            geometry in by_tiles(),
            lanes in prop_oneof![Just(1_usize), Just(3), Just(8), Just(10)], seed: u64,
        ) {
            let mut stream = Seed::new(seed).stream();
            let mut draw = |n: usize| (0..n).map(|_| stream.random_range(-1.0_f32..1.0)).collect::<Vec<f32>>();
            let x = draw(geometry.in_len() * lanes);
            let u = draw(geometry.channels_out * geometry.positions() * lanes);
            let mut gradient = vec![0.0; geometry.channels_out * geometry.patch()];
            weight_gradient(geometry, lanes, &x, &u, &mut gradient, false, &mut ConvScratch::default());
            let wide = |numbers: &[f32]| numbers.iter().copied().map(f64::from).collect::<Vec<f64>>();
            let apart = defined(geometry, lanes, &wide(&x), &wide(&u));
            let (down, across) = geometry.tiles();
            let products = (down * across * lanes) as f64;
            let unit = f64::from(f32::EPSILON / 2.0);
            let gamma = (products + 10.0) * unit / (1.0 - (products + 10.0) * unit);
            // The round-off of double precision is a millionth of this at most.
            let bound = 1.000_001 * gamma * 36.0 * products;
            for (place, &single) in gradient.iter().enumerate() {
                let double: f64 = apart.iter().map(|gradient| gradient[place]).sum();
                prop_assert!((f64::from(single) - double).abs() <= bound, "{single}, {double}, {bound}");
            }
        }
    }
}
