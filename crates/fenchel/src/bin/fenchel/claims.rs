//! `fenchel claims`: what is claimed and by which criteria it is decided, before anything is run.

use std::process::ExitCode;

use clap::Args;
use fenchel_experiments::REGISTRY;
use fenchel_harness::figure::plain;
use fenchel_harness::number::counted;
use fenchel_harness::{Claim, Failure};
use serde_json::{Value, json};

use crate::voice::say;

#[derive(Debug, Args)]
pub(crate) struct ClaimsOptions {
    /// Only the claims of these experiments.
    #[arg(value_name = "EXPERIMENT")]
    only: Vec<String>,
    /// As JSON, with the fingerprint of the criteria.
    #[arg(long)]
    json: bool,
}

pub(crate) fn run(options: &ClaimsOptions) -> Result<ExitCode, Failure> {
    let experiments = REGISTRY.select(&options.only)?;
    let claims: Vec<&Claim> = experiments.iter().flat_map(|experiment| experiment.claims()).collect();
    // Of all experiments, as sessions note it.
    let criteria = REGISTRY.criteria();
    if options.json {
        let all: Vec<Value> = claims.iter().map(|claim| as_json(claim)).collect();
        say!("{}", serde_json::to_string_pretty(&json!({ "criteria": criteria, "claims": all }))?);
        return Ok(ExitCode::SUCCESS);
    }
    for claim in &claims {
        say!("{} ({}): {}", claim.id, claim.kind.words(), plain(&claim.to_string()));
        for condition in claim.conditions {
            say!("    {}", plain(&condition.to_string()));
        }
    }
    say!("\n{}; the criteria of all experiments: {criteria}", counted(claims.len(), "claim"));
    Ok(ExitCode::SUCCESS)
}

/// The claim as it is declared, with each criterion also in words.
fn as_json(claim: &Claim) -> Value {
    let mut value = json!(claim);
    for (condition, own) in
        claim.conditions.iter().zip(value["conditions"].as_array_mut().into_iter().flatten())
    {
        own["words"] = plain(&condition.to_string()).into();
    }
    value
}
