//! The Snakefile of `fenchel plan --format snakemake`, by Snakemake and its plugin for Slurm, both from PyPI.

use super::cluster::{self, Cluster, PARTITION};
use super::deaths::Engine;
use super::said;
use crate::workspace;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command};

/// How often a user starts it again after it gave up.
const STARTS: usize = 5;

/// Where Slurm's programs look for their configuration: Snakemake's job step clears the variable that names another.
const CONFIGURATION: &str = "/etc/slurm/slurm.conf";

fn environment() -> PathBuf {
    workspace::target().join("snakemake")
}

/// Sees to it that Slurm is here, Snakemake in a virtual environment of the build folder, and that the cluster's configuration can
/// be where its job steps look for it.
pub(super) fn install() -> Result<(), String> {
    cluster::install()?;
    if fs::symlink_metadata(CONFIGURATION).is_ok() {
        return Err(format!("this host has a {CONFIGURATION} of its own, which is left alone"));
    }
    let home = environment();
    if said(Command::new(home.join("bin/snakemake")).arg("--version")).is_some() {
        return Ok(());
    }
    println!("installing snakemake and its plugin for Slurm by pip, into {}", home.display());
    let made = said(Command::new("python3").args(["-m", "venv"]).arg(&home));
    let mut pip = Command::new(home.join("bin/pip"));
    pip.args(["install", "--quiet", "snakemake>=9,<10", "snakemake-executor-plugin-slurm>=2,<3"]);
    if made.is_none() || said(&mut pip).is_none() {
        return Err("python3 makes no virtual environment, or pip does not install snakemake there".into());
    }
    Ok(())
}

/// Snakemake at work on the jobs of a Snakefile.
pub(super) struct Snakemake {
    script: PathBuf,
    child: Child,
    starts: usize,
    _configuration: Configuration,
}

impl Engine for Snakemake {
    const FORMAT: &'static str = "snakemake";

    fn start(cluster: &Cluster, script: &Path) -> Result<(Self, String), String> {
        let configuration = Configuration::link(cluster)?;
        let child = snakemake(cluster, script)?;
        let engine = Self { script: script.to_owned(), child, starts: 1, _configuration: configuration };
        Ok((engine, "snakemake is started, with Slurm as its executor".to_owned()))
    }

    fn has_ended(&mut self, cluster: &Cluster) -> Result<bool, String> {
        let Some(status) = self.child.try_wait().map_err(|error| error.to_string())? else {
            return Ok(false);
        };
        if status.success() {
            return Ok(true);
        }
        if self.starts == STARTS {
            return Err(format!("snakemake gave up {STARTS} times"));
        }
        println!("          snakemake gave up ({status}); the same command again, as its user would");
        self.child = snakemake(cluster, &self.script)?;
        self.starts += 1;
        Ok(false)
    }
}

impl Drop for Snakemake {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn snakemake(cluster: &Cluster, script: &Path) -> Result<Child, String> {
    let bin = environment().join("bin");
    let path = std::env::var("PATH").unwrap_or_default();
    let mut command = cluster.command(&bin.join("snakemake").display().to_string());
    command.env("PATH", format!("{}:{path}", bin.display())).current_dir(cluster.folder());
    command.arg("--snakefile").arg(script).args(["--executor", "slurm", "--jobs", "2", "--rerun-incomplete"]);
    command.arg("--default-resources").arg(format!("slurm_partition={PARTITION}"));
    // There is no accounting to ask; and two seconds are long here.
    command.args(["--slurm-status-command", "squeue", "--slurm-init-seconds-before-status-checks", "3"]);
    command.args(["--seconds-between-status-checks", "3", "--latency-wait", "20"]);
    cluster.daemon(&mut command, "snakemake")
}

/// The link to the cluster's configuration, for as long as it is needed.
struct Configuration;

impl Configuration {
    fn link(cluster: &Cluster) -> Result<Self, String> {
        let folder = Path::new(CONFIGURATION).parent().expect("a file of a folder");
        fs::create_dir_all(folder).map_err(|error| format!("{}: {error}", folder.display()))?;
        let mut link = Command::new("ln");
        link.arg("-s").arg(cluster.folder().join("slurm.conf")).arg(CONFIGURATION);
        said(&mut link).map(|_| Self).ok_or_else(|| format!("{CONFIGURATION} cannot be made"))
    }
}

impl Drop for Configuration {
    fn drop(&mut self) {
        let _ = fs::remove_file(CONFIGURATION);
    }
}
