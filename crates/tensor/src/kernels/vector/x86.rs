//! The vectors of x86-64: 32 bytes of AVX2, 64 of AVX-512.

use super::{MOST_LANES, Vector};
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

#[inline(always)]
fn choose_256_ps(value: __m256, limit: __m256, low: __m256, high: __m256) -> __m256 {
    // SAFETY: as for `splat`; the instructions work on registers alone.
    unsafe { _mm256_blendv_ps(high, low, _mm256_cmp_ps(value, limit, _CMP_LE_OQ)) }
}

#[inline(always)]
fn choose_256_pd(value: __m256d, limit: __m256d, low: __m256d, high: __m256d) -> __m256d {
    // SAFETY: as for `splat`; the instructions work on registers alone.
    unsafe { _mm256_blendv_pd(high, low, _mm256_cmp_pd(value, limit, _CMP_LE_OQ)) }
}

#[inline(always)]
fn choose_512_ps(value: __m512, limit: __m512, low: __m512, high: __m512) -> __m512 {
    // SAFETY: as for `splat`; the instructions work on registers alone.
    unsafe { _mm512_mask_blend_ps(_mm512_cmp_ps_mask(value, limit, _CMP_LE_OQ), high, low) }
}

#[inline(always)]
fn choose_512_pd(value: __m512d, limit: __m512d, low: __m512d, high: __m512d) -> __m512d {
    // SAFETY: as for `splat`; the instructions work on registers alone.
    unsafe { _mm512_mask_blend_pd(_mm512_cmp_pd_mask(value, limit, _CMP_LE_OQ), high, low) }
}

/// Checks that `side` rows of `side` numbers, `step` apart, lie inside a slice.
#[inline(always)]
fn check_square(len: usize, side: usize, step: usize) {
    assert!(
        (side - 1).checked_mul(step).and_then(|last| last.checked_add(side)).is_some_and(|end| end <= len)
    );
}

/// Eight by eight numbers. Half rows are put together as they are loaded, so that only halves need to be shuffled.
#[inline(always)]
fn turn_ps(from: &[f32], from_step: usize, to: &mut [f32], to_step: usize) {
    check_square(from.len(), 8, from_step);
    check_square(to.len(), 8, to_step);
    for half in 0..2 {
        // SAFETY: as for `splat`; all that is read and written lies inside, as just checked, and any alignment will do.
        unsafe {
            let row = |r: usize| {
                let place = from.as_ptr().add(r * from_step + 4 * half);
                let upper = _mm256_castps128_ps256(_mm_loadu_ps(place));
                _mm256_insertf128_ps(upper, _mm_loadu_ps(place.add(4 * from_step)), 1)
            };
            let (r0, r1, r2, r3) = (row(0), row(1), row(2), row(3));
            let (a, b) = (_mm256_unpacklo_ps(r0, r1), _mm256_unpackhi_ps(r0, r1));
            let (c, d) = (_mm256_unpacklo_ps(r2, r3), _mm256_unpackhi_ps(r2, r3));
            let to = to.as_mut_ptr().add(4 * half * to_step);
            _mm256_storeu_ps(to, _mm256_shuffle_ps(a, c, 0x44));
            _mm256_storeu_ps(to.add(to_step), _mm256_shuffle_ps(a, c, 0xEE));
            _mm256_storeu_ps(to.add(2 * to_step), _mm256_shuffle_ps(b, d, 0x44));
            _mm256_storeu_ps(to.add(3 * to_step), _mm256_shuffle_ps(b, d, 0xEE));
        }
    }
}

/// Four by four numbers, in the same way.
#[inline(always)]
fn turn_pd(from: &[f64], from_step: usize, to: &mut [f64], to_step: usize) {
    check_square(from.len(), 4, from_step);
    check_square(to.len(), 4, to_step);
    for half in 0..2 {
        // SAFETY: as for `splat`; all that is read and written lies inside, as just checked, and any alignment will do.
        unsafe {
            let row = |r: usize| {
                let place = from.as_ptr().add(r * from_step + 2 * half);
                let upper = _mm256_castpd128_pd256(_mm_loadu_pd(place));
                _mm256_insertf128_pd(upper, _mm_loadu_pd(place.add(2 * from_step)), 1)
            };
            let (r0, r1) = (row(0), row(1));
            let to = to.as_mut_ptr().add(2 * half * to_step);
            _mm256_storeu_pd(to, _mm256_unpacklo_pd(r0, r1));
            _mm256_storeu_pd(to.add(to_step), _mm256_unpackhi_pd(r0, r1));
        }
    }
}

macro_rules! vector {
    ($register:ty, $number:ty, $lanes:literal, $splat:ident, $load:ident, $store:ident, $multiply_add:ident, $add:ident, $sub:ident,
     $mul:ident, $div:ident, $sqrt:ident, $choose:ident, $sum:ident, $turn:ident, $side:literal) => {
        const _: () = assert!($lanes <= MOST_LANES);

        impl Vector<$number> for $register {
            const LANES: usize = $lanes;
            const SIDE: usize = $side;

            #[inline(always)]
            fn turn(from: &[$number], from_step: usize, to: &mut [$number], to_step: usize) {
                $turn(from, from_step, to, to_step);
            }

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
            fn plus(self, other: Self) -> Self {
                // SAFETY: as for `splat`; the instruction works on registers alone.
                unsafe { $add(self, other) }
            }

            #[inline(always)]
            fn minus(self, other: Self) -> Self {
                // SAFETY: as for `splat`; the instruction works on registers alone.
                unsafe { $sub(self, other) }
            }

            #[inline(always)]
            fn times(self, other: Self) -> Self {
                // SAFETY: as for `splat`; the instruction works on registers alone.
                unsafe { $mul(self, other) }
            }

            #[inline(always)]
            fn over(self, other: Self) -> Self {
                // SAFETY: as for `splat`; the instruction works on registers alone.
                unsafe { $div(self, other) }
            }

            #[inline(always)]
            fn root(self) -> Self {
                // SAFETY: as for `splat`; the instruction works on registers alone.
                unsafe { $sqrt(self) }
            }

            #[inline(always)]
            fn choose(self, limit: Self, low: Self, high: Self) -> Self {
                $choose(self, limit, low, high)
            }

            #[inline(always)]
            fn sum(self) -> $number {
                $sum(self)
            }
        }
    };
}

vector! {
    __m256, f32, 8, _mm256_set1_ps, _mm256_loadu_ps, _mm256_storeu_ps, _mm256_fmadd_ps, _mm256_add_ps, _mm256_sub_ps, _mm256_mul_ps,
    _mm256_div_ps, _mm256_sqrt_ps, choose_256_ps, sum_256_ps, turn_ps, 8
}
vector! {
    __m256d, f64, 4, _mm256_set1_pd, _mm256_loadu_pd, _mm256_storeu_pd, _mm256_fmadd_pd, _mm256_add_pd, _mm256_sub_pd, _mm256_mul_pd,
    _mm256_div_pd, _mm256_sqrt_pd, choose_256_pd, sum_256_pd, turn_pd, 4
}
vector! {
    __m512, f32, 16, _mm512_set1_ps, _mm512_loadu_ps, _mm512_storeu_ps, _mm512_fmadd_ps, _mm512_add_ps, _mm512_sub_ps, _mm512_mul_ps,
    _mm512_div_ps, _mm512_sqrt_ps, choose_512_ps, sum_512_ps, turn_ps, 8
}
vector! {
    __m512d, f64, 8, _mm512_set1_pd, _mm512_loadu_pd, _mm512_storeu_pd, _mm512_fmadd_pd, _mm512_add_pd, _mm512_sub_pd, _mm512_mul_pd,
    _mm512_div_pd, _mm512_sqrt_pd, choose_512_pd, sum_512_pd, turn_pd, 4
}
