//! Convolution as a sum of shifted rows, its data gradient as the same with the kernel turned round, and the products of inputs with
//! cotangents that its weight gradient consists of.

use super::ConvGeometry;
use super::frame::Frame;
use super::weights::WeightScratch;
use crate::Real;
use crate::buffer::Buffer;
use crate::kernels::{Contraction, Correlation, Rows, add_lanes, contract, copy_lanes, correlate, pack};

/// Buffers that all convolutions of a sweep share.
#[derive(Clone, Debug, Default)]
pub(crate) struct ConvScratch<T> {
    pub(super) frame: Buffer<T>,
    pub(super) offsets: Vec<usize>,
    pub(super) packed: Vec<T>,
    pub(super) rows: Vec<T>,
    /// What goes into the products of tiles, and what comes out.
    pub(super) spread: Buffer<T>,
    pub(super) products: Buffer<T>,
    pub(super) weights: WeightScratch<T>,
}

impl ConvGeometry {
    /// The padded input.
    pub(super) fn input_frame(self, lanes: usize) -> Frame {
        if self.kernel == 1 {
            let (rows, columns) = (self.out_height, self.out_width);
            return Frame { rows, remainders: 1, columns, lanes, every: self.stride };
        }
        Frame {
            rows: self.height + 2 * self.padding,
            remainders: self.stride,
            columns: (self.width + 2 * self.padding).div_ceil(self.stride),
            lanes,
            every: 1,
        }
    }

    /// How far the first taps of neighbouring output rows, and of neighbouring columns, stand apart in the padded input.
    fn input_steps(self, frame: Frame) -> (usize, usize) {
        let step = self.stride / frame.every;
        (frame.index(0, step, 0), frame.index(0, 0, step))
    }

    /// Where each tap `(c, i, j)` reads in the padded input, relative to the first tap of channel 0.
    pub(super) fn input_offsets(self, frame: Frame, offsets: &mut Vec<usize>) {
        offsets.clear();
        for c in 0..self.channels_in {
            for i in 0..self.kernel {
                offsets.extend((0..self.kernel).map(|j| frame.index(c, i, j)));
            }
        }
    }

    /// The output's rows: their first tap in the padded input, and their places in the output.
    fn output_rows(self, frame: Frame) -> Rows {
        let len = self.out_width * frame.lanes;
        let (source_step, _) = self.input_steps(frame);
        Rows { count: self.out_height, len, source: 0, source_step, target: 0, target_step: len }
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
    let frame = geometry.input_frame(lanes);
    frame.fill(
        x,
        (geometry.height, geometry.width),
        (geometry.padding, geometry.padding),
        &mut scratch.frame,
    );
    geometry.input_offsets(frame, &mut scratch.offsets);
    let patch = geometry.patch();
    scratch.packed.clear();
    pack(geometry.channels_out, patch, |m, t| weight[m * patch + t], &mut scratch.packed);
    correlate(Correlation {
        x: &scratch.frame,
        offsets: &scratch.offsets,
        weights: &scratch.packed,
        bias,
        outputs: geometry.channels_out,
        rows: geometry.output_rows(frame),
        plane: geometry.positions() * lanes,
        y,
        accumulate: false,
    });
}

/// The taps of the data gradient at inputs whose padded row and column leave the remainders `row` and `column` modulo the stride.
#[derive(Clone, Copy, Debug)]
struct Class {
    row: usize,
    column: usize,
}

impl ConvGeometry {
    fn classes(self) -> impl Iterator<Item = Class> {
        (0..self.stride).flat_map(move |row| (0..self.stride).map(move |column| Class { row, column }))
    }

    /// How many rows and columns of kernel entries a class has.
    fn sides(self, class: Class) -> (usize, usize) {
        let side = |remainder: usize| self.kernel.saturating_sub(remainder).div_ceil(self.stride);
        (side(class.row), side(class.column))
    }

    /// The kernel entries `(i, j)` of a class.
    fn entries(self, class: Class) -> impl Iterator<Item = (usize, usize)> {
        let (rows, columns) = self.sides(class);
        let entry = move |i: usize, j: usize| (class.row + i * self.stride, class.column + j * self.stride);
        (0..rows).flat_map(move |i| (0..columns).map(move |j| entry(i, j)))
    }
}

/// Packs a convolution's weights for [`convolve_backward`]: for each class of inputs, from outputs to inputs.
pub(super) fn pack_transposed<T: Real>(geometry: ConvGeometry, weight: &[T], packed: &mut Vec<T>) {
    let ConvGeometry { kernel, stride, channels_in, channels_out, .. } = geometry;
    let patch = geometry.patch();
    packed.clear();
    for class in geometry.classes() {
        let (rows, columns) = geometry.sides(class);
        let entries = rows * columns;
        let value = |c: usize, tap: usize| {
            let (channel, entry) = (tap / entries, tap % entries);
            let (i, j) = (class.row + entry / columns * stride, class.column + entry % columns * stride);
            weight[channel * patch + (c * kernel + i) * kernel + j]
        };
        pack(channels_in, channels_out * entries, value, packed);
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
    let ConvGeometry { height, width, channels_in, channels_out, stride, padding, .. } = geometry;
    // An input at padded row `a stride + r` meets outputs `a - i / stride` for kernel rows `i` of remainder `r`.
    let reach = (geometry.kernel - 1) / stride;
    let side = |size: usize, out: usize| reach + out.max((size - 1 + padding) / stride + 1);
    let frame = Frame {
        rows: side(height, geometry.out_height),
        remainders: 1,
        columns: side(width, geometry.out_width),
        lanes,
        every: 1,
    };
    frame.fill(u, (geometry.out_height, geometry.out_width), (reach, reach), &mut scratch.frame);
    let mut packed = packed;
    for class in geometry.classes() {
        // The first input row of the class, and how many there are; the same for columns.
        let first = |remainder: usize| padding.saturating_sub(remainder).div_ceil(stride);
        let count = |remainder: usize, size: usize| {
            (size + padding).saturating_sub(remainder).div_ceil(stride).saturating_sub(first(remainder))
        };
        let (a, b) = (first(class.row), first(class.column));
        let (rows, columns) = (count(class.row, height), count(class.column, width));
        let taps = geometry.entries(class).count() * channels_out;
        let weights;
        (weights, packed) = packed.split_at(taps * channels_in);
        if rows == 0 || columns == 0 || (taps == 0 && accumulate) {
            continue;
        }
        let (top, left) = (a * stride + class.row - padding, b * stride + class.column - padding);
        scratch.offsets.clear();
        for c in 0..channels_out {
            let entries = geometry.entries(class);
            scratch
                .offsets
                .extend(entries.map(|(i, j)| frame.index(c, reach + a - i / stride, reach + b - j / stride)));
        }
        let len = columns * lanes;
        let source_step = frame.index(0, 1, 0);
        if stride == 1 {
            let rows = Rows { count: rows, len, source: 0, source_step, target: 0, target_step: len };
            let plane = height * width * lanes;
            correlate(Correlation {
                x: &scratch.frame,
                offsets: &scratch.offsets,
                weights,
                bias: None,
                outputs: channels_in,
                rows,
                plane,
                y: dx,
                accumulate,
            });
            continue;
        }
        // The class's inputs stand `stride` apart: computed side by side, then put in their places.
        let plane = rows * len;
        scratch.rows.resize(channels_in * plane, T::zero());
        correlate(Correlation {
            x: &scratch.frame,
            offsets: &scratch.offsets,
            weights,
            bias: None,
            outputs: channels_in,
            rows: Rows { count: rows, len, source: 0, source_step, target: 0, target_step: len },
            plane,
            y: &mut scratch.rows,
            accumulate: false,
        });
        for (c, plane) in scratch.rows.chunks_exact(plane).enumerate() {
            for (row, line) in plane.chunks_exact(len).enumerate() {
                let start = ((c * height + top + row * stride) * width + left) * lanes;
                let target = dx[start..].chunks_mut(stride * lanes);
                for (dx, entry) in target.zip(line.chunks_exact(lanes)) {
                    if accumulate {
                        add_lanes(entry, &mut dx[..lanes]);
                    } else {
                        copy_lanes(entry, &mut dx[..lanes]);
                    }
                }
            }
        }
    }
}

/// Calls `take(channel, tap, first lane, sums)` with the inner products of the inputs that a tap meets with a channel's cotangents,
/// `apart` of the lanes kept apart, all or one: see [`contract`].
pub(super) fn weight_products<T: Real>(
    geometry: ConvGeometry,
    lanes: usize,
    apart: usize,
    x: &[T],
    u: &[T],
    scratch: &mut ConvScratch<T>,
    take: impl FnMut(usize, usize, usize, &[T]),
) {
    let frame = geometry.input_frame(lanes);
    frame.fill(
        x,
        (geometry.height, geometry.width),
        (geometry.padding, geometry.padding),
        &mut scratch.frame,
    );
    geometry.input_offsets(frame, &mut scratch.offsets);
    contract(
        Contraction {
            x: &scratch.frame,
            offsets: &scratch.offsets,
            u,
            plane: geometry.positions() * lanes,
            channels: geometry.channels_out,
            rows: geometry.output_rows(frame),
            lanes: apart,
            taps_by_channel: geometry.kernel * geometry.kernel,
            partial: &mut scratch.rows,
        },
        take,
    );
}

impl ConvGeometry {
    /// Lays out one sample's padded input and the taps in it.
    pub(crate) fn frame_one<T: Real>(self, input: &[T], scratch: &mut ConvScratch<T>) {
        let frame = self.input_frame(1);
        frame.fill(input, (self.height, self.width), (self.padding, self.padding), &mut scratch.frame);
        self.input_offsets(frame, &mut scratch.offsets);
    }

    /// How far the first taps of neighbouring output rows, and of neighbouring columns, stand apart in
    /// [`frame_one`](Self::frame_one)'s image.
    pub(crate) fn steps_one(self) -> (usize, usize) {
        self.input_steps(self.input_frame(1))
    }
}

impl<T> ConvScratch<T> {
    /// The padded input that was laid out last.
    pub(crate) fn image(&self) -> &[T] {
        &self.frame
    }

    /// The taps in it.
    pub(crate) fn taps(&self) -> &[usize] {
        &self.offsets
    }
}
