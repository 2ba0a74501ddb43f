//! Where the search starts: pairs of every size and shape.
//!
//! Violations hide in few places: at pairs very near or very far, on rays through the middle, along coordinates,
//! differences of coordinates and sign patterns (where l_1 and l_inf have their corners), on kinks, and at the edge of the
//! domain. Sizes come from a low-discrepancy sequence, so that a short search already has seen every scale.

use super::landscape::Landscape;
use super::low_discrepancy::{LowDiscrepancy, normal_quantile};
use crate::inequality::Pair;
use crate::objectives::{Domain, Kink, Region};
use fenchel_random::{Seed, Stream};

/// Coordinates of the low-discrepancy sequence that are used for sizes; the others become normal entries.
const SIZES: usize = 3;
/// Up to this many normal entries come from the sequence, the rest from the random stream.
const NORMAL: usize = 8;
/// Shapes of a vector, see [`Starts::shape`].
const SHAPES: u64 = 8;

/// The start pairs of one search, each computable from its index.
pub(super) struct Starts<'a> {
    landscape: &'a Landscape<'a>,
    seed: Seed,
    sequence: LowDiscrepancy,
    middle: Vec<f64>,
    size: f64,
    kinks: Vec<Kink>,
}

impl<'a> Starts<'a> {
    pub(super) fn new(landscape: &'a Landscape<'a>, seed: Seed) -> Self {
        let mut stream = seed.derive("shift").stream();
        let m = landscape.dimension();
        let dimensions = SIZES + (2 * m).min(NORMAL);
        let sequence = LowDiscrepancy::new((0..dimensions).map(|_| stream.random()).collect());
        let (middle, size) = landscape.region.middle(&landscape.domain, m);
        let kinks = landscape.inequality.functions().iter().flat_map(|function| function.kinks()).collect();
        Self { landscape, seed, sequence, middle, size, kinks }
    }

    /// The start with this index, admitted to the region.
    pub(super) fn pair(&self, index: u64) -> Pair {
        let point = self.sequence.point(index);
        let mut stream = self.seed.derive("start").index(index).stream();
        let mut pair = if self.landscape.domain == Domain::Simplex {
            self.on_the_simplex(&point, &mut stream)
        } else {
            self.in_space(index, &point, &mut stream)
        };
        self.landscape.admit(&mut pair);
        if !self.kinks.is_empty() && stream.random_bool(0.3) {
            self.to_a_kink(&mut pair, &mut stream);
            self.landscape.admit(&mut pair);
        }
        pair
    }

    fn in_space(&self, index: u64, point: &[f64], stream: &mut Stream) -> Pair {
        let m = self.middle.len();
        let bounded = self.size.is_finite();
        // Sizes from 1e-4 to 1e4, or to the size of the region.
        let size =
            |t: f64| if bounded { self.size * 10.0_f64.powf(-5.0 * t) } else { 10.0_f64.powf(8.0 * t - 4.0) };
        let normals = &point[SIZES..];
        let (at, along) = (index % SHAPES, (index / SHAPES) % (SHAPES + 3));
        let spots = &normals[..normals.len() / 2];
        let anchor: Vec<f64> = if bounded && index % 3 == 1 {
            self.spot(spots, stream)
        } else {
            self.shape(at, spots, stream).iter().map(|x| x * size(point[0])).collect()
        };
        let mut direction = match along {
            // A ray through the middle, towards it and away from it.
            a if a >= SHAPES && anchor.iter().any(|&x| x != 0.0) => {
                // On the line u = t v: opposite points, the middle itself, and all between.
                let sign = if stream.random_bool(0.75) { -1.0 } else { 1.0 };
                let t = if stream.random_bool(0.5) {
                    10.0_f64.powf(4.0 * point[1] - 2.0)
                } else {
                    2.0 * point[1]
                };
                anchor.iter().map(|x| sign * t * x).collect()
            }
            a => self.shape(a % (SHAPES - 1), &normals[normals.len() / 2..], stream),
        };
        if along < SHAPES {
            // Near pairs matter as much as far ones: half the sizes are relative to the anchor's.
            let relative = if stream.random_bool(0.5) { size(point[0]) } else { 1.0 };
            let length =
                if bounded { size(point[1]) } else { relative * 10.0_f64.powf(6.0 * point[1] - 4.0) };
            direction.iter_mut().for_each(|d| *d *= length);
        }
        let v: Vec<f64> = (0..m).map(|i| self.middle[i] + anchor[i]).collect();
        let u: Vec<f64> = (0..m).map(|i| v[i] + direction[i]).collect();
        if stream.random_bool(0.5) { Pair { u, v } } else { Pair { u: v, v: u } }
    }

    /// A place anywhere in a bounded region, from its middle: a dent may be far from the middle and small.
    fn spot(&self, uniform: &[f64], stream: &mut Stream) -> Vec<f64> {
        (0..self.middle.len())
            .map(|i| {
                let t = uniform.get(i).copied().unwrap_or_else(|| stream.random());
                match (&self.landscape.region, &self.landscape.domain) {
                    (Region::Everywhere, Domain::Box { lower, upper })
                        if (upper[i] - lower[i]).is_finite() =>
                    {
                        lower[i] + t * (upper[i] - lower[i]) - self.middle[i]
                    }
                    _ => self.size * (2.0 * t - 1.0),
                }
            })
            .collect()
    }

    /// A vector of size about 1: normal, one coordinate, signs, a difference of two coordinates, a few signs,
    /// balanced signs, ones with one different, or zero.
    fn shape(&self, kind: u64, normals: &[f64], stream: &mut Stream) -> Vec<f64> {
        let m = self.middle.len();
        let sign = |stream: &mut Stream| if stream.random_bool(0.5) { 1.0 } else { -1.0 };
        let mut x = vec![0.0; m];
        match kind {
            0 => {
                for i in 0..m {
                    x[i] = normal_quantile(normals.get(i).copied().unwrap_or_else(|| stream.random()));
                }
            }
            1 => x[stream.random_range(0..m)] = sign(stream),
            2 => x.iter_mut().for_each(|x| *x = sign(stream)),
            3 => {
                let i = stream.random_range(0..m);
                let j = stream.random_range(0..m);
                x[j] = -1.0;
                x[i] = 1.0;
            }
            4 => {
                let share = stream.random::<f64>();
                x.iter_mut()
                    .for_each(|x| *x = if stream.random::<f64>() < share { sign(stream) } else { 0.0 });
            }
            5 => {
                let mut order: Vec<usize> = (0..m).collect();
                stream.shuffle(&mut order);
                order
                    .iter()
                    .enumerate()
                    .for_each(|(rank, &i)| x[i] = if rank < m.div_ceil(2) { 1.0 } else { -1.0 });
            }
            6 => {
                x.fill(sign(stream));
                x[stream.random_range(0..m)] = 3.0 * stream.random::<f64>() - 1.5;
            }
            _ => {}
        }
        x
    }

    /// Points of faces and near faces of the simplex, and pairs along the face.
    fn on_the_simplex(&self, point: &[f64], stream: &mut Stream) -> Pair {
        let m = self.middle.len();
        let mut order: Vec<usize> = (0..m).collect();
        stream.shuffle(&mut order);
        let share = if stream.random_bool(0.5) { 1.0 } else { stream.random() };
        let face = ((share * m as f64).ceil() as usize).clamp(m.min(2), m);
        let face = if stream.random_bool(0.3) { m.min(2) } else { face };
        // Masses on the face: equal, or log-normal of every spread; the rest shares a mass of any smallness.
        let spread = if stream.random_bool(0.4) { 0.0 } else { 10.0_f64.powf(2.5 * point[0] - 1.0) };
        let rest = 10.0_f64.powf(-12.0 * point[2]) / m as f64;
        let mut v = vec![rest; m];
        for &i in &order[..face] {
            v[i] += (spread * normal_quantile(stream.random())).exp();
        }
        let total: f64 = v.iter().sum();
        v.iter_mut().for_each(|v| *v /= total);
        // A direction on the face: balanced signs weighted by the mass, or a difference, or towards another point.
        let mut d = vec![0.0; m];
        match stream.random_range(0..3) {
            0 => order[..face].iter().enumerate().for_each(|(k, &i)| {
                d[i] = if 2 * k < face { v[i] } else { -v[i] };
            }),
            1 => {
                d[order[1 % m]] = -1.0;
                d[order[0]] = 1.0;
            }
            _ => order[..face].iter().for_each(|&i| d[i] = stream.random::<f64>() - v[i]),
        }
        self.landscape.domain.tangent(&mut d);
        let reach = self.landscape.domain.reach(&v, &d).min(1e3);
        let t = reach * 10.0_f64.powf(-4.0 * point[1]);
        let u: Vec<f64> = v.iter().zip(&d).map(|(v, d)| v + t * d).collect();
        if stream.random_bool(0.8) { Pair { u, v } } else { Pair { u: v, v: u } }
    }

    /// Moves v, u or both to a kink; or u to the mirror image of v, near it, so that the kink lies between them.
    fn to_a_kink(&self, pair: &mut Pair, stream: &mut Stream) {
        let kink = &self.kinks[stream.random_range(0..self.kinks.len())];
        match stream.random_range(0..4) {
            0 => kink.project(&mut pair.v),
            1 => kink.project(&mut pair.u),
            2 => {
                kink.project(&mut pair.u);
                kink.project(&mut pair.v);
            }
            _ => {
                let mut foot = pair.v.clone();
                kink.project(&mut foot);
                let t = 10.0_f64.powf(-6.0 * stream.random::<f64>());
                for i in 0..foot.len() {
                    let away = pair.v[i] - foot[i];
                    pair.v[i] = foot[i] + t * away;
                    pair.u[i] = foot[i] - t * away * stream.random_range(0.0..2.0);
                }
            }
        }
    }
}
