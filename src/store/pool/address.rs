//! An address of the database: one host, or several of which one takes writes.

use sea_orm::sqlx::postgres::PgConnectOptions;

/// Hosts at most. More than anybody has standbys.
const MAX_HOSTS: usize = 16;

/// What says in an address which of the hosts is wanted. The driver does not know it.
const WANTED: &str = "target_session_attrs";

/// See the module's documentation.
#[derive(Clone, Debug)]
pub struct Address {
    /// In the order in which they are written.
    pub(in crate::store) hosts: Vec<PgConnectOptions>,
    /// Whether a host that takes no writes will do.
    pub(in crate::store) any_will_do: bool,
}

/// Why an address cannot be read.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(in crate::store) enum NoAddress {
    /// It is no `postgres://…`.
    Unreadable,
    /// It asks for a host that a server of ours cannot work with.
    Unfit,
}

impl Address {
    /// Reads `postgres://user:password@host1:5432,host2:5432/database?…`, as other clients of
    /// PostgreSQL do.
    pub(in crate::store) fn read(url: &str) -> Result<Self, NoAddress> {
        let (scheme, rest) = url.split_once("://").ok_or(NoAddress::Unreadable)?;
        if !matches!(scheme, "postgres" | "postgresql") {
            return Err(NoAddress::Unreadable);
        }
        let end = rest.find(['/', '?']).unwrap_or(rest.len());
        let (authority, rest) = rest.split_at(end);
        let (user, hosts) = match authority.rfind('@') {
            Some(at) => authority.split_at(at + 1),
            None => ("", authority),
        };
        let (path, query) = rest.split_once('?').unwrap_or((rest, ""));
        let (wanted, others): (Vec<_>, Vec<_>) = query
            .split('&')
            .filter(|pair| !pair.is_empty())
            .partition(|pair| pair.split('=').next() == Some(WANTED));
        let any_will_do = match wanted.first().and_then(|pair| pair.split('=').nth(1)) {
            None | Some("read-write" | "primary") => false,
            Some("any") => true,
            Some(_) => return Err(NoAddress::Unfit),
        };
        let query = others.join("&");
        let hosts: Vec<&str> = hosts.split(',').collect();
        if hosts.len() > MAX_HOSTS || hosts.len() > 1 && hosts.contains(&"") {
            return Err(NoAddress::Unreadable);
        }
        let read = |host| {
            let url = format!("postgres://{user}{host}{path}?{query}");
            let options: PgConnectOptions = url.parse().map_err(|_| NoAddress::Unreadable)?;
            let is_list = options.get_host().contains(',');
            if is_list { Err(NoAddress::Unreadable) } else { Ok(options) }
        };
        let hosts = hosts.into_iter().map(read).collect::<Result<_, _>>()?;
        Ok(Self { hosts, any_will_do })
    }

    /// Also where nothing can be written.
    pub(in crate::store) fn for_looking(self) -> Self {
        Self { any_will_do: true, ..self }
    }

    /// Where it leads, without a password.
    pub(in crate::store) fn shown(&self) -> String {
        let hosts = self.hosts.iter().map(|options| match options.get_socket() {
            Some(socket) => socket.display().to_string(),
            None => format!("{}:{}", options.get_host(), options.get_port()),
        });
        hosts.collect::<Vec<_>>().join(",")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn several_hosts_are_read_each_with_what_all_share() {
        let url = "postgres://me:a%2Cb@one:5433,two,[::1]:5434/arena?sslmode=disable&\
            target_session_attrs=read-write";
        let address = Address::read(url).unwrap();
        assert_eq!(address.shown(), "one:5433,two:5432,[::1]:5434");
        for host in &address.hosts {
            assert_eq!((host.get_username(), host.get_database()), ("me", Some("arena")));
        }
        assert!(!address.any_will_do);
        assert!(Address::read("postgresql://one/a?target_session_attrs=any").unwrap().any_will_do);
        let socket = Address::read("postgres:///arena?host=/run/postgresql").unwrap();
        assert_eq!(socket.shown(), "/run/postgresql");
    }

    #[test]
    fn what_is_no_address_is_refused() {
        for url in ["", "one", "http://one/a", "postgres://one,/a", "postgres://one:x/a"] {
            assert_eq!(Address::read(url).unwrap_err(), NoAddress::Unreadable, "{url}");
        }
        assert_eq!(Address::read("postgres:///a?host=a,b").unwrap_err(), NoAddress::Unreadable);
        for unfit in ["standby", "read-only", "prefer-standby", ""] {
            let url = format!("postgres://one,two/a?target_session_attrs={unfit}");
            assert_eq!(Address::read(&url).unwrap_err(), NoAddress::Unfit, "{url}");
        }
    }
}
