//! The list of all layers that a description can name, as documents print it.

use std::convert::Infallible;

use fenchel_tensor::layers::{AnyLayer, FixedWeights, Keys, Usual};

/// A Markdown table: each type of layer with its keys, their usual values, and PyTorch's name.
///
/// ```
/// let list = fenchel_nn::description::list();
/// assert!(list.contains("| `dense` | `outputs`, `bias` (true) | `Linear` |"));
/// ```
#[must_use]
pub fn list() -> String {
    let mut text = "| type | keys (default) | PyTorch |\n|---|---|---|\n".to_owned();
    for kind in AnyLayer::types() {
        let mut layer = AnyLayer::blank(kind).expect("every type of the list has its blank");
        let mut names = Names(Vec::new());
        let Ok(()) = layer.keys(&mut names);
        let remark = layer.remark();
        let between = if names.0.is_empty() || remark.is_empty() { "" } else { "; " };
        let pytorch = layer.pytorch().map(|name| format!("`{name}` ")).unwrap_or_default();
        text += &format!("| `{kind}` | {}{between}{remark} | {pytorch}|\n", names.0.join(", "));
    }
    text + "| `residual` | `body`, `projection` (none), `scale` (1): shortcut(x) + scale body(x) | a module with `body` \
            and `projection` |\n\
            | `add` | `inputs`; values of one shape | `a + b` |\n\
            | `multiply` | `inputs`; two of one shape, or an image and one number for each of its channels | `a * b` |\n\
            | `concatenate` | `inputs`; vectors, the channels of images, or the features of tokens | `torch.cat([a, b], 1)` |\n"
}

/// Notes the keys.
struct Names(Vec<String>);

impl Names {
    fn note<V: std::fmt::Display>(&mut self, key: &str, usual: Usual<V>) {
        self.0.push(match usual {
            Usual::No => format!("`{key}`"),
            Usual::Is(value) => format!("`{key}` ({value})"),
            Usual::As(other, _) => format!("`{key}` (`{other}`)"),
        });
    }
}

impl Keys for Names {
    type Error = Infallible;

    fn count(
        &mut self,
        key: &'static str,
        _value: &mut usize,
        _least: usize,
        usual: Usual<usize>,
    ) -> Result<(), Infallible> {
        self.note(key, usual);
        Ok(())
    }

    fn number(&mut self, key: &'static str, _value: &mut f64, usual: Usual<f64>) -> Result<(), Infallible> {
        self.note(key, usual);
        Ok(())
    }

    fn flag(&mut self, key: &'static str, _value: &mut bool, usual: bool) -> Result<(), Infallible> {
        self.note(key, Usual::Is(usual));
        Ok(())
    }

    fn weights(&mut self, key: &'static str, _value: &mut FixedWeights) -> Result<(), Infallible> {
        self.note(key, Usual::<usize>::No);
        Ok(())
    }
}
