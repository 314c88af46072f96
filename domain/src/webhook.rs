//! What webhooks are told of.

use strum::{Display, EnumString, VariantArray};

use super::change::Cause;

/// What a message of a webhook is about. Its name is the message's type.
///
/// The names are in everybody's database and in what receivers look at: never changed.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Display, EnumString, VariantArray)]
pub enum WebhookKind {
    /// Viewers took hold of seats.
    #[strum(serialize = "seats.reserved")]
    SeatsReserved,
    /// Holders gave seats back.
    #[strum(serialize = "seats.released")]
    SeatsReleased,
    /// Holds ran out.
    #[strum(serialize = "seats.expired")]
    SeatsExpired,
    /// Holders bought seats.
    #[strum(serialize = "seats.confirmed")]
    SeatsConfirmed,
    /// Holds were prolonged.
    #[strum(serialize = "seats.extended")]
    SeatsExtended,
    /// Seats went off sale.
    #[strum(serialize = "seats.blocked")]
    SeatsBlocked,
    /// Seats went on sale again.
    #[strum(serialize = "seats.unblocked")]
    SeatsUnblocked,
    /// Seats came into the plan, or are elsewhere in it.
    #[strum(serialize = "seats.imported")]
    SeatsImported,
    /// Holds ended with their event.
    #[strum(serialize = "seats.cancelled")]
    SeatsCancelled,
    /// Guests who signed in took their holds along.
    #[strum(serialize = "seats.claimed")]
    SeatsClaimed,
    /// Orders have other owners.
    #[strum(serialize = "seats.transferred")]
    SeatsTransferred,
    /// An event's terms, stage, prices or plan are others, or it is new.
    #[strum(serialize = "event.changed")]
    EventChanged,
}

impl WebhookKind {
    /// Every kind.
    pub const ALL: &'static [Self] = Self::VARIANTS;

    /// The kind of a seat's change.
    pub const fn of(cause: Cause) -> Self {
        match cause {
            Cause::Reserved => Self::SeatsReserved,
            Cause::Released => Self::SeatsReleased,
            Cause::Expired => Self::SeatsExpired,
            Cause::Confirmed => Self::SeatsConfirmed,
            Cause::Extended => Self::SeatsExtended,
            Cause::Blocked => Self::SeatsBlocked,
            Cause::Unblocked => Self::SeatsUnblocked,
            Cause::Imported => Self::SeatsImported,
            Cause::Cancelled => Self::SeatsCancelled,
            Cause::Claimed => Self::SeatsClaimed,
            Cause::Transferred => Self::SeatsTransferred,
        }
    }
}

/// Which kinds a webhook is told of.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct WebhookKinds(Vec<WebhookKind>);

impl WebhookKinds {
    /// These, each once; every kind if there are none.
    pub fn new(kinds: impl IntoIterator<Item = WebhookKind>) -> Self {
        let given: Vec<_> = kinds.into_iter().collect();
        let all = WebhookKind::ALL.iter().copied();
        Self(all.filter(|kind| given.contains(kind)).collect())
    }

    /// Whether this is one of them.
    pub fn include(&self, kind: WebhookKind) -> bool {
        self.0.is_empty() || self.0.contains(&kind)
    }

    /// Those that were named: none if it is every kind.
    pub fn named(&self) -> &[WebhookKind] {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_kinds_stay_the_same_for_ever_and_are_read_back() {
        let names: Vec<_> = WebhookKind::ALL.iter().map(ToString::to_string).collect();
        let seats = [
            "reserved",
            "released",
            "expired",
            "confirmed",
            "extended",
            "blocked",
            "unblocked",
            "imported",
            "cancelled",
            "claimed",
            "transferred",
        ];
        let seats = seats.iter().map(|name| format!("seats.{name}"));
        assert_eq!(names, seats.chain(["event.changed".to_owned()]).collect::<Vec<_>>());
        assert!(names.iter().zip(WebhookKind::ALL).all(|(name, kind)| name.parse() == Ok(*kind)));
    }

    #[test]
    fn a_change_of_a_seat_has_the_kind_that_its_cause_is_called_by() {
        for cause in Cause::ALL {
            let name = format!("seats.{}", cause.to_string().to_lowercase());
            assert_eq!(WebhookKind::of(*cause).to_string(), name);
        }
    }

    #[test]
    fn no_kinds_are_every_kind() {
        let (all, some) =
            (WebhookKinds::default(), WebhookKinds::new([WebhookKind::SeatsConfirmed; 2]));
        assert!(WebhookKind::ALL.iter().all(|kind| all.include(*kind)));
        assert_eq!(some.named(), [WebhookKind::SeatsConfirmed]);
        assert!(!some.include(WebhookKind::SeatsReserved));
    }
}
