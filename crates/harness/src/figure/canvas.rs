//! Lines, marks and polygons in fractions of a pixel, over plotters' whole-pixel drawing areas.

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

/// A polyline in the ink's colour; coordinates in pixels from the area's corner. The finished document gets the dashes.
pub(super) fn line(area: &Area<'_>, points: &[(f64, f64)], ink: Ink) -> DrawResult {
    let style =
        ShapeStyle { color: ink.rgb().to_rgba(), filled: false, stroke_width: units(ink.width) as u32 };
    area.draw(&PathElement::new(points.iter().copied().map(point).collect::<Vec<_>>(), style))?;
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
