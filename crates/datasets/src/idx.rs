//! The IDX format of MNIST and its relatives: a magic number, extents, bytes. All integers are big-endian.

use crate::format::FormatError;

/// The bytes of an IDX file, taken apart: nothing is copied but the extents.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Idx<'a> {
    /// The extent of each dimension; for images the number of them, rows, columns.
    pub extents: Vec<usize>,
    /// The elements in row-major order, exactly as many as the product of the extents.
    pub data: &'a [u8],
}

/// The type code of unsigned bytes, the only one in the image sets.
const UNSIGNED_BYTE: u8 = 0x08;

/// Takes apart the bytes of a whole IDX file of unsigned bytes.
///
/// Trusts no number of the header: a file whose length is not what its header promises is refused, and memory is
/// taken for the extents only, four bytes of input for each.
///
/// # Errors
/// With the offset at which the bytes leave the format.
///
/// ```
/// let labels = fenchel_datasets::idx::parse(&[0, 0, 8, 1, 0, 0, 0, 3, 7, 2, 1])?;
/// assert_eq!((labels.extents, labels.data), (vec![3], &[7, 2, 1][..]));
/// # Ok::<(), fenchel_datasets::FormatError>(())
/// ```
pub fn parse(bytes: &[u8]) -> Result<Idx<'_>, FormatError> {
    let Some(magic) = bytes.first_chunk::<4>() else {
        return Err(FormatError::new(
            bytes.len(),
            "the file ends within the four bytes of the IDX magic number",
        ));
    };
    if let Some(i) = magic[..2].iter().position(|&byte| byte != 0) {
        return Err(FormatError::new(i, format!("{:#04x} where IDX begins with two zero bytes", magic[i])));
    }
    if magic[2] != UNSIGNED_BYTE {
        return Err(FormatError::new(
            2,
            format!("element type {:#04x}, expected 0x08 (unsigned byte)", magic[2]),
        ));
    }
    let dimensions = usize::from(magic[3]);
    if dimensions == 0 {
        return Err(FormatError::new(3, "no dimension, expected at least one"));
    }
    let start = 4 + 4 * dimensions;
    let Some(header) = bytes.get(4..start) else {
        return Err(FormatError::new(
            bytes.len(),
            format!("the file ends within the header, which has {start} bytes for {dimensions} dimensions"),
        ));
    };
    let mut extents = Vec::with_capacity(dimensions);
    let mut elements = 1_usize;
    for (i, extent) in header.as_chunks::<4>().0.iter().enumerate() {
        let extent = u32::from_be_bytes(*extent) as usize;
        elements = elements.checked_mul(extent).ok_or_else(|| {
            FormatError::new(4 + 4 * i, format!("extent {extent} makes more elements than memory"))
        })?;
        extents.push(extent);
    }
    let data = &bytes[start..];
    if data.len() < elements {
        return Err(FormatError::new(
            bytes.len(),
            format!("the file ends after {} of the {elements} elements that its header promises", data.len()),
        ));
    }
    if data.len() > elements {
        return Err(FormatError::new(
            start + elements,
            format!(
                "{} bytes follow the {elements} elements that the header promises",
                data.len() - elements
            ),
        ));
    }
    Ok(Idx { extents, data })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn written(extents: &[u32], data: &[u8]) -> Vec<u8> {
        let mut bytes = vec![0, 0, UNSIGNED_BYTE, extents.len() as u8];
        bytes.extend(extents.iter().flat_map(|extent| extent.to_be_bytes()));
        bytes.extend(data);
        bytes
    }

    fn refused(bytes: &[u8], offset: u64, part: &str) {
        let error = parse(bytes).unwrap_err();
        assert_eq!(error.offset, offset, "{error}");
        assert!(error.to_string().contains(part), "{error}");
    }

    #[test]
    fn each_departure_from_the_format_is_named_with_its_offset() {
        refused(&[], 0, "ends within the four bytes");
        refused(&[0, 0, 8], 3, "ends within the four bytes");
        refused(&[0, 7, 8, 1], 1, "0x07 where IDX begins");
        refused(&[0x1f, 0x8b, 8, 0], 0, "0x1f where IDX begins");
        refused(&[0, 0, 0x0d, 1], 2, "element type 0x0d");
        refused(&[0, 0, 8, 0], 3, "no dimension");
        refused(&[0, 0, 8, 2, 0, 0, 0, 1, 0], 9, "12 bytes for 2 dimensions");
        refused(&written(&[2, 3], &[1; 5]), 17, "after 5 of the 6 elements");
        refused(&written(&[2, 3], &[1; 7]), 18, "1 bytes follow the 6");
        refused(&written(&[u32::MAX, u32::MAX, u32::MAX], &[]), 12, "more elements than memory");
    }

    #[test]
    fn an_empty_dimension_is_an_empty_file_body() {
        assert_eq!(parse(&written(&[0, 28, 28], &[])).unwrap().extents, [0, 28, 28]);
    }

    proptest! {
        #[test]
        fn what_is_written_is_read(extents in proptest::collection::vec(0_u32..6, 1..5), fill: u8) {
            let data: Vec<u8> = (0..extents.iter().product::<u32>()).map(|i| fill.wrapping_add(i as u8)).collect();
            let bytes = written(&extents, &data);
            let idx = parse(&bytes).unwrap();
            prop_assert_eq!(idx.extents, extents.iter().map(|&n| n as usize).collect::<Vec<_>>());
            prop_assert_eq!(idx.data, &data[..]);
        }

        #[test]
        fn every_proper_prefix_and_every_extension_is_refused(extents in proptest::collection::vec(1_u32..5, 1..4)) {
            let data = vec![9; extents.iter().product::<u32>() as usize];
            let mut bytes = written(&extents, &data);
            for end in 0..bytes.len() {
                let error = parse(&bytes[..end]).unwrap_err();
                prop_assert_eq!(error.offset, end as u64);
            }
            let end = bytes.len() as u64;
            bytes.push(0);
            prop_assert_eq!(parse(&bytes).unwrap_err().offset, end);
        }

        #[test]
        fn arbitrary_bytes_never_panic(
            dimensions in 0_u8..6,
            bytes in proptest::collection::vec(any::<u8>(), 0..64),
        ) {
            let _ = parse(&bytes);
            // With a plausible beginning the parser gets further.
            let bytes = [&[0, 0, UNSIGNED_BYTE, dimensions], &bytes[..]].concat();
            if let Ok(idx) = parse(&bytes) {
                prop_assert_eq!(idx.extents.iter().product::<usize>(), idx.data.len());
            }
        }
    }
}
