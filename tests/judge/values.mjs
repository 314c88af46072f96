// Values for arguments and variables: what there is, what there is not, and the edges of both.

import { Kind, getNullableType, isInputObjectType, isListType, isNonNullType } from 'graphql';
import { askedSeats } from './asked-seats.mjs';
import { AUDIT_CURSOR } from './resolvers.mjs';

const string = (value) => ({ kind: Kind.STRING, value });
const int = (value) => ({ kind: Kind.INT, value: String(value) });
const NULL = { kind: Kind.NULL };

/** Ids of nothing. The second is a number, which an id may be written as. */
const NOBODYS = [
  string('nowhere'),
  int(12),
  string(''),
  string('Tm90aGluZzox'),
  string('\u{1d11e}'),
];

const SECTIONS = ['A', 'Ränge', 'nope'].map(string);

/** Makes values for one document. */
export class Values {
  #random;
  #world;

  constructor(random, world) {
    this.#random = random;
    this.#world = world;
  }

  /**
   * A value of a type, without variables.
   *
   * @param place the argument or input field that it is for, and where that is: `seats.first`
   */
  of(type, place) {
    const random = this.#random;
    if (!isNonNullType(type) && random.percent(8)) return NULL;
    const nullable = getNullableType(type);
    if (isListType(nullable)) {
      const values = Array.from({ length: random.below(4) }, () => this.of(nullable.ofType, place));
      return { kind: Kind.LIST, values };
    }
    if (isInputObjectType(nullable)) return this.#object(nullable);
    if (nullable.name === 'Boolean') return { kind: Kind.BOOLEAN, value: random.percent(50) };
    if (nullable.getValues) {
      return { kind: Kind.ENUM, value: random.one(nullable.getValues()).name };
    }
    return this.#leaf(place);
  }

  #object(type) {
    const { fields: inputs } = { fields: Object.values(type.getFields()) };
    if (type.getFields().seatIds) return this.#askForSeats(type);
    const given = inputs.filter(({ type }) => isNonNullType(type) || this.#random.percent(40));
    return objectOf(given.map(({ name, type: of }) => [name, this.of(of, name)]));
  }

  /** The input of a mutation that changes nothing. */
  #askForSeats(type) {
    const random = this.#random;
    const { event, ids, key, reference, total } = askedSeats(type.name, random, this.#world);
    const eventId = random.percent(90) ? string(event.id) : this.#eventId();
    const fields = [
      ['eventId', eventId],
      ['seatIds', { kind: Kind.LIST, values: ids.map(string) }],
    ];
    if (key) fields.push(['idempotencyKey', string(key)]);
    if (reference) fields.push(['paymentReference', string(reference)]);
    if (total) fields.push(['expectedTotal', moneyOf(total)]);
    const mayNameViewer = type.getFields().viewerId && !this.#world.isShop;
    if (mayNameViewer && random.percent(5)) fields.push(['viewerId', this.#anyId()]);
    return objectOf(random.percent(80) ? fields : fields.reverse());
  }

  #eventId() {
    const { events } = this.#world;
    const random = this.#random;
    if (random.percent(6)) return random.one(NOBODYS);
    const event = random.one(events.slice(0, 3));
    return string(random.percent(50) ? event.id : event.slug);
  }

  /** Of seats often out of bounds, so that there are failures within lists. */
  #first(field) {
    const random = this.#random;
    const isWrong = random.percent(field === 'seats' ? 30 : 10);
    return int(isWrong ? random.one([0, -1, 1001, 2147483647]) : 1 + random.below(5));
  }

  #anyId() {
    const random = this.#random;
    const { events, orders, viewer } = this.#world;
    const event = random.one(events);
    const kinds = [event, random.one(event.seats), random.one(event.categories)];
    const things = [...kinds, random.one(orders), viewer ?? event];
    return random.percent(12) ? random.one(NOBODYS) : string(random.one(things).id);
  }

  #cursor(list) {
    const random = this.#random;
    if (random.percent(6)) return string('no cursor');
    const { events, orders } = this.#world;
    const auditLog = [{ cursor: AUDIT_CURSOR }];
    const lists = { auditLog, webhooks: auditLog, events, orders, seats: events[0].seats };
    return string(random.one(lists[list]).cursor);
  }

  /** When an order was made, and long before and after. */
  #instant() {
    const { orders } = this.#world;
    const far = ['2020-01-01T00:00:00.000000Z', '2100-01-01T00:00:00.000000Z'];
    return string(this.#random.one([...far, this.#random.one(orders).confirmedAt]));
  }

  /** By the name of the argument, and by that of its field where this makes a difference. */
  #leaf(place) {
    const random = this.#random;
    const { events, orders } = this.#world;
    const [field, argument = field] = place.split('.');
    const byPlace = {
      'event.id': () => this.#eventId(),
      'seat.id': () =>
        random.percent(80) ? string(random.one(events[0].seats).id) : this.#anyId(),
      'seatChanges.after': () =>
        string(random.percent(6) ? 'no cursor' : '1000000-0123456789abcdef'),
      eventId: () => this.#eventId(),
      id: () => this.#anyId(),
      ids: () => this.#anyId(),
      first: () => this.#first(field),
      after: () => this.#cursor(field),
      code: () => string(random.percent(80) ? random.one(orders).code : 'AAAAA-AAAAA'),
      orderId: () => this.#anyId(),
      viewerId: () => this.#anyId(),
      toViewerId: () => this.#anyId(),
      guestToken: () => string('no token'),
      paymentReference: () => string('pi_1'),
      confirmedAfter: () => this.#instant(),
      confirmedBefore: () => this.#instant(),
      sections: () => random.one(SECTIONS),
      categoryIds: () => string(random.one(random.one(events).categories).id),
      name: () => string(random.one(['Seat', 'SeatStatus', 'SeatFilter', 'Revision', 'Nothing'])),
      since: () => int(random.one([1_000_000, Number.MAX_SAFE_INTEGER])),
    };
    const make = byPlace[place] ?? byPlace[argument];
    if (!make) throw new Error(`there are no values for ${place}`);
    return make();
  }
}

const moneyOf = ({ amountMinor, currency }) =>
  objectOf([
    ['amountMinor', int(amountMinor)],
    ['currency', string(currency)],
  ]);

function objectOf(entries) {
  const fields = entries.map(([name, value]) => ({
    kind: Kind.OBJECT_FIELD,
    name: { kind: Kind.NAME, value: name },
    value,
  }));
  return { kind: Kind.OBJECT, fields };
}

/** Ways to write a whole number in JSON. */
const WHOLE = [(value) => value, (value) => `${value}.0`, (value) => `${value}e0`];

/** A value as JSON, in one of the ways in which a type may be written. */
export function jsonOf(node, type, random) {
  const nullable = getNullableType(type);
  switch (node.kind) {
    case Kind.NULL:
      return 'null';
    case Kind.LIST: {
      const items = node.values.map((value) => jsonOf(value, nullable.ofType, random));
      return items.length === 1 && random.percent(40) ? items[0] : `[${items.join(',')}]`;
    }
    case Kind.OBJECT: {
      const fields = nullable.getFields();
      const json = ({ name, value }) =>
        `${JSON.stringify(name.value)}:${jsonOf(value, fields[name.value].type, random)}`;
      return `{${node.fields.map(json).join(',')}}`;
    }
    case Kind.INT:
      return nullable.name === 'ID' ? node.value : random.one(WHOLE)(node.value);
    case Kind.BOOLEAN:
      return String(node.value);
    default:
      return JSON.stringify(node.value);
  }
}
