//! Two-dimensional convolution.

use super::channels::{add_channel_norms, channel_sums};
use super::convolution::{
    BlockScratch, ConvGeometry, ConvScratch, GatheredScratch, add_weight_norms, bound, convolve,
    convolve_backward, gathered_backward, pack_by_entry, pack_transposed, pull_bounded, weight_gradient,
};
use super::described::{Described, Keys, Usual};
use super::grouped_conv2d::Grouped;
use crate::kernels::add_row_gram;
use crate::layer::{
    At, Carry, Cotangents, Fan, FanTarget, Kept, Kernel, Layer, Misfit, Place, Prepared, RowBound, Rows,
    Scratch, Take, Tangent, Target, Tools, Trained, check_stride, within,
};
use crate::parameters::{Role, Tensor};
use crate::{Node, Real, Shape, TapeBuilder, TensorError};

/// The settings of a convolution with a square kernel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Conv2d {
    /// The number of output channels.
    pub channels: usize,
    /// The kernel's height and width.
    pub kernel: usize,
    /// The distance between positions.
    pub stride: usize,
    /// Rows and columns of zeros around the image.
    pub padding: usize,
    /// Whether each output channel has a bias.
    pub bias: bool,
    /// How many groups the channels of input and output are divided into, each convolved for itself.
    pub groups: usize,
}

impl Conv2d {
    /// A convolution of stride 1 without padding, with bias.
    #[must_use]
    pub const fn new(channels: usize, kernel: usize) -> Self {
        Self { channels, kernel, stride: 1, padding: 0, bias: true, groups: 1 }
    }

    /// The same with zeros around the image.
    #[must_use]
    pub const fn padded(self, padding: usize) -> Self {
        Self { padding, ..self }
    }

    /// The same with another distance between positions.
    #[must_use]
    pub const fn strided(self, stride: usize) -> Self {
        Self { stride, ..self }
    }

    /// The same in groups of channels; with as many groups as channels it is depthwise.
    #[must_use]
    pub const fn grouped(self, groups: usize) -> Self {
        Self { groups, ..self }
    }

    /// The same without bias.
    #[must_use]
    pub const fn without_bias(self) -> Self {
        Self { bias: false, ..self }
    }
}

impl TapeBuilder {
    /// A two-dimensional convolution (as in all deep-learning systems, a cross-correlation) with zero padding.
    ///
    /// # Errors
    /// If `x` is not an image, the kernel does not fit the padded image, a size is 0 or too large to hold, the
    /// stride is beyond the padded image, the groups do not divide the channels, or the name is taken.
    pub fn conv2d(&mut self, name: &str, x: Node, conv: Conv2d) -> Result<Node, TensorError> {
        match conv.groups {
            1 => self.put(name, conv, &[x]),
            _ => self.put(name, Grouped(conv), &[x]),
        }
    }
}

impl Described for Conv2d {
    const TYPE: &'static str = "conv2d";
    const PYTORCH: Option<&'static str> = Some("Conv2d");
    const BLANK: Self = Self::new(1, 1);
    const REMARK: &'static str = "square kernels, zero padding";

    fn keys<K: Keys>(&mut self, keys: &mut K) -> Result<(), K::Error> {
        keys.count("channels", &mut self.channels, 1, Usual::No)?;
        keys.count("kernel", &mut self.kernel, 1, Usual::No)?;
        keys.count("stride", &mut self.stride, 1, Usual::Is(1))?;
        keys.count("padding", &mut self.padding, 0, Usual::Is(0))?;
        keys.flag("bias", &mut self.bias, true)?;
        keys.count("groups", &mut self.groups, 1, Usual::Is(1))
    }

    fn summary(&self) -> String {
        let Self { kernel, stride, padding, bias, groups, .. } = *self;
        let mut text = format!("conv2d {kernel}x{kernel}");
        for (what, value, usual) in [("stride", stride, 1), ("padding", padding, 0), ("groups", groups, 1)] {
            if value != usual {
                text += &format!(", {what} {value}");
            }
        }
        if bias { text } else { text + ", no bias" }
    }

    fn record(&self, net: &mut TapeBuilder, name: &str, x: Node) -> Result<Node, TensorError> {
        net.conv2d(name, x, *self)
    }

    /// By every method: direct sums, one by one, strided, weight gradients by taps, tiles; in groups, depthwise.
    fn examples() -> Vec<Self> {
        vec![
            Self::new(3, 3).padded(1),
            Self::new(4, 1).without_bias(),
            Self::new(2, 2).strided(2),
            Self::new(9, 3).padded(1).strided(2),
            Self::new(17, 3).padded(1),
            Self::new(6, 3).padded(1).grouped(2),
            Self::new(4, 2).strided(2).grouped(4).without_bias(),
            Self::new(32, 3).grouped(2),
        ]
    }
}

impl ConvGeometry {
    /// `None` if the kernel does not fit the padded image.
    pub(super) fn new(conv: Conv2d, channels: usize, height: usize, width: usize) -> Option<Self> {
        let steps = |size: usize| Some((size + 2 * conv.padding).checked_sub(conv.kernel)? / conv.stride + 1);
        Some(Self {
            channels_in: channels,
            height,
            width,
            channels_out: conv.channels,
            kernel: conv.kernel,
            stride: conv.stride,
            padding: conv.padding,
            out_height: steps(height)?,
            out_width: steps(width)?,
        })
    }
}

impl Conv2d {
    fn geometry(self, place: &Place) -> ConvGeometry {
        self.geometry_of(place.shapes[0])
    }

    pub(super) fn geometry_of(self, shape: Shape) -> ConvGeometry {
        let Shape::Image { channels, height, width } = shape else {
            unreachable!("the shape rule accepts images only");
        };
        ConvGeometry::new(self, channels, height, width).expect("the shape rule accepted this image")
    }
}

impl Layer for Conv2d {
    fn shape(&self, inputs: &[Shape]) -> Result<Shape, Misfit> {
        let Self { channels: out, kernel, stride, padding, .. } = *self;
        let Shape::Image { channels, height, width } = inputs[0] else {
            return Err(Misfit::Input("an image (channels x height x width)".to_owned()));
        };
        if out == 0 || kernel == 0 || stride == 0 {
            return Err(Misfit::Setting("channels, kernel and stride must be at least 1".to_owned()));
        }
        within("its weight", &[out, channels, kernel, kernel])?;
        let padded = |size: usize| padding.saturating_mul(2).saturating_add(size);
        let (rows, columns) = (padded(height), padded(width));
        within("its value, with its padding and for want of stride,", &[out, rows, columns])?;
        let patches = [channels, kernel, kernel, rows, columns];
        within("its matrix of patches, with its padding,", &patches)?;
        let Some(geometry) = ConvGeometry::new(*self, channels, height, width) else {
            return Err(Misfit::Input(format!(
                "an image at least {kernel}x{kernel} after padding by {padding} on each side"
            )));
        };
        check_stride(stride, rows.max(columns))?;
        Ok(Shape::image(out, geometry.out_height, geometry.out_width))
    }

    fn terms(&self, place: &Place) -> usize {
        let geometry = self.geometry(place);
        let parameters = geometry.channels_out * geometry.patch();
        let (data, weights) = if geometry.goes_by_tiles() {
            let (down, across) = geometry.tiles();
            (40 * (geometry.channels_out + 12), 16 * (down * across + 10))
        } else {
            (geometry.channels_out * geometry.kernel * geometry.kernel, geometry.positions())
        };
        parameters + data + weights
    }

    fn trained(&self) -> Option<&(dyn Trained + 'static)> {
        Some(self)
    }
}

impl Trained for Conv2d {
    fn tensors(&self, inputs: &[Shape]) -> Vec<Tensor> {
        let (out, channels, kernel) = (self.channels, inputs[0].channels(), self.kernel);
        let (fan_in, fan_out) = (channels * kernel * kernel, out * kernel * kernel);
        let shape = vec![out, channels, kernel, kernel];
        let weight = Tensor::drawn(Role::Weight, shape, fan_in, fan_out);
        let bias = self.bias.then(|| Tensor::drawn(Role::Bias, vec![out], fan_in, fan_out));
        std::iter::once(weight).chain(bias).collect()
    }
}

/// What all convolutions share.
#[derive(Default)]
pub(super) struct Buffers<T> {
    pub(super) convolution: ConvScratch<T>,
    pub(super) block: BlockScratch<T>,
    gathered: GatheredScratch,
    pub(super) numbers: Vec<T>,
}

impl<T: Real> Kernel<T> for Conv2d {
    fn forward(&self, at: &At<'_, T>, y: &mut [T], _keep: &mut Kept<T>, scratch: &mut Scratch) {
        let buffers = &mut scratch.get::<Buffers<T>>().convolution;
        convolve(self.geometry(at.place), at.lanes, at.x(0), at.tensor(0), at.optional(1), y, buffers);
    }

    fn prepare(&self, at: &At<'_, T>, prepared: &mut Prepared<T>) {
        pack_transposed(self.geometry(at.place), at.tensor(0), &mut prepared.weights);
        prepared.by_entry.clear();
    }

    fn pull(&self, at: &At<'_, T>, _input: usize, u: &[T], to: Target<'_, T>, tools: Tools<'_, T>) {
        let buffers = &mut tools.scratch.get::<Buffers<T>>().convolution;
        let geometry = self.geometry(at.place);
        convolve_backward(geometry, at.lanes, u, &tools.prepared.weights, to.dx, to.accumulate, buffers);
    }

    fn takes_lists(&self) -> bool {
        true
    }

    fn pull_fan(
        &self,
        at: &At<'_, T>,
        input: usize,
        u: &mut Fan<T>,
        into: FanTarget<'_, T>,
        tools: Tools<'_, T>,
    ) {
        let to = into.spread(at.place.shapes[input], at.lanes);
        if !u.is_gathered {
            return self.pull(at, input, &u.all, to, tools);
        }
        let (geometry, packed) = (self.geometry(at.place), &mut tools.prepared.by_entry);
        if packed.is_empty() {
            pack_by_entry(geometry, at.tensor(0), packed);
        }
        let buffers = &mut tools.scratch.get::<Buffers<T>>().gathered;
        gathered_backward(geometry, at.lanes, &u.gathered, packed, to.dx, to.accumulate, buffers);
    }

    fn push(&self, at: &At<'_, T>, tangent: &Tangent<'_, T>, dy: &mut [T], scratch: &mut Scratch) {
        let (geometry, place) = (self.geometry(at.place), at.place);
        let Buffers { convolution: buffers, numbers: term, .. } = scratch.get();
        let (weight, bias) = (tangent.tensor(place, 0), tangent.optional(place, 1));
        convolve(geometry, at.lanes, at.x(0), weight, bias, dy, buffers);
        if let Some(dx) = tangent.x(place, 0) {
            term.resize(dy.len(), T::zero());
            convolve(geometry, at.lanes, dx, at.tensor(0), None, term, buffers);
            dy.iter_mut().zip(&*term).for_each(|(dy, &term)| *dy += term);
        }
    }

    fn pull_bounded(&self, at: &At<'_, T>, _input: usize, carry: &mut Carry<'_>) {
        pull_bounded(self.geometry(at.place), at.tensor(0), carry);
    }
}

impl<T: Real> Rows<T> for Conv2d {
    fn rows(&self, at: &At<'_, T>, u: Cotangents<'_, T>, scratch: &mut Scratch, take: Take<'_, T>) {
        let (geometry, first) = (self.geometry(at.place), at.place.tensors[0].start);
        let Buffers { convolution, block, .. } = scratch.get();
        match u {
            Cotangents::List(list) => {
                block.gathered_parts(geometry, at.x(0), list, first, convolution, take);
            }
            Cotangents::All(_) | Cotangents::Rows(_) => {
                let mut turned = Vec::new();
                let all = u.by_entry(at.place.shape, at.lanes, &mut turned);
                block.whole_part(geometry, at.x(0), at.lanes, all, first, take);
            }
        }
        if let Some(biases) = at.place.tensors.get(1) {
            block.bias_part(at.place.shape, biases, at.lanes, u, take);
        }
    }

    fn gradient(&self, at: &At<'_, T>, u: &[T], gradient: &mut [T], overwrite: bool, scratch: &mut Scratch) {
        let buffers = &mut scratch.get::<Buffers<T>>().convolution;
        let weight = &mut gradient[at.place.tensors[0].clone()];
        weight_gradient(self.geometry(at.place), at.lanes, at.x(0), u, weight, !overwrite, buffers);
        if let Some(bias) = at.place.tensors.get(1) {
            channel_sums(gradient, bias.clone(), None, u, overwrite);
        }
    }

    fn add_norms(&self, at: &At<'_, T>, u: &[T], norms: &mut [T], scratch: &mut Scratch) {
        let Buffers { convolution: buffers, numbers: sums, .. } = scratch.get();
        add_weight_norms(self.geometry(at.place), at.x(0), u, norms, sums, buffers);
        if self.bias {
            add_channel_norms(norms, self.channels, u, None, sums);
        }
    }

    fn add_gram(&self, at: &At<'_, T>, u: Cotangents<'_, T>, gram: &mut [T], scratch: &mut Scratch) {
        let (geometry, lanes) = (self.geometry(at.place), at.lanes);
        match u {
            Cotangents::All(all) => {
                let (block, biases) = (&mut scratch.get::<Buffers<T>>().block, at.place.tensors.get(1));
                block.add_gram(geometry, at.x(0), lanes, all, biases, gram);
            }
            Cotangents::List(_) | Cotangents::Rows(_) => self.rows(at, u, scratch, &mut |part| {
                add_row_gram(part.rows, part.count, part.step, lanes, gram);
            }),
        }
    }

    fn bound(&self, at: &At<'_, T>) -> RowBound {
        bound(self.geometry(at.place), self.bias, at.x(0))
    }
}
