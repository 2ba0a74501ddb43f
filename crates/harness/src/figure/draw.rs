//! Drawing: panels in a grid, axes by plotters, curves and bands by the canvas.

use super::axis::Ruler;
use super::canvas::{Area, DrawResult, UNITS, clip, line, mark, pale_polygon, units};
use super::legend::{self, text};
use super::typeset;
use super::{Figure, Ink, Panel, Trace};
use crate::error::{Error, Result};
use plotters::prelude::{ChartBuilder, IntoDrawingArea, SVGBackend};
use plotters::style::text_anchor::{HPos, Pos, VPos};
use plotters::style::{Color, RGBColor, ShapeStyle, WHITE};

const PANEL_WIDTH: f64 = 400.0;
const PLOT_HEIGHT: f64 = 262.0;
const GRID: RGBColor = RGBColor(0xe4, 0xe4, 0xe4);
const FRAME: RGBColor = RGBColor(0x66, 0x66, 0x66);

/// The figure as one SVG document, every row as high as its highest panel.
pub(super) fn figure(figure: &Figure) -> Result<String> {
    let columns = figure.columns.max(1).min(figure.panels.len().max(1));
    let heights: Vec<f64> =
        figure.panels.chunks(columns).map(|row| row.iter().map(panel_height).fold(0.0, f64::max)).collect();
    let size = (PANEL_WIDTH * columns as f64, heights.iter().sum::<f64>());
    document(&figure.id, size, |area| {
        let mut top = 0.0;
        for (row, height) in figure.panels.chunks(columns).zip(heights) {
            for (column, panel) in row.iter().enumerate() {
                let left = PANEL_WIDTH * column as f64;
                let place =
                    area.clone().shrink((units(left), units(top)), (units(PANEL_WIDTH), units(height)));
                // Panels of one row share the bottom, so that their axes align.
                draw_panel(&place, panel, height)?;
            }
            top += height;
        }
        Ok(())
    })
}

/// One panel as an SVG document.
pub(super) fn panel(figure: &str, panel: &Panel) -> Result<String> {
    let height = panel_height(panel);
    document(figure, (PANEL_WIDTH, height), |area| draw_panel(area, panel, height))
}

fn panel_height(panel: &Panel) -> f64 {
    legend::height(panel, PANEL_WIDTH) + PLOT_HEIGHT
}

/// Runs `draw` on an empty document of `size` pixels and names that size in the root element.
fn document(figure: &str, size: (f64, f64), draw: impl FnOnce(&Area<'_>) -> DrawResult) -> Result<String> {
    let fault = |reason: String| Error::Figure { figure: figure.into(), reason };
    if size.1 <= 0.0 {
        return Err(fault("it has no panels".into()));
    }
    let (width, height) = (units(size.0) as u32, units(size.1) as u32);
    let mut svg = String::new();
    {
        let area = SVGBackend::with_string(&mut svg, (width, height)).into_drawing_area();
        area.fill(&WHITE).map_err(|error| fault(error.to_string()))?;
        draw(&area).map_err(|error| fault(error.to_string()))?;
        area.present().map_err(|error| fault(error.to_string()))?;
    }
    // The document is drawn in fine units; the reader gets it in pixels.
    let drawn = format!("<svg width=\"{width}\" height=\"{height}\"");
    let shown =
        format!("<svg width=\"{}\" height=\"{}\"", f64::from(width) / UNITS, f64::from(height) / UNITS);
    if !svg.contains(&drawn) {
        return Err(fault("the drawing library changed the form of its root element".into()));
    }
    Ok(Ink::dash(&typeset::svg(&svg.replacen(&drawn, &shown, 1)), UNITS))
}

fn draw_panel(area: &Area<'_>, panel: &Panel, height: f64) -> DrawResult {
    legend::draw(area, panel, PANEL_WIDTH)?;
    let body =
        area.clone().shrink((0, units(height - PLOT_HEIGHT)), (units(PANEL_WIDTH), units(PLOT_HEIGHT)));
    let (x_scale, y_scale) = (panel.x.scale, panel.y.scale);
    let points = || panel.curves.iter().flat_map(|curve| curve.points.iter().copied());
    let corners = || panel.bands.iter().flat_map(|band| band.points.iter().copied());
    let xs = points().map(|p| x_scale.position(p.0)).chain(corners().map(|p| x_scale.position(p.0)));
    let ys = points()
        .map(|p| y_scale.position(p.1))
        .chain(corners().flat_map(|p| [y_scale.position(p.1), y_scale.position(p.2)]));
    let (Some(x_ruler), Some(y_ruler)) = (Ruler::new(&panel.x, xs, 6), Ruler::new(&panel.y, ys, 6)) else {
        let centred = text(13.0, false).pos(Pos::new(HPos::Center, VPos::Center));
        area.draw_text(
            "no value that these axes can show",
            &centred,
            (units(PANEL_WIDTH / 2.0), units(height / 2.0)),
        )?;
        return Ok(());
    };
    let ends = (x_ruler.low, x_ruler.high, y_ruler.low, y_ruler.high);
    let mut chart = ChartBuilder::on(&body)
        .margin_left(units(8.0))
        .margin_right(units(14.0))
        .margin_top(units(4.0))
        .margin_bottom(units(4.0))
        .x_label_area_size(units(38.0))
        .y_label_area_size(units(54.0))
        .build_cartesian_2d(x_ruler, y_ruler)?;
    let stroke = |colour: RGBColor, pixels: f64| ShapeStyle {
        color: colour.to_rgba(),
        filled: false,
        stroke_width: units(pixels) as u32,
    };
    chart
        .configure_mesh()
        .x_desc(&panel.x.label)
        .y_desc(&panel.y.label)
        .axis_desc_style(text(12.5, false))
        .label_style(text(11.5, false))
        .bold_line_style(stroke(GRID, 0.8))
        .light_line_style(WHITE.mix(0.0))
        .axis_style(stroke(FRAME, 1.0))
        .set_all_tick_mark_size(units(4.0))
        .draw()?;
    // From positions on the axes to pixels from the panel's corner.
    let (across, down) = chart.plotting_area().get_pixel_range();
    let base = area.get_base_pixel();
    let pixel = |at: i32, base: i32| f64::from(at - base) / UNITS;
    let (left, right) = (pixel(across.start, base.0), pixel(across.end, base.0));
    let (top, bottom) = (pixel(down.start, base.1), pixel(down.end, base.1));
    let to_x = |x: f64| left + (x_scale.position(x) - ends.0) / (ends.1 - ends.0) * (right - left);
    let to_y = |y: f64| bottom - (y_scale.position(y) - ends.2) / (ends.3 - ends.2) * (bottom - top);
    for band in &panel.bands {
        let shown: Vec<(f64, f64, f64)> = band
            .points
            .iter()
            .map(|&(x, low, high)| (to_x(x), to_y(low).clamp(top, bottom), to_y(high).clamp(top, bottom)))
            .collect();
        let visible = |p: &(f64, f64, f64)| (left..=right).contains(&p.0) && !p.1.is_nan() && !p.2.is_nan();
        for run in shown.split(|p| !visible(p)).filter(|run| run.len() >= 2) {
            let lower = run.iter().map(|p| (p.0, p.1));
            let upper = run.iter().rev().map(|p| (p.0, p.2));
            pale_polygon(area, &lower.chain(upper).collect::<Vec<_>>(), band.ink)?;
        }
    }
    for curve in &panel.curves {
        let shown: Vec<(f64, f64)> = curve.points.iter().map(|&(x, y)| (to_x(x), to_y(y))).collect();
        let shows = |p: &(f64, f64)| p.0.is_finite() && p.1.is_finite();
        if curve.trace != Trace::Marks {
            for run in shown.split(|p| !shows(p)) {
                for piece in clip(run, (left, right), (top, bottom)) {
                    line(area, &piece, curve.ink)?;
                }
            }
        }
        if curve.trace != Trace::Line {
            let inside = |p: &&(f64, f64)| (left..=right).contains(&p.0) && (top..=bottom).contains(&p.1);
            for &centre in shown.iter().filter(inside) {
                mark(area, centre, curve.ink)?;
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::figure::{Axis, Band, Curve, Figure, Panel};

    #[test]
    fn awkward_data_are_drawn_without_a_panic() {
        let values = [f64::NAN, f64::INFINITY, f64::NEG_INFINITY, 0.0, -1.0, 1e-320, 1e300, 5.0];
        for x in [Axis::linear("x"), Axis::log10("x"), Axis::log2("x").range(1.0, 8.0)] {
            for y in [Axis::linear("y"), Axis::log10("y").range(0.5, 2.0), Axis::log2("y")] {
                let points: Vec<(f64, f64)> = values.iter().flat_map(|&a| values.map(|b| (a, b))).collect();
                let band = values.iter().map(|&v| (v.abs(), 0.0, f64::INFINITY)).collect();
                let panel = Panel::new("awkward <&>", x.clone(), y)
                    .curve(Curve::new("all", 1, points.clone()).marked())
                    .curve(Curve::new("none", 2, Vec::new()))
                    .band(Band::new("band", 3, band));
                let svg = Figure::new("f", "t", "c").panel(panel).svg().unwrap();
                assert!(svg.contains("awkward &lt;&amp;&gt;"));
                assert!(svg.contains("stroke-dasharray"), "the legend's line has lost its dashes");
                assert!(!svg.contains("NaN"));
            }
        }
    }

    #[test]
    fn panels_without_a_value_say_so_and_figures_without_panels_are_refused() {
        let panel =
            Panel::new("p", Axis::log10("x"), Axis::log10("y")).curve(Curve::new("c", 0, vec![(1.0, -1.0)]));
        assert!(
            Figure::new("f", "t", "c")
                .panel(panel)
                .svg()
                .unwrap()
                .contains("no value that these axes can show")
        );
        assert!(Figure::new("f", "t", "c").svg().is_err());
    }
}
