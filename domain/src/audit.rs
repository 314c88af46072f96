//! What those who manage events have done, as it is written down beside it.
//!
//! An entry is written by the transaction that does what it says. So there is none of what was not
//! done, and nothing is done without one.

use strum::{Display, EnumString};

use super::ids::ViewerId;

/// Details that an entry has at most: what a person reads. Those beyond are left out.
pub const MAX_DETAILS: usize = 100;

/// What was done: named like the mutation that does it, or the shell's command.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Display, EnumString)]
#[strum(serialize_all = "camelCase")]
pub enum AuditAction {
    /// An event was made.
    CreateEvent,
    /// An event's terms were changed, or how far along it is.
    UpdateEvent,
    /// An event that never sold anything was removed.
    DeleteEvent,
    /// An event was brought in with its plan.
    ImportEvent,
    /// Seats were brought into a plan.
    ImportSeats,
    /// Seats went off sale.
    BlockSeats,
    /// Seats went on sale again.
    UnblockSeats,
    /// An event has another price list.
    SetPrices,
    /// An order has another owner.
    TransferOrder,
    /// Somebody else is told of what happens.
    CreateWebhook,
    /// Somebody is no longer told.
    DeleteWebhook,
    /// Somebody is told once more.
    ReplayWebhook,
}

/// One entry of the audit log, but for its time and its event.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct AuditEntry {
    /// Who did it: the viewer of a token, or a user of the shell as `cli:name`.
    pub actor: ViewerId,
    /// What.
    pub action: AuditAction,
    /// In which words. No secrets: they are kept for ever.
    pub details: Vec<AuditDetail>,
}

/// One thing that an entry says.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct AuditDetail {
    /// What it is about: an argument, by its name in the API.
    pub name: &'static str,
    /// What it was before, where it was something.
    pub before: Option<String>,
    /// What it is now; `None`: it was cleared.
    pub value: Option<String>,
}

impl AuditEntry {
    /// That somebody did this.
    pub fn new(actor: &ViewerId, action: AuditAction) -> Self {
        Self { actor: actor.clone(), action, details: Vec::new() }
    }

    /// Says something more.
    #[must_use]
    pub fn with(self, name: &'static str, value: impl ToString) -> Self {
        self.with_change(name, None, Some(value.to_string()))
    }

    /// Says what something was before, and what it is now.
    #[must_use]
    pub fn with_change(
        mut self,
        name: &'static str,
        before: Option<String>,
        value: Option<String>,
    ) -> Self {
        if self.details.len() < MAX_DETAILS {
            self.details.push(AuditDetail { name, before, value });
        }
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_action_is_named_like_the_mutation_and_read_back() {
        assert_eq!(AuditAction::UpdateEvent.to_string(), "updateEvent");
        assert_eq!("blockSeats".parse(), Ok(AuditAction::BlockSeats));
    }
}
