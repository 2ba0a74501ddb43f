//! Values one behind the other: features of vectors, channels of images.

use crate::layer::{At, Carry, Kept, Kernel, Layer, Misfit, Place, Scratch, Tangent, Target, Tools};
use crate::{Node, Real, Shape, TapeBuilder, TensorError};

/// Vectors behind one another, the channels of images of one height and width, or the features of as many tokens.
#[derive(Clone, Copy, Debug)]
struct Concatenate;

impl TapeBuilder {
    /// Two or more nodes one behind the other: vectors, the channels of images of one height and width, as dense blocks
    /// have them (Huang, Liu, van der Maaten, Weinberger, 2017), or the features of sequences of as many tokens.
    ///
    /// # Errors
    /// If there is but one node, or a shape does not fit the first.
    ///
    /// ```
    /// use fenchel_tensor::{Conv2d, Shape, TapeBuilder};
    ///
    /// let mut net = TapeBuilder::new(Shape::image(3, 8, 8));
    /// let x = net.input();
    /// let h = net.conv2d("conv", x, Conv2d::new(4, 3).padded(1))?;
    /// let y = net.concatenate("cat", &[x, h])?;
    /// assert_eq!(net.shape(y), Shape::image(7, 8, 8));
    /// # Ok::<(), fenchel_tensor::TensorError>(())
    /// ```
    pub fn concatenate(&mut self, name: &str, nodes: &[Node]) -> Result<Node, TensorError> {
        if nodes.len() < 2 {
            let reason = "it joins values, so it needs two inputs or more".to_owned();
            return Err(TensorError::LayerSetting { layer: name.to_owned(), reason });
        }
        self.put(name, Concatenate, nodes)
    }
}

/// Where an input's entries begin.
fn offset(place: &Place, input: usize) -> usize {
    place.shapes[..input].iter().map(|shape| shape.len()).sum()
}

impl Layer for Concatenate {
    fn shape(&self, inputs: &[Shape]) -> Result<Shape, Misfit> {
        let fits = |shape: &Shape| match (inputs[0], *shape) {
            (Shape::Vector(_), Shape::Vector(_)) => true,
            (Shape::Image { height, width, .. }, Shape::Image { height: h, width: w, .. }) => {
                (height, width) == (h, w)
            }
            (Shape::Sequence { tokens, .. }, Shape::Sequence { tokens: others, .. }) => tokens == others,
            _ => false,
        };
        if let Some(other) = inputs.iter().find(|shape| !fits(shape)) {
            let needs = format!(
                "only vectors, only images of one height and width, or only sequences of as many tokens; another is \
                 {other}"
            );
            return Err(Misfit::Input(needs));
        }
        // Within u64 whatever the sizes, each being below 2^32; the tape refuses what is too large.
        let channels = inputs.iter().map(|shape| shape.channels()).sum();
        Ok(match inputs[0] {
            Shape::Vector(_) => Shape::Vector(channels),
            Shape::Image { height, width, .. } => Shape::Image { channels, height, width },
            Shape::Sequence { tokens, .. } => Shape::Sequence { tokens, features: channels },
        })
    }

    fn terms(&self, _place: &Place) -> usize {
        4
    }
}

impl<T: Real> Kernel<T> for Concatenate {
    fn forward(&self, at: &At<'_, T>, y: &mut [T], _keep: &mut Kept<T>, _scratch: &mut Scratch) {
        let mut rest = y;
        for input in 0..at.place.inputs.len() {
            let x = at.x(input);
            let (part, behind) = rest.split_at_mut(x.len());
            part.copy_from_slice(x);
            rest = behind;
        }
    }

    fn reads_inputs(&self) -> bool {
        false
    }

    fn pull(&self, at: &At<'_, T>, input: usize, u: &[T], to: Target<'_, T>, _tools: Tools<'_, T>) {
        let (start, len) = (offset(at.place, input), at.place.shapes[input].len());
        to.put(T::one(), &u[start * at.lanes..][..len * at.lanes]);
    }

    fn pull_rows(&self, at: &At<'_, T>, input: usize, u: &[T], to: Target<'_, T>, _tools: Tools<'_, T>) {
        let (start, len) = (offset(at.place, input), at.place.shapes[input].len());
        for (u, dx) in u.chunks_exact(at.place.shape.len()).zip(to.dx.chunks_exact_mut(len)) {
            Target { dx, accumulate: to.accumulate }.put(T::one(), &u[start..start + len]);
        }
    }

    fn push(&self, at: &At<'_, T>, tangent: &Tangent<'_, T>, dy: &mut [T], _scratch: &mut Scratch) {
        let mut rest = dy;
        for (input, shape) in at.place.shapes.iter().enumerate() {
            let (part, behind) = rest.split_at_mut(shape.len() * at.lanes);
            match tangent.x(at.place, input) {
                Some(dx) => part.copy_from_slice(dx),
                None => part.fill(T::zero()),
            }
            rest = behind;
        }
    }

    fn pull_bounded(&self, at: &At<'_, T>, input: usize, carry: &mut Carry<'_>) {
        let start = offset(at.place, input);
        (0..at.place.shapes[input].len()).for_each(|place| carry.entry(0, start + place, place, 1.0));
    }
}
