//! An event's seats as buyers see them, and how they choose among them.

use std::cmp::Reverse;
use std::collections::HashMap;

use fastrand::Rng;

use super::answers::{SeatPlan, SeatStatuses};

/// What one seat nearer to the middle is worth, in rows nearer to the front.
const ROWS_FOR_A_SEAT: f64 = 0.2;

/// How far tastes differ, in rows.
const TASTE_ROWS: f64 = 5.0;

/// What it is worth not to leave a single seat beside one's own, in rows.
const GAP_ROWS: f64 = 2.0;

/// What a frame's letter says of a seat.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Status {
    Free,
    Held,
    Sold,
    /// Nobody's, and not offered; or a letter that is newer than the crowd.
    Closed,
}

impl From<u8> for Status {
    fn from(letter: u8) -> Self {
        match letter {
            b'A' => Self::Free,
            b'R' => Self::Held,
            b'C' => Self::Sold,
            _ => Self::Closed,
        }
    }
}

/// The seats of an event, with what buyers know about them. A seat's place in the plan stands for
/// it.
#[derive(Default)]
pub(super) struct SeatView {
    plan_version: i32,
    ids: Vec<String>,
    statuses: Vec<Status>,
    /// From the dearest to the cheapest.
    sections: Vec<Section>,
}

/// A frame is of another plan.
#[derive(Debug)]
pub(super) struct OtherPlan;

/// The rows of a section, front first: each the indices of its seats, side by side.
struct Section {
    rows: Vec<Vec<usize>>,
    /// The dearest seat's price.
    price: u64,
}

/// Free seats side by side.
struct Offer<'a> {
    seats: &'a [usize],
    /// What speaks against them, in rows farther from the front.
    drawbacks: f64,
}

impl SeatView {
    /// Seats in the order of the plan: row by row, the seats of a row side by side. What becomes of
    /// them the first frame says.
    pub(super) fn new(plan: SeatPlan) -> Self {
        let categories = plan.event.categories.into_iter();
        let prices: HashMap<_, _> =
            categories.map(|category| (category.id, category.price.amount_minor)).collect();
        let mut view = Self { plan_version: plan.version, ..Self::default() };
        let mut sections: HashMap<String, (usize, HashMap<String, usize>)> = HashMap::new();
        for (place, seat) in plan.seats.into_iter().enumerate() {
            view.ids.push(seat.id);
            let (section, rows) = sections.entry(seat.section).or_insert_with(|| {
                view.sections.push(Section { rows: Vec::new(), price: 0 });
                (view.sections.len() - 1, HashMap::new())
            });
            let section = &mut view.sections[*section];
            let price = prices.get(&seat.category_id).copied().unwrap_or_default();
            section.price = section.price.max(price);
            let row = *rows.entry(seat.row).or_insert_with(|| {
                section.rows.push(Vec::new());
                section.rows.len() - 1
            });
            section.rows[row].push(place);
        }
        view.statuses = vec![Status::Closed; view.ids.len()];
        view.sections.sort_by_key(|section| Reverse(section.price));
        view
    }

    /// Takes the next frame; nothing of it if it is of another plan.
    pub(super) fn take(&mut self, frame: &SeatStatuses) -> Result<(), OtherPlan> {
        let letters = frame.statuses.as_bytes();
        let size = self.statuses.len();
        let fits = match &frame.places {
            None => letters.len() == size,
            Some(places) => {
                letters.len() == places.len() && places.iter().all(|place| *place < size)
            }
        };
        if !fits || frame.plan_version != self.plan_version {
            return Err(OtherPlan);
        }
        for (index, letter) in letters.iter().enumerate() {
            let place = frame.places.as_ref().map_or(index, |places| places[index]);
            self.statuses[place] = Status::from(*letter);
        }
        Ok(())
    }

    /// How many seats are free, held and sold.
    pub(super) fn counts(&self) -> [usize; 3] {
        [Status::Free, Status::Held, Status::Sold]
            .map(|status| self.statuses.iter().filter(|&&other| other == status).count())
    }

    /// Seats for a party, by their ids: side by side in a good section, fewer if there are no more
    /// together, none if there are none.
    pub(super) fn choose(&self, rng: &mut Rng, party: usize) -> Vec<String> {
        (1..=party).rev().find_map(|party| self.choose_together(rng, party)).unwrap_or_default()
    }

    fn choose_together(&self, rng: &mut Rng, party: usize) -> Option<Vec<String>> {
        let sections: Vec<_> = self
            .sections
            .iter()
            .filter(|section| self.offers(section, party).next().is_some())
            .collect();
        // To this power, so that four in ten buyers look at the best quarter.
        let section = sections.get((rng.f64().powf(1.5) * sections.len() as f64) as usize)?;
        let by_taste = self
            .offers(section, party)
            .map(|offer| (offer.drawbacks + rng.f64() * TASTE_ROWS, offer.seats));
        let (_, seats) = by_taste.min_by(|(a, _), (b, _)| a.total_cmp(b))?;
        Some(seats.iter().map(|&index| self.ids[index].clone()).collect())
    }

    /// All offers of a section for a party.
    fn offers<'a>(&'a self, section: &'a Section, party: usize) -> impl Iterator<Item = Offer<'a>> {
        section.rows.iter().enumerate().flat_map(move |(nth, row)| {
            row.windows(party)
                .enumerate()
                .filter(|(_, seats)| seats.iter().all(|&index| self.is_free(index)))
                .map(move |(start, seats)| {
                    let middle = start as f64 + party as f64 / 2.0;
                    let off_centre = (middle - row.len() as f64 / 2.0).abs();
                    let gaps = f64::from(self.gaps(row, start, party));
                    let drawbacks = nth as f64 + off_centre * ROWS_FOR_A_SEAT + gaps * GAP_ROWS;
                    Offer { seats, drawbacks }
                })
        })
    }

    /// How many seats a party from `start` on would leave single: nobody likes a seat that has no
    /// free one beside it.
    fn gaps(&self, row: &[usize], start: usize, party: usize) -> u32 {
        let is_free_at = |at: Option<usize>| {
            at.and_then(|at| row.get(at)).is_some_and(|&index| self.is_free(index))
        };
        let is_single = |at: Option<usize>, beyond: Option<usize>| {
            u32::from(is_free_at(at) && !is_free_at(beyond))
        };
        let right = start + party;
        is_single(start.checked_sub(1), start.checked_sub(2))
            + is_single(Some(right), Some(right + 1))
    }

    fn is_free(&self, index: usize) -> bool {
        self.statuses[index] == Status::Free
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::crowd::answers::{Category, PlanSeat, Price, PricedEvent};
    use std::collections::HashSet;

    /// Each section is a category of its own, with this price.
    fn plan(seats: Vec<(String, String, String)>, prices: &[(String, u64)]) -> SeatPlan {
        let seats = seats.into_iter().map(|(id, section, row)| {
            let category_id = section.clone();
            PlanSeat { id, section, row, category_id }
        });
        let category = |(id, amount_minor): &(String, u64)| Category {
            id: id.clone(),
            price: Price { amount_minor: *amount_minor },
        };
        let event = PricedEvent { categories: prices.iter().map(category).collect() };
        SeatPlan { version: 1, seats: seats.collect(), event }
    }

    fn frame(places: Option<Vec<usize>>, statuses: &str) -> SeatStatuses {
        SeatStatuses { plan_version: 1, places, statuses: statuses.to_owned() }
    }

    /// Sections of `rows` rows of ten, each cheaper than the one before; all seats are free.
    fn view(sections: u32, rows: u32) -> SeatView {
        let prices: Vec<_> =
            (0..sections).map(|n| (n.to_string(), u64::from(10_000 - n))).collect();
        let seats = (0..sections).flat_map(|section| {
            (0..rows * 10).map(move |n| {
                let (row, number) = (n / 10, n % 10);
                let id = format!("{section}-{row}-{number}");
                (id, section.to_string(), row.to_string())
            })
        });
        let mut view = SeatView::new(plan(seats.collect(), &prices));
        view.take(&frame(None, &"A".repeat(view.ids.len()))).unwrap();
        view
    }

    fn take(view: &mut SeatView, seats: &[String]) {
        let place = |seat| view.ids.iter().position(|id| id == seat).unwrap();
        let places: Vec<_> = seats.iter().map(place).collect();
        view.take(&frame(Some(places), &"R".repeat(seats.len()))).unwrap();
    }

    /// Section, row and number.
    fn labels(id: &str) -> [usize; 3] {
        let parts: Vec<_> = id.split('-').map(|part| part.parse().unwrap()).collect();
        parts.try_into().unwrap()
    }

    #[test]
    fn a_party_sits_side_by_side_in_one_row() {
        let (mut view, mut rng) = (view(6, 8), Rng::with_seed(1));
        for party in [1, 2, 3, 4, 5, 6].into_iter().cycle().take(60) {
            let seats = view.choose(&mut rng, party);
            assert_eq!(seats.len(), party);
            for pair in seats.windows(2) {
                let ([section, row, number], other) = (labels(&pair[0]), labels(&pair[1]));
                assert_eq!(other, [section, row, number + 1]);
            }
            take(&mut view, &seats);
        }
    }

    #[test]
    fn an_event_sells_out_seat_by_seat_and_nothing_is_chosen_twice() {
        let (mut view, mut rng) = (view(3, 4), Rng::with_seed(2));
        let mut chosen = HashSet::new();
        loop {
            let seats = view.choose(&mut rng, 4);
            if seats.is_empty() {
                break;
            }
            take(&mut view, &seats);
            assert!(seats.into_iter().all(|seat| chosen.insert(seat)));
        }
        assert_eq!(chosen.len(), 120);
        assert_eq!(view.counts(), [0, 120, 0]);
    }

    #[test]
    fn dear_sections_and_front_rows_go_first() {
        let (mut view, mut rng) = (view(8, 10), Rng::with_seed(3));
        let mut sold = Vec::new();
        while sold.len() < 200 {
            let seats = view.choose(&mut rng, 2);
            take(&mut view, &seats);
            sold.extend(seats.iter().map(|seat| labels(seat)));
        }
        let in_best_quarter = sold.iter().filter(|[section, ..]| *section < 2).count();
        assert!(
            (55..=120).contains(&in_best_quarter),
            "{in_best_quarter} of 200 in the best two of eight sections"
        );
        let in_front = sold.iter().filter(|[_, row, _]| *row < 5).count();
        assert!(in_front > 150, "{in_front} of 200 in the front half");
    }

    #[test]
    fn only_what_is_free_is_chosen_and_frames_of_another_plan_are_left_alone() {
        let seats = ["a", "b", "c"].map(|id| (id.to_owned(), "A".to_owned(), "1".to_owned()));
        let mut view = SeatView::new(plan(seats.into(), &[]));
        assert!(view.choose(&mut Rng::with_seed(4), 2).is_empty(), "nothing is known yet");
        view.take(&frame(None, "NAR")).unwrap();
        assert_eq!(view.choose(&mut Rng::with_seed(4), 2), ["b"]);
        for other in [
            frame(None, "AA"),
            frame(Some(vec![3]), "A"),
            frame(Some(vec![0, 1]), "A"),
            SeatStatuses { plan_version: 2, ..frame(None, "AAA") },
        ] {
            view.take(&other).unwrap_err();
        }
        assert_eq!(view.counts(), [1, 1, 0]);
        view.take(&frame(Some(vec![1]), "C")).unwrap();
        assert_eq!(view.counts(), [0, 1, 1]);
        assert!(view.choose(&mut Rng::with_seed(4), 2).is_empty());
        assert!(SeatView::default().choose(&mut Rng::with_seed(4), 6).is_empty());
    }
}
