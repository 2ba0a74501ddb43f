//! One row of the catalogue.

use crate::moduli::Modulus;
use crate::objectives::Objective;
use ndarray::Array1;
use std::sync::Arc;

/// A known constant of a function.
#[derive(Clone, Debug, PartialEq)]
pub struct Known {
    /// The statement.
    pub modulus: Modulus,
    /// Whether the constant (for the offset given, or the offset for the constant given) can not be improved here.
    pub tight: bool,
    /// Why it holds.
    pub source: &'static str,
}

/// A function with what is known of it.
#[derive(Clone, Debug)]
pub struct Entry {
    objective: Arc<dyn Objective>,
    known: Vec<Known>,
    convex: bool,
    minimum: Option<(Array1<f64>, f64)>,
}

impl Entry {
    /// A function of which nothing is known yet.
    pub fn new(objective: impl Objective + 'static) -> Self {
        Self { objective: Arc::new(objective), known: Vec::new(), convex: false, minimum: None }
    }

    /// Adds a tight constant.
    #[must_use]
    pub fn tight(self, modulus: Modulus, source: &'static str) -> Self {
        self.known(modulus, true, source)
    }

    /// Adds a constant that holds, but may not be the best.
    #[must_use]
    pub fn valid(self, modulus: Modulus, source: &'static str) -> Self {
        self.known(modulus, false, source)
    }

    /// Adds a constant.
    #[must_use]
    pub fn known(mut self, modulus: Modulus, tight: bool, source: &'static str) -> Self {
        self.known.push(Known { modulus, tight, source });
        self
    }

    /// Marks the function as closed and convex.
    #[must_use]
    pub const fn closed_convex(mut self) -> Self {
        self.convex = true;
        self
    }

    /// Names an unconstrained minimiser (with 0 as its chosen subgradient) and the minimum.
    #[must_use]
    pub fn with_minimum(mut self, minimiser: Array1<f64>, minimum: f64) -> Self {
        self.minimum = Some((minimiser, minimum));
        self
    }

    /// The function.
    #[must_use]
    pub fn objective(&self) -> &dyn Objective {
        &*self.objective
    }

    /// The function, to be kept elsewhere too.
    #[must_use]
    pub fn shared(&self) -> Arc<dyn Objective> {
        Arc::clone(&self.objective)
    }

    /// The known constants.
    #[must_use]
    pub fn constants(&self) -> &[Known] {
        &self.known
    }

    /// Whether the function is known to be closed and convex.
    #[must_use]
    pub const fn is_closed_convex(&self) -> bool {
        self.convex
    }

    /// An unconstrained minimiser and the minimum, if known.
    #[must_use]
    pub fn minimum(&self) -> Option<(&Array1<f64>, f64)> {
        self.minimum.as_ref().map(|(point, value)| (point, *value))
    }
}
