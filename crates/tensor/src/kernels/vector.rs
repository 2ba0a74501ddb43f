//! Vector registers of each instruction set, behind one trait.
//!
//! The loops are written on these and not left to the compiler's own vectorising, which gave up on half of their shapes.

use crate::Real;

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

    #[inline(always)]
    fn sum(self) -> T {
        (self.0[0] + self.0[2]) + (self.0[1] + self.0[3])
    }
}

#[cfg(target_arch = "x86_64")]
mod x86 {
    use super::Vector;
    use std::arch::x86_64::*;

    #[inline(always)]
    fn sum_256_ps(v: __m256) -> f32 {
        // SAFETY: as for `splat`: only loops that run where AVX2 was found hold such a vector; the instructions work on registers alone.
        unsafe {
            let four = _mm_add_ps(_mm256_castps256_ps128(v), _mm256_extractf128_ps(v, 1));
            let two = _mm_add_ps(four, _mm_movehl_ps(four, four));
            _mm_cvtss_f32(_mm_add_ss(two, _mm_movehdup_ps(two)))
        }
    }

    #[inline(always)]
    fn sum_256_pd(v: __m256d) -> f64 {
        // SAFETY: as for `splat`: only loops that run where AVX2 was found hold such a vector; the instructions work on registers alone.
        unsafe {
            let two = _mm_add_pd(_mm256_castpd256_pd128(v), _mm256_extractf128_pd(v, 1));
            _mm_cvtsd_f64(_mm_add_sd(two, _mm_unpackhi_pd(two, two)))
        }
    }

    #[inline(always)]
    fn sum_512_ps(v: __m512) -> f32 {
        // SAFETY: as for `splat`, with AVX-512F; the halves are taken as doubles, which moves bits only.
        let halves = unsafe {
            let upper = _mm256_castpd_ps(_mm512_extractf64x4_pd(_mm512_castps_pd(v), 1));
            _mm256_add_ps(_mm512_castps512_ps256(v), upper)
        };
        sum_256_ps(halves)
    }

    #[inline(always)]
    fn sum_512_pd(v: __m512d) -> f64 {
        // SAFETY: as for `splat`, with AVX-512F.
        sum_256_pd(unsafe { _mm256_add_pd(_mm512_castpd512_pd256(v), _mm512_extractf64x4_pd(v, 1)) })
    }

    macro_rules! vector {
        ($register:ty, $number:ty, $lanes:literal, $splat:ident, $load:ident, $store:ident, $multiply_add:ident, $sum:expr) => {
            impl Vector<$number> for $register {
                const LANES: usize = $lanes;

                #[inline(always)]
                fn splat(value: $number) -> Self {
                    // SAFETY: only the loops that `dispatch` runs after it found the instruction set use this type.
                    unsafe { $splat(value) }
                }

                #[inline(always)]
                fn load(from: &[$number]) -> Self {
                    let from = &from[..$lanes];
                    // SAFETY: as for `splat`; the slice has as many numbers as are read, and any alignment will do.
                    unsafe { $load(from.as_ptr()) }
                }

                #[inline(always)]
                fn store(self, to: &mut [$number]) {
                    let to = &mut to[..$lanes];
                    // SAFETY: as for `splat`; the slice has as many places as are written, and any alignment will do.
                    unsafe { $store(to.as_mut_ptr(), self) }
                }

                #[inline(always)]
                fn multiply_add(self, factor: Self, term: Self) -> Self {
                    // SAFETY: as for `splat`; the instruction works on registers alone.
                    unsafe { $multiply_add(self, factor, term) }
                }

                #[inline(always)]
                fn sum(self) -> $number {
                    $sum(self)
                }
            }
        };
    }

    vector!(__m256, f32, 8, _mm256_set1_ps, _mm256_loadu_ps, _mm256_storeu_ps, _mm256_fmadd_ps, sum_256_ps);
    vector!(__m256d, f64, 4, _mm256_set1_pd, _mm256_loadu_pd, _mm256_storeu_pd, _mm256_fmadd_pd, sum_256_pd);
    vector!(__m512, f32, 16, _mm512_set1_ps, _mm512_loadu_ps, _mm512_storeu_ps, _mm512_fmadd_ps, sum_512_ps);
    vector!(__m512d, f64, 8, _mm512_set1_pd, _mm512_loadu_pd, _mm512_storeu_pd, _mm512_fmadd_pd, sum_512_pd);
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
