//! The `grand-arena` command.

fn main() -> std::process::ExitCode {
    grand_arena::cli::main()
}
