//! The data gradient of a convolution whose cotangents stand at a few positions only.

use super::ConvGeometry;
use crate::Real;
use crate::kernels::{CHANNEL_BLOCK, GatheredGradient, Term, gather_data_gradient};
use crate::layer::{Gathered, Position};

/// Buffers of [`gathered_backward`].
#[derive(Clone, Debug, Default)]
pub(crate) struct GatheredScratch {
    terms: Vec<Term>,
    ends: Vec<u32>,
    cursors: Vec<u32>,
}

/// Packs a convolution's weights for [`gathered_backward`]: for each block of input channels, for each output channel and kernel entry,
/// the block's weights.
pub(crate) fn pack_by_entry<T: Real>(geometry: ConvGeometry, weight: &[T], packed: &mut Vec<T>) {
    let (area, patch) = (geometry.kernel * geometry.kernel, geometry.patch());
    packed.clear();
    for first in (0..geometry.channels_in).step_by(CHANNEL_BLOCK) {
        for weight in weight.chunks_exact(patch) {
            for tap in 0..area {
                // The last block is filled up with weights that are not used.
                let channel = |m: usize| (first + m).min(geometry.channels_in - 1);
                packed.extend((0..CHANNEL_BLOCK).map(|m| weight[channel(m) * area + tap]));
            }
        }
    }
}

/// `dX`, `(C H W) x K`, of one sample's gathered cotangents, with the weights of [`pack_by_entry`]; adds to `dx` if `accumulate`.
///
/// Every entry of the list meets the inputs under its kernel. The pairs are sorted by input (a counting sort), and then each input's
/// sum is formed in registers, for several channels at once.
pub(crate) fn gathered_backward<T: Real>(
    geometry: ConvGeometry,
    cotangents: usize,
    gathered: &Gathered<T>,
    packed: &[T],
    dx: &mut [T],
    accumulate: bool,
    scratch: &mut GatheredScratch,
) {
    let ConvGeometry { height, width, channels_in, channels_out, kernel, .. } = geometry;
    let by_channel = gathered.positions.len() / channels_out;
    sort_terms(geometry, gathered, by_channel, scratch);
    let plane = height * width * cotangents;
    let blocks = dx.chunks_mut(CHANNEL_BLOCK * plane);
    for (block, weights) in blocks.zip(packed.chunks_exact(channels_out * kernel * kernel * CHANNEL_BLOCK)) {
        let gradient = GatheredGradient {
            terms: &scratch.terms,
            ends: &scratch.ends,
            u: &gathered.u,
            lanes: gathered.lanes,
            cotangents,
            weights,
            channels: block.len() / plane,
        };
        gather_data_gradient(&gradient, |place, m, sums| {
            // A loop of its own for so few numbers: a call of memcpy would cost more than the sums.
            for (dx, &sum) in block[m * plane + place..][..sums.len()].iter_mut().zip(sums) {
                *dx = if accumulate { *dx + sum } else { sum };
            }
        });
    }
    debug_assert_eq!(dx.len(), channels_in * plane);
}

/// Lists the terms of every input position, in the order of positions.
fn sort_terms<T: Real>(
    geometry: ConvGeometry,
    gathered: &Gathered<T>,
    by_channel: usize,
    scratch: &mut GatheredScratch,
) {
    let ConvGeometry { height, width, kernel, stride, padding, .. } = geometry;
    let GatheredScratch { terms, ends, cursors, .. } = scratch;
    cursors.clear();
    cursors.resize(height * width, 0);
    // The rows and columns of the kernel that lie inside the image at an output position: first entry, first input, how many.
    let inside = |out: usize, size: usize| {
        let start = out * stride;
        let skip = padding.saturating_sub(start);
        let end = kernel.min((size + padding).saturating_sub(start));
        // A padding wider than the kernel has outputs that meet no input at all.
        (skip, (start + skip - padding).min(size), end.saturating_sub(skip))
    };
    // Line by line: the first kernel entry, and the inputs that the line meets.
    let lines = |position: Position| {
        let (skip_rows, y, rows) = inside(position.row as usize, height);
        let (skip_columns, x, columns) = inside(position.column as usize, width);
        let rows = if columns == 0 { 0 } else { rows };
        (0..rows).map(move |i| {
            let start = (y + i) * width + x;
            ((skip_rows + i) * kernel + skip_columns, start..start + columns)
        })
    };
    for &position in &gathered.positions {
        for (_, inputs) in lines(position) {
            for cursor in &mut cursors[inputs] {
                *cursor += 1;
            }
        }
    }
    let mut total = 0;
    ends.clear();
    for cursor in cursors.iter_mut() {
        let count = *cursor;
        *cursor = total;
        total += count;
        ends.push(total);
    }
    terms.clear();
    terms.resize(total as usize, Term::default());
    for (entry, &position) in gathered.positions.iter().enumerate() {
        let cotangents = (entry * gathered.lanes) as u32;
        let first_tap = entry / by_channel * kernel * kernel;
        for (tap, inputs) in lines(position) {
            let mut weights = ((first_tap + tap) * CHANNEL_BLOCK) as u32;
            for cursor in &mut cursors[inputs] {
                terms[*cursor as usize] = Term { cotangents, weights };
                *cursor += 1;
                weights += CHANNEL_BLOCK as u32;
            }
        }
    }
}
