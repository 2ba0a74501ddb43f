//! What an expression becomes.
//!
//! Operands with operators of their own are put into parentheses, since another operator may bind otherwise,
//! and values that may be behind a reference are cloned, so that the change has the type of the expression.
//! What still has another type is found by the compiler and put aside.

use super::Finder;
use crate::kinds::Kind;
use crate::knowledge::{Constant, SMALL};
use syn::spanned::Spanned;
use syn::{BinOp, Expr, ExprBinary, ExprMethodCall, Lit, RangeLimits, UnOp};

/// Methods that stand for each other.
const PAIRS: [(&str, &str, Kind); 12] = [
    ("max", "min", Kind::Extremes),
    ("lo", "hi", Kind::Extremes),
    ("floor", "ceil", Kind::Extremes),
    ("first", "last", Kind::Extremes),
    ("next_up", "next_down", Kind::Extremes),
    ("exp", "exp_m1", Kind::Exponents),
    ("ln", "ln_1p", Kind::Exponents),
    ("sin", "cos", Kind::Exponents),
    ("sinh", "cosh", Kind::Exponents),
    ("any", "all", Kind::Logic),
    ("is_some", "is_none", Kind::Logic),
    ("is_ok", "is_err", Kind::Logic),
];

/// What stands for `name`, and the kind of that change.
fn partner(name: &str) -> Option<(&'static str, Kind)> {
    PAIRS.into_iter().find_map(|(one, other, kind)| {
        if name == one {
            Some((other, kind))
        } else if name == other {
            Some((one, kind))
        } else {
            None
        }
    })
}

impl Finder<'_> {
    /// Notes the changes of this expression, not of its parts.
    pub(super) fn replace(&mut self, expression: &Expr) {
        match expression {
            Expr::Binary(binary) => self.binary(binary),
            Expr::Unary(unary) => match unary.op {
                // Twice the minus rather than none: the type stays that of the negated value.
                UnOp::Neg(_) => {
                    self.change(expression, Kind::Signs, format!("-{}", self.operand(expression)));
                }
                UnOp::Not(_) => {
                    self.change(expression, Kind::Logic, format!("!{}", self.operand(expression)));
                }
                // A dereference has no opposite; nor have operators yet to come.
                _ => {}
            },
            Expr::Lit(literal) => self.literal(expression, &literal.lit),
            Expr::MethodCall(call) => self.method(call),
            Expr::Call(call) => {
                if let Expr::Path(path) = &*call.func
                    && let Some(last) = path.path.segments.last()
                {
                    let name = last.ident.to_string();
                    let constructor =
                        path.path.segments.iter().rev().nth(1).is_some_and(|s| s.ident == "Hypothesis");
                    if (constructor && name != "known") || self.knowledge.hypotheses.contains(&name) {
                        self.meet(expression);
                    }
                }
            }
            Expr::Try(attempt) => {
                let name = match &*attempt.expr {
                    Expr::Call(call) => match &*call.func {
                        Expr::Path(path) => path.path.segments.last().map(|last| last.ident.to_string()),
                        // The function is computed, so that nothing is known of it.
                        _ => None,
                    },
                    Expr::MethodCall(call) => Some(call.method.to_string()),
                    // No call.
                    _ => None,
                };
                if name.is_some_and(|name| self.knowledge.fallible_hypotheses.contains(&name)) {
                    self.meet(expression);
                }
            }
            Expr::Path(path) => self.path(expression, &path.path),
            Expr::Range(range) => {
                if let Some(end) = range.end.as_deref().filter(|end| !matches!(end, Expr::Lit(_))) {
                    let sign = match range.limits {
                        RangeLimits::HalfOpen(_) => '+',
                        RangeLimits::Closed(_) => '-',
                    };
                    self.change(end, Kind::Extremes, format!("{} {sign} 1", self.operand(end)));
                }
            }
            Expr::If(branch) => self.condition(&branch.cond),
            Expr::While(round) => self.condition(&round.cond),
            // All others have no change of their own; their parts are walked.
            _ => {}
        }
    }

    /// The text of an expression, in parentheses unless it binds more closely than any operator.
    fn operand(&self, expression: &Expr) -> String {
        let text = self.source(expression);
        if matches!(
            expression,
            Expr::Path(_)
                | Expr::Lit(_)
                | Expr::Paren(_)
                | Expr::Field(_)
                | Expr::Index(_)
                | Expr::Call(_)
                | Expr::MethodCall(_)
        ) {
            text.to_owned()
        } else {
            format!("({text})")
        }
    }

    /// A condition that is no comparison, negated.
    pub(super) fn condition(&mut self, condition: &Expr) {
        if matches!(condition, Expr::Call(_) | Expr::MethodCall(_) | Expr::Path(_) | Expr::Field(_)) {
            self.change(condition, Kind::Logic, format!("!{}", self.operand(condition)));
        }
    }

    fn binary(&mut self, binary: &ExprBinary) {
        let (others, kind): (&[&str], Kind) = match binary.op {
            BinOp::Add(_) => (&["-"], Kind::Signs),
            BinOp::Sub(_) => (&["+"], Kind::Signs),
            BinOp::Mul(_) => (&["/"], Kind::Signs),
            BinOp::Div(_) => (&["*"], Kind::Signs),
            BinOp::AddAssign(_) => (&["-="], Kind::Signs),
            BinOp::SubAssign(_) => (&["+="], Kind::Signs),
            BinOp::MulAssign(_) => (&["/="], Kind::Signs),
            BinOp::DivAssign(_) => (&["*="], Kind::Signs),
            BinOp::Lt(_) => (&["<=", ">="], Kind::Comparisons),
            BinOp::Le(_) => (&["<", ">"], Kind::Comparisons),
            BinOp::Gt(_) => (&[">=", "<="], Kind::Comparisons),
            BinOp::Ge(_) => (&[">", "<"], Kind::Comparisons),
            BinOp::Eq(_) => (&["!="], Kind::Comparisons),
            BinOp::Ne(_) => (&["=="], Kind::Comparisons),
            BinOp::And(_) => (&["||"], Kind::Logic),
            BinOp::Or(_) => (&["&&"], Kind::Logic),
            // Remainders, bits and shifts: indices and hashes, which other changes reach.
            _ => (&[], Kind::Signs),
        };
        if kind == Kind::Logic {
            self.condition(&binary.left);
            self.condition(&binary.right);
            // A chain of `let` cannot leave its condition.
            if has_let(&binary.left) || has_let(&binary.right) {
                return;
            }
        }
        for other in others {
            let text = format!("{} {other} {}", self.operand(&binary.left), self.operand(&binary.right));
            self.change(binary, kind, text);
        }
    }

    fn literal(&mut self, expression: &Expr, literal: &Lit) {
        let text = self.source(expression).to_owned();
        let kind = if self.in_exponent { Kind::Exponents } else { Kind::Constants };
        match literal {
            Lit::Float(float) => self.float(expression, float.base10_parse().unwrap_or(1.0), &text),
            Lit::Int(int) if int.suffix().starts_with('f') => {
                let value = int.base10_digits().parse().unwrap_or(1.0);
                self.float(expression, value, &text);
            }
            Lit::Int(int) => {
                let Ok(value) = int.base10_parse::<u128>() else { return };
                self.change(expression, kind, format!("{}{}", value.saturating_add(1), int.suffix()));
                if value > 0 {
                    self.change(expression, kind, format!("{}{}", value - 1, int.suffix()));
                }
            }
            Lit::Bool(value) => self.change(expression, Kind::Logic, (!value.value).to_string()),
            // Texts are messages and names.
            _ => {}
        }
    }

    fn float(&mut self, expression: &Expr, value: f64, text: &str) {
        let kind = if self.in_exponent { Kind::Exponents } else { Kind::Constants };
        if value == 0.0 {
            self.change(expression, kind, format!("{text} + 0.01"));
        } else if value < SMALL {
            self.change(expression, Kind::Allowances, format!("{text} * 1e6"));
        } else {
            self.change(expression, kind, format!("1.01 * {text}"));
            // Beyond, adding one changes less than a hundredth.
            if value < 100.0 {
                self.change(expression, kind, format!("{text} + 1.0"));
            }
        }
    }

    fn method(&mut self, call: &ExprMethodCall) {
        let name = call.method.to_string();
        if let Some((other, kind)) = partner(&name) {
            let (whole, method) = (call.span().byte_range(), call.method.span().byte_range());
            let text = format!(
                "{}{other}{}",
                &self.text[whole.start..method.start],
                &self.text[method.end..whole.end]
            );
            self.change(call, kind, text);
        }
        let dropped = match name.as_str() {
            "abs" => Some(Kind::Signs),
            "sqrt" | "square" | "recip" => Some(Kind::Exponents),
            // Other functions are not left out.
            _ => None,
        };
        if let Some(kind) = dropped.filter(|_| call.args.is_empty()) {
            self.change(call, kind, format!("{}.clone()", self.operand(&call.receiver)));
        }
        if let Some(exponent) = call.args.first().filter(|argument| !matches!(argument, Expr::Lit(_))) {
            let text = self.operand(exponent);
            match name.as_str() {
                "powf" => self.change(exponent, Kind::Exponents, format!("1.01 * {text}")),
                "powi" => self.change(exponent, Kind::Exponents, format!("{text} + 1")),
                // No power.
                _ => {}
            }
        }
    }

    fn path(&mut self, expression: &Expr, path: &syn::Path) {
        let names: Vec<String> = path.segments.iter().map(|segment| segment.ident.to_string()).collect();
        let Some((last, before)) = names.split_last() else { return };
        let of_float = before.last().is_some_and(|kind| kind == "f64" || kind == "f32");
        let text = self.source(expression).to_owned();
        let renamed =
            |other: &str| format!("{}{other}", text.strip_suffix(last.as_str()).unwrap_or_default());
        match last.as_str() {
            "INFINITY" if of_float => self.change(expression, Kind::Extremes, renamed("NEG_INFINITY")),
            "NEG_INFINITY" if of_float => self.change(expression, Kind::Extremes, renamed("INFINITY")),
            "max" if of_float => self.change(expression, Kind::Extremes, renamed("min")),
            "min" if of_float => self.change(expression, Kind::Extremes, renamed("max")),
            "EPSILON" | "MIN_POSITIVE" if of_float => {
                self.change(expression, Kind::Allowances, format!("{text} * 1e6"));
            }
            name => match self.knowledge.constants.get(name) {
                Some(Constant::Allowance) => {
                    self.change(expression, Kind::Allowances, format!("{text} * 1e6"));
                }
                Some(Constant::Float) => {
                    self.change(expression, Kind::Constants, format!("1.01 * {text}"));
                    self.change(expression, Kind::Constants, format!("{text} + 1.0"));
                }
                Some(Constant::Integer) => {
                    self.change(expression, Kind::Constants, format!("{text} + 1"));
                    self.change(expression, Kind::Constants, format!("{text} - 1"));
                }
                None => {}
            },
        }
    }

    /// A hypothesis in place of this one that is always met.
    fn meet(&mut self, expression: &Expr) {
        if let Some(path) = &self.knowledge.hypothesis {
            let text = format!("{path}::known(\"of a mutant\")");
            self.change(expression, Kind::Hypotheses, text);
        }
    }
}

/// Whether a chain of conditions binds names.
fn has_let(expression: &Expr) -> bool {
    match expression {
        Expr::Let(_) => true,
        Expr::Binary(binary) => has_let(&binary.left) || has_let(&binary.right),
        // A `let` binds only in the chain itself.
        _ => false,
    }
}
