//! Which addresses are public.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// Which networks may be reached.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Networks {
    /// Those of the internet, and by https only.
    #[default]
    Public,
    /// Any, and by http too.
    Any,
}

impl Networks {
    /// Whether an address is in one of them.
    pub fn include(self, address: IpAddr) -> bool {
        self == Self::Any || is_public(address)
    }
}

/// Networks that are not of the internet: IANA's special-purpose addresses (RFC 6890 and its
/// registry), groups, and what is reserved.
const SPECIAL_V4: [([u8; 4], u32); 16] = [
    ([0, 0, 0, 0], 8),
    ([10, 0, 0, 0], 8),
    // Behind a provider's NAT; some clouds have their metadata there.
    ([100, 64, 0, 0], 10),
    ([127, 0, 0, 0], 8),
    // Of the link; most clouds have their metadata there.
    ([169, 254, 0, 0], 16),
    // What one cloud calls its wire server, the one metadata with a public address.
    ([168, 63, 129, 16], 32),
    ([172, 16, 0, 0], 12),
    ([192, 0, 0, 0], 24),
    ([192, 0, 2, 0], 24),
    ([192, 88, 99, 0], 24),
    ([192, 168, 0, 0], 16),
    ([198, 18, 0, 0], 15),
    ([198, 51, 100, 0], 24),
    ([203, 0, 113, 0], 24),
    ([224, 0, 0, 0], 4),
    ([240, 0, 0, 0], 4),
];

/// What of the internet's part of IPv6, 2000::/3, is not: protocols (Teredo among them),
/// documentation, 6to4, documentation once more.
const SPECIAL_V6: [([u16; 2], u32); 4] =
    [([0x2001, 0], 23), ([0x2001, 0xdb8], 32), ([0x2002, 0], 16), ([0x3fff, 0], 20)];

fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => is_public_v4(address),
        IpAddr::V6(address) => {
            embedded(address).map_or_else(|| is_public_v6(address), is_public_v4)
        }
    }
}

fn is_public_v4(address: Ipv4Addr) -> bool {
    let within = |(network, bits): &([u8; 4], u32)| {
        (address.to_bits() ^ u32::from_be_bytes(*network)).leading_zeros() >= *bits
    };
    !SPECIAL_V4.iter().any(within)
}

fn is_public_v6(address: Ipv6Addr) -> bool {
    let [first, second, ..] = address.segments();
    let head = u32::from(first) << 16 | u32::from(second);
    let within = |([first, second], bits): &([u16; 2], u32)| {
        (head ^ (u32::from(*first) << 16 | u32::from(*second))).leading_zeros() >= *bits
    };
    within(&([0x2000, 0], 3)) && !SPECIAL_V6.iter().any(within)
}

/// The address of IPv4 that one of IPv6 stands for: as sockets write it (`::ffff:0:0/96`), or as
/// networks without IPv4 do (`64:ff9b::/96`).
fn embedded(address: Ipv6Addr) -> Option<Ipv4Addr> {
    let segments = address.segments();
    let (head, [high, low]) = (&segments[..6], [segments[6], segments[7]]);
    let is_mapped = head == [0, 0, 0, 0, 0, 0xffff];
    let is_translated = head == [0x64, 0xff9b, 0, 0, 0, 0];
    let bits = u32::from(high) << 16 | u32::from(low);
    (is_mapped || is_translated).then(|| Ipv4Addr::from_bits(bits))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn public(address: &str) -> bool {
        Networks::Public.include(address.parse().unwrap())
    }

    #[test]
    fn addresses_of_the_internet_are_public() {
        for address in [
            "1.1.1.1",
            "9.255.255.255",
            "11.0.0.0",
            "100.63.255.255",
            "100.128.0.0",
            "126.0.0.1",
            "168.63.129.15",
            "169.253.0.1",
            "172.15.0.1",
            "172.32.0.1",
            "192.0.1.1",
            "192.167.0.1",
            "198.17.0.1",
            "198.20.0.1",
            "223.255.255.255",
            "2606:4700::1111",
            "2001:4860::8888",
            "3ffe::1",
            "::ffff:1.1.1.1",
            "64:ff9b::1.1.1.1",
        ] {
            assert!(public(address), "{address}");
        }
    }

    #[test]
    fn addresses_of_the_house_the_link_the_cloud_and_of_nobody_are_not() {
        for address in [
            "0.0.0.0",
            "0.1.2.3",
            "10.0.0.1",
            "100.64.0.1",
            "100.100.100.200",
            "127.0.0.1",
            "127.255.255.254",
            "169.254.169.254",
            "168.63.129.16",
            "172.16.0.1",
            "172.31.255.255",
            "192.0.0.192",
            "192.0.2.1",
            "192.88.99.1",
            "192.168.1.1",
            "198.18.0.1",
            "198.19.0.1",
            "198.51.100.7",
            "203.0.113.9",
            "224.0.0.1",
            "239.1.1.1",
            "240.0.0.1",
            "255.255.255.255",
            "::",
            "::1",
            "::7f00:1",
            "::ffff:127.0.0.1",
            "::ffff:10.0.0.1",
            "::ffff:169.254.169.254",
            "64:ff9b::10.0.0.1",
            "64:ff9b:1::1",
            "100::1",
            "fc00::1",
            "fd00:ec2::254",
            "fe80::1",
            "fec0::1",
            "ff02::1",
            "2001::1",
            "2001:1ff::1",
            "2001:db8::1",
            "2002:7f00:1::",
            "3fff::1",
            "4000::1",
        ] {
            assert!(!public(address), "{address}");
            assert!(Networks::Any.include(address.parse().unwrap()));
        }
    }
}
