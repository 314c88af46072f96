use chrono::DateTime;
use proptest::collection::vec;
use proptest::prelude::*;

use super::*;
use crate::domain::{Cause, Change, EventId, LogPoint, SeatId, SeatStatus, ViewerId};
use crate::store::reads::{LetterRecord, LettersRecord};

/// A map of free seats, each third of them not for sale, whose serial numbers have holes.
fn board(seats: i32) -> Board {
    let seat = |place| {
        let for_sale = place % 3 != 1;
        let letter = Letter::of(SeatStatus::Available, for_sale);
        LetterRecord { serial: serial(place), for_sale, letter }
    };
    let seats = (0..seats).map(seat).collect();
    Board::new(LettersRecord { end: LogPoint::unmarked(Revision(7)), plan_version: 2, seats })
}

fn serial(place: i32) -> i32 {
    2 * place + 1
}

fn change(revision: Revision, place: i32, cause: Cause) -> Change {
    Change {
        revision,
        seat: SeatId { event: EventId(1), serial: serial(place) },
        previous: None,
        cause,
        viewer: ViewerId::new("alice").unwrap(),
        expires_at: None,
        order: None,
        former: None,
        changed_at: DateTime::UNIX_EPOCH,
        mark: None,
    }
}

/// A map, its frames, and somebody who watches it.
struct Watched {
    board: Board,
    frame: Arc<StatusFrame>,
    frames: Arc<Frames>,
}

impl Watched {
    fn new(seats: i32) -> Self {
        let (board, frames) = (board(seats), Arc::default());
        let frame = Arc::new(StatusFrame::first(&board, 0, &frames));
        Self { board, frame, frames }
    }

    fn apply(&mut self, place: i32, cause: Cause) {
        let revision = self.board.revision().next();
        self.board.apply(&change(revision, place, cause)).unwrap();
    }

    fn tick(&mut self) {
        self.frame = Arc::new(self.frame.next(&self.board, &self.frames));
    }

    /// The letters of the board as it is, or as of the newest frame.
    fn letters(of: &[Letter]) -> String {
        of.iter().map(|letter| letter.as_char()).collect()
    }
}

/// What a client has made of its frames.
#[derive(Default)]
struct Fold {
    has: Option<i64>,
    letters: Vec<char>,
    revision: i64,
    /// What it was sent, in bytes.
    sent: usize,
}

impl Fold {
    fn take(&mut self, frame: &Arc<StatusFrame>) {
        if self.has == Some(frame.number()) {
            return;
        }
        let statuses = Statuses::of(Arc::clone(frame), self.has.replace(frame.number()));
        let letters = statuses.letters();
        match statuses.places() {
            None => {
                self.sent += ENVELOPE_BYTES + letters.len();
                self.letters = letters.chars().collect();
            }
            Some(places) => {
                assert!(places.is_sorted_by(|a, b| a < b), "{places:?}");
                assert_eq!(letters.len(), places.len());
                for (&place, letter) in places.iter().zip(letters.chars()) {
                    let place = &mut self.letters[usize::try_from(place).unwrap()];
                    assert_ne!(*place, letter, "what went back to what it was is left out");
                    *place = letter;
                }
                self.sent += bytes_of(places);
            }
        }
        assert!(statuses.revision().0 > self.revision, "each is newer");
        self.revision = statuses.revision().0;
    }
}

const SEATS: i32 = 1_000;
const WATCHERS: usize = 3;

#[derive(Clone, Debug)]
enum Happening {
    Change(i32, Cause),
    /// A frame is due.
    Tick,
    /// One of the watchers looks.
    Look(usize),
    /// The board is read anew.
    Reread,
}

fn changes() -> impl Strategy<Value = (i32, Cause)> {
    // An import is of another plan: the map is read anew, and its frames begin anew with it.
    let causes: Vec<_> =
        Cause::ALL.iter().copied().filter(|cause| *cause != Cause::Imported).collect();
    (0..SEATS, proptest::sample::select(causes))
}

fn happening() -> impl Strategy<Value = Happening> {
    prop_oneof![
        8 => changes().prop_map(|(place, cause)| Happening::Change(place, cause)),
        3 => Just(Happening::Tick),
        3 => (0..WATCHERS).prop_map(Happening::Look),
        1 => Just(Happening::Reread),
    ]
}

proptest! {
    /// Whatever changes, whenever frames are made, however long a watcher sleeps.
    #[test]
    fn who_folds_the_frames_has_the_map(happenings in vec(happening(), 0..400)) {
        let mut watched = Watched::new(SEATS);
        let mut folds: [Fold; WATCHERS] = Default::default();
        for happening in happenings {
            match happening {
                Happening::Change(place, cause) => watched.apply(place, cause),
                Happening::Tick => {
                    if watched.frame.revision < watched.board.revision() {
                        watched.tick();
                    }
                }
                Happening::Look(who) => {
                    folds[who].take(&watched.frame);
                    let told: String = folds[who].letters.iter().collect();
                    prop_assert_eq!(told, Watched::letters(&watched.frame.letters));
                }
                Happening::Reread => {
                    let number = watched.frame.number() + 2;
                    watched.apply(0, Cause::Extended);
                    let first = StatusFrame::first(&watched.board, number, &watched.frames);
                    watched.frame = Arc::new(first);
                }
            }
        }
        watched.apply(0, Cause::Extended);
        watched.tick();
        for fold in &mut folds {
            fold.take(&watched.frame);
            let told: String = fold.letters.iter().collect();
            prop_assert_eq!(told, Watched::letters(watched.board.letters()));
        }
    }

    /// Who takes fewer frames is sent no more than who takes all of them.
    #[test]
    fn nobody_is_sent_more_for_having_slept(
        ticks in vec((vec(changes(), 1..40), any::<bool>()), 1..80),
    ) {
        let mut watched = Watched::new(SEATS);
        let [mut awake, mut sleepy] = <[Fold; 2]>::default();
        awake.take(&watched.frame);
        sleepy.take(&watched.frame);
        for (changes, looks) in ticks {
            for (place, cause) in changes {
                watched.apply(place, cause);
            }
            watched.tick();
            awake.take(&watched.frame);
            if looks {
                sleepy.take(&watched.frame);
            }
        }
        prop_assert!(sleepy.sent <= awake.sent, "{} > {}", sleepy.sent, awake.sent);
    }
}

#[test]
fn a_frame_is_whole_where_that_is_shorter() {
    let mut watched = Watched::new(20);
    let mut fold = Fold::default();
    fold.take(&watched.frame);
    // Places below 10 take three bytes each, with comma and letter.
    for place in 0..6 {
        watched.apply(place, Cause::Reserved);
    }
    watched.tick();
    let next = |fold: &Fold, watched: &Watched| Statuses::of(Arc::clone(&watched.frame), fold.has);
    assert_eq!(next(&fold, &watched).places(), Some(&[0, 1, 2, 3, 4, 5][..]));
    assert_eq!(next(&fold, &watched).letters(), "RRRRRR");
    assert_eq!(next(&fold, &watched).bytes(), ENVELOPE_BYTES + 18);
    fold.take(&watched.frame);
    for place in 0..7 {
        watched.apply(place, Cause::Confirmed);
    }
    watched.tick();
    let whole = next(&fold, &watched);
    assert_eq!((whole.places(), whole.letters().len()), (None, 20));
    assert_eq!(whole.letters(), "CCCCCCCNAANAANAANAAN", "{}", whole.letters());
    assert_eq!(whole.bytes(), ENVELOPE_BYTES + 20);
}

#[test]
fn a_change_that_shows_nothing_makes_an_empty_frame() {
    let mut watched = Watched::new(20);
    let mut fold = Fold::default();
    fold.take(&watched.frame);
    watched.apply(3, Cause::Reserved);
    watched.apply(3, Cause::Released);
    watched.tick();
    let statuses = Statuses::of(Arc::clone(&watched.frame), fold.has);
    assert_eq!((statuses.places(), statuses.letters().as_str()), (Some(&[][..]), ""));
    assert_eq!(statuses.revision(), Revision(9), "it tells how far the map is true");
}

#[test]
fn who_has_missed_a_few_frames_is_told_the_difference_and_who_has_missed_many_the_whole() {
    let mut watched = Watched::new(10_000);
    for place in 0..300 {
        watched.apply(place, Cause::Reserved);
        watched.tick();
    }
    let told = |has| Statuses::of(Arc::clone(&watched.frame), Some(has));
    assert_eq!(told(295).places(), Some(&[295, 296, 297, 298, 299][..]));
    let known = 300 - FRAMES_KNOWN as i64;
    let missed: Vec<i32> = (i32::try_from(known).unwrap()..300).collect();
    assert_eq!(told(known).places(), Some(&missed[..]));
    assert_eq!(told(known - 1).places(), None, "as many frames take as much as the whole");
    assert!(Arc::ptr_eq(told(295).rendered(), told(295).rendered()), "made once for all");
    assert!(!Arc::ptr_eq(told(295).rendered(), told(294).rendered()));
    assert!(Arc::ptr_eq(told(known - 1).rendered(), told(3).rendered()));
    let another = Statuses::of(Arc::clone(&watched.frame), None);
    assert!(another.places().is_none(), "who has none is told the whole");
}

/// However wild a sale is: what is known of old frames takes no more than the map's places, twice.
#[test]
fn what_is_known_of_old_frames_is_bounded_by_the_places_of_the_map() {
    let mut watched = Watched::new(100);
    for number in 0..50 {
        let cause = if number % 2 == 0 { Cause::Reserved } else { Cause::Released };
        (0..20).for_each(|place| watched.apply(3 * place, cause));
        watched.tick();
        let known = watched.frame.news.iter().map(|news| news.places.len()).sum::<usize>();
        assert!(known <= KNOWN_OF_A_PLACE * 100, "{known}");
    }
    let told = |has| Statuses::of(Arc::clone(&watched.frame), Some(has));
    assert_eq!((told(46).places(), told(45).places().map(<[_]>::len)), (Some(&[][..]), Some(20)));
    assert_eq!(told(39).places(), None);
}

#[test]
fn a_change_that_does_not_follow_or_of_a_seat_that_is_not_there_is_refused() {
    let mut board = board(3);
    let at = |revision, place| change(Revision(revision), place, Cause::Reserved);
    assert_eq!(board.apply(&at(9, 0)), Err(crate::feed::board::Outdated));
    assert_eq!(board.apply(&at(8, 3)), Err(crate::feed::board::Outdated));
    assert_eq!((board.apply(&at(8, 2)), board.revision()), (Ok(()), Revision(8)));
}
