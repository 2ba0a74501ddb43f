//! Windows of an image: what the pooling layers have in common.

use super::described::{Keys, Usual};
use crate::kernels::vectorised;
use crate::layer::{Gathered, Misfit, Position, check_stride};
use crate::{Real, Shape};

/// A pooling window: square, without padding.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pool2d {
    /// The window's height and width.
    pub window: usize,
    /// The distance between windows.
    pub stride: usize,
}

impl Pool2d {
    /// Windows of `size x size` side by side.
    #[must_use]
    pub const fn square(size: usize) -> Self {
        Self { window: size, stride: size }
    }

    pub(super) fn keys<K: Keys>(&mut self, keys: &mut K) -> Result<(), K::Error> {
        keys.count("window", &mut self.window, 1, Usual::No)?;
        keys.count("stride", &mut self.stride, 1, Usual::As("window", self.window))
    }

    pub(super) fn summary(self, kind: &str) -> String {
        let Self { window, stride } = self;
        let stride = if stride == window { String::new() } else { format!(", stride {stride}") };
        format!("{kind} {window}x{window}{stride}")
    }
}

/// A pooling with its image sizes worked out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct PoolGeometry {
    pub(super) window_height: usize,
    pub(super) window_width: usize,
    pub(super) stride: usize,
    pub(super) channels: usize,
    pub(super) height: usize,
    pub(super) width: usize,
    pub(super) out_height: usize,
    pub(super) out_width: usize,
}

impl PoolGeometry {
    /// The windows of an image.
    pub(super) fn new(
        (window_height, window_width): (usize, usize),
        stride: usize,
        image: Shape,
    ) -> Result<Self, Misfit> {
        let Shape::Image { channels, height, width } = image else {
            return Err(Misfit::Input("an image (channels x height x width)".to_owned()));
        };
        if window_height == 0 || window_width == 0 || stride == 0 {
            return Err(Misfit::Setting("window and stride must be at least 1".to_owned()));
        }
        let steps = |size: usize, window: usize| Some(size.checked_sub(window)? / stride + 1);
        let (Some(out_height), Some(out_width)) = (steps(height, window_height), steps(width, window_width))
        else {
            let needs = format!("an image of at least {window_height}x{window_width} for its window");
            return Err(Misfit::Input(needs));
        };
        check_stride(stride, height.max(width))?;
        Ok(Self { window_height, window_width, stride, channels, height, width, out_height, out_width })
    }

    /// The image that the windows make.
    pub(super) fn shape(self) -> Shape {
        Shape::image(self.channels, self.out_height, self.out_width)
    }

    /// The number of windows.
    #[inline(always)]
    fn windows(self) -> usize {
        self.channels * self.out_height * self.out_width
    }

    /// The first entry of a window.
    #[inline(always)]
    fn corner(self, window: usize) -> usize {
        let (line, column) = (window / self.out_width, window % self.out_width);
        let (channel, row) = (line / self.out_height, line % self.out_height);
        (channel * self.height + row * self.stride) * self.width + column * self.stride
    }

    /// The number of entries of a window.
    #[inline(always)]
    pub(super) fn area(self) -> usize {
        self.window_height * self.window_width
    }

    /// Where an entry of a window stands in the image.
    pub(super) fn place(self, window: usize, number: usize) -> usize {
        self.corner(window) + self.entry(number)
    }

    /// How far an entry of a window stands from its first, counted row by row.
    #[inline(always)]
    fn entry(self, number: usize) -> usize {
        number / self.window_width * self.width + number % self.window_width
    }
}

vectorised! {
/// The largest entry of each window, and its number in the window; of equal entries the first, as in other systems.
///
/// A NaN in a window wins, so that it is not hidden.
pub(super) fn max_pool<T: Real>(
    geometry: PoolGeometry,
    lanes: usize,
    x: &[T],
    y: &mut [T],
    argmax: &mut [u32],
) {
        for output in 0..geometry.windows() {
            let corner = geometry.corner(output);
            let largest = &mut y[output * lanes..][..lanes];
            let place = &mut argmax[output * lanes..][..lanes];
            largest.copy_from_slice(&x[corner * lanes..][..lanes]);
            place.fill(0);
            for number in 1..geometry.area() {
                let entry = geometry.entry(number);
                let x = &x[(corner + entry) * lanes..][..lanes];
                for ((largest, place), &x) in largest.iter_mut().zip(place.iter_mut()).zip(x) {
                    let larger = (x > *largest) | (x.is_nan() & !largest.is_nan());
                    *largest = if larger { x } else { *largest };
                    *place = if larger { number as u32 } else { *place };
                }
            }
        }
}
}

vectorised! {
/// Sends each cotangent to the entry that was the largest.
pub(super) fn max_pool_backward<T: Real>(
    geometry: PoolGeometry,
    lanes: usize,
    argmax: &[u32],
    u: &[T],
    dx: &mut [T],
    accumulate: bool,
) {
    if !accumulate {
        dx.fill(T::zero());
    }
        for output in 0..geometry.windows() {
            let corner = geometry.corner(output);
            let u = &u[output * lanes..][..lanes];
            let place = &argmax[output * lanes..][..lanes];
            for number in 0..geometry.area() {
                let entry = geometry.entry(number);
                let dx = &mut dx[(corner + entry) * lanes..][..lanes];
                for ((dx, &place), &u) in dx.iter_mut().zip(place).zip(u) {
                    *dx += if place == number as u32 { u } else { T::zero() };
                }
            }
        }
}
}

vectorised! {
    /// The entry of each window that was the largest: the tangent of a max pool.
    pub(super) fn max_pool_select<T: Real>(
        geometry: PoolGeometry,
        lanes: usize,
        argmax: &[u32],
        x: &[T],
        y: &mut [T],
    ) {
        for output in 0..geometry.windows() {
            let corner = geometry.corner(output);
            let y = &mut y[output * lanes..][..lanes];
            let place = &argmax[output * lanes..][..lanes];
            for number in 0..geometry.area() {
                let x = &x[(corner + geometry.entry(number)) * lanes..][..lanes];
                for ((y, &place), &x) in y.iter_mut().zip(place).zip(x) {
                    *y = if place == number as u32 { x } else { *y };
                }
            }
        }
    }
}

/// Lists one sample's cotangents at the entries that were the largest; `argmax` is that sample's, `C x Q`.
pub(super) fn max_pool_backward_fan<T: Real>(
    geometry: PoolGeometry,
    cotangents: usize,
    argmax: &[u32],
    u: &[T],
    dx: &mut Gathered<T>,
) {
    dx.clear(argmax.len(), cotangents);
    let Gathered { u: into, lanes, positions } = dx;
    for (into, u) in into.chunks_exact_mut(*lanes).zip(u.chunks_exact(cotangents)) {
        // A loop for so few numbers: a call of memcpy would cost more.
        for (into, &u) in into.iter_mut().zip(u) {
            *into = u;
        }
    }
    let mut argmax = argmax.iter().map(|&number| number as usize);
    let PoolGeometry { stride, window_width, .. } = geometry;
    for _ in 0..geometry.channels {
        for row in 0..geometry.out_height {
            for (column, number) in (0..geometry.out_width).zip(&mut argmax) {
                let (i, j) = (number / window_width, number % window_width);
                positions
                    .push(Position { row: (row * stride + i) as u32, column: (column * stride + j) as u32 });
            }
        }
    }
}

vectorised! {
/// The mean of each window.
pub(super) fn average_pool<T: Real>(geometry: PoolGeometry, lanes: usize, x: &[T], y: &mut [T]) {
    let weight = T::one() / T::of((geometry.window_height * geometry.window_width) as f64);
        for output in 0..geometry.windows() {
            let corner = geometry.corner(output);
            let y = &mut y[output * lanes..][..lanes];
            y.fill(T::zero());
            for number in 0..geometry.area() {
                let entry = geometry.entry(number);
                for (y, &x) in y.iter_mut().zip(&x[(corner + entry) * lanes..][..lanes]) {
                    *y += x;
                }
            }
            for y in y {
                *y *= weight;
            }
        }
}
}

vectorised! {
/// Spreads each cotangent evenly over its window; lanes are samples, or the cotangents of one.
pub(super) fn average_pool_backward<T: Real>(
    geometry: PoolGeometry,
    lanes: usize,
    u: &[T],
    dx: &mut [T],
    accumulate: bool,
) {
    if !accumulate {
        dx.fill(T::zero());
    }
    let weight = T::one() / T::of((geometry.window_height * geometry.window_width) as f64);
        for output in 0..geometry.windows() {
            let corner = geometry.corner(output);
            let u = &u[output * lanes..][..lanes];
            for number in 0..geometry.area() {
                let entry = geometry.entry(number);
                for (dx, &u) in dx[(corner + entry) * lanes..][..lanes].iter_mut().zip(u) {
                    *dx += weight * u;
                }
            }
        }
}
}
