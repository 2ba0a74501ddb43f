//! Lines, dashes and polygons in fractions of a pixel, over plotters' whole-pixel drawing areas.

use super::ink::Ink;
use plotters::coord::Shift;
use plotters::element::{Circle, PathElement, Polygon};
use plotters::prelude::{DrawingArea, SVGBackend};
use plotters::style::{Color, ShapeStyle};

/// Units of the drawing library per pixel of the figure: plotters rounds to whole units, so the units are fine.
pub(super) const UNITS: f64 = 8.0;

pub(super) type Area<'a> = DrawingArea<SVGBackend<'a>, Shift>;

pub(super) type DrawResult = Result<(), Box<dyn std::error::Error + Send + Sync>>;

/// A length in pixels as units of the drawing library.
pub(super) fn units(pixels: f64) -> i32 {
    (pixels * UNITS).round() as i32
}

fn point((x, y): (f64, f64)) -> (i32, i32) {
    (units(x), units(y))
}

/// A polyline in the ink's colour and dash pattern; coordinates in pixels from the area's corner.
pub(super) fn line(area: &Area<'_>, points: &[(f64, f64)], ink: Ink) -> DrawResult {
    let style =
        ShapeStyle { color: ink.rgb().to_rgba(), filled: false, stroke_width: units(ink.width) as u32 };
    for piece in dashes(points, ink.dashes) {
        area.draw(&PathElement::new(piece.into_iter().map(point).collect::<Vec<_>>(), style))?;
    }
    Ok(())
}

/// A pale polygon.
pub(super) fn pale_polygon(area: &Area<'_>, corners: &[(f64, f64)], ink: Ink) -> DrawResult {
    let corners: Vec<(i32, i32)> = corners.iter().copied().map(point).collect();
    area.draw(&Polygon::new(corners, ink.rgb().mix(0.16).filled()))?;
    Ok(())
}

/// A small disc.
pub(super) fn mark(area: &Area<'_>, centre: (f64, f64), ink: Ink) -> DrawResult {
    area.draw(&Circle::new(point(centre), units(2.2), ink.rgb().filled()))?;
    Ok(())
}

/// Cuts a polyline into its dashes, the pattern running on around the corners.
fn dashes(points: &[(f64, f64)], pattern: &[f64]) -> Vec<Vec<(f64, f64)>> {
    if points.len() < 2 {
        return Vec::new();
    }
    if pattern.is_empty() {
        return vec![points.to_vec()];
    }
    let mut pieces = Vec::new();
    let mut piece = vec![points[0]];
    let (mut element, mut left) = (0, pattern[0]);
    for pair in points.windows(2) {
        let (from, to) = (pair[0], pair[1]);
        let length = (to.0 - from.0).hypot(to.1 - from.1);
        let mut walked = 0.0;
        while length - walked > left {
            walked += left;
            let share = walked / length;
            let here = (from.0 + share * (to.0 - from.0), from.1 + share * (to.1 - from.1));
            if element % 2 == 0 {
                piece.push(here);
                pieces.push(std::mem::take(&mut piece));
            } else {
                piece = vec![here];
            }
            element = (element + 1) % pattern.len();
            left = pattern[element];
        }
        left -= length - walked;
        if element % 2 == 0 {
            piece.push(to);
        }
    }
    if piece.len() >= 2 {
        pieces.push(piece);
    }
    pieces
}

/// Cuts a polyline to a rectangle (Liang and Barsky, 1984): the visible runs, in order.
pub(super) fn clip(
    points: &[(f64, f64)],
    (left, right): (f64, f64),
    (top, bottom): (f64, f64),
) -> Vec<Vec<(f64, f64)>> {
    let mut runs: Vec<Vec<(f64, f64)>> = Vec::new();
    let mut joined = false;
    for pair in points.windows(2) {
        let ((x, y), (to_x, to_y)) = (pair[0], pair[1]);
        let (dx, dy) = (to_x - x, to_y - y);
        let (mut enter, mut leave) = (0.0_f64, 1.0_f64);
        let mut visible = true;
        for (step, room) in [(-dx, x - left), (dx, right - x), (-dy, y - top), (dy, bottom - y)] {
            if step == 0.0 {
                visible &= room >= 0.0;
            } else if step < 0.0 {
                enter = enter.max(room / step);
            } else {
                leave = leave.min(room / step);
            }
        }
        if !visible || enter > leave {
            joined = false;
            continue;
        }
        let at = |t: f64| if t == 1.0 { (to_x, to_y) } else { (x + t * dx, y + t * dy) };
        if !(joined && enter == 0.0) {
            runs.push(vec![at(enter)]);
        }
        runs.last_mut().expect("a run was begun").push(at(leave));
        joined = leave == 1.0;
    }
    runs
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn length(points: &[(f64, f64)]) -> f64 {
        points.windows(2).map(|p| (p[1].0 - p[0].0).hypot(p[1].1 - p[0].1)).sum()
    }

    proptest! {
        #[test]
        fn dashes_cover_the_share_that_the_pattern_says(points in prop::collection::vec((0.0..100.0_f64, 0.0..100.0_f64), 2..20)) {
            let pattern = [3.0, 2.0, 1.0, 2.0];
            let covered: f64 = dashes(&points, &pattern).iter().map(|piece| length(piece)).sum();
            let total = length(&points);
            // Four of every eight pixels, up to one period.
            prop_assert!((covered - 0.5 * total).abs() <= 4.0);
            prop_assert!((length(&dashes(&points, &[])[0]) - total).abs() == 0.0);
        }

        #[test]
        fn what_is_clipped_lies_inside_and_what_lies_inside_is_kept(
            points in prop::collection::vec((-50.0..150.0_f64, -50.0..150.0_f64), 2..20),
        ) {
            let runs = clip(&points, (0.0, 100.0), (0.0, 100.0));
            for &(x, y) in runs.iter().flatten() {
                prop_assert!((-1e-9..=100.0 + 1e-9).contains(&x) && (-1e-9..=100.0 + 1e-9).contains(&y));
            }
            for pair in points.windows(2) {
                // Sample the segment: the visible length must agree with the share of samples inside.
                let inside = (0..1000).filter(|i| {
                    let t = (f64::from(*i) + 0.5) / 1000.0;
                    let (x, y) = (pair[0].0 + t * (pair[1].0 - pair[0].0), pair[0].1 + t * (pair[1].1 - pair[0].1));
                    (0.0..=100.0).contains(&x) && (0.0..=100.0).contains(&y)
                }).count();
                let kept: f64 = clip(pair, (0.0, 100.0), (0.0, 100.0)).iter().map(|run| length(run)).sum();
                prop_assert!((kept - length(pair) * inside as f64 / 1000.0).abs() <= length(pair) * 2e-3 + 1e-9);
            }
        }
    }

    #[test]
    fn an_inner_line_stays_one_run() {
        let points = [(1.0, 1.0), (2.0, 3.0), (4.0, 1.0)];
        assert_eq!(clip(&points, (0.0, 10.0), (0.0, 10.0)), vec![points.to_vec()]);
    }
}
