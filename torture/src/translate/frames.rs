//! What subscribers saw.

use serde_json::Value;
use torture::history::{Cause, ChangeSeen, EventNo, Frame, SnapshotReason, StreamItem, StreamKind};

use super::names::{Names, items, micros, number, text, word};
use crate::load::{Item, RawFrame};
use crate::plan::Watching;

/// In a history's words.
pub(super) fn frame(raw: RawFrame, event: EventNo, names: &Names) -> Frame {
    let item = match raw.item {
        Item::Subscribed { what, since } => StreamItem::Subscribed(match what {
            Watching::Changes => StreamKind::Changes { since },
            Watching::Statuses => StreamKind::Statuses,
            Watching::Mine(viewer) => StreamKind::Mine { viewer: crate::tools::viewer(viewer) },
        }),
        Item::Frame { what, data } => seen(what, &data, names),
        Item::Lost => StreamItem::Lost,
        Item::Settled => StreamItem::Settled,
    };
    Frame { stream: raw.stream, event, at: raw.at, item }
}

fn seen(what: Watching, data: &Value, names: &Names) -> StreamItem {
    let revision = number(&data["revision"]);
    match what {
        Watching::Changes if data["__typename"] == "SeatSnapshot" => StreamItem::Snapshot {
            revision,
            reason: word(&data["reason"]).unwrap_or(SnapshotReason::Initial),
            letters: names.letters(&data["seats"], "seatId"),
        },
        Watching::Changes => StreamItem::Changes {
            from: number(&data["fromRevision"]),
            to: number(&data["toRevision"]),
            changes: items(&data["changes"]).map(|change| self::change(change, names)).collect(),
        },
        Watching::Statuses => StreamItem::Board {
            revision,
            places: data["places"].as_array().map(|places| places.iter().map(place).collect()),
            letters: text(&data["statuses"]),
        },
        Watching::Mine(_) => StreamItem::Mine {
            revision,
            held: names.held(&data["held"]),
            orders: items(&data["orders"]).map(|order| names.order(order)).collect(),
            expired: items(&data["expired"])
                .map(|id| names.seat(id.as_str().unwrap_or_default()))
                .collect(),
        },
    }
}

fn change(change: &Value, names: &Names) -> ChangeSeen {
    ChangeSeen {
        revision: number(&change["revision"]),
        seat: names.seat_in(change, "seatId"),
        status: text(&change["status"]).chars().next().unwrap_or('?'),
        for_sale: change["forSale"].as_bool(),
        cause: word(&change["cause"]).unwrap_or(Cause::Reserved),
        changed_at: micros(&change["changedAt"]),
    }
}

fn place(place: &Value) -> usize {
    place.as_u64().and_then(|place| usize::try_from(place).ok()).unwrap_or(usize::MAX)
}
