//! One array in NumPy's npy format: a magic string, a header that is a Python dictionary, the numbers.
//!
//! Format: NumPy Enhancement Proposal 1, versions 1.0 to 3.0. The header is read strictly and nothing is allocated from what
//! it claims: the numbers must be there.

use std::io::{self, Write};

use half::f16;
use ndarray::{ArrayD, IxDyn, ShapeBuilder};

use super::{Integers, Tensor, Values};

const MAGIC: &[u8] = b"\x93NUMPY";

/// No npy header is longer in practice; NumPy itself refuses longer ones. So does the reader here, and none is written.
pub(super) const LONGEST_HEADER: usize = 10_000;

/// The header of an array, and how many bytes it takes in the file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Header {
    pub(super) descriptor: String,
    pub(super) column_major: bool,
    pub(super) shape: Vec<usize>,
    pub(super) bytes: usize,
}

impl Header {
    /// Reads the header at the start of `bytes`.
    pub(super) fn read(bytes: &[u8]) -> Result<Self, String> {
        if !bytes.starts_with(MAGIC) || bytes.len() < 10 {
            return Err("it does not begin as an npy array does".to_owned());
        }
        let (start, length) = match bytes[6] {
            1 => (10, usize::from(u16::from_le_bytes([bytes[8], bytes[9]]))),
            2 | 3 if bytes.len() >= 12 => {
                (12, u32::from_le_bytes([bytes[8], bytes[9], bytes[10], bytes[11]]) as usize)
            }
            version => return Err(format!("its npy format version is {version}, but 1 to 3 are known")),
        };
        let text = bytes.get(start..start + length).ok_or("its header is cut off")?;
        let text = std::str::from_utf8(text).map_err(|_| "its header is not text".to_owned())?;
        let mut header =
            Self { descriptor: String::new(), column_major: false, shape: Vec::new(), bytes: start + length };
        header.parse(text).ok_or_else(|| format!("its header makes no sense: {}", text.trim()))?;
        Ok(header)
    }

    /// Takes the three entries from the dictionary; `None` where it is malformed or lacks one.
    fn parse(&mut self, text: &str) -> Option<()> {
        let mut rest = text.trim().strip_prefix('{')?.strip_suffix('}')?.trim();
        let mut found = [false; 3];
        while !rest.is_empty() {
            let (key, after) = quoted(rest)?;
            rest = after.trim_start().strip_prefix(':')?.trim_start();
            let entry = match key {
                "descr" => {
                    // A structured type is a list; it is kept as it stands and refused by whoever wants numbers.
                    let (value, after) = if rest.starts_with('[') {
                        let end = rest.find(']')? + 1;
                        rest.split_at(end)
                    } else {
                        quoted(rest)?
                    };
                    self.descriptor = value.to_owned();
                    rest = after;
                    0
                }
                "fortran_order" => {
                    self.column_major = rest.starts_with("True");
                    rest = rest.strip_prefix("True").or_else(|| rest.strip_prefix("False"))?;
                    1
                }
                "shape" => {
                    let (inside, after) = rest.strip_prefix('(')?.split_once(')')?;
                    let sizes = inside.split(',').map(str::trim).filter(|size| !size.is_empty());
                    self.shape = sizes.map(|size| size.parse().ok()).collect::<Option<_>>()?;
                    rest = after;
                    2
                }
                _ => return None,
            };
            if std::mem::replace(&mut found[entry], true) {
                return None;
            }
            rest = rest.trim_start();
            rest = rest.strip_prefix(',').unwrap_or(rest).trim_start();
        }
        found.iter().all(|&found| found).then_some(())
    }

    /// How many numbers the array has; `None` beyond the address space.
    fn count(&self) -> Option<usize> {
        self.shape.iter().try_fold(1_usize, |count, &size| count.checked_mul(size))
    }

    /// How many bytes follow the header, where the type is one that can be read.
    pub(super) fn data_bytes(&self) -> Option<usize> {
        let (_, _, size) = self.element()?;
        self.count()?.checked_mul(size)
    }

    /// Whether the bytes are swapped, the kind (`f`, `i`, `u`) and the size of one number; `None` for other types.
    fn element(&self) -> Option<(bool, char, usize)> {
        let mut letters = self.descriptor.chars();
        let (order, kind) = (letters.next()?, letters.next()?);
        let size = letters.as_str().parse().ok()?;
        let known = match kind {
            'f' => matches!(size, 2 | 4 | 8),
            'i' | 'u' => matches!(size, 1 | 2 | 4 | 8),
            'b' => size == 1,
            _ => false,
        };
        (known && matches!(order, '<' | '>' | '|' | '=')).then_some((order == '>', kind, size))
    }

    /// The tensor whose numbers are `data`, the bytes after the header.
    pub(super) fn tensor(&self, data: Vec<u8>) -> Result<Tensor, String> {
        let Some((swapped, kind, size)) = self.element() else {
            let values = Values::Other(self.descriptor.clone());
            return Ok(Tensor { shape: self.shape.clone(), values });
        };
        let needed = self.data_bytes().ok_or("its shape is beyond the address space")?;
        if data.len() != needed {
            return Err(format!(
                "its shape {:?} needs {needed} bytes, but {} follow",
                self.shape,
                data.len()
            ));
        }
        let mut data = data;
        if swapped {
            data.chunks_exact_mut(size).for_each(<[u8]>::reverse);
        }
        let values = match (kind, size) {
            // Every number of half the width is one of f32, too.
            ('f', 2) => Values::F32(self.row_major(numbers(&data, |bits| f16::from_le_bytes(bits).to_f32()))),
            ('f', 4) => Values::F32(self.row_major(numbers(&data, f32::from_le_bytes))),
            ('f', _) => Values::F64(self.row_major(numbers(&data, f64::from_le_bytes))),
            (_, 1) => Values::Integer(Integers::new(self.row_major(data), size, kind == 'i')),
            _ => Values::Integer(Integers::new(self.row_major_bytes(data, size), size, kind == 'i')),
        };
        Ok(Tensor { shape: self.shape.clone(), values })
    }

    /// The sizes above 1, which alone decide the order. A header has room for thousands of others, and a walk over the
    /// numbers takes time for each axis; an array without numbers may have sizes that no array of memory has.
    fn long_axes(&self) -> Vec<usize> {
        self.shape.iter().copied().filter(|&size| size != 1).collect()
    }

    fn row_major<T: Clone>(&self, values: Vec<T>) -> Vec<T> {
        let sizes = self.long_axes();
        if !self.column_major || sizes.len() < 2 || values.is_empty() {
            return values;
        }
        let array = ArrayD::from_shape_vec(IxDyn(&sizes).f(), values);
        array.expect("the count was checked").iter().cloned().collect()
    }

    /// The same for numbers of `size` bytes: a dimension for the bytes of a number, which stay together.
    fn row_major_bytes(&self, bytes: Vec<u8>, size: usize) -> Vec<u8> {
        let sizes = self.long_axes();
        if !self.column_major || sizes.len() < 2 || bytes.is_empty() {
            return bytes;
        }
        let sizes = [&[size], &sizes[..]].concat();
        let array = ArrayD::from_shape_vec(IxDyn(&sizes).f(), bytes).expect("the count was checked");
        let last = sizes.len() - 1;
        let order: Vec<usize> = (1..=last).chain([0]).collect();
        array.permuted_axes(order).iter().copied().collect()
    }
}

/// Writes the header of a row-major array; the numbers follow in little-endian order.
pub(super) fn write_header(writer: &mut impl Write, descriptor: &str, shape: &[usize]) -> io::Result<()> {
    let sizes: String = shape.iter().map(|size| format!("{size}, ")).collect();
    // `(3, )` is a tuple to Python, `(3)` is not; `()` is.
    let mut text = format!("{{'descr': '{descriptor}', 'fortran_order': False, 'shape': ({sizes}), }}");
    let unpadded = MAGIC.len() + 4 + text.len() + 1;
    text.extend(std::iter::repeat_n(' ', unpadded.next_multiple_of(64) - unpadded));
    text.push('\n');
    let length = u16::try_from(text.len()).ok().filter(|_| MAGIC.len() + 4 + text.len() <= LONGEST_HEADER);
    let length = length.ok_or_else(|| {
        io::Error::other(format!(
            "a shape of {} dimensions is too long for its header; reshape it",
            shape.len()
        ))
    })?;
    writer.write_all(MAGIC)?;
    writer.write_all(&[1, 0])?;
    writer.write_all(&length.to_le_bytes())?;
    writer.write_all(text.as_bytes())
}

/// Numbers of N bytes.
pub(super) fn numbers<const N: usize, T>(data: &[u8], number: impl Fn([u8; N]) -> T) -> Vec<T> {
    data.as_chunks::<N>().0.iter().map(|&word| number(word)).collect()
}

/// What stands between two equal quotes at the start of `text`, and what follows.
fn quoted(text: &str) -> Option<(&str, &str)> {
    let quote = text.chars().next().filter(|&c| c == '\'' || c == '"')?;
    text[1..].split_once(quote)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn array(header: &str, data: &[u8]) -> Vec<u8> {
        let mut bytes = MAGIC.to_vec();
        bytes.extend([1, 0]);
        bytes.extend(u16::try_from(header.len()).unwrap().to_le_bytes());
        bytes.extend(header.as_bytes());
        bytes.extend(data);
        bytes
    }

    fn read(bytes: &[u8]) -> Result<Tensor, String> {
        let header = Header::read(bytes)?;
        header.tensor(bytes[header.bytes..].to_vec())
    }

    #[test]
    fn a_written_header_is_read_back_and_aligned() {
        for shape in [&[][..], &[3], &[2, 0, 5], &[1_000_000, 3, 32, 32]] {
            let mut bytes = Vec::new();
            write_header(&mut bytes, "<f8", shape).unwrap();
            let header = Header::read(&bytes).unwrap();
            assert_eq!((header.shape.as_slice(), header.bytes), (shape, bytes.len()));
            assert!(bytes.len().is_multiple_of(64));
        }
    }

    #[test]
    fn every_integer_type_keeps_its_sign_and_order() {
        let text = |descr: &str, n: usize| {
            format!("{{'descr': '{descr}', 'fortran_order': False, 'shape': ({n},)}}")
        };
        let values = |descr: &str, data: &[u8], n| read(&array(&text(descr, n), data)).unwrap().values;
        let integers = |descr: &str, data: &[u8], n| integers_of(values(descr, data, n));
        assert_eq!(integers("|i1", &[0xff, 0x7f], 2), [-1, 127]);
        assert_eq!(integers("|u1", &[0xff, 0x7f], 2), [255, 127]);
        assert_eq!(integers("<i2", &[0xfe, 0xff], 1), [-2]);
        assert_eq!(integers(">i4", &[0, 0, 1, 2], 1), [258]);
        assert_eq!(integers("<u4", &[0xff; 4], 1), [i128::from(u32::MAX)]);
        assert_eq!(integers("<u8", &[0xff; 8], 1), [i128::from(u64::MAX)]);
        assert_eq!(integers("<i8", &[0xff; 8], 1), [-1]);
        assert_eq!(values(">f8", &1.5_f64.to_be_bytes(), 1), Values::F64(vec![1.5]));
        assert_eq!(values("<f4", &1.5_f32.to_le_bytes(), 1), Values::F32(vec![1.5]));
        assert_eq!(values("<f2", &[0, 0x3e, 1, 0], 2), Values::F32(vec![1.5, 2.0_f32.powi(-24)]));
        assert_eq!(integers("|b1", &[1, 0], 2), [1, 0]);
        assert_eq!(values("<c8", &[0; 8], 1), Values::Other("<c8".into()));
    }

    #[test]
    fn column_major_arrays_are_transposed() {
        let header = "{'descr': '|u1', 'fortran_order': True, 'shape': (2, 3), }";
        let tensor = read(&array(header, &[1, 4, 2, 5, 3, 6])).unwrap();
        assert_eq!(integers_of(tensor.values), [1, 2, 3, 4, 5, 6]);
        let header = header.replace("|u1", ">i2");
        let bytes: Vec<u8> = [1, 4, 2, 5, 3, -6_i16].into_iter().flat_map(i16::to_be_bytes).collect();
        assert_eq!(integers_of(read(&array(&header, &bytes)).unwrap().values), [1, 2, 3, 4, 5, -6]);
    }

    fn integers_of(values: Values) -> Vec<i128> {
        match values {
            Values::Integer(integers) => integers.iter().collect(),
            other => panic!("no integers: {other:?}"),
        }
    }

    #[test]
    fn arrays_without_numbers_and_with_thousands_of_axes_are_read_in_either_order() {
        let read_shape = |sizes: &str, data: &[u8]| {
            let header = format!("{{'descr': '<i2', 'fortran_order': True, 'shape': ({sizes}), }}");
            read(&array(&header, data))
        };
        for sizes in ["0, 9223372036854775807", "0, 9223372036854775807, 3", "2, 0"] {
            assert!(integers_of(read_shape(sizes, &[]).unwrap().values).is_empty(), "{sizes}");
        }
        let sizes = format!("{}2, {}2", "1,".repeat(1000), "1,".repeat(1000));
        let tensor = read_shape(&sizes, &[1, 0, 3, 0, 2, 0, 4, 0]).unwrap();
        assert_eq!(tensor.shape.len(), 2002);
        assert_eq!(integers_of(tensor.values), [1, 2, 3, 4]);
    }

    #[test]
    fn no_header_is_written_that_would_not_be_read() {
        let write = |dimensions: usize| {
            let mut bytes = Vec::new();
            write_header(&mut bytes, "<f8", &vec![1; dimensions]).map(|()| bytes)
        };
        let longest = (1..4000).rev().find(|&dimensions| write(dimensions).is_ok()).unwrap();
        let bytes = write(longest).unwrap();
        assert!(longest > 3000 && bytes.len() <= LONGEST_HEADER);
        assert_eq!(Header::read(&bytes).unwrap().shape.len(), longest);
        assert!(write(longest + 1).unwrap_err().to_string().contains("reshape"));
        assert!(write(100_000).is_err());
    }

    #[test]
    fn a_claim_is_not_believed() {
        let huge = "{'descr': '<f8', 'fortran_order': False, 'shape': (1000000000000,)}";
        assert!(read(&array(huge, &[0; 16])).unwrap_err().contains("16 follow"));
        let beyond = format!("{{'descr': '<f8', 'fortran_order': False, 'shape': ({0}, {0})}}", usize::MAX);
        assert!(read(&array(&beyond, &[])).unwrap_err().contains("address space"));
        let whole = array("{'descr': '<f8', 'fortran_order': False, 'shape': (2,)}", &[0; 16]);
        assert!(read(&whole).is_ok());
        for cut in 0..whole.len() {
            assert!(read(&whole[..cut]).is_err(), "cut at {cut}");
        }
        for header in
            ["", "{}", "{'descr': '<f8'}", "{'descr': '<f8', 'shape': (-1,), 'fortran_order': False}"]
        {
            assert!(read(&array(header, &[])).is_err(), "{header}");
        }
    }
}
