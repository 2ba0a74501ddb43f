//! Floats in files, digit for digit.

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// An f64 that is written as the shortest decimal text that reads back as the same number.
///
/// A text and no JSON number, as many readers of JSON round numbers.
///
/// ```
/// use fenchel_convexity::claims::ExactFloat;
///
/// let text = serde_json::to_string(&ExactFloat(0.1 + 0.2)).unwrap();
/// assert_eq!(text, "\"3.0000000000000004e-1\"");
/// assert_eq!(serde_json::from_str::<ExactFloat>(&text).unwrap().0, 0.1 + 0.2);
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ExactFloat(pub f64);

impl Serialize for ExactFloat {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&format!("{:e}", self.0))
    }
}

impl<'de> Deserialize<'de> for ExactFloat {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map(Self).map_err(|_| serde::de::Error::custom(format!("`{text}` is no float")))
    }
}

pub(super) fn exact(x: &[f64]) -> Vec<ExactFloat> {
    x.iter().copied().map(ExactFloat).collect()
}

pub(super) fn plain(x: &[ExactFloat]) -> Vec<f64> {
    x.iter().map(|x| x.0).collect()
}
