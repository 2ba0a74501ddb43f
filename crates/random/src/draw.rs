//! What can be drawn from a stream: numbers of a type, numbers of an interval.

use crate::Stream;
use rand::Rng;
use std::ops::{Range, RangeInclusive};

/// A type of which [`Stream::random`] draws.
pub trait Uniform {
    /// A number of the type's whole range; a float from [0, 1).
    fn draw(stream: &mut Stream) -> Self;
}

/// A type of which [`Stream::random_range`] draws.
pub trait Ordered: Sized {
    /// A number at least the start and less than the end.
    fn below_the_end(interval: Range<Self>, stream: &mut Stream) -> Self;

    /// A number between the two, both included.
    fn up_to_the_end(interval: RangeInclusive<Self>, stream: &mut Stream) -> Self;
}

/// An interval from which [`Stream::random_range`] draws: `a..b` or `a..=b`.
pub trait Interval<T> {
    /// A number of the interval.
    fn draw(self, stream: &mut Stream) -> T;
}

impl<T: Ordered> Interval<T> for Range<T> {
    fn draw(self, stream: &mut Stream) -> T {
        T::below_the_end(self, stream)
    }
}

impl<T: Ordered> Interval<T> for RangeInclusive<T> {
    fn draw(self, stream: &mut Stream) -> T {
        T::up_to_the_end(self, stream)
    }
}

macro_rules! uniform {
    ($($number:ty),*) => {$(
        impl Uniform for $number {
            fn draw(stream: &mut Stream) -> Self {
                stream.generator().random()
            }
        }
    )*};
}

macro_rules! ordered {
    ($($number:ty),*) => {$(
        impl Ordered for $number {
            fn below_the_end(interval: Range<Self>, stream: &mut Stream) -> Self {
                stream.generator().random_range(interval)
            }

            fn up_to_the_end(interval: RangeInclusive<Self>, stream: &mut Stream) -> Self {
                stream.generator().random_range(interval)
            }
        }
    )*};
}

// Of `usize` intervals alone: a draw over its whole range would depend on the platform.
uniform!(bool, i8, u8, i32, u32, i64, u64, f32, f64);
ordered!(i8, u8, i32, u32, i64, u64, usize, f32, f64);
