//! The pen: from paths to grey pixels.

use fenchel_random::Stream;

use super::SIDE;
use super::strokes::Point;

/// How far from a path a pixel can still get ink, in pixels: the largest radius and softness together.
const REACH: f32 = 3.5;

/// The squared distance of each pixel's centre to the nearest path, up to [`REACH`].
pub(super) struct Canvas([f32; SIDE * SIDE]);

impl Canvas {
    /// A canvas without any path.
    pub(super) fn new() -> Self {
        Self([REACH * REACH; SIDE * SIDE])
    }

    /// Adds a path of straight pieces.
    pub(super) fn trace(&mut self, path: &[Point]) {
        for piece in path.windows(2) {
            self.segment(piece[0], piece[1]);
        }
    }

    fn segment(&mut self, p: Point, q: Point) {
        let along = [q[0] - p[0], q[1] - p[1]];
        // A piece of length zero is a dot: the smallest divisor keeps its parameter finite (0 / tiny = 0).
        let length_sq = (along[0] * along[0] + along[1] * along[1]).max(f32::MIN_POSITIVE);
        for row in pixels_near(p[1].min(q[1]), p[1].max(q[1])) {
            let dy = row as f32 + 0.5 - p[1];
            for column in pixels_near(p[0].min(q[0]), p[0].max(q[0])) {
                let dx = column as f32 + 0.5 - p[0];
                let t = ((dx * along[0] + dy * along[1]) / length_sq).clamp(0.0, 1.0);
                let (x, y) = (dx - t * along[0], dy - t * along[1]);
                let nearest = &mut self.0[row * SIDE + column];
                *nearest = nearest.min(x * x + y * y);
            }
        }
    }
}

/// The rows or columns within reach of the interval [low, high], cut at the image's edges.
fn pixels_near(low: f32, high: f32) -> std::ops::Range<usize> {
    // Casts from float to integer saturate, so what lies off the image gives an empty or a cut range.
    let first = (low - REACH) as usize;
    let end = ((high + REACH) as usize + 1).min(SIDE);
    first.min(end)..end
}

/// The pen of one image.
#[derive(Clone, Debug)]
pub(super) struct Pen {
    /// Half the stroke's width, in pixels.
    radius: f32,
    /// Half the width of the blurred edge, in pixels.
    softness: f32,
    /// The ink at full strength, in [0, 1].
    ink: f32,
    /// The standard deviation of the noise, in [0, 1].
    noise: f32,
}

impl Pen {
    /// Draws the pen of one image.
    pub(super) fn draw(stream: &mut Stream) -> Self {
        Self {
            radius: stream.random_range(0.7..=1.8),
            softness: stream.random_range(0.5..=1.2),
            ink: stream.random_range(0.7..=1.0),
            noise: stream.random_range(0.0..=0.1),
        }
    }

    /// Inks the canvas into the pixels of `image`.
    pub(super) fn ink(&self, canvas: &Canvas, stream: &mut Stream, image: &mut [u8]) {
        for (pixel, distance_sq) in image.iter_mut().zip(canvas.0) {
            let depth = (self.radius + self.softness - distance_sq.sqrt()) / (2.0 * self.softness);
            let depth = depth.clamp(0.0, 1.0);
            let coverage = depth * depth * (3.0 - 2.0 * depth);
            // Four bytes of one draw make nearly a Gaussian: sum of uniforms, variance 4 x (256^2 - 1) / 12.
            let bytes = stream.random::<u32>().to_le_bytes();
            let sum: u16 = bytes.iter().map(|&byte| u16::from(byte)).sum();
            let gaussian = (f32::from(sum) - 510.0) / 147.8;
            let grey = self.ink * coverage + self.noise * gaussian;
            *pixel = (grey.clamp(0.0, 1.0) * 255.0 + 0.5) as u8;
        }
    }
}
