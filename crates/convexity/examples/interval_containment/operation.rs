//! The operations under test, in any arithmetic, and where they are defined.

use fenchel_convexity::number::{Interval, Number};

/// One operation of `Number`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Operation {
    Add,
    Sub,
    Mul,
    Div,
    Recip,
    PowI,
    PowF,
    Square,
    Sqrt,
    Exp,
    ExpM1,
    Ln,
    Ln1p,
    Sin,
    Cos,
    Sinh,
    Cosh,
    Abs,
    Signum,
    Max,
    Min,
}

impl Operation {
    pub(crate) const ALL: [Self; 21] = [
        Self::Add,
        Self::Sub,
        Self::Mul,
        Self::Div,
        Self::Recip,
        Self::PowI,
        Self::PowF,
        Self::Square,
        Self::Sqrt,
        Self::Exp,
        Self::ExpM1,
        Self::Ln,
        Self::Ln1p,
        Self::Sin,
        Self::Cos,
        Self::Sinh,
        Self::Cosh,
        Self::Abs,
        Self::Signum,
        Self::Max,
        Self::Min,
    ];

    /// The result; n and r are the exponents of the powers.
    pub(crate) fn apply<N: Number>(self, x: &N, y: &N, n: i32, r: f64) -> N {
        match self {
            Self::Add => x.clone() + y,
            Self::Sub => x.clone() - y,
            Self::Mul => x.clone() * y,
            Self::Div => x.clone() / y,
            Self::Recip => x.recip(),
            Self::PowI => x.powi(n),
            Self::PowF => x.powf(r),
            Self::Square => x.square(),
            Self::Sqrt => x.sqrt(),
            Self::Exp => x.exp(),
            Self::ExpM1 => x.exp_m1(),
            Self::Ln => x.ln(),
            Self::Ln1p => x.ln_1p(),
            Self::Sin => x.sin(),
            Self::Cos => x.cos(),
            Self::Sinh => x.sinh(),
            Self::Cosh => x.cosh(),
            Self::Abs => x.abs(),
            Self::Signum => x.signum(),
            Self::Max => x.max(y),
            Self::Min => x.min(y),
        }
    }

    /// Whether the operation reads its second operand.
    pub(crate) const fn is_binary(self) -> bool {
        matches!(self, Self::Add | Self::Sub | Self::Mul | Self::Div | Self::Max | Self::Min)
    }

    /// Whether the operation has a value, or a limit, everywhere on the operands.
    pub(crate) fn is_defined(self, x: &Interval, y: &Interval, n: i32, r: f64) -> bool {
        if x.is_undefined() || (self.is_binary() && y.is_undefined()) {
            return false;
        }
        match self {
            Self::Div => !y.contains(0.0),
            Self::Recip => !x.contains(0.0),
            Self::PowI => n >= 0 || !x.contains(0.0),
            Self::PowF => (r >= 0.0 || !x.contains(0.0)) && (r == r.trunc() || x.lo() >= 0.0),
            Self::Sqrt | Self::Ln => x.lo() >= 0.0,
            Self::Ln1p => x.lo() >= -1.0,
            Self::Add
            | Self::Sub
            | Self::Mul
            | Self::Square
            | Self::Exp
            | Self::ExpM1
            | Self::Sin
            | Self::Cos
            | Self::Sinh
            | Self::Cosh
            | Self::Abs
            | Self::Signum
            | Self::Max
            | Self::Min => true,
        }
    }
}
