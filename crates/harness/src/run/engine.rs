//! `fenchel plan`: scripts with which existing engines start workers on a prepared folder. There is no engine of
//! ours: a worker takes what is left, whoever starts it.

use super::Plan;
use super::state::{State, states};
use crate::error::Result;
use crate::number::duration;
use crate::registry::Registry;
use crate::store::{Record, Store};
use clap::ValueEnum;
use std::path::Path;

/// The engines.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// A shell script of `sbatch` commands: an array of workers, and the report after it.
    Slurm,
    /// A Snakefile.
    Snakemake,
    /// A shell script of `hq submit`.
    Hyperqueue,
    /// A shell script of GNU parallel.
    Parallel,
}

/// What a script is made from.
#[derive(Clone, Debug)]
pub struct Script {
    /// The engine.
    pub format: Format,
    /// Minutes of work a task.
    pub minutes: f64,
    /// Threads a task.
    pub threads: usize,
    /// The most tasks: an array of Slurm has 1,000 by default.
    pub tasks: usize,
    /// The program, as the tasks find it.
    pub program: String,
    /// More options of `fenchel work`.
    pub options: Vec<String>,
}

/// What a run still needs.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Need {
    /// Cells that are not done.
    cells: usize,
    /// Their seconds on one core.
    seconds: f64,
    /// The seconds of the longest.
    longest: f64,
    /// The most memory that a worker of this folder has held, in bytes, and its threads; None before any ran.
    memory: Option<(u64, usize)>,
}

impl Script {
    /// The script for what is left of a run.
    ///
    /// # Errors
    /// When the folder holds no run, or one for another program, or a cell cannot be read just now.
    pub fn of(&self, registry: &Registry, folder: &Path) -> Result<String> {
        let store = Store::open(folder);
        let stored = store.plan()?;
        let (plan, _) = Plan::of_folder(registry, &stored, folder)?;
        let states = states(&store, &plan, stored.keep)?;
        let left = plan.places().into_iter().zip(states).filter(|(_, state)| *state != State::Current);
        let seconds: Vec<f64> = left.map(|((at, cell), _)| plan.experiments[at].seconds[cell]).collect();
        let memory = Record::read_all(folder)
            .into_iter()
            .filter(|record| record.memory > 0)
            .map(|record| (record.memory, record.session.threads))
            .max();
        let need = Need {
            cells: seconds.len(),
            seconds: seconds.iter().sum(),
            longest: seconds.iter().copied().fold(0.0, f64::max),
            memory,
        };
        let folder = std::path::absolute(folder).unwrap_or_else(|_| folder.to_path_buf());
        Ok(self.text(&folder.display().to_string(), need, &fenchel_files::nonce()))
    }

    /// The number of tasks: each has about so many minutes of work, and no less than a cell.
    fn shares(&self, need: Need) -> usize {
        let each = self.minutes * 60.0 * self.threads as f64;
        let wanted = (need.seconds / each).ceil() as usize;
        wanted.clamp(1, self.tasks.min(need.cells).max(1))
    }

    /// Minutes after which a task may be ended: twice its share, and no less than twice the longest cell.
    fn limit(&self, need: Need) -> u64 {
        let share = need.seconds / (self.shares(need) * self.threads) as f64;
        (2.0 * share.max(need.longest) / 60.0).ceil() as u64 + 5
    }

    /// Megabytes for a task: a quarter more than was seen, by thread.
    fn megabytes(&self, need: Need) -> Option<u64> {
        let (bytes, threads) = need.memory?;
        let scale = (self.threads as f64 / threads as f64).max(1.0);
        Some(((1.25 * scale * bytes as f64 / (1 << 20) as f64 / 64.0).ceil() as u64 + 1) * 64)
    }

    /// The script; `nonce` is what no other has.
    fn text(&self, folder: &str, need: Need, nonce: &str) -> String {
        let (shares, limit, threads) = (self.shares(need), self.limit(need), self.threads);
        let memory = self.megabytes(need);
        let note = match memory {
            Some(megabytes) => format!("{megabytes} MB a task, from what workers of this folder held"),
            None => "no memory is asked for: no worker of this folder has run yet".to_owned(),
        };
        let about = format!(
            "# {} cells to run, {} on one core, the longest {}; {shares} tasks of {threads} threads; {note}.\n\
             # Make another for what is left. The same cell is never lost, and at worst computed twice.\n",
            need.cells,
            duration(need.seconds),
            duration(need.longest)
        );
        let (program, run) = (quoted(&self.program), quoted(folder));
        // A worker that ends by itself before the engine ends it gives its cells back at once.
        let minutes = (limit as f64 - need.longest / 60.0 - 2.0).floor().max(1.0);
        let mut work = format!("{program} work {run} --threads {threads} --for {minutes}m");
        for option in &self.options {
            work += &format!(" {}", quoted(option));
        }
        let last = shares - 1;
        // Cells that failed do not keep the others from being reported.
        let finally = format!("{program} report {run} || ended=$?\nexit $ended\n");
        match self.format {
            Format::Slurm => {
                let memory = memory.map_or_else(String::new, |megabytes| format!(" --mem={megabytes}M"));
                let work = quoted(&format!("exec {work} --share $SLURM_ARRAY_TASK_ID/{shares}"));
                let report = quoted(&format!("exec {program} report {run}"));
                format!(
                    "#!/bin/sh\n{about}# More options of sbatch, a partition or an account, are arguments of this script.\n\
                     set -eu\n\
                     job=$(sbatch --parsable --job-name=fenchel --array=0-{last} --cpus-per-task={threads} \
                     --time={limit}{memory} --requeue --open-mode=append --output=slurm-%A_%a.log \"$@\" \\\n    \
                     --wrap {work})\n\
                     sbatch --job-name=fenchel-report --time=10 --output=slurm-%j.log \
                     --dependency=afterany:\"${{job%%;*}}\" \"$@\" \\\n    --wrap {report}\n"
                )
            }
            Format::Hyperqueue => {
                let work = quoted(&format!("exec {work} --share \"$HQ_TASK_ID\"/{shares}"));
                format!(
                    "#!/bin/sh\n{about}set -u\nended=0\n\
                     hq submit --name fenchel --array 0-{last} --cpus {threads} --time-limit {limit}min --wait \"$@\" \
                     -- sh -c {work} || ended=$?\n{finally}"
                )
            }
            Format::Parallel => format!(
                "#!/bin/sh\n{about}# On several hosts: --sshlogin a,b with the folder and the program under the same \
                 names there.\nset -u\nended=0\n\
                 seq 0 {last} | parallel --jobs $(( ($(nproc) + {threads} - 1) / {threads} )) \"$@\" {} || ended=$?\n\
                 {finally}",
                quoted(&format!("{work} --share {{}}/{shares}"))
            ),
            Format::Snakemake => {
                let memory = memory.map_or_else(String::new, |megabytes| format!(", mem_mb={megabytes}"));
                let python = |text: &str| format!("{:?}", text.replace('{', "{{").replace('}', "}}"));
                let (work, report) = (python(&work), python(&format!("{program} report {run}")));
                // Of this script alone: the tasks of an earlier one did not do what is left now.
                let done = |k: &str| format!("{folder}/tasks/{nonce}-{k}-of-{shares}.done");
                format!(
                    "{about}# snakemake --snakefile FILE --cores 4, or with an executor plugin.\n\
                     localrules: report\n\n\
                     # Cells that failed do not keep the others from being reported.\n\
                     onerror:\n    shell({report})\n\n\
                     rule report:\n    input: expand({:?}, k=range({shares}))\n    shell: {report}\n\n\
                     rule work:\n    output: touch({:?})\n    threads: {threads}\n    \
                     resources: runtime={limit}{memory}\n    shell: {work} \" --share {{wildcards.k}}/{shares}\"\n",
                    done("{k}"),
                    done("{k}"),
                )
            }
        }
    }
}

/// A word for the shell.
fn quoted(text: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"/.-_=,:@+%".contains(&byte);
    if !text.is_empty() && text.bytes().all(plain) {
        return text.to_owned();
    }
    format!("'{}'", text.replace('\'', "'\\''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    const NEED: Need = Need { cells: 100, seconds: 7200.0, longest: 900.0, memory: Some((300 << 20, 2)) };

    fn script(format: Format) -> Script {
        let program = "/opt/it's/fenchel".into();
        Script { format, minutes: 10.0, threads: 1, tasks: 1000, program, options: Vec::new() }
    }

    #[test]
    fn tasks_have_minutes_of_work_and_room_for_the_longest_cell() {
        let slurm = script(Format::Slurm);
        assert_eq!((slurm.shares(NEED), slurm.limit(NEED)), (12, 35));
        assert_eq!(slurm.shares(Need { cells: 5, ..NEED }), 5);
        assert_eq!(Script { tasks: 3, ..slurm.clone() }.shares(NEED), 3);
        assert_eq!(slurm.shares(Need { cells: 0, seconds: 0.0, longest: 0.0, memory: None }), 1);
        assert_eq!(slurm.megabytes(NEED), Some(448));
        assert_eq!(Script { threads: 4, ..slurm }.megabytes(NEED), Some(832));
    }

    #[test]
    fn every_script_starts_every_share_and_then_the_report() {
        for format in [Format::Slurm, Format::Snakemake, Format::Hyperqueue, Format::Parallel] {
            let text = script(format).text("/runs/a b", NEED, "n1");
            assert!(text.contains("0-11") || text.contains("0 11") || text.contains("range(12)"), "{text}");
            assert!(text.contains("/12") && text.contains("--share") && text.contains("report"), "{text}");
        }
        let text = script(Format::Slurm).text("/runs/a", Need { memory: None, ..NEED }, "n1");
        assert!(!text.contains("--mem") && text.contains("no memory is asked for"));
    }

    #[cfg(unix)]
    #[test]
    fn the_shell_reads_back_what_was_quoted() {
        for text in ["a b", "it's", "$HOME", "\"", "a'b'c", ""] {
            let command = format!("printf %s {}", quoted(text));
            let output = std::process::Command::new("sh").arg("-c").arg(command).output().unwrap();
            assert_eq!(String::from_utf8(output.stdout).unwrap(), text);
        }
    }

    #[cfg(unix)]
    #[test]
    fn the_scripts_for_the_shell_are_sound() {
        for format in [Format::Slurm, Format::Hyperqueue, Format::Parallel] {
            let text = script(format).text("/runs/it's a run", NEED, "n1");
            let output = std::process::Command::new("sh").arg("-nc").arg(&text).output().unwrap();
            assert!(output.status.success(), "{text}\n{}", String::from_utf8_lossy(&output.stderr));
        }
    }

    #[test]
    fn the_outputs_of_a_snakefile_are_no_others() {
        let outputs = |nonce: &str| {
            let text = script(Format::Snakemake).text("/runs/a", NEED, nonce);
            text.lines().filter(|line| line.contains(".done")).map(str::to_owned).collect::<Vec<_>>()
        };
        let (one, two) = (outputs("n1"), outputs("n2"));
        assert_eq!(one.len(), 2);
        assert!(
            one.iter().zip(&two).all(|(one, two)| one != two && one.replace("n1", "n2") == *two),
            "{one:?}"
        );
    }

    #[cfg(unix)]
    #[test]
    fn a_worker_that_fails_does_not_keep_the_script_from_reporting() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        let place = folder.path().display();
        let tool = |name: &str, text: &str| {
            let path = folder.path().join(name);
            std::fs::write(&path, format!("#!/bin/sh\n{text}\n")).unwrap();
            std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
            path.display().to_string()
        };
        let program = tool("program", &format!("echo \"$@\" >> '{place}/said'"));
        for name in ["hq", "parallel"] {
            tool(name, "exit 3");
        }
        for format in [Format::Hyperqueue, Format::Parallel] {
            let text = Script { program: program.clone(), ..script(format) }.text("/runs/a", NEED, "n1");
            let path = format!("{place}:{}", std::env::var("PATH").unwrap());
            let output =
                std::process::Command::new("sh").arg("-c").arg(&text).env("PATH", path).output().unwrap();
            assert_eq!(output.status.code(), Some(3), "{text}");
            let said = folder.path().join("said");
            assert_eq!(std::fs::read_to_string(&said).unwrap(), "report /runs/a\n", "{text}");
            std::fs::remove_file(said).unwrap();
        }
    }
}
