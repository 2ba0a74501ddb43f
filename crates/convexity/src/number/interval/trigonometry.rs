//! Sine and cosine of an interval: the values at the ends, and 1 or -1 where an extremum may lie inside.

use super::{Direction, Endpoint, Interval, Number, larger, smaller};
use Direction::{Down, Up};

/// Above this many half periods an `f64` no longer tells odd from even.
const COUNTABLE: f64 = 1e15;

/// Which of the extrema 1 and -1 may lie inside, if the extrema are at the integers of `phase`, 1 at the even.
///
/// A wider `phase` only finds more extrema than there are, so the answer errs to the safe side.
fn extrema(phase: &Interval) -> (bool, bool) {
    let (first, last) = (phase.lo.ceil(), phase.hi.floor());
    if !(first.abs() < COUNTABLE && last.abs() < COUNTABLE) || last - first >= 1.0 {
        return (true, true);
    }
    if last < first {
        return (false, false);
    }
    let even = first.rem_euclid(2.0) == 0.0;
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
    let phase = (x.clone() / &pi - shift).to_f64_interval();
    let (peak, trough) = extrema(&phase);
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
