//! What must be known of the whole crate before one of its files is read: constants, hypotheses, tests.

use std::collections::{HashMap, HashSet};
use std::path::{Path, PathBuf};
use syn::visit::{self, Visit};
use syn::{Expr, Item, ReturnType, Type};

/// Below this a constant is taken for an allowance.
pub(crate) const SMALL: f64 = 1e-6;

/// How a named constant is changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Constant {
    /// A float by a hundredth and by one.
    Float,
    /// A float that says what round-off is granted, by a million.
    Allowance,
    /// A count by one, either way.
    Integer,
}

/// What the files of a crate declare.
#[derive(Debug, Default)]
pub(crate) struct Knowledge {
    /// The constants by name. Where two files give one name to two types, the compiler refuses what does not
    /// fit.
    pub(crate) constants: HashMap<String, Constant>,
    /// The functions that return a hypothesis.
    pub(crate) hypotheses: HashSet<String>,
    /// The functions that return a hypothesis or an error.
    pub(crate) fallible_hypotheses: HashSet<String>,
    /// The path of the type `Hypothesis`, if the crate has one.
    pub(crate) hypothesis: Option<String>,
    /// Files that belong to tests: such files, and everything below folders of the same name.
    tests: Vec<PathBuf>,
}

impl Knowledge {
    /// Reads the files of a crate: pairs of a path below `src` and the parsed text.
    pub(crate) fn of<'a>(files: impl Iterator<Item = (&'a Path, &'a syn::File)>) -> Self {
        let mut knowledge = Self::default();
        for (path, file) in files {
            let mut reader = Reader { knowledge: &mut knowledge, path, module: modules(path) };
            reader.visit_file(file);
        }
        knowledge
    }

    /// Whether the file is compiled for tests only.
    pub(crate) fn is_test(&self, path: &Path) -> bool {
        self.tests.iter().any(|module| path.starts_with(module) || path == module.with_extension("rs"))
    }
}

struct Reader<'a> {
    knowledge: &'a mut Knowledge,
    path: &'a Path,
    module: Vec<String>,
}

impl Visit<'_> for Reader<'_> {
    fn visit_item(&mut self, item: &Item) {
        match item {
            Item::Mod(module) if for_tests(&module.attrs) => {
                if module.content.is_none() {
                    self.knowledge.tests.push(folder(self.path).join(module.ident.to_string()));
                }
                return;
            }
            Item::Const(constant) => self.constant(&constant.ident.to_string(), &constant.ty, &constant.expr),
            Item::Struct(item) if item.ident == "Hypothesis" => self.found_hypothesis(),
            Item::Enum(item) if item.ident == "Hypothesis" => self.found_hypothesis(),
            // Other items hold no declarations of interest besides those that the walk comes to.
            _ => {}
        }
        visit::visit_item(self, item);
    }

    fn visit_impl_item_const(&mut self, item: &syn::ImplItemConst) {
        self.constant(&item.ident.to_string(), &item.ty, &item.expr);
    }

    fn visit_signature(&mut self, signature: &syn::Signature) {
        let ReturnType::Type(_, kind) = &signature.output else { return };
        let name = signature.ident.to_string();
        match last_word(kind) {
            Some((word, _)) if word == "Hypothesis" => {
                self.knowledge.hypotheses.insert(name);
            }
            Some((word, Some(inner))) if word == "Result" && inner == "Hypothesis" => {
                self.knowledge.fallible_hypotheses.insert(name);
            }
            Some(_) | None => {}
        }
    }
}

impl Reader<'_> {
    fn constant(&mut self, name: &str, kind: &Type, value: &Expr) {
        let Some((word, _)) = last_word(kind) else { return };
        let constant = match word.as_str() {
            "f64" | "f32" if is_allowance(name, value) => Constant::Allowance,
            "f64" | "f32" => Constant::Float,
            "usize" | "u8" | "u16" | "u32" | "u64" | "isize" | "i8" | "i16" | "i32" | "i64" => {
                Constant::Integer
            }
            // No number.
            _ => return,
        };
        self.knowledge.constants.insert(name.to_owned(), constant);
    }

    fn found_hypothesis(&mut self) {
        let mut path = vec!["crate".to_owned()];
        path.extend(self.module.iter().cloned());
        path.push("Hypothesis".to_owned());
        self.knowledge.hypothesis = Some(path.join("::"));
    }
}

/// A small number, a multiple of machine epsilon, or what is called a tolerance.
fn is_allowance(name: &str, value: &Expr) -> bool {
    let small = match value {
        Expr::Lit(literal) => match &literal.lit {
            syn::Lit::Float(float) => float.base10_parse::<f64>().is_ok_and(|value| value < SMALL),
            // Of the other literals none is a float.
            _ => false,
        },
        Expr::Binary(product) => is_allowance("", &product.left) || is_allowance("", &product.right),
        Expr::Path(path) => path.path.segments.last().is_some_and(|last| last.ident == "EPSILON"),
        // Anything else is judged by its name.
        _ => false,
    };
    small || name.contains("TOLERANCE")
}

/// The last word of a type's path, and the first of its arguments in the same way.
fn last_word(kind: &Type) -> Option<(String, Option<String>)> {
    let Type::Path(path) = kind else { return None };
    let last = path.path.segments.last()?;
    let inner = if let syn::PathArguments::AngleBracketed(arguments) = &last.arguments {
        arguments.args.first().and_then(|argument| match argument {
            syn::GenericArgument::Type(inner) => last_word(inner).map(|(word, _)| word),
            // Lifetimes and constants name no type.
            _ => None,
        })
    } else {
        None
    };
    Some((last.ident.to_string(), inner))
}

/// Whether attributes restrict an item to tests.
pub(crate) fn for_tests(attributes: &[syn::Attribute]) -> bool {
    attributes.iter().any(|attribute| {
        let test = attribute.path().segments.last().is_some_and(|last| last.ident == "test");
        let cfg = attribute.path().is_ident("cfg")
            && attribute.meta.require_list().is_ok_and(|list| {
                let condition = list.tokens.to_string();
                let mut words = condition.split(|letter: char| !letter.is_alphanumeric() && letter != '_');
                !condition.starts_with("not") && words.any(|word| word == "test")
            });
        test || cfg
    })
}

/// The folder of a file's submodules.
fn folder(path: &Path) -> PathBuf {
    let parent = path.parent().unwrap_or(Path::new("")).to_path_buf();
    match path.file_stem().and_then(|stem| stem.to_str()) {
        Some("lib" | "main" | "mod") | None => parent,
        Some(stem) => parent.join(stem),
    }
}

/// The names of the modules that lead to a file.
fn modules(path: &Path) -> Vec<String> {
    folder(path).components().map(|part| part.as_os_str().to_string_lossy().into_owned()).collect()
}
