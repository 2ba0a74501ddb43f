//! Vector registers of each instruction set, behind one trait.
//!
//! The loops are written on these and not left to the compiler's own vectorising, which gave up on half of their shapes.

#[cfg(target_arch = "x86_64")]
mod x86;

use crate::Real;

/// No register holds more numbers than this: 512 bits of `f32`.
pub(crate) const MOST_LANES: usize = 16;

/// A vector of numbers in one register (or what stands for one).
///
/// Every method is `#[inline(always)]`, so that it takes on the instruction set of the loop that it stands in.
pub trait Vector<T>: Copy {
    /// How many numbers it holds.
    const LANES: usize;

    /// The same number in every lane.
    fn splat(value: T) -> Self;

    /// The first numbers of a slice.
    ///
    /// # Panics
    /// If the slice is shorter than the vector.
    fn load(from: &[T]) -> Self;

    /// Writes the lanes to the first places of a slice.
    ///
    /// # Panics
    /// If the slice is shorter than the vector.
    fn store(self, to: &mut [T]);

    /// `self * factor + term`.
    fn multiply_add(self, factor: Self, term: Self) -> Self;

    /// The side of the squares that [`turn`](Self::turn) turns.
    const SIDE: usize;

    /// Writes the transpose of a square of `SIDE` rows, `from_step` apart, to rows `to_step` apart.
    ///
    /// # Panics
    /// If the last row reaches beyond its slice.
    fn turn(from: &[T], from_step: usize, to: &mut [T], to_step: usize);

    /// `self + other`.
    fn plus(self, other: Self) -> Self;

    /// `self - other`.
    fn minus(self, other: Self) -> Self;

    /// `self * other`.
    fn times(self, other: Self) -> Self;

    /// `self / other`.
    fn over(self, other: Self) -> Self;

    /// The square root of every lane.
    fn root(self) -> Self;

    /// In every lane `low` if it is at most `limit`, and `high` if it is above or not a number.
    fn choose(self, limit: Self, low: Self, high: Self) -> Self;

    /// The sum of the lanes, those of the two halves first, then those of the halves of what that gives, and so on.
    fn sum(self) -> T;
}

/// Four numbers without instructions of their own: left to the compiler.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Four<T>([T; 4]);

impl<T: Real> Vector<T> for Four<T> {
    const LANES: usize = 4;

    #[inline(always)]
    fn splat(value: T) -> Self {
        Self([value; 4])
    }

    #[inline(always)]
    fn load(from: &[T]) -> Self {
        Self([from[0], from[1], from[2], from[3]])
    }

    #[inline(always)]
    fn store(self, to: &mut [T]) {
        to[..4].copy_from_slice(&self.0);
    }

    #[inline(always)]
    fn multiply_add(self, factor: Self, term: Self) -> Self {
        let mut result = term.0;
        for lane in 0..4 {
            // Where fusing is not one instruction it would be a call.
            result[lane] = if cfg!(target_arch = "aarch64") {
                self.0[lane].mul_add(factor.0[lane], result[lane])
            } else {
                self.0[lane] * factor.0[lane] + result[lane]
            };
        }
        Self(result)
    }

    const SIDE: usize = 4;

    #[inline(always)]
    fn turn(from: &[T], from_step: usize, to: &mut [T], to_step: usize) {
        for column in 0..4 {
            let to = &mut to[column * to_step..][..4];
            for (row, to) in to.iter_mut().enumerate() {
                *to = from[row * from_step + column];
            }
        }
    }

    #[inline(always)]
    fn plus(self, other: Self) -> Self {
        let mut result = self.0;
        for lane in 0..4 {
            result[lane] += other.0[lane];
        }
        Self(result)
    }

    #[inline(always)]
    fn minus(self, other: Self) -> Self {
        let mut result = self.0;
        for lane in 0..4 {
            result[lane] -= other.0[lane];
        }
        Self(result)
    }

    #[inline(always)]
    fn times(self, other: Self) -> Self {
        let mut result = self.0;
        for lane in 0..4 {
            result[lane] *= other.0[lane];
        }
        Self(result)
    }

    #[inline(always)]
    fn over(self, other: Self) -> Self {
        let mut result = self.0;
        for lane in 0..4 {
            result[lane] /= other.0[lane];
        }
        Self(result)
    }

    #[inline(always)]
    fn root(self) -> Self {
        let mut result = self.0;
        for lane in &mut result {
            *lane = lane.sqrt();
        }
        Self(result)
    }

    #[inline(always)]
    fn choose(self, limit: Self, low: Self, high: Self) -> Self {
        let mut result = high.0;
        for lane in 0..4 {
            if self.0[lane] <= limit.0[lane] {
                result[lane] = low.0[lane];
            }
        }
        Self(result)
    }

    #[inline(always)]
    fn sum(self) -> T {
        (self.0[0] + self.0[2]) + (self.0[1] + self.0[3])
    }
}

/// One number, for what is left over.
#[derive(Clone, Copy, Debug)]
pub(super) struct One<T>(T);

impl<T: Real> Vector<T> for One<T> {
    const LANES: usize = 1;

    #[inline(always)]
    fn splat(value: T) -> Self {
        Self(value)
    }

    #[inline(always)]
    fn load(from: &[T]) -> Self {
        Self(from[0])
    }

    #[inline(always)]
    fn store(self, to: &mut [T]) {
        to[0] = self.0;
    }

    #[inline(always)]
    fn multiply_add(self, factor: Self, term: Self) -> Self {
        Self(self.0 * factor.0 + term.0)
    }

    const SIDE: usize = 1;

    #[inline(always)]
    fn turn(from: &[T], _from_step: usize, to: &mut [T], _to_step: usize) {
        to[0] = from[0];
    }

    #[inline(always)]
    fn plus(self, other: Self) -> Self {
        Self(self.0 + other.0)
    }

    #[inline(always)]
    fn minus(self, other: Self) -> Self {
        Self(self.0 - other.0)
    }

    #[inline(always)]
    fn times(self, other: Self) -> Self {
        Self(self.0 * other.0)
    }

    #[inline(always)]
    fn over(self, other: Self) -> Self {
        Self(self.0 / other.0)
    }

    #[inline(always)]
    fn root(self) -> Self {
        Self(self.0.sqrt())
    }

    #[inline(always)]
    fn choose(self, limit: Self, low: Self, high: Self) -> Self {
        if self.0 <= limit.0 { low } else { high }
    }

    #[inline(always)]
    fn sum(self) -> T {
        self.0
    }
}

/// A number that every instruction set has vectors of.
pub trait Lane: Sized {
    /// The vector of this number in an instruction set.
    type Vector<I: InstructionSet>: Vector<Self>;
}

impl Lane for f32 {
    type Vector<I: InstructionSet> = I::Single;
}

impl Lane for f64 {
    type Vector<I: InstructionSet> = I::Double;
}

/// An instruction set, by its vectors.
pub trait InstructionSet {
    /// Numbers of single precision.
    type Single: Vector<f32>;
    /// Numbers of double precision.
    type Double: Vector<f64>;
}

/// What every processor of the architecture has.
#[derive(Debug)]
pub(crate) struct Baseline;

impl InstructionSet for Baseline {
    type Single = Four<f32>;
    type Double = Four<f64>;
}

/// AVX2 with fused multiply-adds: vectors of 32 bytes.
#[cfg(target_arch = "x86_64")]
#[derive(Debug)]
pub(super) struct Avx2;

#[cfg(target_arch = "x86_64")]
impl InstructionSet for Avx2 {
    type Single = std::arch::x86_64::__m256;
    type Double = std::arch::x86_64::__m256d;
}

/// AVX-512: vectors of 64 bytes.
#[cfg(target_arch = "x86_64")]
#[derive(Debug)]
pub(super) struct Avx512;

#[cfg(target_arch = "x86_64")]
impl InstructionSet for Avx512 {
    type Single = std::arch::x86_64::__m512;
    type Double = std::arch::x86_64::__m512d;
}
