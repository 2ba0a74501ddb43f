//! A cluster of Slurm on loopback: munge, a controller, two node daemons, all children of this process and all
//! their files in one folder.

use super::said;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

/// The names of the nodes.
pub(super) const NODES: [&str; 2] = ["n1", "n2"];
/// The partition; a name that no engine takes for a word of its own language.
pub(super) const PARTITION: &str = "loop";

/// Sees to it that Slurm and munge are here.
pub(super) fn install() -> Result<(), String> {
    if said(Command::new("id").arg("-u")).is_none_or(|id| id.trim() != "0") {
        return Err("node daemons need root".into());
    }
    let there = || {
        ["slurmctld", "slurmd", "sbatch", "munged"]
            .iter()
            .all(|name| ["/usr/sbin", "/usr/bin"].iter().any(|folder| Path::new(folder).join(name).exists()))
    };
    if there() {
        return Ok(());
    }
    println!("installing slurm-wlm and munge by apt-get");
    let apt = |words: &[&str]| {
        let mut command = Command::new("apt-get");
        command.args(words).env("DEBIAN_FRONTEND", "noninteractive").stdout(Stdio::null());
        command.status().is_ok_and(|status| status.success())
    };
    let packages = ["install", "--yes", "--no-install-recommends", "slurm-wlm", "munge"];
    // The lists of packages may be older than what the archive has.
    if (apt(&packages) || (apt(&["update"]) && apt(&packages))) && there() {
        Ok(())
    } else {
        Err("slurm-wlm and munge are not installed, and apt-get does not install them here".into())
    }
}

/// A running cluster; dropped, it ends with all its daemons.
pub(super) struct Cluster {
    folder: PathBuf,
    munge: Option<Child>,
    controller: Option<Child>,
    nodes: [Option<Child>; 2],
}

impl Cluster {
    /// Starts a cluster in `folder` and waits until its nodes are idle.
    pub(super) fn start(folder: &Path) -> Result<Self, String> {
        for name in ["run", "log", "state", "spool.n1", "spool.n2"] {
            fs::create_dir_all(folder.join(name))
                .map_err(|error| format!("{}: {error}", folder.display()))?;
        }
        let run = folder.join("run");
        said(Command::new("chown").arg("munge:").arg(&run)).ok_or("there is no user munge")?;
        let host = said(&mut Command::new("hostname")).ok_or("this host has no name")?;
        let conf = configuration(folder, host.trim());
        fs::write(folder.join("slurm.conf"), conf).map_err(|error| error.to_string())?;
        let mut cluster =
            Self { folder: folder.to_path_buf(), munge: None, controller: None, nodes: [None, None] };
        let option = |name: &str, file: &str| format!("--{name}={}", run.join(file).display());
        let mut munge = Command::new("runuser");
        munge.args(["-u", "munge", "--", "munged", "--foreground", "--force"]);
        munge.args([option("socket", "munge.socket"), option("pid-file", "munge.pid")]);
        munge.args([option("seed-file", "munge.seed"), option("log-file", "munge.log")]);
        cluster.munge = Some(cluster.daemon(&mut munge, "munge")?);
        wait("munge answers", Duration::from_secs(20), || run.join("munge.socket").exists())?;
        cluster.start_controller()?;
        for node in 0..NODES.len() {
            cluster.start_node(node)?;
        }
        wait("both nodes are idle", Duration::from_secs(60), || {
            said(cluster.command("sinfo").args(["-h", "-N", "-o", "%T"]))
                .is_some_and(|text| text.lines().filter(|line| *line == "idle").count() == NODES.len())
        })?;
        Ok(cluster)
    }

    /// Where all its files are.
    pub(super) fn folder(&self) -> &Path {
        &self.folder
    }

    /// A command of Slurm that speaks to this cluster.
    pub(super) fn command(&self, name: &str) -> Command {
        let mut command = Command::new(name);
        command.env("SLURM_CONF", self.folder.join("slurm.conf"));
        command
    }

    pub(super) fn start_controller(&mut self) -> Result<(), String> {
        self.controller = Some(self.daemon(self.command("slurmctld").arg("-D"), "slurmctld")?);
        Ok(())
    }

    pub(super) fn start_node(&mut self, node: usize) -> Result<(), String> {
        let name = NODES[node];
        self.nodes[node] = Some(self.daemon(self.command("slurmd").args(["-D", "-N", name]), name)?);
        Ok(())
    }

    /// Ends the controller by SIGKILL.
    pub(super) fn kill_controller(&mut self) {
        kill(&mut self.controller);
    }

    /// Ends a node's daemon by SIGKILL.
    pub(super) fn kill_node(&mut self, node: usize) {
        kill(&mut self.nodes[node]);
    }

    /// Starts a program whose output goes to a log of the cluster.
    pub(super) fn daemon(&self, command: &mut Command, name: &str) -> Result<Child, String> {
        let log = fs::OpenOptions::new()
            .create(true)
            .append(true)
            .open(self.folder.join("log").join(format!("{name}.out")))
            .map_err(|error| error.to_string())?;
        let errors = log.try_clone().map_err(|error| error.to_string())?;
        command.stdin(Stdio::null()).stdout(log).stderr(errors);
        command.spawn().map_err(|error| format!("cannot start {name}: {error}"))
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        let _ = self.command("scancel").args(["--user", "root"]).stderr(Stdio::null()).status();
        sleep(Duration::from_secs(1));
        self.nodes.iter_mut().for_each(kill);
        kill(&mut self.controller);
        // munged is a child of runuser and goes by its own number.
        let number = fs::read_to_string(self.folder.join("run/munge.pid")).unwrap_or_default();
        if number.trim().parse::<u32>().is_ok() {
            let _ = Command::new("kill").arg(number.trim()).stderr(Stdio::null()).status();
        }
        kill(&mut self.munge);
    }
}

fn kill(child: &mut Option<Child>) {
    if let Some(mut child) = child.take() {
        let _ = child.kill();
        let _ = child.wait();
    }
}

/// Waits until something is so.
pub(super) fn wait(what: &str, most: Duration, mut is_so: impl FnMut() -> bool) -> Result<(), String> {
    let clock = Instant::now();
    while !is_so() {
        if clock.elapsed() > most {
            return Err(format!("after {} s it was not so that {what}", most.as_secs()));
        }
        sleep(Duration::from_millis(200));
    }
    Ok(())
}

/// Without control groups, accounting and a second host: see the headings of slurm.conf(5).
fn configuration(folder: &Path, host: &str) -> String {
    let at = |name: &str| folder.join(name).display().to_string();
    let (socket, state, log) = (at("run/munge.socket"), at("state"), at("log"));
    format!(
        "ClusterName=fenchel\n\
         SlurmctldHost={host}(127.0.0.1)\n\
         SlurmUser=root\n\
         AuthInfo=socket={socket}\n\
         SlurmctldPort=16817\n\
         SlurmctldPidFile={run}/slurmctld.pid\n\
         SlurmdPidFile={run}/slurmd.%n.pid\n\
         SlurmdSpoolDir={spool}.%n\n\
         StateSaveLocation={state}\n\
         SlurmctldLogFile={log}/slurmctld.log\n\
         SlurmdLogFile={log}/slurmd.%n.log\n\
         ProctrackType=proctrack/linuxproc\n\
         TaskPlugin=task/none\n\
         JobAcctGatherType=jobacct_gather/none\n\
         AccountingStorageType=accounting_storage/none\n\
         MpiDefault=none\n\
         SelectType=select/cons_tres\n\
         SelectTypeParameters=CR_Core\n\
         SchedulerParameters=sched_interval=1,batch_sched_delay=0,bf_interval=1\n\
         ReturnToService=2\n\
         SlurmdTimeout=10\n\
         KillWait=2\n\
         MinJobAge=600\n\
         NodeName=n1 NodeHostname={host} NodeAddr=127.0.0.1 Port=17001 CPUs=1 RealMemory=2000\n\
         NodeName=n2 NodeHostname={host} NodeAddr=127.0.0.1 Port=17002 CPUs=1 RealMemory=2000\n\
         PartitionName={PARTITION} Nodes=n1,n2 Default=YES MaxTime=INFINITE State=UP\n",
        run = at("run"),
        spool = at("spool"),
    )
}
