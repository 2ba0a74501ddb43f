//! Random flips and crops of images, drawn for each sample and epoch from a stream of its own.

use fenchel_random::Seed;

use crate::{Element, ImageShape};

/// How training images are varied from epoch to epoch.
///
/// The usual choice for CIFAR-10 is `Augmentation { flip: true, shift: 4 }`: "pad by 4 and crop at random".
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Augmentation {
    /// Mirror left and right with probability 1/2.
    pub flip: bool,
    /// Shift by up to so many pixels in each direction, uniformly; what comes in from outside is 0 (black).
    pub shift: usize,
}

impl Augmentation {
    /// Varies one raw sample in place as `seed` has it, before any normalisation.
    pub(crate) fn apply<A: Element>(self, seed: Seed, shape: ImageShape, sample: &mut [A]) {
        let mut stream = seed.stream();
        let mirror = self.flip && stream.random::<bool>();
        // i32, so that the draws are the same on every platform; beyond the image all shifts are alike.
        let reach = self.shift.min(1 << 20) as i32;
        let mut offset = || if reach == 0 { 0 } else { stream.random_range(-reach..=reach) as isize };
        let (down, right) = (offset(), offset());
        for plane in sample.chunks_exact_mut(shape.height * shape.width) {
            if mirror {
                plane.chunks_exact_mut(shape.width).for_each(<[A]>::reverse);
            }
            shift(plane, shape.width, down, right);
        }
    }
}

/// Moves a plane's contents down and right (or up and left, if negative), filling with zeros.
fn shift<A: Element>(plane: &mut [A], width: usize, down: isize, right: isize) {
    let height = plane.len() / width;
    let columns = width.saturating_sub(right.unsigned_abs());
    let (from, to) = if right < 0 { (width - columns, 0) } else { (0, width - columns) };
    for i in 0..height {
        // Rows are written in the order in which none is overwritten before it has been read.
        let row = if down > 0 { height - 1 - i } else { i };
        let start = row * width;
        match row.checked_add_signed(-down).filter(|&source| source < height && columns > 0) {
            Some(source) => {
                let source = source * width + from;
                plane.copy_within(source..source + columns, start + to);
                plane[start..start + to].fill(A::zero());
                plane[start + to + columns..start + width].fill(A::zero());
            }
            None => plane[start..start + width].fill(A::zero()),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_shift_moves_every_pixel(height in 1_usize..6, width in 1_usize..6, down in -7_isize..7, right in -7_isize..7) {
            let before: Vec<f64> = (1..=height * width).map(|i| i as f64).collect();
            let mut after = before.clone();
            shift(&mut after, width, down, right);
            for row in 0..height as isize {
                for column in 0..width as isize {
                    let (y, x) = (row - down, column - right);
                    let inside = (0..height as isize).contains(&y) && (0..width as isize).contains(&x);
                    let expected = if inside { before[y as usize * width + x as usize] } else { 0.0 };
                    prop_assert_eq!(after[row as usize * width + column as usize], expected);
                }
            }
        }
    }

    #[test]
    fn all_variants_come_and_each_is_a_function_of_its_seed() {
        let shape = ImageShape { channels: 2, height: 1, width: 3 };
        let vary = |seed: u64| {
            let mut sample = [1.0, 2.0, 3.0, 1.0, 2.0, 3.0];
            Augmentation { flip: true, shift: 1 }.apply(Seed::new(seed), shape, &mut sample);
            assert_eq!(sample[..3], sample[3..], "both channels are varied alike");
            sample[..3].to_vec()
        };
        let seen: Vec<Vec<f64>> = (0..300).map(vary).collect();
        assert_eq!(seen, (0..300).map(vary).collect::<Vec<_>>());
        let variants = [
            [1.0, 2.0, 3.0],
            [0.0, 1.0, 2.0],
            [2.0, 3.0, 0.0],
            [3.0, 2.0, 1.0],
            [0.0, 3.0, 2.0],
            [2.0, 1.0, 0.0],
            [0.0; 3],
        ];
        for variant in variants {
            assert!(seen.contains(&variant.to_vec()), "{variant:?}");
        }
        assert!(seen.iter().all(|one| variants.contains(&[one[0], one[1], one[2]])));
    }
}
