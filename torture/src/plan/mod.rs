//! What a seed stands for: how servers and databases are set, which faults come when, and what each
//! client intends. All of it is drawn before a round begins.
//!
//! What a seed does not stand for is the machine's timing: who comes first within a millisecond,
//! and so what clients are answered. The same seed is the same attempt, not the same film.

mod faults;
mod intent;
mod kit;
mod setting;
mod wrong;

pub(crate) use self::faults::{Fault, Timed, Which};
pub(crate) use self::intent::{Chore, Intent, Kind, Watch, Watching};
pub(crate) use self::kit::Kit;
pub(crate) use self::setting::{EventPlan, Setting};
pub(crate) use self::wrong::{Means, Wrong};

use std::time::Duration;

use fastrand::Rng;

/// What is drawn for a round.
#[derive(Clone, PartialEq, Debug)]
pub(crate) struct Plan {
    pub(crate) seed: u64,
    pub(crate) setting: Setting,
    pub(crate) faults: Vec<Timed>,
    /// One for each viewer.
    pub(crate) viewers: Vec<u64>,
    /// One for each organiser.
    pub(crate) organisers: Vec<u64>,
    pub(crate) watches: Vec<Watch>,
}

/// Organisers who work at a time.
const ORGANISERS: usize = 2;

impl Plan {
    /// Draws the round of a seed that lasts so long. A machine that lacks something draws the same
    /// numbers and leaves out what it cannot do.
    pub(crate) fn draw(seed: u64, lasts: Duration, kit: Kit, only: Option<Wrong>) -> Self {
        let mut rng = Rng::with_seed(seed);
        let setting = Setting::draw(&mut rng.fork(), kit, only);
        let faults = faults::draw(&mut rng.fork(), &setting, lasts, kit, only);
        let mut clients = rng.fork();
        let viewers = (0..setting.viewers).map(|_| clients.u64(..)).collect();
        let organisers = (0..ORGANISERS).map(|_| clients.u64(..)).collect();
        let watches = intent::watches(&mut rng.fork(), setting.events.len(), setting.viewers);
        Self { seed, setting, faults, viewers, organisers, watches }
    }

    /// In words for people, a line for each fault.
    pub(crate) fn words(&self) -> String {
        let faults: Vec<String> = self.faults.iter().map(ToString::to_string).collect();
        format!("{}; {}", self.setting, faults.join("; "))
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::{Kit, Plan};

    const KIT: Kit = Kit { has_disks: true, has_clocks: true, has_pooler: true };

    fn plan(seed: u64) -> Plan {
        Plan::draw(seed, Duration::from_secs(6), KIT, None)
    }

    #[test]
    fn a_seed_is_always_the_same_round() {
        assert_eq!(plan(7), plan(7));
        assert_ne!(plan(7), plan(8));
    }

    #[test]
    fn what_a_machine_lacks_is_left_out_and_the_rest_stays() {
        let poor = Kit { has_disks: false, has_clocks: false, has_pooler: false };
        for seed in 0..200 {
            let (rich, poor) = (plan(seed), Plan::draw(seed, Duration::from_secs(6), poor, None));
            assert_eq!(rich.viewers, poor.viewers);
            assert!(poor.faults.iter().all(|fault| rich.faults.contains(fault)), "seed {seed}");
        }
    }

    #[test]
    fn every_fault_is_drawn_by_some_of_a_hundred_seeds() {
        let mut missing: Vec<super::Wrong> = super::Wrong::ALL.to_vec();
        for seed in 0..100 {
            let drawn = plan(seed).faults;
            missing.retain(|wrong| !drawn.iter().any(|timed| timed.fault.wrong() == *wrong));
        }
        assert!(missing.is_empty(), "{missing:?}");
    }
}
