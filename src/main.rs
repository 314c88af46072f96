//! The `grand-arena` command.

/// A request makes some two hundred small allocations, many of which are freed on another thread than their own: the
/// system's allocator spends a fifth of the server's time on them, this one a third of that.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> std::process::ExitCode {
    grand_arena::cli::main()
}
