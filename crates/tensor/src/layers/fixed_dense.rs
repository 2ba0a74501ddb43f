//! A dense layer whose matrix is no parameter.

use std::sync::Arc;

use ndarray::{Array2, ArrayView2};

use super::dense::{multiply, multiply_back, multiply_rows_back};
use super::described::{Described, FixedWeights, Keys};
use crate::layer::{At, Carry, Kept, Kernel, Layer, Misfit, Place, Scratch, Tangent, Target, Tools};
use crate::real::Both;
use crate::{Node, Real, Shape, TapeBuilder, TensorError};

/// `y = A x` with a fixed matrix, which is not trained.
#[derive(Clone, Debug, PartialEq)]
pub struct FixedDense(pub FixedWeights);

impl TapeBuilder {
    /// `y = A x` with a fixed matrix `A`, `outputs x inputs`, that is no parameter: random features, or the outer
    /// weights of a network of which only the hidden layer is trained.
    ///
    /// # Errors
    /// If `x` is an image (flatten it first), `A` has another number of columns or no row, or an entry is not
    /// finite.
    pub fn fixed_dense(
        &mut self,
        name: &str,
        x: Node,
        weight: ArrayView2<'_, f64>,
    ) -> Result<Node, TensorError> {
        self.put(name, Matrix::new(weight), &[x])
    }
}

impl Described for FixedDense {
    const TYPE: &'static str = "fixed_dense";
    const PYTORCH: Option<&'static str> = None;
    const BLANK: Self = Self(FixedWeights::Signs);
    const REMARK: &'static str = "rows of numbers, or `\"signs\"` for one row of 1/sqrt(d) and -1/sqrt(d) in turn; not trained, no parameters";

    fn keys<K: Keys>(&mut self, keys: &mut K) -> Result<(), K::Error> {
        keys.weights("weights", &mut self.0)
    }

    fn record(&self, net: &mut TapeBuilder, name: &str, x: Node) -> Result<Node, TensorError> {
        let matrix = match &self.0 {
            FixedWeights::Signs => {
                let Shape::Vector(len) = net.shape(x) else {
                    let needs = "a vector; put a flatten before it".to_owned();
                    return Err(Misfit::Input(needs).of(name, net.shape(x)));
                };
                net.claim_fixed(name, len)?;
                let size = (len as f64).sqrt().recip();
                Array2::from_shape_fn((1, len), |(_, j)| if j % 2 == 0 { size } else { -size })
            }
            FixedWeights::Rows(rows) => {
                let columns = rows.first().map_or(0, Vec::len);
                let entries = rows.iter().flatten().copied().collect();
                Array2::from_shape_vec((rows.len(), columns), entries).map_err(|_| {
                    let reason = "the rows of its weights differ in length".to_owned();
                    TensorError::LayerSetting { layer: name.to_owned(), reason }
                })?
            }
        };
        net.put(name, Matrix::new(matrix.view()), &[x])
    }

    fn examples() -> Vec<Self> {
        vec![Self(FixedWeights::Signs), Self(FixedWeights::Rows(vec![vec![0.5, -1.0], vec![2.0, 0.25]]))]
    }
}

/// The matrix in both precisions, so that no pass converts it.
#[derive(Clone, Debug)]
struct Matrix {
    single: Arc<Array2<f32>>,
    double: Arc<Array2<f64>>,
}

impl Matrix {
    fn new(weight: ArrayView2<'_, f64>) -> Self {
        let double = weight.as_standard_layout().into_owned();
        Self { single: Arc::new(double.mapv(f32::of)), double: Arc::new(double) }
    }
}

impl Both for Matrix {
    type In<T: Real> = Array2<T>;

    fn single(&self) -> &Array2<f32> {
        &self.single
    }

    fn double(&self) -> &Array2<f64> {
        &self.double
    }
}

impl Layer for Matrix {
    fn shape(&self, inputs: &[Shape]) -> Result<Shape, Misfit> {
        let (outputs, columns) = self.double.dim();
        if inputs[0] != Shape::Vector(columns) {
            return Err(Misfit::Input(format!("a vector of {columns}, the columns of its fixed weights")));
        }
        if outputs == 0 {
            let reason = "its fixed weights have no rows; give it at least one output";
            return Err(Misfit::Setting(reason.to_owned()));
        }
        if self.double.iter().any(|entry| !entry.is_finite()) {
            return Err(Misfit::Setting("its fixed weights must be finite numbers".to_owned()));
        }
        Ok(Shape::Vector(outputs))
    }

    fn terms(&self, place: &Place) -> usize {
        place.shape.len() + place.shapes[0].len()
    }
}

impl<T: Real> Kernel<T> for Matrix {
    fn forward(&self, at: &At<'_, T>, y: &mut [T], _keep: &mut Kept<T>, _scratch: &mut Scratch) {
        multiply(at.lanes, at.x(0), T::pick(self).view(), None, y);
    }

    fn reads_inputs(&self) -> bool {
        false
    }

    fn pull(&self, at: &At<'_, T>, _input: usize, u: &[T], to: Target<'_, T>, _tools: Tools<'_, T>) {
        multiply_back(at.lanes, u, T::pick(self).view(), to);
    }

    fn pull_rows(&self, at: &At<'_, T>, _input: usize, u: &[T], to: Target<'_, T>, _tools: Tools<'_, T>) {
        multiply_rows_back(at.samples * at.lanes, u, T::pick(self).view(), to);
    }

    fn push(&self, at: &At<'_, T>, tangent: &Tangent<'_, T>, dy: &mut [T], _scratch: &mut Scratch) {
        multiply(at.lanes, tangent.only(at.place), T::pick(self).view(), None, dy);
    }

    fn pull_bounded(&self, at: &At<'_, T>, _input: usize, carry: &mut Carry<'_>) {
        for ((output, input), weight) in T::pick(self).indexed_iter() {
            carry.entry(at.place.shape.len(), output, input, weight.as_f64());
        }
    }
}
