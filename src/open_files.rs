//! How many files this process may have open. Each connection is one, and so is each of the
//! database's.

use nix::sys::resource::{Resource, getrlimit, setrlimit};

/// Raises the soft limit to what is wanted, as far as the hard limit goes, and says how many files
/// may be open then. A limit that is higher already stays.
pub fn raise(wanted: u64) -> u64 {
    let Ok((soft, hard)) = getrlimit(Resource::RLIMIT_NOFILE) else { return wanted };
    let raised = wanted.min(hard);
    if raised <= soft || setrlimit(Resource::RLIMIT_NOFILE, raised, hard).is_err() {
        return soft;
    }
    raised
}

/// How many files may be open at most, once the limit is raised.
pub fn most() -> u64 {
    getrlimit(Resource::RLIMIT_NOFILE).map_or(u64::MAX, |(_, hard)| hard)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_limit_is_raised_as_far_as_it_goes_and_never_lowered() {
        let (soft, hard) = getrlimit(Resource::RLIMIT_NOFILE).unwrap();
        assert_eq!(raise(1), soft);
        assert_eq!(raise(soft), soft);
        assert_eq!(raise(u64::MAX), hard);
        assert_eq!(getrlimit(Resource::RLIMIT_NOFILE).unwrap().0, hard);
    }
}
