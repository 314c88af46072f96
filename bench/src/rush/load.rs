//! The load generator: many viewers over keep-alive connections, each request an operation of the
//! public API.
//!
//! It is honest: it reads every answer and knows what a success must look like, counts refusals
//! apart, and ends the run on anything else. Lean, since it shares the machine with what it
//! measures: the requests are put together from parts, and all connections are served by one
//! thread.
//!
//! *Closed loop*: each connection sends its next request when it has the answer to the last. *Open
//! loop*: requests are due at times fixed beforehand, and are late from then on, whether or not a
//! connection was free to send them: a server that stalls cannot make its own load wait
//! (coordinated omission).

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use tokio::sync::{Mutex, mpsc};

use super::answer::{Outcome, read_answer};
use super::connection::Connection;
use super::stage::Event;
use crate::Result;

/// What every reservation asks, as a shop would.
pub(crate) const RESERVE: &str = "mutation Reserve($input: ReserveSeatsInput!) { outcome: \
    reserveSeats(input: $input) { __typename \
    ... on ReserveSeatsSuccess { expiresAt serverTime revision seats { id status } } \
    ... on SeatsUnavailable { message seats { seatId reason } } ... on UserError { message } } }";

const CONFIRM: &str = "mutation Confirm($input: ConfirmSeatsInput!) { outcome: \
    confirmSeats(input: $input) { __typename \
    ... on ConfirmSeatsSuccess { created revision order { id code } } ... on UserError { message \
    } } }";

const RELEASE: &str = "mutation Release($input: ReleaseSeatsInput!) { outcome: \
    releaseSeats(input: $input) { __typename \
    ... on ReleaseSeatsSuccess { revision seats { id status } } ... on UserError { message } } }";

/// What becomes of the seats that one viewer wants.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Plan {
    /// They are reserved.
    Reserve,
    /// They are reserved, then bought.
    Buy,
    /// They are reserved, then given back: a sale that can go on for any time.
    Return,
}

/// The seats that one viewer wants.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Wish {
    pub(crate) event: Event,
    pub(crate) first: i32,
    pub(crate) count: i32,
}

/// What is asked of a server, and by whom.
pub(crate) struct Demand {
    pub(crate) plan: Plan,
    /// In this order; after the last, the first again if they are given back, else nothing.
    pub(crate) wishes: Vec<Wish>,
    pub(crate) tokens: Arc<Vec<String>>,
    /// The servers, in turn.
    pub(crate) addresses: Vec<String>,
    pub(crate) connections: usize,
    pub(crate) pace: Pace,
    pub(crate) duration: Duration,
}

#[derive(Clone, Copy, Debug)]
pub(crate) enum Pace {
    /// As fast as answers come.
    Closed,
    /// So many wishes a second, evenly.
    Open(f64),
    /// The same where it is more than can be done: what was not sent when the time is over is given
    /// up. After the first moment all of it is late, so that a millisecond's care about when it is
    /// due is enough.
    Surplus(f64),
}

/// What was done, to be compared with the books.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Counts {
    /// Seats reserved, bought, and given back.
    pub(crate) reserved: u64,
    pub(crate) bought: u64,
    pub(crate) returned: u64,
    /// Requests answered with SeatsUnavailable.
    pub(crate) refused: u64,
    /// Requests answered with OVERLOADED.
    pub(crate) overloaded: u64,
}

impl Counts {
    /// As many changes as the logs have.
    pub(crate) fn changes(self) -> u64 {
        self.reserved + self.bought + self.returned
    }
}

impl std::ops::AddAssign for Counts {
    fn add_assign(&mut self, other: Self) {
        self.reserved += other.reserved;
        self.bought += other.bought;
        self.returned += other.returned;
        self.refused += other.refused;
        self.overloaded += other.overloaded;
    }
}

/// What came of it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Tally {
    pub(crate) counts: Counts,
    /// Seats reserved within the time that counts, and requests that were answered in it.
    pub(crate) reserved_in_time: u64,
    pub(crate) answered_in_time: u64,
    /// From when a request was due (open loop) or sent (closed loop) to its answer: when it was
    /// due, after the beginning, and how long it took, in seconds. Only those that were not turned
    /// away.
    pub(crate) latencies: Vec<(f32, f32)>,
    /// How long requests took, from when they were sent, that were answered with OVERLOADED.
    pub(crate) turned_away: Vec<f32>,
    /// How long it went on, in seconds.
    pub(crate) seconds: f64,
}

impl Tally {
    pub(crate) fn seats_per_second(&self) -> f64 {
        self.reserved_in_time as f64 / self.seconds
    }

    pub(crate) fn answers_per_second(&self) -> f64 {
        self.answered_in_time as f64 / self.seconds
    }

    /// The latency that this part of the requests stays under, in milliseconds.
    pub(crate) fn latency_ms(&self, part: f64) -> f64 {
        self.latency_between_ms(0.0, f32::INFINITY, part)
    }

    /// The same of those that were due between two times, in seconds after the beginning.
    pub(crate) fn latency_between_ms(&self, from: f32, to: f32, part: f64) -> f64 {
        let due = self.latencies.iter().filter(|&&(due, _)| from <= due && due < to);
        let latencies: Vec<f64> = due.map(|&(_, latency)| f64::from(latency) * 1e3).collect();
        crate::usage::percentile(&latencies, part)
    }

    fn add(&mut self, other: Self) {
        self.counts += other.counts;
        self.reserved_in_time += other.reserved_in_time;
        self.answered_in_time += other.answered_in_time;
        self.latencies.extend(other.latencies);
        self.turned_away.extend(other.turned_away);
    }
}

/// Makes the demand, from a thread of its own.
pub(crate) async fn make(demand: Demand) -> Result<Tally> {
    let (sender, receiver) = tokio::sync::oneshot::channel();
    std::thread::Builder::new().name("load".to_owned()).spawn(move || {
        let made = tokio::runtime::Builder::new_current_thread().enable_all().build();
        let made = made.map_err(Into::into).and_then(|runtime| runtime.block_on(run(demand)));
        // Whoever asked has gone if this fails.
        let _ = sender.send(made);
    })?;
    receiver.await?
}

async fn run(demand: Demand) -> Result<Tally> {
    let mut connections = Vec::new();
    for number in 0..demand.connections {
        connections
            .push(Connection::open(&demand.addresses[number % demand.addresses.len()]).await?);
    }
    let (due_sender, due) = mpsc::unbounded_channel();
    let begin = Instant::now();
    let clock = Clock { begin, end: begin + demand.duration };
    let demand = Arc::new(demand);
    if let Pace::Open(rate) = demand.pace {
        std::thread::Builder::new()
            .name("pace".to_owned())
            .spawn(move || pace(&due_sender, rate, clock))?;
    }
    let (next, due) = (Arc::new(AtomicUsize::new(0)), Arc::new(Mutex::new(due)));
    let mut buyers = tokio::task::JoinSet::new();
    for connection in connections {
        let (demand, next, due) = (Arc::clone(&demand), Arc::clone(&next), Arc::clone(&due));
        let buyer = Buyer {
            demand,
            next,
            due,
            clock,
            connection,
            tally: Tally::default(),
            body: String::new(),
        };
        buyers.spawn(buyer.buy());
    }
    let mut tally = Tally::default();
    let mut last_answer = begin;
    while let Some(ended) = buyers.join_next().await {
        let (part, at) = ended??;
        tally.add(part);
        last_answer = last_answer.max(at);
    }
    // Where the seats ran out before the time did, it ended with the last answer.
    tally.seconds = clock.end.min(last_answer).duration_since(begin).as_secs_f64();
    Ok(tally)
}

#[derive(Clone, Copy)]
struct Clock {
    begin: Instant,
    end: Instant,
}

/// The shortest sleep between two requests. What is due within it is sent together, and counts from
/// when it was due: at tens of thousands a second a sleep for each would cost a good part of a
/// core.
const SHORTEST_SLEEP: Duration = Duration::from_micros(200);

/// Says when each request is due. A thread of its own: tokio's timers know milliseconds only.
fn pace(due: &mpsc::UnboundedSender<Instant>, rate: f64, clock: Clock) {
    let mut now = clock.begin;
    for number in 0_u32.. {
        let at = clock.begin + Duration::from_secs_f64(f64::from(number) / rate);
        if at >= clock.end {
            return;
        }
        if at > now {
            std::thread::sleep(at.saturating_duration_since(Instant::now()).max(SHORTEST_SLEEP));
            now = Instant::now();
        }
        if due.send(at).is_err() {
            return;
        }
    }
}

/// One connection's work.
struct Buyer {
    demand: Arc<Demand>,
    next: Arc<AtomicUsize>,
    due: Arc<Mutex<mpsc::UnboundedReceiver<Instant>>>,
    clock: Clock,
    connection: Connection,
    tally: Tally,
    body: String,
}

impl Buyer {
    async fn buy(mut self) -> Result<(Tally, Instant)> {
        let mut last_answer = self.clock.begin;
        while let Some((number, due)) = self.next_wish().await {
            let demand = Arc::clone(&self.demand);
            let wish = demand.wishes[number % demand.wishes.len()];
            if self.carry_out(number, wish, due).await? == Step::Done {
                match demand.plan {
                    Plan::Reserve => {}
                    Plan::Buy => {
                        self.follow_up(number, wish, CONFIRM, "ConfirmSeatsSuccess").await?
                    }
                    Plan::Return => {
                        self.follow_up(number, wish, RELEASE, "ReleaseSeatsSuccess").await?
                    }
                }
            }
            last_answer = Instant::now();
        }
        Ok((self.tally, last_answer))
    }

    /// The next wish and since when it is due.
    async fn next_wish(&self) -> Option<(usize, Instant)> {
        let wish = || self.next.fetch_add(1, Ordering::Relaxed);
        let (number, due) = match self.demand.pace {
            Pace::Closed => (wish(), Instant::now()),
            Pace::Open(_) => {
                let due = self.due.lock().await.recv().await?;
                (wish(), due)
            }
            Pace::Surplus(rate) => {
                let number = wish();
                let due = self.clock.begin + Duration::from_secs_f64(number as f64 / rate);
                tokio::time::sleep_until(due.into()).await;
                if Instant::now() >= self.clock.end {
                    return None;
                }
                (number, due)
            }
        };
        let is_over = due >= self.clock.end
            || (number >= self.demand.wishes.len() && self.demand.plan != Plan::Return);
        (!is_over).then_some((number, due))
    }

    /// Reserves.
    async fn carry_out(&mut self, number: usize, wish: Wish, due: Instant) -> Result<Step> {
        let answer = self.ask(number, wish, RESERVE, due).await?;
        match answer {
            Outcome::Success { kind, seats } if kind == "ReserveSeatsSuccess" => {
                if seats != usize::try_from(wish.count)? {
                    return Err(
                        format!("{seats} seats were reserved instead of {}", wish.count).into()
                    );
                }
                self.tally.counts.reserved += seats as u64;
                if Instant::now() < self.clock.end {
                    self.tally.reserved_in_time += seats as u64;
                }
                Ok(Step::Done)
            }
            Outcome::Success { kind, .. } if kind == "SeatsUnavailable" => {
                self.tally.counts.refused += 1;
                Ok(Step::Refused)
            }
            Outcome::Success { kind, .. } => {
                Err(format!("a reservation was answered with {kind}").into())
            }
            Outcome::Overloaded => Ok(Step::Refused),
        }
    }

    /// Buys or gives back what was reserved; comes again if it was turned away.
    async fn follow_up(
        &mut self,
        number: usize,
        wish: Wish,
        words: &'static str,
        success: &str,
    ) -> Result<()> {
        loop {
            match self.ask(number, wish, words, Instant::now()).await? {
                Outcome::Success { kind, .. } if kind == success => {
                    let seats = u64::try_from(wish.count)?;
                    if words == CONFIRM {
                        self.tally.counts.bought += seats
                    } else {
                        self.tally.counts.returned += seats
                    }
                    return Ok(());
                }
                Outcome::Success { kind, .. } => {
                    return Err(format!("instead of {success} came {kind}").into());
                }
                Outcome::Overloaded => tokio::time::sleep(Duration::from_millis(50)).await,
            }
        }
    }

    async fn ask(
        &mut self,
        number: usize,
        wish: Wish,
        words: &'static str,
        due: Instant,
    ) -> Result<Outcome> {
        write_body(&mut self.body, number, wish, words);
        let token = &self.demand.tokens[number % self.demand.tokens.len()];
        let sent = Instant::now();
        let (status, body) = self.connection.post(token, &self.body).await?;
        let outcome = read_answer(status, body)?;
        let now = Instant::now();
        let took = now.duration_since(due).as_secs_f32();
        if matches!(outcome, Outcome::Overloaded) {
            self.tally.counts.overloaded += 1;
            self.tally.turned_away.push(now.duration_since(sent).as_secs_f32());
        } else {
            self.tally.latencies.push((due.duration_since(self.clock.begin).as_secs_f32(), took));
            self.tally.answered_in_time += u64::from(now < self.clock.end);
        }
        Ok(outcome)
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Step {
    Done,
    Refused,
}

fn write_body(body: &mut String, number: usize, wish: Wish, words: &str) {
    body.clear();
    body.push_str("{\"query\":\"");
    body.push_str(words);
    body.push_str("\",\"variables\":{\"input\":{\"eventId\":\"");
    body.push_str(&wish.event.global_id());
    body.push_str("\",\"seatIds\":[");
    for offset in 0..wish.count {
        body.push_str(if offset == 0 { "\"" } else { ",\"" });
        body.push_str(&wish.event.seat(wish.first + offset));
        body.push('"');
    }
    body.push(']');
    if words == CONFIRM {
        body.push_str(&format!(",\"idempotencyKey\":\"purchase-{number}\""));
    }
    body.push_str("}}}");
}
