//! A viewer: reserves, buys, lets go, signs in, passes on; and repeats what was not answered, as
//! `docs/api.md` tells clients to.

use std::sync::Arc;
use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use fastrand::Rng;
use serde_json::{Value, json};
use tokio::time::sleep;

use super::ask::{Ask, Line, Purchase, Ticket};
use super::call::{Client, Question, fetch};
use super::reply::Reply;
use super::world::{Person, Phase, World};
use crate::Result;
use crate::plan::{Intent, Kind};

/// How often something unclear is repeated at once.
const ATTEMPTS: usize = 3;

/// How long a client may be without a clear answer when all faults are over.
const CLEAR_MAX: Duration = Duration::from_secs(40);

/// How many seats are reserved at a time at most.
const SEATS_MAX: usize = 3;

/// A seat that a viewer holds, as far as the viewer knows, and what it costs as what.
#[derive(Clone, Debug)]
struct Held {
    seat: String,
    tickets: Vec<Ticket>,
}

/// A viewer in the middle of a round.
struct Viewer<'a> {
    client: Client<'a>,
    me: Person,
    rng: Rng,
    /// By event.
    held: Vec<Vec<Held>>,
    /// Codes of orders, with their events.
    orders: Vec<(usize, String)>,
    /// What nobody knows the outcome of.
    unclear: Vec<(usize, Ask)>,
    keys: u32,
}

/// Buys until the storm is over, then clears up what is unclear. The error: what stays unclear.
pub(crate) async fn buy(world: Arc<World>, number: usize, seed: u64) -> Result<()> {
    let me = world.viewers[number].clone();
    let client =
        Client { world: &world, http: reqwest::Client::new(), number: u32::try_from(number)? };
    let held = vec![Vec::new(); world.events.len()];
    let rng = Rng::with_seed(seed);
    let (orders, unclear) = (Vec::new(), Vec::new());
    let mut viewer = Viewer { client, me, rng, held, orders, unclear, keys: 0 };
    let mut phase = world.phase.clone();
    while *phase.borrow_and_update() == Phase::Storm {
        let intent = Intent::draw(&mut viewer.rng, world.servers.len(), world.events.len());
        viewer.act(intent).await;
    }
    viewer.clear_up().await?;
    viewer.look_back().await;
    Ok(())
}

impl Viewer<'_> {
    async fn act(&mut self, intent: Intent) {
        if intent.kind == Kind::Claim {
            return self.sign_in(intent).await;
        }
        let Some((event, mut ask)) = self.intend(intent) else { return };
        for attempt in 1..=ATTEMPTS {
            let reply = self.ask(intent.server, event, &ask, intent.patience).await;
            if reply == Reply::Unsent {
                // Another server may be there.
                sleep(Duration::from_millis(30)).await;
            }
            if !reply.is_unclear() {
                return self.learn(event, &ask, &reply);
            }
            if attempt < ATTEMPTS {
                sleep(Duration::from_millis(self.rng.u64(20..300))).await;
                ask = ask.again();
            }
        }
        self.forget(event, &ask);
        self.unclear.push((event, ask));
    }

    /// What a viewer asks for who intends this, and of which event; nothing, if it needs what there
    /// is not.
    fn intend(&mut self, intent: Intent) -> Option<(usize, Ask)> {
        let event = intent.event;
        let mut rng = Rng::with_seed(intent.choice);
        let kind = match intent.kind {
            Kind::Confirm | Kind::Release | Kind::Extend if self.held[event].is_empty() => {
                Kind::Reserve
            }
            kind => kind,
        };
        let ask = match kind {
            Kind::Reserve => {
                let seats = &self.client.world.events[event].seats;
                let count = rng.usize(1..=SEATS_MAX);
                let seats = rng.choose_multiple(seats, count).into_iter().cloned().collect();
                Ask::Reserve { seats }
            }
            Kind::ReserveBest => Ask::ReserveBest { quantity: rng.usize(1..=SEATS_MAX) },
            Kind::Confirm => self.purchase(event, &mut rng),
            Kind::Release => Ask::Release { seats: self.some_of_mine(event, &mut rng) },
            Kind::Extend => Ask::Extend { seats: self.some_of_mine(event, &mut rng) },
            Kind::Transfer | Kind::ReadOrder => return self.with_an_order(kind, &mut rng),
            Kind::Again if self.unclear.is_empty() => return None,
            Kind::Again => return Some(self.unclear.remove(rng.usize(..self.unclear.len()))),
            Kind::ReadMap => Ask::ReadMap,
            Kind::ReadStatuses => Ask::ReadStatuses,
            Kind::ReadMine | Kind::Claim => Ask::ReadMine,
        };
        Some((event, ask))
    }

    fn with_an_order(&self, kind: Kind, rng: &mut Rng) -> Option<(usize, Ask)> {
        let (event, code) = rng.choice(&self.orders)?.clone();
        let people = &self.client.world.viewers;
        let to = people[rng.usize(..people.len())].id.clone();
        let ask = match kind {
            Kind::Transfer => Ask::Transfer { code, to, by_admin: false },
            _ => Ask::ReadOrder { code, by_admin: rng.bool() },
        };
        Some((event, ask))
    }

    fn some_of_mine(&self, event: usize, rng: &mut Rng) -> Vec<String> {
        let mine = &self.held[event];
        let count = rng.usize(1..=mine.len());
        rng.choose_multiple(mine, count).into_iter().map(|held| held.seat.clone()).collect()
    }

    /// A purchase of some seats that are held: with a total or without. The
    /// shop does it where that is the shop's, but for a buyer who tries all the same.
    fn purchase(&mut self, event: usize, rng: &mut Rng) -> Ask {
        let mine = &self.held[event];
        let count = rng.usize(1..=mine.len());
        let chosen = rng.choose_multiple(mine, count);
        let mut total = 0;
        let mut lines = Vec::new();
        for held in chosen {
            let ticket = rng.choice(&held.tickets).filter(|_| rng.bool()).cloned();
            let costs = ticket.as_ref().or(held.tickets.first());
            total += costs.map_or(0, |ticket| ticket.amount);
            lines.push(Line { seat: held.seat.clone(), ticket });
        }
        let is_shops = !self.client.world.events[event].buyers_confirm && rng.u8(..8) > 0;
        self.keys += 1;
        let key = format!("key-{}", self.keys);
        Ask::Confirm(Purchase {
            lines,
            buyer: is_shops.then(|| self.me.id.clone()),
            payment_reference: rng.bool().then(|| format!("paid-{}-{key}", self.me.name)),
            expected_total: rng.bool().then_some(total),
            key,
        })
    }

    async fn ask(&self, server: usize, event: usize, ask: &Ask, patience: Duration) -> Reply {
        let world = self.client.world;
        let (speaker, viewer) = match ask {
            Ask::Confirm(Purchase { buyer: Some(_), .. }) => (&world.shop, &self.me.name),
            Ask::ReadOrder { by_admin: true, .. } => (&world.admin, &world.admin.name),
            _ => (&self.me, &self.me.name),
        };
        let event = (!matches!(ask, Ask::Claim { .. })).then_some(event);
        let question = Question { server, event, ask, speaker, viewer, patience };
        self.client.ask(question).await
    }

    /// Knows afterwards what the answer says.
    fn learn(&mut self, event: usize, ask: &Ask, reply: &Reply) {
        let Reply::Data(data) = reply else { return };
        let success = data["__typename"].as_str().is_some_and(|name| name.ends_with("Success"));
        let mine = &mut self.held[event];
        match ask {
            Ask::Reserve { .. } | Ask::ReserveBest { .. } if success => {
                let known = held(&data["seats"]);
                mine.retain(|held| known.iter().all(|new| new.seat != held.seat));
                mine.extend(known);
            }
            Ask::ReadMine => *mine = held(&data["reservations"]),
            Ask::Confirm(_) if success => {
                let code = data["order"]["code"].as_str().unwrap_or_default().to_owned();
                if self.orders.iter().all(|(_, known)| *known != code) {
                    self.orders.push((event, code));
                }
                self.forget(event, ask);
            }
            // Once refused, it is given up.
            Ask::Confirm(_) | Ask::Release { .. } | Ask::Extend { .. } => self.forget(event, ask),
            _ => {}
        }
    }

    /// No longer counts on the seats that this was about.
    fn forget(&mut self, event: usize, ask: &Ask) {
        let gone: Vec<&str> = match ask {
            Ask::Confirm(purchase) => {
                purchase.lines.iter().map(|line| line.seat.as_str()).collect()
            }
            Ask::Release { seats } => seats.iter().map(String::as_str).collect(),
            _ => return,
        };
        self.held[event].retain(|held| !gone.contains(&held.seat.as_str()));
    }

    /// Holds seats as a guest, and signs in.
    async fn sign_in(&mut self, intent: Intent) {
        let Ok(guest) = self.guest(intent.server).await else { return };
        let event = intent.event;
        let seats = &self.client.world.events[event].seats;
        let mut rng = Rng::with_seed(intent.choice);
        let ask =
            Ask::Reserve { seats: rng.choose_multiple(seats, 2).into_iter().cloned().collect() };
        let question = Question {
            server: intent.server,
            event: Some(event),
            ask: &ask,
            speaker: &guest,
            viewer: &guest.name,
            patience: intent.patience,
        };
        let reserved = self.client.ask(question).await;
        let claim = Ask::Claim { token: guest.token, guest: guest.name };
        for _ in 0..ATTEMPTS {
            let reply = self.ask(intent.server, event, &claim, intent.patience).await;
            if !reply.is_unclear() {
                if matches!(reply, Reply::Data(_)) {
                    self.learn(event, &ask, &reserved);
                }
                return;
            }
            sleep(Duration::from_millis(100)).await;
        }
        self.unclear.push((event, claim));
    }

    async fn guest(&self, server: usize) -> Result<Person> {
        let words = "mutation { startGuestSession { token viewer { id } } }";
        let address = self.client.world.servers[server];
        let data = fetch(&self.client.http, address, None, words, json!({})).await?;
        let session = &data["startGuestSession"];
        let token = session["token"].as_str().ok_or("a guest without a token")?.to_owned();
        let claims = token.split('.').nth(1).ok_or("a token without claims")?;
        let claims: Value = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(claims)?)?;
        let name = claims["sub"].as_str().ok_or("a guest without a name")?.to_owned();
        let id = session["viewer"]["id"].as_str().ok_or("a guest without an id")?.to_owned();
        Ok(Person { name, id, token })
    }

    /// Repeats what is unclear until it is not, wherever a server answers.
    async fn clear_up(&mut self) -> Result<()> {
        let began = Instant::now();
        let servers = self.client.world.servers.len();
        for (event, ask) in std::mem::take(&mut self.unclear) {
            let mut ask = ask.again();
            loop {
                let server = self.rng.usize(..servers);
                let reply = self.ask(server, event, &ask, Duration::from_secs(8)).await;
                if !reply.is_unclear() && reply != Reply::Unsent {
                    self.learn(event, &ask, &reply);
                    break;
                }
                if began.elapsed() > CLEAR_MAX {
                    let (name, field) = (&self.me.name, ask.field());
                    return Err(format!(
                        "{name} has no clear answer to {field} {} s after all faults: {reply:?}",
                        CLEAR_MAX.as_secs()
                    )
                    .into());
                }
                sleep(Duration::from_millis(200)).await;
                ask = ask.again();
            }
        }
        Ok(())
    }

    /// Looks at everything once more: the orders, what is held, the map.
    async fn look_back(&mut self) {
        let patience = Duration::from_secs(10);
        let servers = self.client.world.servers.len();
        for (event, code) in self.orders.clone() {
            let ask = Ask::ReadOrder { code, by_admin: self.rng.bool() };
            let server = self.rng.usize(..servers);
            self.ask(server, event, &ask, patience).await;
        }
        for event in 0..self.held.len() {
            let server = self.rng.usize(..servers);
            for ask in [Ask::ReadMine, Ask::ReadMap, Ask::ReadStatuses] {
                self.ask(server, event, &ask, patience).await;
            }
        }
    }
}

/// Seats of an answer, with what they cost.
fn held(seats: &Value) -> Vec<Held> {
    let ticket = |ticket: &Value| {
        Some(Ticket {
            id: ticket["id"].as_str()?.to_owned(),
            name: ticket["name"].as_str()?.to_owned(),
            amount: ticket["price"]["amountMinor"].as_i64()?,
        })
    };
    let seat = |seat: &Value| {
        let tickets = seat["ticketTypes"].as_array()?.iter().filter_map(ticket).collect();
        Some(Held { seat: seat["id"].as_str()?.to_owned(), tickets })
    };
    seats.as_array().into_iter().flatten().filter_map(seat).collect()
}
