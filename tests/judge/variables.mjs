// The variables of one operation, as they come into being while it is written.

import { Kind, getNullableType, isNonNullType } from 'graphql';
import { jsonOf } from './values.mjs';

const named = (name) => ({ kind: Kind.NAME, value: name });

/** A type as a document writes it. */
function typeNode(type) {
  if (isNonNullType(type)) return { kind: Kind.NON_NULL_TYPE, type: typeNode(type.ofType) };
  if (type.ofType) return { kind: Kind.LIST_TYPE, type: typeNode(type.ofType) };
  return { kind: Kind.NAMED_TYPE, name: named(type.name) };
}

/** The variables of an operation. */
export class Variables {
  /** How often one was written so far. */
  uses = 0;
  #random;
  #all = [];

  constructor(random) {
    this.#random = random;
  }

  /** The definitions, in any order. */
  definitions() {
    const written = this.#all.map(({ name, declared, defaultValue }) => ({
      kind: Kind.VARIABLE_DEFINITION,
      variable: { kind: Kind.VARIABLE, name: named(name) },
      type: declared,
      defaultValue,
    }));
    return this.#random.some(written, written.length);
  }

  /** What is sent along, as JSON; at times with more than is declared. */
  json() {
    const given = this.#all.filter(({ json }) => json !== undefined);
    const members = given.map(({ name, json }) => `${JSON.stringify(name)}:${json}`);
    if (this.#random.percent(5)) members.push('"undeclared":[{}]');
    return members.length > 0 || this.#random.percent(20) ? `{${members.join(',')}}` : undefined;
  }

  /**
   * A variable that stands for a value of a type; one that is there already, at times.
   *
   * @param mayBeNull whether null may be given where none is taken: the field then fails
   */
  standFor(type, value, mayBeNull) {
    const random = this.#random;
    this.uses += 1;
    const alike = this.#all.filter((other) => other.type === String(type));
    if (alike.length > 0 && random.percent(30)) return reference(random.one(alike).name);
    const name =
      String.fromCharCode(97 + (this.#all.length % 26)) + (this.#all.length > 25 ? 2 : '');
    this.#all.push({ name, type: String(type), ...this.#declare(type, value, mayBeNull) });
    return reference(name);
  }

  /** How it is declared, and what is given. */
  #declare(type, value, mayBeNull) {
    const random = this.#random;
    const nullable = getNullableType(type);
    const json = jsonOf(value, type, random);
    const isNull = value.kind === Kind.NULL;
    if (random.percent(35)) {
      // With a default value, which may stand where no null is taken.
      const given = random.one([json, json, undefined]);
      const asNull = mayBeNull && random.percent(10) ? 'null' : given;
      return { declared: typeNode(nullable), defaultValue: value, json: asNull };
    }
    if (isNonNullType(type)) return { declared: typeNode(type), json };
    if (!isNull && random.percent(25)) {
      return { declared: { kind: Kind.NON_NULL_TYPE, type: typeNode(nullable) }, json };
    }
    const given = random.percent(15) ? random.one(['null', undefined]) : json;
    return { declared: typeNode(nullable), json: given };
  }
}

const reference = (name) => ({ kind: Kind.VARIABLE, name: named(name) });
