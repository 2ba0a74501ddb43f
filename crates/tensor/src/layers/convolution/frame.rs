//! A padded image: zeros around it, and columns sorted by their remainder modulo the stride.
//!
//! With the columns so sorted, the inputs that one kernel entry meets along a row of outputs are neighbours for any stride, and a
//! strided convolution is a sum of shifted rows like any other.

use crate::Real;
use crate::buffer::Buffer;

/// The layout of a padded image, `channels x rows x remainders x columns x lanes`.
#[derive(Clone, Copy, Debug)]
pub(super) struct Frame {
    pub(super) rows: usize,
    pub(super) remainders: usize,
    /// Columns of each remainder.
    pub(super) columns: usize,
    pub(super) lanes: usize,
}

/// Kernels read whole tiles: up to this many numbers beyond the end.
const SLACK: usize = 64;

impl Frame {
    /// Where the entry `(channel, row, column)` of the padded image starts.
    pub(super) fn index(self, channel: usize, row: usize, column: usize) -> usize {
        let line = (channel * self.rows + row) * self.remainders + column % self.remainders;
        (line * self.columns + column / self.remainders) * self.lanes
    }

    /// Copies images `channels x height x width x lanes` into the frame, `top` rows and `left` columns of zeros before them.
    pub(super) fn fill<T: Real>(
        self,
        x: &[T],
        (height, width): (usize, usize),
        (top, left): (usize, usize),
        frame: &mut Buffer<T>,
    ) {
        let Self { rows, remainders, columns, lanes } = self;
        let channels = x.len() / (height * width * lanes);
        let row_len = remainders * columns * lanes;
        frame.resize(channels * rows * row_len + SLACK);
        let (images, slack) = frame.split_at_mut(channels * rows * row_len);
        slack.fill(T::zero());
        let images = images.chunks_exact_mut(rows * row_len);
        for (image, x) in images.zip(x.chunks_exact(height * width * lanes)) {
            for (row, line) in image.chunks_exact_mut(row_len).enumerate() {
                if row < top || row >= top + height {
                    line.fill(T::zero());
                    continue;
                }
                let x = &x[(row - top) * width * lanes..][..width * lanes];
                if remainders == 1 {
                    let (before, rest) = line.split_at_mut(left * lanes);
                    before.fill(T::zero());
                    // A stride of one needs no column beyond the padding, a larger one may leave some of the image unused.
                    let used = rest.len().min(x.len());
                    rest[..used].copy_from_slice(&x[..used]);
                    rest[used..].fill(T::zero());
                } else {
                    for (remainder, line) in line.chunks_exact_mut(columns * lanes).enumerate() {
                        for (column, entry) in line.chunks_exact_mut(lanes).enumerate() {
                            let place = (column * remainders + remainder).wrapping_sub(left);
                            match x.get(place.wrapping_mul(lanes)..) {
                                Some(x) if place < width => entry.copy_from_slice(&x[..lanes]),
                                _ => entry.fill(T::zero()),
                            }
                        }
                    }
                }
            }
        }
    }
}
