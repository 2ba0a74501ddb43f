//! One sample's cotangents: all of them, or only where they are not zero.

use crate::buffer::Buffer;
use crate::kernels::{padded_lanes, transpose};
use crate::{Real, Shape};

/// `K` cotangents of one sample at a layer's output.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Cotangents<'a, T> {
    /// At a vector, `K x len`.
    Rows(&'a [T]),
    /// `len x K`.
    All(&'a [T]),
    /// At an image, where they are not zero: only to layers that take lists.
    List(&'a Gathered<T>),
}

impl<'a, T: Real> Cotangents<'a, T> {
    /// All of them at a node of this shape as `len x K`, in the buffer if they were in another order.
    pub(crate) fn by_entry(self, shape: Shape, cotangents: usize, buffer: &'a mut Vec<T>) -> &'a [T] {
        let len = shape.len();
        match self {
            Self::All(u) => return u,
            Self::Rows(u) => {
                buffer.resize(u.len(), T::zero());
                transpose(cotangents, len, u, len, buffer, cotangents);
            }
            Self::List(list) => {
                buffer.clear();
                buffer.resize(len * cotangents, T::zero());
                list.add_to(shape, cotangents, buffer);
            }
        }
        buffer
    }

    /// The same as `K x len`.
    pub(crate) fn by_output(self, shape: Shape, cotangents: usize, buffer: &'a mut Vec<T>) -> &'a [T] {
        if let Self::Rows(u) = self {
            return u;
        }
        let (len, mut spread) = (shape.len(), Vec::new());
        buffer.resize(len * cotangents, T::zero());
        transpose(len, cotangents, self.by_entry(shape, cotangents, &mut spread), cotangents, buffer, len);
        buffer
    }
}

/// `K` cotangents of one sample at an image node.
#[derive(Clone, Debug, Default)]
pub(crate) struct Fan<T> {
    /// `(C H W) x K`, unless the list is in use.
    pub(crate) all: Buffer<T>,
    pub(crate) gathered: Gathered<T>,
    /// Whether the cotangents are in the list.
    pub(crate) is_gathered: bool,
}

/// Cotangents at a few positions: for each channel `Q` of them. A position may occur more than once; its cotangents add.
#[derive(Clone, Debug, Default)]
pub(crate) struct Gathered<T> {
    /// `C x Q x lanes`, lanes beyond `K` being zero.
    pub(crate) u: Buffer<T>,
    /// `K`, padded to whole vectors.
    pub(crate) lanes: usize,
    /// `C x Q` positions within the channel.
    pub(crate) positions: Vec<Position>,
}

/// A place in an image.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Position {
    pub(crate) row: u32,
    pub(crate) column: u32,
}

impl Position {
    /// The place's number in an image of this width, row by row.
    #[inline(always)]
    pub(crate) fn number(self, width: usize) -> usize {
        self.row as usize * width + self.column as usize
    }
}

impl<T: Real> Gathered<T> {
    /// Makes room for `count` entries of `cotangents` numbers, all zero.
    pub(crate) fn clear(&mut self, count: usize, cotangents: usize) {
        self.lanes = padded_lanes::<T>(cotangents);
        self.positions.clear();
        self.u.resize(count * self.lanes);
        self.u.fill(T::zero());
    }

    /// Adds them to those at all entries of a node of this shape, `len x K`.
    fn add_to(&self, shape: Shape, cotangents: usize, all: &mut [T]) {
        let by_channel = self.positions.len() / shape.channels();
        for (entry, (&position, u)) in self.positions.iter().zip(self.u.chunks_exact(self.lanes)).enumerate()
        {
            let place = entry / by_channel * shape.positions() + position.number(shape.width());
            for (all, &u) in all[place * cotangents..][..cotangents].iter_mut().zip(u) {
                *all += u;
            }
        }
    }
}

impl<T: Real> Fan<T> {
    /// All cotangents at a node of this shape, spread out if they were a list.
    pub(crate) fn whole(&mut self, shape: Shape, cotangents: usize) -> &[T] {
        if self.is_gathered {
            self.spread(shape, cotangents, true);
        }
        &self.all
    }

    /// The whole array, sized for a node of this shape; what was in the list is spread out if it is to be added to.
    pub(crate) fn spread(&mut self, shape: Shape, cotangents: usize, keep: bool) -> &mut [T] {
        self.all.resize(shape.len() * cotangents);
        if self.is_gathered && keep {
            self.all.fill(T::zero());
            self.gathered.add_to(shape, cotangents, &mut self.all);
        }
        self.is_gathered = false;
        &mut self.all
    }
}
