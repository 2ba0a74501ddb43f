//! The native part of the Python package `fenchel`: arrays in, arrays out.
//!
//! The package's own modules turn what users have (modules of PyTorch, tensors, lists) into descriptions and arrays; here
//! nothing is guessed. The interpreter's lock is released while Rust works, and taken for a moment between two blocks of
//! samples: to tell progress, and to hear an interrupt.

mod arrays;
mod convexity;
mod judge;
mod measure;
mod network;
mod report;

use pyo3::prelude::*;

#[pymodule]
fn _native(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add("__version__", env!("CARGO_PKG_VERSION"))?;
    module.add("QUANTITIES", fenchel_measure::QUANTITIES.to_vec())?;
    module.add("Unmeasurable", module.py().get_type::<arrays::Unmeasurable>())?;
    module.add_class::<network::Network>()?;
    module.add_class::<measure::Criterion>()?;
    module.add_function(wrap_pyfunction!(measure::measure, module)?)?;
    module.add_function(wrap_pyfunction!(measure::outputs, module)?)?;
    module.add_function(wrap_pyfunction!(measure::mean_gradient, module)?)?;
    module.add_function(wrap_pyfunction!(measure::layer_parts, module)?)?;
    module.add_function(wrap_pyfunction!(measure::tangent_kernel, module)?)?;
    module.add_class::<report::Measured>()?;
    module.add_function(wrap_pyfunction!(judge::judge, module)?)?;
    module.add_function(wrap_pyfunction!(convexity::check, module)?)?;
    module.add_function(wrap_pyfunction!(convexity::catalogue, module)?)?;
    module.add_function(wrap_pyfunction!(convexity::loss, module)?)?;
    module.add_function(wrap_pyfunction!(convexity::loss_bounds, module)?)?;
    Ok(())
}
