//! What should not stand in a command line, which every user of the machine can read.

use clap::ArgMatches;
use clap::parser::ValueSource;

/// The argument that is a secret.
const SECRET: &str = "jwt_secret";

/// Warns of a secret that was given as a flag.
pub(super) fn warn_of_secrets(matches: &ArgMatches) {
    let of_command = matches.subcommand().map_or(matches, |(_, of_command)| of_command);
    // Not every command has it.
    let is_there = of_command.try_contains_id(SECRET).unwrap_or_default();
    if is_there && of_command.value_source(SECRET) == Some(ValueSource::CommandLine) {
        tracing::warn!(
            "the token secret stands in the command line, which every user of this machine can \
                read: set ARENA_JWT_SECRET_FILE or ARENA_JWT_SECRET instead, to another secret"
        );
    }
}
