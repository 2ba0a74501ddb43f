//! A padded image: zeros around it, and columns sorted by their remainder modulo the stride.
//!
//! With the columns so sorted, the inputs that one kernel entry meets along a row of outputs are neighbours for any stride, and a
//! strided convolution is a sum of shifted rows like any other.

use crate::Real;
use crate::buffer::Buffer;
use crate::kernels::{SLACK, copy_lanes};

/// The layout of a padded image, `channels x rows x remainders x columns x lanes`.
#[derive(Clone, Copy, Debug)]
pub(super) struct Frame {
    pub(super) rows: usize,
    pub(super) remainders: usize,
    /// Columns of each remainder.
    pub(super) columns: usize,
    pub(super) lanes: usize,
    /// How far the rows and columns that it holds stand apart in the padded image: 1, or with kernels of one by one the stride.
    pub(super) every: usize,
}

impl Frame {
    /// Where the entry `(channel, row, column)` of what it holds starts.
    pub(super) fn index(self, channel: usize, row: usize, column: usize) -> usize {
        let line = (channel * self.rows + row) * self.remainders + column % self.remainders;
        (line * self.columns + column / self.remainders) * self.lanes
    }

    /// Copies images `channels x height x width x lanes` into the frame, as if `top` rows and `left` columns of zeros stood before them.
    pub(super) fn fill<T: Real>(
        self,
        x: &[T],
        (height, width): (usize, usize),
        (top, left): (usize, usize),
        frame: &mut Buffer<T>,
    ) {
        let Self { rows, remainders, columns, lanes, every } = self;
        let channels = x.len() / (height * width * lanes);
        let row_len = remainders * columns * lanes;
        frame.resize(channels * rows * row_len + SLACK);
        let (images, slack) = frame.split_at_mut(channels * rows * row_len);
        slack.fill(T::zero());
        let images = images.chunks_exact_mut(rows * row_len);
        for (image, x) in images.zip(x.chunks_exact(height * width * lanes)) {
            for (row, line) in image.chunks_exact_mut(row_len).enumerate() {
                let row = row * every;
                if row < top || row >= top + height {
                    line.fill(T::zero());
                    continue;
                }
                let x = &x[(row - top) * width * lanes..][..width * lanes];
                let step = remainders * every;
                for (remainder, line) in line.chunks_exact_mut(columns * lanes).enumerate() {
                    // The columns whose place `column * step + remainder - left` is inside the image.
                    let before = |place: usize| place.saturating_sub(remainder).div_ceil(step).min(columns);
                    let (first, end) = (before(left), before(left + width));
                    line[..first * lanes].fill(T::zero());
                    line[end * lanes..].fill(T::zero());
                    let line = &mut line[first * lanes..end * lanes];
                    if line.is_empty() {
                        continue;
                    }
                    let x = &x[(first * step + remainder - left) * lanes..];
                    if step == 1 {
                        line.copy_from_slice(&x[..line.len()]);
                        continue;
                    }
                    for (x, entry) in x.chunks(step * lanes).zip(line.chunks_exact_mut(lanes)) {
                        copy_lanes(&x[..lanes], entry);
                    }
                }
            }
        }
    }
}
