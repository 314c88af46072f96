//! What the command line and the environment say, before anybody acts on it: what should not stand
//! in a command line, which every user of the machine can read; and variables that say nothing.

use clap::builder::Resettable;
use clap::parser::ValueSource;
use clap::{Arg, ArgMatches, Command};

/// The argument that is a secret.
const SECRET: &str = "jwt_secret";

/// The same commands, for which an empty variable is none: whoever fills in a form of settings
/// leaves empty what they do not want to say.
pub(super) fn without_empty_variables(command: Command) -> Command {
    let is_empty = |arg: &Arg| {
        let value = arg.get_env().and_then(std::env::var_os);
        value.is_some_and(|value| value.is_empty())
    };
    command
        .mut_args(|arg| if is_empty(&arg) { arg.env(Resettable::Reset) } else { arg })
        .mut_subcommands(without_empty_variables)
}

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
