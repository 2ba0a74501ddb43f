//! The script of `fenchel plan --format slurm`: an array of workers, and the report when they are done.

use super::cluster::{Cluster, PARTITION};
use super::deaths::Engine;
use super::said;
use std::path::Path;

/// The jobs are the controller's; nothing of ours stays.
pub(super) struct Slurm;

impl Engine for Slurm {
    const FORMAT: &'static str = "slurm";

    fn start(cluster: &Cluster, script: &Path) -> Result<(Self, String), String> {
        let mut start = cluster.command("sh");
        start.arg(script).arg(format!("--partition={PARTITION}")).current_dir(cluster.folder());
        let started = said(&mut start).ok_or("sbatch refused the script")?;
        Ok((Self, format!("the script: {}", started.trim().replace('\n', ", "))))
    }

    fn has_ended(&mut self, cluster: &Cluster) -> Result<bool, String> {
        let queue = said(cluster.command("squeue").args(["-h", "-o", "%i %T"]));
        Ok(queue.is_some_and(|text| text.trim().is_empty()))
    }
}
