//! Windows of an image: what the pooling layers have in common.

use std::ops::Range;

use super::described::{Keys, Usual};
use crate::kernels::vectorised;
use crate::layer::{Gathered, Misfit, Place, Position, check_stride, within};
use crate::{Real, Shape};

/// A square pooling window, and where it stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pool2d {
    /// The window's height and width.
    pub window: usize,
    /// The distance between windows.
    pub stride: usize,
    /// How far windows may reach over the image on each side; at most half a window.
    pub padding: usize,
    /// Whether a last window that reaches beyond the image and its padding is kept, as far as it lies inside.
    pub ceil: bool,
}

impl Pool2d {
    /// Windows of `size x size` side by side.
    #[must_use]
    pub const fn square(size: usize) -> Self {
        Self { window: size, stride: size, padding: 0, ceil: false }
    }

    /// The same at another distance.
    #[must_use]
    pub const fn strided(self, stride: usize) -> Self {
        Self { stride, ..self }
    }

    /// The same reaching over the image.
    #[must_use]
    pub const fn padded(self, padding: usize) -> Self {
        Self { padding, ..self }
    }

    /// The same with a last window that reaches beyond the image.
    #[must_use]
    pub const fn with_ceil(self) -> Self {
        Self { ceil: true, ..self }
    }

    pub(super) fn keys<K: Keys>(&mut self, keys: &mut K) -> Result<(), K::Error> {
        keys.count("window", &mut self.window, 1, Usual::No)?;
        keys.count("stride", &mut self.stride, 1, Usual::As("window", self.window))?;
        keys.count("padding", &mut self.padding, 0, Usual::Is(0))?;
        keys.flag("ceil", &mut self.ceil, false)
    }

    pub(super) fn summary(self, kind: &str) -> String {
        let Self { window, stride, padding, ceil } = self;
        let mut text = format!("{kind} {window}x{window}");
        for (what, value, usual) in [("stride", stride, window), ("padding", padding, 0)] {
            if value != usual {
                text += &format!(", {what} {value}");
            }
        }
        if ceil { text + ", ceil" } else { text }
    }

    pub(super) fn windows(self) -> Windows {
        let Self { window, stride, padding, ceil } = self;
        Windows { height: window, width: window, stride, padding, ceil }
    }
}

/// Windows of any two sides.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Windows {
    pub(super) height: usize,
    pub(super) width: usize,
    pub(super) stride: usize,
    pub(super) padding: usize,
    pub(super) ceil: bool,
}

impl Windows {
    /// The windows of an image.
    pub(super) fn over(self, image: Shape) -> Result<PoolGeometry, Misfit> {
        let Self { height: window_height, width: window_width, stride, padding, .. } = self;
        let Shape::Image { channels, height, width } = image else {
            return Err(Misfit::Input("an image (channels x height x width)".to_owned()));
        };
        if window_height == 0 || window_width == 0 || stride == 0 {
            return Err(Misfit::Setting("window and stride must be at least 1".to_owned()));
        }
        // Its padding may make a window larger than the image, and its entries are counted.
        within("its window", &[window_height, window_width])?;
        if padding > window_height.min(window_width) / 2 {
            // Otherwise a window might lie in the padding alone.
            let reason = format!("its padding {padding} is beyond half its window; give at most half");
            return Err(Misfit::Setting(reason));
        }
        let room = |size: usize, window: usize| size.checked_add(2 * padding)?.checked_sub(window);
        let (Some(below), Some(beside)) = (room(height, window_height), room(width, window_width)) else {
            let needs = format!("an image of at least {window_height}x{window_width} for its window");
            return Err(Misfit::Input(needs));
        };
        check_stride(stride, (height + padding).max(width + padding))?;
        let (out_height, out_width) = (self.steps(height, below), self.steps(width, beside));
        Ok(PoolGeometry { windows: self, channels, height, width, out_height, out_width })
    }

    /// How many windows there are along a side, of which the first leaves so much room. Each starts before the image ends.
    fn steps(self, size: usize, room: usize) -> usize {
        let beyond = self.ceil && !room.is_multiple_of(self.stride);
        let last = room / self.stride + usize::from(beyond);
        // A last window in the padding alone is none.
        if last * self.stride >= size + self.padding { last } else { last + 1 }
    }

    /// The windows of the image before a layer that was put there.
    pub(super) fn at(self, place: &Place) -> PoolGeometry {
        self.over(place.shapes[0]).expect("the shape rule accepted this image")
    }
}

/// A pooling with its image sizes worked out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct PoolGeometry {
    windows: Windows,
    channels: usize,
    height: usize,
    width: usize,
    out_height: usize,
    out_width: usize,
}

/// The rows and columns of a window that lie inside the image.
struct Inside {
    rows: Range<usize>,
    columns: Range<usize>,
    /// Where the image's channel starts, and the window in it, counted from `padding` rows and columns before it.
    channel: usize,
    top: usize,
    left: usize,
}

impl PoolGeometry {
    /// The image that the windows make.
    pub(super) fn shape(self) -> Shape {
        Shape::image(self.channels, self.out_height, self.out_width)
    }

    /// The number of windows.
    #[inline(always)]
    pub(super) fn count(self) -> usize {
        self.channels * self.out_height * self.out_width
    }

    #[inline(always)]
    fn inside(self, window: usize) -> Inside {
        let Windows { height, width, stride, padding, .. } = self.windows;
        let (line, column) = (window / self.out_width, window % self.out_width);
        let (channel, row) = (line / self.out_height, line % self.out_height);
        let (top, left) = (row * stride, column * stride);
        Inside {
            rows: padding.saturating_sub(top)..height.min(self.height + padding - top),
            columns: padding.saturating_sub(left)..width.min(self.width + padding - left),
            channel: channel * self.height * self.width,
            top,
            left,
        }
    }

    /// Where row `i` and column `j` of a window stand in the image, and their number in the window.
    #[inline(always)]
    fn entry(self, inside: &Inside, i: usize, j: usize) -> (usize, usize) {
        let Windows { width, padding, .. } = self.windows;
        let place = (inside.top + i - padding) * self.width + inside.left + j - padding;
        (inside.channel + place, i * width + j)
    }

    /// The most entries that a window has.
    pub(super) fn area(self) -> usize {
        self.windows.height * self.windows.width
    }

    /// How many entries a mean is taken over: those inside the image, and the zeros of its padding unless `own`.
    #[inline(always)]
    fn divisor(self, inside: &Inside, own: bool) -> usize {
        if own {
            return inside.rows.len() * inside.columns.len();
        }
        let Windows { height, width, padding, .. } = self.windows;
        let (rows, columns) =
            (self.height + 2 * padding - inside.top, self.width + 2 * padding - inside.left);
        height.min(rows) * width.min(columns)
    }

    /// Where the entry of a window with this number stands in the image.
    pub(super) fn place(self, window: usize, number: usize) -> usize {
        let width = self.windows.width;
        self.entry(&self.inside(window), number / width, number % width).0
    }

    /// Shows a window's entries inside the image, and what each counts in the mean, in precision `T`.
    pub(super) fn for_each_entry<T: Real>(self, window: usize, own: bool, mut each: impl FnMut(usize, f64)) {
        let inside = self.inside(window);
        let weight = (T::one() / T::of(self.divisor(&inside, own) as f64)).as_f64();
        for i in inside.rows.clone() {
            for j in inside.columns.clone() {
                each(self.entry(&inside, i, j).0, weight);
            }
        }
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
        for output in 0..geometry.count() {
            let inside = geometry.inside(output);
            let largest = &mut y[output * lanes..][..lanes];
            let place = &mut argmax[output * lanes..][..lanes];
            let (entry, first) = geometry.entry(&inside, inside.rows.start, inside.columns.start);
            largest.copy_from_slice(&x[entry * lanes..][..lanes]);
            place.fill(first as u32);
            for i in inside.rows.clone() {
                for j in inside.columns.clone() {
                    let (entry, number) = geometry.entry(&inside, i, j);
                    if number == first {
                        continue;
                    }
                    let x = &x[entry * lanes..][..lanes];
                    for ((largest, place), &x) in largest.iter_mut().zip(place.iter_mut()).zip(x) {
                        let larger = (x > *largest) | (x.is_nan() & !largest.is_nan());
                        *largest = if larger { x } else { *largest };
                        *place = if larger { number as u32 } else { *place };
                    }
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
        for output in 0..geometry.count() {
            let inside = geometry.inside(output);
            let u = &u[output * lanes..][..lanes];
            let place = &argmax[output * lanes..][..lanes];
            for i in inside.rows.clone() {
                for j in inside.columns.clone() {
                    let (entry, number) = geometry.entry(&inside, i, j);
                    let dx = &mut dx[entry * lanes..][..lanes];
                    for ((dx, &place), &u) in dx.iter_mut().zip(place).zip(u) {
                        *dx += if place == number as u32 { u } else { T::zero() };
                    }
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
        for output in 0..geometry.count() {
            let inside = geometry.inside(output);
            let y = &mut y[output * lanes..][..lanes];
            let place = &argmax[output * lanes..][..lanes];
            for i in inside.rows.clone() {
                for j in inside.columns.clone() {
                    let (entry, number) = geometry.entry(&inside, i, j);
                    let x = &x[entry * lanes..][..lanes];
                    for ((y, &place), &x) in y.iter_mut().zip(place).zip(x) {
                        *y = if place == number as u32 { x } else { *y };
                    }
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
    let Windows { stride, width, padding, .. } = geometry.windows;
    for _ in 0..geometry.channels {
        for row in 0..geometry.out_height {
            for (column, number) in (0..geometry.out_width).zip(&mut argmax) {
                let (i, j) = (number / width, number % width);
                let (row, column) = (row * stride + i - padding, column * stride + j - padding);
                positions.push(Position { row: row as u32, column: column as u32 });
            }
        }
    }
}

vectorised! {
/// The mean of each window, over what lies inside the image alone if `own`.
pub(super) fn average_pool<T: Real>(geometry: PoolGeometry, own: bool, lanes: usize, x: &[T], y: &mut [T]) {
        for output in 0..geometry.count() {
            let inside = geometry.inside(output);
            let weight = T::one() / T::of(geometry.divisor(&inside, own) as f64);
            let y = &mut y[output * lanes..][..lanes];
            y.fill(T::zero());
            for i in inside.rows.clone() {
                for j in inside.columns.clone() {
                    let (entry, _) = geometry.entry(&inside, i, j);
                    for (y, &x) in y.iter_mut().zip(&x[entry * lanes..][..lanes]) {
                        *y += x;
                    }
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
    own: bool,
    lanes: usize,
    u: &[T],
    dx: &mut [T],
    accumulate: bool,
) {
    if !accumulate {
        dx.fill(T::zero());
    }
        for output in 0..geometry.count() {
            let inside = geometry.inside(output);
            let weight = T::one() / T::of(geometry.divisor(&inside, own) as f64);
            let u = &u[output * lanes..][..lanes];
            for i in inside.rows.clone() {
                for j in inside.columns.clone() {
                    let (entry, _) = geometry.entry(&inside, i, j);
                    for (dx, &u) in dx[entry * lanes..][..lanes].iter_mut().zip(u) {
                        *dx += weight * u;
                    }
                }
            }
        }
}
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As PyTorch 2.15 counts them.
    #[test]
    fn windows_are_as_many_as_pytorch_counts() {
        let cases = [
            // Image, window, stride, padding, ceil, windows.
            (112, 3, 2, 1, false, 56),
            (10, 3, 2, 1, false, 5),
            (10, 3, 2, 1, true, 6),
            (5, 2, 2, 0, false, 2),
            (5, 2, 2, 0, true, 3),
            (4, 2, 1, 1, false, 5),
            // The last window would lie in the padding alone.
            (5, 2, 2, 1, true, 3),
            (6, 2, 3, 1, true, 3),
        ];
        for (size, window, stride, padding, ceil, windows) in cases {
            let pool = Pool2d { window, stride, padding, ceil };
            let geometry = pool.windows().over(Shape::image(1, size, size)).unwrap();
            assert_eq!(geometry.shape(), Shape::image(1, windows, windows), "{size} {pool:?}");
            let covered = |window| geometry.inside(window).rows.len() * geometry.inside(window).columns.len();
            assert!((0..geometry.count()).all(|window| covered(window) > 0), "{size} {pool:?}");
        }
        let wide = Pool2d::square(3).padded(2).windows().over(Shape::image(1, 9, 9));
        assert!(matches!(wide, Err(Misfit::Setting(reason)) if reason.contains("half")));
    }

    /// One row by hand: 1, 2, 3 in windows of 2 by 2 at a distance of 2 that reach over by 1.
    #[test]
    fn a_mean_counts_the_padding_or_does_not() {
        let geometry = Pool2d::square(2).padded(1).with_ceil().windows().over(Shape::image(1, 1, 3)).unwrap();
        assert_eq!(geometry.shape(), Shape::image(1, 1, 2));
        let x = [1.0, 2.0, 3.0];
        let mut y = [0.0; 2];
        average_pool(geometry, false, 1, &x, &mut y);
        assert_eq!(y, [0.25, 1.25]);
        average_pool(geometry, true, 1, &x, &mut y);
        assert_eq!(y, [1.0, 2.5]);
        // Beyond image and padding nothing counts: the windows begin at 0 and 2 of four places.
        let geometry = Pool2d::square(2).with_ceil().windows().over(Shape::image(1, 2, 3)).unwrap();
        average_pool(geometry, false, 1, &[1.0, 2.0, 3.0, 5.0, 6.0, 9.0], &mut y);
        assert_eq!(y, [3.5, 6.0]);
    }
}
