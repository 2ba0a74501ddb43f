//! Every layer at random inputs: what its passes lose is within its bounds, and what it overrides is what the
//! defaults give. The examples of all layers go through, so that none can be forgotten.

mod case;

use fenchel_random::Seed;

use super::AnyLayer;
use crate::kernels::padded_lanes;
use crate::layer::{
    At, Bounded, Carry, Cotangents, Fan, FanTarget, Kept, Kernel, OWN, Position, Prepared, RowBound, Rows,
    Scratch, Take, Tangent, Target, Tools, gamma,
};
use crate::tape::Record;
use crate::{Real, Shape};
use case::{Case, K, LANES, SAMPLES, numbers, records};

/// Exactly, with a bound on what is lost, from cotangents that may be off by so much.
fn bounded<T: Real>(case: &Case<T>, sample: usize, u: &Bounded) -> Bounded {
    let mut into = Bounded::zeros(case.record.place.shapes[0].len() * K);
    let (at, unit) = (case.at(), T::UNIT_ROUNDOFF);
    let column = at.column(sample);
    let mut carry = Carry { u, into: &mut into, k: K, readers: 1, unit };
    case.layer().pull_bounded(&column.at(&at, K), 0, &mut carry);
    into
}

fn pull_is_within_its_bound<T: Real>(name: &str, record: &Record, seed: u64) {
    let mut case = Case::<T>::new(record, seed);
    let mut stream = Seed::new(seed).derive("u").stream();
    let u: Vec<T> = numbers(&mut stream, record.place.shape.len() * K);
    let mut carried = Bounded::zeros(u.len());
    carried.values.iter_mut().zip(&u).for_each(|(value, u)| *value = u.as_f64());
    for sample in 0..SAMPLES {
        let (got, want) = (case.pulled(sample, &u), bounded(&case, sample, &carried));
        let size = want.values.iter().fold(0.0_f64, |size, v| size.max(v.abs()));
        for ((got, value), error) in got.iter().zip(&want.values).zip(&want.errors) {
            let off = (got.as_f64() - value).abs();
            // The plain pass is one in double precision, too.
            let own = 2.0 * error * f64::UNIT_ROUNDOFF / T::UNIT_ROUNDOFF;
            assert!(off <= (error + own) * OWN, "{name} in {}: {got} for {value}, bound {error:e}", T::NAME);
            assert!(*error <= 1e6 * T::UNIT_ROUNDOFF * size.max(1.0), "{name}: an empty bound, {error:e}");
        }
    }
    // Cotangents that are off: the exact pass of the others is within the bound.
    let mut exact = case.exact();
    carried.errors.iter_mut().for_each(|error| *error = stream.random_range(0.0..1e-2));
    let off: Vec<f64> = carried
        .values
        .iter()
        .zip(&carried.errors)
        .map(|(value, error)| if stream.random_range(0.0..1.0) < 0.5 { value + error } else { value - error })
        .collect();
    let (got, want) = (exact.pulled(0, &off), bounded(&exact, 0, &carried));
    for ((got, value), error) in got.iter().zip(&want.values).zip(&want.errors) {
        assert!((got - value).abs() <= error * OWN, "{name}: {got} for {value}, bound {error:e}");
    }
}

#[test]
fn every_pull_is_within_its_bound_at_random_inputs() {
    for (name, record) in records() {
        for seed in 0..3 {
            pull_is_within_its_bound::<f32>(&name, &record, seed);
            pull_is_within_its_bound::<f64>(&name, &record, seed);
        }
    }
}

fn norm(values: impl Iterator<Item = f64>) -> f64 {
    values.map(|value| value * value).sum::<f64>().sqrt()
}

#[test]
fn every_layers_rows_are_within_their_bound_at_random_inputs() {
    for (name, record) in records() {
        if record.trained().is_none() {
            continue;
        }
        for seed in 0..3 {
            let case = Case::<f32>::new(&record, seed);
            let mut exact = case.exact();
            let u: Vec<f32> =
                numbers(&mut Seed::new(seed).derive("u").stream(), record.place.shape.len() * K);
            let wide: Vec<f64> = u.iter().map(|&u| f64::from(u)).collect();
            for sample in 0..SAMPLES {
                let RowBound { factor, terms, tiles } = {
                    let at = case.at();
                    let column = at.column(sample);
                    case.rows().unwrap().bound(&column.at(&at, K))
                };
                let gamma = gamma(terms + 1, f32::UNIT_ROUNDOFF);
                let rows = exact.jacobian(sample, &wide);
                let size = |k: usize| norm(wide.iter().skip(k).step_by(K).copied());
                for k in 0..K {
                    let length = norm(rows.iter().map(|row| row[k]));
                    assert!(length <= factor * size(k) * OWN, "{name}: {length} of {factor} x {}", size(k));
                }
                // The structural matrix.
                let mut gram = vec![0.0_f32; K * K];
                let mut scratch = Scratch::default();
                let at = case.at();
                let column = at.column(sample);
                let single = column.at(&at, K);
                case.rows().unwrap().add_gram(&single, Cotangents::All(&u), &mut gram, &mut scratch);
                for (place, &got) in gram.iter().enumerate() {
                    let (i, j) = (place / K, place % K);
                    let want: f64 = rows.iter().map(|row| row[i] * row[j]).sum();
                    let bound = gamma * factor * factor * size(i) * size(j) * OWN;
                    assert!((f64::from(got) - want).abs() <= bound, "{name}: {got} for {want}, {bound:e}");
                }
                // The gradient of one sample, whose first cotangent stands in its lane.
                let mut lanes = vec![0.0_f32; record.place.shape.len() * LANES];
                lanes
                    .chunks_exact_mut(LANES)
                    .zip(u.chunks_exact(K))
                    .for_each(|(lanes, u)| lanes[sample] = u[0]);
                let mut gradient = vec![0.0_f32; case.parameters.len()];
                case.rows().unwrap().gradient(&case.at(), &lanes, &mut gradient, true, &mut scratch);
                let own = record.place.tensors.iter().flat_map(|range| &gradient[range.clone()]);
                assert_eq!(own.clone().count(), rows.len(), "{name}");
                let off = norm(own.zip(&rows).map(|(&got, row)| f64::from(got) - row[0]));
                let bound = (gamma * factor + tiles) * size(0) * OWN;
                assert!(off <= bound, "{name}: the gradient is off by {off:e}, bound {bound:e}");
            }
        }
    }
}

/// A layer with nothing but what it must say: every default is used.
struct Plain<'a, L: ?Sized>(&'a L);

impl<T: Real> Rows<T> for Plain<'_, dyn Rows<T>> {
    fn rows(&self, at: &At<'_, T>, u: Cotangents<'_, T>, scratch: &mut Scratch, take: Take<'_, T>) {
        self.0.rows(at, u, scratch, take);
    }

    fn bound(&self, at: &At<'_, T>) -> RowBound {
        self.0.bound(at)
    }
}

impl<T: Real> Kernel<T> for Plain<'_, dyn Kernel<T>> {
    fn forward(&self, at: &At<'_, T>, y: &mut [T], keep: &mut Kept<T>, scratch: &mut Scratch) {
        self.0.forward(at, y, keep, scratch);
    }

    fn pull(&self, at: &At<'_, T>, input: usize, u: &[T], to: Target<'_, T>, tools: Tools<'_, T>) {
        self.0.pull(at, input, u, to, tools);
    }

    fn push(&self, at: &At<'_, T>, tangent: &Tangent<'_, T>, dy: &mut [T], scratch: &mut Scratch) {
        self.0.push(at, tangent, dy, scratch);
    }

    fn pull_bounded(&self, at: &At<'_, T>, input: usize, carry: &mut Carry<'_>) {
        self.0.pull_bounded(at, input, carry);
    }
}

fn close(name: &str, ours: &[f64], theirs: &[f64]) {
    let size = theirs.iter().fold(1.0_f64, |size, v| size.max(v.abs()));
    assert_eq!(ours.len(), theirs.len(), "{name}");
    for (ours, theirs) in ours.iter().zip(theirs) {
        assert!((ours - theirs).abs() <= 1e-12 * size, "{name}: {ours} for {theirs}");
    }
}

#[test]
fn what_a_layer_does_faster_with_its_rows_is_what_the_defaults_give() {
    for (name, record) in records() {
        let case = Case::<f64>::new(&record, 7);
        let Some(layer) = case.rows() else { continue };
        let (plain, at, len) = (Plain(layer as &dyn Rows<f64>), case.at(), record.place.shape.len());
        let mut stream = Seed::new(8).stream();
        let mut u: Vec<f64> = numbers(&mut stream, len * LANES);
        u.chunks_exact_mut(LANES).for_each(|lanes| lanes[SAMPLES..].fill(0.0));
        let mut scratch = Scratch::default();
        for overwrite in [true, false] {
            let start: Vec<f64> = numbers(&mut stream, case.parameters.len());
            let [mut ours, mut theirs] = [start.clone(), start];
            layer.gradient(&at, &u, &mut ours, overwrite, &mut scratch);
            plain.gradient(&at, &u, &mut theirs, overwrite, &mut scratch);
            close(&name, &ours, &theirs);
        }
        let [mut ours, mut theirs] = [[0.5; LANES], [0.5; LANES]];
        layer.add_norms(&at, &u, &mut ours, &mut scratch);
        plain.add_norms(&at, &u, &mut theirs, &mut scratch);
        close(&name, &ours[..SAMPLES], &theirs[..SAMPLES]);
        let fan: Vec<f64> = numbers(&mut stream, len * K);
        let column = at.column(1);
        let [mut ours, mut theirs] = [[0.5; K * K], [0.5; K * K]];
        layer.add_gram(&column.at(&at, K), Cotangents::All(&fan), &mut ours, &mut scratch);
        plain.add_gram(&column.at(&at, K), Cotangents::All(&fan), &mut theirs, &mut scratch);
        close(&name, &ours, &theirs);
    }
}

/// Values and what was kept, one sample after the other.
fn in_samples(case: &Case<f64>) -> (Vec<Vec<f64>>, Kept<f64>) {
    let (at, input) = (case.at(), case.record.place.inputs[0]);
    let mut nodes = vec![Vec::new(); input + 1];
    let mut kept = Kept::default();
    for sample in 0..SAMPLES {
        nodes[input].extend(at.of_lane(at.x(0), sample));
        kept.numbers.extend(at.of_lane(at.numbers, sample));
        kept.places.extend(at.places.iter().skip(sample).step_by(LANES));
    }
    (nodes, kept)
}

#[test]
fn what_a_layer_does_faster_with_cotangents_is_what_the_defaults_give() {
    let is_vector = |shape: Shape| matches!(shape, Shape::Vector(_));
    for (name, record) in records() {
        let case = Case::<f64>::new(&record, 9);
        let (place, layer) = (&record.place, case.layer());
        let plain = Plain(layer as &dyn Kernel<f64>);
        let (nodes, kept) = in_samples(&case);
        let at = At::in_samples(place, &case.parameters, &nodes, &kept, SAMPLES, K);
        let (len, inner) = (place.shape.len(), place.shapes[0].len());
        let mut stream = Seed::new(10).stream();
        let u: Vec<f64> = numbers(&mut stream, SAMPLES * K * len);
        let mut prepared = Prepared::default();
        layer.prepare(&case.at(), &mut prepared);
        let mut scratch = Scratch::default();
        for accumulate in [false, true] {
            let start: Vec<f64> = numbers(&mut stream, SAMPLES * K * inner);
            let [mut ours, mut theirs] = [start.clone(), start.clone()];
            let mut tools = Tools { prepared: &mut prepared, scratch: &mut scratch };
            if is_vector(place.shapes[0]) {
                let to = Target { dx: &mut ours, accumulate };
                layer.pull_rows(&at, 0, &u, to, tools.again());
                plain.pull_rows(&at, 0, &u, Target { dx: &mut theirs, accumulate }, tools.again());
                close(&name, &ours, &theirs);
                continue;
            }
            let (one, u) = (at.sample(1), &u[..K * len]);
            let (ours, theirs) = (&mut ours[..K * inner], &mut theirs[..K * inner]);
            if is_vector(place.shape) {
                layer.pull_border(&one, 0, u, Target { dx: ours, accumulate }, tools.again());
                plain.pull_border(&one, 0, u, Target { dx: theirs, accumulate }, tools.again());
                close(&name, ours, theirs);
                continue;
            }
            // The cotangents whole, and, to who takes it, as a list.
            for listed in [false, true] {
                if listed && !layer.takes_lists() {
                    continue;
                }
                let mut given = fan(place.shape, u, listed);
                let whole = given.clone().whole(place.shape, K).to_vec();
                let (mut ours, mut theirs) =
                    (fan(place.shapes[0], &start[..K * inner], false), theirs.to_vec());
                let into = FanTarget { fan: &mut ours, accumulate };
                layer.pull_fan(&one, 0, &mut given, into, tools.again());
                plain.pull(&one, 0, &whole, Target { dx: &mut theirs, accumulate }, tools.again());
                close(&name, ours.whole(place.shapes[0], K), &theirs);
            }
        }
    }
}

/// Cotangents at an image: all of them, or a list of two places a channel that meet now and then.
fn fan(shape: Shape, u: &[f64], listed: bool) -> Fan<f64> {
    let mut fan = Fan::default();
    fan.all.resize(u.len());
    fan.all.copy_from_slice(u);
    if listed {
        fan.is_gathered = true;
        fan.gathered.clear(2 * shape.channels(), K);
        let lanes = padded_lanes::<f64>(K);
        for entry in 0..2 * shape.channels() {
            let number = entry * 7 % shape.positions();
            let (row, column) = ((number / shape.width()) as u32, (number % shape.width()) as u32);
            fan.gathered.positions.push(Position { row, column });
            fan.gathered.u[entry * lanes..][..K].copy_from_slice(&u[entry * K..][..K]);
        }
    }
    fan
}

/// The list of examples has what the tests above are about.
#[test]
fn every_kind_of_layer_leaves_a_record() {
    let records = records();
    for layer in AnyLayer::examples() {
        let leaves = records.iter().any(|(name, _)| name.contains(&format!("{layer:?} on")));
        assert!(leaves || matches!(layer, AnyLayer::Identity(_)), "{layer:?}");
    }
}
