//! Embedding: a trained vector for each token id.

use super::described::{Described, Keys, Usual};
use crate::kernels::SLACK;
use crate::layer::{
    At, Carry, Cotangents, Kept, Kernel, Layer, Misfit, Part, Place, RowBound, Rows, Scratch, Take, Tangent,
    Target, Tools, Trained, within,
};
use crate::parameters::{Role, Tensor};
use crate::{Node, Real, Shape, TapeBuilder, TensorError};

/// A vector of token ids as a sequence of their trained vectors.
///
/// Ids are whole numbers carried as floats, from 0 to one below `count`; a forward pass refuses samples with others.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Embedding {
    /// How many ids there are.
    pub count: usize,
    /// The number of features of a token.
    pub features: usize,
}

/// More ids would not be told apart in single precision.
const MOST_IDS: usize = 1 << 24;

impl TapeBuilder {
    /// A vector of token ids as a sequence of their trained vectors, `count x features` parameters.
    ///
    /// # Errors
    /// If `x` is not the network's input, which alone holds ids, or no vector; if there are no ids, more than 2^24, or no
    /// features; if the name is taken.
    ///
    /// ```
    /// use fenchel_tensor::{Shape, Sweep, TapeBuilder, layers::Embedding};
    /// use ndarray::array;
    ///
    /// let mut net = TapeBuilder::new(Shape::vector(3));
    /// let x = net.embedding("words", net.input(), Embedding { count: 2, features: 1 })?;
    /// let y = net.flatten(x)?;
    /// let mut sweep = Sweep::new(std::sync::Arc::new(net.finish(y)?));
    /// let mut pass = sweep.forward(&[0.5, -2.0], array![[1.0, 0.0, 1.0]].view())?;
    /// assert_eq!(pass.outputs(), array![[-2.0, 0.5, -2.0]]);
    /// assert_eq!(pass.jacobian(), array![[[0.0, 1.0], [1.0, 0.0], [0.0, 1.0]]]);
    /// let error = sweep.forward(&[0.5, -2.0], array![[1.0, 0.0, 2.0]].view()).unwrap_err().to_string();
    /// assert!(error.starts_with("sample 0 has 2 at place 2, but a token id is a whole number from 0 to 1"), "{error}");
    /// # Ok::<(), fenchel_tensor::TensorError>(())
    /// ```
    pub fn embedding(&mut self, name: &str, x: Node, embedding: Embedding) -> Result<Node, TensorError> {
        if x != self.input() {
            let reason = "it reads token ids, which only the network's input holds; let it read `input`";
            return Err(Misfit::Setting(reason.to_owned()).of(name, self.shape(x)));
        }
        self.put(name, embedding, &[x])
    }
}

impl Described for Embedding {
    const TYPE: &'static str = "embedding";
    const PYTORCH: Option<&'static str> = Some("Embedding");
    const BLANK: Self = Self { count: 1, features: 1 };
    const REMARK: &'static str =
        "of a vector of token ids, whole numbers below `count`, which must be the input";

    fn keys<K: Keys>(&mut self, keys: &mut K) -> Result<(), K::Error> {
        keys.count("count", &mut self.count, 1, Usual::No)?;
        keys.count("features", &mut self.features, 1, Usual::No)
    }

    fn summary(&self) -> String {
        format!("embedding of {}", self.count)
    }

    fn record(&self, net: &mut TapeBuilder, name: &str, x: Node) -> Result<Node, TensorError> {
        net.embedding(name, x, *self)
    }

    /// Of fewer ids than tokens, so that some occur twice, and of more.
    fn examples() -> Vec<Self> {
        vec![Self { count: 2, features: 3 }, Self { count: 20, features: 2 }]
    }
}

impl Layer for Embedding {
    fn shape(&self, inputs: &[Shape]) -> Result<Shape, Misfit> {
        let Self { count, features } = *self;
        let Shape::Vector(tokens) = inputs[0] else {
            return Err(Misfit::Input("a vector of token ids".to_owned()));
        };
        if count == 0 || features == 0 || count > MOST_IDS {
            let reason = format!(
                "its count is {count} and its features {features}; give from 1 to 2^24 ids, and at least one feature"
            );
            return Err(Misfit::Setting(reason));
        }
        within("its weight", &[count, features])?;
        Ok(Shape::sequence(tokens, features))
    }

    fn terms(&self, place: &Place) -> usize {
        place.shape.len() + place.shape.positions()
    }

    fn trained(&self) -> Option<&(dyn Trained + 'static)> {
        Some(self)
    }

    fn vocabulary(&self) -> Option<usize> {
        Some(self.count)
    }
}

impl Trained for Embedding {
    fn tensors(&self, _inputs: &[Shape]) -> Vec<Tensor> {
        vec![Tensor::drawn(Role::Weight, vec![self.count, self.features], 1, self.features)]
    }
}

/// The id that a number holds: whole, as the tape has checked.
fn id<T: Real>(number: T) -> usize {
    number.as_f64() as usize
}

impl Embedding {
    /// The value with this matrix of vectors.
    fn look_up<T: Real>(&self, at: &At<'_, T>, weight: &[T], y: &mut [T]) {
        let ids = at.x(0);
        for (feature, y) in y.chunks_exact_mut(ids.len()).enumerate() {
            for (y, &number) in y.iter_mut().zip(ids) {
                *y = weight[id(number) * self.features + feature];
            }
        }
    }
}

impl<T: Real> Kernel<T> for Embedding {
    fn forward(&self, at: &At<'_, T>, y: &mut [T], _keep: &mut Kept<T>, _scratch: &mut Scratch) {
        self.look_up(at, at.tensor(0), y);
    }

    /// Ids do not move.
    fn pull(&self, _at: &At<'_, T>, _input: usize, _u: &[T], to: Target<'_, T>, _tools: Tools<'_, T>) {
        if !to.accumulate {
            to.dx.fill(T::zero());
        }
    }

    fn push(&self, at: &At<'_, T>, tangent: &Tangent<'_, T>, dy: &mut [T], _scratch: &mut Scratch) {
        self.look_up(at, tangent.tensor(at.place, 0), dy);
    }

    fn pull_bounded(&self, _at: &At<'_, T>, _input: usize, _carry: &mut Carry<'_>) {}
}

/// The derivative in the vector of an id is the sum of the cotangents of the tokens that have it; an id that does not
/// occur has none, and is not shown.
impl<T: Real> Rows<T> for Embedding {
    fn rows(&self, at: &At<'_, T>, u: Cotangents<'_, T>, scratch: &mut Scratch, take: Take<'_, T>) {
        let ids: Vec<usize> = at.x(0).iter().map(|&number| id(number)).collect();
        let [turned, rows] = scratch.get::<[Vec<T>; 2]>();
        let (u, lanes, tokens) = (u.by_entry(at.place.shape, at.lanes, turned), at.lanes, ids.len());
        for (first, &own) in ids.iter().enumerate() {
            if ids[..first].contains(&own) {
                continue;
            }
            rows.clear();
            rows.resize(self.features * lanes + SLACK, T::zero());
            for token in (first..tokens).filter(|&token| ids[token] == own) {
                for (feature, sums) in rows.chunks_exact_mut(lanes).take(self.features).enumerate() {
                    let u = &u[(feature * tokens + token) * lanes..][..lanes];
                    sums.iter_mut().zip(u).for_each(|(sum, &u)| *sum += u);
                }
            }
            let parameter = |row| at.place.tensors[0].start + own * self.features + row;
            take(&Part { rows, count: self.features, step: lanes, parameter: &parameter });
        }
    }

    fn gradient(&self, at: &At<'_, T>, u: &[T], gradient: &mut [T], overwrite: bool, _scratch: &mut Scratch) {
        let own = &mut gradient[at.place.tensors[0].clone()];
        if overwrite {
            own.fill(T::zero());
        }
        let (ids, lanes) = (at.x(0), at.lanes);
        for (feature, u) in u.chunks_exact(ids.len()).enumerate() {
            for (u, ids) in u.chunks_exact(lanes).zip(ids.chunks_exact(lanes)) {
                for (&u, &number) in u.iter().zip(ids).take(at.samples) {
                    own[id(number) * self.features + feature] += u;
                }
            }
        }
    }

    /// A row is no longer than the root of how often its id occurs allows.
    fn bound(&self, at: &At<'_, T>) -> RowBound {
        let ids: Vec<usize> = at.x(0).iter().map(|&number| id(number)).collect();
        let most = ids.iter().map(|own| ids.iter().filter(|other| *other == own).count()).max();
        let factor = (most.unwrap_or(0) as f64).sqrt();
        RowBound { factor, terms: at.place.shape.len() + at.place.shape.positions(), tiles: 0.0 }
    }
}
