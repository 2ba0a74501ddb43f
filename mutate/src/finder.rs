//! Where a file can be changed: the walk through its functions.
//!
//! Left alone are tests, documentation, types, patterns, declarations of constants, constant functions (the
//! switch cannot be asked before the program runs), lengths of arrays, and the arguments of macros other than
//! `vec!`.

mod replacements;

#[cfg(test)]
mod tests;

use crate::kinds::Kind;
use crate::knowledge::{Knowledge, for_tests};
use std::cmp::Reverse;
use std::collections::{BTreeMap, HashMap};
use std::ops::Range;
use syn::parse::ParseStream;
use syn::punctuated::Punctuated;
use syn::spanned::Spanned;
use syn::visit::{self, Visit};
use syn::{Block, Expr, Stmt, Token};

/// One change.
#[derive(Clone, Debug)]
pub(crate) struct Mutant {
    /// What sort of change.
    pub(crate) kind: Kind,
    /// The text in place of the site's.
    pub(crate) replacement: String,
    /// The function that it stands in.
    pub(crate) function: String,
    /// The site's text, its white space reduced.
    pub(crate) expression: String,
    /// The how-manieth such change of such an expression in the function, from 1.
    pub(crate) nth: usize,
    /// The line of the site, from 1.
    pub(crate) line: usize,
}

/// A piece of a file and its changes.
#[derive(Clone, Debug)]
pub(crate) struct Site {
    /// The bytes of the piece.
    pub(crate) range: Range<usize>,
    /// Whether it is a statement, which may vanish, or an expression with a value.
    pub(crate) statement: bool,
    /// The changes, at least one.
    pub(crate) mutants: Vec<Mutant>,
}

/// The sites of a file, an outer one before those within it.
pub(crate) fn find(text: &str, file: &syn::File, knowledge: &Knowledge) -> Vec<Site> {
    let mut finder = Finder {
        text,
        knowledge,
        scope: Vec::new(),
        depth: 0,
        in_exponent: false,
        sites: BTreeMap::new(),
        counts: HashMap::new(),
    };
    finder.visit_file(file);
    finder.sites.into_values().collect()
}

struct Finder<'a> {
    text: &'a str,
    knowledge: &'a Knowledge,
    /// The modules, types and functions around.
    scope: Vec<String>,
    /// How many functions are around; outside of any nothing is changed.
    depth: usize,
    /// Within the argument of a power.
    in_exponent: bool,
    sites: BTreeMap<(usize, Reverse<usize>), Site>,
    counts: HashMap<(String, String, String), usize>,
}

impl Finder<'_> {
    fn source(&self, node: &impl Spanned) -> &str {
        &self.text[node.span().byte_range()]
    }

    /// Notes a change of the piece of text that `node` covers.
    fn change(&mut self, node: &impl Spanned, kind: Kind, replacement: impl Into<String>) {
        self.note(node.span().byte_range(), false, kind, replacement.into());
    }

    fn note(&mut self, range: Range<usize>, statement: bool, kind: Kind, replacement: String) {
        if self.depth == 0 {
            return;
        }
        let expression = reduced(&self.text[range.clone()]);
        let function = self.scope.join("::");
        let key = (function.clone(), expression.clone(), reduced(&replacement));
        let nth = self.counts.entry(key).and_modify(|count| *count += 1).or_insert(1);
        let line = self.text[..range.start].matches('\n').count() + 1;
        let mutant = Mutant { kind, replacement, function, expression, nth: *nth, line };
        let key = (range.start, Reverse(range.end));
        let site = self.sites.entry(key).or_insert(Site { range, statement, mutants: Vec::new() });
        site.mutants.push(mutant);
    }

    /// Walks a function's body, unless the function is constant or a test.
    fn function(&mut self, signature: &syn::Signature, attributes: &[syn::Attribute], body: &Block) {
        if signature.constness.is_some() || for_tests(attributes) {
            return;
        }
        self.scope.push(signature.ident.to_string());
        self.depth += 1;
        self.visit_block(body);
        self.depth -= 1;
        self.scope.pop();
    }
}

impl Visit<'_> for Finder<'_> {
    fn visit_item_fn(&mut self, item: &syn::ItemFn) {
        self.function(&item.sig, &item.attrs, &item.block);
    }

    fn visit_impl_item_fn(&mut self, item: &syn::ImplItemFn) {
        self.function(&item.sig, &item.attrs, &item.block);
    }

    fn visit_trait_item_fn(&mut self, item: &syn::TraitItemFn) {
        if let Some(body) = &item.default {
            self.function(&item.sig, &item.attrs, body);
        }
    }

    fn visit_item_mod(&mut self, item: &syn::ItemMod) {
        if for_tests(&item.attrs) {
            return;
        }
        self.scope.push(item.ident.to_string());
        visit::visit_item_mod(self, item);
        self.scope.pop();
    }

    fn visit_item_impl(&mut self, item: &syn::ItemImpl) {
        if for_tests(&item.attrs) {
            return;
        }
        let own = reduced(self.source(&item.self_ty));
        let name = match &item.trait_ {
            Some((path, _)) => format!("<{own} as {}>", reduced(self.source(path))),
            None => own,
        };
        self.scope.push(name);
        visit::visit_item_impl(self, item);
        self.scope.pop();
    }

    fn visit_item_trait(&mut self, item: &syn::ItemTrait) {
        self.scope.push(item.ident.to_string());
        visit::visit_item_trait(self, item);
        self.scope.pop();
    }

    // What must be known to the compiler is no place for a switch.
    fn visit_item_const(&mut self, _: &syn::ItemConst) {}
    fn visit_item_static(&mut self, _: &syn::ItemStatic) {}
    fn visit_impl_item_const(&mut self, _: &syn::ImplItemConst) {}
    fn visit_trait_item_const(&mut self, _: &syn::TraitItemConst) {}
    fn visit_expr_const(&mut self, _: &syn::ExprConst) {}
    fn visit_attribute(&mut self, _: &syn::Attribute) {}
    fn visit_generics(&mut self, _: &syn::Generics) {}
    fn visit_path_arguments(&mut self, _: &syn::PathArguments) {}
    fn visit_type(&mut self, _: &syn::Type) {}

    fn visit_pat(&mut self, pattern: &syn::Pat) {
        if let syn::Pat::Guard(guarded) = pattern {
            self.condition(&guarded.guard);
            self.visit_expr(&guarded.guard);
        }
    }

    fn visit_expr_repeat(&mut self, repeat: &syn::ExprRepeat) {
        self.visit_expr(&repeat.expr);
    }

    fn visit_block(&mut self, block: &Block) {
        for (i, statement) in block.stmts.iter().enumerate() {
            self.statement(statement, i + 1 == block.stmts.len());
        }
        visit::visit_block(self, block);
    }

    fn visit_macro(&mut self, call: &syn::Macro) {
        if !call.path.is_ident("vec") {
            return;
        }
        let list = |input: ParseStream<'_>| Punctuated::<Expr, Token![,]>::parse_terminated(input);
        let repeated = |input: ParseStream<'_>| {
            let entry: Expr = input.parse()?;
            input.parse::<Token![;]>()?;
            Ok([entry, input.parse()?])
        };
        // The walk through pieces that were parsed here cannot last longer than they do.
        if let Ok(entries) = call.parse_body_with(list) {
            entries.iter().for_each(|entry| Visit::visit_expr(self, entry));
        } else if let Ok(parts) = call.parse_body_with(repeated) {
            parts.iter().for_each(|part| Visit::visit_expr(self, part));
        }
    }

    fn visit_expr(&mut self, expression: &Expr) {
        self.replace(expression);
        if let Expr::MethodCall(call) = expression {
            self.visit_expr(&call.receiver);
            let around = self.in_exponent;
            self.in_exponent = call.method == "powi" || call.method == "powf";
            call.args.iter().for_each(|argument| self.visit_expr(argument));
            self.in_exponent = around;
        } else {
            visit::visit_expr(self, expression);
        }
    }
}

impl Finder<'_> {
    /// Checks and early returns that can be left out.
    fn statement(&mut self, statement: &Stmt, last: bool) {
        let range = statement.span().byte_range();
        match statement {
            // A value that nobody takes: the statement is there for the error.
            Stmt::Expr(Expr::Try(_), Some(_)) => self.note(range, true, Kind::Checks, String::new()),
            Stmt::Expr(Expr::If(branch), _)
                if branch.else_branch.is_none() && leaves(&branch.then_branch) =>
            {
                self.note(range, true, Kind::Checks, String::new());
            }
            Stmt::Expr(Expr::Call(call), None) if last && is_requirement(&call.func) => {
                self.note(range, false, Kind::Checks, "Ok(())".into());
            }
            Stmt::Expr(Expr::MethodCall(call), None)
                if last && call.method.to_string().starts_with("require_") =>
            {
                self.note(range, false, Kind::Checks, "Ok(())".into());
            }
            Stmt::Expr(..) | Stmt::Local(_) | Stmt::Item(_) | Stmt::Macro(_) => {}
        }
    }
}

/// Whether a block ends by leaving the function or the round of the loop.
fn leaves(block: &Block) -> bool {
    matches!(block.stmts.last(), Some(Stmt::Expr(Expr::Return(_) | Expr::Continue(_), _)))
}

fn is_requirement(function: &Expr) -> bool {
    matches!(function, Expr::Path(path)
        if path.path.segments.last().is_some_and(|last| last.ident.to_string().starts_with("require_")))
}

/// The text with every run of white space as one blank.
pub(crate) fn reduced(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}
