//! Each transform against its matrices, on small integers: every sum is exact, in any order and precision.

use super::super::vector::Baseline;
use super::*;
use fenchel_random::Seed;
use proptest::prelude::*;

/// The matrices of the kernels' documentation, and those of the weight gradient with the sign of its last product.
const INPUTS: [[f64; 4]; 4] =
    [[1.0, 0.0, -1.0, 0.0], [0.0, 1.0, 1.0, 0.0], [0.0, -1.0, 1.0, 0.0], [0.0, 1.0, 0.0, -1.0]];
const WEIGHTS: [[f64; 3]; 4] = [[1.0, 0.0, 0.0], [0.5, 0.5, 0.5], [0.5, -0.5, 0.5], [0.0, 0.0, 1.0]];
const OUTPUTS: [[f64; 4]; 2] = [[1.0, 1.0, 1.0, 0.0], [0.0, 1.0, -1.0, -1.0]];
const COTANGENTS: [[f64; 2]; 4] = [[1.0, 0.0], [1.0, 1.0], [1.0, -1.0], [0.0, 1.0]];
const GRADIENT: [[f64; 4]; 3] = [[1.0, 0.5, 0.5, 0.0], [0.0, 0.5, -0.5, 0.0], [0.0, 0.5, 0.5, -1.0]];

/// `M x M'`.
fn both_sides<T: Real, const R: usize, const C: usize>(
    matrix: [[f64; C]; R],
    x: impl Fn(usize, usize) -> T,
) -> [[T; R]; R] {
    let mut result = [[T::zero(); R]; R];
    for i in 0..R {
        for j in 0..R {
            for a in 0..C {
                for b in 0..C {
                    result[i][j] += T::of(matrix[i][a] * matrix[j][b]) * x(a, b);
                }
            }
        }
    }
    result
}

/// Runs of numbers at positions that stand a little further apart than a run, and entries that do, too.
struct Sizes {
    tiles: usize,
    run: usize,
    step: usize,
    entry_step: usize,
}

fn check<T: Real>(sizes: &Sizes, accumulate: bool, odd: bool, turned: bool, seed: u64) {
    let &Sizes { tiles, run, step, entry_step } = sizes;
    let mut stream = Seed::new(seed).stream();
    // Multiples of sixteen, so that halving in both directions leaves integers.
    let mut draw =
        |n: usize| (0..n).map(|_| T::of(16.0 * f64::from(stream.random_range(-4_i8..5)))).collect::<Vec<_>>();
    let rows: [Vec<T>; 4] = std::array::from_fn(|_| draw((2 * tiles + 1) * step + run));
    let views: [&[T]; 4] = std::array::from_fn(|i| &rows[i][..]);
    let entries = draw(16 * entry_step);
    let entry = |values: &[T], i: usize, j: usize, place: usize| values[(4 * i + j) * entry_step + place];
    let places = || (0..tiles).flat_map(|tile| (0..run).map(move |n| (tile, n)));
    let columns = 2 * tiles - usize::from(odd);
    let (bias, before) = (draw(1)[0], [draw(columns * run), draw(columns * run)]);
    let kernels = draw(9 * run);

    for baseline in [false, true] {
        let mut spread = entries.clone();
        let inputs = SpreadInputs { rows: views, step, run, tiles, spread: &mut spread, entry_step };
        if baseline {
            inputs.run::<Baseline>();
        } else {
            spread_inputs(inputs);
        }
        for (tile, n) in places() {
            let want = both_sides(INPUTS, |i, j| rows[i][(2 * tile + j) * step + n]);
            for (i, want) in want.into_iter().enumerate() {
                for (j, want) in want.into_iter().enumerate() {
                    assert_eq!(entry(&spread, i, j, tile * run + n), want, "inputs, baseline: {baseline}");
                }
            }
        }

        let cotangents = SpreadCotangents {
            rows: [views[0], views[1]],
            step,
            run,
            tiles,
            spread: &mut spread,
            entry_step,
        };
        if baseline {
            cotangents.run::<Baseline>();
        } else {
            spread_cotangents(cotangents);
        }
        for (tile, n) in places() {
            let want = both_sides(COTANGENTS, |i, j| rows[i][(2 * tile + j) * step + n]);
            for (i, want) in want.into_iter().enumerate() {
                for (j, want) in want.into_iter().enumerate() {
                    assert_eq!(
                        entry(&spread, i, j, tile * run + n),
                        want,
                        "cotangents, baseline: {baseline}"
                    );
                }
            }
        }

        let [mut upper, mut lower] = before.clone();
        let (products, lower_row) = (&entries[..], Some(&mut lower[..]));
        let outputs = GatherOutputs {
            products,
            entry_step,
            run,
            bias,
            upper: &mut upper,
            lower: lower_row,
            accumulate,
        };
        if baseline {
            outputs.run::<Baseline>();
        } else {
            gather_outputs(outputs);
        }
        for (tile, n) in places() {
            let want = both_sides(OUTPUTS, |i, j| entry(&entries, i, j, tile * run + n));
            for (i, row) in [&upper, &lower].into_iter().enumerate() {
                for j in 0..2.min(columns - 2 * tile) {
                    let place = (2 * tile + j) * run + n;
                    let start = if accumulate { before[i][place] } else { T::zero() };
                    assert_eq!(row[place], start + want[i][j] + bias, "outputs, baseline: {baseline}");
                }
            }
        }

        // Where the image ends there is no lower row.
        let mut alone = before[0].clone();
        let outputs =
            GatherOutputs { products, entry_step, run, bias, upper: &mut alone, lower: None, accumulate };
        if baseline {
            outputs.run::<Baseline>();
        } else {
            gather_outputs(outputs);
        }
        assert_eq!(alone, upper, "baseline: {baseline}");

        // What lies between the entries is left alone.
        for (gap, before) in spread.chunks_exact(entry_step).zip(entries.chunks_exact(entry_step)) {
            assert_eq!(gap[tiles * run..], before[tiles * run..]);
        }
        let weights = SpreadWeights { weights: &kernels, len: run, turned, spread: &mut spread, entry_step };
        if baseline {
            weights.run::<Baseline>();
        } else {
            spread_weights(weights);
        }
        let mut gathered = vec![T::zero(); 9 * run];
        let weights = GatherWeights { products: &entries, entry_step, len: run, weights: &mut gathered };
        if baseline {
            weights.run::<Baseline>();
        } else {
            gather_weights(weights);
        }
        for n in 0..run {
            let place = |i: usize, j: usize| if turned { 8 - 3 * i - j } else { 3 * i + j };
            let want = both_sides(WEIGHTS, |i, j| kernels[place(i, j) * run + n]);
            for (i, want) in want.into_iter().enumerate() {
                for (j, want) in want.into_iter().enumerate() {
                    assert_eq!(entry(&spread, i, j, n), want, "weights, baseline: {baseline}");
                }
            }
            let want = both_sides(GRADIENT, |i, j| entry(&entries, i, j, n));
            for (i, want) in want.into_iter().enumerate() {
                for (j, want) in want.into_iter().enumerate() {
                    assert_eq!(gathered[(3 * i + j) * run + n], want, "gradient, baseline: {baseline}");
                }
            }
        }
    }
}

proptest! {
    #[test]
    fn agree_with_their_matrices(
        tiles in 1_usize..5, run in 1_usize..40, extra in (0_usize..5, 0_usize..5),
        accumulate: bool, odd: bool, turned: bool, seed: u64,
    ) {
        let sizes = Sizes { tiles, run, step: run + extra.0, entry_step: tiles * run + extra.1 };
        check::<f32>(&sizes, accumulate, odd, turned, seed);
        check::<f64>(&sizes, accumulate, odd, turned, seed);
    }
}

/// Transforms of two tiles of eight numbers over arrays of the given lengths.
fn spread_over(row: usize, spread: usize) {
    let row = vec![0.0_f32; row];
    let rows = [&row[..]; 4];
    let spread = &mut vec![0.0; spread];
    spread_inputs(SpreadInputs { rows, step: 8, run: 8, tiles: 2, spread, entry_step: 16 });
}

fn spread_cotangents_over(row: usize, spread: usize) {
    let row = vec![0.0_f32; row];
    let spread = &mut vec![0.0; spread];
    let rows = [&row[..]; 2];
    spread_cotangents(SpreadCotangents { rows, step: 8, run: 8, tiles: 2, spread, entry_step: 16 });
}

fn gather_over(products: usize) {
    let products = &vec![0.0_f32; products];
    let (mut upper, mut lower) = (vec![0.0; 32], vec![0.0; 32]);
    gather_outputs(GatherOutputs {
        products,
        entry_step: 16,
        run: 8,
        bias: 0.0,
        upper: &mut upper,
        lower: Some(&mut lower),
        accumulate: false,
    });
}

#[test]
fn take_arrays_that_end_with_the_last_number() {
    spread_over(48, 256);
    spread_cotangents_over(32, 256);
    gather_over(256);
}

#[test]
#[should_panic(expected = "a.len()")]
fn refuse_inputs_that_end_before() {
    spread_over(47, 256);
}

#[test]
#[should_panic(expected = "spread.len()")]
fn refuse_too_small_a_place_for_inputs() {
    spread_over(48, 255);
}

#[test]
#[should_panic(expected = "above.len()")]
fn refuse_cotangents_that_end_before() {
    spread_cotangents_over(31, 256);
}

#[test]
#[should_panic(expected = "spread.len()")]
fn refuse_too_small_a_place_for_cotangents() {
    spread_cotangents_over(32, 255);
}

#[test]
#[should_panic(expected = "products.len()")]
fn refuse_products_that_end_before() {
    gather_over(255);
}
