// The data set, as one person sees it: read from the server once, in plain requests that ask for
// one level at a time, and made into objects that graphql-js executes over.
//
// What the server answers to these requests is believed: what is judged is how answers are made.

import { isLeafType, getNamedType } from 'graphql';
import { BUYERS, ask, listen } from './arena.mjs';

/** The events of the data set: the last one is for cases that change something. */
export const SLUGS = ['judge-hall', 'judge-club', 'judge-lawn', 'judge-changes'];

/** The keys that Alice has bought with, and for which seats. */
const KEYS = [
  ['judge-hall', 'bought', [5, 6]],
  ['judge-hall', 'again', [9]],
  ['judge-lawn', 'bought', [2, 4]],
];

/** What a key belongs to. */
export const keyOf = (who, event, key) => JSON.stringify([who, event.id, key]);

/** The names of a type's fields that have no selections, as the schema has them. */
function leaves(schema, type) {
  const fields = Object.values(schema.getType(type).getFields());
  const isLeaf = ({ type, args }) => isLeafType(getNamedType(type)) && args.length === 0;
  return fields.filter(isLeaf).map(({ name }) => name);
}

/** The plain requests for everything, with every leaf that the schema has. */
function requests(schema) {
  const all = (type) => leaves(schema, type).join(' ');
  const money = `{ ${all('Money')} }`;
  const hasLines = schema.getType('OrderLine') !== undefined;
  const hasTickets = schema.getType('TicketType') !== undefined;
  const tickets = hasTickets ? `ticketTypes { ${all('TicketType')} price ${money} }` : '';
  const ticket = hasTickets ? `ticketType { ${all('TicketType')} price ${money} }` : '';
  const lines = hasLines ? `lines { seat { id } price ${money} ${ticket} }` : '';
  return {
    events: `{ events(first: 100) { edges { cursor node { ${all('Event')} } } } }`,
    categories: `query ($event: ID!) { event(id: $event) {
      categories { ${all('Category')} price ${money} ${tickets} } } }`,
    seats: `query ($event: ID!) { seats(eventId: $event, first: 1000) {
      edges { cursor node { ${all('Seat')} ${tickets} category { id } } } } }`,
    plan: `query ($event: ID!) { seatPlan(eventId: $event) {
      seats { ${all('PlanSeat')} } shapes { ${all('PlanShape')} } } }`,
    viewer: `{ viewer { ${all('Viewer')} } }`,
    orders: `{ viewer { orders(first: 100) { edges { cursor node {
      ${all('Order')} event { id } seats { id } total ${money} ${lines} } } } } }`,
    snapshot: `subscription ($event: ID!) { seatChanges(eventId: $event) {
      ... on SeatSnapshot { seats { ${all('SeatState')} } } } }`,
  };
}

/** Everything there is, by its id, as one person sees it. */
export class World {
  events = [];
  /** Of everybody, newest first. */
  orders = [];
  viewer = null;
  /** The serial numbers that cursors of seats stand for. */
  seatCursors = new Map();
  /** Whether requests that go by it are under way side by side: then nothing may change. */
  isShared = false;
  byId = new Map();
  /** Orders by the keys that they were bought with. */
  keys = new Map();
  /** Holds that were prolonged. */
  extended = new Set();
  /** Of what is made up in one answer, so that each thing gets a number of its own. */
  made = 0;

  constructor(who) {
    this.who = who;
  }

  static async read(schema, who) {
    const world = new World(who);
    const plain = requests(schema);
    const { events } = await ask(who, plain.events);
    for (const { node, cursor } of events.edges) {
      await world.#readEvent(plain, { __typename: 'Event', ...node, cursor });
    }
    const orders = await Promise.all(BUYERS.map((buyer) => readOrders(plain, buyer)));
    const byTime = (a, b) => (a.confirmedAt < b.confirmedAt ? 1 : -1);
    world.orders = orders.flat().sort(byTime);
    world.orders.forEach((order) => world.byId.set(order.id, order));
    world.#readKeys();
    const { viewer } = await ask(who, plain.viewer);
    if (viewer) {
      world.viewer = { __typename: 'Viewer', ...viewer };
      world.byId.set(viewer.id, world.viewer);
    }
    return world;
  }

  async #readEvent(plain, event) {
    const variables = { event: event.id };
    const [{ event: details }, { seats }, { seatPlan }, { seatChanges }] = await Promise.all([
      ask(this.who, plain.categories, variables),
      ask(this.who, plain.seats, variables),
      ask(this.who, plain.plan, variables),
      listen(this.who, plain.snapshot, variables),
    ]);
    event.categories = details.categories.map((node) => ({ __typename: 'Category', ...node }));
    event.plan = seatPlan;
    event.states = seatChanges.seats;
    event.seats = seats.edges.map(({ node, cursor }, index) => {
      this.seatCursors.set(cursor, index + 1);
      const { category, ...leaves } = node;
      const serial = index + 1;
      return { __typename: 'Seat', ...leaves, event, serial, categoryId: category.id, cursor };
    });
    this.events.push(event);
    [event, ...event.categories, ...event.seats].forEach((thing) => this.byId.set(thing.id, thing));
  }

  #readKeys() {
    for (const [slug, key, serials] of KEYS) {
      const event = this.event(slug);
      const seats = String(serials.map((serial) => event.seats[serial - 1].id));
      const order = this.orders.find(({ seatIds }) => String(seatIds) === seats);
      this.keys.set(keyOf('alice', event, key), order);
    }
  }

  /** By id, if it is such a thing. */
  find(type, id) {
    const found = this.byId.get(id);
    return found?.__typename === type ? found : undefined;
  }

  /** By id or slug. */
  event(id) {
    return this.find('Event', id) ?? this.events.find(({ slug }) => slug === id);
  }

  /** Whether an order is this person's to see. */
  maySee(order) {
    return this.who === order.owner || this.isShop;
  }

  /** Whether it is somebody who may act for others. */
  get isShop() {
    return this.viewer?.roles.some((role) => role === 'SHOP' || role === 'ADMIN') ?? false;
  }

  /** Whether it is somebody who may manage events. */
  get isAdmin() {
    return this.viewer?.roles.includes('ADMIN') ?? false;
  }

  /** The person's own orders, newest first. */
  get ownOrders() {
    return this.orders.filter(({ owner }) => owner === this.who);
  }
}

async function readOrders(plain, owner) {
  const { viewer } = await ask(owner, plain.orders);
  return viewer.orders.edges.map(({ node: { event, seats, lines, ...leaves }, cursor }) => ({
    __typename: 'Order',
    ...leaves,
    owner,
    cursor,
    eventId: event.id,
    seatIds: seats.map(({ id }) => id),
    paid: lines?.map(({ seat, ...line }) => ({ seatId: seat.id, ...line })),
  }));
}
