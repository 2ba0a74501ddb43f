//! The engine: cover, enclose, split.

use super::enclosed::OnBox;
use crate::number::Interval;
use std::cmp::Ordering;
use std::collections::{BinaryHeap, VecDeque};

/// How many boxes to examine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Effort {
    /// Boxes at most.
    pub boxes: usize,
}

impl Default for Effort {
    fn default() -> Self {
        Self { boxes: 200_000 }
    }
}

/// The outcome of an attempt to prove that something is never negative.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Proof {
    /// It is proved.
    Proved {
        /// Boxes examined.
        boxes: usize,
    },
    /// It is false: negative at a point, in 256 bits.
    Refuted {
        /// The point; its coordinates are those of the proof (points, pairs, points with directions).
        counterexample: Vec<f64>,
        /// Bounds of the value there, both negative.
        value: Interval,
        /// Boxes examined.
        boxes: usize,
    },
    /// Neither, within the effort.
    Open {
        /// One of the boxes that are left.
        left: Vec<Interval>,
        /// How many are left.
        count: usize,
        /// Boxes examined.
        boxes: usize,
    },
}

impl Proof {
    /// Whether it is proved.
    #[must_use]
    pub const fn is_proved(&self) -> bool {
        matches!(self, Self::Proved { .. })
    }

    /// Whether it is refuted.
    #[must_use]
    pub const fn is_refuted(&self) -> bool {
        matches!(self, Self::Refuted { .. })
    }
}

/// An enclosure of a minimum.
#[derive(Clone, Debug, PartialEq)]
pub struct Minimum {
    /// The minimum lies in here.
    pub value: Interval,
    /// A point at which the value is at most the upper end.
    pub point: Vec<f64>,
    /// Boxes examined.
    pub boxes: usize,
}

/// Proves `f >= 0` on boxes.
pub(super) fn prove(f: &impl OnBox, start: Vec<Vec<Interval>>, effort: &Effort) -> Proof {
    // Wide boxes first: a counterexample is then found before the search sinks into a point at which the
    // slack is zero.
    let mut queue: VecDeque<Vec<Interval>> = start.into();
    let mut stuck: Vec<Vec<Interval>> = Vec::new();
    let mut boxes = 0;
    while let Some(region) = queue.pop_front() {
        if boxes >= effort.boxes {
            stuck.push(region);
            break;
        }
        boxes += 1;
        let value = f.enclose(&region);
        if value.lo() >= 0.0 {
            continue;
        }
        for point in [middle(&region), corner(&region)] {
            if value.hi() < 0.0 || f.enclose(&points(&point)).hi() < 0.0 {
                let there = f.at(&point).map_or(Interval::undefined(), |there| there.to_f64_interval());
                if there.hi() < 0.0 {
                    return Proof::Refuted { counterexample: point, value: there, boxes };
                }
            }
        }
        match split(&region) {
            Some((left, right)) => queue.extend([left, right]),
            None => stuck.push(region),
        }
    }
    stuck.extend(queue);
    match stuck.first() {
        None => Proof::Proved { boxes },
        Some(left) => Proof::Open { left: left.clone(), count: stuck.len(), boxes },
    }
}

fn middle(region: &[Interval]) -> Vec<f64> {
    region.iter().map(centre).collect()
}

fn points(point: &[f64]) -> Vec<Interval> {
    point.iter().map(|&x| Interval::point(x)).collect()
}

/// A corner where not all coordinates are at the same end: in boxes of pairs around the diagonal the middle
/// is a pair of equal points, which never violate anything.
fn corner(region: &[Interval]) -> Vec<f64> {
    let inside = |(i, x): (usize, &Interval)| {
        let end = if i % 2 == 0 { x.lo() } else { x.hi() };
        if end.is_finite() { end } else { centre(x) }
    };
    region.iter().enumerate().map(inside).collect()
}

/// A box waiting to be split, the one with the least lower bound first.
struct Waiting {
    lower: f64,
    region: Vec<Interval>,
}

impl PartialEq for Waiting {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Waiting {}

impl PartialOrd for Waiting {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Waiting {
    fn cmp(&self, other: &Self) -> Ordering {
        other.lower.total_cmp(&self.lower)
    }
}

/// Encloses the minimum of f over boxes.
pub(super) fn minimise(
    f: &impl OnBox,
    start: Vec<Vec<Interval>>,
    tolerance: f64,
    effort: &Effort,
) -> Minimum {
    let mut heap = BinaryHeap::new();
    let (mut upper, mut point, mut boxes) = (f64::INFINITY, Vec::new(), 0);
    // The least lower bound of boxes that cannot be split any more.
    let mut floor = f64::INFINITY;
    let mut examine =
        |region: Vec<Interval>, heap: &mut BinaryHeap<Waiting>, upper: &mut f64, point: &mut Vec<f64>| {
            let middle = middle(&region);
            if f.enclose(&points(&middle)).lo() < *upper || point.is_empty() {
                // A bound from above is that of one point, in 256 bits; without one there is none.
                let there = f.at(&middle).map_or(f64::NAN, |there| there.to_f64_interval().hi());
                if there < *upper || point.is_empty() {
                    (*upper, *point) = (there.min(*upper), middle);
                }
            }
            let lower = f.enclose(&region).lo();
            // An undefined enclosure bounds nothing: a function with a pole has no minimum that could be
            // enclosed from below.
            let lower = if lower.is_nan() { f64::NEG_INFINITY } else { lower };
            if lower <= *upper {
                heap.push(Waiting { lower, region });
            }
            boxes += 1;
            boxes
        };
    let mut spent = 0;
    for region in start {
        spent = examine(region, &mut heap, &mut upper, &mut point);
    }
    while let Some(Waiting { lower, region }) = heap.pop() {
        if upper - lower.min(floor) <= tolerance || spent >= effort.boxes {
            heap.push(Waiting { lower, region });
            break;
        }
        match split(&region) {
            Some((left, right)) => {
                examine(left, &mut heap, &mut upper, &mut point);
                spent = examine(right, &mut heap, &mut upper, &mut point);
            }
            None => floor = floor.min(lower),
        }
    }
    let least = heap.peek().map_or(f64::INFINITY, |waiting| waiting.lower).min(floor).min(upper);
    Minimum { value: Interval::hull(least, upper), point, boxes: spent }
}

/// A point of an interval at which to split it; finite also for unbounded ones.
fn centre(x: &Interval) -> f64 {
    match (x.lo().is_finite(), x.hi().is_finite()) {
        (true, true) => x.midpoint(),
        (true, false) => if x.lo() < 1.0 { x.lo().abs() + 2.0 } else { 2.0 * x.lo() }.min(f64::MAX),
        (false, true) => if x.hi() > -1.0 { -x.hi().abs() - 2.0 } else { 2.0 * x.hi() }.max(f64::MIN),
        (false, false) => 0.0,
    }
}

/// The two halves across the widest side; none if no side can be halved.
fn split(region: &[Interval]) -> Option<(Vec<Interval>, Vec<Interval>)> {
    let widest =
        (0..region.len()).fold(0, |best, i| if region[i].width() > region[best].width() { i } else { best });
    let side = region[widest];
    let middle = centre(&side);
    if !(side.lo() < middle && middle < side.hi()) {
        return None;
    }
    let (mut left, mut right) = (region.to_vec(), region.to_vec());
    left[widest] = Interval::hull(side.lo(), middle);
    right[widest] = Interval::hull(middle, side.hi());
    Some((left, right))
}
