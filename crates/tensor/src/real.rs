//! The two floating-point types that everything is generic over.

use std::fmt::{Debug, Display};
use std::iter::Sum;

/// A floating-point number that networks can be computed in: `f32` or `f64`.
///
/// Training uses `f32`, where the optimiser's noise is far above round-off; measurements default to `f64`, so that
/// an inequality which fails by `1e-12` is known to be round-off and one which fails by `1e-6` is known not to be.
/// The trait is sealed: the kernels rely on the layout of exactly these two.
pub trait Real:
    num_traits::Float
    + num_traits::NumAssign
    + ndarray::LinalgScalar
    + ndarray::ScalarOperand
    + Sum
    + Debug
    + Display
    + Default
    + Send
    + Sync
    + private::Sealed
{
    /// The type's name as it stands in manifests: `f32` or `f64`.
    const NAME: &'static str;

    /// The unit round-off `u = epsilon / 2` of the type.
    const UNIT_ROUNDOFF: f64;

    /// The smallest normal number of the type.
    const SMALLEST_NORMAL: f64;

    /// The nearest number of this type.
    fn of(value: f64) -> Self;

    /// The same number as `f64`: exact for both types.
    fn as_f64(self) -> f64;
}

impl Real for f32 {
    const NAME: &'static str = "f32";
    const UNIT_ROUNDOFF: f64 = (f32::EPSILON / 2.0) as f64;
    const SMALLEST_NORMAL: f64 = f32::MIN_POSITIVE as f64;

    #[inline]
    fn of(value: f64) -> Self {
        value as f32
    }

    #[inline]
    fn as_f64(self) -> f64 {
        f64::from(self)
    }
}

impl Real for f64 {
    const NAME: &'static str = "f64";
    const UNIT_ROUNDOFF: f64 = f64::EPSILON / 2.0;
    const SMALLEST_NORMAL: f64 = f64::MIN_POSITIVE;

    #[inline]
    fn of(value: f64) -> Self {
        value
    }

    #[inline]
    fn as_f64(self) -> f64 {
        self
    }
}

pub(crate) use private::Both;

mod private {
    use super::Real;

    /// What exists in both precisions, and is asked for in one: a layer's arithmetic, a fixed matrix.
    pub trait Both {
        /// The same in precision `T`.
        type In<T: Real>: ?Sized;

        /// In single precision.
        fn single(&self) -> &Self::In<f32>;

        /// In double precision.
        fn double(&self) -> &Self::In<f64>;
    }

    pub trait Sealed: crate::kernels::vector::Lane + Sized {
        /// What there is in this precision.
        fn pick<B: Both + ?Sized>(both: &B) -> &B::In<Self>
        where
            Self: Real;
    }

    impl Sealed for f32 {
        fn pick<B: Both + ?Sized>(both: &B) -> &B::In<Self> {
            both.single()
        }
    }

    impl Sealed for f64 {
        fn pick<B: Both + ?Sized>(both: &B) -> &B::In<Self> {
            both.double()
        }
    }
}
