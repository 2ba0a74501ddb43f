//! From waypoints in the unit square to the bent, slanted, shifted path of the pen on the image.

use fenchel_random::Stream;

use super::SIDE;
use super::strokes::{Point, Stroke};

/// Straight pieces that a curve gets between two of its waypoints.
const PIECES: usize = 4;

/// The largest displacement of a waypoint, in units of the glyph's height.
const JITTER: f32 = 0.035;

/// A smooth map of the plane, drawn anew for each image: a quadratic bend, then an affine map.
#[derive(Clone, Debug)]
pub(super) struct Distortion {
    /// Coefficients of x^2, x y, y^2 in each coordinate's displacement, about the glyph's centre.
    bend: [[f32; 3]; 2],
    /// The linear part, in pixels per unit.
    linear: [[f32; 2]; 2],
    /// Where the glyph's centre goes, in pixels.
    centre: Point,
}

impl Distortion {
    /// Draws the map of one image.
    pub(super) fn draw(stream: &mut Stream) -> Self {
        let mut within = |bound: f32| stream.random_range(-bound..=bound);
        let bend = [[within(0.25), within(0.25), within(0.25)], [within(0.2), within(0.2), within(0.2)]];
        // The tangent of half the angle gives sine and cosine without a library function, whose last digit would
        // depend on the platform. 0.15 is 17 degrees.
        let half = within(0.15);
        let (cosine, sine) = ((1.0 - half * half) / (1.0 + half * half), 2.0 * half / (1.0 + half * half));
        let slant = within(0.32);
        let (width, height) = (18.0 + within(4.0), 19.0 + within(2.5));
        // Rotation x slant x scaling; y points down, so a positive slant leans to the left.
        let slanted = [[width, slant * height], [0.0, height]];
        let linear = [
            [cosine * slanted[0][0], cosine * slanted[0][1] - sine * slanted[1][1]],
            [sine * slanted[0][0], sine * slanted[0][1] + cosine * slanted[1][1]],
        ];
        let middle = SIDE as f32 / 2.0;
        let centre = [middle + within(2.8), middle + within(2.3)];
        Self { bend, linear, centre }
    }

    /// The path of a stroke as corner points in pixels, its waypoints jittered.
    pub(super) fn path(&self, stroke: Stroke, stream: &mut Stream) -> Vec<Point> {
        let mut jittered = |points: &[Point]| -> Vec<Point> {
            points.iter().map(|p| p.map(|x| x + stream.random_range(-JITTER..=JITTER))).collect()
        };
        let path = match stroke {
            Stroke::Lines(points) => subdivided(&jittered(points)),
            Stroke::Curve(points) => smooth(&jittered(points)),
        };
        path.into_iter().map(|p| self.map(p)).collect()
    }

    fn map(&self, point: Point) -> Point {
        let [x, y] = point.map(|x| x - 0.5);
        let bent = |[a, b, c]: [f32; 3]| a * x * x + b * x * y + c * y * y;
        let (x, y) = (x + bent(self.bend[0]), y + bent(self.bend[1]));
        [0, 1].map(|i| self.centre[i] + self.linear[i][0] * x + self.linear[i][1] * y)
    }
}

/// Straight lines cut into pieces, so that the bend can bend them.
fn subdivided(points: &[Point]) -> Vec<Point> {
    pieces(points, |points, i, t| {
        let (p, q) = (points[i], points[i + 1]);
        [0, 1].map(|k| p[k] + t * (q[k] - p[k]))
    })
}

/// A Catmull-Rom spline through the points, the ends repeated.
fn smooth(points: &[Point]) -> Vec<Point> {
    pieces(points, |points, i, t| {
        let at = |j: usize| points[j.clamp(1, points.len()) - 1];
        let (a, b, c, d) = (at(i), at(i + 1), at(i + 2), at(i + 3));
        [0, 1].map(|k| {
            let velocity = (c[k] - a[k]) * t;
            let second = (2.0 * a[k] - 5.0 * b[k] + 4.0 * c[k] - d[k]) * (t * t);
            let third = (3.0 * b[k] - a[k] - 3.0 * c[k] + d[k]) * (t * t * t);
            b[k] + 0.5 * (velocity + second + third)
        })
    })
}

/// The points of a path, `PIECES` to each span, by `at(points, span, t)` with t from 0 to 1 within the span.
fn pieces(points: &[Point], at: impl Fn(&[Point], usize, f32) -> Point) -> Vec<Point> {
    let spans = points.len() - 1;
    let mut path = Vec::with_capacity(spans * PIECES + 1);
    for span in 0..spans {
        path.extend((0..PIECES).map(|piece| at(points, span, piece as f32 / PIECES as f32)));
    }
    path.push(points[spans]);
    path
}

#[cfg(test)]
mod tests {
    use super::*;

    const POINTS: [Point; 4] = [[0.1, 0.2], [0.5, 0.1], [0.7, 0.6], [0.2, 0.9]];

    #[test]
    fn both_kinds_of_path_go_through_their_waypoints() {
        for path in [subdivided(&POINTS), smooth(&POINTS)] {
            assert_eq!(path.len(), 3 * PIECES + 1);
            for (i, point) in POINTS.iter().enumerate() {
                assert_eq!(path[i * PIECES], *point);
            }
        }
    }

    #[test]
    fn equally_spaced_waypoints_on_a_line_make_a_straight_curve() {
        let line = [[0.0, 0.0], [0.25, 0.5], [0.5, 1.0], [0.75, 1.5]];
        for [x, y] in smooth(&line) {
            assert!((y - 2.0 * x).abs() < 1e-6);
        }
    }
}
