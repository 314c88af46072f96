//! An account's name.

use std::net::{IpAddr, Ipv6Addr};

use crate::domain::ViewerId;

/// Somebody with whom the server counts: the viewer of a token, else the address that asks.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum Account {
    /// Whoever has sent a good token.
    Viewer(ViewerId),
    /// Everybody else at an address; of an IPv6 address, at its first 64 bits, which is what one
    /// connection to the internet is given.
    Address(IpAddr),
}

impl Account {
    /// The account of whoever asks from an address.
    pub fn of(viewer: Option<&ViewerId>, address: IpAddr) -> Self {
        viewer.map_or_else(|| Self::at(address), |viewer| Self::Viewer(viewer.clone()))
    }

    /// The account of an address.
    pub fn at(address: IpAddr) -> Self {
        let IpAddr::V6(v6) = address.to_canonical() else {
            return Self::Address(address.to_canonical());
        };
        const NETWORK: u128 = u128::MAX << 64;
        Self::Address(Ipv6Addr::from_bits(v6.to_bits() & NETWORK).into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(address: &str) -> Account {
        Account::at(address.parse().unwrap())
    }

    #[test]
    fn an_ipv6_network_has_one_account_and_an_ipv4_address_has_the_same_in_either_spelling() {
        assert_eq!(at("2001:db8:1:2::7"), at("2001:db8:1:2:ffff::"));
        assert_ne!(at("2001:db8:1:2::7"), at("2001:db8:1:3::7"));
        assert_eq!(at("192.0.2.1"), at("::ffff:192.0.2.1"));
        assert_ne!(at("192.0.2.1"), at("192.0.2.2"));
    }

    #[test]
    fn a_viewer_has_the_same_account_wherever_they_are() {
        let viewer = ViewerId::new("alice").unwrap();
        let of = |address: &str| Account::of(Some(&viewer), address.parse().unwrap());
        assert_eq!(of("192.0.2.1"), of("2001:db8::1"));
    }
}
