//! What a machine has to make faults with.

/// What there is on this machine to make faults with.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Kit {
    /// Disks of our own, which can be full.
    pub(crate) has_disks: bool,
    /// libfaketime.
    pub(crate) has_clocks: bool,
    /// PgBouncer.
    pub(crate) has_pooler: bool,
}
