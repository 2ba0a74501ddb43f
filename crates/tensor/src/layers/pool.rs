//! Pooling over windows of an image.

use crate::Real;

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

    fn in_len(self) -> usize {
        self.channels * self.height * self.width
    }

    fn out_len(self) -> usize {
        self.channels * self.out_height * self.out_width
    }

    /// Calls `visit(output index, index of the window's first entry)` for every window of one sample.
    #[inline]
    fn for_each_window(self, mut visit: impl FnMut(usize, usize)) {
        let mut output = 0;
        for channel in 0..self.channels {
            for row in 0..self.out_height {
                for column in 0..self.out_width {
                    visit(
                        output,
                        (channel * self.height + row * self.stride) * self.width + column * self.stride,
                    );
                    output += 1;
                }
            }
        }
    }

    /// The entries of the window whose first entry is `corner`, row by row.
    #[inline]
    fn entries(self, corner: usize) -> impl Iterator<Item = usize> {
        (0..self.window_height)
            .flat_map(move |i| (0..self.window_width).map(move |j| corner + i * self.width + j))
    }
}

/// The largest entry of each window, and where it stood; of equal entries the first, as in other systems.
///
/// A NaN in a window wins, so that it is not hidden.
pub(crate) fn max_pool<T: Real>(geometry: PoolGeometry, x: &[T], y: &mut [T], argmax: &mut [u32]) {
    let samples = x.chunks_exact(geometry.in_len()).zip(y.chunks_exact_mut(geometry.out_len()));
    for ((x, y), argmax) in samples.zip(argmax.chunks_exact_mut(geometry.out_len())) {
        geometry.for_each_window(|output, corner| {
            let (mut largest, mut place) = (x[corner], corner);
            for entry in geometry.entries(corner) {
                if x[entry] > largest || (x[entry].is_nan() && !largest.is_nan()) {
                    (largest, place) = (x[entry], entry);
                }
            }
            y[output] = largest;
            argmax[output] = place as u32;
        });
    }
}

/// Sends each cotangent to the entry that was the largest.
pub(crate) fn max_pool_backward<T: Real>(
    geometry: PoolGeometry,
    cotangents: usize,
    argmax: &[u32],
    u: &[T],
    dx: &mut [T],
    accumulate: bool,
) {
    if !accumulate {
        dx.fill(T::zero());
    }
    let (inputs, outputs) = (geometry.in_len() * cotangents, geometry.out_len() * cotangents);
    let samples = u.chunks_exact(outputs).zip(dx.chunks_exact_mut(inputs));
    for ((u, dx), argmax) in samples.zip(argmax.chunks_exact(geometry.out_len())) {
        for (u, &input) in u.chunks_exact(cotangents).zip(argmax) {
            let start = input as usize * cotangents;
            for (dx, &u) in dx[start..start + cotangents].iter_mut().zip(u) {
                *dx += u;
            }
        }
    }
}

/// The mean of each window.
pub(crate) fn average_pool<T: Real>(geometry: PoolGeometry, x: &[T], y: &mut [T]) {
    let weight = T::one() / T::of((geometry.window_height * geometry.window_width) as f64);
    for (x, y) in x.chunks_exact(geometry.in_len()).zip(y.chunks_exact_mut(geometry.out_len())) {
        geometry.for_each_window(|output, corner| {
            y[output] = weight * geometry.entries(corner).map(|entry| x[entry]).sum::<T>();
        });
    }
}

/// Spreads each cotangent evenly over its window.
pub(crate) fn average_pool_backward<T: Real>(
    geometry: PoolGeometry,
    cotangents: usize,
    u: &[T],
    dx: &mut [T],
    accumulate: bool,
) {
    if !accumulate {
        dx.fill(T::zero());
    }
    let weight = T::one() / T::of((geometry.window_height * geometry.window_width) as f64);
    let (inputs, outputs) = (geometry.in_len() * cotangents, geometry.out_len() * cotangents);
    for (u, dx) in u.chunks_exact(outputs).zip(dx.chunks_exact_mut(inputs)) {
        geometry.for_each_window(|output, corner| {
            let from = &u[output * cotangents..][..cotangents];
            for entry in geometry.entries(corner) {
                for (dx, &u) in dx[entry * cotangents..][..cotangents].iter_mut().zip(from) {
                    *dx += weight * u;
                }
            }
        });
    }
}
