//! The `grand-arena` command.

/// A request makes some two hundred small allocations, many of which are freed on another thread
/// than their own: the system's allocator spends a fifth of the server's time on them. This one
/// spends less, and keeps what a batch has freed for the next one.
#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

fn main() -> std::process::ExitCode {
    grand_arena::cli::main()
}
