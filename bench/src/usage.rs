//! What a process has used, as the kernel counts it.

use crate::Result;

/// Clock ticks a second in /proc: 100 on every Linux we know of.
const TICKS_PER_SECOND: f64 = 100.0;

/// CPU seconds the process has used so far, in user and system mode.
pub(crate) fn cpu_seconds(pid: u32) -> Result<f64> {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat"))?;
    // The command's name may hold spaces; the fields after its closing parenthesis do not.
    let fields: Vec<&str> = stat.rsplit_once(')').ok_or("no stat")?.1.split_whitespace().collect();
    let ticks: f64 = fields[11].parse::<f64>()? + fields[12].parse::<f64>()?;
    Ok(ticks / TICKS_PER_SECOND)
}

/// CPU seconds of a process and its children, those that have ended included.
pub(crate) fn family_cpu_seconds(pid: u32) -> Result<f64> {
    let mut seconds = 0.0;
    for entry in std::fs::read_dir("/proc")? {
        let Ok(number) = entry?.file_name().to_string_lossy().parse::<u32>() else { continue };
        // A process that has just ended is gone.
        let Ok(stat) = std::fs::read_to_string(format!("/proc/{number}/stat")) else { continue };
        let fields: Vec<&str> =
            stat.rsplit_once(')').ok_or("no stat")?.1.split_whitespace().collect();
        let ticks = |field: usize| fields[field].parse::<f64>();
        if number == pid {
            seconds += (ticks(11)? + ticks(12)? + ticks(13)? + ticks(14)?) / TICKS_PER_SECOND;
        } else if fields[1].parse() == Ok(pid) {
            seconds += (ticks(11)? + ticks(12)?) / TICKS_PER_SECOND;
        }
    }
    Ok(seconds)
}

/// Resident memory of the process, in bytes.
pub(crate) fn resident_bytes(pid: u32) -> Result<f64> {
    memory_bytes(pid, "VmRSS:")
}

/// The most resident memory that the process has had, in bytes.
pub(crate) fn peak_bytes(pid: u32) -> Result<f64> {
    memory_bytes(pid, "VmHWM:")
}

fn memory_bytes(pid: u32, name: &str) -> Result<f64> {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status"))?;
    let line = status.lines().find_map(|line| line.strip_prefix(name)).ok_or("no such line")?;
    Ok(line.trim().trim_end_matches(" kB").trim().parse::<f64>()? * 1024.0)
}

/// The middle of the values.
pub(crate) fn median(values: &[f64]) -> f64 {
    percentile(values, 0.5)
}

/// The value below which this part of the values lies.
pub(crate) fn percentile(values: &[f64], part: f64) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    if sorted.is_empty() {
        return f64::NAN;
    }
    let last = sorted.len() - 1;
    let at = (part * last as f64).round();
    sorted[(at as usize).min(last)]
}
