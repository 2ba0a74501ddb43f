//! Instruction sets: one body, compiled for each, the best one that the processor has chosen at run time.

#[cfg(target_arch = "x86_64")]
use super::vector::{Avx2, Avx512};
use super::vector::{Baseline, InstructionSet};

/// A loop to be compiled for every instruction set; its `run` must be `#[inline(always)]`, or it stays baseline code.
pub(super) trait Kernel {
    /// What the loop returns.
    type Output;
    /// The loop.
    fn run<I: InstructionSet>(self) -> Self::Output;
}

/// Whether the processor has all that the code for AVX-512 is compiled with; a virtual machine may hide parts.
#[cfg(target_arch = "x86_64")]
#[inline]
pub(crate) fn has_avx512() -> bool {
    std::is_x86_feature_detected!("avx512f") && has_avx2()
}

/// Whether the processor has all that the code for AVX2 is compiled with.
#[cfg(target_arch = "x86_64")]
#[inline]
pub(crate) fn has_avx2() -> bool {
    std::is_x86_feature_detected!("avx2") && std::is_x86_feature_detected!("fma")
}

/// Runs a kernel with the widest instructions that this processor has.
///
/// The choice is the same in every thread of a process, so a result never depends on the thread count through it.
#[inline]
pub(super) fn dispatch<K: Kernel>(kernel: K) -> K::Output {
    #[cfg(target_arch = "x86_64")]
    {
        if has_avx512() {
            // SAFETY: the processor has AVX-512F, AVX2 and FMA, as just asked.
            return unsafe { avx512(kernel) };
        }
        if has_avx2() {
            // SAFETY: the processor has AVX2 and FMA, as just asked.
            return unsafe { avx2(kernel) };
        }
    }
    kernel.run::<Baseline>()
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx512f,avx2,fma")]
fn avx512<K: Kernel>(kernel: K) -> K::Output {
    kernel.run::<Avx512>()
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2,fma")]
fn avx2<K: Kernel>(kernel: K) -> K::Output {
    kernel.run::<Avx2>()
}

/// Compiles an element-wise loop for every instruction set, the compiler choosing the vectors.
///
/// The body must be plain loops: a closure of its own would be compiled once, for the baseline, and called.
macro_rules! vectorised {
    (
        $(#[$attribute:meta])*
        $visibility:vis fn $name:ident<T: Real $(, $generic:ident: $bound:ident)?>($($argument:ident: $type:ty),* $(,)?) $body:block
    ) => {
        $(#[$attribute])*
        $visibility fn $name<T: Real $(, $generic: $bound)?>($($argument: $type),*) {
            #[inline(always)]
            #[allow(clippy::too_many_arguments, reason = "each is another array or size")]
            fn body<T: Real $(, $generic: $bound)?>($($argument: $type),*) $body

            #[cfg(target_arch = "x86_64")]
            #[target_feature(enable = "avx512f,avx2,fma")]
            #[allow(clippy::too_many_arguments, reason = "each is another array or size")]
            fn avx512<T: Real $(, $generic: $bound)?>($($argument: $type),*) {
                body($($argument),*);
            }

            #[cfg(target_arch = "x86_64")]
            #[target_feature(enable = "avx2,fma")]
            #[allow(clippy::too_many_arguments, reason = "each is another array or size")]
            fn avx2<T: Real $(, $generic: $bound)?>($($argument: $type),*) {
                body($($argument),*);
            }

            #[cfg(target_arch = "x86_64")]
            {
                if $crate::kernels::has_avx512() {
                    // SAFETY: the processor has AVX-512F, AVX2 and FMA, as just asked.
                    return unsafe { avx512($($argument),*) };
                }
                if $crate::kernels::has_avx2() {
                    // SAFETY: the processor has AVX2 and FMA, as just asked.
                    return unsafe { avx2($($argument),*) };
                }
            }
            body($($argument),*);
        }
    };
}

pub(crate) use vectorised;
