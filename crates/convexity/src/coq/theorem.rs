//! A theorem about expressions: definitions of what occurs more than once, a conjunction of inequalities,
//! and its proof.

use super::precision::lost_bits;
use crate::ConvexityError;
use crate::number::{Binding, Branch, Expression, Function, Number, PreciseInterval, Sign, Term};
use std::collections::{HashMap, HashSet};
use std::fmt::Write;

/// How an expression compares with zero.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Relation {
    Positive,
    Negative,
    Zero,
    NonNegative,
}

impl Relation {
    /// What a decided sign says; nothing where it is undecided.
    pub(super) const fn of_sign(sign: Sign) -> Option<Self> {
        match sign {
            Sign::Negative => Some(Self::Negative),
            Sign::Zero => Some(Self::Zero),
            Sign::Positive => Some(Self::Positive),
            Sign::Undecided => None,
        }
    }

    fn write(self, text: &str) -> String {
        match self {
            Self::Positive => format!("0 < {text}"),
            Self::Negative => format!("{text} < 0"),
            // Two inequalities, as `interval` proves no equation.
            Self::Zero => format!("0 <= {text} <= 0"),
            Self::NonNegative => format!("0 <= {text}"),
        }
    }
}

/// Inequalities that belong together.
pub(super) struct Section {
    pub(super) title: &'static str,
    pub(super) facts: Vec<(Expression, Relation)>,
}

impl Section {
    /// The conditions under which the pieces written are the function.
    pub(super) fn of_branches(branches: Vec<Branch>) -> Self {
        let facts = branches
            .into_iter()
            .filter_map(|branch| Some((branch.condition, Relation::of_sign(branch.sign)?)))
            .collect();
        Self { title: "the branches taken", facts }
    }
}

/// A theorem to be written.
pub(super) struct Theorem<'a> {
    /// What the file says in words, line by line.
    pub(super) header: Vec<String>,
    pub(super) name: &'static str,
    /// The variables with their bounds; none at points.
    pub(super) variables: Vec<(String, Expression, Expression)>,
    pub(super) sections: Vec<Section>,
    /// The function's name, for errors.
    pub(super) function: &'a str,
}

impl Theorem<'_> {
    /// The file.
    ///
    /// # Errors
    ///
    /// [`ConvexityError::NoExpression`] if an expression is a refusal.
    pub(super) fn write(self) -> Result<String, ConvexityError> {
        let mut nodes = Nodes::default();
        let mut stated = HashSet::new();
        let mut sections: Vec<(&str, Vec<(usize, Relation)>)> = Vec::new();
        for section in self.sections {
            let mut facts = Vec::new();
            for (expression, relation) in section.facts {
                if let Some(reason) = expression.refusal() {
                    return Err(ConvexityError::NoExpression { name: self.function.into(), reason });
                }
                let place = nodes.insert(&expression);
                if stated.insert((place, relation)) {
                    facts.push((place, relation));
                }
            }
            sections.push((section.title, facts));
        }
        // The conclusion stands last.
        let mut defined = nodes.definedness();
        defined.retain(|fact| stated.insert(*fact));
        let title = "logarithms, roots and quotients are defined";
        sections.insert(sections.len().saturating_sub(1), (title, defined));
        sections.retain(|(_, facts)| !facts.is_empty());

        let parameters: Vec<&str> = self.variables.iter().map(|(name, ..)| name.as_str()).collect();
        let mut text = String::new();
        for line in self.header.iter().flat_map(|paragraph| paragraph.lines()) {
            let _ = writeln!(text, "{}", comment(line));
        }
        text.push_str(
            "\nRequire Import Reals.\nFrom Interval Require Import Tactic.\nOpen Scope R_scope.\n\n",
        );
        let roots: Vec<usize> = sections.iter().flat_map(|(_, facts)| facts.iter().map(|f| f.0)).collect();
        let names = nodes.definitions(&roots);
        let arguments =
            if parameters.is_empty() { String::new() } else { format!(" ({} : R)", parameters.join(" ")) };
        for (place, name) in nodes.named(&names) {
            let body = nodes.body(place, &names, &parameters);
            let about = nodes.about(place).map_or(String::new(), |value| format!(" (* {value:e} *)"));
            let _ = writeln!(text, "Definition {name}{arguments} : R := {body}.{about}");
        }
        let _ = writeln!(text, "\nTheorem {} :", self.name);
        for (name, lower, upper) in &self.variables {
            let _ = writeln!(text, "  forall {name} : R, {lower} <= {name} <= {upper} ->");
        }
        let last = sections.len().saturating_sub(1);
        for (k, (title, facts)) in sections.iter().enumerate() {
            let _ = writeln!(text, "  {}", comment(title));
            for (i, (place, relation)) in facts.iter().enumerate() {
                let end = if k == last && i + 1 == facts.len() { "." } else { " /\\" };
                let statement = relation.write(&nodes.text(*place, &names, &parameters).0);
                let _ = writeln!(text, "  {statement}{end}");
            }
        }
        text.push_str("Proof.\n");
        if !parameters.is_empty() {
            let hypotheses: Vec<String> = parameters.iter().map(|x| format!("{x} H_{x}")).collect();
            let _ = writeln!(text, "  intros {}.", hypotheses.join(" "));
        }
        let unfold: Vec<&str> = nodes.named(&names).map(|(_, name)| name).collect();
        if !unfold.is_empty() {
            let _ = writeln!(text, "  cbv beta delta [{}].", unfold.join(" "));
        }
        let attempts = if parameters.is_empty() {
            at_points(lost_bits(&nodes.terms, &nodes.enclosures))
        } else {
            on_boxes(&parameters)
        };
        let _ = writeln!(
            text,
            "  repeat apply conj.\n  all: first\n    [ {} ].\nQed.",
            attempts.join("\n    | ")
        );
        Ok(text)
    }
}

/// A line of comment. Coq reads nested comments and strings inside one, which must not begin or end there.
fn comment(line: &str) -> String {
    if line.is_empty() {
        return String::new();
    }
    format!("(* {} *)", line.replace('"', "'").replace("(*", "( *").replace("*)", "* )"))
}

/// At points no splitting helps, only precision: what the terms lose by cancellation, and more if that was
/// too little.
fn at_points(lost: u32) -> Vec<String> {
    let bits = (64 + lost).next_multiple_of(32).max(128);
    [1, 2, 4].iter().map(|factor| format!("interval with (i_prec {})", factor * bits)).collect()
}

/// On boxes: splitting, with slopes in one variable after the other, and in one variable with Taylor's
/// formula.
fn on_boxes(variables: &[&str]) -> Vec<String> {
    let split: Vec<String> = variables.iter().map(|x| format!("i_bisect {x}")).collect();
    let split = format!("i_prec 64, {}", split.join(", "));
    let mut attempts = vec![format!("interval with ({split})")];
    attempts.extend(variables.iter().map(|x| format!("interval with ({split}, i_autodiff {x}, i_depth 20)")));
    if let [x] = variables {
        attempts.push(format!("interval with ({split}, i_taylor {x}, i_depth 20)"));
    }
    attempts
}

/// The operations of some expressions, operands first, equal ones once.
#[derive(Default)]
struct Nodes {
    terms: Vec<Term<usize>>,
    enclosures: Vec<PreciseInterval>,
    places: HashMap<Term<usize>, usize>,
    seen: HashMap<usize, usize>,
}

impl Nodes {
    fn insert(&mut self, expression: &Expression) -> usize {
        if let Some(&place) = self.seen.get(&expression.address()) {
            return place;
        }
        let term = expression.term().map(|operand| self.insert(operand));
        let place = *self.places.entry(term.clone()).or_insert_with(|| {
            self.terms.push(term);
            self.enclosures.push(expression.enclosure().clone());
            self.terms.len() - 1
        });
        self.seen.insert(expression.address(), place);
        place
    }

    /// What must hold for the terms to be defined.
    fn definedness(&self) -> Vec<(usize, Relation)> {
        let conditions = self.terms.iter().filter_map(|term| match term {
            Term::Apply(Function::Ln, a) => Some((*a, Relation::Positive)),
            Term::Apply(Function::Sqrt, a) => Some((*a, Relation::NonNegative)),
            // Unequal to zero, or it would have been refused.
            Term::Quotient(_, b) => Some((*b, Relation::of_sign(self.enclosures[*b].sign())?)),
            Term::Apply(Function::Exp | Function::Abs | Function::Sin | Function::Cos, _)
            | Term::Constant(_)
            | Term::Variable(_)
            | Term::Named(..)
            | Term::Negative(_)
            | Term::Sum(..)
            | Term::Difference(..)
            | Term::Product(..)
            | Term::Power(..)
            | Term::Refused(_) => None,
        });
        conditions.filter(|(place, _)| !matches!(self.terms[*place], Term::Constant(_))).collect()
    }

    /// The names of what is defined: what has one, and what occurs more than once.
    fn definitions(&self, roots: &[usize]) -> Vec<Option<String>> {
        let mut uses = vec![0_usize; self.terms.len()];
        roots
            .iter()
            .copied()
            .chain(self.terms.iter().flat_map(|term| term.operands().into_iter().copied()))
            .for_each(|place| uses[place] += 1);
        let mut count = 0;
        self.terms
            .iter()
            .zip(uses)
            .map(|(term, uses)| match term {
                Term::Named(name, _) => Some(name.clone()),
                Term::Constant(_) | Term::Variable(_) | Term::Refused(_) => None,
                Term::Negative(_)
                | Term::Sum(..)
                | Term::Difference(..)
                | Term::Product(..)
                | Term::Quotient(..)
                | Term::Power(..)
                | Term::Apply(..) => (uses > 1).then(|| {
                    count += 1;
                    format!("t_{count}")
                }),
            })
            .collect()
    }

    fn named<'a>(&self, names: &'a [Option<String>]) -> impl Iterator<Item = (usize, &'a str)> {
        names.iter().enumerate().filter_map(|(place, name)| Some((place, name.as_deref()?)))
    }

    /// The f64 that a name stands for, to be read.
    fn about(&self, place: usize) -> Option<f64> {
        let Term::Named(_, a) = &self.terms[place] else { return None };
        let Term::Constant(bits) = &self.terms[*a] else { return None };
        Some(f64::from_bits(*bits))
    }

    /// The text of a node where it is used.
    fn text(&self, place: usize, names: &[Option<String>], parameters: &[&str]) -> (String, Binding) {
        match &names[place] {
            Some(name) if parameters.is_empty() => (name.clone(), Binding::Word),
            Some(name) => (format!("{name} {}", parameters.join(" ")), Binding::Application),
            None => self.terms[place].write(|operand| self.text(*operand, names, parameters)),
        }
    }

    /// The text of a node where it is defined.
    fn body(&self, place: usize, names: &[Option<String>], parameters: &[&str]) -> String {
        match &self.terms[place] {
            Term::Named(_, a) => self.text(*a, names, parameters).0,
            term => term.write(|operand| self.text(*operand, names, parameters)).0,
        }
    }
}
