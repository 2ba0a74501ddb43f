//! The crate against its catalogue, as tables in Markdown: docs/catalogue.md.
//!
//! `cargo run --release -p fenchel-convexity --example catalogue_table > docs/catalogue.md`
//!
//! Two numbers may follow (`... --example catalogue_table -- 20000 2000`): the evaluations for each tight constant from seeds 0 to 9, and for each
//! known constant from seeds 10 to 99. Everything depends on seeds only, so that another run prints the same tables.
#![allow(clippy::print_stdout)]

mod estimates;
mod falsifier;
mod rates;

use fenchel_convexity::ConvexityError;

fn main() -> Result<(), ConvexityError> {
    let mut numbers = std::env::args().skip(1).filter_map(|text| text.parse().ok());
    let (long, short) = (numbers.next().unwrap_or(20_000), numbers.next().unwrap_or(2000));
    println!("# The catalogue, measured\n");
    println!(
        "Written by `cargo run --release -p fenchel-convexity --example catalogue_table -- {long} {short} > docs/catalogue.md`."
    );
    println!("Do not edit: run it again. The same seeds give the same tables on any number of threads.\n");
    falsifier::print(long, short)?;
    estimates::print()?;
    rates::print()
}
