//! How much each account may have.

use std::time::Duration;

use clap::builder::BoolishValueParser;
use clap::{ArgAction, Args};

use crate::account::{Share, ShareLimits};
use crate::http::TrustedProxies;

/// How much each account may have: the viewer of a token, else an address.
#[derive(Clone, Debug, Args)]
#[command(next_help_heading = "Limits of each viewer and address")]
pub struct LimitSettings {
    /// Whether there are limits for each viewer and address: on or off. Off is for networks where
    /// everybody is trusted, and for measuring. What bounds the size, the depth and the cost of a
    /// request, or the server's memory, stays.
    #[arg(
        long = "limits",
        env = "ARENA_LIMITS",
        value_name = "on|off",
        default_value = "on",
        action = ArgAction::Set,
        value_parser = BoolishValueParser::new(),
    )]
    pub are_on: bool,

    /// The proxies whose word counts as to where a request comes from (`Forwarded` or
    /// `X-Forwarded-For`): addresses and networks such as `10.0.0.0/8`, with commas between them.
    /// How many connections they have is not limited.
    #[arg(
        long,
        env = "ARENA_TRUSTED_PROXIES",
        value_name = "NETWORKS",
        default_value = "",
        hide_default_value = true
    )]
    pub trusted_proxies: TrustedProxies,

    /// Points a minute that a viewer may spend, 10 to 1,000,000: 5 for a mutation, 1 or more for
    /// anything else, by its cost. Admins have no such limit.
    #[arg(
        long,
        env = "ARENA_ACCOUNT_POINTS",
        value_name = "NUMBER",
        default_value_t = 600,
        value_parser = clap::value_parser!(u32).range(10..=1_000_000),
    )]
    pub account_points: u32,

    /// WebSockets that a viewer may have open at a time, 1 to 100,000.
    #[arg(
        long,
        env = "ARENA_ACCOUNT_SOCKETS",
        value_name = "NUMBER",
        default_value_t = 20,
        value_parser = clap::value_parser!(u32).range(1..=100_000),
    )]
    pub account_sockets: u32,

    /// Subscriptions that a viewer may have open at a time, over all sockets and streams of events,
    /// 1 to 1,000,000.
    #[arg(
        long,
        env = "ARENA_ACCOUNT_SUBSCRIPTIONS",
        value_name = "NUMBER",
        default_value_t = 60,
        value_parser = clap::value_parser!(u32).range(1..=1_000_000),
    )]
    pub account_subscriptions: u32,

    /// Bookings that a viewer may have under way at a time, over all events, 1 to 8,192.
    #[arg(
        long,
        env = "ARENA_ACCOUNT_BOOKINGS",
        value_name = "NUMBER",
        default_value_t = 4,
        value_parser = clap::value_parser!(u32).range(1..=8_192),
    )]
    pub account_bookings: u32,

    /// Subscriptions that one socket may carry at a time, 1 to 64.
    #[arg(
        long,
        env = "ARENA_SOCKET_SUBSCRIPTIONS",
        value_name = "NUMBER",
        default_value_t = 8,
        value_parser = clap::value_parser!(u32).range(1..=64),
    )]
    pub socket_subscriptions: u32,

    /// As how many viewers all those count who come from one address without a token, 1 to 10,000:
    /// a family, a class or an office looks at the map before anybody is known.
    #[arg(
        long,
        env = "ARENA_ADDRESS_VIEWERS",
        value_name = "NUMBER",
        default_value_t = 10,
        value_parser = clap::value_parser!(u32).range(1..=10_000),
    )]
    pub address_viewers: u32,

    /// Guest sessions that an address is given a minute, 1 to 100,000.
    #[arg(
        long,
        env = "ARENA_ADDRESS_GUESTS",
        value_name = "NUMBER",
        default_value_t = 10,
        value_parser = clap::value_parser!(u32).range(1..=100_000),
    )]
    pub address_guests: u32,

    /// Connections that an address may have at a time, 1 to 1,000,000, with tokens or without:
    /// browsers take up to seven each.
    #[arg(
        long,
        env = "ARENA_ADDRESS_CONNECTIONS",
        value_name = "NUMBER",
        default_value_t = 2_000,
        value_parser = clap::value_parser!(u32).range(1..=1_000_000),
    )]
    pub address_connections: u32,

    /// How long the head of a request may take from its first byte, in seconds, 1 to 60; that of
    /// the first request from when the client has connected.
    #[arg(
        long,
        env = "ARENA_HEAD_SECONDS",
        value_name = "SECONDS",
        default_value_t = 10,
        value_parser = clap::value_parser!(u32).range(1..=60),
    )]
    pub head_seconds: u32,
}

impl LimitSettings {
    /// The share of each account; `None` if nothing is limited.
    #[must_use]
    pub fn shares(&self) -> Option<ShareLimits> {
        let share =
            |viewer: u32| Share { viewer, address: viewer.saturating_mul(self.address_viewers) };
        self.are_on.then(|| ShareLimits {
            points: share(self.account_points),
            guest_sessions: self.address_guests,
            connections: self.address_connections,
            sockets: share(self.account_sockets),
            socket_subscriptions: self.socket_subscriptions,
            subscriptions: share(self.account_subscriptions),
            bookings: self.account_bookings,
        })
    }

    /// How long the head of a request may take; `None` if nothing is limited.
    #[must_use]
    pub fn head_time(&self) -> Option<Duration> {
        self.are_on.then(|| Duration::from_secs(self.head_seconds.into()))
    }
}
