//! Pooling over windows of an image.

use super::{Gathered, Position};
use crate::Real;
use crate::kernels::vectorised;

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
}

/// A pooling with its image sizes worked out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct PoolGeometry {
    pub(crate) window_height: usize,
    pub(crate) window_width: usize,
    pub(crate) stride: usize,
    pub(crate) channels: usize,
    pub(crate) height: usize,
    pub(crate) width: usize,
    pub(crate) out_height: usize,
    pub(crate) out_width: usize,
}

impl PoolGeometry {
    /// `None` if the window does not fit the image.
    pub(crate) fn new(pool: Pool2d, channels: usize, height: usize, width: usize) -> Option<Self> {
        let steps = |size: usize| Some(size.checked_sub(pool.window)? / pool.stride + 1);
        Some(Self {
            window_height: pool.window,
            window_width: pool.window,
            stride: pool.stride,
            channels,
            height,
            width,
            out_height: steps(height)?,
            out_width: steps(width)?,
        })
    }

    /// One window over the whole image.
    pub(crate) fn global(channels: usize, height: usize, width: usize) -> Self {
        let (window_height, window_width) = (height, width);
        Self { window_height, window_width, stride: 1, channels, height, width, out_height: 1, out_width: 1 }
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
    fn area(self) -> usize {
        self.window_height * self.window_width
    }

    /// Where an entry of a window stands in the image.
    pub(crate) fn place(self, window: usize, number: usize) -> usize {
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
pub(crate) fn max_pool<T: Real>(
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
pub(crate) fn max_pool_backward<T: Real>(
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
    pub(crate) fn max_pool_select<T: Real>(
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
pub(crate) fn max_pool_backward_fan<T: Real>(
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
pub(crate) fn average_pool<T: Real>(geometry: PoolGeometry, lanes: usize, x: &[T], y: &mut [T]) {
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
pub(crate) fn average_pool_backward<T: Real>(
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
