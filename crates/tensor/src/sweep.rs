//! A sweep: the values of a few samples on a tape, and the backward passes over them.

mod backward;
mod fan;
mod forward;
mod pass;
mod roundoff;
mod tangent;

use std::sync::Arc;

use ndarray::ArrayView2;

pub use pass::Pass;
pub use roundoff::BackwardRoundoff;

use crate::buffer::Buffer;
use crate::kernels::transpose;
use crate::layer::{self, Fan, Kept, Prepared};
use crate::{Real, Tape};

/// The values of up to a few dozen samples at every node of a tape, and the buffers of its backward passes.
///
/// [`forward`](Self::forward) gives a [`Pass`], which has the outputs and all backward passes, as often as
/// wanted. Buffers grow to the largest use and are kept, so a steady loop allocates nothing.
///
/// ```
/// use std::sync::Arc;
/// use fenchel_tensor::{Shape, Sweep, TapeBuilder};
/// use ndarray::array;
///
/// // f(x) = W x, so J J' = ‖x‖² I.
/// let mut net = TapeBuilder::new(Shape::vector(2));
/// let x = net.input();
/// let y = net.dense_without_bias("head", x, 3)?;
/// let tape = Arc::new(net.finish(y)?);
///
/// let mut sweep = Sweep::new(tape);
/// let parameters = [0.5, -1.0, 2.0, 0.0, 1.0, 1.0];
/// let structure = sweep.forward(&parameters, array![[3.0, 4.0]].view())?.structure();
/// assert_eq!(structure.index_axis(ndarray::Axis(0), 0), ndarray::Array2::eye(3) * 25.0);
/// # Ok::<(), fenchel_tensor::TensorError>(())
/// ```
#[derive(Clone, Debug)]
pub struct Sweep<T> {
    tape: Arc<Tape>,
    samples: usize,
    /// The samples padded with zeros to whole vectors: see the layers' documentation.
    lanes: usize,
    /// Each node's value, `len x lanes`.
    values: Vec<Buffer<T>>,
    /// What each layer keeps beside it.
    kept: Vec<Kept<T>>,
    outputs: Vec<T>,
    /// Each node's cotangents: one a sample, `len x lanes`.
    cotangents: Vec<Buffer<T>>,
    fans: Fans<T>,
    scratch: Scratch<T>,
}

/// The state of a backward pass with a fan of cotangents for every sample.
#[derive(Clone, Debug)]
struct Fans<T> {
    /// Values sample by sample, `S x len`, of the nodes that the pass needs.
    values: Vec<Vec<T>>,
    /// What the layers kept, sample by sample.
    kept: Vec<Kept<T>>,
    /// The layers' weights in the order in which they read them.
    prepared: Vec<Prepared<T>>,
    /// Cotangents at vectors, `S x K x len`.
    vectors: Vec<Vec<T>>,
    /// One sample's cotangents at images.
    images: Vec<Fan<T>>,
}

/// Buffers that the layers share.
#[derive(Clone, Debug, Default)]
struct Scratch<T> {
    layers: layer::Scratch,
    prepared: Prepared<T>,
    written: Vec<bool>,
}

impl<T: Real> Sweep<T> {
    /// An empty sweep over a tape.
    #[must_use]
    pub fn new(tape: Arc<Tape>) -> Self {
        let nodes = tape.records.len();
        Self {
            samples: 0,
            lanes: 0,
            values: vec![Buffer::default(); nodes],
            kept: vec![Kept::default(); nodes],
            outputs: Vec::new(),
            cotangents: vec![Buffer::default(); nodes],
            fans: Fans {
                values: vec![Vec::new(); nodes],
                kept: vec![Kept::default(); nodes],
                prepared: vec![Prepared::default(); nodes],
                vectors: vec![Vec::new(); nodes],
                images: vec![Fan::default(); nodes],
            },
            scratch: Scratch::default(),
            tape,
        }
    }

    /// The tape that this sweep runs on.
    #[must_use]
    pub fn tape(&self) -> &Arc<Tape> {
        &self.tape
    }
}

/// How many lanes hold `samples` samples: a power of two, or whole vectors of every instruction set.
fn lanes_for(samples: usize) -> usize {
    if samples <= 32 { samples.next_power_of_two() } else { samples.next_multiple_of(32) }
}

/// Copies the rows of a matrix `S x d` into lanes, `d x lanes`, and zeros into the lanes beyond.
fn into_lanes<T: Real>(rows: ArrayView2<'_, T>, lanes: usize, into: &mut Buffer<T>) {
    let (samples, len) = rows.dim();
    into.resize(len * lanes);
    match rows.as_slice() {
        Some(rows) => transpose(samples, len, rows, len, into, lanes),
        None => {
            for (column, into) in rows.columns().into_iter().zip(into.chunks_exact_mut(lanes)) {
                for (into, &value) in into.iter_mut().zip(column) {
                    *into = value;
                }
            }
        }
    }
    if lanes > samples {
        for lanes in into.chunks_exact_mut(lanes) {
            lanes[samples..].fill(T::zero());
        }
    }
}
