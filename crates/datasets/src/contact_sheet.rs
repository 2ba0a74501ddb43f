//! A contact sheet: many samples on one picture, to look at before anything else is believed.

use std::io::Write;

use crate::{Dataset, Error, ImageSet, Result};

/// How a contact sheet is laid out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ContactSheet {
    /// Samples of each class, side by side; the rows are the classes.
    pub per_class: usize,
    /// Every pixel becomes a square of this side.
    pub zoom: usize,
    /// Pixels between samples, and around them.
    pub gap: usize,
}

impl Default for ContactSheet {
    fn default() -> Self {
        Self { per_class: 16, zoom: 2, gap: 2 }
    }
}

/// The grey between samples.
const BETWEEN: u8 = 64;

impl ContactSheet {
    /// Writes the first samples of each class, one row a class in label order, as a PNG.
    ///
    /// A class with fewer samples leaves places empty.
    ///
    /// # Errors
    /// If the layout is empty or larger than a PNG can be, if the images have other than 1 or 3 channels, or if
    /// writing fails.
    ///
    /// ```
    /// use fenchel_datasets::{ContactSheet, glyphs};
    /// use fenchel_random::Seed;
    ///
    /// let mut png = Vec::new();
    /// ContactSheet::default().write(&glyphs::generate(Seed::new(0), 200, 0).train, &mut png)?;
    /// assert!(png.starts_with(b"\x89PNG"));
    /// # Ok::<(), fenchel_datasets::Error>(())
    /// ```
    pub fn write(&self, images: &ImageSet, to: impl Write) -> Result<()> {
        let (pixels, width, height) = self.pixels(images)?;
        let mut encoder = png::Encoder::new(to, width, height);
        encoder.set_color(if images.shape().channels == 3 {
            png::ColorType::Rgb
        } else {
            png::ColorType::Grayscale
        });
        encoder.set_depth(png::BitDepth::Eight);
        let write = |encoder: png::Encoder<'_, _>| {
            let mut writer = encoder.write_header()?;
            writer.write_image_data(&pixels)?;
            writer.finish()
        };
        write(encoder)
            .map_err(|error| Error::argument("contact sheet", format!("cannot write the PNG: {error}")))
    }

    /// The sheet's pixels, channels innermost, its width and its height.
    fn pixels(&self, images: &ImageSet) -> Result<(Vec<u8>, u32, u32)> {
        let shape = images.shape();
        let channels = shape.channels;
        if channels != 1 && channels != 3 {
            return Err(Error::argument("images", format!("{channels} channels; a picture has 1 or 3")));
        }
        let extent = |count: usize, side: usize| {
            let cell = side.checked_mul(self.zoom)?.checked_add(self.gap)?;
            let extent = count.checked_mul(cell)?.checked_add(self.gap)?;
            (count > 0 && self.zoom > 0).then_some(())?;
            u32::try_from(extent).ok().filter(|&extent| extent <= 1 << 15)
        };
        let (Some(width), Some(height)) =
            (extent(self.per_class, shape.width), extent(images.classes().len(), shape.height))
        else {
            return Err(Error::argument(
                "contact sheet",
                format!("{self:?} is empty, or wider than 32768 pixels"),
            ));
        };
        let row = width as usize * channels;
        let mut sheet = vec![BETWEEN; row * height as usize];
        for class in 0..images.classes().len() {
            let members = (0..images.len()).filter(|&i| images.label(i) == class);
            for (column, i) in members.take(self.per_class).enumerate() {
                let (left, top) = (
                    self.gap + column * (shape.width * self.zoom + self.gap),
                    self.gap + class * (shape.height * self.zoom + self.gap),
                );
                let image = images.image(i);
                for y in 0..shape.height * self.zoom {
                    for x in 0..shape.width * self.zoom {
                        let source = y / self.zoom * shape.width + x / self.zoom;
                        let target = (top + y) * row + (left + x) * channels;
                        for channel in 0..channels {
                            sheet[target + channel] = image[channel * shape.height * shape.width + source];
                        }
                    }
                }
            }
        }
        Ok((sheet, width, height))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{ImageShape, Provenance};

    fn colours() -> ImageSet {
        let shape = ImageShape { channels: 3, height: 1, width: 2 };
        let classes = vec!["a".to_owned(), "b".to_owned()];
        let pixels = vec![1, 2, 3, 4, 5, 6, 11, 12, 13, 14, 15, 16];
        ImageSet::new("colours", shape, classes, pixels, vec![1, 1], Provenance::Given).unwrap()
    }

    #[test]
    fn samples_stand_in_the_row_of_their_class_with_interleaved_channels() {
        let sheet = ContactSheet { per_class: 1, zoom: 1, gap: 1 };
        let (pixels, width, height) = sheet.pixels(&colours()).unwrap();
        assert_eq!((width, height), (4, 5));
        let row = |y: usize| pixels[y * 12..(y + 1) * 12].to_vec();
        let between = [BETWEEN; 3];
        assert_eq!(row(1), [BETWEEN; 12], "class a has no sample");
        assert_eq!(row(3), [between, [1, 3, 5], [2, 4, 6], between].concat());
    }

    #[test]
    fn the_png_reads_back() {
        let mut file = Vec::new();
        let sheet = ContactSheet { per_class: 2, zoom: 3, gap: 0 };
        sheet.write(&colours(), &mut file).unwrap();
        let mut reader = png::Decoder::new(std::io::Cursor::new(&file)).read_info().unwrap();
        let mut pixels = vec![0; reader.output_buffer_size().unwrap()];
        reader.next_frame(&mut pixels).unwrap();
        assert_eq!(pixels, sheet.pixels(&colours()).unwrap().0);
    }

    #[test]
    fn impossible_sheets_are_refused() {
        for sheet in [
            ContactSheet { per_class: 0, ..Default::default() },
            ContactSheet { zoom: 0, ..Default::default() },
            ContactSheet { per_class: usize::MAX, ..Default::default() },
            ContactSheet { per_class: 9000, ..Default::default() },
        ] {
            assert!(sheet.write(&colours(), Vec::new()).is_err(), "{sheet:?}");
        }
    }
}
