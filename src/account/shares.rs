//! All that each account has a share of.

use std::sync::Arc;

use prometheus_client::metrics::counter::Counter;
use strum::{EnumCount as _, VariantArray as _};

use super::exceeded::{Exceeded, Limited};
use super::name::Account;
use super::permits::{Permit, Permits};
use super::rate::Rate;
use super::share::Share;
use crate::metrics::Metrics;

/// How much each account may have.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct ShareLimits {
    /// Points a minute.
    pub points: Share,
    /// Guest sessions a minute, of an address.
    pub guest_sessions: u32,
    /// Connections at a time, of an address.
    pub connections: u32,
    /// WebSockets at a time.
    pub sockets: Share,
    /// Subscriptions of one WebSocket at a time.
    pub socket_subscriptions: u32,
    /// Subscriptions of all sockets and streams at a time.
    pub subscriptions: Share,
    /// Bookings of a viewer that are under way at a time.
    pub bookings: u32,
}

/// What each account has a share of. Where nothing is limited everybody gets what they ask for.
#[derive(Debug)]
pub struct Shares {
    counted: Option<Counted>,
    refusals: Refusals,
}

/// How often more was asked for than there was, by what it was.
type Refusals = [Counter; Limited::COUNT];

#[derive(Debug)]
struct Counted {
    points_of_viewers: Rate,
    points_of_addresses: Rate,
    guest_sessions: Rate,
    connections: Arc<Permits>,
    sockets: Arc<Permits>,
    socket_subscriptions: u32,
    subscriptions: Arc<Permits>,
    bookings: Arc<Permits>,
}

impl Shares {
    /// Counts; or does not, where there are no limits.
    pub fn new(limits: Option<ShareLimits>, metrics: &Metrics) -> Self {
        let only = |address| Share { viewer: address, address };
        let counted = limits.map(|limits| Counted {
            points_of_viewers: Rate::new(Limited::Points, limits.points.viewer),
            points_of_addresses: Rate::new(Limited::Points, limits.points.address),
            guest_sessions: Rate::new(Limited::GuestSessions, limits.guest_sessions),
            connections: Permits::new(Limited::Connections, only(limits.connections)),
            sockets: Permits::new(Limited::Sockets, limits.sockets),
            socket_subscriptions: limits.socket_subscriptions,
            subscriptions: Permits::new(Limited::Subscriptions, limits.subscriptions),
            bookings: Permits::new(Limited::Bookings, only(limits.bookings)),
        });
        let help = "Requests for more than the share of a viewer or an address, by what was asked";
        let refusals = Refusals::default();
        let named = Limited::VARIANTS.iter().map(|of| of.name()).zip(refusals.iter().cloned());
        metrics.counters("share_refusals", help, "of", named.collect());
        if let Some(counted) = &counted {
            let of = |permits: &Arc<Permits>| Arc::clone(permits);
            let Counted { connections, sockets, subscriptions, bookings, .. } = counted;
            let all = [connections, sockets, subscriptions, bookings].map(of);
            metrics.measure(
                "accounts",
                "Viewers and addresses that have something under way, by what it is",
                move || all.iter().map(|permits| permits.reading()).collect(),
            );
        }
        Self { counted, refusals }
    }

    /// Spends points.
    ///
    /// # Errors
    ///
    /// If there are not as many left, and so for each of these.
    pub fn spend(&self, account: &Account, points: u32) -> Result<(), Exceeded> {
        let Some(counted) = &self.counted else { return Ok(()) };
        let rate = match account {
            Account::Viewer(_) => &counted.points_of_viewers,
            Account::Address(_) => &counted.points_of_addresses,
        };
        self.noted(rate.spend(account, points))
    }

    /// Gives an address a guest session.
    pub fn start_guest_session(&self, address: &Account) -> Result<(), Exceeded> {
        let Some(counted) = &self.counted else { return Ok(()) };
        self.noted(counted.guest_sessions.spend(address, 1))
    }

    /// A permit for a connection of an address.
    pub fn connect(&self, address: &Account) -> Result<Permit, Exceeded> {
        self.take(|counted| &counted.connections, address)
    }

    /// A permit for a WebSocket.
    pub fn open_socket(&self, account: &Account) -> Result<Permit, Exceeded> {
        self.take(|counted| &counted.sockets, account)
    }

    /// A permit for a subscription.
    pub fn subscribe(&self, account: &Account) -> Result<Permit, Exceeded> {
        self.take(|counted| &counted.subscriptions, account)
    }

    /// A permit for a booking, until it has its answer.
    pub fn book(&self, account: &Account) -> Result<Permit, Exceeded> {
        self.take(|counted| &counted.bookings, account)
    }

    /// Whether a socket that carries so many subscriptions may carry another.
    pub fn carry_another(&self, carried: usize) -> Result<(), Exceeded> {
        let Some(counted) = &self.counted else { return Ok(()) };
        let quota = counted.socket_subscriptions;
        if u32::try_from(carried).is_ok_and(|carried| carried < quota) {
            return Ok(());
        }
        let of = Limited::SocketSubscriptions;
        self.noted(Err(Exceeded { of, quota, left: 0, wait: of.ask_again() }))
    }

    fn take(
        &self,
        permits: impl FnOnce(&Counted) -> &Arc<Permits>,
        account: &Account,
    ) -> Result<Permit, Exceeded> {
        let Some(counted) = &self.counted else { return Ok(Permit::default()) };
        self.noted(permits(counted).take(account))
    }

    fn noted<T>(&self, given: Result<T, Exceeded>) -> Result<T, Exceeded> {
        given.inspect_err(|exceeded| {
            self.refusals[exceeded.of as usize].inc();
        })
    }
}
