//! Cotangents with bounds on their errors, and what a linear map makes of both (Higham, Accuracy and Stability of
//! Numerical Algorithms, 2002, sections 3.1 and 3.3): see [`Pass::backward_roundoff`](crate::Pass::backward_roundoff).

/// Cotangents at a node, `len x K`, and bounds on their errors.
#[derive(Clone, Debug)]
pub(crate) struct Bounded {
    pub(crate) values: Vec<f64>,
    pub(crate) errors: Vec<f64>,
}

impl Bounded {
    pub(crate) fn zeros(len: usize) -> Self {
        Self { values: vec![0.0; len], errors: vec![0.0; len] }
    }
}

/// The bounds' own sums are rounded, too; they have no cancellation, and fewer terms than this allows for.
pub(crate) const OWN: f64 = 1.0 + 1e-6;

/// What a layer with parameters makes of one sample's cotangents: its rows of the Jacobian are no longer than
/// `factor` times them.
#[derive(Clone, Copy, Debug)]
pub(crate) struct RowBound {
    pub(crate) factor: f64,
    /// The longest chain of roundings of a sum over parameters, positions and terms.
    pub(crate) terms: usize,
    /// What the products of tiles lose of a row, relative to the norm of the cotangents.
    pub(crate) tiles: f64,
}

/// Carries cotangents and their bounds through one layer to one of its inputs.
pub(crate) struct Carry<'a> {
    pub(crate) u: &'a Bounded,
    pub(crate) into: &'a mut Bounded,
    /// How many cotangents there are.
    pub(crate) k: usize,
    /// How many nodes read the input, so that many sums meet there.
    pub(crate) readers: usize,
    pub(crate) unit: f64,
}

impl Carry<'_> {
    /// What one entry of the layer's map does, exactly, and with a sum of `terms` terms.
    #[inline]
    pub(crate) fn entry(&mut self, terms: usize, output: usize, input: usize, weight: f64) {
        let (k, gamma) = (self.k, gamma(terms + self.readers, self.unit));
        let (u, e) = (&self.u.values[output * k..][..k], &self.u.errors[output * k..][..k]);
        let values = &mut self.into.values[input * k..][..k];
        let errors = &mut self.into.errors[input * k..][..k];
        let size = weight.abs();
        for l in 0..k {
            values[l] += weight * u[l];
            errors[l] += size * passed_on(u[l], e[l], gamma);
        }
    }
}

/// What a map of absolute weight 1 makes of an error: that, and its roundings relative to what was computed,
/// which is within an error of the exact cotangent as the plain one is.
pub(crate) fn passed_on(value: f64, error: f64, gamma: f64) -> f64 {
    error + gamma * (value.abs() + 2.0 * error)
}

/// `gamma_k = k u / (1 - k u)`, infinite where that bounds nothing.
pub(crate) fn gamma(terms: usize, unit: f64) -> f64 {
    let lost = (terms + 1) as f64 * unit;
    if lost < 1.0 { lost / (1.0 - lost) } else { f64::INFINITY }
}
