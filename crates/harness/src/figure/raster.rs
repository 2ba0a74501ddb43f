//! From SVG to PNG with an embedded font, so that a machine without fonts draws the same picture.

use crate::error::{Error, Result};
use resvg::tiny_skia::{Pixmap, Transform};
use resvg::usvg::{Options, Tree};
use std::sync::{Arc, OnceLock};

/// Pixels of the picture per nominal pixel.
const DENSITY: f32 = 2.0;

/// The document as PNG.
pub(super) fn png(figure: &str, svg: &str) -> Result<Vec<u8>> {
    let fault = |reason: String| Error::Figure { figure: figure.into(), reason };
    let tree = Tree::from_str(svg, options()).map_err(|error| fault(error.to_string()))?;
    let size = tree.size();
    let (width, height) = ((size.width() * DENSITY).ceil() as u32, (size.height() * DENSITY).ceil() as u32);
    let mut picture =
        Pixmap::new(width, height).ok_or_else(|| fault(format!("it would be {width} x {height} pixels")))?;
    resvg::render(&tree, Transform::from_scale(DENSITY, DENSITY), &mut picture.as_mut());
    picture.encode_png().map_err(|error| fault(error.to_string()))
}

/// The fonts and their names, read once.
fn options() -> &'static Options<'static> {
    static OPTIONS: OnceLock<Options<'static>> = OnceLock::new();
    OPTIONS.get_or_init(|| {
        let mut options = Options::default();
        let fonts = Arc::make_mut(&mut options.fontdb);
        fonts.load_font_data(epaint_default_fonts::UBUNTU_LIGHT.to_vec());
        fonts.load_font_data(epaint_default_fonts::HACK_REGULAR.to_vec());
        fonts.set_sans_serif_family("Ubuntu");
        options.font_family = "Ubuntu".into();
        options
    })
}

#[cfg(test)]
mod tests {
    use crate::figure::{Axis, Curve, Figure, Panel};

    #[test]
    fn the_picture_has_ink_and_twice_the_nominal_size() {
        let panel = Panel::new("a title with letters", Axis::linear("x"), Axis::linear("y"))
            .curve(Curve::new("c", 2, vec![(0.0, 0.0), (1.0, 1.0)]));
        let png = Figure::new("f", "t", "c").panel(panel).png().unwrap();
        let picture = resvg::tiny_skia::Pixmap::decode_png(&png).unwrap();
        assert_eq!(picture.width(), 800);
        let red =
            picture.pixels().iter().filter(|p| p.red() > 150 && p.green() < 90 && p.blue() < 80).count();
        assert!(red > 500, "{red} red pixels: the curve is missing");
        // Letters: dark pixels in the title's strip, above every axis.
        let dark = picture.pixels()[..800 * 44].iter().filter(|p| p.red() < 80 && p.green() < 80).count();
        assert!(dark > 50, "{dark} dark pixels: the title is missing");
    }
}
