//! Sine and cosine of an interval: the values at the ends, and 1 or -1 where an extremum may lie inside.

use super::{Direction, Endpoint, Interval, Number, larger, smaller};
use Direction::{Down, Up};

/// Which of the extrema 1 and -1 may lie inside, if the extrema are at the integers of `phase`, 1 at the
/// even.
///
/// A wider `phase` only finds more extrema than there are, so the answer errs to the safe side. Where the
/// ends are too large to tell odd from even they are a unit or more apart, since no multiple of 1/pi but 0
/// has finitely many digits.
fn extrema<E: Endpoint>(phase: &Interval<E>) -> (bool, bool) {
    let (first, last) = (phase.lo.neg().floor().neg(), phase.hi.floor());
    let one = E::from_f64(1.0);
    if last < first {
        return (false, false);
    }
    if last.sub(&first, Up) >= one {
        return (true, true);
    }
    let half = first.mul(&E::from_f64(0.5), Down);
    let even = half.floor() == half;
    (even, !even)
}

fn wave<E: Endpoint>(x: &Interval<E>, shift: f64, f: impl Fn(&E, Direction) -> E) -> Interval<E> {
    if x.is_undefined() {
        return Interval::none();
    }
    let one = || E::from_f64(1.0);
    if !x.is_finite() {
        return Interval { lo: one().neg(), hi: one() };
    }
    let pi = Interval { lo: E::pi(Down), hi: E::pi(Up) };
    let (peak, trough) = extrema(&(x.clone() / &pi - shift));
    let lo = if trough { one().neg() } else { smaller(&f(&x.lo, Down), &f(&x.hi, Down)) };
    let hi = if peak { one() } else { larger(&f(&x.lo, Up), &f(&x.hi, Up)) };
    Interval { lo, hi }
}

pub(super) fn cos<E: Endpoint>(x: &Interval<E>) -> Interval<E> {
    wave(x, 0.0, E::cos)
}

pub(super) fn sin<E: Endpoint>(x: &Interval<E>) -> Interval<E> {
    wave(x, 0.5, E::sin)
}
