//! `grand-arena token`

use std::io::{self, Write as _};
use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, ValueEnum};

use super::error::CommandError;
use crate::clock::wall_clock;
use crate::config::IdentitySettings;
use crate::domain::ViewerId;
use crate::identity::Role;
use crate::server;

/// The longest token that can be signed for trying things out.
const MAX_TTL: Duration = Duration::from_hours(24 * 365);

#[derive(Debug, Args)]
pub(super) struct TokenArguments {
    /// Whom the token stands for.
    #[arg(long, value_name = "NAME")]
    user: String,
    /// A role beside that of a buyer.
    #[arg(long)]
    role: Option<RoleName>,
    /// How long it is good for, as 90s, 30m, 1h or 7d.
    #[arg(long, default_value = "1h", value_parser = parse_duration)]
    ttl: Duration,
    /// The data folder that the signing secret is kept in.
    #[arg(long, env = "ARENA_DATA_DIR", value_name = "FOLDER")]
    data_dir: Option<PathBuf>,
    #[command(flatten)]
    identity: IdentitySettings,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum RoleName {
    Buyer,
    Shop,
    Admin,
}

/// Signs a token.
pub(super) fn sign(arguments: &TokenArguments) -> Result<(), CommandError> {
    let user = ViewerId::new(&arguments.user)
        .map_err(|error| CommandError::Usage(format!("--user: {error}")))?;
    let data_dir = arguments.data_dir.clone().unwrap_or_else(crate::embedded::default_data_dir);
    let identity = server::identity(&arguments.identity, &data_dir)?;
    let roles: &[Role] = match arguments.role {
        None | Some(RoleName::Buyer) => &[],
        Some(RoleName::Shop) => &[Role::Shop],
        Some(RoleName::Admin) => &[Role::Admin],
    };
    let (token, _) = identity.sign(&user, roles, wall_clock(), arguments.ttl)?;
    writeln!(io::stdout(), "{token}")?;
    Ok(())
}

/// Reads `90s`, `30m`, `1h` or `7d`.
fn parse_duration(text: &str) -> Result<Duration, String> {
    let allowed = || {
        "write a number and s, m, h or d, for example 90s, 30m, 1h or 7d; at most 365d".to_owned()
    };
    let (number, unit) = text.split_at_checked(text.len().saturating_sub(1)).ok_or_else(allowed)?;
    let seconds: u64 = match unit {
        "s" => 1,
        "m" => 60,
        "h" => 3600,
        "d" => 86_400,
        _ => return Err(allowed()),
    };
    let number: u64 = number.parse().map_err(|_| allowed())?;
    let duration = Duration::from_secs(number.checked_mul(seconds).ok_or_else(allowed)?);
    if duration.is_zero() || duration > MAX_TTL { Err(allowed()) } else { Ok(duration) }
}
