//! `maxclients` against the number of files the system lets us open.

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

use super::log;

/// Files the server needs for itself: listeners, logs, snapshots, and some spare.
const RESERVED: u64 = 32;

/// The most clients for which [`adjust`] could make room without privileges: what CONFIG SET tells to try.
pub fn most_clients() -> u32 {
    let Rlimit { current, maximum } = getrlimit(Resource::Nofile);
    let files = maximum.max(current).unwrap_or(u64::MAX);
    u32::try_from(files.saturating_sub(RESERVED)).unwrap_or(u32::MAX)
}

/// Raises the limit on open files so far that `wanted` clients fit, as far as the system lets us.
///
/// Gives the number of clients that fit, which is `wanted` or less (logged then). An error is the sentence for a
/// limit under which the server cannot work at all.
pub fn adjust(wanted: u32) -> Result<u32, String> {
    let needed = u64::from(wanted) + RESERVED;
    let Rlimit { current, maximum } = getrlimit(Resource::Nofile);
    let Some(before) = current.filter(|current| *current < needed) else { return Ok(wanted) };
    let (now, error) = raise(before, needed, maximum);
    if now >= needed {
        log::notice(&format!(
            "Increased maximum number of open files to {now} (it was originally set to {before})."
        ));
        return Ok(wanted);
    }
    let Some(fitting) = now.checked_sub(RESERVED).filter(|clients| *clients > 0) else {
        return Err(format!(
            "Your current 'ulimit -n' of {before} is not enough for the server to start. Please increase your open \
             file limit to at least {needed}. Exiting."
        ));
    };
    log::warning(&format!(
        "You requested maxclients of {wanted} requiring at least {needed} max file descriptors."
    ));
    log::warning(&format!(
        "Server can't set maximum open files to {needed} because of OS error: {}.",
        super::reason(&error)
    ));
    log::warning(&format!(
        "Current maximum open files is {now}. maxclients has been reduced to {fitting} to compensate for low \
         ulimit. If you need higher maxclients increase 'ulimit -n'."
    ));
    Ok(fitting as u32)
}

/// Sets the highest limit from `needed` down that the system grants. The error is that of the first attempt.
fn raise(before: u64, needed: u64, maximum: Option<u64>) -> (u64, std::io::Error) {
    let attempt = |current| {
        let maximum = maximum.map(|maximum| maximum.max(current));
        setrlimit(Resource::Nofile, Rlimit { current: Some(current), maximum })
    };
    let Err(error) = attempt(needed) else { return (needed, std::io::Error::other("none")) };
    // Only a privileged process may pass the maximum; up to it, anyone.
    let reachable = maximum.unwrap_or(needed).min(needed);
    match attempt(reachable) {
        Ok(()) => (reachable.max(before), error.into()),
        Err(_) => (before, error.into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_fits_is_granted() {
        // The process of a test runner has room for some clients at the least.
        assert_eq!(adjust(8), Ok(8));
        assert!(most_clients() >= 8);
    }
}
