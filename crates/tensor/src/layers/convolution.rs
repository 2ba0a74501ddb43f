//! The methods behind two-dimensional convolution.
//!
//! Values and cotangents have lanes innermost (samples, or one sample's cotangents), so a convolution is a weighted
//! sum of shifted rows of the padded image: no patches are unfolded, and no vector is half used however narrow the
//! image. Unfolded patches are made only where one sample's input meets many cotangents and a matrix product is the
//! best there is. Kernels of three by three with channels enough go by tiles of two by two outputs, with sixteen
//! products for thirty-six. Weight gradients with channels enough have them innermost.

mod bounds;
mod direct;
mod frame;
mod gathered;
mod rows;
mod tiles;
mod weights;

pub(super) use bounds::{bound, pull_bounded};
pub(super) use direct::ConvScratch;
pub(super) use gathered::{GatheredScratch, gathered_backward, pack_by_entry};
pub(super) use rows::BlockScratch;
pub(super) use weights::{add_weight_norms, weight_gradient};

use crate::Real;

/// A convolution with its image sizes worked out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct ConvGeometry {
    pub(crate) channels_in: usize,
    pub(crate) height: usize,
    pub(crate) width: usize,
    pub(crate) channels_out: usize,
    pub(crate) kernel: usize,
    pub(crate) stride: usize,
    pub(crate) padding: usize,
    pub(crate) out_height: usize,
    pub(crate) out_width: usize,
}

impl ConvGeometry {
    pub(crate) fn in_len(self) -> usize {
        self.channels_in * self.height * self.width
    }

    /// The number of output positions.
    pub(crate) fn positions(self) -> usize {
        self.out_height * self.out_width
    }

    /// The number of inputs that one output sums over.
    pub(crate) fn patch(self) -> usize {
        self.channels_in * self.kernel * self.kernel
    }

    /// Shows every entry of the linear map: its output, its input, and the place of its weight.
    pub(crate) fn for_each_entry(self, mut each: impl FnMut(usize, usize, usize)) {
        let Self { channels_in, height, width, channels_out, kernel, stride, padding, out_height, out_width } =
            self;
        for channel in 0..channels_out {
            for c in 0..channels_in {
                for i in 0..kernel {
                    for j in 0..kernel {
                        let weight = ((channel * channels_in + c) * kernel + i) * kernel + j;
                        for row in self.rows_inside(i) {
                            for column in self.columns_inside(j) {
                                let output = (channel * out_height + row) * out_width + column;
                                let (y, x) = (row * stride + i - padding, column * stride + j - padding);
                                each(output, (c * height + y) * width + x, weight);
                            }
                        }
                    }
                }
            }
        }
    }

    /// The output columns whose input column, for kernel column `j`, lies inside the image.
    fn columns_inside(self, j: usize) -> std::ops::Range<usize> {
        inside(j, self.padding, self.stride, self.width, self.out_width)
    }

    /// The output rows whose input row, for kernel row `i`, lies inside the image.
    fn rows_inside(self, i: usize) -> std::ops::Range<usize> {
        inside(i, self.padding, self.stride, self.height, self.out_height)
    }
}

/// The outputs `o < out` with `0 <= o * stride + offset - padding < size`.
fn inside(offset: usize, padding: usize, stride: usize, size: usize, out: usize) -> std::ops::Range<usize> {
    let first = padding.saturating_sub(offset).div_ceil(stride).min(out);
    let end = (size + padding).saturating_sub(offset).div_ceil(stride).min(out);
    first..end.max(first)
}

/// The convolution of images with any number of lanes; `weight` is `channels_out x patch`.
pub(crate) fn convolve<T: Real>(
    geometry: ConvGeometry,
    lanes: usize,
    x: &[T],
    weight: &[T],
    bias: Option<&[T]>,
    y: &mut [T],
    scratch: &mut ConvScratch<T>,
) {
    if geometry.goes_by_tiles() {
        tiles::convolve(geometry, lanes, x, weight, bias, y, scratch);
    } else {
        direct::convolve(geometry, lanes, x, weight, bias, y, scratch);
    }
}

/// Packs a convolution's weights, from outputs to inputs, for [`convolve_backward`].
pub(crate) fn pack_transposed<T: Real>(geometry: ConvGeometry, weight: &[T], packed: &mut Vec<T>) {
    if geometry.goes_by_tiles() {
        tiles::pack_transposed(geometry, weight, packed);
    } else {
        direct::pack_transposed(geometry, weight, packed);
    }
}

/// `dX` for images of cotangents with any number of lanes; adds to `dx` if `accumulate`.
pub(crate) fn convolve_backward<T: Real>(
    geometry: ConvGeometry,
    lanes: usize,
    u: &[T],
    packed: &[T],
    dx: &mut [T],
    accumulate: bool,
    scratch: &mut ConvScratch<T>,
) {
    if geometry.goes_by_tiles() {
        tiles::convolve_backward(geometry, lanes, u, packed, dx, accumulate, scratch);
    } else {
        direct::convolve_backward(geometry, lanes, u, packed, dx, accumulate, scratch);
    }
}

/// Writes one sample's patches, `patch x positions` with zeros where a patch reaches over the edge.
///
/// Row `(c, i, j)` is the image of channel `c` shifted by `(i, j)`, so most of the work is copying whole rows.
pub(crate) fn unfold<T: Real>(geometry: ConvGeometry, x: &[T], patches: &mut [T]) {
    let ConvGeometry { height, width, kernel, stride, padding, out_width, .. } = geometry;
    let mut rows = patches.chunks_exact_mut(geometry.positions());
    for channel in x.chunks_exact(height * width) {
        for i in 0..kernel {
            let inside_rows = geometry.rows_inside(i);
            for j in 0..kernel {
                let Some(patch_row) = rows.next() else { return };
                let inside = geometry.columns_inside(j);
                for (row, target) in patch_row.chunks_exact_mut(out_width).enumerate() {
                    if !inside_rows.contains(&row) || inside.is_empty() {
                        target.fill(T::zero());
                        continue;
                    }
                    let source = &channel[(row * stride + i - padding) * width..][..width];
                    target[..inside.start].fill(T::zero());
                    target[inside.end..].fill(T::zero());
                    let first = inside.start * stride + j - padding;
                    let middle = &mut target[inside.clone()];
                    if stride == 1 {
                        middle.copy_from_slice(&source[first..first + middle.len()]);
                    } else {
                        for (target, &source) in middle.iter_mut().zip(source[first..].iter().step_by(stride))
                        {
                            *target = source;
                        }
                    }
                }
            }
        }
    }
}
